"""Linear predictors of a design at given parameters."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..errors import NotAvailableError
from ..estimate.covariance import covariance_matrices
from ..estimate.methods import METHODS
from ..model.families import LINKS, Parameters
from .parameters import beta_slices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..estimate.values import Estimate, Floats
    from ..model.design import Design, RandomTerm


def fixed_part(design: Design, estimate: Estimate, predictor: int = 0) -> Floats:
    """X beta + offset of one linear predictor, shape (n,)."""
    require_places(estimate)
    eta = design.fixed[predictor].times(estimate.beta[beta_slices(design)[predictor]])
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
        if own := term.effects_of(predictor):
            total += term_contribution(design, term, b, own)
    return total


def term_contribution(design: Design, term: RandomTerm, b: Floats, effects: list[int]) -> Floats:
    """Z' b_g per row of some effects of one term, b of shape (levels, columns)."""
    codes = design.factors[term.factor].codes
    padded = np.vstack([b, np.zeros(b.shape[1])])
    if term.z is None:
        return padded[codes, 0]
    return np.einsum("ij,ij->i", term.z[:, effects], padded[:, effects][codes])


def random_variance(design: Design, estimate: Estimate, predictor: int = 0) -> Floats:
    """Variance z' Sigma z of the random part of each row, shape (n,)."""
    total = np.zeros(design.n)
    for term, sigma in zip(design.terms, covariance_matrices(design, estimate.theta), strict=True):
        if effects := term.effects_of(predictor):
            total += quadratic_form(term, sigma, effects)
    return total


def random_covariance(design: Design, estimate: Estimate, predictors: Sequence[int]) -> Floats:
    """Covariance matrices of the random parts of some linear predictors, shape (n, m, m)."""
    total = np.zeros((design.n, len(predictors), len(predictors)))
    for term, sigma in zip(design.terms, covariance_matrices(design, estimate.theta), strict=True):
        z = np.ones((design.n, 1)) if term.z is None else term.z
        own = np.zeros((design.n, len(predictors), term.size))
        for k, d in enumerate(predictors):
            effects = term.effects_of(d)
            own[:, k, effects] = z[:, effects]
        total += own @ sigma @ own.transpose(0, 2, 1)
    return total


def quadratic_form(term: RandomTerm, matrix: Floats, effects: list[int]) -> Floats | float:
    """Z' A z per row of some effects of one term (a number for a lone intercept)."""
    if term.z is None:
        return float(matrix[0, 0])
    z = term.z[:, effects]
    return np.einsum("ij,ij->i", z @ matrix[np.ix_(effects, effects)], z)


def modes(estimate: Estimate) -> tuple[Floats, ...]:
    """The conditional modes of each term, shape (levels, columns)."""
    return tuple(effects.mode for effects in estimate.random)


def conditional_eta(design: Design, estimate: Estimate, predictor: int = 0) -> Floats:
    """X beta + offset + Z b at the conditional modes, shape (n,)."""
    return fixed_part(design, estimate, predictor) + random_part(design, modes(estimate), predictor)


def fitted_mean(design: Design, estimate: Estimate) -> Floats:
    """Mean of the response at the conditional modes (per trial for a binomial), shape (n,)."""
    return mean_at(design, estimate, conditional_eta(design, estimate))


def mean_at(design: Design, estimate: Estimate, eta: Floats) -> Floats:
    """Mean of the response (per trial) where the first linear predictor is eta."""
    family = design.distribution
    if family.expectation is None:
        return LINKS[design.link].inverse(eta)
    return family.expectation(parameters(design, estimate, eta))


def parameters(
    design: Design,
    estimate: Estimate,
    eta: Floats,
    effects: tuple[Floats, ...] | None = None,
) -> Parameters:
    """Parameters of the response in each row, prior weights included.

    Parameters
    ----------
    eta : ndarray, shape (n,)
        The first linear predictor.
    effects : tuple of ndarray, optional
        Random effects in the other predictors; the conditional modes by default.
    """
    family, given = design.distribution, modes(estimate) if effects is None else effects
    others = [
        fixed_part(design, estimate, d) + random_part(design, given, d)
        for d in range(1, len(family.predictors))
    ]
    found = family.parameters(LINKS[design.link], eta, tuple(others))
    if design.weights is not None:
        found = replace(found, further=family.weighted(found.further, design.weights))
    return replace(found, extra=design.extra)


def scale(design: Design, estimate: Estimate) -> float:
    """Phi, the factor on the variance function; NaN where it differs between rows."""
    family = design.distribution
    if estimate.scale is not None:
        return estimate.scale
    if not family.further:
        return 1.0
    if tuple(design.x_names[1]) != ("Intercept",) or design.offset[1] is not None:
        return float("nan")
    value = family.further[0].value(estimate.beta[beta_slices(design)[1].start])
    return float(value**2 if family.constant_variance else value)
