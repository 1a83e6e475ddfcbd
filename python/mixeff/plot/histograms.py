"""Histograms of predictions: random effects at percentiles, and each cluster's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentError
from ..predict import predict
from ..results.linear import require_places
from . import canvas
from .categories import require_category

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..results.fit import FitResults

    Columns = dict[str, np.ndarray]

OWN = "own"
BINS = 24


def histograms_data(fit: FitResults, quantiles: Sequence[float], category: Any) -> Columns:
    """Predictions of every row at each percentile, then with its own random effects."""
    require_places(fit.estimate)
    if not fit.design.terms:
        raise ArgumentError(
            "the model has no random effects to hold at percentiles; fit.fittedvalues has the "
            "predictions."
        )
    held = [(f"{100.0 * q:g} %", {"quantile": q}) for q in quantiles]
    kinds = [*held, (OWN, {"kind": "cluster"})]
    parts = [_values(fit, options, category) for _, options in kinds]
    n = fit.design.n
    return {
        "row": np.tile(np.arange(n) if fit.design.rows is None else fit.design.rows, len(kinds)),
        "effects": np.repeat(np.array([name for name, _ in kinds], dtype=object), n),
        "estimate": np.concatenate(parts),
    }


def _values(fit: FitResults, options: dict[str, Any], category: Any) -> np.ndarray:
    place = require_category(fit, category)
    found = predict(fit, **options)
    return np.asarray(found if place is None else found[str(category)], dtype=float)


def draw_histograms(table: Columns, label: str, ax: Any = None) -> Figure:
    """One panel for each percentile, one for the clusters' own effects, on one scale."""
    names = list(dict.fromkeys(table["effects"].tolist()))
    figure, axes = canvas.panels(len(names), canvas.PAGE, 2.0, ax=ax)
    edges = _edges(table["estimate"])
    parts = [table["estimate"][table["effects"] == name] for name in names]
    highest = max(np.histogram(part, edges)[0].max() / len(part) for part in parts)
    with canvas.styled():
        for axis, name, part in zip(axes, names, parts, strict=True):
            _draw_panel(axis, part, edges, canvas.COLOURS[1] if name == OWN else canvas.COLOURS[0])
            axis.set_title("own effects" if name == OWN else f"effects at {name}")
            axis.set_ylim(0.0, 1.08 * highest)
            axis.set_yticklabels([]) if axis is not axes[0] else axis.set_ylabel("Share of rows")
        if ax is None:
            figure.supxlabel(label, fontsize=8.5)
        else:
            axes[len(axes) // 2].set_xlabel(label)
    return figure


def _edges(values: np.ndarray) -> np.ndarray:
    """Common bins, up to where all but one in a thousand predictions lie."""
    high = float(np.quantile(values, 0.999)) if values.max() > 1.0 else float(values.max())
    return np.linspace(min(0.0, float(values.min())), high, BINS + 1)


def _draw_panel(axis: Axes, part: np.ndarray, edges: np.ndarray, colour: str) -> None:
    shown = np.clip(part, edges[0], edges[-1])
    weights = np.full(len(part), 1.0 / len(part))
    axis.hist(shown, edges.tolist(), weights=weights, color=colour, ec="white", lw=0.3)
    axis.axvline(float(part.mean()), color="black", lw=0.8, ls=":")
