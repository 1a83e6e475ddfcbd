"""The kinds of prediction: what each does with the random effects.

Every kind gives, per row, a point on the scale of the linear predictor with its gradient in
(beta, theta), and the part of the variance of the row's linear predictor that is not due to the
parameters. Intervals need nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from ..estimate.covariance import covariance_jacobians
from ..results.linear import (
    conditional_eta,
    fixed_part,
    quadratic_form,
    random_variance,
)
from ..results.parameters import beta_slices, theta_positions
from .curve import response_curve
from .modes import mode_system

if TYPE_CHECKING:
    from ..estimate.values import Floats
    from ..model.design import Design
    from ..results.fit import FitResults


@dataclass(frozen=True)
class Point:
    """A prediction on the scale of the linear predictor.

    Attributes
    ----------
    eta : ndarray, shape (n,)
    gradient : ndarray, shape (n, parameters)
        In (beta, theta); without columns unless asked for.
    spread : ndarray, shape (n,)
        Variance that stays when the parameters are known: of the conditional modes.
    """

    eta: Floats
    gradient: Floats
    spread: Floats


def cluster(fit: FitResults, design: Design, gradient: bool) -> Point:
    """Each row with the conditional modes of its own clusters; unseen levels at zero."""
    if not design.terms:
        return median(fit, design, gradient)
    eta = conditional_eta(design, fit.estimate)
    if not gradient:
        return Point(eta, np.empty((design.n, 0)), np.zeros(design.n))
    system = mode_system(fit.design, fit.estimate)
    slope = fixed_gradient(fit, design) + design.Z_of(0) @ system.gradient
    return Point(eta, slope, system.variance(design))


def median(fit: FitResults, design: Design, gradient: bool) -> Point:
    """Random effects at zero."""
    slope = fixed_gradient(fit, design) if gradient else np.empty((design.n, 0))
    return Point(fixed_part(design, fit.estimate), slope, np.zeros(design.n))


def marginal(fit: FitResults, design: Design, gradient: bool) -> Point:
    """Random effects integrated out on the scale of the response."""
    response = response_curve(design, fit.estimate)
    s = np.sqrt(random_variance(design, fit.estimate))
    mean = response.over_normal(fixed_part(design, fit.estimate), s)
    eta = response.invert(mean.value)
    if not gradient:
        return Point(eta, np.empty((design.n, 0)), np.zeros(design.n))
    slope = fixed_gradient(fit, design) * mean.d_eta[:, None]
    slope += spread_gradient(fit, design, s) * mean.d_s[:, None]
    slope /= response.slope(eta)[:, None]
    return Point(eta, slope, np.zeros(design.n))


def at_quantile(fit: FitResults, design: Design, gradient: bool, q: float) -> Point:
    """The random part z'b of each row at a percentile of its own distribution."""
    z = NormalDist().inv_cdf(q)
    s = np.sqrt(random_variance(design, fit.estimate))
    eta = fixed_part(design, fit.estimate) + z * s
    if not gradient:
        return Point(eta, np.empty((design.n, 0)), np.zeros(design.n))
    slope = fixed_gradient(fit, design) + z * spread_gradient(fit, design, s)
    return Point(eta, slope, np.zeros(design.n))


def fixed_gradient(fit: FitResults, design: Design) -> Floats:
    """Gradient of the fixed part in (beta, theta), shape (n, parameters)."""
    slope = np.zeros((design.n, len(fit.estimate.cov)))
    slope[:, beta_slices(design)[0]] = design.X
    return slope


def spread_gradient(fit: FitResults, design: Design, s: Floats) -> Floats:
    """Gradient of the standard deviation s of the random part, shape (n, parameters)."""
    slope = np.zeros((design.n, len(fit.estimate.cov)))
    twice = np.where(s > 0.0, 2.0 * s, np.inf)
    jacobians = covariance_jacobians(fit.design, fit.estimate.theta)
    for term, jacobian, part in zip(
        design.terms, jacobians, theta_positions(fit.design), strict=True
    ):
        if effects := term.effects_of(0):
            for k, matrix in enumerate(jacobian):
                slope[:, part.start + k] = quadratic_form(term, matrix, effects) / twice
    return slope


def new_cluster(fit: FitResults, design: Design, gradient: bool) -> Point:
    """The linear predictor of a cluster not seen: random effects at zero, their variance kept."""
    point = median(fit, design, gradient)
    return Point(point.eta, point.gradient, random_variance(design, fit.estimate))


Rule = Callable[["FitResults", "Design", bool], Point]

KINDS: dict[str, Rule] = {"cluster": cluster, "median": median, "marginal": marginal}
