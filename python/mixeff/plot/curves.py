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
LINE = 0.15  # inches of a line of a legend
WIDEST = 38  # characters of two columns of a legend, in a column of a journal
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


def legend_height(table: Columns, by: str | None, words: dict[str, str]) -> float:
    """Height in inches that a figure gives its legend."""
    return LINE * max(len(column) for column in _legend_texts(table, by, words))


def legend(axis: Axes, table: Columns, by: str | None, words: dict[str, str], points: bool) -> None:
    """Colours of the groups and styles of the kinds, above the axes.

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
    values = _values(table, by)
    handles = dict(zip(group_texts(table, by), canvas.colours(len(values)), strict=True))
    drawn = {
        **{t: axis.plot([], [], color=colour, label=t)[0] for t, colour in handles.items()},
        **{text: _mark(axis, kind, text, points) for kind, text in words.items()},
    }
    columns = [[drawn[text] for text in column] for column in _legend_texts(table, by, words)]
    longest = max(len(column) for column in columns)
    for column in columns:
        column += [axis.plot([], [], ls="", label=" ")[0] for _ in range(longest - len(column))]
    axis.legend(
        handles=[handle for column in columns for handle in column],
        ncols=len(columns),
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        borderaxespad=0.2,
        columnspacing=1.2,
    )


def _values(table: Columns, by: str | None) -> list[Any]:
    return [] if by is None else list(dict.fromkeys(table[by].tolist()))


def group_texts(table: Columns, by: str | None) -> list[str]:
    """Each value of ``by`` as it stands in a legend; none without ``by``."""
    return [f"{by} {value_text(value)}" for value in _values(table, by)]


def _legend_texts(table: Columns, by: str | None, words: dict[str, str]) -> list[list[str]]:
    """Groups in one column and kinds in the next, or all in one where that would be too wide."""
    texts, kinds = group_texts(table, by), list(words.values())
    if not texts:
        return [kinds]
    wide = max(map(len, texts)) + max(map(len, kinds)) > WIDEST
    return [[*texts, *kinds]] if wide else [texts, kinds]


def _mark(axis: Axes, kind: str, text: str, points: bool) -> Any:
    mark: dict[str, Any] = {"marker": MARKERS[kind], "ls": ""} if points else {"ls": STYLES[kind]}
    if points and kind != "marginal":
        mark["mfc"] = "white"
    return axis.plot([], [], color="0.25", ms=4.0, label=text, **mark)[0]
