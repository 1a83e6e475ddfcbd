"""Stacked probabilities of categories along a covariate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentError, NotAvailableError
from ..predict import predict
from ..results.linear import require_places
from . import canvas
from .curves import WORDS, on_axis, rows, value_text
from .grid import named_columns, reference_grid

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..results.fit import FitResults

    Columns = dict[str, np.ndarray]


def categories_data(
    fit: FitResults,
    variable: str,
    by: str | None,
    kind: str,
    at: Mapping[str, Any] | None,
    level: float,
) -> Columns:
    """Probabilities of the categories on a grid, a row for each value and category."""
    require_places(fit.estimate)
    categories = fit.design.distribution.categories
    if categories is None or categories.timed:
        other = "effects(variable)" if categories is None else "survival(by)"
        raise NotAvailableError(
            f"the response of family {fit.design.family!r} has no categories to stack; take "
            f"fit.plot.{other}."
        )
    grid = reference_grid(fit, variable, by, at)
    return long_table(fit, grid, [variable, by], kind, "category", "response", level)


def long_table(
    fit: FitResults,
    grid: pd.DataFrame,
    names: list[str | None],
    kind: str,
    label: str,
    scale: str,
    level: float,
) -> Columns:
    """Predictions of categories, or of periods, below one another.

    Parameters
    ----------
    fit : FitResults
    grid : DataFrame
        The rows to predict for.
    names : list of str
        Its columns to keep.
    kind : str
        "marginal" or "median".
    label : str
        Name of the column that says which category.
    scale : str
        As of ``Fit.predict``.
    level : float
        Coverage of the intervals.
    """
    if kind not in WORDS:
        raise ArgumentError(f"kind={kind!r} is not one of {', '.join(map(repr, WORDS))}.")
    found, labels = probabilities(fit, grid, kind, scale, level)
    columns = {
        name: np.repeat(values, len(labels)) for name, values in named_columns(grid, names).items()
    }
    columns[label] = np.tile(np.array(labels, dtype=object), len(grid))
    columns["kind"] = np.full(len(grid) * len(labels), kind, dtype=object)
    return columns | {name: values.ravel() for name, values in found.items()}


def probabilities(
    fit: FitResults, grid: pd.DataFrame, kind: str, scale: str, level: float
) -> tuple[Columns, list[str]]:
    """Predictions of categories with their intervals, each of shape (rows, categories), and labels.

    Ends are NaN where there are no intervals.
    """
    table = predict(fit, grid, kind=kind, scale=scale)
    labels = list(table.columns)
    estimate = np.column_stack([table[name] for name in labels])
    missing = np.full_like(estimate, np.nan)
    try:
        ends = predict(fit, grid, kind=kind, scale=scale, interval="confidence", level=level)
    except NotAvailableError:
        return {"estimate": estimate, "lower": missing, "upper": missing}, labels
    bounds = {name: np.asarray(ends[name]).reshape(estimate.shape) for name in ("lower", "upper")}
    return {"estimate": estimate, **bounds}, labels


def require_category(fit: FitResults, category: Any) -> int | None:
    """Position of a category of the response; None where it has none and none is asked for."""
    labels = [str(label) for label in fit.design.categories]
    if not labels and category is None:
        return None
    if not labels:
        raise ArgumentError(
            f"category={category!r}: the response of family {fit.design.family!r} has no "
            "categories; leave it out."
        )
    if category is None or str(category) not in labels:
        raise ArgumentError(
            f"category={category!r}: the response has the categories {', '.join(labels)}; name "
            "the one whose probability to draw."
        )
    return labels.index(str(category))


def draw_categories(
    table: Columns, variable: str, by: str | None, response: str, ordered: bool, ax: Any = None
) -> Figure:
    """Areas, or bars, that add up to one; a panel for each value of ``by``."""
    values = [None] if by is None else list(dict.fromkeys(table[by].tolist()))
    width = canvas.COLUMN if len(values) == 1 else canvas.PAGE
    figure, axes = canvas.panels(len(values), width, 2.6, ax=ax)
    names = list(dict.fromkeys(table["category"].tolist()))
    colours = canvas.ordered_colours(len(names)) if ordered else canvas.colours(len(names))
    with canvas.styled():
        for axis, value in zip(axes, values, strict=True):
            own = np.ones(len(table["kind"]), bool) if by is None else table[by] == value
            _draw_panel(axis, rows(table, own), variable, names, colours)
            axis.set_title("" if by is None else f"{by} {value_text(value)}")
            axis.set_xlabel(variable)
            axis.set_yticklabels([]) if axis is not axes[0] else None
        axes[0].set_ylabel(axis_label(table))
        _legend(axes[-1], names, colours, response)
    return figure


def axis_label(table: Columns) -> str:
    """What is on the vertical axis, and whether it is averaged over the random effects."""
    return f"Probability ({WORDS[str(table['kind'][0])].split()[0]})"


def _draw_panel(
    axis: Axes, part: Columns, variable: str, names: list[str], colours: list[str]
) -> None:
    x = on_axis(axis, part[variable])[:: len(names)]
    heights = part["estimate"].reshape(-1, len(names)).T
    edge = {"edgecolor": "white", "linewidth": 0.4}
    if part[variable].dtype == object:
        bottom = np.zeros(len(x))
        for height, colour in zip(heights, colours, strict=True):
            axis.bar(x, height, 0.75, bottom, color=colour, **edge)
            bottom = bottom + height
    else:
        axis.stackplot(x, heights, colors=colours, **edge)
        axis.set_xlim(x[0], x[-1])
    axis.set_ylim(0.0, 1.0)


def _legend(axis: Axes, names: list[str], colours: list[str], title: str) -> None:
    """Categories in the order in which they are stacked, highest first."""
    from_top = list(zip(names, colours, strict=True))[::-1]
    for name, colour in from_top:
        axis.plot([], [], "s", ms=5.0, color=colour, label=name)
    axis.legend(title=title, loc="center left", bbox_to_anchor=(1.0, 0.5), handlelength=1.0)
