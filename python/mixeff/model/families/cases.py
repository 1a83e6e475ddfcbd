"""Rows that are alternatives, case by case."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Cases"]

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


class Cases:
    """Which rows are alternatives of the same case.

    Parameters
    ----------
    numbers : ndarray of float64, shape (n,)
        The number of each row's case.

    Attributes
    ----------
    order : ndarray of int64
        The rows, those of each case together.
    starts : ndarray of int64
        Where in that order each case begins, and the end of the last.
    """

    def __init__(self, numbers: Array) -> None:
        self.order: Indices = np.argsort(numbers, kind="stable")
        new = np.flatnonzero(np.diff(numbers[self.order])) + 1
        self.starts: Indices = np.concatenate([[0], new, [len(numbers)]])

    @property
    def n(self) -> int:
        """Number of cases."""
        return len(self.starts) - 1

    def first(self, values: NDArray) -> NDArray:
        """The value in the first row of each case."""
        return values[self.order[self.starts[:-1]]]

    def varies(self, values: NDArray) -> NDArray[np.bool_]:
        """Whether a column differs within each case."""
        ordered = values[self.order]
        low = np.minimum.reduceat(ordered, self.starts[:-1])
        return np.asarray(low != np.maximum.reduceat(ordered, self.starts[:-1]))

    def centred(self, x: Array) -> Array:
        """Columns less their mean within each case, zero to the bit where they do not vary."""
        moved = x - self.spread(self.first(x))
        size = np.diff(self.starts)[(...,) + (None,) * (x.ndim - 1)]
        return moved - self.spread(self.sums(moved) / size)

    def sums(self, values: Array) -> Array:
        """Sums over the rows of each case."""
        return np.add.reduceat(values[self.order], self.starts[:-1], axis=0)

    def largest(self, values: Array) -> Array:
        """The largest value of each case."""
        return np.maximum.reduceat(values[self.order], self.starts[:-1], axis=0)

    def spread(self, values: Any) -> Any:
        """A value of each case in all its rows."""
        out = np.empty((len(self.order), *values.shape[1:]), dtype=values.dtype)
        out[self.order] = np.repeat(values, np.diff(self.starts), axis=0)
        return out

    def shares(self, utility: Array) -> Array:
        """``exp(utility)`` over its sum within the case; further axes stand behind the rows'."""
        odds = np.exp(utility - self.spread(self.largest(utility)))
        return odds / self.spread(self.sums(odds))

    def have_one(self, y: Array) -> NDArray[np.bool_]:
        """Whether each row is of a case with exactly one chosen alternative."""
        return np.asarray(self.spread(self.sums(y) == 1))

    def chosen(self, y: Array) -> Indices:
        """Position of the chosen alternative in each case."""
        return np.flatnonzero(y[self.order] == 1) - self.starts[:-1]
