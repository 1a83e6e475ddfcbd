"""Simulated residuals: where each response stands among responses simulated from the fit.

If the model holds they are uniform, whatever the family (Dunn and Smyth 1996).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentError, NotAvailableError
from ..results.linear import fitted_mean, fixed_part, mean_at
from ..results.parameters import percent
from ..results.residuals import simulate
from . import canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..estimate.values import Floats
    from ..results.fit import FitResults

    Columns = dict[str, np.ndarray]

BAND = 0.95
QUARTILES = (0.25, 0.5, 0.75)
MOST_POINTS = 4000  # drawn
FEWEST = 20  # simulations
TIED = 1e-9  # values closer than this, relative to one, are tied


def simulations(fit: FitResults, n: int, seed: int | None, random_effects: str) -> Floats:
    """Simulated responses, shape (rows, n), where they can be ranked."""
    kind = fit.design.distribution.categories
    if kind is not None and (kind.timed or not kind.ordered):
        raise NotAvailableError(
            f"responses of family {fit.design.family!r} have no order, or are censored, so that "
            "simulated ones cannot be ranked; compare fit.simulate() with the data by a table."
        )
    if n < FEWEST:
        raise ArgumentError(f"n={n!r}: residuals need at least {FEWEST} simulated responses.")
    return simulate(fit.design, fit.estimate, n, seed, random_effects)


def residuals_data(
    fit: FitResults, drawn: Floats, seed: int | None, random_effects: str
) -> Columns:
    """A row per observation, for the first two panels.

    Ties are broken at random. The band of a quantile holds the share ``BAND`` of the simulated
    data sets, ranked in the same way, so that dependence within clusters counts.
    """
    rng = np.random.default_rng(None if seed is None else [seed, 1])
    ranks = _ranks(np.column_stack([fit.design.y, drawn]), rng)
    sorted_ = np.sort(np.ascontiguousarray(ranks[:, 1:].T, dtype=np.float32), axis=1)
    tails = np.quantile(sorted_, [0.5 - BAND / 2, 0.5 + BAND / 2], axis=0)
    residual = ranks[:, 0]
    place = np.argsort(np.argsort(residual, kind="stable"), kind="stable")
    fitted = _fitted(fit, random_effects)
    rows = len(residual)
    return {
        "row": np.arange(rows) if fit.design.rows is None else fit.design.rows,
        "residual": residual,
        "expected": (place + 0.5) / rows,
        "lower": tails[0][place],
        "upper": tails[1][place],
        "fitted": fitted,
        "fitted_rank": (np.argsort(np.argsort(fitted, kind="stable")) + 0.5) / rows,
    }


def _fitted(fit: FitResults, random_effects: str) -> Floats:
    if random_effects == "given":
        return fitted_mean(fit.design, fit.estimate)
    return mean_at(fit.design, fit.estimate, fixed_part(fit.design, fit.estimate))


def _ranks(every: Floats, rng: np.random.Generator) -> Floats:
    """Share of the other columns below each value, within (0, 1); ties are broken at random."""
    nudge = rng.random(every.shape)
    nudge *= TIED * (1.0 + np.abs(every))
    order = np.argsort(every + nudge, axis=1)
    rank = np.empty_like(nudge)
    np.put_along_axis(rank, order, np.arange(float(every.shape[1]))[None, :], axis=1)
    rank += rng.random(every.shape)
    return rank / every.shape[1]


def dispersion_data(fit: FitResults, drawn: Floats) -> Columns:
    """A row per data set, for the third panel, that of the data first.

    Mean squared deviation from the simulations' mean, over its mean in the simulations.
    """
    every = np.column_stack([fit.design.y, drawn])
    spread = np.mean((every - drawn.mean(axis=1, keepdims=True)) ** 2, axis=0)
    kinds = np.array(["data", *["simulated"] * drawn.shape[1]], dtype=object)
    return {"kind": kinds, "dispersion": spread / spread[1:].mean()}


def draw_residuals(points: Columns, dispersion: Columns, ax: Any = None) -> Figure:
    """Quantiles against those expected, residuals along the fitted means, and the dispersion."""
    figure, (left, middle, right) = canvas.panels(3, canvas.PAGE, 2.4, ax=ax)
    with canvas.styled():
        _draw_quantiles(left, points)
        _draw_trend(middle, points)
        _draw_dispersion(right, dispersion)
    return figure


def _draw_quantiles(axis: Axes, points: Columns) -> None:
    order = np.argsort(points["expected"])
    x, y, low, high = (points[k][order] for k in ("expected", "residual", "lower", "upper"))
    axis.fill_between(
        x, low, high, color="#D6D6D6", lw=0.0, label=f"{percent(BAND)} of simulations"
    )
    axis.plot([0, 1], [0, 1], color="black", lw=0.6, ls=":")
    axis.plot(x, y, color=canvas.COLOURS[0], label="data")
    axis.set_xlabel("Expected quantile")
    axis.set_ylabel("Simulated residual")
    axis.legend(loc="upper left", handlelength=1.4)


def _draw_trend(axis: Axes, points: Columns) -> None:
    x, y = points["fitted_rank"], points["residual"]
    shown = np.linspace(0, len(x) - 1, min(len(x), MOST_POINTS)).astype(np.int64)
    size = float(np.clip(900.0 / len(shown), 0.3, 6.0))
    look = {"color": canvas.PALE[canvas.COLOURS[0]], "lw": 0.0, "rasterized": len(shown) > 1000}
    axis.scatter(x[shown], y[shown], size, **look)
    centers, curves = _running_quartiles(x, y)
    for q, curve in zip(QUARTILES, curves, strict=True):
        axis.axhline(q, color="black", lw=0.6, ls=":")
        axis.plot(centers, curve, color=canvas.COLOURS[1], lw=1.3 if q == 0.5 else 0.9)
    axis.set_xlabel("Rank of the fitted mean")
    axis.set_ylabel("Simulated residual")
    axis.set_title("lines: quartiles", loc="left")


def _running_quartiles(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Quartiles of the residuals in strips of the rank that hold equal numbers."""
    strips = int(np.clip(len(x) // 25, 2, 12))
    parts = np.array_split(np.argsort(x, kind="stable"), strips)
    centers = np.array([x[part].mean() for part in parts])
    return centers, np.array([np.quantile(y[part], QUARTILES) for part in parts]).T


def _draw_dispersion(axis: Axes, table: Columns) -> None:
    data, simulated = (table["dispersion"][table["kind"] == k] for k in ("data", "simulated"))
    edges = np.linspace(simulated.min(), np.quantile(simulated, 0.98), 25)
    shown = np.minimum(simulated, edges[-1])
    axis.hist(shown, edges.tolist(), color="#D6D6D6", ec="white", lw=0.3, label="simulations")
    axis.axvline(float(data[0]), color=canvas.COLOURS[1], label=f"data, {data[0]:.2f}")
    axis.set_xlabel("Dispersion (model = 1)")
    axis.set_ylabel("Simulations")
    axis.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0.2, ncols=2)
