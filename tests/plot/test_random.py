"""Shrinkage and the variance partition, against computations by hand."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from tests.results.made import fitted, pupils

import mixeff as me
from mixeff.errors import ArgumentError, NotAvailableError


@pytest.fixture(autouse=True)
def _close_pictures():
    yield
    plt.close("all")


# Shrinkage ------------------------------------------------------------------------------------


def test_own_estimates_of_a_linear_model_are_regressions_of_the_clusters():
    fit, data = fitted("slopes"), pd.DataFrame(pupils())
    table = fit.plot.shrinkage_data()
    for level in (0, 11):
        rows = data[data["klass"] == level]
        X = np.column_stack([np.ones(len(rows)), rows["x"]])
        best = np.linalg.lstsq(X, rows["score"], rcond=None)[0]
        own = table[table["level"] == level].set_index("name")["ml"]
        np.testing.assert_allclose(own[["Intercept", "x"]], best - fit.params, rtol=1e-6)


def test_a_cluster_of_equal_responses_has_no_finite_estimate():
    data = pd.DataFrame(pupils())
    data.loc[data["klass"] == 2, "binary"] = 1
    data.loc[data["klass"] == 3, "binary"] = 0
    fit = me.fit("binary ~ x + (1 | klass)", data, family="bernoulli")
    table = fit.plot.shrinkage_data().set_index("level")
    assert table.loc[2, "ml"] == np.inf
    assert table.loc[3, "ml"] == -np.inf
    assert np.isfinite(table["ml"]).sum() >= 15
    axis: Any = fit.plot.shrinkage().axes[0]
    assert axis.get_legend().texts[-1].get_text() == "infinite"


def test_the_table_is_that_of_the_fit():
    fit = fitted("slopes")
    pd.testing.assert_frame_equal(fit.plot.shrinkage_data(), fit.shrinkage())


def test_points_are_the_clusters_with_estimates():
    fit = fitted("slopes")
    table = fit.shrinkage()
    for axis, name in zip(fit.plot.shrinkage().axes, ("Intercept", "x"), strict=True):
        own = table[table["name"] == name]
        drawn = np.asarray(axis.collections[0].get_offsets())
        np.testing.assert_allclose(drawn, own[["ml", "mean"]])


def test_several_factors_have_no_own_estimates():
    with pytest.raises(NotAvailableError, match="klass, item"):
        fitted("crossed").plot.shrinkage()


# The variance partition -----------------------------------------------------------------------


def test_shares_of_a_linear_model():
    fit = fitted("slopes")
    table = fit.plot.variance_data().set_index("component")["variance"]
    components = fit.variance_components.set_index("name")["estimate"]
    x = pupils()["x"]
    between = (
        components["Intercept"] + 2 * components["cov(Intercept, x)"] * x + components["x"] * x**2
    )
    assert table["klass"] == pytest.approx(between.mean())
    assert table["Residual"] == pytest.approx(components[""])
    assert table["Fixed effects"] == pytest.approx(np.var(fit.params["x"] * x, ddof=1))


def test_the_residual_of_a_latent_response_is_that_of_its_link():
    table = fitted("bernoulli").plot.variance_data().set_index("component")["variance"]
    assert table["Residual"] == pytest.approx(np.pi**2 / 3)
    assert fitted("probit").plot.variance_data()["variance"].iloc[-1] == 1.0


def test_without_covariates_the_parts_are_partition_coefficients():
    fit = fitted("nested")
    table = fit.plot.variance_data(covariates=False).set_index("component")
    total = table["variance"].sum()
    np.testing.assert_allclose(table["vpc"], table["variance"] / total)
    assert list(table.index) == ["school", "school:klass", "Residual"]
    bars: list[Any] = list(fit.plot.variance(covariates=False).axes[0].patches)
    np.testing.assert_allclose([bar.get_width() for bar in bars], table["vpc"], atol=1e-12)


def test_the_bar_is_as_long_as_its_parts():
    bars: list[Any] = list(fitted("crossed").plot.variance().axes[0].patches)
    assert sum(bar.get_width() for bar in bars) == pytest.approx(1.0)


def test_without_random_effects_there_is_no_shrinkage():
    fit = me.fit("count ~ x", pd.DataFrame(pupils()), family="poisson")
    with pytest.raises(ArgumentError, match="no random effects"):
        fit.plot.shrinkage()
