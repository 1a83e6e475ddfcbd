"""Dispersion formulas, and models without random effects, against closed forms."""

import numpy as np
import pytest
from scipy import stats
from tests.estimate.simulated import design_of, grouped, is_whole, numbers, standard_errors

from mixeff.estimate import estimate


@pytest.mark.parametrize("family", ["gaussian", "gamma"])
def test_a_dispersion_formula_recovers_its_parameters(family):
    made = grouped(21, 100, 40, sd=0.5)
    z = made["rng"].normal(size=4000)
    log_dispersion = -1.0 + 0.4 * z
    draw = {
        "gaussian": lambda: made["rng"].normal(made["eta"], np.exp(log_dispersion)),
        "gamma": lambda: made["rng"].gamma(
            np.exp(-log_dispersion), np.exp(made["eta"] + log_dispersion)
        ),
    }
    data = {"y": draw[family](), "x": made["x"], "z": z, "g": made["g"]}
    done = estimate(design_of("y ~ x + (1 | g)", data, family, dispersion="~ z"))
    assert is_whole(done), done.reason
    se = standard_errors(done)
    truth = np.array([0.3, 0.5, -1.0, 0.4, 0.5])
    assert np.all(np.abs(np.append(done.beta, done.theta) - truth) < 3.5 * se)
    assert np.all(se[1:4] < 0.05)


def test_without_random_effects_a_linear_model_is_least_squares():
    data = numbers(grouped(22, 20, 10))
    x = np.column_stack([np.ones(200), data["x"]])
    best, (rss,), *_ = np.linalg.lstsq(x, data["y"].to_numpy(), rcond=None)
    for method, df in [("auto", 198), ("reml", 198), ("ml", 200)]:
        done = estimate(design_of("y ~ x", data), method=method)
        assert is_whole(done), done.reason
        np.testing.assert_allclose(done.beta[:2], best, rtol=1e-8)
        np.testing.assert_allclose(np.exp(2 * done.beta[2]), rss / df, rtol=1e-8)
        expected = rss / df * np.linalg.inv(x.T @ x)
        np.testing.assert_allclose(done.cov[:2, :2], expected, rtol=1e-6)


def test_without_random_effects_a_two_by_two_table_has_its_odds_ratio():
    cells = {(0, 0): 30, (0, 1): 12, (1, 0): 9, (1, 1): 25}
    rows = [cell for cell, count in cells.items() for _ in range(count)]
    x, y = np.array(rows, dtype=float).T
    done = estimate(design_of("y ~ x", {"y": y, "x": x}, "bernoulli"))
    assert is_whole(done)
    assert done.beta[1] == pytest.approx(np.log(30 * 25 / (12 * 9)), abs=1e-5)
    assert standard_errors(done)[1] == pytest.approx(
        np.sqrt(sum(1 / c for c in cells.values())), rel=1e-5
    )


@pytest.mark.parametrize("link", ["log", "sqrt", "identity"])
def test_without_random_effects_the_mean_of_each_group_is_fitted(link):
    x, y = np.repeat([0.0, 1.0], 5), np.array([1, 2, 3, 4, 5, 6, 7, 9, 11, 12])
    done = estimate(design_of("y ~ x", {"y": y, "x": x}, "poisson", link=link))
    transform = {"log": np.log, "sqrt": np.sqrt, "identity": np.asarray}[link]
    means = transform(np.array([3.0, 9.0]))
    assert is_whole(done)
    np.testing.assert_allclose(done.beta, [means[0], means[1] - means[0]], rtol=1e-6)
    expected = stats.poisson.logpmf(y, np.repeat([3.0, 9.0], 5)).sum()
    assert done.llf == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("link", ["log", "inverse"])
def test_without_random_effects_gamma_fits_the_mean_and_the_shape(link):
    y = np.random.default_rng(23).gamma(4.0, 0.5, 500)
    done = estimate(design_of("y ~ 1", {"y": y}, "gamma", link=link))
    shape, _, _ = stats.gamma.fit(y, floc=0)
    mean = {"log": np.log, "inverse": np.reciprocal}[link](y.mean())
    np.testing.assert_allclose(done.beta, [mean, -np.log(shape)], atol=1e-5)
