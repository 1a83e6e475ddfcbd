"""The gamma distribution, with mean mu and variance ``phi mu^2``; the dispersion is phi."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .base import DISPERSION, Array, Family, Parameters

__all__ = ["GAMMA", "is_positive"]


def is_positive(y: Array) -> NDArray[np.bool_]:
    """Whether each value is a number above 0."""
    return y > 0


def _variance(p: Parameters) -> Array:
    return p.dispersion * np.square(p.mu)


def _draw(rng: np.random.Generator, p: Parameters) -> Array:
    phi = p.dispersion
    return rng.gamma(1 / phi, phi * p.mu)


def _deviance(y: Array, p: Parameters) -> Array:
    return 2 * ((y - p.mu) / p.mu - np.log(y / p.mu))


def _log_density(y: Array, p: Parameters) -> Array:
    from scipy.special import gammaln

    shape = 1 / p.dispersion
    return shape * np.log(shape * y / p.mu) - shape * y / p.mu - np.log(y) - gammaln(shape)


def _cdf(y: Array, p: Parameters) -> Array:
    from scipy.special import gammainc

    return gammainc(1.0 / p.dispersion, y / (p.dispersion * p.mu))


def _weighted(further: tuple[Array, ...], weights: Array) -> tuple[Array, ...]:
    """To first order."""
    return (further[0] / weights,)


GAMMA = Family(
    name="gamma",
    links=("log", "inverse"),
    values="numbers above 0",
    supported=is_positive,
    variance=_variance,
    simulate=_draw,
    log_density=_log_density,
    cdf=_cdf,
    deviance=_deviance,
    further=(DISPERSION,),
    mean_range=(0.0, np.inf),
    positive=True,
    ratio_names={"log": "Mean ratio"},
    weighted=_weighted,
)
