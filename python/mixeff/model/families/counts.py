"""Counts: Poisson, with mean and variance mu."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .base import Array, Family, Parameters

__all__ = ["POISSON", "is_count"]


def is_count(y: Array) -> NDArray[np.bool_]:
    """Whether each value is a whole number from 0 up."""
    return (y >= 0) & (np.floor(y) == y)


def _variance(p: Parameters) -> Array:
    return p.mu


def _draw(rng: np.random.Generator, p: Parameters) -> Array:
    return rng.poisson(p.mu).astype(np.float64)


def _deviance(y: Array, p: Parameters) -> Array:
    from scipy.special import xlogy

    return 2 * (xlogy(y, y / p.mu) - (y - p.mu))


def _log_density(y: Array, p: Parameters) -> Array:
    from scipy.special import gammaln, xlogy

    return xlogy(y, p.mu) - p.mu - gammaln(y + 1)


def _cdf(y: Array, p: Parameters) -> Array:
    from scipy.special import pdtr

    return np.where(y < 0.0, 0.0, pdtr(np.maximum(y, 0.0), p.mu))


POISSON = Family(
    name="poisson",
    links=("log", "sqrt", "identity"),
    values="whole numbers from 0 up",
    supported=is_count,
    variance=_variance,
    simulate=_draw,
    log_density=_log_density,
    cdf=_cdf,
    deviance=_deviance,
    mean_range=(0.0, np.inf),
    discrete=True,
    ratio_names={"log": "Rate ratio"},
)
