"""The same model and estimates with the random effects of a term in another order.

Correlations with the first effect of a term are coordinates that can be held. Those of another
effect are, once it comes first; neither the likelihood nor its maximum changes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .covariance import cholesky_factors, covariance_jacobians, entries, theta_slices

if TYPE_CHECKING:
    from ..model.design import Design, RandomTerm
    from .values import Estimate, Floats


def with_first(
    design: Design, estimate: Estimate, term: int, effect: int
) -> tuple[Design, Estimate]:
    """The design and the estimates where an effect of a term comes first.

    Parameters
    ----------
    design : Design
    estimate : Estimate
    term, effect : int
        Positions of the term, which has a full covariance matrix, and of the effect in it.

    Returns
    -------
    Design, Estimate
        Of the estimates, the parameters and their covariance matrix.
    """
    old = design.terms[term]
    order = [effect, *(k for k in range(old.size) if k != effect)]
    terms = (*design.terms[:term], _ordered(old, order), *design.terms[term + 1 :])
    moved = replace(design, terms=terms)
    theta, own = estimate.theta.copy(), theta_slices(design)[term]
    factor = _triangular(cholesky_factors(design, theta)[term][order])
    theta[own] = factor[entries(old)]
    step = _jacobian(design, estimate.theta, moved, theta, term, order)
    start = len(estimate.beta)
    block = slice(start + own.start, start + own.stop)
    return moved, replace(estimate, theta=theta, cov=_changed(estimate.cov, block, step))


def _ordered(term: RandomTerm, order: list[int]) -> RandomTerm:
    z = None if term.z is None else np.asfortranarray(term.z[:, order])
    predictors = None if term.predictors is None else tuple(term.predictors[k] for k in order)
    names = tuple(term.names[k] for k in order)
    return replace(term, names=names, z=z, predictors=predictors)


def _triangular(factor: Floats) -> Floats:
    """The Cholesky factor of ``factor factor'``, which may be singular."""
    upper = np.linalg.qr(factor.T)[1]
    return upper.T * np.where(np.diag(upper) < 0.0, -1.0, 1.0)


def _jacobian(
    design: Design, theta: Floats, moved: Design, after: Floats, term: int, order: list[int]
) -> Floats:
    """Derivatives of a term's theta after the change by that before, through the covariances."""
    rows, columns = entries(design.terms[term])
    before = covariance_jacobians(design, theta)[term][:, order][:, :, order]
    new = covariance_jacobians(moved, after)[term]
    both = (new[:, rows, columns].T, before[:, rows, columns].T)
    return np.asarray(np.linalg.lstsq(*both, rcond=None)[0], dtype=np.float64)


def _changed(cov: Floats, block: slice, step: Floats) -> Floats:
    """The covariance matrix of the parameters; a term with one on its boundary is unknown."""
    free = np.isfinite(np.diag(cov))
    turn = np.eye(len(cov))
    turn[block, block] = step
    found = turn @ np.nan_to_num(cov, nan=0.0) @ turn.T
    if not free[block].all():
        free[block] = False
    found[~free, :] = found[:, ~free] = np.nan
    return found
