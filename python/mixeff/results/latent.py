"""The scale of the linear predictor: variance of the error that turns it into a response."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..errors import NotAvailableError
from ..model.families import LINKS, Parameters
from .linear import fixed_part, parameters

if TYPE_CHECKING:
    from ..estimate.values import Estimate, Floats
    from ..model.design import Design


def has_error(design: Design, estimate: Estimate) -> bool:
    """Whether there is an error on the scale of the linear predictor, so a latent response."""
    return not design.overdispersed and _error(design, estimate) is not None


def error_variance(design: Design, estimate: Estimate) -> float:
    """Variance of that error, averaged over the rows.

    Raises
    ------
    NotAvailableError
        For a response without one.
    """
    value = None if design.overdispersed else _error(design, estimate)
    if value is not None:
        require_finite(design, value)
    if value is None:
        raise NotAvailableError(
            f"family {design.family!r} with the {design.link} link"
            f"{' and an estimated phi' if design.overdispersed else ''} has no latent response, a "
            "linear predictor plus an error of known variance, as binary, cumulative, sequential "
            "and duration models have under logit, probit, cloglog and loglog, and linear, "
            "lognormal and Weibull models. Take the scale of the response, fit.icc(scale="
            "'observed'), or an approximation, fit.r2(variant='delta')."
        )
    return value


def require_finite(design: Design, variance: Floats | float) -> None:
    """Raise where a variance is infinite, as that of Student's distribution may be."""
    if not np.isfinite(variance).all():
        raise NotAvailableError(
            f"family {design.family!r} has an infinite variance at these estimates, so that there "
            "is none to compare with or to share. Look at fit.simulated_residuals()."
        )


def _error(design: Design, estimate: Estimate) -> float | None:
    family = design.distribution
    if family.error_variance is None:
        return None
    p = _parameters(design, estimate)
    found = family.error_variance(LINKS[design.link], p)
    return None if found is None else float(np.mean(found))


def _parameters(design: Design, estimate: Estimate) -> Parameters:
    """What the error's variance may depend on; with categories that is the link alone."""
    if design.distribution.categories is not None:
        return Parameters(np.zeros(1), ())
    unweighted = replace(design, weights=None) if design.weights is not None else design
    return parameters(unweighted, estimate, fixed_part(design, estimate))
