"""``method="auto"``: right by default.

A gaussian identity model gets REML. Any other model starts with Laplace; where the grouping factors
are nested (one factor included) the numbers of quadrature nodes grow, each level's own as far as it
matters, until the gradient at the next finer rule predicts no shift of an estimate by more than 1 %
of its standard error. What is left is reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .correction import with_error
from .linear import REML, is_linear, laplace_is_exact
from .marginal import fit_marginal
from .problem import problem_of
from .quadrature import (
    MOST_POINTS,
    joint_points,
    refuses_quadrature,
    unsettled,
)

if TYPE_CHECKING:
    from ..model.design import Design
    from .control import Control
    from .method import Request
    from .values import Estimate, Floats

LADDERS: tuple[tuple[int, ...], ...] = (
    (1, 7, 11, 15, 21, 31, 51, 81, 121),
    (1, 5, 7, 9, 11, 15, 21, 31),
    (1, 3, 5, 7, 9, 11),
    (1, 3, 5, 7),
    (1, 3, 5),
    (1, 3, 5, 7, 9),
)
"""Nodes per random effect, tried in turn, for 1 to 5 random effects per level, and for more."""


def fit_auto(design: Design, request: Request) -> Estimate:
    """The default method."""
    return replace(_fit(design, request), requested="auto")


def _fit(design: Design, request: Request) -> Estimate:
    control = request.control
    if is_linear(design) and control.penalty is None:
        return REML.fit(design, request)
    estimate, metric = fit_marginal(design, None, request.start, control, method="laplace")
    if laplace_is_exact(design):
        return replace(estimate, integration_error=0.0)
    if refuses_quadrature(design) is not None:
        return with_error(design, estimate)
    return _climb(design, estimate, metric, control)


class Ladder:
    """The numbers of nodes of each grouping factor, and the next finer ones."""

    def __init__(self, design: Design) -> None:
        self.design = design
        sizes = problem_of(design).effects_per_level
        self.rungs = [LADDERS[min(p, len(LADDERS)) - 1] for p in sizes]

    def finer(self, nodes: Sequence[int], factors: Sequence[int]) -> tuple[int, ...] | None:
        """One rung up for these factors; None where that is not affordable."""
        raised = list(nodes)
        for f in factors:
            above = [k for k in self.rungs[f] if k > nodes[f]]
            if not above:
                return None
            raised[f] = above[0]
        return tuple(raised) if joint_points(self.design, raised) <= MOST_POINTS else None

    def all_finer(self, nodes: Sequence[int]) -> tuple[int, ...] | None:
        """One rung up for every factor, or for those where it is affordable."""
        every = range(len(nodes))
        possible = [f for f in every if self.finer(nodes, [f]) is not None]
        return self.finer(nodes, possible) or self.finer(nodes, possible[:1]) if possible else None


def _climb(design: Design, estimate: Estimate, metric: Floats, control: Control) -> Estimate:
    """Refit with more nodes until the next numbers of nodes would not move the estimates."""
    ladder, error = Ladder(design), np.inf
    nodes: tuple[int, ...] = (1,) * len(design.factors)
    while estimate.converged:
        finer = ladder.all_finer(nodes)
        if finer is None:
            estimate = replace(estimate, notes=(*estimate.notes, _note(estimate, error)))
            break
        error = unsettled(design, estimate, finer, control.penalty)
        if error <= control.auto_tolerance:
            break
        nodes = _where_it_matters(ladder, estimate, nodes, finer, control)
        start = (estimate.beta, estimate.theta)
        warm = None if estimate.singular else metric
        estimate, metric = fit_marginal(design, nodes, start, control, method="agq", metric=warm)
    return replace(estimate, integration_error=float(error))


def _where_it_matters(
    ladder: Ladder,
    estimate: Estimate,
    nodes: tuple[int, ...],
    finer: tuple[int, ...],
    control: Control,
) -> tuple[int, ...]:
    """More nodes only for the factors whose own next rule would move the estimates."""
    if len(nodes) == 1 or estimate.nodes is None:
        return finer
    raised = list(nodes)
    for f, k in enumerate(finer):
        own = (*nodes[:f], k, *nodes[f + 1 :])
        if k == nodes[f] or _matters(ladder.design, estimate, own, control):
            raised[f] = k
    return finer if raised == list(nodes) else tuple(raised)


def _matters(design: Design, estimate: Estimate, nodes: tuple[int, ...], control: Control) -> bool:
    shift = unsettled(design, estimate, nodes, control.penalty)
    return shift > control.auto_tolerance / 2


def _note(estimate: Estimate, error: float) -> str:
    used = estimate.nodes
    text = str(used) if isinstance(used, int) else " x ".join(map(str, used or (1,)))
    return (
        f"With {text} nodes the last increase still moved an estimate by {error:.2g} "
        "standard errors; more nodes are not affordable in this dimension."
    )
