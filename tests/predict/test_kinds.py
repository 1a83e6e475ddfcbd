"""What each kind of prediction does with the random effects."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import block_diag
from tests.results.made import differences, fitted

from mixeff.estimate import row_derivatives
from mixeff.estimate.covariance import cholesky_factors
from mixeff.model.families import LINKS
from mixeff.predict.kinds import KINDS, at_quantile, new_cluster
from mixeff.predict.modes import mode_system
from mixeff.results.parameters import beta_slices

NAMES = ["bernoulli", "probit", "crossed", "nested", "slopes", "poisson", "gamma"]
KIND_NAMES = ["median", "marginal", "quantile"]


def rule(kind):
    return KINDS.get(kind, lambda fit, design, g: at_quantile(fit, design, g, 0.8))


def moved(fit, parameters):
    p = len(fit.estimate.beta)
    estimate = replace(fit.estimate, beta=parameters[:p], theta=parameters[p:])
    return replace(fit, estimate=estimate)


def parameters_of(fit):
    return np.concatenate([fit.estimate.beta, fit.estimate.theta])


class Dense:
    """Conditional modes by Newton's method on dense matrices."""

    def __init__(self, fit):
        self.design = fit.design
        self.levels = [fit.design.factors[t.factor].n_levels for t in fit.design.terms]

    def factor(self, theta) -> np.ndarray:
        parts = zip(self.levels, cholesky_factors(self.design, theta), strict=True)
        return np.asarray(block_diag(*(np.kron(np.eye(n), f) for n, f in parts)))

    def etas(self, beta, b):
        parts = beta_slices(self.design)
        etas = [x @ beta[part] for x, part in zip(self.design.x, parts, strict=True)]
        return (etas[0] + self.design.Z @ b, *etas[1:])

    def solve(self, parameters):
        """Return the modes b, M, and H at them."""
        p = sum(map(len, self.design.x_names))
        beta, factor = parameters[:p], self.factor(parameters[p:])
        m, u = self.design.Z @ factor, np.zeros(factor.shape[1])
        hessian = np.eye(len(u))
        for _ in range(40):
            _, score, weight = row_derivatives(self.design, self.etas(beta, factor @ u))
            hessian = m.T @ (weight[0][:, None] * m) + np.eye(len(u))
            u = u + np.linalg.solve(hessian, m.T @ score[0] - u)
        return factor @ u, m, hessian

    def eta(self, parameters):
        b, _, _ = self.solve(parameters)
        return self.etas(parameters[: sum(map(len, self.design.x_names))], b)[0]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", KIND_NAMES)
def test_gradients_against_differences(name, kind):
    fit = fitted(name)
    expected = differences(
        lambda v: rule(kind)(moved(fit, v), fit.design, False).eta, parameters_of(fit)
    )
    found = rule(kind)(fit, fit.design, True).gradient
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", NAMES)
def test_modes_move_with_the_parameters_as_they_should(name):
    fit = fitted(name)
    expected = differences(Dense(fit).eta, parameters_of(fit))
    found = KINDS["cluster"](fit, fit.design, True).gradient
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_variance_of_the_modes_is_the_inverse_curvature(name):
    fit = fitted(name)
    _, m, hessian = Dense(fit).solve(parameters_of(fit))
    expected = np.einsum("ij,ji->i", m, np.linalg.solve(hessian, m.T))
    found = mode_system(fit.design, fit.estimate).variance(fit.design)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_marginal_means_against_monte_carlo(name):
    fit = fitted(name)
    design, link = fit.design, LINKS[fit.design.link]
    rng = np.random.default_rng(5)
    eta = KINDS["median"](fit, design, False).eta
    factor, draws = Dense(fit).factor(fit.estimate.theta), 4000
    random = design.Z @ (factor @ rng.standard_normal((factor.shape[1], draws)))
    sample = link.inverse(eta[:, None] + random)
    found = link.inverse(KINDS["marginal"](fit, design, False).eta)
    z = (sample.mean(axis=1) - found) / (sample.std(axis=1) / np.sqrt(draws) + 1e-12)
    assert np.abs(z).max() < 5
    at_80 = at_quantile(fit, design, False, 0.8).eta
    below = (eta[:, None] + random < at_80[:, None]).mean(axis=1)
    np.testing.assert_allclose(below, 0.8, atol=0.04)


def test_the_median_is_the_half_quantile():
    fit = fitted("bernoulli")
    half = at_quantile(fit, fit.design, False, 0.5).eta
    np.testing.assert_allclose(half, KINDS["median"](fit, fit.design, False).eta)


def test_a_linear_model_has_the_same_marginal_and_median():
    fit = fitted("slopes")
    marginal, median = (KINDS[k](fit, fit.design, True) for k in ("marginal", "median"))
    np.testing.assert_allclose(marginal.eta, median.eta)
    np.testing.assert_allclose(marginal.gradient, median.gradient)


def test_a_new_cluster_keeps_the_whole_variance():
    fit = fitted("bernoulli")
    z, factor = fit.design.terms[0].z, cholesky_factors(fit.design, fit.estimate.theta)[0]
    expected = ((z @ factor) ** 2).sum(axis=1)
    np.testing.assert_allclose(new_cluster(fit, fit.design, False).spread, expected)


def test_a_variance_of_zero_has_no_slope():
    fit = fitted("poisson")
    flat = moved(fit, np.append(fit.estimate.beta, 0.0))
    gradient = KINDS["marginal"](flat, fit.design, True).gradient
    assert np.isfinite(gradient).all()
    np.testing.assert_array_equal(gradient[:, -1], 0.0)
