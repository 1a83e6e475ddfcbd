"""Gauss-Hermite quadrature over nested grouping factors: adaptive (agq) and ordinary (ghq)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from ..core import rule_points
from ..errors import ArgumentError
from .marginal import fit_marginal, loglik_marginal, penalty_precisions
from .method import Method, Request
from .nodes import Nodes, nodes_per_factor
from .problem import problem_of

if TYPE_CHECKING:
    from ..model.design import Design
    from .values import Estimate, Floats

MOST_PRODUCT = 5
"""Random effects per level up to which the points are a product; beyond, a sparse grid."""

MOST_EFFECTS = 12
"""Random effects per level up to which quadrature is offered."""

DEFAULT_NODES = (15, 9, 7, 5, 5)
"""Nodes for 1 to 5 random effects per level; with more, the last."""

USUAL_POINTS = 4_000
"""Joint points of the nested levels beyond which the default numbers of nodes are lowered."""

MOST_POINTS = 20_000
"""Joint points of the nested levels beyond which a fit would take days."""

SAME_LIKELIHOOD = 0.01
"""Change of the log-likelihood between two rules that does not matter."""


def refuses_quadrature(design: Design) -> str | None:
    """Why quadrature cannot take a model, as the end of a sentence; None if it can."""
    problem = problem_of(design)
    if not design.factors:
        return "needs a grouping factor and this model has none"
    if not problem.nested:
        names = ", ".join(factor.name for factor in design.factors)
        return (
            "needs grouping factors nested in one another and those of this model are crossed "
            f"({names})"
        )
    most = max(problem.effects_per_level)
    if most > MOST_EFFECTS:
        return f"takes up to {MOST_EFFECTS} random effects per level and this model has {most}"
    return None


def joint_points(design: Design, nodes: Sequence[int]) -> int:
    """Points at which the innermost level is evaluated."""
    return prod(map(rule_points, nodes, problem_of(design).effects_per_level))


def quadrature_nodes(design: Design, nodes: Nodes | None) -> tuple[int, ...]:
    """The numbers of nodes to use, or an error that says how many are sensible."""
    if nodes is None:
        return _default_nodes(design)
    wanted = nodes_per_factor(design, nodes)
    points = joint_points(design, wanted)
    if points > MOST_POINTS:
        fits = (k for k in range(max(wanted), 0, -1) if _fits(design, wanted, k, MOST_POINTS))
        text = " x ".join(map(str, dict.fromkeys(wanted)))
        raise ArgumentError(
            f"nodes={text} makes {points:,} points for {_effects(design)}; at most {next(fits)} "
            "nodes are sensible."
        )
    return wanted


def _default_nodes(design: Design) -> tuple[int, ...]:
    sizes = problem_of(design).effects_per_level
    wanted = tuple(DEFAULT_NODES[min(p, len(DEFAULT_NODES)) - 1] for p in sizes)
    most = next(k for k in range(max(wanted), 0, -1) if _fits(design, wanted, k, USUAL_POINTS))
    return tuple(min(k, most) for k in wanted)


def _fits(design: Design, nodes: Sequence[int], most: int, points: int) -> bool:
    """Whether the nodes, none above `most`, make no more than so many points."""
    return most == 1 or joint_points(design, [min(k, most) for k in nodes]) <= points


def _effects(design: Design) -> str:
    sizes = problem_of(design).effects_per_level
    if len(sizes) == 1:
        return f"{sizes[0]} random effects per level"
    parts = (f"{p} in {f.name}" for p, f in zip(sizes, design.factors, strict=True))
    return f"the random effects per level ({', '.join(parts)})"


def predicted_shift(
    design: Design,
    estimate: Estimate,
    nodes: Sequence[int],
    penalty: float | None = None,
    *,
    adaptive: bool = True,
) -> float:
    """Largest shift of an estimate, in standard errors, that the gradient with `nodes` promises.

    One Newton step: the covariance of the estimates times the gradient of the finer rule.
    """
    return _change(design, estimate, nodes, penalty, adaptive=adaptive)[1]


def unsettled(
    design: Design, estimate: Estimate, nodes: Sequence[int], penalty: float | None = None
) -> float:
    """The predicted shift, or infinity where it does not tell all.

    Estimates on the boundary cannot be judged so, and count as not settled until quadrature has
    been tried once; nor do estimates whose log-likelihood the finer rule changes by more than
    `SAME_LIKELIHOOD`, since tests and information criteria would see it.
    """
    if estimate.singular and estimate.nodes is None:
        return np.inf
    gain, shift = _change(design, estimate, nodes, penalty)
    return shift if abs(gain) <= SAME_LIKELIHOOD else np.inf


def _change(
    design: Design,
    estimate: Estimate,
    nodes: Sequence[int],
    penalty: float | None,
    *,
    adaptive: bool = True,
) -> tuple[float, float]:
    """What another rule makes of an estimate: change of the log-likelihood, largest shift."""
    value, gradient = loglik_marginal(
        design, estimate.beta, estimate.theta, nodes, adaptive=adaptive
    )
    if not np.isfinite(value):
        return np.inf, np.inf
    precisions = penalty_precisions(design, penalty)
    if precisions is not None:
        gradient[: precisions.size] -= precisions * estimate.beta
    free = np.isfinite(np.diag(estimate.cov))
    cov = estimate.cov[np.ix_(free, free)]
    shift = cov @ gradient[free]
    largest = np.max(np.abs(shift) / np.sqrt(np.diag(cov)), initial=0.0)
    return value - estimate.llf, float(largest)


def _fit(adaptive: bool, design: Design, request: Request) -> Estimate:
    nodes = quadrature_nodes(design, request.nodes)
    method = "agq" if adaptive else "ghq"
    estimate, _ = fit_marginal(
        design, nodes, request.start, request.control, method=method, adaptive=adaptive
    )
    if max(problem_of(design).effects_per_level) <= MOST_PRODUCT or not estimate.converged:
        return estimate
    finer = [k + 2 for k in nodes]
    penalty = request.control.penalty
    error = predicted_shift(design, estimate, finer, penalty, adaptive=adaptive)
    return replace(estimate, integration_error=error)


def _loglik(
    adaptive: bool, design: Design, beta: Floats, theta: Floats, nodes: Nodes | None
) -> tuple[float, Floats]:
    wanted = quadrature_nodes(design, nodes)
    return loglik_marginal(design, beta, theta, wanted, adaptive=adaptive)


AGQ, GHQ = (
    Method(
        name,
        partial(_fit, adaptive),
        partial(_loglik, adaptive),
        takes_nodes=True,
        refuses=refuses_quadrature,
    )
    for name, adaptive in (("agq", True), ("ghq", False))
)
