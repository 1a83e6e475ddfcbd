"""Predicted probabilities of categories, hazards and survival."""

from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from tests.predict.made import categorical, people

import mixeff as me
from mixeff.errors import ArgumentError, NotAvailableError
from mixeff.estimate import row_derivatives
from mixeff.estimate.covariance import covariance_matrices
from mixeff.model.families import LINKS


@pytest.fixture(scope="module")
def ordinal():
    return me.fit(
        "y ~ x + (1 | g)", people(groups=40, size=12), family="cumulative", method="laplace"
    )


@pytest.mark.parametrize("kind", ["cluster", "median", "marginal"])
@pytest.mark.parametrize("family", ["cumulative", "adjacent", "sequential", "multinomial"])
def test_probabilities_sum_to_one(family, kind):
    fit = me.fit("y ~ x + (1 | g)", people(), family=family, method="laplace")
    found = fit.predict(kind=kind)
    assert list(found.columns) == ["0", "1", "2", "3"]
    assert np.allclose(found.sum(axis=1), 1.0)
    assert len(found) == fit.nobs


def test_marginal_probabilities_are_the_average_over_clusters(ordinal):
    new = {"x": [-1.0, 0.5], "g": [0, 1]}
    found = pd.DataFrame(ordinal.predict(new, kind="marginal"))
    sd = ordinal.variance_components["sd"].iloc[0]
    draws = np.random.default_rng(1).normal(0, sd, 200_000)
    kappa = ordinal.estimate.beta[1:]
    eta = ordinal.params["x"] * -1.0 + draws
    below = 1 / (1 + np.exp(-(kappa[:, None] - eta)))
    expected = np.diff(np.concatenate([[0.0], below.mean(axis=1), [1.0]]))
    assert np.allclose(found.iloc[0], expected, atol=4e-3)


def test_a_percentile_of_the_random_effects(ordinal):
    new = {"x": [0.0], "g": [0]}
    high = pd.DataFrame(ordinal.predict(new, quantile=0.9))
    middle = pd.DataFrame(ordinal.predict(new, kind="median"))
    assert np.allclose(ordinal.predict(new, quantile=0.5)["1"], middle["1"])
    assert high["3"].iloc[0] > middle["3"].iloc[0]


def test_several_predictors_with_random_effects():
    fit = me.fit("y ~ x + (1 | g)", people(), family="multinomial", method="laplace")
    assert fit.design.terms[0].places == (0, 1, 2)
    new = {"x": [0.3], "g": [0]}
    found = pd.DataFrame(fit.predict(new, kind="marginal")).to_numpy()[0]
    n_beta = len(fit.estimate.beta)
    beta = fit.estimate.beta.reshape(3, 2)
    sigma = covariance_matrices(fit.design, fit.estimate.theta)[0]
    b = np.random.default_rng(2).multivariate_normal(np.zeros(3), sigma, 100_000)
    utility = np.column_stack([np.zeros(len(b)), beta @ [1.0, 0.3] + b])
    odds = np.exp(utility)
    expected = (odds / odds.sum(axis=1, keepdims=True)).mean(axis=0)
    assert n_beta == 6
    assert np.allclose(found, expected, atol=5e-3)


def test_hazard_and_survival():
    fit = me.fit(
        "survival(time, event) ~ x + (1 | g)", people(), family="duration", method="laplace"
    )
    new = {"x": [0.0, 1.0], "g": [0, 0]}
    hazard = pd.DataFrame(fit.predict(new, kind="marginal", scale="hazard")).to_numpy()
    survival = pd.DataFrame(fit.predict(new, kind="marginal", scale="survival")).to_numpy()
    chances = pd.DataFrame(fit.predict(new, kind="marginal"))
    assert list(chances.columns) == ["1", "2", "3", "4", "later"]
    assert np.allclose(np.cumprod(1 - hazard, axis=1), survival)
    assert np.allclose(survival[:, -1], chances["later"])
    assert np.all(np.diff(survival, axis=1) < 0)
    with pytest.raises(ArgumentError, match="scale='odds'"):
        fit.predict(new, scale="odds")


def test_what_is_not_available(ordinal):
    with pytest.raises(NotAvailableError, match="interval"):
        ordinal.predict(interval="prediction")
    with pytest.raises(ArgumentError, match="'hazard' is not one of"):
        ordinal.predict(scale="hazard")


# Derivatives ----------------------------------------------------------------------------------

FAMILIES = [
    ("cumulative", {}),
    ("cumulative", {"link": "probit"}),
    ("cumulative", {"link": "cauchit"}),
    ("cumulative", {"thresholds": "symmetric"}),
    ("adjacent", {}),
    ("adjacent", {"thresholds": "equidistant"}),
    ("sequential", {}),
    ("sequential", {"link": "cloglog"}),
    ("sequential_backward", {"link": "loglog"}),
    ("multinomial", {}),
]


@pytest.mark.parametrize(("family", "options"), FAMILIES)
def test_slopes_of_probabilities_are_the_core_s_scores(family, options):
    """With y = k everywhere the core gives log p_k and its derivatives."""
    model = me.Model("y ~ x", people(), family, **options)
    design = model.design
    rng, n_predictors = np.random.default_rng(1), len(design.fixed)
    etas = tuple(np.sort(rng.normal(size=(n_predictors, design.n)), axis=0))
    if options.get("thresholds"):  # a location, a centre or first threshold, and distances
        etas = (etas[0], etas[0] - 1.0, *np.abs(etas[2:]) + 0.1)
    found = design.distribution.probability_slopes(LINKS[design.link], etas)
    for k in range(len(design.categories)):
        logp, score, _ = row_derivatives(replace(design, y=np.full(design.n, float(k))), etas)
        np.testing.assert_allclose(found[:, k], (np.exp(logp) * score).T, rtol=1e-9, atol=1e-12)


def test_slopes_of_the_probabilities_of_durations_are_the_core_s_scores():
    fit = categorical("duration")
    n, link = fit.design.n, LINKS[fit.design.link]
    etas = tuple(np.random.default_rng(1).normal(size=(5, n)))
    found = fit.design.distribution.probability_slopes(link, etas)
    for k in range(5):
        last, event = min(k + 1, 4), float(k < 4)
        as_if = replace(fit.design, y=np.full(n, float(last)), extra=np.full(n, event))
        logp, score, _ = row_derivatives(as_if, etas)
        np.testing.assert_allclose(found[:, k], (np.exp(logp) * score).T, rtol=1e-9, atol=1e-12)


# Intervals ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["cluster", "median", "marginal"])
@pytest.mark.parametrize("family", ["cumulative", "adjacent", "sequential", "multinomial"])
def test_intervals_of_probabilities_stay_within_zero_and_one(family, kind):
    fit = categorical(family)
    table = fit.predict(kind=kind, interval="confidence")
    assert list(table.columns) == ["row", "category", "estimate", "se", "lower", "upper"]
    np.testing.assert_allclose(table["estimate"], fit.predict(kind=kind).to_numpy().ravel())
    assert table["lower"].min() > 0
    assert table["upper"].max() < 1
    assert ((table["lower"] < table["estimate"]) & (table["estimate"] < table["upper"])).all()


def drawn(fit, predict, draws=700):
    """Predictions at parameters drawn from their joint normal distribution."""
    at = np.concatenate([fit.estimate.beta, fit.estimate.theta])
    p = len(fit.estimate.beta)
    sample = np.random.default_rng(3).multivariate_normal(at, fit.estimate.cov, draws)
    moved = (replace(fit.estimate, beta=v[:p], theta=v[p:]) for v in sample)
    return np.array([np.asarray(predict(replace(fit, estimate=e))).ravel() for e in moved])


@pytest.mark.parametrize("kind", ["median", "marginal"])
def test_intervals_hold_what_parameters_drawn_anew_would_give(ordinal, kind):
    new = {"x": [-1.0, 0.5]}
    sample = drawn(ordinal, lambda fit: fit.predict(new, kind=kind))
    table = ordinal.predict(new, kind=kind, interval="confidence", level=0.9)
    np.testing.assert_allclose(table["se"], sample.std(axis=0), rtol=0.11)
    ends = np.quantile(sample, [0.05, 0.95], axis=0)
    np.testing.assert_allclose(table["lower"], ends[0], atol=0.012)
    np.testing.assert_allclose(table["upper"], ends[1], atol=0.012)


@pytest.mark.parametrize("scale", ["hazard", "survival"])
def test_intervals_of_durations(scale):
    fit, new = categorical("duration"), {"x": [-1.0, 0.5]}
    sample = drawn(fit, lambda fit: fit.predict(new, kind="marginal", scale=scale), 500)
    table = fit.predict(new, kind="marginal", scale=scale, interval="confidence")
    assert table["period"].tolist() == ["1", "2", "3", "4"] * 2
    np.testing.assert_allclose(table["se"], sample.std(axis=0), rtol=0.13)


def test_marginal_probabilities_against_a_million_draws(ordinal):
    new = {"x": [0.7]}
    draws = np.random.default_rng(1).normal(0, ordinal.estimate.theta[0], 1_000_000)
    eta = ordinal.params["x"] * 0.7 + draws
    below = 1 / (1 + np.exp(-(ordinal.estimate.beta[1:, None] - eta)))
    chances = np.diff(np.vstack([np.zeros(eta.size), below, np.ones(eta.size)]), axis=0)
    error = chances.std(axis=1) / 1000
    found = ordinal.predict(new, kind="marginal").to_numpy()[0]
    assert (np.abs(found - chances.mean(axis=1)) < 4 * error).all()


def test_a_probability_that_is_one_to_rounding_is_its_own_interval(ordinal):
    with pytest.warns(me.errors.ExtrapolationWarning):
        table = ordinal.predict({"x": [80.0]}, kind="median", interval="confidence")
    assert table["lower"].iloc[-1] == table["upper"].iloc[-1] == 1.0
    assert np.isfinite(table[["estimate", "se", "lower", "upper"]]).all(axis=None)


def test_long_frames_come_in_the_library_of_the_data_with_a_row_for_missing_values(ordinal):
    new = pl.DataFrame({"x": [0.5, None]})
    table = ordinal.predict(new, kind="median", interval="confidence")
    assert isinstance(table, pl.DataFrame)
    assert table["row"].to_list() == [0] * 4 + [1] * 4
    assert np.isnan(table["estimate"].to_numpy()).tolist() == [False] * 4 + [True] * 4
