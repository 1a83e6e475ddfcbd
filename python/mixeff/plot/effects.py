"""The predicted curve: the mean along a covariate, marginal and for a median cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentError, NotAvailableError
from ..predict import predict
from ..results.linear import require_places
from ..results.parameters import percent
from . import canvas
from .categories import probabilities, require_category
from .curves import MARKERS, STYLES, WORDS, groups, legend, legend_height
from .grid import named_columns, reference_grid

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..results.fit import FitResults

    Columns = dict[str, np.ndarray]

KINDS = ("marginal", "median")
BANDS = {"marginal": ("marginal",), "median": ("median",), "both": KINDS, "none": ()}


def effects_data(
    fit: FitResults,
    variable: str,
    by: str | None,
    at: Mapping[str, Any] | None,
    level: float,
    category: Any = None,
) -> Columns:
    """Predicted means on a grid of a covariate, the others held at typical values."""
    require_places(fit.estimate)
    place = _require_mean(fit, category)
    grid = reference_grid(fit, variable, by, at)
    parts = [part for kind in KINDS if (part := _predicted(fit, grid, kind, level, place))]
    columns = {
        name: np.concatenate([values] * len(parts))
        for name, values in named_columns(grid, [variable, by]).items()
    }
    columns["kind"] = np.repeat(np.array([p["kind"] for p in parts], dtype=object), len(grid))
    for name in ("estimate", "lower", "upper"):
        columns[name] = np.concatenate([part[name] for part in parts])
    return columns


def _require_mean(fit: FitResults, category: Any) -> int | None:
    """Position of the category whose probability to draw; None for the mean of a response."""
    kind = fit.design.distribution.categories
    if fit.design.distribution.has_cases:
        raise NotAvailableError(
            "the chance of an alternative depends on the others of its case, so that it has no "
            "curve along a covariate: give fit.predict(data, kind='marginal') cases to compare."
        )
    if kind is not None and category is None:
        other = "survival(by)" if kind.timed else "categories(variable), or name a category="
        raise NotAvailableError(
            f"the response of family {fit.design.family!r} has no mean to draw; take "
            f"fit.plot.{other}."
        )
    return require_category(fit, category)


def _predicted(
    fit: FitResults, grid: pd.DataFrame, kind: str, level: float, place: int | None
) -> dict[str, Any]:
    if place is not None:
        found, _ = probabilities(fit, grid, kind, "response", level)
        return {"kind": kind, **{name: values[:, place] for name, values in found.items()}}
    try:
        table = predict(fit, grid, kind=kind, interval="confidence", level=level)
    except NotAvailableError:  # a marginal mean that does not exist is left out
        return {}
    columns = {name: np.asarray(table[name]) for name in ("estimate", "lower", "upper")}
    return {"kind": kind, **columns}


def draw_effects(
    table: Columns,
    variable: str,
    by: str | None,
    label: str,
    level: float,
    bands: str = "marginal",
    ax: Any = None,
) -> Figure:
    """Marginal means solid with their interval, those of a median cluster dashed.

    Where the two are the same, as in a linear model, one is drawn.
    """
    if bands not in BANDS:
        raise ArgumentError(f"bands={bands!r} is not one of {', '.join(map(repr, BANDS))}.")
    table = without_copies(table)
    words = table[variable].dtype == object
    known = np.isfinite(table["lower"]).all()
    banded = set() if not known else set(table["kind"]) if words else _banded(table, bands)
    count = 1 if by is None else len(set(table[by].tolist()))
    names = _words(table, banded, level)
    height = 2.3 + legend_height(table, by, names)
    figure, (axis,) = canvas.panels(1, canvas.COLUMN, height, ax=ax)
    with canvas.styled():
        for i, (_, colour, part) in enumerate(groups(table, by)):
            if words:
                _draw_points(axis, part, variable, colour, 0.16 * (i - (count - 1) / 2))
            else:
                _draw_curves(axis, part, variable, colour, banded)
        axis.set_xlabel(variable)
        axis.set_ylabel(label)
        legend(axis, table, by, names, words)
    return figure


def _draw_curves(axis: Axes, part: Columns, variable: str, colour: str, banded: set[str]) -> None:
    for kind, style in STYLES.items():
        own = part["kind"] == kind
        x = part[variable][own].astype(float)
        axis.plot(x, part["estimate"][own], color=colour, ls=style)
        ends = part["lower"][own], part["upper"][own]
        if kind in banded and (kind == "marginal" or len(banded) == 1):
            axis.fill_between(x, *ends, color=colour, alpha=0.18, lw=0.0)
        elif kind in banded:
            for end in ends:
                axis.plot(x, end, color=colour, ls=style, lw=0.5)


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


def without_copies(table: Columns) -> Columns:
    """The table with marginal means alone, where the median ones are the same."""
    marginal = table["kind"] == "marginal"
    same = 2 * marginal.sum() == len(marginal) and np.allclose(
        table["estimate"][marginal], table["estimate"][~marginal], rtol=1e-9
    )
    return {name: values[marginal] for name, values in table.items()} if same else table


def _banded(table: Columns, bands: str) -> set[str]:
    """The kinds whose intervals are drawn as bands; that of the median where it is alone."""
    there, wanted = set(table["kind"]), set(BANDS[bands])
    return wanted & there or (there if wanted else set())


def _words(table: Columns, banded: set[str], level: float) -> dict[str, str]:
    kinds = list(dict.fromkeys(table["kind"].tolist()))
    names = WORDS if len(kinds) > 1 else dict.fromkeys(kinds, "mean")
    known = f", {percent(level)} CI"
    return {kind: names[kind] + (known if kind in banded else "") for kind in kinds}
