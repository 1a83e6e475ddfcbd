"""Linear predictors of a design at given parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ..errors import NotAvailableError
from ..estimate.covariance import covariance_matrices
from ..estimate.methods import METHODS
from ..model.families import FAMILIES, LINKS
from .parameters import beta_slices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..estimate.values import Estimate, Floats
    from ..model.design import Design, RandomTerm


def fixed_part(design: Design, estimate: Estimate, predictor: int = 0) -> Floats:
    """X beta + offset of one linear predictor, shape (n,)."""
    require_places(estimate)
    eta = design.x[predictor] @ estimate.beta[beta_slices(design)[predictor]]
    offset = design.offset[predictor]
    return eta if offset is None else eta + offset


def require_places(estimate: Estimate) -> None:
    """Raise NotAvailableError if the estimates do not say where rows lie."""
    row = METHODS.get(estimate.method)
    if row is not None and not row.places_rows:
        raise NotAvailableError(
            f"method={estimate.method!r} estimates neither an intercept nor random effects, so "
            "there are no fitted values, predictions, residuals or simulations; its coefficients "
            "are in fit.params and fit.odds_ratios(). Fit with method='auto' for predictions."
        )


def random_part(design: Design, effects: Sequence[Floats], predictor: int = 0) -> Floats:
    """Z b of one linear predictor, shape (n,); rows of an unseen level get zero."""
    total = np.zeros(design.n)
    for term, b in zip(design.terms, effects, strict=True):
        if term.predictor == predictor:
            total += term_contribution(design, term, b)
    return total


def term_contribution(design: Design, term: RandomTerm, b: Floats) -> Floats:
    """Z' b_g per row of one term, b of shape (levels, columns)."""
    codes = design.factors[term.factor].codes
    padded = np.vstack([b, np.zeros(b.shape[1])])
    rows = padded[codes]
    return rows[:, 0] if term.z is None else np.einsum("ij,ij->i", term.z, rows)


def random_variance(design: Design, estimate: Estimate, predictor: int = 0) -> Floats:
    """Variance z' Sigma z of the random part of each row, shape (n,)."""
    total = np.zeros(design.n)
    for term, sigma in zip(design.terms, covariance_matrices(design, estimate.theta), strict=True):
        if term.predictor == predictor:
            total += quadratic_form(term, sigma)
    return total


def quadratic_form(term: RandomTerm, matrix: Floats) -> Floats | float:
    """Z' A z per row of one term (a number for a lone intercept)."""
    if term.z is None:
        return float(matrix[0, 0])
    return np.einsum("ij,ij->i", term.z @ matrix, term.z)


def modes(estimate: Estimate) -> tuple[Floats, ...]:
    """The conditional modes of each term, shape (levels, columns)."""
    return tuple(effects.mode for effects in estimate.random)


def conditional_eta(design: Design, estimate: Estimate, predictor: int = 0) -> Floats:
    """X beta + offset + Z b at the conditional modes, shape (n,)."""
    return fixed_part(design, estimate, predictor) + random_part(design, modes(estimate), predictor)


def fitted_mean(design: Design, estimate: Estimate) -> Floats:
    """Mean of the response at the conditional modes (per trial for a binomial), shape (n,)."""
    return LINKS[design.link].inverse(conditional_eta(design, estimate))


def dispersion(design: Design, estimate: Estimate) -> Floats | None:
    """Dispersion of each row on its natural scale, its weight included; None without one."""
    family = FAMILIES[design.family]
    if not family.has_dispersion:
        return None
    value = LINKS[family.dispersion_link].inverse(fixed_part(design, estimate, 1))
    return value if design.weights is None else WEIGHTED[design.family](value, design.weights)


def scale(design: Design, estimate: Estimate) -> float:
    """Phi, the factor on the variance function; NaN where it differs between rows."""
    family = FAMILIES[design.family]
    if estimate.scale is not None:
        return estimate.scale
    if not family.has_dispersion:
        return 1.0
    if tuple(design.x_names[1]) != ("Intercept",) or design.offset[1] is not None:
        return float("nan")
    value = np.exp(estimate.beta[beta_slices(design)[1].start])
    return float(value**2 if family.constant_variance else value)


# The dispersion of a response whose log-density is multiplied by w: exact for the gaussian, whose
# dispersion is a standard deviation, and to first order for the gamma.
WEIGHTED: dict[str, Callable[[Floats, Floats], Floats]] = {
    "gaussian": lambda sd, w: sd / np.sqrt(w),
    "gamma": lambda phi, w: phi / w,
}
