"""Counts, covariates, responses, offsets and weights on wild scales change units, not the fit."""

import numpy as np
import pytest
from scipy import special
from tests.estimate.simulated import (
    binary,
    counts,
    design_of,
    grouped,
    is_whole,
    numbers,
    standard_errors,
)

from mixeff.estimate import estimate


def test_counts_of_a_million():
    made = grouped(6, 50, 20, sd=0.5)
    made["eta"] += 14
    data = counts(made)
    assert np.median(data["y"]) > 1e6
    done = estimate(design_of("y ~ x + (1 | g)", data, "poisson"))
    assert is_whole(done), done.reason
    assert done.beta[1] == pytest.approx(0.5, abs=1e-4)
    assert done.theta[0] == pytest.approx(0.5, abs=0.15)


def test_counts_of_zero_and_a_million_in_one_cluster():
    rng = np.random.default_rng(7)
    g = np.repeat(np.arange(20), 6)
    y = np.where(rng.random(len(g)) < 0.5, 0, rng.poisson(1e6, len(g)))
    y[g == 0] = 0
    done = estimate(design_of("y ~ 1 + (1 | g)", {"y": y, "g": g}, "poisson"))
    assert is_whole(done), done.reason


def test_a_million_trials():
    made = grouped(8, 40, 5, sd=0.8)
    n = np.full(len(made["g"]), 1_000_000)
    s = made["rng"].binomial(n, special.expit(made["eta"]))
    data = {"s": s, "f": n - s, "x": made["x"], "g": made["g"]}
    done = estimate(design_of("cbind(s, f) ~ x + (1 | g)", data, "binomial"))
    assert is_whole(done), done.reason
    assert done.beta[1] == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize("family", ["bernoulli", "poisson", "gaussian"])
def test_thirty_covariates_on_wild_scales(family):
    """Scales from 1e-8 to 1e8, shifted: the same fit as with standardised covariates."""
    rng = np.random.default_rng(9)
    g, z = np.repeat(np.arange(60), 25), rng.normal(size=(1500, 30))
    eta = z @ rng.normal(0, 0.2, 30) + 0.6 * rng.normal(size=60)[g]
    draw = {
        "bernoulli": lambda: rng.binomial(1, special.expit(eta)),
        "poisson": lambda: rng.poisson(np.exp(eta)),
        "gaussian": lambda: eta + rng.normal(size=1500),
    }
    scale = 10 ** np.linspace(-8, 8, 30)
    names = [f"x{k}" for k in range(30)]
    data = {"y": draw[family](), "g": g}
    formula = f"y ~ {' + '.join(names)} + (1 | g)"
    method = "ml" if family == "gaussian" else "laplace"
    wild, tame = (
        estimate(
            design_of(formula, data | dict(zip(names, columns.T, strict=True)), family),
            method=method,
        )
        for columns in ((z + 5) * scale, z)
    )
    assert is_whole(wild), wild.reason
    se = standard_errors(tame)
    assert np.abs((wild.beta[1:31] * scale - tame.beta[1:31]) / se[1:31]).max() < 1e-4
    np.testing.assert_allclose(standard_errors(wild)[1:31] * scale, se[1:31], rtol=1e-4)
    assert np.abs((wild.theta - tame.theta) / se[-1]).max() < 1e-4
    assert wild.llf == pytest.approx(tame.llf, abs=1e-7)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_random_slopes_on_wild_scales(scale):
    rng = np.random.default_rng(10)
    g, x = np.repeat(np.arange(40), 20), rng.normal(size=800)
    eta = 0.2 + 0.5 * x + 0.5 * rng.normal(size=40)[g] + 0.4 * rng.normal(size=40)[g] * x
    y = rng.poisson(np.exp(eta))
    wild, tame = (
        estimate(design_of("y ~ x + (1 + x | g)", {"y": y, "x": x * s, "g": g}, "poisson"))
        for s in (scale, 1.0)
    )
    assert is_whole(wild), wild.reason
    unscaled = wild.theta * np.array([1, scale, scale])
    np.testing.assert_allclose(unscaled, tame.theta, atol=1e-4)
    assert wild.beta[1] * scale == pytest.approx(tame.beta[1], abs=1e-4)
    assert wild.llf == pytest.approx(tame.llf, abs=1e-6)


@pytest.mark.parametrize("scale", [1e-8, 1e8])
@pytest.mark.parametrize("method", ["reml", "ml", "laplace"])
def test_a_response_on_a_wild_scale(scale, method):
    data = numbers(grouped(11, 30, 10))
    tame = estimate(design_of("y ~ x + (1 + x | g)", data), method=method)
    wild = estimate(
        design_of("y ~ x + (1 + x | g)", data.assign(y=data["y"] * scale)), method=method
    )
    assert wild.converged, wild.reason
    assert wild.singular == tame.singular
    np.testing.assert_allclose(wild.beta[:2] / scale, tame.beta[:2], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(wild.beta[2] - np.log(scale), tame.beta[2], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(wild.theta / scale, tame.theta, rtol=1e-4, atol=1e-4)
    rows = len(data) - (2 if method == "reml" else 0)
    assert wild.llf + rows * np.log(scale) == pytest.approx(tame.llf, abs=1e-5)


@pytest.mark.parametrize("scale", [1e-8, 1e8])
def test_positive_times_on_a_wild_scale(scale):
    made = grouped(12, 30, 10, sd=0.6)
    y = made["rng"].gamma(3.0, np.exp(made["eta"]) / 3.0)
    data = {"y": y, "x": made["x"], "g": made["g"]}
    tame = estimate(design_of("y ~ x + (1 | g)", data, "gamma"))
    wild = estimate(design_of("y ~ x + (1 | g)", data | {"y": y * scale}, "gamma"))
    assert is_whole(wild), wild.reason
    shifted = wild.beta - np.array([np.log(scale), 0, 0])
    np.testing.assert_allclose(shifted, tame.beta, atol=1e-5)
    np.testing.assert_allclose(wild.theta, tame.theta, atol=1e-5)


@pytest.mark.parametrize("shift", [-500.0, -30.0, 30.0, 500.0])
@pytest.mark.parametrize("family", ["poisson", "bernoulli", "gaussian"])
def test_a_huge_offset_is_taken_up_by_the_intercept(family, shift):
    make = {"poisson": counts, "bernoulli": binary, "gaussian": numbers}[family]
    data = make(grouped(13, 30, 10)).assign(o=shift)
    plain = estimate(design_of("y ~ x + (1 | g)", data, family), method="laplace")
    moved = estimate(design_of("y ~ x + (1 | g) + offset(o)", data, family), method="laplace")
    assert is_whole(moved), moved.reason
    assert moved.beta[0] + shift == pytest.approx(plain.beta[0], abs=1e-4)
    np.testing.assert_allclose(moved.beta[1:], plain.beta[1:], atol=1e-4)
    np.testing.assert_allclose(moved.theta, plain.theta, atol=1e-4)


def test_exposures_over_twelve_powers_of_ten():
    rng = np.random.default_rng(14)
    g, exposure = np.repeat(np.arange(40), 10), 10 ** rng.uniform(-6, 6, 400)
    mean = exposure * np.exp(0.5 + 0.5 * rng.normal(size=40)[g])
    data = {"y": rng.poisson(mean), "g": g, "o": np.log(exposure)}
    done = estimate(design_of("y ~ 1 + (1 | g) + offset(o)", data, "poisson"))
    assert is_whole(done), done.reason
    assert done.beta[0] == pytest.approx(0.5, abs=0.3)


@pytest.mark.parametrize("weight", [1e-6, 1e-3, 1e6])
def test_wild_weights_scale_the_information(weight):
    data = counts(grouped(15, 30, 10))
    formula = "y ~ x"
    plain = estimate(design_of(formula, data, "poisson"))
    heavy = estimate(design_of(formula, data, "poisson", weights=np.full(300, weight)))
    assert is_whole(heavy), heavy.reason
    se = np.maximum(standard_errors(plain), standard_errors(heavy))
    assert np.abs((heavy.beta - plain.beta) / se).max() < 1e-4
    np.testing.assert_allclose(heavy.cov * weight, plain.cov, rtol=2e-3)
