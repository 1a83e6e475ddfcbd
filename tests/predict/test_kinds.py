"""What each kind of prediction does with the random effects, and its derivatives."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from tests.predict.made import (
    Dense,
    categorical,
    moved,
    parameters_of,
    with_modes,
    zeros,
)
from tests.results.made import differences, fitted

from mixeff.estimate.covariance import cholesky_factors
from mixeff.model.families import LINKS
from mixeff.predict.predictor import predictor_of
from mixeff.predict.rows import Rows, rows_of
from mixeff.results.parameters import beta_slices

NAMES = ["bernoulli", "probit", "crossed", "nested", "slopes", "poisson", "gamma"]
ORDINAL = ["cumulative", "adjacent", "sequential", "sequential_backward", "duration"]
ZEROS = ["zero_inflated", "hurdle", "truncated"]
KIND_NAMES = ["median", "marginal", "quantile", "cluster"]


@cache
def model(name):
    if name in NAMES:
        return fitted(name)
    return zeros(name) if name in ZEROS else categorical(name)


def predictor(fit, kind, scale="response"):
    if kind == "quantile":
        return predictor_of(fit, "cluster", 0.8, scale)
    return predictor_of(fit, kind, None, scale)


def values(fit, kind, scale="response"):
    return predictor(fit, kind, scale).natural(fit.design).value


def check_gradient(fit, kind, scale="response"):
    rows = rows_of(fit.design, slice(0, 60, 10 if kind == "marginal" else 1))

    def at(v):
        return predictor(moved(fit, v, kind), kind, scale).natural(rows).value

    expected = differences(at, parameters_of(fit))
    found = predictor(fit, kind, scale).natural(rows).jacobian
    rtol, atol = (2e-5, 2e-6) if kind == "cluster" else (1e-6, 1e-7)
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol)


@pytest.mark.parametrize("name", [*NAMES, *ORDINAL, *ZEROS])
@pytest.mark.parametrize("kind", KIND_NAMES)
def test_gradients_against_differences(name, kind):
    check_gradient(model(name), kind)


@pytest.mark.parametrize("kind", KIND_NAMES)
def test_gradients_with_random_effects_in_several_predictors(kind):
    check_gradient(model("multinomial"), kind)


@pytest.mark.parametrize("scale", ["hazard", "survival"])
@pytest.mark.parametrize("kind", KIND_NAMES)
def test_gradients_of_hazards_and_survival(scale, kind):
    check_gradient(model("duration"), kind, scale)


@pytest.mark.parametrize("kind", KIND_NAMES)
def test_gradients_on_the_scale_of_the_link(kind):
    check_gradient(model("bernoulli"), kind, "link")


@pytest.mark.parametrize("name", ["bernoulli", "crossed", "cumulative", "multinomial", "hurdle"])
def test_values_move_with_the_modes_as_they_should(name):
    fit = model(name)
    b = np.concatenate([effects.mode.ravel() for effects in fit.estimate.random])
    expected = differences(lambda v: values(with_modes(fit, v), "cluster"), b)
    found = predictor(fit, "cluster").natural(fit.design).effects.toarray()
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", [*NAMES, "multinomial"])
def test_the_covariance_of_the_modes_is_the_inverse_curvature(name):
    fit = model(name)
    cluster, dense = predictor(fit, "cluster"), Dense(fit)
    _, _, hessian = dense.solve(parameters_of(fit))
    found = cluster.natural(fit.design)
    root = np.asarray(found.effects @ dense.factor(fit.estimate.theta))
    expected = root @ np.linalg.solve(hessian, root.T)
    assert cluster.modes is not None
    few = found.effects[:7]
    np.testing.assert_allclose(
        cluster.modes.variance(found.effects), expected.diagonal(), rtol=1e-5
    )
    np.testing.assert_allclose(
        cluster.modes.covariance(few), expected[:7, :7], rtol=1e-5, atol=1e-9
    )


@pytest.mark.parametrize("name", [*NAMES, *ZEROS, "cumulative", "duration"])
def test_marginal_values_against_monte_carlo(name):
    fit, draws = model(name), 1000
    rng, dense, p = np.random.default_rng(5), Dense(fit), parameters_of(fit)
    n_beta = len(fit.estimate.beta)
    factor = dense.factor(p[n_beta:])
    surface = predictor(fit, "marginal").target.surface(fit.design)
    sample = np.stack(
        [
            surface.at(dense.etas(p[:n_beta], factor @ rng.standard_normal(factor.shape[1])))
            for _ in range(draws)
        ]
    ).reshape(draws, -1)
    error = sample.mean(axis=0) - values(fit, "marginal")
    assert np.abs(error / (sample.std(axis=0) / np.sqrt(draws) + 1e-12)).max() < 5


def test_the_percentile_is_one_of_the_random_part():
    fit = model("bernoulli")
    rng, dense = np.random.default_rng(5), Dense(fit)
    factor = dense.factor(fit.estimate.theta)
    eta = values(fit, "median", "link")
    random = fit.design.Z @ (factor @ rng.standard_normal((factor.shape[1], 4000)))
    below = eta[:, None] + random < values(fit, "quantile", "link")[:, None]
    np.testing.assert_allclose(below.mean(axis=1), 0.8, atol=0.04)


def test_the_median_is_the_half_quantile():
    fit = model("bernoulli")
    half = predictor_of(fit, "cluster", 0.5, "response").natural(fit.design).value
    np.testing.assert_allclose(half, values(fit, "median"))


def test_a_linear_model_has_the_same_marginal_and_median():
    fit = model("slopes")
    marginal, median = (predictor(fit, k).natural(fit.design) for k in ("marginal", "median"))
    np.testing.assert_allclose(marginal.value, median.value)
    np.testing.assert_allclose(marginal.jacobian, median.jacobian)


def test_random_effects_of_zeros_are_not_those_of_the_clusters_unless_asked_for():
    """Their modes are no part of a median or a marginal prediction, whatever the group is."""
    fit = model("zero_inflated")
    new = pd.DataFrame({"x": np.zeros(2), "g": [0, 1]})
    for kind in ("median", "marginal"):
        first, second = fit.predict(new, kind=kind)
        assert first == second
    assert np.diff(fit.predict(new))[0] != 0


def test_a_mean_with_zeros_is_that_of_the_parameters():
    fit = model("zero_inflated")
    etas = [x.array @ fit.estimate.beta[part] for x, part in parts_of(fit)]
    expected = LINKS["logit"].inverse(-etas[1]) * np.exp(etas[0])
    np.testing.assert_allclose(fit.predict(kind="median"), expected)


def parts_of(fit):
    return zip(fit.design.fixed, beta_slices(fit.design), strict=True)


def test_a_new_cluster_keeps_the_whole_variance():
    from mixeff.predict.kinds import new_cluster
    from mixeff.predict.surfaces import Location

    fit = model("bernoulli")
    z, factor = fit.design.terms[0].z, cholesky_factors(fit.design, fit.estimate.theta)[0]
    expected = ((z @ factor) ** 2).sum(axis=1)
    found = new_cluster(Rows(fit, fit.design, lambda _: Location()))
    assert found.own is not None
    np.testing.assert_allclose(found.own, expected)


def test_a_variance_of_zero_has_no_slope():
    fit = model("poisson")
    flat = moved(fit, np.append(fit.estimate.beta, 0.0), "marginal")
    gradient = predictor(flat, "marginal").natural(fit.design).jacobian
    assert np.isfinite(gradient).all()
    np.testing.assert_array_equal(gradient[:, -1], 0.0)
