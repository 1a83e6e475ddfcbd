"""Ranks of the levels of a factor, with their uncertainty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentError
from .parameters import critical_value

if TYPE_CHECKING:
    from ..estimate.values import Floats
    from .joint import Posterior

FIRST = {"largest": -1.0, "smallest": 1.0}


def ranks(
    effects: Posterior, n: int, seed: int | None, level: float, top: int, first: str
) -> dict[str, Any]:
    """Columns of ``Fit.ranks()``."""
    critical_value(level)
    if first not in FIRST:
        raise ArgumentError(f"first={first!r} is not one of {', '.join(map(repr, FIRST))}.")
    if not 1 <= top <= len(effects.mean):
        raise ArgumentError(f"top={top!r} is not a number of levels from 1 to {len(effects.mean)}.")
    drawn = _ranks(FIRST[first] * effects.draws_with_parameters(n, seed))
    lower, upper = _ends(drawn, level)
    return {
        **about(effects),
        "estimate": effects.mean,
        "se": effects.se,
        "rank": _ranks(FIRST[first] * effects.mean[None])[0],
        "expected_rank": drawn.mean(axis=0),
        "lower": lower,
        "upper": upper,
        "p_top": (drawn <= top).mean(axis=0),
    }


def _ranks(values: Floats) -> np.ndarray:
    """Ranks from 1 in each row."""
    order = np.argsort(values, axis=1, kind="stable")
    found = np.empty(order.shape, dtype=np.int32)
    np.put_along_axis(found, order, np.arange(1, values.shape[1] + 1, dtype=np.int32)[None], axis=1)
    return found


def _ends(drawn: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles that are ranks."""
    inside = np.sort(drawn, axis=0)
    last = len(drawn) - 1
    first = int(np.floor((0.5 - level / 2.0) * last))
    return inside[first], inside[last - first]


def about(effects: Posterior) -> dict[str, np.ndarray]:
    """What effects are of, as columns."""
    n = len(effects.levels)
    return {
        "group": np.full(n, effects.group, dtype=object),
        "name": np.full(n, effects.name, dtype=object),
        "level": effects.levels,
    }
