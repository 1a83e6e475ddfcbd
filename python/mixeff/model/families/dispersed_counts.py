"""Counts that may vary less than Poisson ones: generalized and Conway-Maxwell-Poisson.

Both have the mean mu. The dispersion phi of the generalized Poisson distribution (Consul and Famoye
1992) is the ratio of variance and mean. That of the Conway-Maxwell-Poisson one, in the mean
parametrisation (Huang 2017), is the inverse of its exponent, ``P(y) ~ lambda^y / (y!)^(1 / phi)``,
and about that ratio.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from .base import DISPERSION, Array, Family, Parameters
from .counts import is_count
from .discrete import cdf_of, draw_by_inversion

__all__ = ["COMPOIS", "GENPOIS"]

NEWTON = 100
CLOSE = 1e-12
BATCH = 32
GRID = 500  # distinct means beyond which they are interpolated


# Generalized Poisson --------------------------------------------------------------------------


def _genpois_variance(p: Parameters) -> Array:
    return p.mu * p.dispersion


def _genpois_log_density(y: Array, p: Parameters) -> Array:
    from scipy.special import gammaln

    root = np.sqrt(p.dispersion)
    theta, rate = p.mu / root, 1 - 1 / root
    at = theta + rate * y
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.log(theta) + (y - 1) * np.log(at) - at - gammaln(y + 1)
    return np.where(at > 0, value, -np.inf)


_genpois_cdf = cdf_of(_genpois_log_density)


def _genpois_draw(rng: np.random.Generator, p: Parameters) -> Array:
    """By inversion up to what is left of a distribution that does not quite sum to one."""
    return draw_by_inversion(_genpois_complete, rng, p, 0.0)


def _genpois_complete(y: Array, p: Parameters) -> Array:
    """The distribution function, one from where an underdispersed response has no density."""
    root = np.sqrt(p.dispersion)
    ends = (root < 1) & (p.mu / root + (1 - 1 / root) * (y + 1) <= 0)
    return np.where(ends, 1.0, _genpois_cdf(y, p))


# Conway-Maxwell-Poisson -----------------------------------------------------------------------


def _moments(p: Parameters) -> tuple[Array, Array, Array]:
    """Log lambda, the log normaliser, and the variance of each row."""
    pairs = np.stack(np.broadcast_arrays(p.mu, 1 / p.dispersion), axis=-1)
    distinct, again = np.unique(pairs.reshape(-1, 2), axis=0, return_inverse=True)
    mu, nu = distinct.T
    many = len(mu) > GRID and nu.min() == nu.max()
    found = _between(mu, nu[:GRID]) if many else _solve(mu, nu)
    shape = pairs.shape[:-1]
    log_rate, log_sum, variance = (values[again.ravel()].reshape(shape) for values in found)
    return log_rate, log_sum, variance


def _between(mu: Array, nu: Array) -> tuple[Array, Array, Array]:
    """The same of many means and one exponent, by cubic splines in the logarithm of the mean."""
    from scipy.interpolate import CubicSpline

    log_mu = np.log(mu)
    grid = np.linspace(log_mu.min(), log_mu.max(), GRID)
    found = CubicSpline(grid, np.column_stack(_solve(np.exp(grid), nu)))(log_mu)
    return found[:, 0], found[:, 1], found[:, 2]


def _solve(mu: Array, nu: Array) -> tuple[Array, Array, Array]:
    """The same of distinct rows, those of like means together, as their sums are equally long."""
    found = np.empty((3, len(mu)))
    for rows in np.array_split(np.argsort(mu), len(mu) // BATCH + 1):
        found[:, rows] = _solve_batch(mu[rows], nu[rows])
    return found[0], found[1], found[2]


def _solve_batch(mu: Array, nu: Array) -> tuple[Array, Array, Array]:
    """The same by Newton's method for the mean."""
    log_rate = nu * np.log(mu)
    for _ in range(NEWTON):
        mean, variance, log_sum = _series(log_rate, nu, mu)
        step = np.clip((mu - mean) / variance, -1.0, 1.0)
        log_rate = log_rate + step
        if np.all(np.abs(step) < CLOSE * (1 + np.abs(log_rate))):
            break
    _, variance, log_sum = _series(log_rate, nu, mu)
    return log_rate, log_sum, variance


def _series(log_rate: Array, nu: Array, mu: Array) -> tuple[Array, Array, Array]:
    """Mean, variance and log normaliser, by summing far beyond the mean."""
    from scipy.special import gammaln

    reach = mu + 40 * np.sqrt((mu + 1) / nu) + 40 / nu
    k = np.arange(np.ceil(reach.max(initial=1.0)) + 1.0)
    log_terms = log_rate[..., None] * k - nu[..., None] * gammaln(k + 1)
    top = log_terms.max(axis=-1)
    weight = np.exp(log_terms - top[..., None])
    total = weight.sum(axis=-1)
    mean = (weight @ k) / total
    variance = (weight @ np.square(k)) / total - np.square(mean)
    return mean, variance, top + np.log(total)


def _compois_variance(p: Parameters) -> Array:
    return _moments(p)[2]


def _compois_log_density(y: Array, p: Parameters) -> Array:
    from scipy.special import gammaln

    log_rate, log_sum, _ = _moments(p)
    return y * log_rate - gammaln(y + 1) / p.dispersion - log_sum


def _compois_cdf(y: Array, p: Parameters) -> Array:
    return _cdf_at(_moments(p), y, p)


def _cdf_at(moments: tuple[Array, Array, Array], y: Array, p: Parameters) -> Array:
    from scipy.special import gammaln

    log_rate, log_sum, _ = moments
    shape = np.broadcast_shapes(np.shape(y), np.shape(p.mu))
    at, total = np.broadcast_to(np.floor(y), shape), np.zeros(shape)
    for k in range(int(at.max(initial=-1.0)) + 1):
        term = np.exp(k * log_rate - gammaln(k + 1) / p.dispersion - log_sum)
        total = total + np.where(at >= k, term, 0.0)
    return np.minimum(total, 1.0)


def _compois_draw(rng: np.random.Generator, p: Parameters) -> Array:
    return draw_by_inversion(partial(_cdf_at, _moments(p)), rng, p, 0.0)


GENPOIS = Family(
    name="genpois",
    links=("log",),
    values="whole numbers from 0 up",
    supported=is_count,
    variance=_genpois_variance,
    simulate=_genpois_draw,
    log_density=_genpois_log_density,
    cdf=_genpois_cdf,
    further=(DISPERSION,),
    mean_range=(0.0, np.inf),
    discrete=True,
    ratio_names={"log": "Rate ratio"},
)

COMPOIS = Family(
    name="compois",
    links=("log",),
    values="whole numbers from 0 up",
    supported=is_count,
    variance=_compois_variance,
    simulate=_compois_draw,
    log_density=_compois_log_density,
    cdf=_compois_cdf,
    further=(DISPERSION,),
    mean_range=(0.0, np.inf),
    discrete=True,
    ratio_names={"log": "Rate ratio"},
)
