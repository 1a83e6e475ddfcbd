"""Laplace's approximation with its terms of sixth order (Raudenbush, Yang and Yosef 2000)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .marginal import fit_marginal, loglik_marginal
from .method import Method, Request
from .problem import problem_of

if TYPE_CHECKING:
    from ..model.design import Design
    from .nodes import Nodes
    from .values import Estimate, Floats

NO_VALUE = (
    "The sixth-order expansion has no value near Laplace's estimates: at some level its terms add "
    "up to less than -1, so that the likelihood would be negative. The rows per level are too few "
    "for it; use method='agq'."
)

TOO_LARGE = (
    "The terms of sixth order change the likelihood of a level by {:.0%} on the average, too much "
    "for an expansion: the estimates may lie far off the maximum. The rows per level are too few "
    "for it; use method='agq'."
)

LARGE = 0.05
"""Mean of log(1 + x) over the levels from which on the expansion is not to be trusted."""


def _fit(design: Design, request: Request) -> Estimate:
    estimate, _ = fit_marginal(
        design, None, request.start, request.control, method="laplace6", expanded=True
    )
    if not np.isfinite(estimate.llf):
        return replace(estimate, converged=False, notes=(*estimate.notes, NO_VALUE))
    gain = _mean_gain(design, estimate)
    if gain < LARGE:
        return estimate
    return replace(estimate, notes=(*estimate.notes, TOO_LARGE.format(np.expm1(gain))))


def _mean_gain(design: Design, estimate: Estimate) -> float:
    """What the expansion adds to Laplace's log-likelihood for each level."""
    if not design.factors:
        return 0.0
    laplace, _ = loglik_marginal(design, estimate.beta, estimate.theta)
    return (estimate.llf - laplace) / max(factor.n_levels for factor in design.factors)


def _loglik(design: Design, beta: Floats, theta: Floats, _: Nodes | None) -> tuple[float, Floats]:
    return loglik_marginal(design, beta, theta, expanded=True)


def _refuses(design: Design) -> str | None:
    if not problem_of(design).nested:
        crossed = f"{len(design.factors)} crossed ones"
        return f"needs nested grouping factors and this model has {crossed}"
    if design.distribution.has_cases or not all(term.is_of_mean for term in design.terms):
        return "takes random effects of the mean only"
    return None


LAPLACE6 = Method("laplace6", _fit, _loglik, refuses=_refuses)
