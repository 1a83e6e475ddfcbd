"""Confidence intervals of means and prediction intervals of responses."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.results.made import cbpp, fitted

import mixeff as me
from mixeff.errors import ExtrapolationWarning
from mixeff.estimate.covariance import cholesky_factors

EVERY = ["bernoulli", "probit", "crossed", "nested", "slopes", "poisson", "gamma"]


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("kind", ["cluster", "median", "marginal"])
def test_intervals_surround_the_estimate(name, kind):
    fit = fitted(name)
    table = fit.predict(kind=kind, interval="confidence")
    np.testing.assert_allclose(table["estimate"], fit.predict(kind=kind))
    assert (table["lower"] < table["estimate"]).all()
    assert (table["estimate"] < table["upper"]).all()
    if fit.design.family == "bernoulli":
        assert table["lower"].min() > 0
        assert table["upper"].max() < 1


def test_confidence_is_normal_on_the_scale_of_the_linear_predictor():
    fit = fitted("poisson")
    link = fit.predict(interval="confidence", scale="link", level=0.9)
    mean = fit.predict(interval="confidence", level=0.9)
    np.testing.assert_allclose(mean["upper"], np.exp(link["estimate"] + 1.6448536 * link["se"]))
    np.testing.assert_allclose(mean["se"], mean["estimate"] * link["se"])


def test_median_standard_errors_are_those_of_the_coefficients():
    fit = fitted("bernoulli")
    x, cov = fit.design.X, fit.cov_params().to_numpy()
    expected = np.sqrt(np.einsum("ij,jk,ik->i", x, cov, x))
    found = fit.predict(kind="median", interval="confidence", scale="link")["se"]
    np.testing.assert_allclose(found, expected)


def test_linear_cluster_intervals_are_those_of_the_mixed_model_equations():
    """At known variances: the prediction error variance from Henderson's equations."""
    fit = fitted("slopes")
    known = fit.estimate.cov.copy()
    known[2:, :] = known[:, 2:] = np.nan
    x, z = fit.design.X, fit.design.Z.toarray()
    factor = cholesky_factors(fit.design, fit.estimate.theta)[0]
    inverse = np.kron(np.eye(24), np.linalg.inv(factor @ factor.T))
    both, sd = np.hstack([x, z]), np.exp(fit.estimate.beta[-1])
    equations = both.T @ both / sd**2
    equations[2:, 2:] += inverse
    covariance = np.linalg.inv(equations)
    known[:2, :2] = covariance[:2, :2]
    at_known = replace(fit, estimate=replace(fit.estimate, cov=known))
    found = at_known.predict(interval="confidence")["se"]
    np.testing.assert_allclose(found, np.sqrt(np.einsum("ij,jk,ik->i", both, covariance, both)))


def test_linear_prediction_interval_adds_the_residual():
    fit = fitted("slopes")
    mean = fit.predict(interval="confidence")
    new = fit.predict(interval="prediction")
    sd = np.exp(fit.estimate.beta[-1])
    half = 1.959963985 * np.sqrt(mean["se"] ** 2 + sd**2)
    np.testing.assert_allclose(new["upper"] - new["estimate"], half)
    np.testing.assert_allclose(new["estimate"] - new["lower"], half)


def test_a_marginal_prediction_is_for_a_new_cluster():
    fit = fitted("slopes")
    x, factor = fit.design.X, cholesky_factors(fit.design, fit.estimate.theta)[0]
    cov, sd = fit.cov_params().to_numpy(), np.exp(fit.estimate.beta[-1])
    variance = np.einsum("ij,jk,ik->i", x, cov + factor @ factor.T, x) + sd**2
    table = fit.predict(kind="marginal", interval="prediction")
    np.testing.assert_allclose(table["upper"] - table["estimate"], 1.959963985 * np.sqrt(variance))


def test_gamma_prediction_intervals_cover_their_own_simulations():
    fit = fitted("gamma")
    table = fit.predict(kind="marginal", interval="prediction", level=0.9)
    y = fit.simulate(300, seed=2)
    inside = (table["lower"].to_numpy()[:, None] < y) & (y < table["upper"].to_numpy()[:, None])
    assert inside.mean() == pytest.approx(0.9, abs=0.02)


def test_binomial_prediction_intervals_are_proportions_of_the_trials():
    fit = cbpp()
    table = fit.predict(interval="prediction")
    successes = table["upper"] * fit.design.trials
    np.testing.assert_allclose(successes, np.round(successes), atol=1e-9)
    again = fit.predict(fit.inputs.data, interval="prediction")
    np.testing.assert_array_equal(table, again)


def test_probabilities_of_one_to_rounding_have_ends():
    fit = fitted("bernoulli")
    far = {"x": [0.0, 90.0, 1e3], "sex": ["girl"] * 3}
    with pytest.warns(ExtrapolationWarning):
        found = fit.predict(far, kind="marginal", interval="confidence")
    table = found.to_numpy()
    assert np.isfinite(table).all()
    assert ((table >= 0.0) & (table <= 1.0)).all()


def test_a_wider_level_gives_a_wider_interval():
    fit = fitted("gamma")
    narrow, wide = (fit.predict(interval="prediction", level=v) for v in (0.5, 0.99))
    assert (wide["lower"] < narrow["lower"]).all()
    assert (wide["upper"] > narrow["upper"]).all()


def counts_with_zeros():
    rng, g = np.random.default_rng(4), np.repeat(np.arange(60), 6)
    b = rng.multivariate_normal([0, 0], [[0.5, 0.5], [0.5, 1.5]], 60)[g]
    x = rng.normal(size=g.size)
    zero = rng.random(g.size) < 1 / (1 + np.exp(0.5 - b[:, 1]))
    mean = np.exp(1.2 + 0.3 * x + b[:, 0])
    return {"x": x, "g": g, "n": np.where(zero, 0, rng.poisson(mean)),
            "t": np.where(zero, 0.0, rng.gamma(2.0, mean / 2)),
            "v": mean + np.exp(0.8 * b[:, 1]) * rng.normal(size=g.size)}  # fmt: skip


WITH_OTHERS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "zeros": ("n ~ x + (1 | i | g)", "poisson", {"zero_inflation": "~ x + (1 | i | g)"}),
    "hurdle": ("t ~ x + (1 | i | g)", "gamma", {"zero_inflation": "~ (1 | i | g)"}),
    "dispersion": ("v ~ x + (1 | g)", "gaussian", {"dispersion": "~ (1 + x | g)"}),
    "two others": (
        "t ~ x + (1 | g)", "gamma", {"zero_inflation": "~ (1 | g)", "dispersion": "~ (1 | g)"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", list(WITH_OTHERS))
def test_new_clusters_draw_all_their_random_effects_anew(name):
    """Simulations, which hold the coefficients fixed, lie in the intervals as often as they say."""
    formula, family, others = WITH_OTHERS[name]
    fit = me.fit(formula, counts_with_zeros(), family=family, method="laplace", **others)
    known = replace(fit, estimate=replace(fit.estimate, cov=np.zeros_like(fit.estimate.cov)))
    table = known.predict(kind="marginal", interval="prediction", level=0.9)
    drawn = fit.simulate(250, seed=1)
    above = (drawn > table["upper"].to_numpy()[:, None]).mean()
    at_most = (drawn <= table["upper"].to_numpy()[:, None]).mean()
    assert at_most >= 0.945
    if not fit.design.distribution.discrete:
        assert above == pytest.approx(0.05, abs=0.006)
        below = (drawn < table["lower"].to_numpy()[:, None]).mean()
        assert below <= 0.056
        assert family == "gamma" or below == pytest.approx(0.05, abs=0.006)


def test_a_cluster_of_median_effects_is_the_same_for_every_level():
    formula, family, others = WITH_OTHERS["zeros"]
    fit = me.fit(formula, counts_with_zeros(), family=family, method="laplace", **others)
    new = {"x": np.zeros(60), "g": np.arange(60)}
    ways: list[dict[str, Any]] = [{"kind": "median"}, {"quantile": 0.9}]
    for held in ways:
        table = fit.predict(new, interval="prediction", **held)
        assert table.nunique().tolist() == [1, 1, 1], held


def test_a_value_with_a_probability_of_its_own_is_an_end():
    data = counts_with_zeros()
    fit = me.fit("t ~ x + (1 | g)", data, family="gamma", zero_inflation="~ 1", method="laplace")
    assert (fit.predict(interval="prediction")["lower"] == 0.0).all()
    share = np.clip(np.random.default_rng(2).uniform(-0.1, 1.1, 360), 0, 1)
    ends = {**data, "share": share}
    fit = me.fit("share ~ 1 + (1 | g)", ends, family="zero_one_inflated_beta", method="laplace")
    table = fit.predict(kind="median", interval="prediction", level=0.98)
    assert (set(table["lower"]), set(table["upper"])) == ({0.0}, {1.0})
