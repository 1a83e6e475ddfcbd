"""The forest plot of methods: one panel per parameter, one line per method."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import NotAvailableError
from ..results.methods import by_parameter, parameter_label
from ..results.parameters import percent
from . import canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..results.methods import MethodResults

    Columns = dict[str, np.ndarray]

ACROSS = 4  # panels in a row, at most


def draw_methods(results: MethodResults, level: float, ax: Any = None) -> Figure:
    """Points with intervals; a dotted line at the estimate with the highest likelihood."""
    table = results.parameters(level)
    panels = by_parameter(table)
    if not panels:
        raise NotAvailableError("no method took the model, so that there is nothing to draw.")
    drawn = list(results.fits)
    down = ceil(len(panels) / ACROSS)
    across = ceil(len(panels) / down)
    width = min(1.1 + 1.9 * across, canvas.PAGE)
    height = 0.3 + down * (0.65 + 0.16 * len(drawn))
    figure, axes = canvas.grid(len(panels), across, width, height, ax)
    with canvas.styled():
        for axis, (key, rows) in zip(axes, panels.items(), strict=True):
            _draw_panel(axis, {k: v[rows] for k, v in table.items()}, drawn, results)
            axis.set_title(parameter_label(key).replace(" | ", "\n"))
        for axis in axes[::across]:
            axis.set_yticks(range(len(drawn)), drawn)
        label = f"Estimate with {percent(level)} interval"
        if ax is None:
            figure.supxlabel(label, fontsize=8.5)
        else:
            axes[0].set_xlabel(label)
    return figure


def _draw_panel(axis: Axes, part: Columns, drawn: list[str], results: MethodResults) -> None:
    place = np.array([drawn.index(method) for method in part["method"]])
    converged = np.array([results.fits[method].converged for method in part["method"]])
    estimate, colour = part["estimate"], canvas.COLOURS[0]
    axis.hlines(place, part["lower"], part["upper"], color=colour, lw=1.2)
    axis.plot(estimate[converged], place[converged], "o", color=colour, ms=3.5)
    axis.plot(estimate[~converged], place[~converged], "o", color=colour, mfc="white", ms=3.5)
    for value in estimate[part["method"] == results.best]:
        axis.axvline(float(value), color=canvas.GREY, lw=0.7, ls=":", zorder=0)
    axis.set_ylim(len(drawn) - 0.4, -0.6)
    axis.set_yticks([])
    axis.tick_params(axis="y", length=0.0)
