"""Functions of the parameters with their uncertainty: by the delta method, or from draws.

A quantity is a function of an estimate. Its gradient in (beta, theta) is by central differences, as
the functions are smooth and cheap; where there are draws from the posterior, it is evaluated at
them instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from .parameters import critical_value, delta_se

if TYPE_CHECKING:
    from ..estimate.values import Estimate, Floats

    Function = Callable[[Estimate], Floats]

STEP = 1e-5  # of differences, relative
DRAWS = 1000  # at most so many draws are evaluated


@dataclass(frozen=True)
class Scale:
    """A scale on which intervals are symmetric.

    Attributes
    ----------
    to, back : callable
    slope : callable
        Derivative of `to`.
    """

    to: Callable[[Floats], Floats]
    back: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]


def _expit(x: Floats) -> Floats:
    return 0.5 * (1.0 + np.tanh(0.5 * x))


PLAIN = Scale(lambda v: v, lambda v: v, np.ones_like)
LOG = Scale(np.log, np.exp, np.reciprocal)
LOGIT = Scale(lambda v: np.log(v) - np.log1p(-v), _expit, lambda v: 1.0 / (v * (1.0 - v)))
# Of a share: Fisher's z of its root, which is regular where the share is near zero, as the root is
# proportional to a coefficient or to a standard deviation.
SHARE = Scale(
    lambda v: np.arctanh(np.sqrt(v)),
    lambda t: np.square(np.tanh(np.maximum(t, 0.0))),
    lambda v: 1.0 / (2.0 * np.sqrt(v) * (1.0 - v)),
)


def with_uncertainty(
    estimate: Estimate, function: Function, level: float, scale: Scale = PLAIN
) -> dict[str, Floats]:
    """Values of a quantity with standard errors and intervals.

    Parameters
    ----------
    estimate : Estimate
    function : callable
        From an estimate to an array of shape (k,).
    level : float
        Coverage.
    scale : Scale
        On which the intervals are symmetric; NaN where a value is not inside it.

    Returns
    -------
    dict
        ``estimate, se, lower, upper``; with draws, the last three are the posterior's.
    """
    value, z = function(estimate), critical_value(level)
    if estimate.draws is not None:
        return {"estimate": value} | _from_draws(estimate, function, level)
    se = delta_se(estimate, jacobian(estimate, function)) if len(value) else value
    with np.errstate(divide="ignore", invalid="ignore"):
        center, half = scale.to(value), z * se * scale.slope(value)
        inside = np.isfinite(center)
        lower, upper = scale.back(center - half), scale.back(center + half)
    return {
        "estimate": value,
        "se": se,
        "lower": np.where(inside, lower, np.nan),
        "upper": np.where(inside, upper, np.nan),
    }


def jacobian(estimate: Estimate, function: Function) -> Floats:
    """Derivatives of a quantity in (beta, theta), shape (k, parameters); zero where one is held."""
    at = np.concatenate([estimate.beta, estimate.theta])
    columns = []
    for j, held in enumerate(np.isnan(np.diag(estimate.cov))):
        step = STEP * (1.0 + abs(at[j]))
        ends = [function(_moved(estimate, at, j, sign * step)) for sign in (1.0, -1.0)]
        columns.append(np.zeros_like(ends[0]) if held else (ends[0] - ends[1]) / (2.0 * step))
    return np.column_stack(columns)


def _moved(estimate: Estimate, at: Floats, j: int, step: float) -> Estimate:
    moved = at.copy()
    moved[j] += step
    return _placed(estimate, moved)


def _placed(estimate: Estimate, parameters: Floats) -> Estimate:
    n = len(estimate.beta)
    return replace(estimate, beta=parameters[:n], theta=parameters[n:])


def _from_draws(estimate: Estimate, function: Function, level: float) -> dict[str, Floats]:
    draws = estimate.draws
    assert draws is not None
    every = draws.flat
    chosen = every[:: max(1, len(every) // DRAWS)]
    values = np.array([function(_placed(estimate, parameters)) for parameters in chosen])
    tails = (0.5 - level / 2.0, 0.5 + level / 2.0)
    lower, upper = np.quantile(values, tails, axis=0)
    return {"se": values.std(axis=0, ddof=1), "lower": lower, "upper": upper}
