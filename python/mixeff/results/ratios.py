"""Median odds ratios: variances between clusters on the scale of the coefficients' ratios."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from ..errors import NotAvailableError
from .levels import levels_of
from .quantity import Scale, with_uncertainty

if TYPE_CHECKING:
    from ..estimate.values import Estimate, Floats
    from ..model.design import Design

UPPER_QUARTILE = NormalDist().inv_cdf(0.75)

# On which the interval is that of the standard deviation on its logarithmic scale.
LOG_LOG = Scale(
    lambda v: np.log(np.log(v)), lambda t: np.exp(np.exp(t)), lambda v: 1.0 / (v * np.log(v))
)


def median_ratios(design: Design, estimate: Estimate, level: float) -> dict[str, np.ndarray]:
    """Columns of ``Fit.median_odds_ratio()``: each factor, then nested ones together."""
    ratio = design.distribution.ratio_name(design.link)
    if ratio is None:
        raise NotAvailableError(
            f"median_odds_ratio() needs a link on a log scale: under the {design.link} link the "
            "exponential of a random effect has no meaning. See fit.icc() and fit.r2()."
        )
    levels = levels_of(design, "median_odds_ratio()")
    sharing = levels.sharing()
    together = sharing[sharing.sum(axis=1) > 1]
    sums = np.vstack([np.eye(len(sharing), dtype=bool), together])
    names = np.array(levels.names, dtype=object)

    def ratios(moved: Estimate) -> Floats:
        return np.exp(math.sqrt(2.0) * UPPER_QUARTILE * np.sqrt(sums @ levels.variances(moved)))

    columns = with_uncertainty(estimate, ratios, level, LOG_LOG)
    return {
        "group": np.array([" + ".join(names[row]) for row in sums], dtype=object),
        f"median_{ratio.lower().replace(' ', '_')}": columns.pop("estimate"),
        **columns,
    }
