"""The mean of a link's inverse over a normally distributed linear predictor.

``E g^-1(eta + s z)`` for a standard normal z, with its derivatives in eta and s: in closed form for
the links that have one, else by the trapezoidal rule, whose error for an analytic integrand falls
exponentially in 1/step (Trefethen and Weideman 2014, SIAM Review 56:385). Unlike Gauss-Hermite of
a fixed order it holds its accuracy when s is large.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import NotAvailableError

if TYPE_CHECKING:
    from ..estimate.values import Floats
    from ..model.links import Link

REACH = 8.5  # the normal density beyond it holds less than 1e-16
LOG_ERROR = 36.0  # exp(-36) = 2e-16
BLOCK = 4096  # rows integrated at a time, to stay in the cache


@dataclass(frozen=True)
class Mean:
    """A mean and its derivatives in the linear predictor's location eta and spread s."""

    value: Floats
    d_eta: Floats
    d_s: Floats


def _identity(eta: Floats, s: Floats) -> Mean:
    return Mean(eta, np.ones_like(eta), np.zeros_like(eta))


def _log(eta: Floats, s: Floats) -> Mean:
    mean = np.exp(eta + 0.5 * s**2)
    return Mean(mean, mean, s * mean)


def _sqrt(eta: Floats, s: Floats) -> Mean:
    return Mean(eta**2 + s**2, 2.0 * eta, 2.0 * s)


def _probit(eta: Floats, s: Floats) -> Mean:
    from scipy.special import ndtr

    scale = np.sqrt(1.0 + s**2)
    density = np.exp(-0.5 * (eta / scale) ** 2) / math.sqrt(2.0 * math.pi)
    return Mean(ndtr(eta / scale), density / scale, -density * eta * s / scale**3)


CLOSED: dict[str, Callable[[Floats, Floats], Mean]] = {
    "identity": _identity,
    "log": _log,
    "sqrt": _sqrt,
    "probit": _probit,
}

# Half width of the strip around the real line in which the inverse link is analytic and bounded.
STRIP = {"logit": math.pi, "cloglog": 0.5 * math.pi, "loglog": 0.5 * math.pi, "cauchit": 1.0}

# Links whose inverse has a pole on the real line, so that the mean exists only away from it.
POLE_AT_ZERO = {"inverse"}


def normal_mean(link: Link, eta: Floats, s: Floats) -> Mean:
    """Mean of the inverse link over N(eta, s^2), per row.

    Parameters
    ----------
    link : Link
    eta, s : ndarray, shape (n,)
        Location, and standard deviation (>= 0), of the linear predictor.

    Returns
    -------
    Mean
        Error below 1e-12, and mostly at rounding.

    Raises
    ------
    NotAvailableError
        If the mean does not exist, because the linear predictor comes near a pole of the inverse
        link.
    """
    if link.name in CLOSED:
        return CLOSED[link.name](eta, s)
    if link.name in POLE_AT_ZERO and bool((np.abs(eta) <= REACH * s).any()):
        raise NotAvailableError(
            f'kind="marginal" does not exist under the {link.name} link here: normal random '
            "effects carry the linear predictor across zero, where the mean is infinite. "
            'Use kind="median", or fit with the log link.'
        )
    parts = [
        _trapezoid(link, eta[i : i + BLOCK], s[i : i + BLOCK]) for i in range(0, len(eta), BLOCK)
    ]
    if not parts:
        return Mean(eta, eta, eta)
    return Mean(
        *(np.concatenate([getattr(p, f) for p in parts]) for f in ("value", "d_eta", "d_s"))
    )


def _trapezoid(link: Link, eta: Floats, s: Floats) -> Mean:
    z, weight = nodes(STRIP.get(link.name, 1.0), float(s.max(initial=0.0)))
    at = eta[:, None] + s[:, None] * z
    values, slope = link.inverse(at), link.inverse_derivative(at)
    ends = np.sort(values[:, [0, -1]], axis=1)  # rounding must not carry a probability beyond one
    mean = np.clip(values @ weight, ends[:, 0], ends[:, 1])
    return Mean(mean, slope @ weight, slope @ (weight * z))


def nodes(strip: float, s: float) -> tuple[Floats, Floats]:
    """Points and weights of the trapezoidal rule against the standard normal density.

    The error is exp(a^2/2 - 2 pi a/h) for an integrand analytic within |Im z| < a = strip/s.
    """
    a = min(0.9 * strip / s if s > 0.0 else math.inf, math.sqrt(2.0 * LOG_ERROR))
    step = 2.0 * math.pi * a / (LOG_ERROR + 0.5 * a**2)
    half = math.ceil(REACH / step)
    z = step * np.arange(-half, half + 1, dtype=np.float64)
    weight = np.exp(-0.5 * np.square(z))
    return z, weight / weight.sum()
