"""Arithmetic on columns, with errors that name the row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import is_finite
from ..data import Column, Columns
from ..data.columns import frozen
from ..errors import ColumnTypeError, UndefinedValueError
from ..formula import Expression, expression

__all__ = ["Values", "evaluate", "number", "require_defined"]

Array = NDArray[np.float64]


class Values(Mapping[str, Any]):
    """Columns as arrays for arithmetic."""

    def __init__(self, columns: Mapping[str, Column]) -> None:
        self.columns = columns

    def __getitem__(self, name: str) -> Any:
        return self.columns[name].value

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)


def evaluate(factor: Expression, columns: Columns, *, finite: bool = True) -> Array:
    """Values of an expression that must be a finite number in every row.

    Parameters
    ----------
    factor : Expression
    columns : Columns
        Without missing values.
    finite : bool
        False if it may be infinite or missing.

    Returns
    -------
    ndarray, shape (n,)
        A column by itself is not copied, whatever its kind of number.

    Raises
    ------
    UndefinedValueError
        Naming the row where it is none.
    ColumnTypeError
        If it computes with words.
    """
    if factor.column is not None:
        column = columns[factor.column]
        return column.number() if column.is_factor else column.values
    try:
        found = np.asarray(factor.evaluate(Values(columns)))
    except TypeError as error:
        raise _words(factor, columns, f" ({error})") from None
    if found.dtype.kind not in "fiub":
        raise _words(factor, columns)
    value = np.broadcast_to(found, columns.n_rows)
    if finite and value.dtype.kind == "f":
        require_defined(value[:, None], (factor.text,), columns)
    return value


def number(text: str, columns: Columns) -> Array:
    """An expression as float64 that nobody changes: in place where it is such a column."""
    factor = expression(text)
    if factor.column is not None and not columns[factor.column].is_factor:
        return columns[factor.column].own()
    return frozen(np.array(evaluate(factor, columns), dtype=np.float64, order="C"))


def _words(factor: Expression, columns: Columns, detail: str = "") -> ColumnTypeError:
    words = [name for name in factor.names if columns[name].is_factor]
    return ColumnTypeError(
        f"{factor.text!r} computes with {' and '.join(map(repr, words)) or 'words'}, where "
        f"numbers are needed{detail}; write a comparison, such as I(g == 'a')"
    )


def require_defined(matrix: Array, names: tuple[str, ...], columns: Columns) -> None:
    """Raise UndefinedValueError, naming column and row, if a number is not finite.

    Parameters
    ----------
    matrix : ndarray, shape (n, p)
    names : tuple of str
        Of its columns.
    columns : Columns
        Where the rows came from.
    """
    for j, name in enumerate(names):
        if not is_finite(matrix[:, j].astype(np.float64, copy=False)):
            row = int(np.argmin(np.isfinite(matrix[:, j])))
            raise UndefinedValueError(
                f"{name!r} is {matrix[row, j]} in row {columns.origin(row)} (counting from 0); "
                "drop such rows or use another transformation"
            )
