"""The response as a family counts it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Outcome", "Pair", "ends_within"]

Array = NDArray[np.float64]
Pair = tuple[Array, Array]


@dataclass(frozen=True, eq=False)
class Outcome:
    """The response as the family counts it.

    Attributes
    ----------
    y : ndarray of float64, shape (n,)
        The lower end, where the response is censored.
    extra, weights : ndarray of float64, shape (n,), or None
        A second column, such as the numbers of trials or the upper end; prior weights.
    levels : tuple or None
        The two levels of a response of words, of which the second counts as success; the
        categories of a family that has them.
    limits : tuple of ndarray, or None
        Lower and upper detection limit of each row, infinite where there is none.
    """

    y: Array
    extra: Array | None = None
    weights: Array | None = None
    levels: tuple[Hashable, ...] | None = None
    limits: Pair | None = None


def ends_within(y: Array, limits: Pair) -> Pair:
    """The ends between which responses lie that are recorded between detection limits.

    Parameters
    ----------
    y : ndarray
        As recorded: at a limit, or beyond it, no more is known than that.
    limits : tuple of ndarray

    Returns
    -------
    lower, upper : ndarray

    Examples
    --------
    >>> low, high = ends_within(np.array([0.0, 3.0]), (np.zeros(2), np.full(2, 9.0)))
    >>> low.tolist(), high.tolist()
    ([-inf, 3.0], [0.0, 3.0])
    """
    lower, upper = limits
    below, above = y <= lower, y >= upper
    low = np.where(below, -np.inf, np.where(above, upper, y))
    return low, np.where(above, np.inf, np.where(below, lower, y))
