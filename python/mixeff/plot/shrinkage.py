"""Shrinkage: each cluster's own maximum-likelihood estimate against its predicted effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..estimate import row_derivatives
from ..estimate.covariance import covariance_matrices
from ..results.effects import level_array
from ..results.linear import conditional_eta, require_places
from . import canvas
from .clusters import factor_of
from .curves import rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..estimate.values import Floats, RandomEffects
    from ..model.design import RandomTerm
    from ..results.fit import FitResults

    Columns = dict[str, np.ndarray]

ROUNDS = 60  # of Newton's method; a finite estimate needs about six
LONGEST = 1.0  # step in any effect
CLOSE = 1e-6


def shrinkage_data(fit: FitResults, group: str | None) -> Columns:
    """Own estimate, conditional mode and reliability of every effect of a grouping factor.

    The estimate maximises the likelihood of the cluster's rows, everything else held: it is
    infinite where all of a cluster's responses are at an end, NaN where the cluster cannot tell
    its effects apart.
    """
    require_places(fit.estimate)
    chosen = factor_of(fit, group)
    sigmas = covariance_matrices(fit.design, fit.estimate.theta)
    parts = [
        _term_table(fit, term, effects, sigma)
        for term, effects, sigma in zip(fit.design.terms, fit.estimate.random, sigmas, strict=True)
        if term.factor == chosen
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _term_table(
    fit: FitResults, term: RandomTerm, effects: RandomEffects, sigma: Floats
) -> Columns:
    factor = fit.design.factors[term.factor]
    levels, p = effects.mode.shape
    prior = np.diag(sigma)
    with np.errstate(divide="ignore", invalid="ignore"):
        reliability = 1.0 - np.einsum("lpp->lp", effects.mode_cov) / prior
    return {
        "group": np.full(levels * p, factor.name, dtype=object),
        "level": np.repeat(level_array(factor.levels), p),
        "name": np.tile(np.array(term.names, dtype=object), levels),
        "ml": own_estimates(fit, term, effects.mode).ravel(),
        "mode": effects.mode.ravel(),
        "reliability": reliability.ravel(),
        "n": np.repeat(np.bincount(factor.codes, minlength=levels), p),
    }


def own_estimates(fit: FitResults, term: RandomTerm, mode: Floats) -> Floats:
    """Maximum-likelihood estimates of one term's effects, cluster by cluster, by Newton's method.

    Parameters
    ----------
    fit : FitResults
    term : RandomTerm
    mode : ndarray, shape (levels, effects)
        Where to begin, and what the linear predictors hold now.

    Returns
    -------
    ndarray, shape (levels, effects)
    """
    design = fit.design
    codes = design.factors[term.factor].codes
    z = np.ones((design.n, 1)) if term.z is None else term.z
    held = [conditional_eta(design, fit.estimate, d) for d in range(len(design.x))]
    b, step = mode.copy(), np.full_like(mode, np.inf)
    for _ in range(ROUNDS):
        moved = z * (b - mode)[codes]
        etas = [eta + moved[:, term.effects_of(d)].sum(axis=1) for d, eta in enumerate(held)]
        step = np.clip(_newton_step(fit, term, z, codes, tuple(etas)), -LONGEST, LONGEST)
        b = b + step
        if not (np.abs(step) > CLOSE).any():
            break
    return np.where(np.abs(step) > CLOSE, np.copysign(np.inf, step), b)


def _newton_step(
    fit: FitResults, term: RandomTerm, z: Floats, codes: np.ndarray, etas: tuple[Floats, ...]
) -> Floats:
    """Steps of all clusters, shape (levels, effects); NaN where the curvature is singular."""
    _, score, weight = row_derivatives(fit.design, etas)
    place = np.array(term.places)
    levels, p = fit.design.factors[term.factor].n_levels, term.size
    upper = np.zeros((len(etas), len(etas)), dtype=np.int64)
    upper[np.triu_indices(len(etas))] = np.arange(len(weight))
    pair = np.maximum(upper, upper.T)
    slope, curvature = np.zeros((levels, p)), np.zeros((levels, p, p))
    for k in range(p):
        slope[:, k] = np.bincount(codes, z[:, k] * score[place[k]], levels)
        for m in range(p):
            w = weight[pair[place[k], place[m]]]
            curvature[:, k, m] = np.bincount(codes, z[:, k] * z[:, m] * w, levels)
    return _solved(curvature, slope)


def _solved(curvature: Floats, slope: Floats) -> Floats:
    """Solutions, NaN where the matrix has no positive inverse that is worth its name."""
    smallest, largest = np.linalg.eigvalsh(curvature)[:, [0, -1]].T
    good = smallest > 1e-10 * np.maximum(largest, 1e-300)
    step = np.full_like(slope, np.nan)
    step[good] = np.linalg.solve(curvature[good], slope[good][..., None])[..., 0]
    return step


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
        axes[0].set_ylabel("Predicted effect (conditional mode)")
        axes[-1].legend(loc="upper left", handlelength=1.6)
    return figure


def _draw_panel(axis: Axes, part: Columns) -> None:
    ml, mode = part["ml"], part["mode"]
    finite, infinite = np.isfinite(ml), np.isinf(ml)
    every = np.concatenate([ml[finite], mode])
    low, high = float(every.min()), float(every.max())
    pad = 0.06 * (high - low) + 1e-12
    low, high = low - pad, high + pad
    axis.plot([low, high], [low, high], color=canvas.GREY, lw=0.8, ls=":", label="no shrinkage")
    axis.axhline(0.0, color=canvas.GREY, lw=0.8, label="complete shrinkage")
    area = 4.0 + 36.0 * part["n"] / part["n"].max()
    look = {"color": canvas.COLOURS[0], "alpha": 0.7, "lw": 0.0}
    axis.scatter(ml[finite], mode[finite], area[finite], **look)
    for sign, marker, edge in ((-1.0, "<", low), (1.0, ">", high)):
        own = infinite & (np.sign(ml) == sign)
        if own.any():
            label = "infinite" if sign == np.sign(ml[infinite][0]) else None
            spot = {"marker": marker, "color": canvas.COLOURS[1], "clip_on": False, "lw": 0.0}
            axis.scatter(np.full(own.sum(), edge), mode[own], 16.0, label=label, **spot)
    axis.set_xlim(low, high)
    edge = 0.12 * float(np.ptp(mode)) + 1e-12
    axis.set_ylim(float(mode.min()) - edge, float(mode.max()) + 3.0 * edge)
