"""A remark on predictions far outside the data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from ..data import Column, column_names, from_any
from ..errors import ExtrapolationWarning, warn

if TYPE_CHECKING:
    from ..model.design import Design
    from ..results.fit import FitResults

    Ranges = dict[str, tuple[float, float]]

FAR = 1.0  # widths of a covariate's range beyond its ends
_ranges: WeakKeyDictionary[Design, Ranges] = WeakKeyDictionary()


def note_extrapolation(fit: FitResults, data: Any) -> None:
    """Warn of numbers that lie beyond a covariate's range by more than its width.

    Parameters
    ----------
    fit : FitResults
    data : frame
        New data; None is no new data.

    Warns
    -----
    ExtrapolationWarning
        Once, naming the covariates.
    """
    if data is None:
        return
    known = _ranges_of(fit)
    names = [name for name in known if name in set(column_names(data))]
    columns = from_any(data, names) if names else {}
    far = [text for name in columns if (text := _far(columns[name], *known[name]))]
    if far:
        warn(
            f"predictions far outside the data of the fit: {', '.join(far)}. They rest on the "
            "form of the model alone",
            ExtrapolationWarning,
        )


def _ranges_of(fit: FitResults) -> Ranges:
    """Smallest and largest values of the numeric covariates in the rows used."""
    if fit.design not in _ranges:
        names = [name for name in fit.spec.inputs.covariates if name in fit.spec.schema]
        columns = from_any(fit.inputs.data, names) if names else {}
        rows = slice(None) if fit.design.rows is None else fit.design.rows
        _ranges[fit.design] = {
            name: (float(np.min(values)), float(np.max(values)))
            for name, column in columns.items()
            if _is_number(column) and len(values := column.number()[rows])
        }
    return _ranges[fit.design]


def _is_number(column: Column) -> bool:
    return not column.is_factor and column.kind != "boolean"


def _far(column: Column, low: float, high: float) -> str:
    """What to say of a column, if it reaches too far."""
    if not _is_number(column):
        return ""
    values = column.number()
    room = FAR * (high - low)
    beyond = (values < low - room) | (values > high + room)
    if not beyond.any():
        return ""
    return f"{column.name} = {values[np.argmax(beyond)]:g} (the data have {low:g} to {high:g})"
