"""Answers of a server that holds a fit: typed-in values to predictions with their intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ...data import from_any
from ...errors import ArgumentError, NotAvailableError
from .inputs import Covariates
from .meaning import number
from .words import listed

if TYPE_CHECKING:
    from ...data import Column

KINDS = ("marginal", "median", "cluster")


def answer(fit: Any, question: Any, level: float = 0.95) -> dict[str, Any]:
    """Predict for one row of typed-in values.

    Parameters
    ----------
    fit : Fit
    question : mapping
        ``kind``, as in ``Fit.predict``, and ``values``: text by the name of the column. A grouping
        factor that is left out or blank has its random effects at zero.
    level : float
        Coverage of the interval.

    Returns
    -------
    dict
        ``columns``, ``rows``, and a ``note`` on what to be careful of.

    Raises
    ------
    MixeffError
        For a kind, column, number or level that is none; the message names it.
    """
    kind, values = _question(question)
    groups = fit.spec.inputs.groups
    wanted = dict.fromkeys((*fit.spec.inputs.covariates, *groups))
    for name in values:
        if name not in wanted:
            raise ArgumentError(
                f"{name!r} is no column that the model reads; those are: {', '.join(wanted)}."
            )
    known = from_any(fit.inputs.data, list(wanted))
    given = {name: text for name, text in values.items() if text != "" or name not in groups}
    row = {name: [typed(known[name], text)] for name, text in given.items()}
    for name in groups:
        _known_level(known[name], row.get(name))
    missing = [name for name in fit.spec.inputs.covariates if name not in row]
    if missing:
        raise ArgumentError(f"a value is missing for {listed(missing)}.")
    complete = all(name in row for name in groups)
    table, note = _predicted(fit, row, kind, level, "error" if complete else "population")
    notes = [note, _outside(fit, row), "" if complete or kind != "cluster" else NO_LEVEL]
    return {**table, "note": " ".join(filter(None, notes))}


NO_LEVEL = "A level was not given: its random effects are at zero."


def _question(question: Any) -> tuple[str, dict[str, str]]:
    values = question.get("values") if isinstance(question, Mapping) else None
    if not isinstance(values, Mapping):
        raise ArgumentError('a question is an object with "kind" and "values".')
    kind = question.get("kind", "marginal")
    if kind not in KINDS:
        raise ArgumentError(f"kind={kind!r} is not one of {', '.join(map(repr, KINDS))}.")
    return kind, {str(name): str(value).strip() for name, value in values.items()}


def typed(column: Column, text: str) -> Any:
    """A value of a column as it was typed in."""
    if column.levels is not None:
        levels = {str(level): level for level in column.levels.tolist()}
        if text not in levels:
            few = ", ".join(list(levels)[:8]) + (", ..." if len(levels) > 8 else "")
            raise ArgumentError(f"{text!r} is no level of {column.name!r}, which are: {few}.")
        return levels[text]
    if column.kind == "boolean":
        return _boolean(column.name, text)
    try:
        value = float(text)
    except ValueError:
        raise ArgumentError(f"{text!r} is no number, which {column.name!r} needs.") from None
    if not np.isfinite(value):
        raise ArgumentError(f"{column.name!r} is {text}, where a finite number is needed.")
    return int(value) if column.kind == "integer" and value.is_integer() else value


def _known_level(column: Column, given: list[Any] | None) -> None:
    """Refuse a level of a grouping factor that the data did not have."""
    if given is not None and given[0] not in column.codes()[1].tolist():
        raise ArgumentError(
            f"{given[0]!r} is no level of {column.name!r} in the data of the fit; leave it blank "
            "for random effects at zero."
        )


def _boolean(name: str, text: str) -> bool:
    known = {"true": True, "1": True, "false": False, "0": False}
    if text.lower() not in known:
        raise ArgumentError(f"{text!r} is neither true nor false, which {name!r} needs.")
    return known[text.lower()]


def _predicted(
    fit: Any, row: dict[str, list[Any]], kind: str, level: float, new_levels: str
) -> tuple[dict[str, Any], str]:
    """The prediction as columns and rows, and a note where there is no interval."""
    options, note = {"kind": kind, "new_levels": new_levels}, ""
    try:
        frame = fit.predict(row, interval="confidence", level=level, **options)
    except NotAvailableError as error:
        frame, note = fit.predict(row, **options), str(error)
    if isinstance(frame, np.ndarray):
        return {"columns": ["estimate"], "rows": [[_plain(v)] for v in frame]}, note
    every = [str(name) for name in (frame if isinstance(frame, Mapping) else frame.columns)]
    names = every[every.index("estimate") - 1 :] if "row" in every else every  # of the only row
    columns = [[_plain(v) for v in np.asarray(frame[name]).tolist()] for name in names]
    return {"columns": names, "rows": [list(r) for r in zip(*columns, strict=True)]}, note


def _plain(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else "not a number"
    return value if isinstance(value, bool | int | str) else str(value)


def _outside(fit: Any, row: dict[str, list[Any]]) -> str:
    """Which numbers lie where there are no data."""
    found = []
    for one in Covariates(fit).inputs():
        value = row.get(one["name"], [None])[0]
        if one["kind"] == "number" and value is not None:
            low, high = one["range"]
            if not low <= value <= high:
                found.append(f"{one['name']} ({number(low)} to {number(high)})")
    return f"Outside the data, an extrapolation: {listed(found)}." if found else ""
