"""How the conditional modes move with the parameters, and how uncertain they are.

With M = Z Lambda, b = Lambda u and the modes' equation u = M's(eta), a change of a parameter that
moves eta by d_eta at fixed u, and the scores by d_s at fixed eta, moves the modes by

    du = H^-1 ( dM's + M'(d_s - W d_eta) ),    H = M'WM + I,

and, given the parameters, u has covariance H^-1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..estimate.covariance import covariance_matrices, entries
from .curvature import AtModes, all_factors
from .parameters import beta_slices, theta_positions

if TYPE_CHECKING:
    from ..estimate.values import Estimate, Floats
    from ..model.design import Design, RandomTerm

BATCH = 256  # right-hand sides solved at a time


@dataclass(frozen=True, eq=False)
class ModeSystem:
    """The modes' linear system at the estimates.

    Attributes
    ----------
    design : Design
        Of the fit.
    estimate : Estimate
    factor : sparse matrix, shape (q, q)
        Lambda of all levels of all terms.
    hessian : scipy.sparse.linalg.SuperLU
        H, factorized.
    gradient : ndarray, shape (q, parameters)
        Derivative of b in (beta, theta).
    """

    design: Design
    estimate: Estimate
    factor: Any
    hessian: Any
    gradient: Floats

    def covariance(self, rows: Any) -> Floats:
        """R C R' of a few sparse rows R, with C the covariance of b given the parameters."""
        right = (self.factor.T @ rows.T).toarray()
        return right.T @ self.hessian.solve(right)

    def variance(self, rows: Any) -> Floats:
        """Diagonal of R C R' of any number of sparse rows."""
        if len(self.design.terms) == 1:
            return np.asarray((rows @ self._blocks).multiply(rows).sum(axis=1)).ravel()
        u_rows = (rows @ self.factor).tocsr()
        first, again = _distinct_rows(u_rows)
        distinct = u_rows[first]
        parts = []
        for i in range(0, len(first), BATCH):
            right = distinct[i : i + BATCH].toarray().T
            parts.append((right * self.hessian.solve(right)).sum(axis=0))
        return np.concatenate(parts)[again] if parts else np.zeros(0)

    @cached_property
    def _blocks(self) -> Any:
        """C of a model with one term, a block for each level."""
        from scipy.sparse import bsr_matrix

        blocks = self.estimate.random[0].mode_cov
        return bsr_matrix((blocks, np.arange(len(blocks)), np.arange(len(blocks) + 1))).tocsr()

    def unseen_variance(self, design: Design, slopes: dict[int, Floats]) -> Floats | None:
        """Variance due to levels that were not in the data of the fit, shape (n K,).

        Parameters
        ----------
        design : Design
            The rows.
        slopes : dict of int to ndarray, shape (n, K)
            Derivatives of the values by linear predictor.
        """
        total: Any = None
        sigmas = covariance_matrices(self.design, self.estimate.theta)
        for term, sigma in zip(design.terms, sigmas, strict=True):
            unseen = design.factors[term.factor].codes < 0
            if unseen.any():
                added = np.where(unseen[:, None], _spread(term, sigma, slopes), 0.0)
                total = added if total is None else total + added
        return None if total is None else total.ravel()


def _spread(term: RandomTerm, sigma: Floats, slopes: dict[int, Floats]) -> Floats:
    """Variance of the values of each row due to the effects of one term, shape (n, K)."""
    n, k = next(iter(slopes.values())).shape
    moved = np.zeros((n, k, term.size))
    for i, place in enumerate(term.places):
        if place in slopes:
            moved[:, :, i] = slopes[place] * (1.0 if term.z is None else term.z[:, i, None])
    return np.einsum("nki,ij,nkj->nk", moved, sigma, moved)


def mode_system(design: Design, estimate: Estimate) -> ModeSystem:
    """Set up and factorize the modes' system of a fit."""
    factor, rows = all_factors(design, estimate), AtModes.of(design, estimate)
    solved = rows.factorized(factor)
    direct, right = _right_sides(design, rows, factor)
    return ModeSystem(design, estimate, factor, solved, factor @ solved.solve(right) + direct)


def _right_sides(design: Design, rows: AtModes, factor: Any) -> tuple[Floats, Floats]:
    """Per parameter: db at fixed u, and the right-hand side of du, both (q, parameters)."""
    pull = rows.pull([rows.scores[a] for a in rows.active])
    u = factor.T @ pull
    n_beta = sum(len(names) for names in design.x_names)
    direct = np.zeros((len(u), n_beta + sum(len(entries(t)[0]) for t in design.terms)))
    right = np.zeros_like(direct)
    for d, part in enumerate(beta_slices(design)):
        weighted = [rows.weight(a, d)[:, None] * design.fixed[d].array for a in rows.active]
        right[:, part] = -(factor.T @ rows.pull(weighted))
    start = 0
    for term, part in zip(design.terms, theta_positions(design), strict=True):
        stop = start + design.factors[term.factor].n_levels * len(term.names)
        own = slice(start, stop)
        direct[own, part], right[own, part] = _theta_sides(term, u[own], pull[own])
        start = stop
    moved = [z @ direct for z in rows.z]
    weighted = [
        sum(rows.weight(a, b)[:, None] * moved[j] for j, b in enumerate(rows.active))
        for a in rows.active
    ]
    right -= factor.T @ rows.pull(weighted)
    return direct, right


def _theta_sides(term: RandomTerm, u: Floats, pull: Floats) -> tuple[Floats, Floats]:
    """DLambda u and dLambda' Z's of one term, per entry of its theta."""
    u, pull = u.reshape(-1, len(term.names)), pull.reshape(-1, len(term.names))
    rows, columns = entries(term)
    forward = np.zeros((*u.shape, len(rows)))
    backward = np.zeros_like(forward)
    for k, (i, j) in enumerate(zip(rows, columns, strict=True)):
        forward[:, i, k] = u[:, j]
        backward[:, j, k] = pull[:, i]
    return forward.reshape(u.size, -1), backward.reshape(u.size, -1)


def _distinct_rows(rows: Any) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the first of each different sparse row, and the way back to all rows."""
    seen: dict[tuple[bytes, bytes], int] = {}
    first, again = [], np.empty(rows.shape[0], dtype=np.int64)
    rows.sort_indices()
    ends = rows.indptr
    for i in range(rows.shape[0]):
        part = slice(ends[i], ends[i + 1])
        key = (rows.indices[part].tobytes(), rows.data[part].tobytes())
        again[i] = seen.setdefault(key, len(first))
        if again[i] == len(first):
            first.append(i)
    return np.array(first, dtype=np.int64), again
