"""The predicted curve: the mean along a covariate, marginal and for a median cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import from_any
from ..errors import ArgumentError, NotAvailableError
from ..predict import predict
from ..results.linear import require_places
from ..results.parameters import percent
from . import canvas

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..data import Column
    from ..results.fit import FitResults

    Columns = dict[str, np.ndarray]

POINTS = 60  # along a numeric covariate
FEW = 12  # distinct whole numbers that are shown one by one
FEW_CURVES = 4
QUARTILES = (0.25, 0.5, 0.75)
KINDS = ("marginal", "median")


def effects_data(
    fit: FitResults,
    variable: str,
    by: str | None,
    at: Mapping[str, Any] | None,
    level: float,
) -> Columns:
    """Predicted means on a grid of a covariate, the others held at typical values."""
    require_places(fit.estimate)
    grid = reference_grid(fit, variable, by, at or {})
    parts = [part for kind in KINDS if (part := _predicted(fit, grid, kind, level))]
    names = [variable, *([by] if by else [])]
    columns = {name: np.concatenate([np.asarray(grid[name]) for _ in parts]) for name in names}
    columns["kind"] = np.repeat(np.array([p["kind"] for p in parts], dtype=object), len(grid))
    for name in ("estimate", "lower", "upper"):
        columns[name] = np.concatenate([part[name] for part in parts])
    return columns


def _predicted(fit: FitResults, grid: pd.DataFrame, kind: str, level: float) -> dict[str, Any]:
    try:
        table = predict(fit, grid, kind=kind, interval="confidence", level=level)
    except NotAvailableError:  # a marginal mean that does not exist is left out
        return {}
    columns = {name: np.asarray(table[name]) for name in ("estimate", "lower", "upper")}
    return {"kind": kind, **columns}


def reference_grid(
    fit: FitResults, variable: str, by: str | None, at: Mapping[str, Any]
) -> pd.DataFrame:
    """All values of the covariate with those of ``by``, the others at mean or commonest level."""
    import pandas as pd

    columns = from_any(fit.inputs.data, list(fit.spec.schema))
    columns = columns if fit.design.rows is None else columns.take(fit.design.rows)
    for name in (variable, *([by] if by else []), *at):
        if name not in columns:
            raise ArgumentError(
                f"{name!r} is no column that the model uses; those are: {', '.join(columns)}."
            )
    along = _along(columns[variable])
    across = np.zeros(1) if by is None else _across(columns[by])
    grid = {
        name: _constant(column, at.get(name, _typical(column)), len(along) * len(across))
        for name, column in columns.items()
    }
    grid[variable] = _column(columns[variable], np.tile(along, len(across)))
    if by is not None:
        grid[by] = _column(columns[by], np.repeat(across, len(along)))
    return pd.DataFrame(grid)


def _along(column: Column) -> np.ndarray:
    """Values over the range of the covariate: its levels, few whole numbers, or an even grid."""
    if column.is_factor:
        return np.asarray(column.levels)
    distinct = np.unique(column.values)
    if column.kind == "boolean" or (column.kind == "integer" and len(distinct) <= FEW):
        return distinct
    return np.linspace(distinct[0], distinct[-1], POINTS)


def _across(column: Column) -> np.ndarray:
    """Values that tell curves apart: levels, few numbers, or the quartiles."""
    if column.is_factor:
        return np.asarray(column.levels)
    distinct = np.unique(column.values)
    return distinct if len(distinct) <= FEW_CURVES else np.unique(np.quantile(distinct, QUARTILES))


def _typical(column: Column) -> Any:
    if not column.is_factor and column.kind != "boolean":
        return float(np.mean(column.values))
    values, counts = np.unique(column.values, return_counts=True)
    commonest = values[np.argmax(counts)]
    return commonest if column.levels is None else column.levels[commonest]


def _constant(column: Column, value: Any, n: int) -> Any:
    return _column(column, np.full(n, value, dtype=object if column.is_factor else None))


def _column(column: Column, values: np.ndarray) -> Any:
    import pandas as pd

    return pd.Categorical(values, categories=column.levels) if column.is_factor else values


def mean_label(fit: FitResults) -> str:
    """What is on the vertical axis: ``Probability of use = Y``, ``Mean of y``."""
    response = fit.spec.formula.response
    name = response.parts[0] if response else ""
    if not fit.design.distribution.is_binary:
        return f"Mean of {name}"
    levels = fit.spec.response_levels
    return f"Probability of {name}" + (f" = {levels[1]}" if levels else "")


def draw_effects(table: Columns, variable: str, by: str | None, label: str, level: float) -> Figure:
    """Marginal means solid with their interval, those of a median cluster dashed.

    Where the two are the same, as in a linear model, one is drawn.
    """
    table = _without_copies(table)
    words = table[variable].dtype == object
    figure, (axis,) = canvas.panels(1, 4.6 if by else 3.8, 2.9)
    curves = [None] if by is None else list(dict.fromkeys(table[by].tolist()))
    with canvas.styled():
        for i, value in enumerate(curves):
            own = np.ones(len(table["kind"]), dtype=bool) if by is None else table[by] == value
            part = {name: values[own] for name, values in table.items()}
            colour = canvas.COLOURS[i % len(canvas.COLOURS)]
            shift = 0.16 * (i - (len(curves) - 1) / 2)
            draw = _draw_points if words else _draw_curves
            draw(axis, part, variable, colour, shift)
        axis.set_xlabel(variable)
        axis.set_ylabel(label)
        _legend(axis, table, by, curves, words, level)
    return figure


def _draw_curves(axis: Axes, part: Columns, variable: str, colour: str, shift: float) -> None:
    for kind, style in STYLES.items():
        own = part["kind"] == kind
        x = part[variable][own].astype(float)
        axis.plot(x, part["estimate"][own], color=colour, ls=style)
        if kind == banded(part):
            ends = part["lower"][own], part["upper"][own]
            axis.fill_between(x, *ends, color=colour, alpha=0.18, lw=0.0)


def _draw_points(axis: Axes, part: Columns, variable: str, colour: str, shift: float) -> None:
    levels = list(dict.fromkeys(part[variable].tolist()))
    for kind, marker in MARKERS.items():
        own = part["kind"] == kind
        x = np.array([levels.index(v) for v in part[variable][own]], dtype=float) + shift
        x += 0.08 * (kind != "marginal")
        estimate = part["estimate"][own]
        face = colour if kind == "marginal" else "white"
        ends = np.abs(np.vstack([part["lower"][own], part["upper"][own]]) - estimate)
        axis.errorbar(
            x, estimate, ends, fmt=marker, color=colour, mfc=face, ms=4.0, lw=1.0, capsize=0.0
        )
    axis.set_xticks(range(len(levels)), [str(v) for v in levels])
    axis.set_xlim(-0.6, len(levels) - 0.4)


def _without_copies(table: Columns) -> Columns:
    marginal = table["kind"] == "marginal"
    same = 2 * marginal.sum() == len(marginal) and np.allclose(
        table["estimate"][marginal], table["estimate"][~marginal], rtol=1e-9
    )
    return {name: values[marginal] for name, values in table.items()} if same else table


STYLES = {"marginal": "-", "median": "--"}
MARKERS = {"marginal": "o", "median": "s"}


def banded(table: Columns) -> str:
    """The kind whose interval is drawn as a band: the marginal mean, where it exists."""
    return "marginal" if (table["kind"] == "marginal").any() else "median"


def _legend(
    axis: Axes, table: Columns, by: str | None, curves: list, words: bool, level: float
) -> None:
    for i, value in enumerate(curves):
        if by is not None:
            text = f"{value:.3g}" if isinstance(value, float) else str(value)
            axis.plot([], [], color=canvas.COLOURS[i % len(canvas.COLOURS)], label=f"{by} {text}")
    for kind in dict.fromkeys(table["kind"].tolist()):
        mark: Any = {"marker": MARKERS[kind], "ls": ""} if words else {"ls": STYLES[kind]}
        if words and kind == "median":
            mark["mfc"] = "white"
        known = f", {percent(level)} CI" if words or kind == banded(table) else ""
        name = WORDS[kind] if len(set(table["kind"])) > 1 else "mean"
        axis.plot([], [], color="0.25", ms=4.0, label=name + known, **mark)
    if by is None:
        axis.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0.2)
    else:
        axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))


WORDS = {"marginal": "marginal mean", "median": "median cluster"}
