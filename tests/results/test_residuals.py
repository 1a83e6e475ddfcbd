"""Residuals and simulated responses."""

from dataclasses import replace

import numpy as np
import pytest
from tests.results.made import cbpp, fitted, hand_made, pupils

import mixeff as me
from mixeff.errors import ArgumentError, NotAvailableError
from mixeff.results.residuals import residuals, simulate


def test_binomial_residuals_by_hand():
    fit = cbpp()
    y, n, p = fit.design.y, fit.design.trials, fit.fittedvalues
    eta = fit.predict(scale="link")
    np.testing.assert_allclose(p, 1 / (1 + np.exp(-eta)))
    np.testing.assert_allclose(fit.resid(), y / n - p)
    np.testing.assert_allclose(fit.resid("pearson"), (y - n * p) / np.sqrt(n * p * (1 - p)))
    np.testing.assert_allclose(fit.resid("working"), (y / n - p) / (p * (1 - p)))


def test_squared_deviance_residuals_are_twice_the_loss_of_log_likelihood():
    fit = fitted("poisson")
    y, mu = fit.design.y, fit.fittedvalues
    unit = 2 * (np.where(y > 0, y * np.log(np.where(y > 0, y, 1) / mu), 0) - (y - mu))
    np.testing.assert_allclose(fit.resid("deviance") ** 2, unit, rtol=1e-8, atol=1e-12)
    np.testing.assert_array_equal(np.sign(fit.resid("deviance")), np.sign(y - mu))


def test_gaussian_pearson_residuals_are_in_residual_standard_deviations():
    fit = fitted("slopes")
    sd = np.exp(fit.estimate.beta[-1])
    np.testing.assert_allclose(fit.resid("pearson"), fit.resid() / sd)


def test_prior_weights_scale_pearson_residuals():
    design, estimate = hand_made("score ~ x + (1 | klass)", "gaussian", [0, 0, 0.5], [1.0])
    weighted = type(design)(**{**vars(design), "weights": np.full(design.n, 4.0)})
    plain = residuals(design, estimate, "pearson")
    np.testing.assert_allclose(residuals(weighted, estimate, "pearson"), 2 * plain)


def test_an_unknown_kind_names_the_known():
    with pytest.raises(ArgumentError, match="'deviance'"):
        cbpp().resid("studentized")


@pytest.mark.parametrize("name", ["bernoulli", "poisson", "gamma", "slopes"])
def test_simulated_responses_are_possible_ones(name):
    fit = fitted(name)
    y = fit.simulate(3, seed=1)
    assert y.shape == (fit.nobs, 3)
    np.testing.assert_array_equal(y, fit.simulate(3, seed=1))
    assert not np.array_equal(y, fit.simulate(3, seed=2))
    assert fit.refit(y[:, 0]).nobs == fit.nobs


def test_new_random_effects_make_clusters_differ():
    design, estimate = hand_made("score ~ x + (1 | klass)", "gaussian", [0, 0, -3.0], [2.0])
    y = simulate(design, estimate, 400, 1, "new").reshape(24, 12, 400)
    assert y.mean(axis=1).var() == pytest.approx(4.0, rel=0.05)
    assert y.var(axis=1).mean() == pytest.approx(np.exp(-6.0) * 11 / 12, rel=0.05)


def test_given_random_effects_are_held():
    design, estimate = hand_made("score ~ x + (1 | klass)", "gaussian", [0, 0, -3.0], [2.0])
    y = simulate(design, estimate, 200, 1, "given").mean(axis=1)
    b = estimate.random[0].mode[design.factors[0].codes, 0]
    np.testing.assert_allclose(y, b, atol=0.02)


def test_counts_of_simulations_and_kinds_are_checked():
    with pytest.raises(ArgumentError, match="at least one"):
        cbpp().simulate(0)
    with pytest.raises(ArgumentError, match="'new', 'given'"):
        cbpp().simulate(1, random_effects="old")


def test_a_mean_that_a_response_cannot_have_draws_nothing():
    data = {**pupils(), "positive": np.exp(0.3 * pupils()["score"])}
    fit = me.fit("positive ~ x + (1 | klass)", data, "gamma", link="inverse", method="laplace")
    wide = replace(fit.estimate, theta=np.array([3.0]))
    for draw in (replace(fit, estimate=wide).simulate, replace(fit, estimate=wide).plot.residuals):
        with pytest.raises(NotAvailableError, match="the inverse link gives a mean of -"):
            draw(20)
    assert (fit.simulate(5, random_effects="given") > 0).all()
