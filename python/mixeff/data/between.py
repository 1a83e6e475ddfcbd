"""Covariates split into what differs between groups and what differs within them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError, ColumnTypeError, DuplicateColumnError
from .columns import Column, Columns
from .factorize import factorize
from .frames import column_names, from_any, with_columns

__all__ = ["within_between"]

Array = NDArray[np.float64]


def within_between(data: Any, columns: str | Sequence[str], group: str | Sequence[str]) -> Any:
    """Add group means of covariates, and the deviations from them.

    In a mixed model the effect of a covariate between groups need not be that within them. With
    ``x_within`` and ``x_between`` in the place of ``x`` a model has both, and
    ``fit.contextual_effects()`` tests whether they differ (Mundlak 1978; Neuhaus and Kalbfleisch
    1998).

    Parameters
    ----------
    data : frame
        A pandas, polars or pyarrow frame, or a mapping of names to arrays.
    columns : str or sequence of str
        The covariates: numbers or booleans.
    group : str or sequence of str
        The grouping column; or several, from the outermost to the innermost, the inner ones taken
        within the outer ones as in ``(1 | school/class)``.

    Returns
    -------
    frame
        The data, in their own library (a mapping stays a mapping), with two more columns for each
        covariate ``x``: ``x_between``, its mean in the group, and ``x_within``, its deviation from
        it. With several groups ``x_between_school`` is the mean of the outermost,
        ``x_between_class`` the deviation of the class's mean from the school's, and ``x_within``
        that of the row from the class's; they add up to ``x``.

    Raises
    ------
    ColumnTypeError
        For a covariate of words or dates.
    DuplicateColumnError
        If a new column's name is taken.
    UnknownColumnError
        For a name that is no column.

    Notes
    -----
    Means are over the rows with a value. A row without one has no ``x_within`` but the mean of its
    group; a row without a group has neither (NaN). Rows that a model drops for a missing value
    elsewhere still count for the means: drop them first if they should not.

    Examples
    --------
    >>> import mixeff as me
    >>> data = {"x": [1.0, 3.0, 5.0, 9.0], "g": ["a", "a", "b", "b"]}
    >>> more = me.within_between(data, "x", "g")
    >>> more["x_between"].tolist(), more["x_within"].tolist()
    ([2.0, 2.0, 7.0, 7.0], [-1.0, 1.0, -2.0, 2.0])
    """
    names, groups = _listed("columns", columns), _listed("group", group)
    read = from_any(data, tuple(dict.fromkeys((*names, *groups))))
    codes = _levels(read, groups)
    ends = ["between"] if len(groups) == 1 else [f"between_{name}" for name in groups]
    added: dict[str, Array] = {}
    for name in names:
        parts = _split(_number(read[name]), codes)
        for end, part in zip((*ends, "within"), parts, strict=True):
            added[f"{name}_{end}"] = part
    _refuse_taken(added, column_names(data))
    return {**data, **added} if isinstance(data, Mapping) else with_columns(data, None, added)


def _listed(argument: str, given: str | Sequence[str]) -> tuple[str, ...]:
    names = (given,) if isinstance(given, str) else tuple(given)
    if not names or len(set(names)) < len(names):
        raise ArgumentError(f"{argument}={given!r} must name at least one column, each once.")
    return names


def _number(column: Column) -> Array:
    if column.is_factor:
        raise ColumnTypeError(
            f"column {column.name!r} holds words or dates, which have no mean; make a number of "
            f"it first, such as data[{column.name!r}] == 'a' for the share of a level"
        )
    return column.number()


def _levels(read: Columns, groups: tuple[str, ...]) -> list[NDArray[np.int64]]:
    """Level of every row, from the outermost group on, inner ones within outer ones; -1 if none."""
    codes = (read[name].codes()[0].astype(np.int64) for name in groups)
    return list(accumulate(codes, _nested))


def _nested(outer: NDArray[np.int64], inner: NDArray[np.int64]) -> NDArray[np.int64]:
    both = outer * (inner.max(initial=0) + 1) + inner
    both[(outer < 0) | (inner < 0)] = -1
    return np.where(both < 0, -1, factorize(both)[0]).astype(np.int64)


def _split(x: Array, levels: list[NDArray[np.int64]]) -> list[Array]:
    """The mean of the outermost level, deviations of the means within it, and of the rows."""
    means = [_mean(x, codes) for codes in levels]
    steps = [inner - outer for outer, inner in zip(means, (*means[1:], x), strict=True)]
    return [means[0], *steps]


def _mean(x: Array, codes: NDArray[np.int64]) -> Array:
    known = (codes >= 0) & ~np.isnan(x)
    size = int(codes.max(initial=-1)) + 1
    totals = np.bincount(codes[known], weights=x[known], minlength=size)
    counts = np.bincount(codes[known], minlength=size)
    with np.errstate(invalid="ignore"):
        means = np.append(totals / counts, np.nan)
    return means[codes]


def _refuse_taken(added: Mapping[str, Array], taken: Sequence[str]) -> None:
    double = [name for name in added if name in taken]
    if double:
        raise DuplicateColumnError(
            f"the data already have a column {double[0]!r}; rename or drop it before "
            "within_between() makes one"
        )
