"""Values to integer codes and sorted levels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import factorize_integers

__all__ = ["drop_unused", "encode", "factorize"]

Codes = NDArray[np.int32]

# A table as long as the range of the integers is built as long as it stays this small.
_TABLE_ROWS = 4
_TABLE_MIN = 1 << 16


def factorize(values: NDArray[Any]) -> tuple[Codes, NDArray[Any]]:
    """Codes of the values and their levels in increasing order.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Numbers, booleans, or objects that pandas can hash. None and NaN are missing.

    Returns
    -------
    codes : ndarray of int32, shape (n,)
        Position of each value among the levels; -1 where it is missing.
    levels : ndarray
        The distinct values, sorted; whole numbers stored as floats become integers.

    Examples
    --------
    >>> codes, levels = factorize(np.array([30, 10, 30]))
    >>> codes.tolist(), levels.tolist()
    ([1, 0, 1], [10, 30])
    """
    if values.dtype.kind == "b":
        codes, levels = _factorize_integers(values.view(np.uint8))
        return codes, levels.astype(bool)
    if values.dtype.kind in "iu":
        return _factorize_integers(values)
    if values.dtype.kind == "f" and (whole := _as_integers(values)) is not None:
        return _factorize_integers(whole)
    codes, levels = _factorize_hashable(values)
    whole = _as_integers(levels) if levels.dtype.kind == "f" else None
    return codes, levels if whole is None else whole


def _as_integers(values: NDArray[Any]) -> NDArray[np.int64] | None:
    with np.errstate(invalid="ignore"):
        whole = values.astype(np.int64)
    return whole if np.array_equal(whole, values) else None


def _factorize_integers(values: NDArray[Any]) -> tuple[Codes, NDArray[Any]]:
    if values.dtype == np.uint64 and len(values) > 0:
        shift = values.min()
        if values.max() - shift > np.uint64(np.iinfo(np.int64).max):
            return _factorize_hashable(values)
        codes, levels = _factorize_integers((values - shift).astype(np.int64))
        return codes, levels.astype(np.uint64) + shift
    wide = np.ascontiguousarray(values, dtype=np.int64)
    found = factorize_integers(wide, _TABLE_ROWS * len(wide) + _TABLE_MIN)
    return _factorize_hashable(wide) if found is None else found


def _factorize_hashable(values: Any) -> tuple[Codes, NDArray[Any]]:
    import pandas as pd

    codes, uniques = pd.factorize(values, use_na_sentinel=True)
    return sort_levels(codes, np.asarray(uniques))


def sort_levels(codes: NDArray[Any], levels: NDArray[Any]) -> tuple[Codes, NDArray[Any]]:
    """Put levels in increasing order and change the codes with them; -1 stays -1."""
    try:
        order = np.argsort(levels, kind="stable")
    except TypeError:  # words and numbers together
        order = np.argsort(np.array([str(level) for level in levels]), kind="stable")
    return _recode(codes, order), levels[order]


def _recode(codes: NDArray[Any], order: NDArray[Any]) -> Codes:
    # One place more than there are levels, so that the code -1 finds -1.
    place = np.full(len(order) + 1, -1, dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return place[codes]


def drop_unused(codes: Codes, levels: NDArray[Any]) -> tuple[Codes, NDArray[Any]]:
    """Drop the levels that no row has, keeping the order of the others."""
    used = np.bincount(codes[codes >= 0] if _any_missing(codes) else codes, minlength=len(levels))
    if used.all():
        return codes, levels
    kept = np.flatnonzero(used)
    return _recode_subset(codes, kept, len(levels)), levels[kept]


def _recode_subset(codes: Codes, kept: NDArray[Any], n_levels: int) -> Codes:
    place = np.full(n_levels + 1, -1, dtype=np.int32)
    place[kept] = np.arange(len(kept), dtype=np.int32)
    return place[codes]


def _any_missing(codes: Codes) -> bool:
    return len(codes) > 0 and int(codes.min()) < 0


def encode(values: NDArray[Any], levels: NDArray[Any]) -> Codes:
    """Codes of the values among given levels.

    Parameters
    ----------
    values : ndarray, shape (n,)
    levels : ndarray, shape (L,)

    Returns
    -------
    ndarray of int32, shape (n,)
        -1 where a value is none of the levels.

    Examples
    --------
    >>> encode(np.array([10, 40]), np.array([10, 30])).tolist()
    [0, -1]
    """
    import pandas as pd

    index = pd.Index(levels)
    return index.get_indexer(pd.Index(values)).astype(np.int32)
