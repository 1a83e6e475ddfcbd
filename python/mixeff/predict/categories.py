"""Predicted probabilities of categories, and hazards and survival of durations.

Random effects in one linear predictor are integrated out by the trapezoidal rule, as means are;
those in several, as in a multinomial model, by a fixed set of quasi-random points.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ArgumentError
from ..estimate.covariance import covariance_matrices
from ..model.families import LINKS
from ..results.linear import conditional_eta, fixed_part, random_variance
from .normal_mean import nodes

if TYPE_CHECKING:
    from ..estimate.values import Estimate, Floats
    from ..model.design import Design
    from ..results.fit import FitResults

FINE = 0.5  # half width of a strip in which every probability is smooth
POINTS = 2048  # quasi-random ones


def category_columns(
    fit: FitResults, design: Design, kind: str, quantile: float | None, scale: str
) -> dict[str, Floats]:
    """Columns of the predicted probabilities, or of what they say on another scale.

    Parameters
    ----------
    fit : FitResults
    design : Design
        The rows to predict for.
    kind : str
        "cluster", "median" or "marginal".
    quantile : float or None
        Percentile at which the random effects are held.
    scale : str
        "response"; for a duration also "hazard" and "survival".

    Returns
    -------
    dict of str to ndarray, shape (n,)
        One for each category, or period.
    """
    chances = _chances(fit.estimate, design, kind, quantile)
    scales = DURATION if _is_timed(design) else {"response": _itself}
    if scale not in scales:
        raise ArgumentError(
            f"scale={scale!r} is not one of {', '.join(map(repr, scales))} for family "
            f"{design.family!r}."
        )
    values = scales[scale](chances)
    return {str(label): values[:, k] for k, label in enumerate(_labels(design, values))}


def _labels(design: Design, values: Floats) -> list[str]:
    labels = [str(label) for label in design.categories]
    return [*labels, "later"] if values.shape[1] > len(labels) else labels


def _is_timed(design: Design) -> bool:
    kind = design.distribution.categories
    return kind is not None and kind.timed


def _itself(chances: Floats) -> Floats:
    return chances


def _survival(chances: Floats) -> Floats:
    """Probability of no event up to and including each period."""
    return 1.0 - np.cumsum(chances, axis=1)[:, :-1]


def _hazard(chances: Floats) -> Floats:
    """Probability of the event in each period, given that there was none before."""
    at_risk = 1.0 - np.cumsum(chances, axis=1)[:, :-1] + chances[:, :-1]
    return chances[:, :-1] / at_risk


DURATION: dict[str, Callable[[Floats], Floats]] = {
    "response": _itself,
    "hazard": _hazard,
    "survival": _survival,
}


def _chances(estimate: Estimate, design: Design, kind: str, quantile: float | None) -> Floats:
    every = range(len(design.x))
    if quantile is not None:
        z = NormalDist().inv_cdf(quantile)
        return _at(design, [_held(design, estimate, d, z) for d in every])
    if kind == "cluster":
        return _at(design, [conditional_eta(design, estimate, d) for d in every])
    fixed = [fixed_part(design, estimate, d) for d in every]
    if kind == "median" or not design.terms:
        return _at(design, fixed)
    active = {place for term in design.terms for place in term.places}
    average = _over_one if len(active) == 1 else _over_several
    return average(design, estimate, fixed)


def _at(design: Design, etas: list[Floats]) -> Floats:
    return design.distribution.probabilities(LINKS[design.link], tuple(etas))


def _held(design: Design, estimate: Estimate, d: int, z: float) -> Floats:
    spread = np.sqrt(random_variance(design, estimate, d))
    return fixed_part(design, estimate, d) + z * spread


def _over_one(design: Design, estimate: Estimate, fixed: list[Floats]) -> Floats:
    (d,) = {place for term in design.terms for place in term.places}
    s = np.sqrt(random_variance(design, estimate, d))
    points, weights = nodes(FINE, float(s.max(initial=0.0)))
    total = 0.0
    for z, w in zip(points, weights, strict=True):
        total = total + w * _at(design, [*fixed[:d], fixed[d] + z * s, *fixed[d + 1 :]])
    return np.asarray(total)


def _over_several(design: Design, estimate: Estimate, fixed: list[Floats]) -> Floats:
    points = _normal_points(sum(term.size for term in design.terms))
    factors = [_factor(matrix) for matrix in covariance_matrices(design, estimate.theta)]
    total = 0.0
    for u in points:
        etas, start = [eta.copy() for eta in fixed], 0
        for term, factor in zip(design.terms, factors, strict=True):
            b = factor @ u[start : start + term.size]
            start += term.size
            for k, place in enumerate(term.places):
                etas[place] += b[k] if term.z is None else term.z[:, k] * b[k]
        total = total + _at(design, etas)
    return np.asarray(total) / len(points)


def _normal_points(dimensions: int) -> Floats:
    """Points spread as standard normal vectors are: multiples of the powers of a root, modulo one.

    The root of ``x^(d + 1) = x + 1`` generalises the golden ratio (Roberts 2018).
    """
    from scipy.special import ndtri

    root = 2.0
    for _ in range(60):
        root = (1.0 + root) ** (1.0 / (dimensions + 1))
    steps = root ** -np.arange(1.0, dimensions + 1)
    unit = (0.5 + np.outer(np.arange(1.0, POINTS + 1), steps)) % 1.0
    return ndtri(unit)


def _factor(matrix: Floats) -> Floats:
    """A square root of a covariance matrix, which may be singular."""
    values, vectors = np.linalg.eigh(matrix)
    return vectors * np.sqrt(np.maximum(values, 0.0))
