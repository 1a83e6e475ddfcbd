"""The latent response, stacked categories, survival and hazard, against computations by hand."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from scipy.integrate import quad
from scipy.special import expit, softmax
from scipy.stats import gumbel_r, logistic, norm
from tests.plot.test_curves import ordered
from tests.results.made import fitted, pupils

import mixeff as me
from mixeff.errors import ArgumentError, NotAvailableError
from mixeff.plot.durations import draw_durations, durations_data


@pytest.fixture(autouse=True)
def _close_pictures():
    yield
    plt.close("all")


def normal_points(n=20_000):
    return norm.ppf((np.arange(n) + 0.5) / n)


# The latent response --------------------------------------------------------------------------

# The error of a latent response that exceeds zero with probability F(eta), by link.
ERRORS = {"logit": logistic(), "probit": norm(), "cloglog": gumbel_r()}


@pytest.mark.parametrize("link", ERRORS)
def test_a_binary_response_is_a_latent_one_above_zero(link):
    data = pd.DataFrame(pupils())
    fit = me.fit("binary ~ x + (1 | klass)", data, family="bernoulli", link=link)
    table = fit.plot.latent_data("x", points=[-1.0, 1.0])
    ones = table[table["category"] == "1"]
    np.testing.assert_allclose(
        ones["latent"], fit.params["Intercept"] + fit.params["x"] * ones["x"]
    )
    np.testing.assert_allclose(ones["probability"], ERRORS[link].sf(-ones["latent"]), atol=1e-12)
    assert ones.loc[ones["point"], "x"].tolist() == [-1.0, 1.0]


def test_ordered_categories_are_intervals_between_thresholds():
    fit = me.fit("word ~ x + sex + (1 | klass)", ordered(), family="cumulative", link="probit")
    table = fit.plot.latent_data("x", at={"sex": "girl"})
    eta = fit.params["x"] * table["x"] + fit.params["sex[T.girl]"]
    np.testing.assert_allclose(table["latent"], eta)
    area = norm.cdf(table["upper"] - eta) - norm.cdf(table["lower"] - eta)
    np.testing.assert_allclose(table["probability"], area, atol=1e-12)
    low, high = fit.estimate.beta[2:]
    middle = table[table["category"] == "middle"]
    assert set(middle["lower"].round(9)) == {round(low, 9)}
    assert set(middle["upper"].round(9)) == {round(high, 9)}


@pytest.mark.parametrize("link", ["logit", "cloglog"])
def test_the_shaded_areas_are_the_probabilities(link):
    data = pd.DataFrame(pupils())
    fit = me.fit("binary ~ x + (1 | klass)", data, family="bernoulli", link=link)
    left, _ = fit.plot.latent("x", points=[0.4]).axes
    areas = [area_of(band) for band in left.collections]
    table = fit.plot.latent_data("x", points=[0.4])
    wanted = table.loc[table["point"], "probability"].to_numpy()
    np.testing.assert_allclose(np.array(areas) / sum(areas), wanted, atol=0.008)  # tails are cut


def area_of(band):
    x, y = band.get_paths()[0].vertices.T
    return 0.5 * abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))


def test_a_latent_response_needs_thresholds_and_a_number():
    with pytest.raises(NotAvailableError, match="cumulative"):
        fitted("poisson").plot.latent("x")
    fit = me.fit("word ~ x + (1 | klass)", ordered(), family="adjacent")
    with pytest.raises(NotAvailableError, match="no latent response"):
        fit.plot.latent("x")
    with pytest.raises(ArgumentError, match="needs a number"):
        fitted("bernoulli").plot.latent("sex")


# Categories -----------------------------------------------------------------------------------


def test_stacked_probabilities_are_averages_over_the_random_effects():
    fit = me.fit("word ~ x + (1 | klass)", ordered(), family="multinomial", method="laplace")
    table = fit.plot.categories_data("x")
    sigma = np.array([[fit.estimate.theta[0], 0.0], [fit.estimate.theta[1], fit.estimate.theta[2]]])
    b = np.random.default_rng(1).normal(size=(200_000, 2)) @ sigma.T
    x = table["x"].iloc[60]
    beta = fit.estimate.beta.reshape(2, 2)
    eta = np.column_stack([np.zeros(len(b)), beta[:, 0] + beta[:, 1] * x + b])
    own = table[table["x"] == x].set_index("category")["estimate"]
    np.testing.assert_allclose(own, softmax(eta, axis=1).mean(axis=0), atol=2e-3)
    assert list(own.index) == ["low", "middle", "high"]


def test_a_median_cluster_has_random_effects_at_zero():
    fit = me.fit("word ~ x + sex + (1 | klass)", ordered(), family="cumulative")
    table = fit.plot.categories_data("sex", by="x", kind="median", at={"x": [0.0, 1.0]})
    assert len(table) == 2 * 2 * 3
    low = table[(table["category"] == "low") & (table["sex"] == "boy")]
    np.testing.assert_allclose(
        low["estimate"], expit(fit.estimate.beta[2] - fit.params["x"] * low["x"])
    )


def test_areas_add_up_to_one_and_bars_stand_on_each_other():
    fit = me.fit("word ~ x + sex + (1 | klass)", ordered(), family="cumulative")
    axis = fit.plot.categories("x").axes[0]
    tops = [np.asarray(band.get_paths()[0].vertices)[:, 1].max() for band in axis.collections]
    assert len(tops) == 3
    assert max(tops) == pytest.approx(1.0)
    bars: list[Any] = list(fit.plot.categories("sex").axes[0].patches)
    assert sum(bar.get_height() for bar in bars) == pytest.approx(2.0)
    assert len(fit.plot.categories("x", by="sex").axes) == 2


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_each_category_has_a_panel_with_the_interval_of_its_probability(level):
    fit = me.fit("word ~ x + sex + (1 | klass)", ordered(), family="cumulative", method="laplace")
    figure = fit.plot.categories("x", "sex", interval="confidence", level=level)
    table = fit.plot.categories_data("x", "sex", level=level)
    assert [axis.get_title() for axis in figure.axes] == [
        f"word = {n}" for n in fit.design.categories
    ]
    for axis, name in zip(figure.axes, fit.design.categories, strict=True):
        own = table[(table["category"] == name) & (table["sex"] == "girl")]
        np.testing.assert_allclose(np.asarray(axis.lines[1].get_ydata()), own["estimate"])
        band: Any = axis.collections[1]
        heights = np.asarray(band.get_paths()[0].vertices)[:, 1]
        assert (heights.min(), heights.max()) == (own["lower"].min(), own["upper"].max())


def test_intervals_at_levels_are_bars_in_the_predictions_own():
    fit = me.fit("word ~ x + sex + (1 | klass)", ordered(), family="cumulative", method="laplace")
    first = fit.plot.categories("sex", kind="median", interval="confidence").axes[0]
    row = {"sex": ["boy", "girl"], "x": [float(np.mean(pupils()["x"]))] * 2}
    wanted = fit.predict(row, kind="median", interval="confidence")
    wanted = wanted[wanted["category"] == "low"]
    bars: Any = first.collections[0]
    ends = [segment[:, 1] for segment in bars.get_segments()]
    np.testing.assert_allclose(ends, wanted[["lower", "upper"]])
    assert first.get_ylabel() == "Probability (median)"


def test_intervals_of_categories_go_by_name():
    fit = me.fit("word ~ x", ordered(), family="cumulative")
    with pytest.raises(ArgumentError, match="neither None nor 'confidence'"):
        fit.plot.categories("x", interval="prediction")


def test_only_categories_are_stacked():
    with pytest.raises(NotAvailableError, match="effects"):
        fitted("poisson").plot.categories("x")
    fit = me.fit("word ~ x", ordered(), family="cumulative")
    with pytest.raises(ArgumentError, match="'median'"):
        fit.plot.categories("x", kind="cluster")


# Durations ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def durations():
    rng = np.random.default_rng(4)
    g, x = np.repeat(np.arange(60), 5), np.tile([0, 1, 1, 0, 1], 60)
    eta = -1.2 + 0.5 * x + 0.9 * rng.normal(size=60)[g]
    time = np.minimum(rng.geometric(1 - np.exp(-np.exp(eta))), 6)
    data = {"time": time, "event": (time < 6) | (rng.random(300) < 0.5), "x": x, "g": g}
    formula = "survival(time, event) ~ x + (1 | g)"
    return me.fit(formula, pd.DataFrame(data), family="duration", link="cloglog")


def test_marginal_survival_is_the_average_of_survival(durations):
    fit, u = durations, normal_points()
    table = fit.plot.survival_data("x")
    eta = fit.params["x"] * 1 + fit.estimate.theta[0] * u
    hazard = 1 - np.exp(-np.exp(eta[:, None] + fit.estimate.beta[1:]))
    survival = np.cumprod(1 - hazard, axis=1)
    own = table[(table["x"] == 1) & (table["kind"] == "marginal")]
    np.testing.assert_allclose(own["estimate"], [1.0, *survival.mean(axis=0)], atol=1e-5)
    assert own["period"].tolist() == list(range(7))


def test_the_marginal_hazard_is_that_of_the_survivors(durations):
    fit, u = durations, normal_points()
    table = fit.plot.hazard_data("x")
    hazard = 1 - np.exp(-np.exp(fit.estimate.theta[0] * u[:, None] + fit.estimate.beta[1:]))
    alive = np.cumprod(np.hstack([np.ones((len(u), 1)), 1 - hazard[:, :-1]]), axis=1)
    wanted = (alive * hazard).mean(axis=0) / alive.mean(axis=0)
    own = table[(table["x"] == 0) & (table["kind"] == "marginal")]
    np.testing.assert_allclose(own["estimate"], wanted, atol=1e-5)
    median = table[(table["x"] == 0) & (table["kind"] == "median")]
    np.testing.assert_allclose(median["estimate"], 1 - np.exp(-np.exp(fit.estimate.beta[1:])))


def test_both_kinds_are_drawn_for_each_group(durations):
    for draw in (durations.plot.survival, durations.plot.hazard):
        axis = draw("x").axes[0]
        drawn = [line for line in axis.lines if np.size(line.get_xdata())]
        assert [line.get_linestyle() for line in drawn] == ["-", "--", "-", "--"]
        assert axis.get_xlabel() == "time"


def test_the_last_period_of_survival_can_be_seen(durations):
    (axis,) = durations.plot.survival().axes
    last = durations.plot.survival_data()["period"].max()
    assert [line.get_xdata()[-1] for line in axis.lines[:2]] == [last + 0.5] * 2
    heights = [line.get_ydata()[-2:] for line in axis.lines[:2]]
    assert all(a == b for a, b in heights)


@pytest.mark.parametrize("scale", ["survival", "hazard"])
def test_intervals_are_drawn_as_bands_where_there_are_any(durations, scale):
    table = durations_data(durations, "x", None, scale, 0.9)
    for known in (False, True):
        for name, factor in (("lower", 0.9), ("upper", 1.1)):
            table[name] = (factor if known else np.nan) * table["estimate"]
        axis: Any = draw_durations(table, "x", "time", scale, 0.9).axes[0]
        labels = [text.get_text() for text in axis.get_legend().texts]
        assert len(axis.collections) == (2 if known else 0)
        assert (f"marginal {scale}, 90 % CI" in labels) == known


def test_other_responses_are_no_durations():
    with pytest.raises(NotAvailableError, match=r"survival\(time, event\)"):
        fitted("poisson").plot.survival()


def test_a_density_has_area_one():
    from mixeff.plot.latent import latent_density

    for link in ("logit", "probit", "cloglog"):
        fit = me.fit("binary ~ x", pd.DataFrame(pupils()), family="bernoulli", link=link)
        assert quad(latent_density(fit), -30, 30)[0] == pytest.approx(1.0, abs=1e-6)
