"""Confidence intervals of means and prediction intervals of responses."""

from dataclasses import replace

import numpy as np
import pytest
from tests.results.made import cbpp, fitted

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
