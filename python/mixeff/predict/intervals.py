"""Confidence intervals of predictions, and prediction intervals of a new response."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import ArgumentError, NotAvailableError
from ..model.families import LINKS
from ..results.parameters import critical_value
from ..results.residuals import require_distribution
from .predictive import Predictive, predictive
from .regions import regions_of
from .responses import response_quantiles

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..estimate.values import Floats
    from ..model.design import Design
    from ..model.links import Link
    from .predictor import Predictor

    Columns = dict[str, Floats]


def confidence(predictor: Predictor, design: Design, level: float) -> Columns:
    """Estimates, standard errors and ends of the intervals, row by row."""
    critical = critical_value(level)
    if (regions := regions_of(predictor, design)) is not None:
        lower, upper = regions.ends(critical)
        return {"estimate": regions.value(), "se": regions.se(), "lower": lower, "upper": upper}
    parts = [_confidence(predictor, part, critical) for part in predictor.blocks(design)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _confidence(predictor: Predictor, design: Design, critical: float) -> Columns:
    link = predictor.target.line
    if not predictor.target.starts_on_line:
        natural = predictor.natural(design)
        se = np.sqrt(predictor.variance(natural))
        lower, upper = around(link, natural.value, se, critical)
        return {"estimate": natural.value, "se": se, "lower": lower, "upper": upper}
    line = predictor.on_line(design)
    se = np.sqrt(predictor.variance(line))
    lower, upper = _ordered(link, line.value, critical * se)
    slope = np.abs(link.inverse_derivative(line.value))
    estimate = link.inverse(line.value)
    return {"estimate": estimate, "se": se * slope, "lower": lower, "upper": upper}


def around(
    link: Link, estimate: Floats, se: Floats, critical: Floats | float
) -> tuple[Floats, Floats]:
    """Ends of intervals that are normal on the scale of a link.

    An estimate at an end of the link's range, which is one only to rounding, is its own interval.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        eta = link.link(estimate)
        slope = np.abs(link.inverse_derivative(eta))
        half = np.where(slope > 0.0, critical * se / slope, 0.0)
    ends = _ordered(link, eta, half)
    return tuple(np.where(np.isnan(eta), estimate, end) for end in ends)  # type: ignore[return-value]


def _ordered(link: Link, eta: Floats, half: Floats) -> tuple[Floats, Floats]:
    ends = link.inverse(eta - half), link.inverse(eta + half)
    return np.minimum(*ends), np.maximum(*ends)


def prediction(predictor: Predictor, design: Design, level: float) -> Columns:
    """Quantiles of a new response, per trial, its mean uncertain as it is."""
    fit = predictor.fit
    if predictor.target.labels:
        raise NotAvailableError(
            "a new response with categories has their probabilities and no interval: use "
            'interval="confidence" for intervals of these.'
        )
    if fit.design.distribution.has_cases:
        raise NotAvailableError(
            "a choice has the chances of its alternatives and no interval: use "
            'interval="confidence" for intervals of these.'
        )
    if not predictor.target.of_response:
        raise ArgumentError(
            'interval="prediction" is about a response: use scale="response", or '
            'interval="confidence" on the scale of the linear predictor.'
        )
    require_distribution(fit.design)
    critical_value(level)
    center = predictor.values(design)[:, 0]
    new = predictive(predictor, design)
    exact = EXACT.get((design.family, design.link)) if len(new.weights) == 1 else None
    lower, upper = (exact or _mixed)(design, new, level)
    return {"estimate": center, "lower": lower, "upper": upper}


INTERVALS = {"confidence": confidence, "prediction": prediction}


def _normal(design: Design, new: Predictive, level: float) -> tuple[Floats, Floats]:
    eta, residual = new.eta[:, 0], design.distribution.variance(new.parameters(design))[:, 0]
    half = critical_value(level) * np.sqrt(new.variance + residual)
    return eta - half, eta + half


EXACT: dict[tuple[str, str], Callable[..., tuple[Floats, Floats]]] = {
    ("gaussian", "identity"): _normal
}


def _mixed(design: Design, new: Predictive, level: float) -> tuple[Floats, Floats]:
    lower, upper = response_quantiles(
        design.distribution,
        LINKS[design.link],
        new.eta,
        new.variance,
        new.parameters(design),
        (0.5 - level / 2.0, 0.5 + level / 2.0),
        new.weights,
    )
    n = 1.0 if design.trials is None else design.trials
    return lower / n, upper / n
