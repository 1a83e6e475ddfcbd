"""The response as a family counts it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Outcome"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Outcome:
    """The response as the family counts it.

    Attributes
    ----------
    y : ndarray of float64, shape (n,)
    extra, weights : ndarray of float64, shape (n,), or None
        A second column, such as the numbers of trials; prior weights.
    levels : tuple or None
        The two levels of a response of words, of which the second counts as success; the
        categories of a family that has them.
    """

    y: Array
    extra: Array | None = None
    weights: Array | None = None
    levels: tuple[Hashable, ...] | None = None
