"""Responses with categories, and durations: from a column to positions among categories."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from numpy.typing import NDArray

from ..data import Column, Columns, factorize
from ..errors import ResponseLevelsError, ResponseSupportError, UnseenLevelError
from ..formula import Response, expression
from .families import FLEXIBLE, Family
from .outcome import Outcome
from .values import evaluate, number

__all__ = ["read_categories", "read_duration"]

Array = NDArray[np.float64]
Labels = tuple[Hashable, ...]

MOST = 50


def read_categories(
    response: Response,
    columns: Columns,
    family: Family,
    weights: Array | None,
    known: Labels | None,
) -> Outcome:
    """Positions of the responses among the categories, which are learned where not known.

    Parameters
    ----------
    response : Response
    columns : Columns
    family : Family
    weights : ndarray or None
    known : tuple or None
        The categories of an earlier fit.

    Returns
    -------
    Outcome

    Raises
    ------
    ResponseLevelsError
        For categories without observations, words without an order, fewer than two categories or
        more than 50.
    UnseenLevelError
        For a category that is not known.
    """
    codes, labels, unused = _coded(response, columns, family)
    if known is not None:
        return Outcome(_among(codes, labels, known, response), None, weights, known)
    if unused:
        raise ResponseLevelsError(
            f"the response {response.text!r} has categories without observations: "
            f"{_few(unused)}; their thresholds cannot be known. Drop them (in pandas with "
            ".cat.remove_unused_categories(), in polars with a .cast() to an Enum of the others) "
            "or merge them with others"
        )
    if not 2 <= len(labels) <= MOST:
        raise ResponseLevelsError(
            f"the response {response.text!r} has {len(labels)} categories, where family "
            f"{family.name!r} takes 2 to {MOST}; merge categories, or take a family for numbers"
        )
    return Outcome(codes.astype(np.float64), None, weights, labels)


def _coded(
    response: Response, columns: Columns, family: Family
) -> tuple[NDArray[np.int32], Labels, Labels]:
    """Codes, categories, and those declared that no row has."""
    parsed = expression(response.text)
    column = None if parsed.column is None else columns[parsed.column]
    if column is not None and column.is_factor:
        _require_order(column, family)
        return column.values, tuple(np.asarray(column.levels).tolist()), column.unused
    codes, levels = factorize(np.asarray(evaluate(parsed, columns)))
    return codes, tuple(levels.tolist()), ()


def _few(labels: Labels) -> str:
    return ", ".join(map(repr, labels[:8])) + (", ..." if len(labels) > 8 else "")


def _require_order(column: Column, family: Family) -> None:
    assert family.categories is not None
    if family.categories.ordered and not column.has_order:
        shown = ", ".join(repr(level) for level in np.asarray(column.levels).tolist()[:5])
        raise ResponseLevelsError(
            f"the response {column.name!r} holds words ({shown}) whose order is not known; make it "
            "categorical with the categories in order, as in pandas.Categorical(words, "
            "categories=[...], ordered=True), or code it by numbers"
        )


def _among(codes: NDArray[np.int32], labels: Labels, known: Labels, response: Response) -> Array:
    places = {label: k for k, label in enumerate(known)}
    position = np.array([places.get(label, -1) for label in labels], dtype=np.float64)
    found = position[codes]
    if np.any(found < 0):
        new = labels[codes[np.argmin(found)]]
        raise UnseenLevelError(
            f"the response {response.text!r} holds {new!r}, which the fit did not see; it knows "
            + _few(known)
        )
    return found


def read_duration(
    response: Response,
    columns: Columns,
    family: Family,
    weights: Array | None,
    known: Labels | None,
    structure: str,
) -> Outcome:
    """Last periods at risk, and whether the event happened in them.

    Parameters
    ----------
    response : Response
        ``survival(time, event)``.
    columns : Columns
    family : Family
    weights : ndarray or None
    known : tuple or None
        The periods of an earlier fit.
    structure : str
        Of the baseline.

    Returns
    -------
    Outcome
        The second column is 1 for an event and 0 for a censored duration.

    Raises
    ------
    ResponseSupportError
        For times below 1 or not whole, and events other than 0 and 1.
    ResponseLevelsError
        For more than 50 periods, or a period without an event where each has a parameter.
    """
    if response.kind != "survival":
        raise ResponseSupportError(
            f"family {family.name!r} takes survival(time, event) as its response, the last period "
            f"at risk and whether the event happened in it, not {response.text!r}"
        )
    time, event = (number(text, columns) for text in response.parts)
    _require(response.parts[0], time, (time >= 1) & (np.floor(time) == time), columns, "periods")
    _require(response.parts[1], event, (event == 0) | (event == 1), columns, "events")
    last = int(time.max()) if known is None else len(known)
    if last > MOST:
        raise ResponseLevelsError(
            f"{response.parts[0]!r} goes up to period {last}, where there may be {MOST}; group "
            "periods, as in two months to one"
        )
    if np.any(time > last):
        raise UnseenLevelError(
            f"{response.parts[0]!r} goes beyond period {last}, the last one of the fit"
        )
    if known is None and structure == FLEXIBLE:
        _require_events(response, time, event, last)
    return Outcome(time, event, weights, tuple(range(1, last + 1)))


_TAKES = {
    "periods": "times are whole periods from 1 up; recode them, or drop rows never at risk",
    "events": "an event is 1 where it happened and 0 where the duration was censored",
}


def _require(text: str, values: Array, ok: NDArray[np.bool_], columns: Columns, what: str) -> None:
    if not ok.all():
        row = int(np.argmin(ok))
        raise ResponseSupportError(
            f"{text!r} is {values[row]:g} in row {columns.origin(row)} (counting from 0); "
            f"{_TAKES[what]}"
        )


def _require_events(response: Response, time: Array, event: Array, last: int) -> None:
    counts = np.bincount(time.astype(np.int64), weights=event, minlength=last + 1)[1:]
    if not counts.all():
        empty = ", ".join(str(period) for period in np.flatnonzero(counts == 0)[:8] + 1)
        raise ResponseLevelsError(
            f"no event happened in period {empty}, so that the hazard there is zero and its "
            "parameter minus infinity; merge periods, or take baseline='polynomial(3)' or "
            "'spline(3)'"
        )
