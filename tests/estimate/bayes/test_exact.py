"""Posteriors against integrals over grids, with the random effects summed out, by numpy alone."""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy import special, stats
from tests.estimate.simulated import design_of

from mixeff.estimate import estimate
from mixeff.estimate.bayes.diagnostics import ess_bulk
from mixeff.estimate.bayes.posterior import parameter_draws
from mixeff.model.design import Design

CONTROL = {"chains": 4, "draws": 2000, "warmup": 500}
SIGMAS = 4.5  # Monte Carlo errors that a mean may be off


def sampled(design: Design, priors: dict[str, str], seed: int = 7) -> dict[str, np.ndarray]:
    found = estimate(design, method="mcmc", priors=priors, seed=seed, control=CONTROL)
    assert found.converged, found.reason
    assert found.draws is not None
    return parameter_draws(design, found.draws)


def weighted_moments(values: np.ndarray, log_weights: np.ndarray) -> tuple[float, float]:
    weights = np.exp(log_weights - log_weights.max())
    mean = np.average(values, weights=weights)
    return mean, np.sqrt(np.average((values - mean) ** 2, weights=weights))


def assert_moments(draws: np.ndarray, mean: float, sd: float) -> None:
    size = ess_bulk(draws)
    assert abs(draws.mean() - mean) < SIGMAS * sd / np.sqrt(size)
    # The SD of an SD: half its relative variance is (kurtosis - 1) / 4n; 3 is heavy enough here.
    assert abs(draws.std() - sd) < SIGMAS * sd * np.sqrt(3.0 / size)


def test_logistic_random_intercept_against_a_grid():
    rng = np.random.default_rng(3)
    g = np.repeat(np.arange(6), 5)
    y = rng.binomial(1, special.expit(0.4 + 1.1 * rng.normal(size=6)[g]))
    design = design_of("y ~ 1 + (1 | g)", {"y": y, "g": g}, "bernoulli")
    draws = sampled(design, {"Intercept": "normal(0.3, 1.2)", "sd": "half_student_t(4, 1.5)"})

    successes = np.bincount(g, weights=y)
    z, w = np.polynomial.hermite_e.hermegauss(60)
    beta, log_sd = np.linspace(-5, 6, 221), np.linspace(-9, 3.5, 251)
    eta = beta[:, None, None] + np.exp(log_sd)[:, None] * z
    p = special.expit(eta)[..., None]
    cluster = (p**successes * (1 - p) ** (5 - successes) * w[:, None]).sum(axis=2)
    log_density = np.log(cluster).sum(axis=-1)
    log_density += stats.norm.logpdf(beta, 0.3, 1.2)[:, None]
    log_density += stats.t.logpdf(np.exp(log_sd), 4, scale=1.5) + log_sd

    whole = (
        np.broadcast_to(beta[:, None], log_density.shape),
        np.broadcast_to(np.exp(log_sd), log_density.shape),
    )
    for name, values in zip(("Intercept", "sd(Intercept | g)"), whole, strict=True):
        assert_moments(draws[name], *weighted_moments(values.ravel(), log_density.ravel()))


def crossed_likelihood(
    totals: np.ndarray, beta: np.ndarray, sd_a: float, sd_b: float, rows: int
) -> np.ndarray:
    """Likelihood of Poisson totals of the cells of 3 levels of a and 2 of b, by intercept."""
    z, w = np.polynomial.hermite_e.hermegauss(18)
    w = w / w.sum()
    eta = beta[:, None, None] + sd_a * z[:, None] + sd_b * z  # by intercept, level of a, of b
    given_b = np.ones((len(beta), len(z), len(z)))
    for total in totals.T:  # each level of a on its own, given the effects of b
        cells = [np.exp(total[j] * eta - rows * np.exp(eta)) for j in (0, 1)]
        given_b *= np.einsum("m,bmj,bmk->bjk", w, *cells)
    return np.einsum("bjk,j,k->b", given_b, w, w)


def test_poisson_with_crossed_effects_against_a_grid():
    rng = np.random.default_rng(8)
    a, b = np.tile([0, 1, 2], 4), np.repeat([0, 1], 6)
    y = rng.poisson(np.exp(0.5 + 0.4 * rng.normal(size=3)[a] + 0.4 * rng.normal(size=2)[b]))
    design = design_of("y ~ 1 + (1 | a) + (1 | b)", {"y": y, "a": a, "b": b}, "poisson")
    priors = {"Intercept": "normal(0, 2)", "sd(a)": "exponential(2)", "sd(b)": "half_normal(0.7)"}
    draws = sampled(design, priors)

    totals = np.array([[y[(a == i) & (b == j)].sum() for i in range(3)] for j in range(2)])
    beta, log_sd = np.linspace(-6.0, 3.0, 61), np.linspace(-7.0, 1.6, 44)
    sd = np.exp(log_sd)
    likelihood = [[crossed_likelihood(totals, beta, k, m, 2) for m in sd] for k in sd]
    log_density = np.log(np.moveaxis(np.array(likelihood), 2, 0))
    log_density += stats.norm.logpdf(beta, 0, 2)[:, None, None]
    log_density += (stats.expon.logpdf(sd, scale=0.5) + log_sd)[:, None]
    log_density += stats.halfnorm.logpdf(sd, scale=0.7) + log_sd

    names = ("Intercept", "sd(Intercept | a)", "sd(Intercept | b)")
    for name, values in zip(names, np.meshgrid(beta, sd, sd, indexing="ij"), strict=True):
        assert_moments(draws[name], *weighted_moments(values.ravel(), log_density.ravel()))


def test_linear_model_with_correlated_slopes_against_its_closed_form():
    """Given covariances and residual SD, the response is normal, coefficients summed out too."""
    rng = np.random.default_rng(5)
    g, x = np.repeat(np.arange(5), 5), np.tile(np.linspace(-1, 1, 5), 5)
    b = rng.normal(size=(5, 2)) @ np.array([[1.0, 0.4], [0.0, 0.7]])
    y = 1.0 + b[g, 0] + (0.5 + b[g, 1]) * x + 0.6 * rng.normal(size=25)
    design = design_of("y ~ x + (1 + x | g)", {"y": y, "x": x, "g": g})
    priors = {
        "Intercept": "normal(0, 2)",
        "x": "normal(0, 1)",
        "sd(Intercept | g)": "half_normal(1)",
        "sd(x | g)": "half_student_t(4, 1)",
        "cor": "lkj(2)",
        "dispersion": "exponential(1)",
    }
    draws = sampled(design, priors)

    grid = np.array(list(product(*GRIDS.values())))
    log_density = np.concatenate([closed_form(part, y, x, g) for part in np.array_split(grid, 40)])
    for k, name in enumerate(GRIDS):
        transform = np.tanh if name.startswith("cor") else np.exp
        assert_moments(draws[name], *weighted_moments(transform(grid[:, k]), log_density))


GRIDS = {
    "sd(Intercept | g)": np.linspace(-3.6, 1.5, 22),
    "sd(x | g)": np.linspace(-5.0, 2.6, 24),
    "cor(Intercept, x | g)": np.linspace(-3.2, 3.2, 19),
    "sd(Residual)": np.linspace(-1.5, 0.7, 17),
}


def closed_form(at: np.ndarray, y: np.ndarray, x: np.ndarray, g: np.ndarray) -> np.ndarray:
    """Log posterior density of log SDs, atanh of the correlation and the log residual SD."""
    sd1, sd2, residual = np.exp(at[:, [0, 1, 3]]).T
    r = np.tanh(at[:, 2])
    same = (g[:, None] == g)[None]
    z = x[:, None] * x
    sums = x[:, None] + x
    v = same * (
        sd1[:, None, None] ** 2
        + (r * sd1 * sd2)[:, None, None] * sums
        + sd2[:, None, None] ** 2 * z
    )
    v += residual[:, None, None] ** 2 * np.eye(len(y))
    v += 4.0 + z  # the coefficients' own variances; the covariate has mean zero
    factor = np.linalg.cholesky(v)
    scaled = np.linalg.solve(factor, np.broadcast_to(y[:, None], (len(at), len(y), 1)))[..., 0]
    log_det = np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
    value = -0.5 * (scaled**2).sum(axis=1) - log_det
    value += stats.halfnorm.logpdf(sd1) + stats.t.logpdf(sd2, 4) + stats.expon.logpdf(residual)
    value += at[:, 0] + at[:, 1] + at[:, 3]
    return value + 2.0 * np.log1p(-(r**2))  # lkj(2) is proportional to 1 - r^2, and the Jacobian
