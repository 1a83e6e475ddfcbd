"""Maximum likelihood with the random effects integrated out: Laplace and adaptive quadrature."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ArgumentError
from .method import Method, Request, checked_start, estimate_of
from .problem import problem_of
from .values import Estimate

if TYPE_CHECKING:
    from ..model.design import Design
    from .control import Control
    from .method import Start
    from .values import Floats

MOST_EFFECTS = 5
"""Random effects per level up to which quadrature is offered."""

DEFAULT_NODES = (15, 9, 7, 5, 5)
"""Nodes of ``method="agq"`` for 1 to 5 random effects per level."""

MOST_POINTS = 20_000
"""Points of a product rule beyond which a fit would take days."""


def effects_per_level(design: Design) -> int:
    """Random effects per level of the only grouping factor; 0 if there is none or several."""
    return problem_of(design).quadrature_dimension


def fit_marginal(
    design: Design,
    nodes: int,
    start: Start | None,
    control: Control,
    *,
    method: str,
    metric: Floats | None = None,
) -> tuple[Estimate, Floats]:
    """Fit by Laplace (one node) or adaptive quadrature; the estimate and its final metric."""
    began = perf_counter()
    try:
        numbers = problem_of(design).fit(
            nodes=nodes,
            start=None if start is None else checked_start(design, start),
            metric=metric,
            penalty=penalty_precisions(design, control.penalty),
            max_evaluations=control.max_evaluations,
            tolerance=control.tolerance,
            progress=control.progress,
        )
    except FloatingPointError:
        raise ArgumentError(
            "The likelihood cannot be evaluated at the starting values: some mean lies outside the "
            f"domain of the {design.link} link. Give feasible values with start=(beta, theta), or "
            "use another link."
        ) from None
    used = nodes if method == "agq" else None
    return estimate_of(numbers, method, used, perf_counter() - began), numbers["metric"]


def penalty_precisions(design: Design, penalty: float | None) -> Floats | None:
    """Precisions of the normal prior on the coefficients that ``Control.penalty`` stands for.

    Gelman et al. (2008): a covariate is scaled to standard deviation 1/2 before the prior with
    standard deviation `penalty` applies; constants, and all other predictors, are left free.
    """
    if penalty is None:
        return None
    free = sum(x.shape[1] for x in design.x[1:])
    sd = design.x[0].std(axis=0)
    return np.concatenate([(2 * sd / penalty) ** 2, np.zeros(free)])


def _fit_laplace(design: Design, request: Request) -> Estimate:
    return fit_marginal(design, 1, request.start, request.control, method="laplace")[0]


def _fit_agq(design: Design, request: Request) -> Estimate:
    nodes = quadrature_nodes(design, request.nodes)
    return fit_marginal(design, nodes, request.start, request.control, method="agq")[0]


def _refuses_quadrature(design: Design) -> str | None:
    p = effects_per_level(design)
    if p == 0:
        return f"needs exactly one grouping factor and this model has {len(design.factors)}"
    if p > MOST_EFFECTS:
        return f"takes up to {MOST_EFFECTS} random effects per level and this model has {p}"
    return None


def quadrature_nodes(design: Design, nodes: int | None) -> int:
    """The number of nodes to use, or an error that says how many are sensible."""
    p = effects_per_level(design)
    nodes = DEFAULT_NODES[p - 1] if nodes is None else nodes
    if nodes**p > MOST_POINTS:
        most = int(MOST_POINTS ** (1 / p))
        raise ArgumentError(
            f"nodes={nodes} makes {nodes**p:,} points for {p} random effects per level; at most "
            f"{most} nodes are sensible."
        )
    return nodes


def loglik_marginal(
    design: Design, beta: Floats, theta: Floats, nodes: int | None
) -> tuple[float, Floats]:
    """Log-likelihood and gradient; minus infinity outside the domain."""
    try:
        return problem_of(design).evaluate(*checked_start(design, (beta, theta)), nodes or 1)
    except FloatingPointError:
        return -np.inf, np.full(len(beta) + len(theta), np.nan)


def _loglik_agq(
    design: Design, beta: Floats, theta: Floats, nodes: int | None
) -> tuple[float, Floats]:
    return loglik_marginal(design, beta, theta, quadrature_nodes(design, nodes))


LAPLACE = Method("laplace", _fit_laplace, loglik_marginal)
AGQ = Method("agq", _fit_agq, _loglik_agq, takes_nodes=True, refuses=_refuses_quadrature)
