"""What pictures of predicted curves share: line styles of the kinds, groups, and the legend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import canvas

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

    from ..results.fit import FitResults

    Columns = dict[str, np.ndarray]

STYLES = {"marginal": "-", "median": "--"}
MARKERS = {"marginal": "o", "median": "s"}
WORDS = {"marginal": "marginal mean", "median": "median cluster"}


def mean_label(fit: FitResults, category: Any = None) -> str:
    """What is on the vertical axis: ``Probability of use = Y``, ``Mean of y``."""
    name, family = response_name(fit), fit.design.distribution
    if family.categories is not None:
        return f"Probability of {name}" + (f" = {category}" if category is not None else "")
    if not family.is_binary:
        return f"Mean of {name}"
    levels = fit.spec.response_levels
    return f"Probability of {name}" + (f" = {levels[1]}" if levels else "")


def response_name(fit: FitResults) -> str:
    """The response, or the time of a duration, as it stands in the formula."""
    response = fit.spec.formula.response
    return response.parts[0] if response else ""


def groups(table: Columns, by: str | None) -> Iterator[tuple[Any, str, Columns]]:
    """Each value of ``by`` with its colour and its rows."""
    values = [None] if by is None else list(dict.fromkeys(table[by].tolist()))
    for value, colour in zip(values, canvas.colours(len(values)), strict=True):
        own = np.ones(len(table["kind"]), dtype=bool) if by is None else table[by] == value
        yield value, colour, rows(table, own)


def rows(table: Columns, own: np.ndarray) -> Columns:
    """Some rows of a table."""
    return {name: values[own] for name, values in table.items()}


def on_axis(axis: Axes, values: np.ndarray) -> np.ndarray:
    """Where values stand on the horizontal axis; words get ticks of their own."""
    if values.dtype != object:
        return values.astype(float)
    names = list(dict.fromkeys(values.tolist()))
    axis.set_xticks(range(len(names)), [str(name) for name in names])
    return np.array([names.index(value) for value in values.tolist()], dtype=float)


def value_text(value: Any) -> str:
    """A value as it stands in a legend."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def legend(axis: Axes, table: Columns, by: str | None, words: dict[str, str], points: bool) -> None:
    """Colours of the groups in one column, styles of the kinds in the next, above the axes.

    Parameters
    ----------
    axis : Axes
    table : dict of ndarray
    by : str or None
    words : mapping
        A word for each kind drawn.
    points : bool
        Whether kinds are told by markers, not by lines.
    """
    values = [] if by is None else list(dict.fromkeys(table[by].tolist()))
    handles = [
        axis.plot([], [], color=colour, label=f"{by} {value_text(value)}")[0]
        for value, colour in zip(values, canvas.colours(len(values)), strict=True)
    ]
    marks = [_mark(axis, kind, text, points) for kind, text in words.items()]
    filled = [handles, marks] if by else [marks]
    longest = max(len(column) for column in filled)
    for column in filled:
        column += [axis.plot([], [], ls="", label=" ")[0] for _ in range(longest - len(column))]
    axis.legend(
        handles=[handle for column in filled for handle in column],
        ncols=len(filled),
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        borderaxespad=0.2,
        columnspacing=1.2,
    )


def _mark(axis: Axes, kind: str, text: str, points: bool) -> Any:
    mark: dict[str, Any] = {"marker": MARKERS[kind], "ls": ""} if points else {"ls": STYLES[kind]}
    if points and kind != "marginal":
        mark["mfc"] = "white"
    return axis.plot([], [], color="0.25", ms=4.0, label=text, **mark)[0]
