"""Model matrices as columns, each where it is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import is_constant
from ..data.columns import frozen

__all__ = ["ModelMatrix"]

Array = NDArray[np.float64]


class ModelMatrix:
    """A model matrix whose columns may lie apart, in the memory of a data frame if need be.

    Attributes
    ----------
    columns : tuple of ndarray of float64, shape (n,)
        Read-only, and nobody else writes to their memory: the core reads them in place. A constant
        may have a stride of zero.
    n_rows : int

    Examples
    --------
    >>> matrix = ModelMatrix([np.arange(3.0), np.broadcast_to(1.0, 3)], 3)
    >>> matrix.shape, matrix.array.tolist()
    ((3, 2), [[0.0, 1.0], [1.0, 1.0], [2.0, 1.0]])
    """

    def __init__(self, columns: Sequence[Array], n_rows: int) -> None:
        for column in columns:
            frozen(column)
        self.columns = tuple(columns)
        self.n_rows = n_rows

    @classmethod
    def of(cls, array: Array) -> ModelMatrix:
        """The columns of an array, shape (n, p), that nothing else refers to; a view is copied."""
        array = np.asfortranarray(array)
        array = frozen(array if array.flags.owndata else array.copy(order="F"))
        made = cls(list(array.T), len(array))
        made.__dict__["array"] = array
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return ModelMatrix, (list(self.columns), self.n_rows)

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and of columns."""
        return self.n_rows, len(self.columns)

    @cached_property
    def array(self) -> Array:
        """All columns in one array, Fortran order, made when first asked for."""
        array = np.empty(self.shape, order="F")
        for j, column in enumerate(self.columns):
            array[:, j] = column
        return frozen(array)

    def part(self, rows: Any) -> ModelMatrix:
        """The matrix of some rows, of which a slice is not copied."""
        n_rows = len(np.broadcast_to(0.0, self.n_rows)[rows])
        return ModelMatrix([column[rows] for column in self.columns], n_rows)

    def rows(self, rows: Any) -> Array:
        """Some rows, of all columns."""
        return self.part(rows).array

    def take(self, positions: Sequence[int]) -> ModelMatrix:
        """Some of the columns."""
        if list(positions) == list(range(len(self.columns))):
            return self
        return ModelMatrix([self.columns[j] for j in positions], self.n_rows)

    @property
    def has_intercept(self) -> bool:
        """Whether the first column is a constant that is not zero."""
        if self.n_rows == 0 or not self.columns:
            return False
        return is_constant(self.columns[0]) and bool(self.columns[0][0] != 0)

    def times(self, beta: Array) -> Array:
        """The linear predictor ``X beta``."""
        eta = np.zeros(self.n_rows)
        for column, b in zip(self.columns, beta, strict=True):
            eta += b * column
        return eta
