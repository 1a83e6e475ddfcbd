"""Proportions: beta, ordered beta, and beta with zeros and ones of their own.

The beta distribution has the mean mu and the precision ``phi = a + b`` (Ferrari and Cribari-Neto
2004). ``ordered_beta`` has two cutpoints on the scale of the linear predictor, below the first of
which a response is 0 and above the second 1 (Kubinec 2022). ``zero_one_inflated_beta`` has a
probability of 0 or 1, and one of 1 among these (Ospina and Ferrari 2010).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .base import Array, Family, Parameter, Parameters
from .beta_binomial import PRECISION

__all__ = ["PROPORTIONS"]


def _inside(y: Array) -> NDArray[np.bool_]:
    return (y > 0) & (y < 1)


def _unit(y: Array) -> NDArray[np.bool_]:
    return (y >= 0) & (y <= 1)


# Beta -----------------------------------------------------------------------------------------


def _shapes(p: Parameters) -> tuple[Array, Array]:
    phi = p.further[0]
    return p.mu * phi, (1 - p.mu) * phi


def _beta_variance(p: Parameters) -> Array:
    return p.mu * (1 - p.mu) / (1 + p.further[0])


def _beta_draw(rng: np.random.Generator, p: Parameters) -> Array:
    draw = rng.beta(*_shapes(p), size=np.shape(p.mu))
    return np.clip(draw, np.finfo(float).tiny, 1 - np.finfo(float).epsneg)


def _beta_log_density(y: Array, p: Parameters) -> Array:
    from scipy.special import betaln, xlog1py, xlogy

    a, b = _shapes(p)
    return xlogy(a - 1, y) + xlog1py(b - 1, -y) - betaln(a, b)


def _beta_cdf(y: Array, p: Parameters) -> Array:
    from scipy.special import betainc

    a, b = _shapes(p)
    return betainc(a, b, np.clip(y, 0.0, 1.0))


# With zeros and ones --------------------------------------------------------------------------


class _Ends:
    """The functions of a beta response with probabilities of 0 and of 1."""

    @staticmethod
    def probabilities(p: Parameters) -> tuple[Array, Array]:
        end, one = p.further[1:]
        return end * (1 - one), end * one

    @classmethod
    def mean(cls, p: Parameters) -> Array:
        zero, one = cls.probabilities(p)
        return one + (1 - zero - one) * p.mu

    @classmethod
    def variance(cls, p: Parameters) -> Array:
        zero, one = cls.probabilities(p)
        second = one + (1 - zero - one) * (_beta_variance(p) + np.square(p.mu))
        return second - np.square(cls.mean(p))

    @classmethod
    def draw(cls, rng: np.random.Generator, p: Parameters) -> Array:
        zero, one = cls.probabilities(p)
        u = rng.random(np.shape(p.mu))
        return np.where(u < zero, 0.0, np.where(u < zero + one, 1.0, _beta_draw(rng, p)))

    @classmethod
    def log_density(cls, y: Array, p: Parameters) -> Array:
        zero, one = cls.probabilities(p)
        inner = _beta_log_density(np.where(_inside(y), y, 0.5), p)
        with np.errstate(divide="ignore"):
            between = np.log1p(-zero - one) + inner
            return np.where(y == 0, np.log(zero), np.where(y == 1, np.log(one), between))

    @classmethod
    def cdf(cls, y: Array, p: Parameters) -> Array:
        zero, one = cls.probabilities(p)
        below = zero + (1 - zero - one) * _beta_cdf(y, p)
        return np.where(y < 0, 0.0, np.where(y >= 1, 1.0, below))


class _Ordered(_Ends):
    """The same, where two cutpoints give the probabilities."""

    @staticmethod
    def probabilities(p: Parameters) -> tuple[Array, Array]:
        from scipy.special import expit, logit

        first, distance = p.further[1:]
        eta = logit(p.mu)
        return expit(first - eta), expit(eta - first - distance)


def _family(name: str, ends: type[_Ends], *further: Parameter) -> Family:
    return Family(
        name=name,
        links=("logit",),
        values="numbers from 0 to 1",
        supported=_unit,
        expectation=ends.mean,
        variance=ends.variance,
        simulate=ends.draw,
        log_density=ends.log_density,
        cdf=ends.cdf,
        further=(PRECISION, *further),
        mean_range=(0.0, 1.0),
        atoms=(0.0, 1.0),
    )


PROPORTIONS = (
    Family(
        name="beta",
        links=("logit", "probit", "cloglog"),
        values="numbers between 0 and 1, neither of them included",
        supported=_inside,
        variance=_beta_variance,
        simulate=_beta_draw,
        log_density=_beta_log_density,
        cdf=_beta_cdf,
        further=(PRECISION,),
        mean_range=(0.0, 1.0),
    ),
    _family(
        "ordered_beta",
        _Ordered,
        Parameter("cutpoint", "identity"),
        Parameter("cutpoint distance"),
    ),
    _family(
        "zero_one_inflated_beta",
        _Ends,
        Parameter("zero_or_one", "logit", "zero_inflation"),
        Parameter("one", "logit"),
    ),
)
