"""Cluster-specific curves: one for each cluster, with the marginal curve over them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentError
from ..model import design_for_new_data
from ..model.families import LINKS
from ..results.levels import nested, parents
from ..results.linear import fixed_part, modes, require_places
from . import canvas
from .categories import require_category
from .curves import on_axis
from .effects import KINDS, effects_data, without_copies
from .grid import reference_grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..estimate.values import Floats
    from ..model.design import Design
    from ..results.fit import FitResults

    Columns = dict[str, np.ndarray]

MOST = 100  # curves, by default


def clusters_data(
    fit: FitResults,
    variable: str,
    group: str | None,
    at: Mapping[str, Any] | None,
    most: int,
    category: Any = None,
) -> Columns:
    """The mean along a covariate at each cluster's modes; then marginal and for a median cluster.

    Where there are more clusters than ``most``, so many are taken, evenly by their curve's height.
    """
    if most < 1:
        raise ArgumentError(f"most={most!r}: draw at least one cluster.")
    factor = fit.design.factors[factor_of(fit, group)]
    average = without_copies(effects_data(fit, variable, None, at, 0.95, category))
    own = _cluster_means(fit, variable, group, at, require_category(fit, category))
    chosen = _spread_out(own, most)
    points = len(own[0])
    labels = np.array([str(factor.levels[i]) for i in chosen], dtype=object)
    x = average[variable][average["kind"] == average["kind"][0]]
    return {
        variable: np.concatenate([np.tile(x, len(chosen)), average[variable]]),
        "kind": np.concatenate([np.full(points * len(chosen), "cluster", object), average["kind"]]),
        "level": np.concatenate(
            [np.repeat(labels, points), np.full(len(average["kind"]), "", dtype=object)]
        ),
        "estimate": np.concatenate([own[chosen].ravel(), average["estimate"]]),
    }


def factor_of(fit: FitResults, group: str | None) -> int:
    """Position of a grouping factor; that of the first term by default."""
    require_places(fit.estimate)
    design = fit.design
    names = {design.factors[term.factor].name: term.factor for term in design.terms}
    if not names:
        raise ArgumentError("the model has no random effects to draw.")
    if group is None:
        return design.terms[0].factor
    if group not in names:
        raise ArgumentError(
            f"group={group!r} carries no random effects; those that do: {', '.join(names)}."
        )
    return names[group]


def _cluster_means(
    fit: FitResults,
    variable: str,
    group: str | None,
    at: Mapping[str, Any] | None,
    place: int | None,
) -> Floats:
    """Mean, or probability of a category, at each point for every level, shape (levels, points).

    Effects of factors that the cluster lies in count, too; those of others are zero.
    """
    chosen, design = factor_of(fit, group), fit.design
    grid = reference_grid(fit, variable, None, at)
    new = design_for_new_data(fit.spec, grid, new_levels="population")
    inner = design.factors[chosen]
    fixed = [fixed_part(new, fit.estimate, d) for d in range(len(new.fixed))]
    etas = [np.tile(eta, (inner.n_levels, 1)) for eta in fixed]
    for term, template, b in zip(design.terms, new.terms, modes(fit.estimate), strict=True):
        outer = design.factors[term.factor]
        if outer is inner or nested(inner, outer):
            parent = parents(inner, outer)
            z = np.ones((new.n, 1)) if template.z is None else template.z
            for k, d in enumerate(term.places):
                etas[d] += np.outer(b[parent, k], z[:, k])
    return _means(fit, new, etas, place)


def _means(fit: FitResults, new: Design, etas: list[Floats], place: int | None) -> Floats:
    family, link = new.distribution, LINKS[new.link]
    if place is not None:
        flat = tuple(eta.ravel() for eta in etas)
        return family.probabilities(link, flat)[:, place].reshape(etas[0].shape)
    found = family.parameters(link, etas[0], tuple(etas[1:]))
    return np.asarray(family.mean_of_trial(found))


def _spread_out(means: Floats, most: int) -> np.ndarray:
    if len(means) <= most:
        return np.arange(len(means))
    order = np.argsort(means.mean(axis=1), kind="stable")
    return np.sort(order[np.linspace(0, len(order) - 1, most).round().astype(np.int64)])


def draw_clusters(table: Columns, variable: str, group: str, label: str, ax: Any = None) -> Figure:
    """Thin curves of clusters, the marginal one bold over them, the median one dashed."""
    figure, (axis,) = canvas.panels(1, canvas.COLUMN, 2.6, ax=ax)
    x = on_axis(axis, table[variable])
    levels = dict.fromkeys(table["level"][table["kind"] == "cluster"].tolist())
    with canvas.styled():
        look = {"color": canvas.GREY, "lw": 0.5, "alpha": _ink(levels)}
        for level in levels:
            own = (table["level"] == level) & (table["kind"] == "cluster")
            axis.plot(x[own], table["estimate"][own], **look)
        axis.plot([], [], color=canvas.GREY, lw=0.5, label=f"{len(levels)} clusters ({group})")
        _draw_averages(axis, table, x)
        axis.set_xlabel(variable)
        axis.set_ylabel(label)
        axis.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0.2)
    return figure


def group_name(fit: FitResults, group: str | None) -> str:
    """Name of a grouping factor; that of the first term by default."""
    return fit.design.factors[factor_of(fit, group)].name


def _ink(levels: Mapping[str, None]) -> float:
    return float(np.clip(40.0 / len(levels), 0.35, 0.9))


def _draw_averages(axis: Axes, table: Columns, x: np.ndarray) -> None:
    looks = {
        "marginal": {"color": canvas.COLOURS[0], "label": "marginal mean", "lw": 2.0},
        "median": {"color": canvas.COLOURS[1], "label": "median cluster", "ls": "--"},
    }
    for kind in KINDS:
        own = table["kind"] == kind
        if own.any():
            axis.plot(x[own], table["estimate"][own], **looks[kind])
