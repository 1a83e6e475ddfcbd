"""Bernoulli and binomial: successes among trials, each with probability mu."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .base import Array, Family, Parameters, error_of_link, ones_unless
from .counts import is_count

__all__ = ["BERNOULLI", "BINOMIAL"]

LINKS = ("logit", "probit", "cloglog", "loglog", "cauchit", "log")


def _zero_or_one(y: Array) -> NDArray[np.bool_]:
    return (y == 0) | (y == 1)


def _variance(p: Parameters) -> Array:
    return ones_unless(p.extra) * p.mu * (1 - p.mu)


def _draw(rng: np.random.Generator, p: Parameters) -> Array:
    count = np.asarray(ones_unless(p.extra)).astype(np.int64)
    return rng.binomial(count, p.mu, size=np.shape(p.mu)).astype(np.float64)


def _deviance(y: Array, p: Parameters) -> Array:
    from scipy.special import xlogy

    n = ones_unless(p.extra)
    with np.errstate(divide="ignore", invalid="ignore"):
        hit, miss = xlogy(y, y / (n * p.mu)), xlogy(n - y, (n - y) / (n * (1 - p.mu)))
    return 2 * (hit + miss)


def _log_density(y: Array, p: Parameters) -> Array:
    from scipy.special import gammaln, xlog1py, xlogy

    n = ones_unless(p.extra)
    choose = gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1)
    return choose + xlogy(y, p.mu) + xlog1py(n - y, -p.mu)


def _cdf(y: Array, p: Parameters) -> Array:
    from scipy.special import bdtr

    n = np.ones_like(y) if p.extra is None else p.extra
    return np.where(y < 0.0, 0.0, bdtr(np.clip(y, 0.0, n), n.astype(np.int64), p.mu))


BERNOULLI = Family(
    name="bernoulli",
    links=LINKS,
    values="0 and 1 (or False and True, or two words)",
    supported=_zero_or_one,
    variance=_variance,
    simulate=_draw,
    log_density=_log_density,
    cdf=_cdf,
    deviance=_deviance,
    mean_range=(0.0, 1.0),
    discrete=True,
    is_binary=True,
    per_row_effects=False,
    ratio_names={"log": "Risk ratio"},
    error_variance=error_of_link,
)

BINOMIAL = Family(
    name="binomial",
    links=LINKS,
    values="whole numbers of successes from 0 to the number of trials",
    supported=is_count,
    variance=_variance,
    simulate=_draw,
    log_density=_log_density,
    cdf=_cdf,
    deviance=_deviance,
    mean_range=(0.0, 1.0),
    discrete=True,
    takes_trials=True,
    is_binary=True,
    unit_trials="bernoulli",
    ratio_names={"log": "Risk ratio"},
    error_variance=error_of_link,
)
