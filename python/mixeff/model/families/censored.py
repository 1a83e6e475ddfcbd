"""Responses that are known to lie between two ends: normal, lognormal and Weibull.

The response `y` is the lower end, minus infinity if it is censored from the left, and `extra` the
upper one, infinity if censored from the right; equal ends are an exact observation. Mean, variance,
random draws and distribution function are those of the response itself, as if it were not censored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from .base import Array, Family, Parameters

__all__ = ["censored_family"]

Tails = tuple[Array, Array]


def censored_family(inner: Family) -> Family:
    """The family of a response of another that is censored, under the name `inner.censored`."""
    interval = _Interval(inner, *_KINDS[inner.name])
    return replace(
        inner,
        name=str(inner.censored),
        links=inner.links[:1],
        values=f"{inner.values}, or ends between which they lie",
        log_density=interval.log_density,
        deviance=None,
        takes_interval=True,
        censored=None,
        located=interval.expectation,
    )


@dataclass(frozen=True)
class _Interval:
    """The functions of a response between two ends.

    Attributes
    ----------
    inner : Family
        Of the response itself.
    log_tails : callable
        ``log_tails(y, p)``: logarithms of ``P(Y <= y)`` and ``P(Y > y)``.
    expectation_given : callable
        ``expectation_given(a, b, p, log_chance)`` of Y between a and b, which it is with
        ``exp(log_chance)``.
    """

    inner: Family
    log_tails: Callable[[Array, Parameters], Tails]
    expectation_given: Callable[[Array, Array, Parameters, Array], Array]

    def log_chance(self, lower: Array, upper: Array, p: Parameters) -> Array:
        """The logarithm of the probability between two ends."""
        return _log_between(self.log_tails(lower, p), self.log_tails(upper, p))

    def log_density(self, y: Array, p: Parameters) -> Array:
        if p.extra is None:
            return self.inner.log_density(y, p)
        with np.errstate(all="ignore"):  # one of the two is not taken
            exact = self.inner.log_density(y, p)
            return np.where(y == p.extra, exact, self.log_chance(y, p.extra, p))

    def expectation(self, y: Array, p: Parameters) -> Array:
        """Of the response between its ends (Gourieroux, Monfort, Renault and Trognon 1987)."""
        if p.extra is None:
            return y
        with np.errstate(all="ignore"):
            log_chance = self.log_chance(y, p.extra, p)
            inside = self.expectation_given(y, p.extra, p, log_chance)
        # An interval so far out that its probability is zero holds the response at its near end.
        near = np.where(self.inner.mean(p) < y, y, p.extra)
        return np.clip(np.where(np.isfinite(inside), inside, near), y, p.extra)


def _log_between(lower: Tails, upper: Tails) -> Array:
    """``log(F(b) - F(a))`` in the tail where it does not cancel."""
    (below_a, above_a), (below_b, above_b) = lower, upper
    on_right = above_a < below_b
    large, small = np.where(on_right, (above_a, above_b), (below_b, below_a))
    return large + np.log(-np.expm1(small - large))


# The normal distribution ----------------------------------------------------------------------


def _residual(y: Array, p: Parameters) -> Array:
    return (y - p.mu) / p.dispersion


def _normal_tails(y: Array, p: Parameters) -> Tails:
    from scipy.special import log_ndtr

    z = _residual(y, p)
    return log_ndtr(z), log_ndtr(-z)


def _normal_given(a: Array, b: Array, p: Parameters, log_chance: Array) -> Array:
    def density(y: Array) -> Array:
        return np.exp(-0.5 * np.square(_residual(y, p)) - 0.5 * np.log(2 * np.pi) - log_chance)

    return p.mu + p.dispersion * (density(a) - density(b))


# Lognormal ------------------------------------------------------------------------------------


def _log(y: Array) -> Array:
    """Minus infinity for what is not positive: an open lower end."""
    with np.errstate(divide="ignore"):
        return np.log(np.maximum(y, 0.0))


def _lognormal_tails(y: Array, p: Parameters) -> Tails:
    return _normal_tails(_log(y), p)


def _lognormal_given(a: Array, b: Array, p: Parameters, log_chance: Array) -> Array:
    """The density times y is that of a lognormal of another location, times the mean."""
    square = np.square(p.dispersion)
    moved = replace(p, mu=p.mu + square)
    part = _log_between(_lognormal_tails(a, moved), _lognormal_tails(b, moved))
    return np.exp(p.mu + 0.5 * square + part - log_chance)


# Weibull --------------------------------------------------------------------------------------


def _hazard(y: Array, p: Parameters) -> Array:
    """The cumulative hazard, which has the standard exponential distribution."""
    return (np.maximum(y, 0.0) / p.mu) ** (1 / p.dispersion)


def _weibull_tails(y: Array, p: Parameters) -> Tails:
    h = _hazard(y, p)
    with np.errstate(divide="ignore"):
        return np.log(-np.expm1(-h)), -h


def _weibull_given(a: Array, b: Array, p: Parameters, log_chance: Array) -> Array:
    from scipy.special import gammainc, gammaincc, gammaln

    def tails(y: Array) -> Tails:
        shape, h = 1 + p.dispersion, _hazard(y, p)
        return np.log(gammainc(shape, h)), np.log(gammaincc(shape, h))

    part = _log_between(tails(a), tails(b))
    return np.exp(np.log(p.mu) + gammaln(1 + p.dispersion) + part - log_chance)


_KINDS = {
    "gaussian": (_normal_tails, _normal_given),
    "lognormal": (_lognormal_tails, _lognormal_given),
    "weibull": (_weibull_tails, _weibull_given),
}
