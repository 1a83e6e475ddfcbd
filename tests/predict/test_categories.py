"""Predicted probabilities of categories, hazards and survival."""

import numpy as np
import pandas as pd
import pytest

import mixeff as me
from mixeff.errors import ArgumentError, NotAvailableError
from mixeff.estimate.covariance import covariance_matrices


def people(seed=4, groups=40, size=12):
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(groups), size)
    x = rng.normal(size=g.size)
    eta = 0.8 * x + rng.normal(0, 0.9, groups)[g]
    y = np.digitize(eta + rng.logistic(size=g.size), [-1.0, 0.5, 2.0])
    time = np.minimum(rng.geometric(1 / (1 + np.exp(1.0 - 0.5 * eta))), 5)
    event = (time < 5).astype(float)
    return pd.DataFrame({"y": y, "x": x, "g": g, "time": np.minimum(time, 4), "event": event})


@pytest.fixture(scope="module")
def ordinal():
    return me.fit("y ~ x + (1 | g)", people(), family="cumulative", method="laplace")


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
        ordinal.predict(interval="confidence")
    with pytest.raises(ArgumentError, match="'hazard' is not one of"):
        ordinal.predict(scale="hazard")
