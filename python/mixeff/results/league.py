"""Levels of a factor against each other: differences in pairs, and intervals that may overlap."""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentError
from .coefficients import wald_p_values
from .parameters import critical_value
from .ranks import about

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from ..estimate.values import Floats
    from .joint import Posterior

MOST = 200  # levels compared in pairs unless they are named
MOST_AVERAGED = 1000  # levels over whose pairs the overlap is averaged
BISECTIONS = 50


def differences(
    effects: Posterior,
    wanted: Sequence[Hashable] | None,
    adjust: str,
    n: int,
    seed: int | None,
    level: float,
) -> dict[str, Any]:
    """Columns of ``Fit.compare_levels()``."""
    if adjust not in ADJUSTMENTS:
        raise ArgumentError(f"adjust={adjust!r} is not one of {', '.join(map(repr, ADJUSTMENTS))}.")
    critical_value(level)
    effects = effects.at(_chosen(effects, wanted))
    first, second = np.triu_indices(len(effects.mean), 1)
    difference, se = (
        effects.mean[first] - effects.mean[second],
        effects.difference_se(first, second),
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        z = difference / se
    biggest = _biggest(effects, first, second, se, n, seed)
    p_value, critical = ADJUSTMENTS[adjust](wald_p_values(z), z, 1.0 - level, biggest)
    return {
        "group": np.full(len(z), effects.group, dtype=object),
        "name": np.full(len(z), effects.name, dtype=object),
        "level_1": effects.levels[first],
        "level_2": effects.levels[second],
        "difference": difference,
        "se": se,
        "z": z,
        "p_value": p_value,
        "lower": difference - critical * se,
        "upper": difference + critical * se,
    }


def _chosen(effects: Posterior, wanted: Sequence[Hashable] | None) -> list[int]:
    places = {level: i for i, level in enumerate(effects.levels.tolist())}
    if wanted is None:
        if len(places) > MOST:
            raise ArgumentError(
                f"{effects.group!r} has {len(places)} levels, too many to compare all pairs: name "
                f"up to {MOST} by levels=, such as levels={list(places)[:3]}."
            )
        return list(places.values())
    if isinstance(wanted, str):
        raise ArgumentError(
            f"levels={wanted!r} is one level: give a list, such as [{wanted!r}, ...]."
        )
    unknown = [level for level in wanted if level not in places]
    if unknown:
        raise ArgumentError(
            f"levels={unknown[0]!r} is no level of {effects.group!r}; there are: "
            f"{', '.join(map(repr, list(places)[:8]))}{', ...' if len(places) > 8 else ''}."
        )
    if len(set(wanted)) < 2:
        raise ArgumentError("levels= needs at least two different levels to compare.")
    return [places[level] for level in dict.fromkeys(wanted)]


Adjusted = tuple["Floats", float]


def _none(p: Floats, z: Floats, alpha: float, biggest: Callable[[], Floats]) -> Adjusted:
    return p, _normal_quantile(1.0 - alpha / 2.0)


def _bonferroni(p: Floats, z: Floats, alpha: float, biggest: Callable[[], Floats]) -> Adjusted:
    return np.minimum(len(p) * p, 1.0), _normal_quantile(1.0 - alpha / (2.0 * len(p)))


def _sidak(p: Floats, z: Floats, alpha: float, biggest: Callable[[], Floats]) -> Adjusted:
    each = -np.expm1(np.log1p(-alpha) / len(p))
    with np.errstate(divide="ignore"):
        return -np.expm1(len(p) * np.log1p(-p)), _normal_quantile(1.0 - each / 2.0)


def _simultaneous(p: Floats, z: Floats, alpha: float, biggest: Callable[[], Floats]) -> Adjusted:
    drawn = np.sort(biggest())
    above = len(drawn) - np.searchsorted(drawn, np.abs(z))
    return np.divide(1.0 + above, 1.0 + len(drawn)), float(np.quantile(drawn, 1.0 - alpha))


ADJUSTMENTS: dict[str, Callable[..., Adjusted]] = {
    "simultaneous": _simultaneous,
    "bonferroni": _bonferroni,
    "sidak": _sidak,
    "none": _none,
}


def _biggest(
    effects: Posterior, first: np.ndarray, second: np.ndarray, se: Floats, n: int, seed: int | None
) -> Callable[[], Floats]:
    """Draws of the largest standardized error of all differences."""

    def draw() -> Floats:
        error = effects.draws(n, seed) - effects.mean
        safe = np.where(se > 0, se, np.inf)
        return np.array([np.max(np.abs(row[first] - row[second]) / safe) for row in error])

    return draw


# Overlap --------------------------------------------------------------------------------------


def overlap_intervals(effects: Posterior, level: float) -> dict[str, Any]:
    """Columns of ``Fit.overlap_intervals()``: Goldstein and Healy (1995)."""
    factor = _overlap_factor(effects, critical_value(level), 1.0 - level)
    return {
        **about(effects),
        "estimate": effects.mean,
        "se": effects.se,
        "factor": np.full(len(effects.mean), factor),
        "lower": effects.mean - factor * effects.se,
        "upper": effects.mean + factor * effects.se,
    }


def _overlap_factor(effects: Posterior, most: float, alpha: float) -> float:
    """The multiple of standard errors whose intervals miss one another by chance so often.

    Averaged over the pairs; 1.39 for 0.05 where standard errors are equal and independent.
    """
    from scipy.special import ndtr

    order = np.argsort(effects.se, kind="stable")
    kept = order[np.linspace(0, len(order) - 1, min(len(order), MOST_AVERAGED)).astype(np.int64)]
    i, j = np.triu_indices(len(kept), 1)
    apart = effects.difference_se(kept[i], kept[j])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (effects.se[kept[i]] + effects.se[kept[j]]) / apart
    low, high = 0.0, most
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        missed = float(np.nanmean(2.0 * ndtr(-middle * ratio)))
        low, high = (middle, high) if missed > alpha else (low, middle)
    return high


def _normal_quantile(p: float) -> float:
    return NormalDist().inv_cdf(p)
