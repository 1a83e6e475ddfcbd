"""Censored responses: from columns to the two ends between which each response lies."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..data import Columns
from ..errors import (
    CensoringError,
    ConstantResponseError,
    ResponseSupportError,
    UndefinedValueError,
)
from ..formula import Response, expression
from .families import Family
from .outcome import Outcome, Pair, ends_within
from .values import evaluate

__all__ = ["read_interval", "refuse_uninformative", "require_ends"]

Array = NDArray[np.float64]
Place = Callable[[int], str]


def read_interval(
    response: Response, columns: Columns, family: Family, weights: Array | None
) -> Outcome:
    """The ends between which each response lies.

    Parameters
    ----------
    response : Response
        ``cens(lower, upper)`` with its ends, equal where the response is known; ``cens(y, lower,
        upper)`` with its detection limits; or ``survival(time, event)``, censored from the right
        where there was no event.
    columns : Columns
    family : Family
        One that takes intervals.
    weights : ndarray or None

    Returns
    -------
    Outcome
        With the lower end as `y`, the upper as `extra`, and the detection limits if there are any.

    Raises
    ------
    CensoringError
        For ends, or limits, that cross, and for a row that has neither end.
    ResponseSupportError
        For an end that the family's response cannot be, and a formula without censoring.
    """
    found = _read(response, columns, family)

    def place(row: int) -> str:
        return f"{response.text} in row {columns.origin(row)} (counting from 0)"

    lower, upper = require_ends((found.y, found.extra), family, place)
    return Outcome(lower, upper, weights, limits=found.limits)


def _read(response: Response, columns: Columns, family: Family) -> Outcome:
    parts = response.parts
    if response.kind == "survival":
        return _lifetime(parts, columns, family)
    if response.kind != "cens":
        raise ResponseSupportError(
            f"family {family.name!r} takes a censored response, cens(lower, upper) or cens(y, "
            f"lower, upper), not {response.text!r}; for one that is not censored leave out "
            "'censored_'"
        )
    lower, upper = (
        _bound(text, columns, missing)
        for text, missing in zip(response.bounds, (-np.inf, np.inf), strict=True)
    )
    return Outcome(lower, upper) if len(parts) == 2 else _limited(parts[0], columns, lower, upper)


def _bound(text: str, columns: Columns, missing: float) -> Array:
    """The values of a bound, those that are missing as the infinity of its side."""
    if not text:
        return np.full(columns.n_rows, missing)
    parsed = expression(text)
    values = np.asarray(evaluate(parsed, columns, finite=False), dtype=np.float64)
    known = [~np.isnan(columns[name].number()) for name in parsed.names]
    undefined = np.isnan(values) & np.logical_and.reduce(known, axis=0)
    if undefined.any():
        row = int(np.argmax(undefined))
        raise UndefinedValueError(
            f"{text!r} is no number in row {columns.origin(row)} (counting from 0); correct the "
            "value, or leave it missing where that end is open"
        )
    return np.where(np.isnan(values), missing, values)


def _limited(text: str, columns: Columns, lower: Array, upper: Array) -> Outcome:
    """Beyond a limit, and at it, no more is known than that."""
    crossing = lower >= upper
    if crossing.any():
        row = int(np.argmax(crossing))
        raise CensoringError(
            f"in row {columns.origin(row)} (counting from 0) the lower detection limit of {text!r} "
            f"is {lower[row]:g} and the upper one {upper[row]:g}; the lower one must be smaller"
        )
    y = np.asarray(evaluate(expression(text), columns), dtype=np.float64)
    return Outcome(*ends_within(y, (lower, upper)), limits=(lower, upper))


def _lifetime(parts: tuple[str, ...], columns: Columns, family: Family) -> Outcome:
    """Times of an event, or times up to which there was none."""
    time, event = (np.asarray(evaluate(expression(t), columns), np.float64) for t in parts)
    possible = family.supported(time), (event == 0) | (event == 1)
    takes = (
        f"the times of family {family.name!r} are numbers above 0; correct them, or drop such rows",
        "an event is 1 where it happened and 0 where the time is censored",
    )
    for text, values, ok, rule in zip(parts, (time, event), possible, takes, strict=True):
        if not ok.all():
            row = int(np.argmin(ok))
            raise ResponseSupportError(
                f"{text!r} is {values[row]:g} in row {columns.origin(row)} (counting from 0); {rule}"
            )
    return Outcome(time, np.where(event == 1, time, np.inf))


def require_ends(ends: tuple[Array, Array | None], family: Family, place: Place) -> Pair:
    """The ends, held against each other and against the family.

    Parameters
    ----------
    ends : tuple of ndarray
        The lower and the upper one.
    family : Family
    place : callable
        What stands in a row, for the message.

    Returns
    -------
    tuple of ndarray
        The ends; a lower one of zero is minus infinity where responses are positive.
    """
    lower, upper = ends
    assert upper is not None
    if family.positive:
        lower = np.where(lower == 0, -np.inf, lower)
    _require_no_crossing(lower, upper, place)
    for end in (lower, upper):
        possible = np.isinf(end) | family.supported(end)
        if not possible.all():
            row = int(np.argmin(possible))
            raise ResponseSupportError(
                f"{place(row)} has the end {end[row]:g}, where family {family.name!r} takes "
                f"{family.values}; give what is known of the response, or take family 'gaussian'"
            )
    return lower, upper


def _require_no_crossing(lower: Array, upper: Array, place: Place) -> None:
    crossing = (lower > upper) | (lower == np.inf) | (upper == -np.inf)
    if crossing.any():
        row = int(np.argmax(crossing))
        raise CensoringError(
            f"{place(row)} has the lower end {lower[row]:g} and the upper end {upper[row]:g}, "
            "which cross; put the smaller one first. A response y with detection limits is "
            "cens(y, lower, upper), or cens(y, lower=0) with one of them"
        )
    nothing = np.isinf(lower) & np.isinf(upper)
    if nothing.any():
        row = int(np.argmax(nothing))
        raise CensoringError(
            f"{place(row)} has neither a lower nor an upper end, so that nothing is known of the "
            "response; drop such rows, as with data.dropna(subset=[...], how='all')"
        )


def refuse_uninformative(response: Response, outcome: Outcome) -> None:
    """Raise ConstantResponseError if the ends leave the mean, or the spread, without bounds."""
    assert outcome.extra is not None
    lower, upper = np.isfinite(outcome.y), np.isfinite(outcome.extra)
    if not (lower.any() and upper.any()):
        side = "left" if upper.any() else "right"
        raise ConstantResponseError(
            f"the response {response.text!r} is censored from the {side} in all {len(lower)} rows, "
            "so that its mean may lie at any distance; some must be observed, or censored from "
            "the other side"
        )
    ends = np.concatenate([outcome.y[lower], outcome.extra[upper]])
    if ends.min() == ends.max():
        raise ConstantResponseError(
            f"all that the response {response.text!r} says is on which side of {ends[0]:g} it "
            "lies, which leaves its spread unknown; take a comparison as the response of family "
            "'bernoulli', with link='probit'"
        )
