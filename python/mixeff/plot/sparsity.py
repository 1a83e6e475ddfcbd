"""The picture of Z: which random effects each row carries."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentError
from . import canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..results.fit import FitResults

    Columns = dict[str, np.ndarray]

ZOOM_ROWS = 24  # of each cluster in the zoom
PIXELS = (360, 240)  # rows and columns of the picture of the whole


def sparsity_data(fit: FitResults, clusters: int | None) -> Columns:
    """Nonzero entries of Z, rows in the order of the first term's clusters.

    With ``clusters``, only the first ``ZOOM_ROWS`` rows of each of so many first clusters, and of
    the columns those that these rows use, renumbered.
    """
    if clusters is not None and clusters < 1:
        raise ArgumentError(f"clusters={clusters!r}: show at least one cluster.")
    design = fit.design
    order = _row_order(fit)
    if clusters is not None:
        order = _first_rows(order, design.factors[design.terms[0].factor].codes, clusters)
    entries = design.Z.tocsr()[order].tocoo()
    entries.eliminate_zeros()
    row, column = entries.row.astype(np.int64), entries.col.astype(np.int64)
    term = np.searchsorted(_term_ends(fit), column, side="right")
    if clusters is not None:
        column = np.unique(column, return_inverse=True)[1]
    labels = _column_labels(fit, entries.col)
    groups = np.array([design.factors[t.factor].name for t in design.terms], dtype=object)
    return {
        "row": row,
        "column": column,
        "group": groups[term],
        "effect": labels,
        "value": entries.data,
        "term": term.astype(np.int64),
    }


def _row_order(fit: FitResults) -> np.ndarray:
    """Rows sorted by the clusters of each term, the first term's first."""
    design = fit.design
    if not design.terms:
        raise ArgumentError("the model has no random effects, so that there is no Z to show.")
    return np.lexsort([design.factors[term.factor].codes for term in reversed(design.terms)])


def _first_rows(order: np.ndarray, codes: np.ndarray, clusters: int) -> np.ndarray:
    ends = np.searchsorted(codes[order], np.arange(clusters + 1))
    parts = [order[a : min(b, a + ZOOM_ROWS)] for a, b in pairwise(ends)]
    return np.concatenate(parts)


def _term_ends(fit: FitResults) -> np.ndarray:
    design = fit.design
    return np.cumsum([design.factors[t.factor].n_levels * len(t.names) for t in design.terms])


def _column_labels(fit: FitResults, columns: np.ndarray) -> np.ndarray:
    """Level and effect of columns of Z, such as ``7 Intercept``."""
    distinct, back = np.unique(columns, return_inverse=True)
    ends = _term_ends(fit)
    labels = []
    for column in distinct:
        t = int(np.searchsorted(ends, column, side="right"))
        term = fit.design.terms[t]
        own = int(column - (ends[t - 1] if t else 0))
        level = fit.design.factors[term.factor].levels[own // len(term.names)]
        labels.append(f"{level} {term.names[own % len(term.names)]}")
    return np.array(labels, dtype=object)[back]


def shape_of_z(fit: FitResults) -> tuple[int, int]:
    """Numbers of rows and of random effects."""
    return fit.design.n, int(_term_ends(fit)[-1])


def draw_sparsity(
    whole: Columns, zoom: Columns, shape: tuple[int, int], clusters: int, ax: Any = None
) -> Figure:
    """Left the whole of Z, right the rows of the first clusters, entry by entry."""
    figure, (left, right) = canvas.panels(2, canvas.PAGE, 3.6, ratios=(1.0, 1.25), ax=ax)
    with canvas.styled():
        _draw_whole(left, whole, shape)
        _draw_zoom(right, zoom, clusters)
        if len(set(whole["group"])) > 1:
            for t in np.unique(whole["term"]):
                name = whole["group"][np.argmax(whole["term"] == t)]
                left.plot([], [], "s", ms=4.0, color=_colour(t), label=str(name))
            if ax is None:
                figure.legend(loc="outside lower center", ncols=6)
            else:
                left.legend(loc="lower left")
    return figure


def _colour(term: int) -> str:
    return canvas.COLOURS[int(term) % len(canvas.COLOURS)]


def _draw_whole(axis: Axes, table: Columns, shape: tuple[int, int]) -> None:
    n, q = shape
    size = min(PIXELS[0], n), min(PIXELS[1], q)
    picture = np.ones((*size, 3))
    for t in np.unique(table["term"]):
        own = table["term"] == t
        at = table["row"][own] * size[0] // n, table["column"][own] * size[1] // q
        picture[at] = canvas.rgb(_colour(t))
    axis.imshow(picture, aspect="auto", interpolation="nearest", extent=(0, q, n, 0))
    filled = 100.0 * len(table["row"]) / (n * q)
    axis.set_title(f"Z: {n:,} \u00d7 {q:,}, {filled:.2g} % filled", loc="left")
    axis.set_xlabel("Random effect")
    axis.set_ylabel("Row, sorted by cluster")


def _draw_zoom(axis: Axes, table: Columns, clusters: int) -> None:
    rows, columns = int(table["row"].max()) + 1, int(table["column"].max()) + 1
    picture = np.ones((rows, columns, 3))
    largest = float(np.abs(table["value"]).max())
    for t in np.unique(table["term"]):
        own = table["term"] == t
        depth = 0.25 + 0.75 * np.abs(table["value"][own]) / largest
        ink = 1.0 - np.array(canvas.rgb(_colour(t)))
        picture[table["row"][own], table["column"][own]] = 1.0 - depth[:, None] * ink
    axis.imshow(picture, aspect="auto", interpolation="nearest", extent=(0, columns, rows, 0))
    slopes = ", deeper where |z| is larger" if len(np.unique(table["value"])) > 1 else ""
    axis.set_title(f"The first {clusters} clusters{slopes}", loc="left")
    axis.set_ylabel(f"Row, at most {ZOOM_ROWS} of a cluster")
    if columns <= MOST_LABELS:
        first = np.unique(table["column"], return_index=True)[1]
        axis.set_xticks(np.arange(columns) + 0.5, table["effect"][first].tolist(), rotation=90)
        axis.tick_params(axis="x", labelsize=6.0, length=0.0)
        axis.vlines(np.arange(1, columns), 0, rows, color="0.85", lw=0.4)


MOST_LABELS = 24  # more columns than this are not named
