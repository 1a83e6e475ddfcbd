"""Variances, standard deviations and correlations of the random effects, with standard errors."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from ..estimate.covariance import covariance_jacobians, covariance_matrices
from .credible import correlation_draws, covariance_draws, interval, sd_draws, spread
from .parameters import (
    beta_slices,
    critical_value,
    delta_se,
    term_label,
    theta_positions,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..estimate.values import Estimate, Floats
    from ..model.design import Design

RESIDUAL = "Residual"
_PERFECT = 1.0 - 1e-12


@dataclass(frozen=True)
class Component:
    """One variance (``other`` is None) or covariance of the random effects.

    ``gradient`` is the derivative of ``value`` in (beta, theta); ``corr`` and ``corr_gradient``
    belong to covariances only.
    """

    term: str
    group: str
    name: str
    other: str | None
    value: float
    gradient: Floats
    corr: float = np.nan
    corr_gradient: Floats | None = None

    @property
    def label(self) -> str:
        """``Intercept`` for a variance, ``cov(Intercept, x)`` for a covariance."""
        return self.name if self.other is None else f"cov({self.name}, {self.other})"


def components(design: Design, estimate: Estimate) -> list[Component]:
    """All variances and covariances: term by term, variances first, the residual last."""
    found = list(_term_components(design, estimate))
    residual = residual_component(design, estimate)
    return [*found, residual] if residual else found


def residual_component(design: Design, estimate: Estimate) -> Component | None:
    """The residual variance, for a family with one that is the same for every row."""
    if not has_residual_variance(design):
        return None
    position = beta_slices(design)[1].start
    value = float(np.exp(2.0 * estimate.beta[position]))
    gradient = np.zeros(len(estimate.cov))
    gradient[position] = 2.0 * value
    return Component(RESIDUAL, RESIDUAL, "", None, value, gradient)


def has_residual_variance(design: Design) -> bool:
    """True if the response has a variance that depends on neither the mean nor the row."""
    return (
        design.distribution.constant_variance
        and tuple(design.x_names[1]) == ("Intercept",)
        and design.offset[1] is None
    )


def variance_components(design: Design, estimate: Estimate) -> dict[str, np.ndarray]:
    """Columns of ``Fit.variance_components()``."""
    rows = components(design, estimate)
    value = np.array([row.value for row in rows])
    is_variance = np.array([row.other is None for row in rows], dtype=bool)
    return {
        "term": _text(row.term for row in rows),
        "group": _text(row.group for row in rows),
        "name": _text(row.label for row in rows),
        "estimate": value,
        "se": _component_errors(design, estimate, rows),
        "sd": np.where(is_variance, np.sqrt(np.where(is_variance, value, 0.0)), np.nan),
        "corr": np.array([row.corr for row in rows]),
    }


def _component_errors(design: Design, estimate: Estimate, rows: list[Component]) -> Floats:
    if estimate.draws is not None:
        return spread(covariance_draws(design, estimate.draws))
    return _standard_errors(estimate, [row.gradient for row in rows])


def standard_deviations(design: Design, estimate: Estimate, level: float) -> dict[str, np.ndarray]:
    """Columns of ``Fit.standard_deviations()``: intervals are symmetric on the log scale."""
    rows = [row for row in components(design, estimate) if row.other is None]
    sd = np.sqrt([row.value for row in rows])
    se, lower, upper = _sd_intervals(design, estimate, level, rows, sd)
    return {
        "term": _text(row.term for row in rows),
        "group": _text(row.group for row in rows),
        "name": _text(row.name for row in rows),
        "estimate": sd,
        "se": se,
        "lower": lower,
        "upper": upper,
    }


def _sd_intervals(
    design: Design, estimate: Estimate, level: float, rows: list[Component], sd: Floats
) -> tuple[Floats, Floats, Floats]:
    if estimate.draws is not None:
        draws = sd_draws(design, estimate.draws)
        return spread(draws), *interval(draws, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        se = _standard_errors(estimate, [row.gradient for row in rows]) / (2.0 * sd)
        factor = np.exp(critical_value(level) * se / sd)
    return se, sd / factor, sd * factor


def correlations(design: Design, estimate: Estimate, level: float) -> dict[str, np.ndarray]:
    """Columns of ``Fit.correlations()``: intervals are symmetric on Fisher's z scale."""
    rows = [row for row in components(design, estimate) if row.other is not None]
    corr = np.array([row.corr for row in rows])
    se, lower, upper = _correlation_intervals(design, estimate, level, rows, corr)
    return {
        "term": _text(row.term for row in rows),
        "group": _text(row.group for row in rows),
        "name": _text(row.name for row in rows),
        "other": _text(row.other for row in rows),
        "estimate": corr,
        "se": se,
        "lower": lower,
        "upper": upper,
    }


def _correlation_intervals(
    design: Design, estimate: Estimate, level: float, rows: list[Component], corr: Floats
) -> tuple[Floats, Floats, Floats]:
    if estimate.draws is not None:
        draws = correlation_draws(design, estimate.draws)
        return spread(draws), *interval(draws, level)
    gradients = [row.corr_gradient for row in rows if row.corr_gradient is not None]
    se = _standard_errors(estimate, gradients)
    with np.errstate(divide="ignore", invalid="ignore"):
        half = critical_value(level) * se / (1.0 - corr**2)
        lower, upper = np.tanh(np.arctanh(corr) - half), np.tanh(np.arctanh(corr) + half)
    return se, lower, upper


def _term_components(design: Design, estimate: Estimate) -> Iterator[Component]:
    n = len(estimate.cov)
    blocks = zip(
        design.terms,
        covariance_matrices(design, estimate.theta),
        covariance_jacobians(design, estimate.theta),
        theta_positions(design),
        strict=True,
    )
    for term, sigma, jacobian, part in blocks:
        gradient = np.zeros((*sigma.shape, n))
        gradient[..., part] = np.moveaxis(jacobian, 0, -1)
        place = (term_label(design, term), design.factors[term.factor].name)
        for i, name in enumerate(term.names):
            yield Component(*place, name, None, float(sigma[i, i]), gradient[i, i])
        if term.structure == "diagonal":
            continue
        for i, j in combinations(range(len(sigma)), 2):
            yield Component(
                *place,
                term.names[i],
                term.names[j],
                float(sigma[i, j]),
                gradient[i, j],
                *_correlation(sigma, gradient, i, j),
            )


def _correlation(sigma: Floats, gradient: Floats, i: int, j: int) -> tuple[float, Floats]:
    vi, vj, cov = sigma[i, i], sigma[j, j], sigma[i, j]
    if vi <= 0.0 or vj <= 0.0:
        return np.nan, np.zeros(gradient.shape[-1])
    corr = cov / np.sqrt(vi * vj)
    slope = gradient[i, j] / np.sqrt(vi * vj)
    slope = slope - 0.5 * corr * (gradient[i, i] / vi + gradient[j, j] / vj)
    # A perfect one stays perfect under every free parameter; rounding must not make it an error.
    return float(corr), slope if abs(corr) < _PERFECT else np.zeros_like(slope)


def _standard_errors(estimate: Estimate, gradients: list[Floats]) -> Floats:
    return delta_se(estimate, np.array(gradients)) if gradients else np.empty(0)


def _text(values: object) -> np.ndarray:
    return np.array(list(values), dtype=object)  # type: ignore[call-overload]
