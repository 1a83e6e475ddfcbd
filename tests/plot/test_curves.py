"""Curves along a covariate, clusters' curves, and histograms, against computations by hand."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from matplotlib import pyplot as plt
from scipy.special import expit
from scipy.stats import norm
from tests.results.made import fitted, pupils

import mixeff as me
from mixeff.errors import ArgumentError, NotAvailableError


@pytest.fixture(autouse=True)
def _close_pictures():
    yield
    plt.close("all")


def ordered():
    data = pd.DataFrame(pupils())
    words = np.array(["low", "middle", "high"])[np.clip(data["count"], 0, 2)]
    data["word"] = pd.Categorical(words, ["low", "middle", "high"], ordered=True)
    return data


# Groups and bands -----------------------------------------------------------------------------


def test_groups_can_be_chosen():
    fit = fitted("bernoulli")
    table = fit.plot.effects_data("sex", by="x", at={"x": [-1.0, 0.5]})
    assert sorted(set(table["x"])) == [-1.0, 0.5]
    one = fit.plot.effects_data("x", by="sex", at={"sex": "girl"})
    assert set(one["sex"]) == {"girl"}


def test_an_offset_is_held_too():
    data = pd.DataFrame(pupils())
    data["hours"] = np.exp(data["x"] / 3)
    fit = me.fit("count ~ sex + offset(log(hours)) + (1 | klass)", data, family="poisson")
    table = fit.plot.effects_data("sex", at={"hours": 2.0})
    girls = table[(table["kind"] == "median") & (table["sex"] == "girl")]
    assert girls["estimate"].item() == pytest.approx(2.0 * np.exp(fit.params.sum()))
    along = fit.plot.effects_data("hours")
    assert along["hours"].max() == data["hours"].max()


def bands_of(figure):
    axis = figure.axes[0]
    thin = [line for line in axis.lines if line.get_linewidth() < 0.6]
    return len(axis.collections), len(thin)


@pytest.mark.parametrize(
    ("bands", "found"),
    [("marginal", (1, 0)), ("median", (1, 0)), ("both", (1, 2)), ("none", (0, 0))],
)
def test_bands_are_those_asked_for(bands, found):
    assert bands_of(fitted("bernoulli").plot.effects("x", bands=bands)) == found


def test_the_band_of_the_median_is_its_interval():
    fit = fitted("bernoulli")
    (band,) = fit.plot.effects("x", bands="median").axes[0].collections
    table = fit.plot.effects_data("x")
    own = table[table["kind"] == "median"]
    drawn = band.get_paths()[0].vertices[:, 1]
    assert drawn.min() == pytest.approx(own["lower"].min())
    assert drawn.max() == pytest.approx(own["upper"].max())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"variable": "klass"}, "fit.plot.clusters"),
        ({"variable": "binary"}, "is the response"),
        ({"variable": "x", "at": {"sex": "woman"}}, "'boy', 'girl'"),
        ({"variable": "x", "at": {"x": 1.0}}, "leave it out"),
        ({"variable": "x", "by": "x"}, "another covariate"),
        ({"variable": "x", "bands": "all"}, "'both'"),
        ({"variable": "x", "category": "yes"}, "has no categories"),
    ],
)
def test_what_cannot_be_drawn_says_why(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        fitted("bernoulli").plot.effects(**arguments)


def test_a_picture_goes_into_axes_of_the_user():
    fit = fitted("bernoulli")
    figure, axes = plt.subplots(1, 3)
    assert fit.plot.effects("x", ax=axes[0]) is figure
    fit.plot.caterpillar(ax=axes[1:])
    assert axes[0].get_xlabel() == "x"
    assert axes[2].get_title() == "x"
    with pytest.raises(ArgumentError, match="2 matplotlib Axes"):
        fit.plot.caterpillar(ax=axes[0])


def test_a_frame_comes_back_in_the_library_of_the_data():
    fit = me.fit("count ~ x + (1 | klass)", pl.DataFrame(pupils()), family="poisson")
    assert isinstance(fit.plot.effects_data("x"), pl.DataFrame)
    assert isinstance(fit.plot.clusters_data("x"), pl.DataFrame)


# A category's probability ---------------------------------------------------------------------


def test_a_category_is_drawn_with_its_marginal_probability():
    fit = me.fit("word ~ x + (1 | klass)", ordered(), family="cumulative")
    table = fit.plot.effects_data("x", category="middle")
    low, high = fit.estimate.beta[1:]
    x = table["x"][:60].to_numpy()
    u = norm.ppf((np.arange(40_000) + 0.5) / 40_000)
    eta = fit.params["x"] * x[:, None] + fit.estimate.theta[0] * u
    share = (expit(high - eta) - expit(low - eta)).mean(axis=1)
    marginal = table[table["kind"] == "marginal"]
    np.testing.assert_allclose(marginal["estimate"], share, atol=1e-5)
    figure = fit.plot.effects("x", category="middle")
    assert figure.axes[0].get_ylabel() == "Probability of word = middle"


def test_categories_without_one_named_are_sent_elsewhere():
    fit = me.fit("word ~ x + (1 | klass)", ordered(), family="cumulative")
    with pytest.raises(NotAvailableError, match="categories"):
        fit.plot.effects("x")
    with pytest.raises(ArgumentError, match="low, middle, high"):
        fit.plot.effects("x", category="huge")


# Clusters -------------------------------------------------------------------------------------


def test_a_clusters_curve_has_its_own_effects():
    fit = fitted("bernoulli")
    table = fit.plot.clusters_data("x", at={"sex": "girl"})
    b = fit.random_effects("mode").pivot(index="level", columns="name", values="estimate")
    own = table[(table["kind"] == "cluster") & (table["level"] == "7")]
    p = fit.params
    slope = p["x"] + b.loc[7, "x"]
    eta = p["Intercept"] + p["sex[T.girl]"] + b.loc[7, "Intercept"] + slope * own["x"]
    np.testing.assert_allclose(own["estimate"], expit(eta), rtol=1e-9)


def test_inner_clusters_have_the_effects_of_outer_ones():
    fit = fitted("nested")
    b = fit.random_effects("mode").set_index(["group", "level"])["estimate"]
    table = fit.plot.clusters_data("x", "school:klass")
    own = table[table["level"] == "s2:9"]
    effect = b["school:klass", "s2:9"] + b["school", "s2"]
    expected = fit.params["Intercept"] + fit.params["x"] * own["x"] + effect
    np.testing.assert_allclose(own["estimate"], expected)


def test_a_cluster_of_categories_has_their_probabilities():
    fit = me.fit("word ~ x + (1 | klass)", ordered(), family="cumulative")
    table = fit.plot.clusters_data("x", category="high")
    own = table[table["level"] == "3"]
    b = fit.random_effects("mode").set_index("level")["estimate"]
    eta = fit.params["x"] * own["x"] + b[3]
    np.testing.assert_allclose(own["estimate"], 1 - expit(fit.estimate.beta[2] - eta))


def test_of_many_clusters_some_are_drawn_from_lowest_to_highest():
    fit = fitted("poisson")
    every, some = fit.plot.clusters_data("x"), fit.plot.clusters_data("x", most=5)
    heights = every[every["kind"] == "cluster"].groupby("level")["estimate"].mean().sort_values()
    chosen = [level for level in some["level"].unique() if level]
    assert len(chosen) == 5
    assert {heights.index[0], heights.index[-1]} <= set(chosen)


def test_the_average_of_a_linear_model_is_one_line():
    figure = fitted("slopes").plot.clusters("x")
    labels = [text.get_text() for text in figure.axes[0].get_legend().texts]
    assert labels == ["24 clusters (klass)", "marginal mean"]


# Histograms -----------------------------------------------------------------------------------


def test_histograms_hold_effects_at_percentiles_and_at_their_own():
    fit = fitted("probit")
    table = fit.plot.histograms_data([0.2, 0.8])
    assert list(dict.fromkeys(table["effects"])) == ["20 %", "80 %", "own"]
    eta = fit.design.X @ fit.estimate.beta
    for name, q in (("20 %", 0.2), ("80 %", 0.8)):
        held = norm.cdf(eta + norm.ppf(q) * fit.estimate.theta[0])
        np.testing.assert_allclose(table.loc[table["effects"] == name, "estimate"], held)
    own = table[table["effects"] == "own"]
    np.testing.assert_allclose(own["estimate"], fit.fittedvalues)


def test_bars_are_shares_that_add_up_to_one():
    figure = fitted("poisson").plot.histograms()
    assert len(figure.axes) == 5
    for axis in figure.axes:
        heights = [patch.get_height() for patch in axis.patches]
        assert sum(heights) == pytest.approx(1.0)


def test_without_random_effects_there_is_nothing_to_hold():
    fit = me.fit("count ~ x", pd.DataFrame(pupils()), family="poisson")
    with pytest.raises(ArgumentError, match="no random effects"):
        fit.plot.histograms()
