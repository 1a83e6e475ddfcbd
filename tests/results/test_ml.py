"""Effects of clusters by maximum likelihood, without a prior."""

import numpy as np
import pytest
from scipy.optimize import minimize
from tests.results.made import fitted

import mixeff as me
from mixeff.errors import NotAvailableError, SeparationWarning

GROUP = np.repeat(np.arange(40), 6)


def made(seed=2):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=GROUP.size)
    eta = 0.2 + 0.5 * x + rng.normal(0, 1.0, 40)[GROUP] + rng.normal(0, 0.6, 40)[GROUP] * x
    return {
        "y": rng.binomial(1, 1 / (1 + np.exp(-eta))),
        "count": rng.poisson(np.exp(eta)) * (GROUP != 7),
        "score": 1e4 * (eta + rng.normal(size=eta.size)),
        "x": x,
        "g": GROUP,
    }


def ml(formula, family, **options):
    fit = me.fit(formula, made(), family=family, method="laplace", **options)
    with pytest.warns(SeparationWarning):
        return fit, fit.random_effects(kind="ml")


def test_a_poisson_intercept_is_the_log_of_observed_over_expected():
    fit, table = ml("count ~ x + (1 | g)", "poisson")
    data = made()
    expected = np.bincount(GROUP, np.exp(fit.predict(kind="median", scale="link")))
    observed = np.bincount(GROUP, data["count"])
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(table["estimate"], np.log(observed / expected), rtol=1e-8)
    some = observed > 0
    np.testing.assert_allclose(table["se"][some], 1 / np.sqrt(observed[some]), rtol=1e-7)
    assert table["se"][~some].isna().all()
    assert (table["estimate"][~some] == -np.inf).all()


def test_a_linear_intercept_is_the_mean_residual():
    fit = me.fit("score ~ x + (1 | g)", made(), method="ml")
    table = fit.random_effects(kind="ml")
    residual = made()["score"] - fit.predict(kind="median")
    np.testing.assert_allclose(table["estimate"], np.bincount(GROUP, residual) / 6, rtol=1e-9)
    np.testing.assert_allclose(table["se"], np.sqrt(fit.scale / 6), rtol=1e-9)
    between = fit.variance_components["estimate"][0]
    np.testing.assert_allclose(table["diagnostic_se"] ** 2, between + fit.scale / 6)


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog", "loglog", "cauchit"])
def test_clusters_of_equal_responses_have_infinite_effects(link):
    _, table = ml("y ~ x + (1 | g)", "bernoulli", link=link)
    ones = np.bincount(GROUP, made()["y"])
    sign = np.where(ones == 0, -1, np.where(ones == 6, 1, 0))
    assert (np.where(np.isinf(table["estimate"]), np.sign(table["estimate"]), 0) == sign).all()
    assert (table["se"].isna() == (sign != 0)).all()


def test_intercepts_and_slopes_against_a_general_optimizer():
    fit, table = ml("count ~ x + (1 + x | g)", "poisson")
    data, fixed = made(), fit.predict(kind="median", scale="link")
    pairs = table["estimate"].to_numpy().reshape(-1, 2)
    checked = 0
    for j in np.flatnonzero(np.isfinite(pairs).all(axis=1))[:6]:
        own = j == GROUP
        y, x, eta = data["count"][own], data["x"][own], fixed[own]

        def loss(b, y=y, x=x, eta=eta):
            return np.sum(np.exp(eta + b[0] + b[1] * x) - y * (b[0] + b[1] * x))

        best = minimize(loss, [0.0, 0.0], method="BFGS", options={"gtol": 1e-8})
        np.testing.assert_allclose(pairs[j], best.x, atol=1e-5)
        checked += 1
    assert checked == 6


def test_terms_of_one_factor_are_maximized_together():
    fit, table = ml("count ~ x + (1 + x || g)", "poisson")
    apart = table["estimate"].to_numpy().reshape(-1, 2)
    together, other = ml("count ~ x + (1 + x | g)", "poisson")
    # The fixed parts differ by a line in x, which the effects take up.
    shift = np.linalg.lstsq(
        fit.design.X,
        together.predict(kind="median", scale="link") - fit.predict(kind="median", scale="link"),
        rcond=None,
    )[0]
    both = other["estimate"].to_numpy().reshape(-1, 2) + shift
    finite = np.isfinite(apart).all(axis=1)
    np.testing.assert_allclose(apart[finite], both[finite], atol=1e-6)


def test_rows_that_do_not_tell_effects_apart_give_none():
    data = made()
    data["x"] = np.where(GROUP == 3, 1.0, data["x"])
    fit = me.fit("score ~ x + (1 + x | g)", data, method="ml")
    with pytest.warns(SeparationWarning, match="1 of 40 levels of 'g'.*tell the effects apart"):
        table = fit.random_effects(kind="ml")
    assert table.loc[table["level"] == 3, "estimate"].isna().all()
    assert table.loc[table["level"] != 3, "estimate"].notna().all()


@pytest.mark.parametrize("name", ["nested", "crossed"])
def test_several_factors_have_no_likelihood_of_their_own(name):
    with pytest.raises(NotAvailableError, match="one grouping factor"):
        fitted(name).random_effects(kind="ml")
    assert fitted(name).shrinkage()["ml"].isna().all()


def test_shrinkage_is_the_reliability_times_the_likelihood_of_a_linear_model():
    fit = me.fit("score ~ x + (1 | g)", made(), method="ml")
    table = fit.shrinkage()
    between = fit.variance_components["estimate"][0]
    np.testing.assert_allclose(table["reliability"], between / (between + fit.scale / 6))
    np.testing.assert_allclose(table["mean"], table["reliability"] * table["ml"])
    assert (table["rows"] == 6).all()


def test_a_comparative_and_a_diagnostic_error_make_up_the_prior():
    fit = me.fit("score ~ x + (1 | g)", made(), method="ml")
    table, between = fit.random_effects(), fit.variance_components["estimate"][0]
    np.testing.assert_allclose(table["se"] ** 2 + table["diagnostic_se"] ** 2, between)
    reliability = between / (between + fit.scale / 6)
    np.testing.assert_allclose(table["diagnostic_se"] ** 2, between * reliability)


def test_prediction_errors_have_the_comparative_standard_error():
    """Over data sets drawn from the model, at known parameters."""
    fit = me.fit("score ~ x + (1 | g)", made(), method="ml")
    sd = np.sqrt(fit.variance_components["estimate"][0])
    rng, table = np.random.default_rng(1), fit.random_effects()
    b = rng.normal(0, sd, (4000, 40))
    noise = rng.normal(0, np.sqrt(fit.scale / 6), b.shape)
    predicted = fit.shrinkage()["reliability"][0] * (b + noise)
    assert (predicted - b).std() == pytest.approx(table["se"][0], rel=0.01)
    assert predicted.std() == pytest.approx(table["diagnostic_se"][0], rel=0.01)
