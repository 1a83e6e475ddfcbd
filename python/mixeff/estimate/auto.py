"""``method="auto"``: right by default.

A gaussian identity model gets REML. Any other model starts with Laplace; with one grouping factor
the number of quadrature nodes grows until the gradient at the next finer rule predicts no shift of
an estimate by more than 1 % of its standard error. What is left is reported.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .linear import REML, is_linear
from .marginal import MOST_EFFECTS, effects_per_level, fit_marginal, penalty_precisions
from .problem import problem_of

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
)
"""Nodes per random effect, tried in turn, for 1 to 5 random effects per level."""

SAME_LIKELIHOOD = 0.01
"""Change of the log-likelihood between two rules that does not matter."""


def fit_auto(design: Design, request: Request) -> Estimate:
    """The default method."""
    return replace(_fit(design, request), requested="auto")


def _fit(design: Design, request: Request) -> Estimate:
    control = request.control
    if is_linear(design) and control.penalty is None:
        return REML.fit(design, request)
    estimate, metric = fit_marginal(design, 1, request.start, control, method="laplace")
    if not design.terms or (design.family == "gaussian" and design.link == "identity"):
        return replace(estimate, integration_error=0.0)
    p = effects_per_level(design)
    if not 1 <= p <= MOST_EFFECTS:
        return replace(estimate, notes=(*estimate.notes, _laplace_only(design, p)))
    return _climb(design, estimate, metric, LADDERS[p - 1], control)


def _laplace_only(design: Design, p: int) -> str:
    several = f"{len(design.factors)} grouping factors"
    why = f"{p} random effects per level" if p else several
    return (
        f"Laplace approximation only: quadrature is not available for {why}, so its error is not "
        "measured. It can be large for binary responses with few rows per level."
    )


def _climb(
    design: Design,
    estimate: Estimate,
    metric: Floats,
    ladder: tuple[int, ...],
    control: Control,
) -> Estimate:
    """Refit with more nodes until the next number of nodes would not move the estimates."""
    error = np.inf
    precisions = penalty_precisions(design, control.penalty)
    for finer in ladder[1:]:
        if not estimate.converged:
            break
        error = predicted_shift(design, estimate, finer, precisions)
        if error <= control.auto_tolerance:
            break
        start = (estimate.beta, estimate.theta)
        warm = None if estimate.singular else metric
        estimate, metric = fit_marginal(design, finer, start, control, method="agq", metric=warm)
    else:
        estimate = replace(estimate, notes=(*estimate.notes, _unsettled(estimate, error)))
    return replace(estimate, integration_error=float(error))


def _unsettled(estimate: Estimate, error: float) -> str:
    return (
        f"With {estimate.nodes} nodes the last increase still moved an estimate by {error:.2g} "
        "standard errors; more nodes are not affordable in this dimension."
    )


def predicted_shift(
    design: Design, estimate: Estimate, nodes: int, precisions: Floats | None = None
) -> float:
    """Largest shift of an estimate, in standard errors, that the gradient with `nodes` promises.

    One Newton step: the covariance of the estimates times the gradient of the finer rule.
    Estimates on the boundary cannot be judged so, and count as not settled until quadrature has
    been tried once; nor do estimates whose log-likelihood the finer rule changes by more than
    `SAME_LIKELIHOOD`, since tests and information criteria would see it.
    """
    if estimate.singular and estimate.nodes is None:
        return np.inf
    try:
        value, gradient = problem_of(design).evaluate(estimate.beta, estimate.theta, nodes)
    except FloatingPointError:
        return np.inf
    if precisions is not None:
        gradient[: precisions.size] -= precisions * estimate.beta
    if abs(value - estimate.llf) > SAME_LIKELIHOOD:
        return np.inf
    free = np.isfinite(np.diag(estimate.cov))
    cov = estimate.cov[np.ix_(free, free)]
    shift = cov @ gradient[free]
    return float(np.max(np.abs(shift) / np.sqrt(np.diag(cov)), initial=0.0))
