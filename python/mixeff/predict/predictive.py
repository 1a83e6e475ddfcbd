"""The linear predictors of a new response, as they are jointly distributed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..model.families import LINKS
from ..results.linear import random_covariance
from .kinds import KINDS, Kind, new_cluster
from .surfaces import Location
from .targets import Target

if TYPE_CHECKING:
    from ..estimate.values import Floats
    from ..model.design import Design
    from ..model.families import Parameters
    from .linearized import Linearized
    from .predictor import Predictor

NODES = 9  # of the quadrature for the random effects of each further linear predictor

# A marginal prediction is for a cluster not seen: its random effects are drawn anew.
DRAWN_ANEW: dict[Kind, Kind] = {KINDS["marginal"]: new_cluster}


@dataclass(frozen=True)
class Predictive:
    """A mixture of K parts, in each of which the first linear predictor is normal.

    Attributes
    ----------
    eta : ndarray, shape (n, K)
    variance : ndarray, shape (n,)
        Of the first linear predictor in each part.
    others : tuple of ndarray, shape (n, K)
        The further linear predictors.
    weights : ndarray, shape (K,)
    """

    eta: Floats
    variance: Floats
    others: tuple[Floats, ...]
    weights: Floats

    def parameters(self, design: Design) -> Parameters:
        """The parameters of the response in each part, prior weights included."""
        family = design.distribution
        found = family.parameters(LINKS[design.link], self.eta, self.others)
        if design.weights is not None:
            further = family.weighted(found.further, design.weights[:, None])
            found = replace(found, further=further)
        return replace(found, extra=None if design.extra is None else design.extra[:, None])


def predictive(predictor: Predictor, design: Design) -> Predictive:
    """The distribution of the linear predictors of a new response of each row.

    Parameters
    ----------
    predictor : Predictor
        Its kind says what is done with the random effects.
    design : Design

    Returns
    -------
    Predictive
        Of one part, unless random effects of further linear predictors are drawn anew.
    """
    kind = DRAWN_ANEW.get(predictor.kind, predictor.kind)
    eta, variance = _uncertain(_located(predictor, 0, kind), design)
    further = range(1, len(design.fixed))
    others = tuple(_located(predictor, d, predictor.kind).values(design) for d in further)
    one = Predictive(eta[:, None], variance, others, np.ones(1))
    active = [d for d in further if any(d in term.places for term in design.terms)]
    return _spread(one, predictor, design, active) if kind is new_cluster and active else one


def _located(predictor: Predictor, d: int, kind: Kind) -> Predictor:
    """The same of a linear predictor."""
    return replace(predictor, kind=kind, target=Target(lambda _: Location(d), LINKS["identity"]))


def _uncertain(located: Predictor, design: Design) -> tuple[Floats, Floats]:
    parts: list[Linearized] = [located.on_line(part) for part in located.blocks(design)]
    variances = [located.variance(part) for part in parts]
    return np.concatenate([part.value for part in parts]), np.concatenate(variances)


def _spread(one: Predictive, predictor: Predictor, design: Design, active: list[int]) -> Predictive:
    """Parts at the nodes of quadrature of the further predictors, the first one given them."""
    root = _lower(random_covariance(design, predictor.fit.estimate, [*active, 0]))
    nodes, weights = _nodes(len(active))
    moved = root[:, :, :-1] @ nodes.T  # (n, predictors, K)
    others = list(one.others)
    for k, d in enumerate(active):
        others[d - 1] = others[d - 1] + moved[:, k]
    explained = np.square(root[:, -1, :-1]).sum(axis=1)
    spread = tuple(np.broadcast_to(other, moved[:, 0].shape) for other in others)
    return Predictive(
        one.eta + moved[:, -1], np.maximum(one.variance - explained, 0.0), spread, weights
    )


def _nodes(dimensions: int) -> tuple[Floats, Floats]:
    """Points, shape (K, dimensions), and weights of the product of Gauss-Hermite rules."""
    points, weights = np.polynomial.hermite_e.hermegauss(NODES)
    grid = np.stack(np.meshgrid(*[points] * dimensions, indexing="ij"), axis=-1)
    every = np.stack(np.meshgrid(*[weights / weights.sum()] * dimensions, indexing="ij"), axis=-1)
    return grid.reshape(-1, dimensions), every.reshape(-1, dimensions).prod(axis=1)


def _lower(matrices: Floats) -> Floats:
    """Cholesky factors of matrices, shape (n, m, m), that may be singular."""
    root = np.zeros_like(matrices)
    for j in range(matrices.shape[1]):
        rest = matrices[:, j:, j] - np.einsum("nik,nk->ni", root[:, j:, :j], root[:, j, :j])
        own = np.sqrt(np.maximum(rest[:, 0], 0.0))
        scale = np.where(own > 1e-10 * np.sqrt(matrices[:, j, j]), own, np.inf)
        root[:, j:, j] = rest / scale[:, None]
    return root
