"""How far off Laplace's approximation is, where quadrature cannot say it.

The next order of the expansion (Shun and McCullagh 1995), for any structure: its gradient times the
covariance of the estimates is the shift that the better approximation promises, to first order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from .covariance import entries
from .problem import problem_of

if TYPE_CHECKING:
    from ..model.design import Design
    from .values import Estimate, Floats

SLOW = 0.25
"""Share of the correction that later orders may change before the expansion counts as slow."""

NOTABLE = 0.01
"""Shift in standard errors, and change of the log-likelihood, that are worth a remark."""


@dataclass(frozen=True)
class Correction:
    """What Laplace's approximation lacks at its own estimates.

    Attributes
    ----------
    log_likelihood : float
        The next order of the expansion of the log-likelihood.
    uncertainty : float
        What later orders add, and the standard error of the draws that both are computed with.
    shift : ndarray
        Predicted change of (beta, theta) in standard errors; NaN for a theta on the boundary.
    """

    log_likelihood: float
    uncertainty: float
    shift: Floats

    @property
    def slow(self) -> bool:
        """Whether later orders are not small beside this one."""
        size = max(abs(self.log_likelihood), NOTABLE)
        return not self.uncertainty <= SLOW * size


def correction_of(design: Design, estimate: Estimate) -> Correction | None:
    """The correction at the estimates; None where it has no value.

    Parameters
    ----------
    design : Design
        The model as arrays.
    estimate : Estimate
        By Laplace's approximation.
    """
    try:
        found = problem_of(design).correction(estimate.beta, estimate.theta)
    except FloatingPointError:
        return None
    free = np.isfinite(np.diag(estimate.cov))
    cov, shift = estimate.cov[np.ix_(free, free)], np.full(free.size, np.nan)
    shift[free] = cov @ found["gradient"][free] / np.sqrt(np.diag(cov))
    uncertainty = float(np.hypot(found["rest"], found["error"]))
    return Correction(found["log_likelihood"], uncertainty, shift)


def with_error(design: Design, estimate: Estimate) -> Estimate:
    """Laplace's estimate with its integration error, and a remark where that is worth one."""
    correction = correction_of(design, estimate) if estimate.converged else None
    if correction is None or np.isnan(correction.shift).all():
        return replace(estimate, notes=(*estimate.notes, UNKNOWN))
    error = float(np.nanmax(np.abs(correction.shift)))
    estimate = replace(estimate, integration_error=error)
    if max(error, abs(correction.log_likelihood)) <= NOTABLE:
        return estimate
    return replace(estimate, notes=(*estimate.notes, _remark(design, correction)))


UNKNOWN = (
    "Laplace approximation only: quadrature cannot take this model, and the next order of the "
    "expansion has no value here, so the error is not measured. It can be large for binary "
    "responses with few rows per level."
)


def _remark(design: Design, correction: Correction) -> str:
    worst = int(np.nanargmax(np.abs(correction.shift)))
    shift, gain = correction.shift[worst], correction.log_likelihood
    words = (
        f"Laplace approximation: its error is about {abs(shift):.2g} standard errors in "
        f"{parameter_names(design)[worst]}, which is too {_low_or_high(shift)}, and less in the "
        f"others; the log-likelihood is {abs(gain):.2f} +- {correction.uncertainty:.2f} too "
        f"{_low_or_high(gain)}."
    )
    slow = " The expansion that says so converges slowly here: take it as an order of magnitude."
    return words + slow if correction.slow else words


def _low_or_high(missing: float) -> str:
    return "low" if missing > 0 else "high"


def parameter_names(design: Design) -> list[str]:
    """What the entries of (beta, theta) are called in a remark."""
    names = [name for names in design.x_names for name in names]
    for term in design.terms:
        group = design.factors[term.factor].name
        for row, column in zip(*entries(term), strict=True):
            of = term.names[row]
            what = "the SD" if row == column else f"the covariance with {term.names[column]}"
            names.append(f"{what} of {of} by {group}")
    return names
