"""The rows at the conditional modes: scores, weights, and H = M'WM + I with M = Z Lambda."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..estimate import pair, row_derivatives
from ..estimate.covariance import cholesky_factors
from .linear import conditional_eta

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..estimate.values import Estimate, Floats
    from ..model.design import Design


def levels_of_terms(design: Design) -> list[int]:
    """Number of levels of the factor of each term."""
    return [design.factors[term.factor].n_levels for term in design.terms]


def all_factors(design: Design, estimate: Estimate) -> Any:
    """Lambda of all levels of all terms, a sparse matrix of shape (q, q)."""
    from scipy.sparse import block_diag, eye, kron

    factors = cholesky_factors(design, estimate.theta)
    blocks = [kron(eye(n), f) for n, f in zip(levels_of_terms(design), factors, strict=True)]
    return block_diag(blocks).tocsc()


@dataclass(frozen=True)
class AtModes:
    """Scores and weights of the rows at the modes.

    Attributes
    ----------
    active : list of int
        The linear predictors that random effects enter.
    z : list of sparse matrix
        Z of each of them.
    scores : ndarray, shape (D, n)
    packed : ndarray, shape (D (D + 1) / 2, n)
        Weights of each pair of predictors, the upper triangle row by row.
    """

    active: list[int]
    z: list[Any]
    scores: Floats
    packed: Floats

    @classmethod
    def of(cls, design: Design, estimate: Estimate) -> AtModes:
        """Those of a fit."""
        every = range(len(design.fixed))
        etas = tuple(conditional_eta(design, estimate, d) for d in every)
        _, scores, packed = row_derivatives(design, etas)
        active = sorted({place for term in design.terms for place in term.places})
        return cls(active, [design.Z_of(d) for d in active], scores, packed)

    def weight(self, a: int, b: int) -> Floats:
        """W_ab of each row."""
        return self.packed[pair(len(self.scores), a, b)]

    def pull(self, values: Sequence[Any]) -> Any:
        """The sum of Z_a' v_a over the active predictors."""
        return sum(z.T @ v for z, v in zip(self.z, values, strict=True))

    def factorized(self, factor: Any) -> Any:
        """H, factorized, for Lambda of all levels."""
        from scipy.sparse import eye
        from scipy.sparse.linalg import splu

        m: list[Any] = [z @ factor for z in self.z]
        hessian = eye(factor.shape[0]) + sum(
            m[i].T @ m[j].multiply(self.weight(a, b)[:, None])
            for i, a in enumerate(self.active)
            for j, b in enumerate(self.active)
        )
        return splu(hessian.tocsc())
