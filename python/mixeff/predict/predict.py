"""The verb: checks what is asked, predicts, and gives the answer its form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import n_rows_of, to_native
from .extrapolation import note_extrapolation
from .intervals import INTERVALS
from .new import new_design
from .predictor import one_of, predictor_of

if TYPE_CHECKING:
    from ..estimate.values import Floats
    from ..model.design import Design
    from ..results.fit import FitResults
    from .predictor import Predictor

NEW_LEVELS = ("error", "population")


def predict(
    fit: FitResults,
    data: Any = None,
    *,
    kind: str = "cluster",
    quantile: float | None = None,
    scale: str = "response",
    interval: str | None = None,
    level: float = 0.95,
    new_levels: str = "error",
) -> Any:
    """Predict the mean of each row; the arguments are those of ``Fit.predict``."""
    predictor = predictor_of(fit, kind, quantile, scale)
    one_of("new_levels", new_levels, NEW_LEVELS)
    if interval is not None:
        one_of("interval", interval, INTERVALS)
    design = _design(fit, data, new_levels if predictor.needs_groups else "population", interval)
    like = fit.inputs.frame_like if data is None else data
    if interval is None:
        return _plain(predictor, design, data, like)
    columns = INTERVALS[interval](predictor, design, level)
    return to_native(_long(predictor, design, data, columns), like)


def _plain(predictor: Predictor, design: Design, data: Any, like: Any) -> Any:
    """An array with a value for each row, or a frame with a column for each category."""
    values, labels = predictor.values(design), predictor.target.labels
    if not labels:
        return _every_row(values[:, 0], design, data)
    wide = {label: _every_row(values[:, k], design, data) for k, label in enumerate(labels)}
    return to_native(wide, like)


def _long(
    predictor: Predictor, design: Design, data: Any, columns: dict[str, Floats]
) -> dict[str, Any]:
    """Columns for each row of the data, and where there are categories for each of them."""
    labels = predictor.target.labels
    if not labels:
        return {name: _every_row(values, design, data) for name, values in columns.items()}
    wide = {name: values.reshape(-1, len(labels)) for name, values in columns.items()}
    full = {name: _every_row(values, design, data) for name, values in wide.items()}
    n = len(full["estimate"])
    names = {
        "row": np.repeat(np.arange(n), len(labels)),
        predictor.target.label_name: np.tile(np.array(labels, dtype=object), n),
    }
    return {**names, **{name: values.ravel() for name, values in full.items()}}


def _design(fit: FitResults, data: Any, new_levels: str, interval: str | None) -> Design:
    """The design to predict for."""
    if data is None:
        return fit.design
    note_extrapolation(fit, data)
    return new_design(fit, data, new_levels, trials=interval == "prediction")


def _every_row(values: Floats, design: Design, data: Any) -> Floats:
    """A value for each row of new data: NaN where the row has a missing value."""
    if data is None or design.rows is None:
        return values
    full = np.full((n_rows_of(data), *values.shape[1:]), np.nan)
    full[design.rows] = values
    return full
