"""Probabilities of categories with their intervals, a panel for each category."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..results.parameters import percent
from . import canvas
from .categories import axis_label
from .curves import group_texts, groups, on_axis, rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    Columns = dict[str, np.ndarray]

ACROSS = 3  # panels in a row
HEIGHT = 1.75  # inches of a row of them
ASIDE = 0.16  # between points of different groups at a level


def draw_bands(
    table: Columns, variable: str, by: str | None, response: str, level: float, ax: Any = None
) -> Figure:
    """Curves with bands, or points with bars at levels; colours tell the values of ``by`` apart."""
    names = list(dict.fromkeys(table["category"].tolist()))
    across = _across(len(names))
    width = canvas.COLUMN if across == 1 else canvas.PAGE
    height = HEIGHT * -(-len(names) // across) + 0.5
    figure, axes = canvas.grid(len(names), across, width, height, ax=ax)
    with canvas.styled():
        for k, (axis, name) in enumerate(zip(axes, names, strict=True)):
            _draw_panel(axis, rows(table, table["category"] == name), variable, by)
            axis.set_title(f"{response} = {name}")
            axis.set_ylim(-0.02, 1.02)
            axis.set_xlabel(variable if k + across >= len(names) else "")
            axis.set_ylabel(axis_label(table) if k % across == 0 else "")
        _legend(axes, table, variable, by, level)
    return figure


def _across(panels: int) -> int:
    """Panels in a row: four stand in a square."""
    return 2 if panels == 4 else min(panels, ACROSS)


def _draw_panel(axis: Axes, part: Columns, variable: str, by: str | None) -> None:
    every = list(groups(part, by))
    draw = _points if part[variable].dtype == object else _curve
    for k, (_, colour, own) in enumerate(every):
        draw(axis, own, variable, colour, ASIDE * (k - (len(every) - 1) / 2))


def _curve(axis: Axes, own: Columns, variable: str, colour: str, shift: float) -> None:
    x = own[variable].astype(float)
    axis.plot(x, own["estimate"], color=colour)
    if _known(own):
        axis.fill_between(x, own["lower"], own["upper"], color=colour, alpha=0.18, lw=0.0)


def _points(axis: Axes, own: Columns, variable: str, colour: str, shift: float) -> None:
    x = on_axis(axis, own[variable]) + shift
    if _known(own):
        axis.vlines(x, own["lower"], own["upper"], color=colour, lw=1.2)
    axis.plot(x, own["estimate"], "o", ms=4.0, color=colour)
    axis.set_xlim(-0.5, float(np.floor(x.max() + 0.5)) + 0.5)


def _known(own: Columns) -> bool:
    return bool(np.isfinite(own["lower"]).all())


def _legend(axes: list[Axes], table: Columns, variable: str, by: str | None, level: float) -> None:
    """The groups, and what bands or bars are, right of the first row of panels."""
    axis = axes[_across(len(axes)) - 1]
    for text, (_, colour, _) in zip(group_texts(table, by), groups(table, by), strict=False):
        axis.plot([], [], color=colour, label=text)
    look: dict[str, Any] = {"color": canvas.GREY, "label": f"{percent(level)} CI"}
    if _known(table) and table[variable].dtype == object:
        axis.plot([], [], lw=1.2, **look)
    elif _known(table):
        axis.fill_between([], [], [], alpha=0.4, lw=0.0, **look)
    if axis.get_legend_handles_labels()[0]:
        axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), handlelength=1.4)
