"""Negative binomial counts: the variance is ``mu + phi mu^2`` (nb2) or ``mu (1 + phi)`` (nb1).

The dispersion is phi (Hilbe 2011); the size of scipy and R is ``1 / phi`` and ``mu / phi``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .base import DISPERSION, Array, Family, Parameters
from .counts import is_count

__all__ = ["NB1", "NB2"]

Size = Callable[[Parameters], Array]


def _quadratic(p: Parameters) -> Array:
    return 1 / p.dispersion + np.zeros_like(p.mu)


def _linear(p: Parameters) -> Array:
    return p.mu / p.dispersion


@dataclass(frozen=True)
class _Counts:
    """The functions of a negative binomial with a size."""

    size: Size

    def variance(self, p: Parameters) -> Array:
        return p.mu + np.square(p.mu) / self.size(p)

    def simulate(self, rng: np.random.Generator, p: Parameters) -> Array:
        size = self.size(p)
        return rng.poisson(rng.gamma(size, p.mu / size)).astype(np.float64)

    def log_density(self, y: Array, p: Parameters) -> Array:
        from scipy.special import betaln, xlog1py, xlogy

        size = self.size(p)
        choose = -betaln(size, y + 1) - np.log(size + y)
        return choose - xlog1py(size, p.mu / size) + xlogy(y, p.mu / (size + p.mu))

    def cdf(self, y: Array, p: Parameters) -> Array:
        from scipy.special import betainc

        size = self.size(p)
        at = np.maximum(np.floor(y), 0.0) + 1.0
        return np.where(y < 0.0, 0.0, betainc(size, at, size / (size + p.mu)))


def _deviance(y: Array, p: Parameters) -> Array:
    from scipy.special import xlogy

    phi = p.dispersion
    return 2 * (xlogy(y, y / p.mu) - (y + 1 / phi) * np.log((1 + phi * y) / (1 + phi * p.mu)))


def _row(name: str, size: Size, deviance: Callable[[Array, Parameters], Array] | None) -> Family:
    counts = _Counts(size)
    return Family(
        name=name,
        links=("log",),
        values="whole numbers from 0 up",
        supported=is_count,
        variance=counts.variance,
        simulate=counts.simulate,
        log_density=counts.log_density,
        cdf=counts.cdf,
        deviance=deviance,
        further=(DISPERSION,),
        mean_range=(0.0, np.inf),
        discrete=True,
        ratio_names={"log": "Rate ratio"},
    )


NB2 = _row("nb2", _quadratic, _deviance)
NB1 = _row("nb1", _linear, None)
