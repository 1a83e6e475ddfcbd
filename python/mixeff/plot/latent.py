"""The latent response: a regression with a threshold, and the probabilities that it makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentError, NotAvailableError
from ..model import design_for_new_data
from ..model.families import LINKS
from ..results.linear import fixed_part, require_places
from . import canvas
from .grid import reference_grid, used_columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..estimate.values import Floats
    from ..model.links import Link
    from ..results.fit import FitResults

    Columns = dict[str, np.ndarray]

SLICES = (0.1, 0.5, 0.9)  # where on the covariate's range densities stand
REACH = 0.995  # of a density that is drawn


def latent_data(
    fit: FitResults, variable: str, at: Mapping[str, Any] | None, points: Sequence[float] | None
) -> Columns:
    """Latent mean, thresholds and probabilities of the categories along a covariate.

    A row for each value and category; the values at which densities stand are marked. Of a
    cluster with random effects at zero.
    """
    _require_link(fit)
    grid = reference_grid(fit, variable, None, at)
    if used_columns(fit)[variable].is_factor:
        raise ArgumentError(
            f"{variable!r} has levels, where a regression line needs a number; hold it at one of "
            "them with at=."
        )
    grid = _with_points(grid, variable, points)
    design = design_for_new_data(fit.spec, grid, new_levels="population")
    etas = tuple(fixed_part(design, fit.estimate, d) for d in range(len(design.fixed)))
    mean, cuts = _mean_and_thresholds(fit, etas)
    labels = _labels(fit)
    ends = np.hstack([np.full((len(mean), 1), -np.inf), cuts, np.full((len(mean), 1), np.inf)])
    probability = np.diff(_below(fit, ends - mean[:, None]), axis=1)
    _require_areas(fit, etas, probability)
    j = len(labels)
    return {
        variable: np.repeat(np.asarray(grid[variable], dtype=float), j),
        "latent": np.repeat(mean, j),
        "category": np.tile(np.array(labels, dtype=object), len(mean)),
        "lower": ends[:, :-1].ravel(),
        "upper": ends[:, 1:].ravel(),
        "probability": probability.ravel(),
        "point": np.repeat(np.asarray(grid["point"], dtype=bool), j),
    }


def _require_link(fit: FitResults) -> None:
    require_places(fit.estimate)
    family = fit.design.distribution
    ordered = family.categories is not None and family.categories.ordered
    if not (ordered or family.is_binary) or _unbounded(LINKS[fit.design.link]):
        raise _none(fit)


def _none(fit: FitResults) -> NotAvailableError:
    return NotAvailableError(
        f"family {fit.design.family!r} with link {fit.design.link!r} has no latent response with "
        "thresholds; binary models with a logit, probit, cloglog, loglog or cauchit link do, and "
        "the family 'cumulative'."
    )


def _unbounded(link: Link) -> bool:
    """Whether the inverse link is no distribution function."""
    with np.errstate(all="ignore"):
        ends = link.inverse(np.array([-50.0, 50.0]))
    return not (ends[0] < 0.01 and 0.99 < ends[1] <= 1.0)


def _require_areas(fit: FitResults, etas: tuple[Floats, ...], areas: Floats) -> None:
    """Raise where the areas between thresholds are not the probabilities of the categories."""
    family = fit.design.distribution
    if family.categories is None:
        return
    wanted = family.probabilities(LINKS[fit.design.link], etas)
    if wanted.shape != areas.shape or not np.allclose(wanted, areas, atol=1e-9):
        raise _none(fit)


def _with_points(grid: Any, variable: str, points: Sequence[float] | None) -> Any:
    """The grid with rows at the points where densities stand, in order."""
    import pandas as pd

    low, high = float(grid[variable].min()), float(grid[variable].max())
    shares = np.array(SLICES)
    chosen = low + shares * (high - low) if points is None else np.array(points, dtype=float)
    extra = grid.iloc[np.zeros(len(chosen), dtype=int)].copy()
    extra[variable] = chosen
    both = pd.concat([grid.assign(point=False), extra.assign(point=True)], ignore_index=True)
    return both.sort_values([variable, "point"]).drop_duplicates(variable, keep="last")


def _mean_and_thresholds(fit: FitResults, etas: tuple[Floats, ...]) -> tuple[Floats, Floats]:
    """A binary response is one above a threshold of zero."""
    if fit.design.distribution.categories is None:
        return etas[0], np.zeros((len(etas[0]), 1))
    every = np.column_stack(etas)
    if fit.design.distribution.mapping is not None:
        every = every @ np.array(fit.design.distribution.mapping).T
    return every[:, 0], every[:, 1:]


def _labels(fit: FitResults) -> list[str]:
    if fit.design.categories:
        return [str(label) for label in fit.design.categories]
    levels = fit.spec.response_levels
    return ["0", "1"] if levels is None else [str(level) for level in levels]


def _below(fit: FitResults, t: Floats) -> Floats:
    """Distribution function of the latent response's deviation from its mean.

    A binary one is ``P(y = 1) = F(eta)``, so that its error is distributed as minus that of F.
    """
    inverse = LINKS[fit.design.link].inverse
    with np.errstate(over="ignore"):
        return inverse(t) if fit.design.categories else 1.0 - inverse(-t)


@dataclass(frozen=True)
class Density:
    """The density of the latent response's deviation from its mean.

    Attributes
    ----------
    link : Link
    sign : float
        -1 for a binary response, whose deviation is distributed as minus that of the link.
    """

    link: Link
    sign: float

    @property
    def ends(self) -> tuple[float, float]:
        """Between which it is drawn."""
        ends = np.sort(self.sign * self.link.link(np.array([1.0 - REACH, REACH])))
        low, high = np.clip(ends, -8.0, 8.0).tolist()
        return low, high

    def __call__(self, t: Floats) -> Floats:
        """The density."""
        return self.link.inverse_derivative(self.sign * t)


def latent_density(fit: FitResults) -> Density:
    """The density of the latent response about its mean."""
    return Density(LINKS[fit.design.link], 1.0 if fit.design.categories else -1.0)


def draw_latent(
    table: Columns,
    variable: str,
    density: Density,
    label: str,
    ax: Any = None,
) -> Figure:
    """Left the latent regression with its densities, right the probabilities they give."""
    figure, axes = canvas.panels(2, canvas.PAGE, 2.8, ax=ax)
    categories = list(dict.fromkeys(table["category"].tolist()))
    colours = _colours(len(categories))
    with canvas.styled():
        _draw_regression(axes[0], table, variable, density, colours)
        _draw_probabilities(axes[1], table, variable, dict(zip(categories, colours, strict=True)))
        axes[1].set_ylabel(label)
        for axis in axes:
            axis.set_xlabel(variable)
    return figure


def _colours(count: int) -> list[str]:
    return ["#D6D6D6", canvas.COLOURS[0]] if count == 2 else canvas.ordered_colours(count)


def _draw_regression(
    axis: Axes, table: Columns, variable: str, density: Density, colours: list[str]
) -> None:
    j, x = len(colours), table[variable]
    axis.plot(x[::j], table["latent"][::j], color="black", label="latent mean", zorder=3.0)
    cut = {"color": canvas.COLOURS[1], "lw": 0.9, "ls": "--", "zorder": 3.0}
    for k in range(1, j):
        label = None if k > 1 else "threshold" if j == 2 else "thresholds"
        axis.plot(x[::j], table["lower"][k::j], label=label, **cut)
    places = np.flatnonzero(table["point"])[::j]
    width = _room(x, x[places]) / density(np.linspace(*density.ends, 161)).max()
    for row in places:
        mean = table["latent"][row]
        for k in range(j):
            cuts = np.array([table["lower"][row + k], table["upper"][row + k]]) - mean
            low, high = np.clip(cuts, *density.ends).tolist()
            t = np.linspace(low, high, 81)
            tip = x[row] + width * density(t)
            axis.fill_betweenx(mean + t, x[row], tip, color=colours[k], lw=0.0, zorder=2.0)
            axis.plot(tip, mean + t, color="black", lw=0.6, zorder=2.5)
        axis.plot([x[row]] * 2, np.add(mean, density.ends), color="black", lw=0.4, zorder=2.5)
        axis.plot(x[row], mean, "o", color="black", ms=3.0, zorder=3.0)
    axis.set_ylabel("Latent response")
    axis.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0.2, ncols=2)


def _room(x: np.ndarray, places: np.ndarray) -> float:
    """How far a density may reach to the right."""
    span = float(np.ptp(x))
    gaps = np.diff(np.sort(places))
    return 0.8 * float(gaps.min(initial=0.25 * span))


def _draw_probabilities(
    axis: Axes, table: Columns, variable: str, colours: Mapping[str, str]
) -> None:
    drawn = list(colours)[1:] if len(colours) == 2 else list(colours)
    for category in drawn:
        own, colour = table["category"] == category, colours[category]
        x, probability, point = (table[name][own] for name in (variable, "probability", "point"))
        axis.plot(x, probability, color=colour, label=category)
        axis.plot(x[point], probability[point], "o", color=colour, ms=4.0, mec="black", mew=0.5)
    axis.set_ylim(0.0, None)
    if len(drawn) > 1:
        above = {"loc": "lower left", "bbox_to_anchor": (0.0, 1.0), "borderaxespad": 0.2}
        axis.legend(ncols=min(len(drawn), 5), columnspacing=1.0, handlelength=1.2, **above)
