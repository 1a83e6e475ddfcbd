"""Simulated residuals: uniform where the model holds, and not where it does not."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from scipy.stats import beta, kstest, poisson
from tests.plot.test_curves import ordered
from tests.results.made import fitted, pupils

import mixeff as me
from mixeff.errors import ArgumentError, NotAvailableError


@pytest.fixture(autouse=True)
def _close_pictures():
    yield
    plt.close("all")


def counts(extra=0.0, n=3000):
    rng = np.random.default_rng(6)
    x = rng.normal(size=n)
    mean = np.exp(0.5 + 0.6 * x + extra * rng.normal(size=n))
    return me.fit("y ~ x", {"y": rng.poisson(mean), "x": x}, family="poisson")


def test_residuals_are_quantiles_of_the_fitted_distribution():
    fit = counts()
    table = fit.plot.residuals_data(n=400)
    y, mu = fit.design.y, fit.fittedvalues
    middle = poisson.cdf(y - 1, mu) + 0.5 * poisson.pmf(y, mu)
    width = poisson.pmf(y, mu)
    assert np.abs(table["residual"] - middle).max() < 0.5 * width.max() + 0.1
    assert np.mean(table["residual"] - middle) == pytest.approx(0.0, abs=0.01)
    assert kstest(table["residual"], "uniform").pvalue > 0.01


def test_a_wrong_model_leaves_the_band_and_the_dispersion():
    right, wrong = counts(), counts(extra=0.6)
    for fit, holds in ((right, True), (wrong, False)):
        table = fit.plot.residuals_data()
        within = table["residual"].between(table["lower"], table["upper"]).mean()
        dispersion = fit.plot.dispersion_data()
        data = dispersion.loc[dispersion["kind"] == "data", "dispersion"].item()
        beyond = (dispersion["dispersion"] >= data).mean()
        assert (within > 0.8) == holds
        assert (beyond > 0.01) == holds


def test_the_dispersion_is_that_of_the_test():
    fit = counts(extra=0.6)
    table = fit.plot.dispersion_data()
    test = fit.test_dispersion(100, 1)
    data = table.loc[table["kind"] == "data", "dispersion"].item()
    assert data == pytest.approx(test.statistic)
    assert len(table) == 101
    mu = fit.fittedvalues
    expected = np.mean((fit.design.y - mu) ** 2 / mu)
    assert data == pytest.approx(expected, rel=0.05)


def test_residuals_are_those_of_the_fit():
    fit = fitted("poisson")
    ours, theirs = fit.plot.residuals_data(), fit.simulated_residuals(250, 1)
    pd.testing.assert_frame_equal(ours[list(theirs)], theirs)


def test_zeros_and_ones_have_no_panel_of_dispersion():
    assert len(fitted("bernoulli").plot.residuals().axes) == 2
    with pytest.raises(NotAvailableError, match="cannot be over- or underdispersed"):
        fitted("bernoulli").plot.dispersion_data()


def test_durations_are_ranked_with_their_censoring():
    rng = np.random.default_rng(8)
    time = rng.geometric(0.3, 400)
    data = {"t": np.minimum(time, 4), "d": (time <= 4) * 1, "x": rng.normal(size=400)}
    fit = me.fit("survival(t, d) ~ x", data, family="duration")
    table = fit.plot.residuals_data()
    assert kstest(table["residual"], "uniform").pvalue > 0.01
    k, n = 40, 400  # the band is that of an order statistic
    row = table.sort_values("expected").iloc[k - 1]
    assert row["lower"] == pytest.approx(beta.ppf(0.025, k, n + 1 - k))
    assert row["upper"] == pytest.approx(beta.ppf(0.975, k, n + 1 - k))
    assert len(fit.plot.residuals().axes) == 2


def test_ranks_go_with_the_fitted_means():
    table = counts().plot.residuals_data()
    by_rank = table.sort_values("rank")
    assert by_rank["linear_predictor"].is_monotonic_increasing
    assert table["rank"].between(0, 1).all()
    assert abs(np.corrcoef(table["rank"], table["residual"])[0, 1]) < 0.06


@pytest.mark.parametrize("name", ["bernoulli", "gamma", "slopes"])
def test_models_that_hold_stay_within_the_band(name):
    table = fitted(name).plot.residuals_data(random_effects="new")
    assert table["residual"].between(table["lower"], table["upper"]).mean() > 0.8


def test_the_same_seed_gives_the_same_residuals():
    fit = fitted("poisson")
    pd.testing.assert_frame_equal(fit.plot.residuals_data(), fit.plot.residuals_data())
    assert not fit.plot.residuals_data(seed=2).equals(fit.plot.residuals_data())


def test_three_panels_are_drawn():
    figure = fitted("poisson").plot.residuals()
    assert len(figure.axes) == 3
    assert figure.axes[2].get_legend().texts[1].get_text().startswith("data, ")


def test_what_cannot_be_ranked_says_so():
    fit = me.fit("word ~ x", ordered(), family="multinomial")
    with pytest.raises(NotAvailableError, match="no order"):
        fit.plot.residuals()
    with pytest.raises(ArgumentError, match="at least 20"):
        fitted("poisson").plot.residuals(n=5)


def test_ordered_categories_are_ranked():
    fit = me.fit("word ~ x + (1 | klass)", ordered(), family="cumulative")
    table = fit.plot.residuals_data()
    assert len(table) == len(pupils()["x"])
    assert kstest(table["residual"], "uniform").pvalue > 0.01
