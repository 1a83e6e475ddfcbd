"""Counts that cannot be zero: a count given that it is positive.

`mu` is the mean of the count before zeros are left out; the response has the mean
``mu / (1 - f(0))``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .base import Array, Family, Parameters
from .discrete import draw_by_inversion

__all__ = ["truncated"]


def truncated(inner: Family) -> Family:
    """The family of the positive counts of another, named ``truncated_name``."""
    counts = _Positive(inner)
    return replace(
        inner,
        name=f"truncated_{inner.name}",
        core=inner.core_name,
        modifiers=(*inner.modifiers, "zero_truncated"),
        links=inner.links[:1],
        values="whole numbers from 1 up",
        supported=counts.supported,
        expectation=counts.expectation,
        variance=counts.variance,
        simulate=counts.simulate,
        log_density=counts.log_density,
        cdf=counts.cdf,
        deviance=None,
        ratio_names={},
    )


@dataclass(frozen=True)
class _Positive:
    """The functions of a count given that it is positive."""

    inner: Family

    def positive(self, p: Parameters) -> Array:
        """Probability that the inner count is positive."""
        return -np.expm1(self.inner.log_density(np.zeros(np.shape(p.mu)), p))

    def supported(self, y: Array) -> NDArray[np.bool_]:
        return self.inner.supported(y) & (y > 0)

    def expectation(self, p: Parameters) -> Array:
        return p.mu / self.positive(p)

    def variance(self, p: Parameters) -> Array:
        second = (self.inner.variance(p) + np.square(p.mu)) / self.positive(p)
        return second - np.square(self.expectation(p))

    def simulate(self, rng: np.random.Generator, p: Parameters) -> Array:
        return draw_by_inversion(self.cdf, rng, p, 1.0)

    def log_density(self, y: Array, p: Parameters) -> Array:
        value = self.inner.log_density(y, p) - np.log(self.positive(p))
        return np.where(y > 0, value, -np.inf)

    def cdf(self, y: Array, p: Parameters) -> Array:
        positive = self.positive(p)
        return np.where(y < 1, 0.0, (self.inner.cdf(y, p) - (1 - positive)) / positive)
