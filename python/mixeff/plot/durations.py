"""Survival and hazard curves of durations in discrete time, marginal and conditional."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import NotAvailableError
from ..results.linear import require_places
from ..results.parameters import percent
from . import canvas
from .categories import long_table
from .curves import STYLES, WORDS, groups, legend, legend_height, rows
from .effects import KINDS
from .grid import reference_grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..results.fit import FitResults

    Columns = dict[str, np.ndarray]

LABELS = {"survival": "Survival", "hazard": "Hazard"}


def durations_data(
    fit: FitResults, by: str | None, at: Mapping[str, Any] | None, scale: str, level: float
) -> Columns:
    """Survival up to each period, or the hazard in it, for each value of ``by`` and kind.

    Survival begins at one in period 0.
    """
    require_places(fit.estimate)
    kind = fit.design.distribution.categories
    if kind is None or not kind.timed:
        raise NotAvailableError(
            f"the response of family {fit.design.family!r} is no duration; fit "
            'survival(time, event) with family="duration" for survival and hazard curves.'
        )
    grid = reference_grid(fit, None, by, at)
    parts = [long_table(fit, grid, [by], kind, "period", scale, level) for kind in KINDS]
    table = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    table["period"] = table["period"].astype(np.int64)
    return table if scale == "hazard" else _from_one(table)


def _from_one(table: Columns) -> Columns:
    """The table with a row of survival one in period 0 before each curve."""
    first = np.flatnonzero(table["period"] == table["period"].min())
    start = {name: values[first] for name, values in table.items()}
    start["period"] = np.zeros_like(first)
    start |= {name: np.ones(len(first)) for name in ("estimate", "lower", "upper")}
    return {name: np.insert(values, first, start[name]) for name, values in table.items()}


def draw_durations(
    table: Columns, by: str | None, time: str, scale: str, level: float, ax: Any = None
) -> Figure:
    """Steps for survival, points on lines for hazards; solid marginal, dashed median."""
    known = f", {percent(level)} CI" if np.isfinite(table["lower"]).all() else ""
    words = {kind: WORDS[kind].replace("mean", scale + known) for kind in KINDS}
    height = 2.3 + legend_height(table, by, words)
    figure, (axis,) = canvas.panels(1, canvas.COLUMN, height, ax=ax)
    draw = {"survival": _draw_survival, "hazard": _draw_hazard}[scale]
    with canvas.styled():
        for _, colour, part in groups(table, by):
            for kind, style in STYLES.items():
                own = rows(part, part["kind"] == kind)
                own = _prolonged(own) if scale == "survival" else own
                draw(axis, own["period"], own["estimate"], colour, style)
                if kind == "marginal":
                    _draw_band(axis, own, colour, scale)
        axis.set_ylim(0.0, None if scale == "hazard" else 1.02)
        canvas.whole_ticks(axis)
        axis.set_xlabel(time)
        axis.set_ylabel(LABELS[scale])
        legend(axis, table, by, words, False)
    return figure


def _prolonged(own: Columns) -> Columns:
    """The last step with a length of its own, so that its interval is seen."""
    longer = {name: np.append(values, values[-1:]) for name, values in own.items()}
    return longer | {"period": np.append(own["period"], own["period"][-1] + 0.5)}


def _draw_band(axis: Axes, own: Columns, colour: str, scale: str) -> None:
    """The interval, where there is one."""
    if np.isfinite(own["lower"]).all():
        step = "post" if scale == "survival" else None
        ends = own["lower"], own["upper"]
        axis.fill_between(own["period"], *ends, step=step, color=colour, alpha=0.18, lw=0.0)


def _draw_survival(axis: Axes, x: np.ndarray, y: np.ndarray, colour: str, style: str) -> None:
    axis.step(x, y, where="post", color=colour, ls=style)


def _draw_hazard(axis: Axes, x: np.ndarray, y: np.ndarray, colour: str, style: str) -> None:
    face = colour if style == "-" else "white"
    axis.plot(x, y, color=colour, ls=style, marker="o", ms=2.5, mfc=face)
