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


def _fit(design: Design, request: Request) -> Estimate:
    estimate, _ = fit_marginal(
        design, None, request.start, request.control, method="laplace6", expanded=True
    )
    if np.isfinite(estimate.llf):
        return estimate
    return replace(estimate, converged=False, notes=(*estimate.notes, NO_VALUE))


def _loglik(design: Design, beta: Floats, theta: Floats, _: Nodes | None) -> tuple[float, Floats]:
    return loglik_marginal(design, beta, theta, expanded=True)


def _refuses(design: Design) -> str | None:
    if not problem_of(design).nested:
        crossed = f"{len(design.factors)} crossed ones"
        return f"needs nested grouping factors and this model has {crossed}"
    if not all(term.is_of_mean for term in design.terms):
        return "takes random effects of the mean only"
    return None


LAPLACE6 = Method("laplace6", _fit, _loglik, refuses=_refuses)
