"""The variance partition: what share of the variance lies where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..results.r2 import variance_partition
from . import canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..results.fit import FitResults

    Columns = dict[str, np.ndarray]

FIXED = {"Fixed effects": "#4D4D4D", "Residual": "#D6D6D6"}


def variance_data(
    fit: FitResults, level: float, variant: str | None, mean: float | None, covariates: bool
) -> Columns:
    """The columns of ``Fit.variance_partition``, or those of the variance partition coefficient."""
    table = variance_partition(fit.design, fit.estimate, level, variant, mean)
    if covariates:
        return table
    kept = ~np.isnan(table["vpc"])
    return {name: table[name][kept] for name in ("component", "variance", "vpc")}


def draw_variance(table: Columns, ax: Any = None) -> Figure:
    """One bar of parts that add up to one, each with its name and share."""
    figure, (axis,) = canvas.panels(1, canvas.COLUMN, 1.1, ax=ax)
    shares, left = table.get("share", table["vpc"]), 0.0
    with canvas.styled():
        for name, share, colour in zip(table["component"], shares, _colours(table), strict=True):
            text = f"{name} {100 * share:.0f} %"
            axis.barh(0.0, share, left=left, color=colour, ec="white", lw=0.8, label=text)
            left += share
        axis.set_xlim(0.0, 1.0)
        axis.set_yticks([])
        axis.spines["left"].set_visible(False)
        axis.set_xlabel("Share of the variance")
        above = {"loc": "lower left", "bbox_to_anchor": (0.0, 1.0), "borderaxespad": 0.2}
        axis.legend(ncols=2, handlelength=1.0, handleheight=1.0, **above)
    return figure


def _colours(table: Columns) -> list[str]:
    """Groups in colours, fixed effects dark and the residual light grey."""
    names = table["component"].tolist()
    groups = [name for name in names if name not in FIXED]
    return [FIXED.get(name) or canvas.COLOURS[groups.index(name) % 6] for name in names]
