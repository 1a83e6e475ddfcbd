"""Shrinkage: each cluster's own maximum-likelihood estimate against its predicted effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import NotAvailableError
from ..results.effects import shrinkage
from ..results.ml import has_one_factor
from ..results.scope import require_rows
from . import canvas
from .clusters import group_name
from .curves import rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..results.fit import FitResults

    Columns = dict[str, np.ndarray]


def shrinkage_data(fit: FitResults) -> Columns:
    """The columns of ``Fit.shrinkage``, of a model with one grouping factor."""
    group_name(fit, None)
    require_rows(fit.design, "a cluster's own estimate")
    if not has_one_factor(fit.design):
        names = ", ".join(factor.name for factor in fit.design.factors)
        raise NotAvailableError(
            f"effects of several grouping factors ({names}) have no maximum-likelihood estimates "
            "of their own, so that there is no shrinkage to draw; take fit.plot.caterpillar(), or "
            "fit with one grouping factor."
        )
    return shrinkage(fit.design, fit.estimate)


def draw_shrinkage(table: Columns, ax: Any = None) -> Figure:
    """A panel for each effect: own estimates across, predicted effects up, area by size."""
    names = list(dict.fromkeys(table["name"].tolist()))
    width = canvas.COLUMN if len(names) == 1 else canvas.PAGE
    figure, axes = canvas.panels(len(names), width, 3.0, ax=ax)
    with canvas.styled():
        for axis, name in zip(axes, names, strict=True):
            _draw_panel(axis, rows(table, table["name"] == name))
            axis.set_title(name)
            axis.set_xlabel("Maximum likelihood in the cluster")
        axes[0].set_ylabel("Predicted effect (posterior mean)")
        axes[-1].legend(loc="upper left", handlelength=1.6)
    return figure


def _draw_panel(axis: Axes, part: Columns) -> None:
    ml, mean = part["ml"], part["mean"]
    finite, infinite = np.isfinite(ml), np.isinf(ml)
    every = np.concatenate([ml[finite], mean])
    low, high = float(every.min()), float(every.max())
    pad = 0.06 * (high - low) + 1e-12
    low, high = low - pad, high + pad
    axis.plot([low, high], [low, high], color=canvas.GREY, lw=0.8, ls=":", label="no shrinkage")
    axis.axhline(0.0, color=canvas.GREY, lw=0.8, label="complete shrinkage")
    area = 4.0 + 36.0 * part["rows"] / part["rows"].max()
    look = {"color": canvas.COLOURS[0], "alpha": 0.7, "lw": 0.0}
    axis.scatter(ml[finite], mean[finite], area[finite], **look)
    for sign, marker, edge in ((-1.0, "<", low), (1.0, ">", high)):
        own = infinite & (np.sign(ml) == sign)
        if own.any():
            label = "infinite" if sign == np.sign(ml[infinite][0]) else None
            spot = {"marker": marker, "color": canvas.COLOURS[1], "clip_on": False, "lw": 0.0}
            axis.scatter(np.full(own.sum(), edge), mean[own], 16.0, label=label, **spot)
    axis.set_xlim(low, high)
    edge = 0.12 * float(np.ptp(mean)) + 1e-12
    axis.set_ylim(float(mean.min()) - edge, float(mean.max()) + 3.0 * edge)
