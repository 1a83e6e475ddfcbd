"""Hausman's test and the contextual effects, against their formulas and against simulation."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats

import mixeff as me
from mixeff.errors import ArgumentError, NotAvailableError
from mixeff.results.comparison import Comparison, _compared


def clustered(seed: int, context: float, levels: int = 80, rows: int = 6) -> pd.DataFrame:
    """A covariate whose cluster means have an effect of their own, `context`."""
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(levels), rows)
    centre = rng.normal(size=levels)[g]
    x, z = centre + rng.normal(size=len(g)), rng.integers(0, 2, len(g))
    eta = 0.5 * x - 0.4 * z + context * centre + rng.normal(size=levels)[g]
    y = rng.binomial(1, 1 / (1 + np.exp(-eta)))
    return pd.DataFrame({"y": y, "x": x, "z": z, "g": g})


def random_fit(frame) -> me.Fit:
    return me.fit("y ~ x + z + (1 | g)", frame, family="bernoulli", method="laplace")


def test_it_is_hausmans_formula():
    fit = random_fit(clustered(1, 1.0))
    within = me.fit("y ~ x + z + (1 | g)", clustered(1, 1.0), "bernoulli", method="conditional")
    found, names = fit.hausman(within), ["x", "z"]
    d = (within.params - fit.params[names]).to_numpy()
    v = (within.cov_params() - fit.cov_params().loc[names, names]).to_numpy()
    assert found.statistic == pytest.approx(d @ np.linalg.solve(v, d))
    assert found.df == 2
    assert found.p_value == pytest.approx(stats.chi2.sf(found.statistic, 2))
    assert found.note == ""
    np.testing.assert_allclose(found.table["difference"], d)
    assert fit.hausman().statistic == pytest.approx(found.statistic)
    assert "chi-square" in str(found)


def test_both_tests_see_a_contextual_effect_and_not_its_absence():
    def p_values(seed: int, context: float) -> tuple[float, float]:
        frame = me.within_between(clustered(seed, context), "x", "g")
        formula = "y ~ x_within + x_between + z + (1 | g)"
        mundlak = me.fit(formula, frame, family="bernoulli", method="laplace")
        return random_fit(frame).hausman().p_value, mundlak.contextual_effects().p_value

    assert max(p_values(3, 1.5)) < 1e-3
    none = np.array([p_values(seed, 0.0) for seed in range(20, 32)])
    assert np.nanmedian(none, axis=0).min() > 0.15


def test_contextual_effects_are_walds_test_of_between_less_within():
    frame = me.within_between(clustered(4, 0.5), ["x", "z"], "g")
    formula = "y ~ x_within + x_between + z_within + z_between + (1 | g)"
    fit = me.fit(formula, pl.from_pandas(frame), family="bernoulli", method="laplace")
    found = fit.contextual_effects()
    contrast = np.array([[0, -1, 1, 0, 0], [0, 0, 0, -1, 1.0]])
    d = contrast @ fit.params.to_numpy()
    v = contrast @ fit.cov_params().to_numpy() @ contrast.T
    assert found.statistic == pytest.approx(d @ np.linalg.solve(v, d))
    assert found.terms == ("x_between", "z_between")
    assert isinstance(found.table, pl.DataFrame)
    np.testing.assert_allclose(found.table["se"].to_numpy(), np.sqrt(np.diag(v)))


def test_without_such_columns_it_says_how_to_make_them():
    with pytest.raises(ArgumentError, match=r"me\.within_between"):
        random_fit(clustered(5, 0.0)).contextual_effects()


def test_a_model_that_has_no_conditional_fit_is_refused():
    fit = me.fit("y ~ x + (1 | g)", clustered(5, 0.0), "bernoulli", link="probit", method="laplace")
    with pytest.raises(NotAvailableError, match="logit link"):
        fit.hausman()


@pytest.mark.parametrize("cov", [np.diag([1.0, -0.1]), np.array([[1.0, 2.0], [2.0, 1.0]])])
def test_a_difference_of_covariances_that_is_none_is_said(cov):
    one, zero = np.ones(2), np.zeros(2)
    found: Comparison = _compared("T", ("within", "random"), ("a", "b"), one, zero, cov, None)
    assert np.isnan(found.statistic)
    assert np.isnan(found.p_value)
    assert "not positive definite" in str(found)
    assert len(found.table) == 2
