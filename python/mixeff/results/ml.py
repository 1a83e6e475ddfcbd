"""The random effects of each cluster as parameters of their own: maximum likelihood, no shrinkage.

Given the fixed parameters, the log-likelihood of a cluster's rows is maximized over its effects by
Newton's method, for all clusters at once. Effects that no value maximizes, as those of a cluster
whose responses are all 0, are found by steps that stay large where the gradient is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import NotAvailableError
from ..estimate import pair, row_derivatives
from ..estimate.covariance import covariance_matrices
from .linear import fixed_part, modes
from .scope import require_rows

if TYPE_CHECKING:
    from ..estimate.values import Estimate, Floats
    from ..model.design import Design

ROUNDS = 80  # of Newton's method, which needs about six
HALVINGS = 20
GONE = 1e-20  # twice the log-likelihood that a step can still gain
MOVES = 1e-4  # of a step, in standard deviations of the effects: above, there is no maximum
SINGULAR = 1e-9  # of the smallest eigenvalue of the covariates' correlations within a cluster


@dataclass(frozen=True)
class MaximumLikelihood:
    """Effects of one factor, those of its terms side by side.

    Attributes
    ----------
    value : ndarray, shape (levels, effects)
        Minus or plus infinity where the likelihood rises for ever, NaN where several effects share
        that, or the rows of the level do not tell them apart.
    covariance : ndarray, shape (levels, effects, effects)
        Inverse information; NaN with the value.
    unbounded, unidentified : ndarray of bool, shape (levels,)
    """

    value: Floats
    covariance: Floats
    unbounded: np.ndarray
    unidentified: np.ndarray


@dataclass(frozen=True)
class _Clusters:
    """Rows by cluster, and the columns of the effects of each.

    Attributes
    ----------
    design : Design
    fixed : list of ndarray, shape (n,)
        The fixed part of each linear predictor.
    codes : ndarray, shape (n,)
    levels : int
    z : ndarray, shape (n, effects)
    places : list of int
        The linear predictor of each effect.
    """

    design: Design
    fixed: list[Floats]
    codes: np.ndarray
    levels: int
    z: Floats
    places: list[int]

    @classmethod
    def of(cls, design: Design, estimate: Estimate) -> _Clusters:
        factor = design.factors[design.terms[0].factor]
        z = [np.ones((design.n, 1)) if term.z is None else term.z for term in design.terms]
        places = [place for term in design.terms for place in term.places]
        fixed = [fixed_part(design, estimate, d) for d in range(len(design.fixed))]
        return cls(design, fixed, factor.codes, factor.n_levels, np.hstack(z), places)

    def sums(self, rows: Floats) -> Floats:
        """Sums of the columns of rows by cluster."""
        columns = rows.reshape(len(rows), -1).T
        found = np.empty((self.levels, len(columns)))
        for k, column in enumerate(columns):
            found[:, k] = np.bincount(self.codes, column, self.levels)
        return found.reshape(self.levels, *rows.shape[1:])

    def at(self, b: Floats) -> tuple[Floats, Floats, Floats]:
        """Log-likelihood, score and information of each cluster at its effects."""
        etas = [eta.copy() for eta in self.fixed]
        for k, place in enumerate(self.places):
            etas[place] += self.z[:, k] * b[self.codes, k]
        value, score, packed = row_derivatives(self.design, tuple(etas))
        every = np.array(self.places)
        weight = packed[pair(len(score), every[:, None], every)].transpose(2, 0, 1)
        information = self.z[:, :, None] * weight * self.z[:, None, :]
        return self.sums(value), self.sums(self.z * score[self.places].T), self.sums(information)

    def unidentified(self) -> np.ndarray:
        """Clusters whose rows do not tell the effects apart."""
        same = np.equal.outer(self.places, self.places)
        products = self.sums(self.z[:, :, None] * self.z[:, None, :]) * same
        size = np.sqrt(np.einsum("jkk->jk", products))
        with np.errstate(divide="ignore", invalid="ignore"):
            related = products / (size[:, :, None] * size[:, None, :])
        empty = ~np.isfinite(related).all(axis=(1, 2))
        related[empty] = 0.0
        return empty | (np.linalg.eigvalsh(related)[:, 0] < SINGULAR)


def has_one_factor(design: Design) -> bool:
    """Whether all random effects are of one grouping factor."""
    return len({term.factor for term in design.terms}) == 1


def has_likelihood(design: Design) -> bool:
    """Whether the rows of a level are all that tells of its effects."""
    return has_one_factor(design) and not design.distribution.has_cases


def maximum_likelihood(design: Design, estimate: Estimate) -> MaximumLikelihood:
    """The effects of the only grouping factor.

    Raises
    ------
    NotAvailableError
        For several grouping factors, whose effects only their distribution tells apart.
    """
    if design.distribution.has_cases:
        require_rows(design, "random_effects(kind='ml')")
    if not has_one_factor(design):
        names = ", ".join(factor.name for factor in design.factors)
        raise NotAvailableError(
            "kind='ml' takes the effects of one grouping factor as parameters of their own; those "
            f"of several ({names}) are told apart by their distributions only. Take "
            "kind='mean' or 'mode', or fit with one grouping factor."
        )
    clusters = _Clusters.of(design, estimate)
    start = np.hstack(modes(estimate))
    b, step, information = _maximize(clusters, start)
    sigmas = covariance_matrices(design, estimate.theta)
    scale = np.sqrt(np.concatenate([np.diag(sigma) for sigma in sigmas]))
    unidentified = clusters.unidentified()
    moving = np.abs(step) > MOVES * np.where(scale > 0, scale, 1.0)
    unbounded = moving.any(axis=1) & ~unidentified
    endless = np.copysign(np.inf, step) if b.shape[1] == 1 else np.full_like(b, np.nan)
    value = np.where(unbounded[:, None], endless, b)
    value[unidentified] = np.nan
    covariance = np.full(information.shape, np.nan)
    known = ~unbounded & ~unidentified
    phi = 1.0 if estimate.scale is None else estimate.scale
    covariance[known] = phi * np.linalg.inv(information[known])
    return MaximumLikelihood(value, covariance, unbounded, unidentified)


def _maximize(clusters: _Clusters, b: Floats) -> tuple[Floats, Floats, Floats]:
    """Effects, the last step of each cluster, and the information."""
    value, score, information = clusters.at(b)
    for _ in range(ROUNDS):
        step = _newton(score, information)
        going = np.einsum("jk,jk->j", score, step) > GONE
        if not going.any():
            break
        b, (value, score, information) = _uphill(clusters, b, step * going[:, None], value)
    return b, _newton(score, information), information


def _newton(score: Floats, information: Floats) -> Floats:
    """Steps uphill, by the absolute curvature in each direction."""
    curvature, axes = np.linalg.eigh(information)
    tiny = np.finfo(float).tiny
    along = np.einsum("jkm,jk->jm", axes, score) / np.maximum(np.abs(curvature), tiny)
    return np.einsum("jkm,jm->jk", axes, along)


def _uphill(
    clusters: _Clusters, b: Floats, step: Floats, value: Floats
) -> tuple[Floats, tuple[Floats, Floats, Floats]]:
    """The step of each cluster, halved until its log-likelihood does not fall."""
    share = np.ones((len(b), 1))
    for _ in range(HALVINGS):
        moved = b + share * step
        found = clusters.at(moved)
        fell = ~(found[0] >= value - 1e-12 * (1.0 + np.abs(value)))
        if not fell.any():
            return moved, found
        share[fell] *= 0.5
    return b, clusters.at(b)
