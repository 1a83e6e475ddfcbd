"""Shrinkage and the variance partition, against computations by hand."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from scipy.optimize import brentq
from scipy.special import expit
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


def test_own_estimates_of_a_logit_model_match_the_cluster_totals():
    fit, data = fitted("crossed"), pupils()
    table = fit.plot.shrinkage_data("klass").set_index("level")
    held = fit.design.X @ fit.estimate.beta + fit.estimate.random[1].mode[data["item"], 0]
    for level in (1, 5):
        own = data["klass"] == level
        total = data["binary"][own].sum()
        expected = brentq(lambda b: expit(held[own] + b).sum() - total, -9, 9)  # noqa: B023
        assert table.loc[level, "ml"] == pytest.approx(expected, abs=1e-5)


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


def test_a_cluster_that_cannot_tell_has_none():
    data = pd.DataFrame(pupils()).iloc[:-11]  # one row is left in the last class
    fit = me.fit("score ~ x + (1 + x | klass)", data, method="ml")
    table = fit.plot.shrinkage_data().set_index(["level", "name"])
    assert table.loc[(23, "Intercept"), "n"] == 1
    assert np.isnan(table.loc[(23, "x"), "ml"])


def test_reliability_is_the_share_of_variance_between():
    data = pd.DataFrame(pupils())
    fit = me.fit("score ~ x + (1 | klass)", data, method="ml")
    tau2, sigma2 = fit.estimate.theta[0] ** 2, np.exp(2 * fit.estimate.beta[-1])
    table = fit.plot.shrinkage_data()
    np.testing.assert_allclose(table["reliability"], tau2 / (tau2 + sigma2 / table["n"]), rtol=1e-6)
    np.testing.assert_allclose(table["mode"], table["reliability"] * table["ml"], rtol=1e-5)


def test_shrinkage_of_correlated_effects_in_several_predictors():
    data = pd.DataFrame(pupils())
    data["word"] = np.array(["a", "b", "c"])[np.clip(data["count"], 0, 2)]
    fit = me.fit("word ~ x + (1 | klass)", data, family="multinomial", method="laplace")
    table = fit.plot.shrinkage_data()
    rows = data[data["klass"] == 4]
    assert len(table) == 48
    own = table[table["level"] == 4]["ml"].to_numpy()
    beta = fit.estimate.beta.reshape(2, 2)
    eta = beta[:, 0] + np.outer(rows["x"], beta[:, 1]) + own
    odds = np.hstack([np.ones((len(rows), 1)), np.exp(eta)])
    share = odds / odds.sum(axis=1, keepdims=True)
    counts = [(rows["word"] == word).sum() for word in "abc"]
    np.testing.assert_allclose(share.sum(axis=0), counts, atol=1e-4)


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
    assert table["Covariates"] == pytest.approx(np.var(fit.params["x"] * x))


def test_the_residual_of_a_latent_response_is_that_of_its_link():
    table = fitted("bernoulli").plot.variance_data().set_index("component")["variance"]
    assert table["Residual"] == pytest.approx(np.pi**2 / 3)
    assert fitted("probit").plot.variance_data()["variance"].iloc[-1] == 1.0


def test_the_residual_of_counts_is_that_at_their_mean():
    fit = fitted("poisson")
    table = fit.plot.variance_data(covariates=False)
    mean = np.mean(np.exp(fit.design.X @ fit.estimate.beta + fit.estimate.theta[0] ** 2 / 2))
    assert table["variance"].iloc[-1] == pytest.approx(np.log1p(1 / mean))
    assert table["share"].sum() == pytest.approx(1.0)
    assert table["component"].tolist() == ["klass", "Residual"]


def test_the_bar_is_as_long_as_its_parts():
    axis = fitted("crossed").plot.variance().axes[0]
    assert sum(bar.get_width() for bar in axis.patches) == pytest.approx(1.0)


def test_a_scale_without_a_residual_says_so():
    data = pd.DataFrame(pupils())
    data["share"] = expit(data["score"])
    fit = me.fit("share ~ x + (1 | klass)", data, family="beta")
    with pytest.raises(NotAvailableError, match="no residual variance"):
        fit.plot.variance()


def test_without_random_effects_there_is_no_shrinkage():
    fit = me.fit("count ~ x", pd.DataFrame(pupils()), family="poisson")
    with pytest.raises(ArgumentError, match="no random effects"):
        fit.plot.shrinkage()
