"""Typed columns: what the rest of the package sees of a data frame."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import is_finite
from ..errors import AllRowsMissingError, ColumnTypeError, InfiniteValueError
from .factorize import drop_unused, encode, factorize

__all__ = ["Column", "Columns", "Schema", "frozen"]


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """The array, which nobody else refers to, and to which nobody writes any more."""
    array.setflags(write=False)
    return array


@dataclass(frozen=True)
class Schema:
    """Kind and levels of a column, without its values.

    Attributes
    ----------
    kind : str
        "number", "integer", "boolean", "categorical" or "time".
    levels : tuple or None
        Of a categorical column, in order.
    """

    kind: str
    levels: tuple[Hashable, ...] | None = None


@dataclass(frozen=True, eq=False)
class Column:
    """One column.

    Attributes
    ----------
    name : str
    kind : str
        "number", "integer", "boolean", "categorical" (words and categories), or "time" (dates,
        which can group rows and nothing else).
    values : ndarray, shape (n,)
        float64, int64 (or uint64), bool, or the int32 codes of a categorical or time column. A
        missing number is NaN, a missing code -1; integers with missing ones are a "number".
    levels : ndarray or None
        Levels of a categorical or time column, in order.
    missing : ndarray of bool or None
        Where values are missing; None if none is.
    has_order : bool
        Whether the order of the levels was given, and is not that of the alphabet.
    unused : tuple
        Levels that were declared, and that `used` left out because no row has them.
    is_protected : bool
        Whether nobody changes the values as long as the array lives, which then is read-only.
    """

    name: str
    kind: str
    values: NDArray[Any]
    levels: NDArray[Any] | None = None
    missing: NDArray[np.bool_] | None = None
    has_order: bool = False
    unused: tuple[Hashable, ...] = ()
    is_protected: bool = False

    @property
    def schema(self) -> Schema:
        """Kind and levels."""
        return Schema(self.kind, None if self.levels is None else tuple(self.levels.tolist()))

    @property
    def is_factor(self) -> bool:
        """Whether the values are codes of levels."""
        return self.levels is not None

    def number(self) -> NDArray[np.float64]:
        """The values as float64.

        Raises
        ------
        ColumnTypeError
            If they are words or dates.
        """
        if self.is_factor:
            raise ColumnTypeError(
                f"column {self.name!r} is {_KIND_WORDS[self.kind]}, where a number is needed; "
                "convert it to a number, or write a comparison with one of its values"
            )
        return self.values.astype(np.float64, copy=False)

    @property
    def protected(self) -> NDArray[np.float64] | None:
        """The values, if they are numbers side by side that can be used where they are."""
        values = self.values
        in_order = values.flags.c_contiguous and values.flags.aligned
        return values if self.is_protected and self.kind == "number" and in_order else None

    def own(self) -> NDArray[np.float64]:
        """The values as float64, where they are if they are protected, else as a frozen copy."""
        if self.protected is not None:
            return self.protected
        numbers = self.number()
        return frozen(np.array(numbers, order="C") if numbers is self.values else numbers)

    @cached_property
    def is_finite(self) -> bool:
        """Whether all numbers are finite: none is infinite, none missing."""
        return is_finite(self.values)

    def finite(self) -> Column:
        """The column itself, if none of its numbers is infinite.

        Raises
        ------
        InfiniteValueError
            Naming the row, if one is.
        """
        if self.kind != "number" or self.is_finite:
            return self
        infinite = np.isinf(self.values)
        if infinite.any():
            row = int(np.argmax(infinite))
            raise InfiniteValueError(
                f"column {self.name!r} holds {self.values[row]} in row {row} (counting from 0); "
                "replace it by a number, or by a missing value to drop the row"
            )
        return self

    def as_bound(self) -> Column:
        """The column as a bound, which may be infinite, or missing without loss of the row."""
        if self.levels is not None and len(self.levels) == 0:  # nothing but None
            return Column(self.name, "number", np.full(len(self.values), np.nan))
        return replace(self, missing=None)

    @property
    def value(self) -> NDArray[Any]:
        """The values for arithmetic: numbers as float64, booleans, and words as they are."""
        if self.is_factor:
            return self.labels()
        return self.values if self.kind == "boolean" else self.number()

    def labels(self) -> NDArray[Any]:
        """The values as they were: levels, not codes (None where missing)."""
        if self.levels is None:
            return self.values
        with_none = np.array([*self.levels.tolist(), None], dtype=object)
        return with_none[self.values]

    def codes(self) -> tuple[NDArray[np.int32], NDArray[Any]]:
        """Codes and sorted levels, whatever the kind: the column as a grouping factor."""
        if self.levels is None:
            return factorize(self.values)
        return drop_unused(self.values, self.levels)

    def codes_among(self, levels: NDArray[Any]) -> NDArray[np.int32]:
        """Codes among given levels, whatever the kind; -1 for a value that is none of them."""
        if self.levels is None:
            return encode(self.values, levels)
        return np.append(encode(self.levels, levels), np.int32(-1))[self.values]

    def rows(self, rows: NDArray[np.int64]) -> Column:
        """The given rows, with all levels."""
        missing = None if self.missing is None else self.missing[rows]
        return replace(self, values=frozen(self.values[rows]), missing=missing, is_protected=True)

    def used(self) -> Column:
        """The column without the levels that no row has."""
        if self.levels is None:
            return self
        codes, levels = drop_unused(self.values, self.levels)
        if levels is self.levels:
            return self
        known = set(levels.tolist())
        unused = [level for level in self.levels.tolist() if level not in known]
        return replace(
            self, values=codes, levels=levels, unused=tuple(unused) if self.has_order else ()
        )


_KIND_WORDS = {"categorical": "categorical", "time": "a date or time"}


@dataclass(frozen=True, eq=False)
class Columns(Mapping[str, Column]):
    """The columns a model needs, by name.

    Attributes
    ----------
    columns : dict of str to Column
    n_rows : int
    like : Any
        An empty frame of the library the data came in, see `to_native`.
    rows : ndarray of int64 or None
        Positions of these rows in the data they came from; None if it is every row.
    """

    columns: Mapping[str, Column]
    n_rows: int
    like: Any = None
    rows: NDArray[np.int64] | None = None

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def origin(self, row: int) -> int:
        """Position of a row in the data it came from."""
        return row if self.rows is None else int(self.rows[row])

    @cached_property
    def incomplete(self) -> NDArray[np.bool_] | None:
        """Rows with a missing value in any column; None if there are none."""
        masks = [c.missing for c in self.columns.values() if c.missing is not None]
        return np.logical_or.reduce(masks) if masks else None

    @property
    def missing_counts(self) -> dict[str, int]:
        """Number of missing values of each column that has some."""
        columns = self.columns.values()
        return {c.name: int(c.missing.sum()) for c in columns if c.missing is not None}

    def take(self, rows: NDArray[np.int64]) -> Columns:
        """The given rows, with all levels."""
        kept = {name: column.rows(rows) for name, column in self.columns.items()}
        return Columns(kept, len(rows), self.like, rows)

    def complete(self) -> Columns:
        """The rows without missing values, and no unused levels.

        Raises
        ------
        AllRowsMissingError
            If there are none.
        """
        if self.incomplete is None:
            return replace(self, columns={name: c.used() for name, c in self.columns.items()})
        rows = np.flatnonzero(~self.incomplete)
        if len(rows) == 0:
            counts = ", ".join(f"{n!r} ({k})" for n, k in self.missing_counts.items())
            raise AllRowsMissingError(
                f"each of the {self.n_rows} rows has a missing value; missing by column: {counts}. "
                "Leave a column out of the formula, or fill in its values"
            )
        kept = self.take(rows)
        used = {name: replace(column, missing=None).used() for name, column in kept.items()}
        return replace(kept, columns=used)
