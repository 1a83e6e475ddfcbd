"""Columns from arrays and from series of pandas."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import ColumnTypeError
from .columns import Column, frozen
from .factorize import factorize, sort_levels

__all__ = ["NUMBERS", "read_factor", "read_number", "read_pandas", "read_time", "unusable"]

NUMBERS = "fiubc"
"""Kinds of numbers of numpy."""

_FEW = 5000
"""Fewer strings than these are looked up one by one."""

_COPIES_ON_WRITE = int(pd.__version__.split(".")[0]) >= 3
"""Whether pandas copies memory that another series refers to before it writes there."""


def read_pandas(name: str, series: pd.Series) -> Column:
    """Read the column of a series."""
    dtype = series.dtype
    if isinstance(dtype, np.dtype):
        if dtype.kind in NUMBERS:
            return read_number(name, *_held(series))
        return _read_objects(name, series) if dtype.kind == "O" else read_time(name, series)
    if isinstance(dtype, pd.CategoricalDtype):
        return read_factor(
            name, series.cat.codes.to_numpy(), np.asarray(series.cat.categories), True
        )
    if pd.api.types.is_bool_dtype(dtype) or pd.api.types.is_numeric_dtype(dtype):
        return _nullable(name, series)
    if pd.api.types.is_string_dtype(dtype):
        return read_factor(name, *_words(series))
    return read_time(name, series)


def _words(series: pd.Series) -> tuple[NDArray[np.int32], NDArray[Any]]:
    """Codes and levels of a series of strings; few are faster looked up one by one than set up."""
    if len(series) < _FEW:
        return factorize(series.to_numpy(dtype=object))
    codes, levels = pd.factorize(series)
    return sort_levels(codes, np.asarray(levels, dtype=object))


def _read_objects(name: str, series: pd.Series) -> Column:
    kind = pd.api.types.infer_dtype(series, skipna=True)
    if kind in ("integer", "floating", "mixed-integer-float", "decimal"):
        numbers = cast("pd.Series", pd.to_numeric(series))
        return read_number(name, numbers.to_numpy(dtype=np.float64))
    if kind == "boolean":
        return _nullable(name, series.astype("boolean"))
    if kind in ("string", "empty", "categorical", "mixed-integer"):
        return read_factor(name, *factorize(cast("NDArray[Any]", series.to_numpy())))
    return read_time(name, series)


def _nullable(name: str, series: pd.Series) -> Column:
    if not series.isna().any():
        kind = np.bool_ if pd.api.types.is_bool_dtype(series.dtype) else None
        array = series.to_numpy(dtype=kind)
        return read_number(name, array.astype(np.float64) if array.dtype.kind == "O" else array)
    return read_number(name, series.to_numpy(dtype=np.float64, na_value=np.nan))


class _Held:
    """The memory of a pandas series, with a view of it that makes pandas copy before it writes."""

    def __init__(self, series: pd.Series, values: NDArray[Any]) -> None:
        self.series = series.copy(deep=False)
        self.__array_interface__ = values.__array_interface__


def _held(series: pd.Series) -> tuple[NDArray[Any], bool]:
    """The values of a series, and whether they are protected from change."""
    values = series.to_numpy()
    if not _COPIES_ON_WRITE or len(values) == 0 or not _is_its_own(values):
        return values, False
    return np.asarray(_Held(series, values)), True


def _is_its_own(values: NDArray[Any]) -> bool:
    """Whether the memory was allocated for the frame, so that nobody else knows it.

    By numpy, or by arrow for several columns together: that of a single column it may hand on from
    wherever it came.
    """
    root = values
    while isinstance(root.base, np.ndarray):
        root = root.base
    of_arrow = type(root.base).__name__ == "PyCapsule" and root.ndim == 2 and min(root.shape) > 1
    return type(root) is np.ndarray and (root.flags.owndata or of_arrow)


def read_number(name: str, values: NDArray[Any], is_protected: bool = False) -> Column:
    """Read a column of numbers or of booleans; `is_protected` as in `Column`."""
    kind = values.dtype.kind
    if kind == "b":
        return Column(name, "boolean", values)
    if kind in "iu":
        wide = values if values.dtype == np.uint64 else values.astype(np.int64, copy=False)
        return Column(name, "integer", wide)
    if kind == "c":
        raise unusable(name, "complex numbers")
    used = is_protected and values.dtype == np.float64
    numbers = values if used else _float64(values)
    column = Column(name, "number", numbers, is_protected=not numbers.flags.writeable)
    return column if column.is_finite else replace(column, missing=_nan(column.values))


def _float64(values: NDArray[Any]) -> NDArray[np.float64]:
    """The user's own array, if it is one that can be written to, else a frozen copy as float64."""
    if values.dtype == np.float64 and values.flags.writeable:
        return values
    return frozen(np.array(values, dtype=np.float64))


def _nan(values: NDArray[np.float64]) -> NDArray[np.bool_] | None:
    """Where values are NaN; None if nowhere."""
    mask = np.isnan(values)
    return mask if mask.any() else None


def read_factor(
    name: str, codes: NDArray[Any], levels: NDArray[Any], has_order: bool = False
) -> Column:
    """Read a column of words or categories; codes below zero are missing."""
    codes = codes.astype(np.int32, copy=False)
    missing = codes < 0
    mask = missing if missing.any() else None
    return Column(name, "categorical", codes, levels, mask, has_order)


def read_time(name: str, series: pd.Series) -> Column:
    """Read a column of dates or times; anything else is refused."""
    first = series.dropna().head(1).tolist()
    if first and not _is_time(first[0]):
        raise unusable(name, f"values such as {first[0]!r:.40}")
    codes, levels = factorize(np.asarray(series.astype(object)))
    missing = codes < 0
    return Column(name, "time", codes, levels, missing if missing.any() else None)


def _is_time(value: Any) -> bool:
    from datetime import date, time, timedelta

    return isinstance(value, (date, time, timedelta, pd.Period))


def unusable(name: str, what: str) -> ColumnTypeError:
    """Make the error for a column that no model can use."""
    return ColumnTypeError(
        f"column {name!r} holds {what}, which no model can use; convert it to numbers, words or "
        "categories"
    )
