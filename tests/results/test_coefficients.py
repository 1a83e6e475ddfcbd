"""Wald tables of the coefficients."""

import numpy as np
import pytest
from scipy import stats
from tests.results.made import cbpp, fitted, hand_made

from mixeff.errors import ArgumentError
from mixeff.results import coefficients


def test_wald_statistics():
    fit = cbpp()
    np.testing.assert_allclose(fit.zvalues, fit.params / fit.bse)
    np.testing.assert_allclose(fit.pvalues, 2 * stats.norm.sf(np.abs(fit.zvalues)), rtol=1e-10)
    assert list(fit.pvalues.index) == list(fit.params.index)


def test_cov_params_holds_the_squared_standard_errors():
    fit = cbpp()
    np.testing.assert_allclose(np.diag(fit.cov_params()), fit.bse**2)
    assert list(fit.cov_params().columns) == list(fit.params.index)


@pytest.mark.parametrize("level", [0.5, 0.95])
def test_intervals_have_their_width(level):
    fit = cbpp()
    interval = fit.conf_int(level)
    width = 2 * stats.norm.ppf(0.5 + level / 2) * fit.bse
    np.testing.assert_allclose(interval["upper"] - interval["lower"], width)
    np.testing.assert_allclose(interval.mean(axis=1), fit.params)


@pytest.mark.parametrize(
    ("formula", "family", "link", "name"),
    [
        ("binary ~ x + (1 | klass)", "bernoulli", "logit", "odds_ratio"),
        ("binary ~ x + (1 | klass)", "bernoulli", "cloglog", "hazard_ratio"),
        ("binary ~ x + (1 | klass)", "bernoulli", "log", "risk_ratio"),
        ("count ~ x + (1 | klass)", "poisson", "log", "rate_ratio"),
        ("score ~ x + (1 | klass)", "gaussian", "log", "mean_ratio"),
    ],
)
def test_ratios_are_named_for_what_they_are(formula, family, link, name):
    beta = [0.1, 0.2, 0.0] if family == "gaussian" else [0.1, 0.2]
    design, estimate = hand_made(formula, family, beta, [0.5], link=link)
    table = coefficients.odds_ratios(design, estimate, 0.9)
    assert list(table.columns) == [name, "lower", "upper"]
    np.testing.assert_allclose(table[name], np.exp([0.1, 0.2]))
    interval = coefficients.conf_int(design, estimate, 0.9)
    np.testing.assert_allclose(np.log(table[["lower", "upper"]]), interval)


def test_ratios_need_a_log_scale():
    with pytest.raises(ArgumentError, match="probit link"):
        fitted("probit").odds_ratios()


def test_a_boundary_leaves_the_coefficients_their_standard_errors():
    design, estimate = hand_made("count ~ x + (1 | klass)", "poisson", [0.1, 0.2], [0.0])
    estimate.cov[2, :] = estimate.cov[:, 2] = np.nan
    assert np.isfinite(coefficients.bse(design, estimate)).all()
