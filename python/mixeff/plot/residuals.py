"""Simulated residuals: where each response stands among responses simulated from the fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentError, NotAvailableError
from ..results.dispersion import dispersion_test
from ..results.parameters import percent
from ..results.residuals import drawing
from ..results.simulated import simulated_residuals
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
MOST_QUANTILES = 1000  # drawn, the outermost included
FEWEST = 20  # simulations
MOST_AGAIN = 100  # simulations that are residuals of their own, or have modes of their own
TIED = 1e-9  # values closer than this, relative to one, are tied


def residuals_data(fit: FitResults, n: int, seed: int | None, random_effects: str) -> Columns:
    """The columns of ``Fit.simulated_residuals`` with the band of each one's quantile, and ranks.

    The band holds the share ``BAND`` of data sets that are simulated and ranked in the same way,
    so that dependence within clusters counts; where responses are observed in part, that of
    independent uniform numbers.
    """
    _require_enough(n)
    table = simulated_residuals(fit.design, fit.estimate, n, seed, random_effects)
    rows = len(table["residual"])
    place = _places(table["residual"])
    independent = fit.design.distribution.observation is not None
    band = _beta_band(rows) if independent else _drawn_band(fit, n, seed, random_effects)
    return {
        **table,
        "expected": (place + 0.5) / rows,
        "lower": band[0][place],
        "upper": band[1][place],
        "rank": (_places(table["linear_predictor"]) + 0.5) / rows,
    }


def _require_enough(n: int) -> None:
    if n < FEWEST:
        raise ArgumentError(f"n={n!r}: residuals need at least {FEWEST} simulated responses.")


def _places(values: Floats) -> np.ndarray:
    return np.argsort(np.argsort(values, kind="stable"), kind="stable")


def _beta_band(rows: int) -> Floats:
    from scipy.special import betaincinv

    k = np.arange(1.0, rows + 1.0)
    return np.array([betaincinv(k, rows + 1.0 - k, 0.5 + s * BAND / 2) for s in (-1.0, 1.0)])


def _drawn_band(fit: FitResults, n: int, seed: int | None, random_effects: str) -> Floats:
    m = min(n, MOST_AGAIN)
    draw = drawing(fit.design, fit.estimate, m, random_effects)
    rng = np.random.default_rng(None if seed is None else [seed, 1])
    ranks = _ranks(np.column_stack([draw(rng) for _ in range(m)]), rng)
    in_order = np.sort(np.ascontiguousarray(ranks.T, dtype=np.float32), axis=1)
    tails = [0.5 - BAND / 2, 0.5 + BAND / 2]
    return np.asarray(np.quantile(in_order, tails, axis=0), dtype=np.float64)


def _ranks(every: Floats, rng: np.random.Generator) -> Floats:
    """Share of the other columns below each value, within (0, 1); ties are broken at random."""
    nudge = rng.random(every.shape)
    nudge *= TIED * (1.0 + np.abs(every))
    order = np.argsort(every + nudge, axis=1)
    rank = np.empty_like(nudge)
    np.put_along_axis(rank, order, np.arange(float(every.shape[1]))[None, :], axis=1)
    rank += rng.random(every.shape)
    return rank / every.shape[1]


def dispersion_data(fit: FitResults, n: int, seed: int | None, random_effects: str) -> Columns:
    """The mean square of Pearson's residuals of ``Fit.test_dispersion``, of the data first.

    Over its mean in the simulations.
    """
    _require_enough(n)
    m = min(n, MOST_AGAIN)
    test = dispersion_test(fit.design, fit.estimate, m, seed, "two-sided", random_effects)
    every = np.array([test.observed, *test.simulated])
    kinds = np.array(["data", *["simulated"] * m], dtype=object)
    return {"kind": kinds, "dispersion": every / test.simulated.mean()}


def dispersion_if_any(
    fit: FitResults, n: int, seed: int | None, random_effects: str
) -> Columns | None:
    """The same; None for a response that cannot be over- or underdispersed."""
    try:
        return dispersion_data(fit, n, seed, random_effects)
    except NotAvailableError:
        return None


def draw_residuals(points: Columns, dispersion: Columns | None, ax: Any = None) -> Figure:
    """Quantiles against those expected, residuals along the fitted means, and the dispersion."""
    count = 2 if dispersion is None else 3
    figure, axes = canvas.panels(count, canvas.PAGE * count / 3, 2.4, ax=ax)
    with canvas.styled():
        _draw_quantiles(axes[0], points)
        _draw_trend(axes[1], points)
        if dispersion is not None:
            _draw_dispersion(axes[2], dispersion)
    return figure


def _draw_quantiles(axis: Axes, points: Columns) -> None:
    order = np.argsort(points["expected"])
    order = order[_evenly(len(order), MOST_QUANTILES)]
    x, y, low, high = (points[k][order] for k in ("expected", "residual", "lower", "upper"))
    label = f"{percent(BAND)} of simulations"
    axis.fill_between(x, low, high, color="#D6D6D6", lw=0.0, label=label)
    axis.plot([0, 1], [0, 1], color="black", lw=0.6, ls=":")
    axis.plot(x, y, color=canvas.COLOURS[0], label="data")
    axis.set_xlabel("Expected quantile")
    axis.set_ylabel("Simulated residual")
    axis.legend(loc="upper left", handlelength=1.4)


def _evenly(n: int, most: int) -> np.ndarray:
    """Positions of at most so many of n, the first and the last among them."""
    return np.linspace(0, n - 1, min(n, most)).astype(np.int64)


def _draw_trend(axis: Axes, points: Columns) -> None:
    x, y = points["rank"], points["residual"]
    shown = _evenly(len(x), MOST_POINTS)
    size = float(np.clip(900.0 / len(shown), 0.3, 6.0))
    look = {"color": canvas.PALE[canvas.COLOURS[0]], "lw": 0.0, "rasterized": len(shown) > 1000}
    axis.scatter(x[shown], y[shown], size, **look)
    centers, curves = _running_quartiles(x, y)
    for q, curve in zip(QUARTILES, curves, strict=True):
        axis.axhline(q, color="black", lw=0.6, ls=":")
        axis.plot(centers, curve, color=canvas.COLOURS[1], lw=1.3 if q == 0.5 else 0.9)
    axis.set_xlabel("Rank of the linear predictor")
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
    edges = np.linspace(simulated.min(), np.quantile(simulated, 0.98), 13)
    shown = np.minimum(simulated, edges[-1])
    axis.hist(shown, edges.tolist(), color="#D6D6D6", ec="white", lw=0.3, label="simulations")
    axis.axvline(float(data[0]), color=canvas.COLOURS[1], label=f"data, {data[0]:.2f}")
    axis.set_xlabel("Dispersion (model = 1)")
    axis.set_ylabel("Simulations")
    axis.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0.2, ncols=2)
