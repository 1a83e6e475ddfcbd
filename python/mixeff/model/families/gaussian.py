"""The normal distribution: ``N(mu, sigma^2)``, the dispersion is sigma."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .base import DISPERSION, Array, Family, Parameters

__all__ = ["GAUSSIAN"]


def any_number(y: Array) -> NDArray[np.bool_]:
    """Whether each value is a finite number."""
    return np.isfinite(y)


def _variance(p: Parameters) -> Array:
    return np.square(p.dispersion) + np.zeros_like(p.mu)


def _draw(rng: np.random.Generator, p: Parameters) -> Array:
    return rng.normal(p.mu, p.dispersion)


def _deviance(y: Array, p: Parameters) -> Array:
    return np.square(y - p.mu)


def _log_density(y: Array, p: Parameters) -> Array:
    sd = p.dispersion
    return -0.5 * np.square((y - p.mu) / sd) - np.log(sd) - 0.5 * np.log(2 * np.pi)


def _cdf(y: Array, p: Parameters) -> Array:
    from scipy.special import ndtr

    return ndtr((y - p.mu) / p.dispersion)


def _weighted(further: tuple[Array, ...], weights: Array) -> tuple[Array, ...]:
    return (further[0] / np.sqrt(weights),)


GAUSSIAN = Family(
    name="gaussian",
    links=("identity", "log"),
    values="numbers",
    supported=any_number,
    variance=_variance,
    simulate=_draw,
    log_density=_log_density,
    cdf=_cdf,
    deviance=_deviance,
    further=(DISPERSION,),
    constant_variance=True,
    per_row_effects=False,
    censored="censored_gaussian",
    ratio_names={"log": "Mean ratio"},
    weighted=_weighted,
)
