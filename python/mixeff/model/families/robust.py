"""Numbers with heavier tails than the normal distribution's, or with skewness.

``student`` has a location, a scale (the dispersion) and degrees of freedom (Lange, Little and
Taylor 1989). ``skew_normal`` is Azzalini's distribution by its mean, its standard deviation (the
dispersion) and its shape alpha (1985); alpha = 0 is the normal distribution.
"""

from __future__ import annotations

import numpy as np

from .base import DISPERSION, Array, Family, Parameter, Parameters
from .gaussian import any_number

__all__ = ["SKEW_NORMAL", "STUDENT"]


# Student's t ----------------------------------------------------------------------------------


def _t_variance(p: Parameters) -> Array:
    scale, df = p.further
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.square(scale) * np.where(df > 2, df / (df - 2), np.inf) + 0 * p.mu


def _t_draw(rng: np.random.Generator, p: Parameters) -> Array:
    scale, df = p.further
    return p.mu + scale * rng.standard_t(df, size=np.shape(p.mu))


def _t_log_density(y: Array, p: Parameters) -> Array:
    from scipy.special import gammaln

    scale, df = p.further
    z = (y - p.mu) / scale
    constant = gammaln((df + 1) / 2) - gammaln(df / 2) - 0.5 * np.log(np.pi * df) - np.log(scale)
    return constant - (df + 1) / 2 * np.log1p(np.square(z) / df)


def _t_cdf(y: Array, p: Parameters) -> Array:
    from scipy.special import stdtr

    scale, df = p.further
    return stdtr(df, (y - p.mu) / scale)


# Skew normal ----------------------------------------------------------------------------------


def _azzalini(p: Parameters) -> tuple[Array, Array, Array]:
    """Location, scale and shape."""
    sd, shape = p.further
    m = np.sqrt(2 / np.pi) * shape / np.sqrt(1 + np.square(shape))
    scale = sd / np.sqrt(1 - np.square(m))
    return p.mu - scale * m, scale, shape


def _skew_variance(p: Parameters) -> Array:
    return np.square(p.dispersion) + np.zeros_like(p.mu)


def _skew_draw(rng: np.random.Generator, p: Parameters) -> Array:
    location, scale, shape = _azzalini(p)
    delta = shape / np.sqrt(1 + np.square(shape))
    size = np.shape(p.mu)
    half, rest = np.abs(rng.standard_normal(size)), rng.standard_normal(size)
    return location + scale * (delta * half + np.sqrt(1 - np.square(delta)) * rest)


def _skew_log_density(y: Array, p: Parameters) -> Array:
    from scipy.special import log_ndtr

    location, scale, shape = _azzalini(p)
    z = (y - location) / scale
    normal = -0.5 * np.square(z) - 0.5 * np.log(2 * np.pi)
    return np.log(2) - np.log(scale) + normal + log_ndtr(shape * z)


def _skew_cdf(y: Array, p: Parameters) -> Array:
    from scipy.special import ndtr, owens_t

    location, scale, shape = _azzalini(p)
    z = (y - location) / scale
    return ndtr(z) - 2 * owens_t(z, shape)


STUDENT = Family(
    name="student",
    links=("identity",),
    values="numbers",
    supported=any_number,
    variance=_t_variance,
    simulate=_t_draw,
    log_density=_t_log_density,
    cdf=_t_cdf,
    further=(DISPERSION, Parameter("df")),
    per_row_effects=False,
    error_variance=lambda link, p: _t_variance(p),
)

SKEW_NORMAL = Family(
    name="skew_normal",
    links=("identity",),
    values="numbers",
    supported=any_number,
    variance=_skew_variance,
    simulate=_skew_draw,
    log_density=_skew_log_density,
    cdf=_skew_cdf,
    further=(DISPERSION, Parameter("shape", "identity")),
    per_row_effects=False,
    error_variance=lambda link, p: _skew_variance(p),
)
