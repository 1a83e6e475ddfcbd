"""What discrete distributions share: sums of probabilities, and inversion of their sum."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .base import Array, Parameters

__all__ = ["cdf_of", "draw_by_inversion"]

LogDensity = Callable[[Array, Parameters], Array]
Cdf = Callable[[Array, Parameters], Array]


def cdf_of(log_density: LogDensity) -> Cdf:
    """The distribution function of a count, by summing its probabilities from zero."""

    def cdf(y: Array, p: Parameters) -> Array:
        shape = np.broadcast_shapes(np.shape(y), np.shape(p.mu))
        at, total = np.broadcast_to(np.floor(y), shape), np.zeros(shape)
        for k in range(int(at.max(initial=-1.0)) + 1):
            term = np.exp(log_density(np.full(shape, float(k)), p))
            total = total + np.where(at >= k, term, 0.0)
        return np.minimum(total, 1.0)

    return cdf


def draw_by_inversion(cdf: Cdf, rng: np.random.Generator, p: Parameters, least: float) -> Array:
    """The smallest count from `least` up whose distribution function reaches a uniform number."""
    u = rng.random(np.shape(p.mu))
    below, above = np.full(u.shape, least - 1.0), np.maximum(np.ceil(p.mu) + 1.0, least)
    while (short := cdf(above, p) < u).any():
        below, above = np.where(short, above, below), np.where(short, 2.0 * above, above)
    while (above - below > 1.0).any():
        middle = np.floor(0.5 * (above + below))
        high = cdf(middle, p) >= u
        below, above = np.where(high, below, middle), np.where(high, middle, above)
    return above
