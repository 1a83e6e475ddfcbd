"""From theta to the covariance matrices of the random effects, and how they move with theta."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..model.design import Design, RandomTerm
    from .values import Floats


def entries(term: RandomTerm) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the free entries of a term's Cholesky factor, in the order of theta."""
    p = len(term.names)
    if term.structure == "diagonal":
        return np.arange(p), np.arange(p)
    columns, rows = np.triu_indices(p)
    return rows, columns


def theta_slices(design: Design) -> tuple[slice, ...]:
    """The part of theta that belongs to each term."""
    ends = [0, *accumulate(len(entries(term)[0]) for term in design.terms)]
    return tuple(slice(start, stop) for start, stop in pairwise(ends))


def cholesky_factors(design: Design, theta: Floats) -> tuple[Floats, ...]:
    """Lambda of each term."""
    return tuple(
        _factor(term, theta[part])
        for term, part in zip(design.terms, theta_slices(design), strict=True)
    )


def covariance_matrices(design: Design, theta: Floats) -> tuple[Floats, ...]:
    """Sigma = Lambda Lambda' of each term."""
    return tuple(factor @ factor.T for factor in cholesky_factors(design, theta))


def covariance_jacobians(design: Design, theta: Floats) -> tuple[Floats, ...]:
    """Derivatives of each term's Sigma in its own entries of theta, shape (entries, p, p)."""
    return tuple(
        _jacobian(term, factor)
        for term, factor in zip(design.terms, cholesky_factors(design, theta), strict=True)
    )


def _factor(term: RandomTerm, theta: Floats) -> Floats:
    p = len(term.names)
    factor = np.zeros((p, p))
    factor[entries(term)] = theta
    return factor


def _jacobian(term: RandomTerm, factor: Floats) -> Floats:
    rows, columns = entries(term)
    jacobian = np.zeros((len(rows), *factor.shape))
    for k, (i, j) in enumerate(zip(rows, columns, strict=True)):
        jacobian[k, i] += factor[:, j]
        jacobian[k, :, i] += factor[:, j]
    return jacobian
