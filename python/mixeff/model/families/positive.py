"""Positive numbers: inverse Gaussian, lognormal, exponential, Weibull, and Tweedie with zeros.

=================  =============================================  ==========================
family             first parameter                                further ones
=================  =============================================  ==========================
inverse_gaussian   mean mu; the variance is ``phi mu^3``          dispersion phi
lognormal          mean of log y                                  dispersion: its SD sigma
exponential        mean mu
weibull            scale lambda (AFT, as in survreg)              dispersion sigma = 1 / shape
tweedie            mean mu; the variance is ``phi mu^p``          dispersion phi, power p
=================  =============================================  ==========================

Lognormal and Weibull responses may be censored (see `censored`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .base import DISPERSION, Array, Family, Parameter, Parameters
from .gamma import is_positive

__all__ = ["POSITIVE"]

HALF_LOG_TAU = 0.5 * np.log(2 * np.pi)
EXTREME_VALUE = np.pi**2 / 6  # variance of the log of a standard exponential number


# Inverse Gaussian -----------------------------------------------------------------------------


def _ig_variance(p: Parameters) -> Array:
    return p.dispersion * p.mu**3


def _ig_draw(rng: np.random.Generator, p: Parameters) -> Array:
    return rng.wald(p.mu, 1 / p.dispersion, size=np.shape(p.mu))


def _ig_deviance(y: Array, p: Parameters) -> Array:
    return np.square(y - p.mu) / (y * np.square(p.mu))


def _ig_log_density(y: Array, p: Parameters) -> Array:
    phi = p.dispersion
    return -0.5 * _ig_deviance(y, p) / phi - 0.5 * np.log(phi * y**3) - HALF_LOG_TAU


def _ig_cdf(y: Array, p: Parameters) -> Array:
    from scipy.special import log_ndtr, ndtr

    root = np.sqrt(1 / (p.dispersion * y))
    tail = 2 / (p.dispersion * p.mu) + log_ndtr(-root * (y / p.mu + 1))
    return ndtr(root * (y / p.mu - 1)) + np.exp(tail)


def _ig_weighted(further: tuple[Array, ...], weights: Array) -> tuple[Array, ...]:
    """To first order."""
    return (further[0] / weights,)


# Lognormal ------------------------------------------------------------------------------------


def _ln_mean(p: Parameters) -> Array:
    return np.exp(p.mu + 0.5 * np.square(p.dispersion))


def _ln_variance(p: Parameters) -> Array:
    return np.expm1(np.square(p.dispersion)) * np.square(_ln_mean(p))


def _ln_draw(rng: np.random.Generator, p: Parameters) -> Array:
    return np.exp(rng.normal(p.mu, p.dispersion, size=np.shape(p.mu)))


def _ln_log_density(y: Array, p: Parameters) -> Array:
    z = (np.log(y) - p.mu) / p.dispersion
    return -0.5 * np.square(z) - np.log(p.dispersion * y) - HALF_LOG_TAU


def _ln_cdf(y: Array, p: Parameters) -> Array:
    from scipy.special import ndtr

    return ndtr((np.log(y) - p.mu) / p.dispersion)


# Exponential and Weibull ----------------------------------------------------------------------


def _exponential_variance(p: Parameters) -> Array:
    return np.square(p.mu)


def _exponential_draw(rng: np.random.Generator, p: Parameters) -> Array:
    return rng.exponential(p.mu, size=np.shape(p.mu))


def _exponential_log_density(y: Array, p: Parameters) -> Array:
    return -np.log(p.mu) - y / p.mu


def _exponential_cdf(y: Array, p: Parameters) -> Array:
    return -np.expm1(-y / p.mu)


def _exponential_deviance(y: Array, p: Parameters) -> Array:
    return 2 * ((y - p.mu) / p.mu - np.log(y / p.mu))


def _weibull_mean(p: Parameters) -> Array:
    from scipy.special import gamma

    return p.mu * gamma(1 + p.dispersion)


def _weibull_variance(p: Parameters) -> Array:
    from scipy.special import gamma

    return np.square(p.mu) * gamma(1 + 2 * p.dispersion) - np.square(_weibull_mean(p))


def _weibull_draw(rng: np.random.Generator, p: Parameters) -> Array:
    return p.mu * rng.exponential(size=np.shape(p.mu)) ** p.dispersion


def _weibull_log_density(y: Array, p: Parameters) -> Array:
    z = np.log(y / p.mu) / p.dispersion
    return z - np.exp(z) - np.log(p.dispersion * y)


def _weibull_cdf(y: Array, p: Parameters) -> Array:
    return -np.expm1(-((y / p.mu) ** (1 / p.dispersion)))


# Tweedie --------------------------------------------------------------------------------------


def _not_negative(y: Array) -> NDArray[np.bool_]:
    return y >= 0


def _compound(p: Parameters) -> tuple[Array, Array, Array]:
    """Rate of the number of amounts, and shape and scale of one (Dunn and Smyth 2005)."""
    phi, power = p.further
    rate = p.mu ** (2 - power) / (phi * (2 - power))
    return rate, (2 - power) / (power - 1), phi * (power - 1) * p.mu ** (power - 1)


def _tweedie_variance(p: Parameters) -> Array:
    phi, power = p.further
    return phi * p.mu**power


def _tweedie_draw(rng: np.random.Generator, p: Parameters) -> Array:
    rate, shape, scale = _compound(p)
    number = rng.poisson(rate, size=np.shape(p.mu))
    amount = rng.gamma(np.maximum(number * shape, 1e-300), scale)
    return np.where(number > 0, amount, 0.0)


def _numbers(p: Parameters) -> NDArray[np.float64]:
    """Numbers of amounts up to where their Poisson probability is negligible."""
    most = np.max(_compound(p)[0], initial=1.0)
    return np.arange(1.0, np.ceil(most + 12 * np.sqrt(most) + 30))


def _tweedie_log_density(y: Array, p: Parameters) -> Array:
    from scipy.special import gammaln, logsumexp

    rate, shape, scale = (np.asarray(v)[..., None] for v in np.broadcast_arrays(*_compound(p)))
    j, at = _numbers(p), np.where(y > 0, y, 1.0)[..., None]
    terms = j * np.log(rate) - gammaln(j + 1) - gammaln(j * shape)
    terms = terms + j * shape * np.log(at / scale) - at / scale - np.log(at)
    return np.where(y > 0, logsumexp(terms, axis=-1), 0.0) - rate[..., 0]


def _tweedie_cdf(y: Array, p: Parameters) -> Array:
    from scipy.special import gammainc, gammaln

    total = np.exp(-_compound(p)[0]) + np.zeros(np.broadcast_shapes(np.shape(y), np.shape(p.mu)))
    rate, shape, scale = _compound(p)
    for j in _numbers(p):
        chance = np.exp(j * np.log(rate) - rate - gammaln(j + 1))
        total = total + chance * gammainc(j * shape, np.maximum(y, 0.0) / scale)
    return np.where(y < 0, 0.0, total)


def _family(name: str, **fields: object) -> Family:
    usual = {"links": ("log",), "values": "numbers above 0", "supported": is_positive}
    usual |= {"further": (DISPERSION,), "mean_range": (0.0, np.inf), "positive": True}
    usual |= {"ratio_names": {"log": "Mean ratio"}}
    return Family(name=name, **(usual | fields))  # type: ignore[arg-type]


POSITIVE = (
    _family(
        "inverse_gaussian",
        variance=_ig_variance,
        simulate=_ig_draw,
        log_density=_ig_log_density,
        cdf=_ig_cdf,
        deviance=_ig_deviance,
        weighted=_ig_weighted,
    ),
    _family(
        "lognormal",
        links=("identity",),
        first="location",
        mean_range=(-np.inf, np.inf),
        expectation=_ln_mean,
        censored="censored_lognormal",
        error_variance=lambda link, p: np.square(p.dispersion),
        variance=_ln_variance,
        simulate=_ln_draw,
        log_density=_ln_log_density,
        cdf=_ln_cdf,
    ),
    _family(
        "exponential",
        variance=_exponential_variance,
        simulate=_exponential_draw,
        log_density=_exponential_log_density,
        cdf=_exponential_cdf,
        deviance=_exponential_deviance,
        further=(),
        error_variance=lambda link, p: EXTREME_VALUE,
    ),
    _family(
        "weibull",
        first="scale",
        expectation=_weibull_mean,
        censored="censored_weibull",
        error_variance=lambda link, p: EXTREME_VALUE * np.square(p.dispersion),
        variance=_weibull_variance,
        simulate=_weibull_draw,
        log_density=_weibull_log_density,
        cdf=_weibull_cdf,
    ),
    _family(
        "tweedie",
        values="0 and numbers above",
        supported=_not_negative,
        further=(DISPERSION, Parameter("power", "logit", shift=1.0)),
        positive=False,
        atoms=(0.0,),
        variance=_tweedie_variance,
        simulate=_tweedie_draw,
        log_density=_tweedie_log_density,
        cdf=_tweedie_cdf,
    ),
)
