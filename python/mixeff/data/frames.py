"""Data frames of other libraries. Nothing else in the package knows narwhals."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Mapping
from typing import Any, cast

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import (
    ColumnTypeError,
    DataTypeError,
    DuplicateColumnError,
    EmptyDataError,
    LengthError,
    UnknownColumnError,
)
from .columns import Column, Columns
from .factorize import encode, factorize, sort_levels
from .reading import NUMBERS, read_factor, read_number, read_pandas, read_time, unusable

__all__ = [
    "column_names",
    "empty_frame",
    "from_any",
    "library_of",
    "n_rows_of",
    "to_native",
    "with_columns",
]


def from_any(data: Any, names: Collection[str], bounds: Collection[str] = ()) -> Columns:
    """Read the named columns of a data frame.

    Parameters
    ----------
    data : pandas, polars or pyarrow table, any frame narwhals knows, or a mapping of arrays
        Only the named columns are looked at; numbers are not copied where they need not be.
    names : collection of str
        Columns to read.
    bounds : collection of str
        Those in which infinite numbers are allowed and missing ones do not make a row incomplete.

    Returns
    -------
    Columns

    Raises
    ------
    DataTypeError
        If `data` is no table.
    EmptyDataError
        If it has no rows.
    UnknownColumnError, DuplicateColumnError
        If a name is no column, or more than one.
    ColumnTypeError
        If a column holds something that no model can use, such as lists.
    InfiniteValueError
        If a number is infinite.
    LengthError
        If the arrays of a mapping differ in length.

    Examples
    --------
    >>> columns = from_any({"x": [1.5, None], "g": ["b", "a"], "other": [0, 0]}, ["x", "g"])
    >>> columns["g"].levels.tolist(), columns["x"].missing.tolist()
    (['a', 'b'], [False, True])
    """
    available, series, like = _open(data)
    _require_names(names, available)
    read = {name: _read(name, series(name)) for name in names}
    columns = {
        name: column.as_bound() if name in bounds else column.finite()
        for name, column in read.items()
    }
    n_rows = n_rows_of(data) if not columns else len(next(iter(columns.values())).values)
    _require_rows(columns, n_rows)
    return Columns(columns, n_rows, like)


def column_names(data: Any) -> list[str]:
    """Names of the columns of a data frame, in order."""
    return list(_open(data)[0])


def n_rows_of(data: Any) -> int:
    """Number of rows of a data frame."""
    if isinstance(data, Mapping):
        return len(next(iter(data.values()))) if data else 0
    return len(data)


def to_native(columns: Mapping[str, Any], like: Any) -> Any:
    """A frame in the library of `like`.

    Parameters
    ----------
    columns : mapping of str to ndarray
        The columns, in order.
    like : frame
        A frame of the wanted library, such as `Columns.like`; anything else gives pandas.

    Returns
    -------
    frame

    Examples
    --------
    >>> to_native({"x": np.array([1, 2])}, like=None).shape
    (2, 1)
    """
    if like is None or isinstance(like, (pd.DataFrame, Mapping)):
        return pd.DataFrame(dict(columns))
    frame = nw.from_native(like, eager_only=True)
    values = {name: _plain(column) for name, column in columns.items()}
    return nw.from_dict(values, backend=frame.implementation).to_native()


def with_columns(data: Any, rows: NDArray[np.int64] | None, columns: Mapping[str, Any]) -> Any:
    """Rows of a frame with columns added, in the library of the frame.

    Parameters
    ----------
    data : frame
        pandas keeps its index; a mapping of arrays gives pandas.
    rows : ndarray of int64 or None
        Positions of the rows; None for all.
    columns : mapping of str to ndarray
        Their values in those rows; a column of the same name is replaced.

    Returns
    -------
    frame

    Examples
    --------
    >>> with_columns({"x": [1, 2, 3]}, np.array([0, 2]), {"eta": [0.5, 0.7]}).to_dict("list")
    {'x': [1, 3], 'eta': [0.5, 0.7]}
    """
    frame = data if hasattr(data, "columns") else _as_pandas(data)
    if isinstance(frame, pd.DataFrame):
        kept = frame if rows is None else frame.iloc[rows]
        return kept.assign(**{name: np.asarray(values) for name, values in columns.items()})
    eager = nw.from_native(frame, eager_only=True)
    kept = eager if rows is None else eager[rows.tolist(), :]
    added = nw.from_native(to_native(columns, data), eager_only=True)
    return kept.with_columns(*(added[name] for name in columns)).to_native()


def _as_pandas(data: Any) -> pd.DataFrame:
    names, series, _ = _open(data)
    return pd.DataFrame({name: series(name) for name in names})


def library_of(data: Any) -> str:
    """Name of the library of a frame: "pandas", "polars", "pyarrow"; "pandas" for a mapping.

    Parameters
    ----------
    data : frame

    Returns
    -------
    str
    """
    like = _open(data)[2]
    return "pandas" if like is None else str(nw.from_native(like).implementation)


def empty_frame(library: str) -> Any:
    """Make an empty frame of a library, to be used as `like`.

    Parameters
    ----------
    library : str
        A name that `library_of` gives.

    Returns
    -------
    frame
    """
    return nw.from_dict({"x": np.empty(0)}, backend=cast(Any, library)).to_native()


def _plain(values: Any) -> Any:
    array = np.asarray(values)
    return array.tolist() if array.dtype == object else array


# Opening a frame ------------------------------------------------------------------------------

Series = Callable[[str], Any]


def _open(data: Any) -> tuple[Collection[str], Series, Any]:
    """Names of the columns, a function that gives one, and an empty frame of the library."""
    if isinstance(data, pd.DataFrame):
        return _open_pandas(data)
    if isinstance(data, Mapping):
        return data.keys(), lambda name: _as_series(name, data[name]), None
    if isinstance(data, np.ndarray) and data.dtype.names:
        return data.dtype.names, lambda name: _as_series(name, data[name]), None
    return _open_other(data)


def _open_pandas(data: pd.DataFrame) -> tuple[Collection[str], Series, Any]:
    if not data.columns.is_unique:
        return list(data.columns), lambda name: data[name], data.iloc[:0]
    return data.columns, lambda name: data[name], data.iloc[:0]


def _open_other(data: Any) -> tuple[Collection[str], Series, Any]:
    try:
        frame = nw.from_native(data)
    except TypeError:
        raise DataTypeError(
            f"the data are a {type(data).__name__}; give a pandas, polars or pyarrow table, or a "
            "mapping of column names to arrays"
        ) from None
    if isinstance(frame, nw.LazyFrame):
        raise DataTypeError("the data are a lazy frame; collect it first: data.collect()")
    opened = cast("nw.DataFrame[Any]", frame)
    return opened.columns, lambda name: opened[name], opened.head(0).to_native()


def _as_series(name: str, values: Any) -> Any:
    if isinstance(values, pd.Series):
        return values
    if isinstance(values, pd.Index):
        return values.to_series()
    if not hasattr(values, "__len__") or isinstance(values, (str, bytes, Mapping)):
        alone = isinstance(values, (str, bool, int, float, np.generic))
        such = f", such as [{values!r}]" if alone else ""
        raise ColumnTypeError(
            f"column {name!r} is of type {type(values).__name__}; give a list or an array{such}"
        )
    if getattr(values, "ndim", 1) != 1:
        raise ColumnTypeError(f"column {name!r} is no one-dimensional array; split it into columns")
    masked = isinstance(values, np.ma.MaskedArray)
    if isinstance(values, np.ndarray) and not masked and values.dtype.kind in NUMBERS:
        return np.asarray(values)
    if isinstance(values, (np.ndarray, pd.Categorical)):
        return pd.Series(values, copy=False)
    if hasattr(values, "to_pylist"):  # of pyarrow
        return pd.Series(values.to_pylist())
    native = nw.from_native(values, series_only=True, pass_through=True)
    return native if isinstance(native, nw.Series) else pd.Series(list(values))


def _require_names(names: Collection[str], available: Collection[str]) -> None:
    missing = [name for name in names if name not in available]
    if missing:
        raise UnknownColumnError(unknown_column(missing[0], available))
    if not isinstance(available, list):
        return
    double = [name for name in names if available.count(name) > 1]
    if double:
        raise DuplicateColumnError(
            f"the data have {available.count(double[0])} columns named {double[0]!r}; rename or "
            "drop all but one"
        )


def unknown_column(name: str, available: Collection[str]) -> str:
    """What to say of a name that is no column."""
    text = [str(column) for column in available]
    close = difflib.get_close_matches(name, text, n=3, cutoff=0.55) or [
        column for column in text if column.lower() == name.lower()
    ]
    if close:
        return f"there is no column {name!r}; did you mean {' or '.join(map(repr, close))}?"
    shown = ", ".join(text[:12]) + (", ..." if len(text) > 12 else "")
    return f"there is no column {name!r} in the data; its columns are: {shown or 'none'}"


def _require_rows(columns: Mapping[str, Column], n_rows: int) -> None:
    for column in columns.values():
        if len(column.values) != n_rows:
            raise LengthError(
                f"column {column.name!r} has {len(column.values)} values where others have {n_rows}"
            )
    if n_rows == 0:
        raise EmptyDataError("the data have no rows")


# Reading a column -----------------------------------------------------------------------------


def _read(name: str, series: Any) -> Column:
    if isinstance(series, np.ndarray):
        return read_number(name, series)
    if isinstance(series, pd.Series):
        return read_pandas(name, series)
    if series.implementation.is_pandas_like():
        return read_pandas(name, nw.to_native(series))
    return _read_narwhals(name, series)


def _read_narwhals(name: str, series: Any) -> Column:
    dtype = series.dtype
    if dtype.is_decimal() or (dtype == nw.Boolean and series.null_count()):
        series = series.cast(nw.Float64)
        dtype = series.dtype
    if dtype.is_numeric() or dtype == nw.Boolean:
        return read_number(name, series.to_numpy())
    if dtype in (nw.String, nw.Categorical, nw.Enum, nw.Object):
        return read_factor(name, *_words(series), _has_order(series))
    if dtype.is_temporal():
        return read_time(name, pd.Series(series.to_list(), dtype=object))
    if len(series) == series.null_count():
        return read_number(name, np.full(len(series), np.nan))
    raise unusable(name, str(dtype))


def _words(series: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    try:
        codes, levels = _arrow_dictionary(series.to_arrow())
    except ImportError:
        codes, levels = factorize(np.asarray(series.to_list(), dtype=object))
    if series.dtype == nw.Enum:
        order = np.asarray(series.dtype.categories, dtype=object)
        return np.append(encode(levels, order), np.int32(-1))[codes], order
    return (codes, levels) if _has_order(series) else sort_levels(codes, levels)


def _has_order(series: Any) -> bool:
    """Polars orders its categories as words; an arrow dictionary has an order of its own."""
    if series.dtype == nw.Enum:
        return True
    return series.dtype == nw.Categorical and not series.implementation.is_polars()


def _arrow_dictionary(array: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    array = array.combine_chunks() if hasattr(array, "combine_chunks") else array
    encoded = array if hasattr(array, "dictionary") else array.dictionary_encode()
    codes = encoded.indices.cast("int32").fill_null(-1).to_numpy(zero_copy_only=False)
    return codes, np.asarray(encoded.dictionary.to_pylist(), dtype=object)
