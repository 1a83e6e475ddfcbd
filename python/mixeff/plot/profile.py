"""Profile curves: the signed root of the log-likelihood along each parameter, and its limits."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from ..results.parameters import critical_value, percent
from . import canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..results.profiles import Columns

ACROSS = 4  # panels in a row, at most


def draw_profile(points: Columns, ends: Columns, level: float, ax: Any = None) -> Figure:
    """A panel for each parameter: zeta against value; a straight line is a quadratic likelihood."""
    count = len(ends["parameter"])
    across = ceil(count / ceil(count / ACROSS))
    width = canvas.COLUMN if across == 1 else canvas.PAGE * max(across, 2) / ACROSS
    height = 2.4 if count == 1 else 0.4 + 1.6 * ceil(count / across)
    figure, axes = canvas.grid(count, across, width, height, ax)
    with canvas.styled():
        for i, axis in enumerate(axes):
            own = points["parameter"] == ends["parameter"][i]
            end = {name: values[i] for name, values in ends.items()}
            _draw_panel(axis, points["value"][own], points["zeta"][own], end, critical_value(level))
            axis.set_title(str(end["parameter"]).replace(" | ", "\n| "))
            if i % across:
                axis.set_yticklabels([])
        if ax is None:
            figure.supxlabel(f"Value, with its {percent(level)} profile interval", fontsize=8.5)
            figure.supylabel("Signed root of the deviance", fontsize=8.5)
    return figure


def _draw_panel(
    axis: Axes, value: np.ndarray, zeta: np.ndarray, end: dict[str, Any], crossing: float
) -> None:
    from scipy.interpolate import PchipInterpolator

    fine = np.linspace(value[0], value[-1], 200)
    axis.plot(fine, PchipInterpolator(value, zeta)(fine), color=canvas.COLOURS[0])
    for sign, limit in ((-1.0, end["lower"]), (1.0, end["upper"])):
        axis.axhline(sign * crossing, color=canvas.GREY, lw=0.6, ls=":")
        if value[0] <= limit <= value[-1]:
            height = float(np.interp(limit, value, zeta))
            axis.plot([limit, limit], [-1.25 * crossing, height], color=canvas.GREY, lw=0.8)
    axis.plot(end["estimate"], 0.0, "o", color=canvas.COLOURS[0], ms=3.0)
    axis.set_ylim(-1.25 * crossing, 1.25 * crossing)
