"""Derivatives of the probabilities of categories by the linear predictors.

Each function takes what its namesake in ``categories`` takes, and gives an array of shape
(n, J, 1 + m): the derivative of each probability by the first linear predictor and by the m others.
"""

from __future__ import annotations

import numpy as np

from ..links import Link
from .base import Array

__all__ = ["adjacent", "backward", "cumulative", "duration", "multinomial", "sequential"]


def cumulative(link: Link, eta: Array, kappa: Array) -> Array:
    """``p_j = F_j - F_(j - 1)``, so that only two thresholds move a probability."""
    density = link.inverse_derivative(kappa - eta[:, None])
    n, m = density.shape
    slopes = np.zeros((n, m + 1, m + 1))
    for j in range(m):
        slopes[:, j, j + 1] = density[:, j]
        slopes[:, j + 1, j + 1] = -density[:, j]
        slopes[:, j, 0] -= density[:, j]
        slopes[:, j + 1, 0] += density[:, j]
    return slopes


def adjacent(link: Link, eta: Array, kappa: Array) -> Array:
    """The utility of category j is ``j eta`` less the thresholds below it."""
    m = kappa.shape[1]
    steps = np.arange(1.0, m + 1.0)
    by_predictors = np.column_stack([steps, -np.tri(m)])
    return _of_utilities(np.cumsum(eta[:, None] - kappa, axis=1)) @ by_predictors


def multinomial(link: Link, eta: Array, others: Array) -> Array:
    """The utilities are the linear predictors."""
    return _of_utilities(np.column_stack([eta, others]))


def sequential(link: Link, eta: Array, kappa: Array) -> Array:
    """Hazards ``F(kappa_j - eta)``."""
    at = kappa - eta[:, None]
    by_at = _of_hazards(link.inverse(at), link.inverse_derivative(at))
    return _with_location(by_at, -1.0)


def backward(link: Link, eta: Array, kappa: Array) -> Array:
    """Hazards ``F(eta - kappa_j)``, from the last category down."""
    at = (eta[:, None] - kappa)[:, ::-1]
    by_at = _of_hazards(link.inverse(at), link.inverse_derivative(at))[:, ::-1, ::-1]
    return _with_location(-by_at, -1.0)


def duration(link: Link, eta: Array, alpha: Array) -> Array:
    """Hazards ``F(alpha_t + eta)``."""
    at = alpha + eta[:, None]
    return _with_location(_of_hazards(link.inverse(at), link.inverse_derivative(at)), 1.0)


def _with_location(by_others: Array, sign: float) -> Array:
    """Derivatives by the others, and before them that by the location, which moves all of them."""
    return np.concatenate([sign * by_others.sum(axis=2, keepdims=True), by_others], axis=2)


def _of_utilities(utility: Array) -> Array:
    """``dp_j / du_k = p_j ([j = k] - p_k)``, the first utility being zero."""
    full = np.hstack([np.zeros((len(utility), 1)), utility])
    odds = np.exp(full - full.max(axis=1, keepdims=True))
    p = odds / odds.sum(axis=1, keepdims=True)
    slopes = -p[:, :, None] * p[:, None, 1:]
    for j in range(utility.shape[1]):
        slopes[:, j + 1, j] += p[:, j + 1]
    return slopes


def _of_hazards(hazard: Array, density: Array) -> Array:
    """Stopping at step j is ``h_j`` times all ``1 - h_i`` before."""
    n, m = hazard.shape
    hazard, density = (np.ascontiguousarray(values.T) for values in (hazard, density))
    slopes = np.zeros((m + 1, m, n))  # rows last: what is long lies together
    before = np.ones(n)
    for j in range(m):
        # Passing step j multiplies what comes before by 1 - h_j, its derivative included.
        slopes[j, :j] = slopes[m, :j] * hazard[j]
        slopes[m, :j] *= 1 - hazard[j]
        slopes[j, j] = before * density[j]
        slopes[m, j] = -slopes[j, j]
        before = before * (1 - hazard[j])
    return slopes.transpose(2, 0, 1)
