"""The caterpillar plot: predicted random effects in order, with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..results.effects import random_effects
from ..results.parameters import critical_value, percent
from . import canvas
from .clusters import group_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..results.fit import FitResults

    Columns = dict[str, np.ndarray]

MOST_LABELS = 60  # more levels than this are not named on the axis


def caterpillar_data(fit: FitResults, group: str | None, kind: str, level: float) -> Columns:
    """Random effects of one grouping factor, each effect in increasing order."""
    group = group_name(fit, group)
    table = random_effects(fit.design, fit.estimate, kind)
    own = table["group"] == group
    table = {name: values[own] for name, values in table.items()}
    half = critical_value(level) * table["se"]
    table["lower"], table["upper"] = table["estimate"] - half, table["estimate"] + half
    table["rank"] = np.zeros(len(half), dtype=np.int64)
    for panel in _panels(table):
        table["rank"][panel] = 1 + np.argsort(np.argsort(table["estimate"][panel], kind="stable"))
    order = np.lexsort((table["rank"], *_panel_keys(table)))
    return {name: values[order] for name, values in table.items()}


def draw_caterpillar(table: Columns, level: float, ax: Any = None) -> Figure:
    """One panel per random effect; intervals that leave zero out stand in colour."""
    parts = _panels(table)
    tallest = max(int(part.sum()) for part in parts)
    height = float(np.clip(0.14 * tallest + 1.0, 2.4, 8.5)) if tallest <= MOST_LABELS else 5.0
    width = canvas.COLUMN if len(parts) == 1 else canvas.PAGE
    figure, axes = canvas.panels(len(parts), width, height, ax=ax)
    with canvas.styled():
        for axis, part in zip(axes, parts, strict=True):
            _draw_panel(axis, {name: values[part] for name, values in table.items()})
        axes[0].set_ylabel(f"{table['group'][0]} ({tallest:,} levels)")
        label = f"Random effect with {percent(level)} interval"
        if ax is None:
            figure.supxlabel(label, fontsize=8.5)
        else:
            axes[0].set_xlabel(label)
    return figure


def _draw_panel(axis: Axes, table: Columns) -> None:
    estimate, rank = table["estimate"], table["rank"]
    clear = (table["lower"] > 0.0) | (table["upper"] < 0.0)
    size = float(np.clip(160.0 / len(rank), 0.4, 3.5))
    named = len(rank) <= MOST_LABELS
    for chosen, colour in ((~clear, canvas.GREY), (clear, canvas.COLOURS[0])):
        ends = table["lower"][chosen], table["upper"][chosen]
        shade = colour if named else canvas.PALE[colour]
        axis.hlines(rank[chosen], *ends, color=shade, lw=min(1.2, size))
        axis.plot(estimate[chosen], rank[chosen], "o", color=colour, ms=max(size, 0.8))
    axis.axvline(0.0, color="black", lw=0.6, ls=":")
    if not estimate.any():
        _say_why(axis)
    axis.set_title(str(table["name"][0]))
    axis.set_ylim(0.0, len(rank) + 1.0)
    axis.set_yticks(rank if named else [], [str(v) for v in table["level"]] if named else [])
    if named:
        axis.tick_params(axis="y", length=0.0, labelsize=6.0)


def _say_why(axis: Axes) -> None:
    """Above effects that are all zero."""
    where = {"xy": (0.5, 0.98), "xycoords": "axes fraction", "ha": "center", "va": "top"}
    axis.annotate("variance estimated as zero", fontsize=7.5, backgroundcolor="white", **where)


def _panel_keys(table: Columns) -> tuple[np.ndarray, ...]:
    """Keys that sort rows panel by panel, in the order of their first appearance."""
    labels = [f"{t}\n{n}" for t, n in zip(table["term"], table["name"], strict=True)]
    place = {label: i for i, label in enumerate(dict.fromkeys(labels))}
    return (np.array([place[label] for label in labels]),)


def _panels(table: Columns) -> list[np.ndarray]:
    (place,) = _panel_keys(table)
    return [place == i for i in range(int(place.max(initial=-1)) + 1)]
