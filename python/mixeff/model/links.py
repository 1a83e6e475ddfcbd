"""The link functions, one row of the table `LINKS` each."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LINKS", "Link"]

Array = NDArray[np.float64]
Function = Callable[[Array], Array]


@dataclass(frozen=True)
class Link:
    """A link: the linear predictor eta as a function of the mean mu.

    Attributes
    ----------
    name : str
    link : callable
        mu to eta.
    inverse : callable
        eta to mu.
    inverse_derivative : callable
        eta to dmu/deta.
    exponentiated : bool
        Whether exp(beta) has a meaning of its own.
    ratio_name : str or None
        The name of exp(beta). A family may have a better one, see `Family.ratio_name`.
    latent_variance : float or None
        Variance of the latent response of a binary model with this link (logistic, normal,
        extreme value), where there is one.
    """

    name: str
    link: Function
    inverse: Function
    inverse_derivative: Function
    exponentiated: bool = False
    ratio_name: str | None = None
    latent_variance: float | None = None

    @property
    def multiplies(self) -> bool:
        """Whether effects multiply the mean: the logarithm."""
        return self.inverse is np.exp


def _expit(eta: Array) -> Array:
    from scipy.special import expit

    return expit(eta)


def _logit(mu: Array) -> Array:
    from scipy.special import logit

    return logit(mu)


def _expit_derivative(eta: Array) -> Array:
    tail = np.exp(-np.abs(eta))
    return tail / np.square(1.0 + tail)


def _ndtr(eta: Array) -> Array:
    from scipy.special import ndtr

    return ndtr(eta)


def _ndtri(mu: Array) -> Array:
    from scipy.special import ndtri

    return ndtri(mu)


def _normal_density(eta: Array) -> Array:
    return np.exp(-0.5 * np.square(eta)) / math.sqrt(2 * math.pi)


def _cloglog(mu: Array) -> Array:
    return np.log(-np.log1p(-np.asarray(mu)))


def _cloglog_inverse(eta: Array) -> Array:
    return -np.expm1(-np.exp(np.minimum(eta, 700.0)))


def _cloglog_derivative(eta: Array) -> Array:
    eta = np.minimum(eta, 700.0)
    return np.exp(eta - np.exp(eta))


def _loglog(mu: Array) -> Array:
    return -np.log(-np.log(mu))


def _loglog_inverse(eta: Array) -> Array:
    return np.exp(-np.exp(np.minimum(-np.asarray(eta), 700.0)))


def _loglog_derivative(eta: Array) -> Array:
    return _cloglog_derivative(-np.asarray(eta))


def _cauchit(mu: Array) -> Array:
    return np.tan(math.pi * (np.asarray(mu) - 0.5))


def _cauchit_inverse(eta: Array) -> Array:
    # atan2(1, -eta) keeps the digits of the lower tail, which 1/2 + atan(eta)/pi loses.
    return np.arctan2(1.0, -np.asarray(eta)) / math.pi


def _cauchit_derivative(eta: Array) -> Array:
    return 1.0 / (math.pi * (1.0 + np.square(eta)))


def _identity(value: Array) -> Array:
    return np.array(value, dtype=np.float64)


def _one(eta: Array) -> Array:
    return np.ones_like(eta, dtype=np.float64)


def _twice(eta: Array) -> Array:
    return 2.0 * np.asarray(eta)


def _reciprocal(value: Array) -> Array:
    return 1.0 / np.asarray(value, dtype=np.float64)


def _reciprocal_derivative(eta: Array) -> Array:
    return -1.0 / np.square(np.asarray(eta, dtype=np.float64))


_ROWS = (
    Link("identity", _identity, _identity, _one),
    Link("log", np.log, np.exp, np.exp, True, "Ratio"),
    Link("sqrt", np.sqrt, np.square, _twice),
    Link("inverse", _reciprocal, _reciprocal, _reciprocal_derivative),
    Link("logit", _logit, _expit, _expit_derivative, True, "Odds ratio", math.pi**2 / 3),
    Link("probit", _ndtri, _ndtr, _normal_density, latent_variance=1.0),
    Link(
        "cloglog",
        _cloglog,
        _cloglog_inverse,
        _cloglog_derivative,
        True,
        "Hazard ratio",
        math.pi**2 / 6,
    ),
    Link("loglog", _loglog, _loglog_inverse, _loglog_derivative, latent_variance=math.pi**2 / 6),
    Link("cauchit", _cauchit, _cauchit_inverse, _cauchit_derivative),
)

LINKS: dict[str, Link] = {row.name: row for row in _ROWS}
