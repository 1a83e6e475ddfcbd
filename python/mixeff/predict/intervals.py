"""Confidence intervals of a predicted mean, and prediction intervals of a new response."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import ArgumentError
from ..model.families import LINKS
from ..results.linear import mean_at, parameters
from ..results.parameters import critical_value
from ..results.residuals import require_distribution
from .curve import response_curve
from .kinds import KINDS, new_cluster
from .responses import response_quantiles

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..estimate.values import Floats
    from ..model.design import Design
    from ..results.fit import FitResults
    from .kinds import Point, Rule

    Columns = dict[str, Floats]


def confidence(fit: FitResults, design: Design, rule: Rule, scale: str, level: float) -> Columns:
    """Normal on the scale of the linear predictor, so that ends stay in the mean's range."""
    point = rule(fit, design, True)
    se = np.sqrt(eta_variance(fit, point))
    half = critical_value(level) * se
    lower, upper = point.eta - half, point.eta + half
    if scale == "link":
        return {"estimate": point.eta, "se": se, "lower": lower, "upper": upper}
    ends = mean_at(design, fit.estimate, lower), mean_at(design, fit.estimate, upper)
    return {
        "estimate": mean_at(design, fit.estimate, point.eta),
        "se": se * np.abs(response_curve(design, fit.estimate).slope(point.eta)),
        "lower": np.minimum(*ends),
        "upper": np.maximum(*ends),
    }


def prediction(fit: FitResults, design: Design, rule: Rule, scale: str, level: float) -> Columns:
    """Quantiles of a new response, per trial, its mean uncertain as it is."""
    if scale == "link":
        raise ArgumentError(
            'interval="prediction" is about a response: use scale="response", or '
            'interval="confidence" on the scale of the linear predictor.'
        )
    require_distribution(fit.design)
    critical_value(level)
    center = mean_at(design, fit.estimate, rule(fit, design, False).eta)
    point = PREDICTIVE.get(rule, rule)(fit, design, True)
    bounds = EXACT.get((design.family, design.link), _mixed)
    lower, upper = bounds(fit, design, point.eta, eta_variance(fit, point), level)
    return {"estimate": center, "lower": lower, "upper": upper}


INTERVALS = {"confidence": confidence, "prediction": prediction}

# A marginal prediction is for a cluster not seen: its random effects are drawn anew.
PREDICTIVE: dict[Rule, Rule] = {KINDS["marginal"]: new_cluster}


def eta_variance(fit: FitResults, point: Point) -> Floats:
    """Variance of the point from the parameters' covariance, plus its own spread.

    A parameter on the boundary has no variance and is taken as known.
    """
    cov = np.nan_to_num(fit.estimate.cov, nan=0.0)
    return np.einsum("ij,ij->i", point.gradient @ cov, point.gradient) + point.spread


def _normal(
    fit: FitResults, design: Design, eta: Floats, variance: Floats, level: float
) -> tuple[Floats, Floats]:
    residual = design.distribution.variance(parameters(design, fit.estimate, eta))
    half = critical_value(level) * np.sqrt(variance + residual)
    return eta - half, eta + half


EXACT: dict[tuple[str, str], Callable[..., tuple[Floats, Floats]]] = {
    ("gaussian", "identity"): _normal
}


def _mixed(
    fit: FitResults, design: Design, eta: Floats, variance: Floats, level: float
) -> tuple[Floats, Floats]:
    lower, upper = response_quantiles(
        design.distribution,
        LINKS[design.link],
        eta,
        variance,
        parameters(design, fit.estimate, eta),
        (0.5 - level / 2.0, 0.5 + level / 2.0),
    )
    n = 1.0 if design.trials is None else design.trials
    return lower / n, upper / n
