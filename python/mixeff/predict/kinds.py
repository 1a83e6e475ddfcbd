"""The kinds of prediction: what each does with the random effects.

Every kind puts a surface, a function of the linear predictors of a row, at the linear predictors it
stands for, and says how the values move with (beta, theta) and with the random effects.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from ..results.linear import conditional_eta, random_variance
from .linearized import Linearized
from .rows import BLOCK, Gradient, Rows
from .several import Moments, normal_points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..estimate.values import Floats

# The kinds ------------------------------------------------------------------------------------


def median(rows: Rows) -> Linearized:
    """Random effects at zero."""
    etas = rows.fixed()
    value = rows.surface.at(etas)
    if not rows.derivatives:
        return rows.known(value)
    gradient = Gradient.start(rows, value.shape[1])
    gradient.add_fixed(rows.surface.slopes(etas))
    return gradient.of(value)


def at_quantile(rows: Rows, q: float) -> Linearized:
    """The random part of each linear predictor at a percentile of its own distribution."""
    z = NormalDist().inv_cdf(q)
    spread = {d: rows.spread(d) for d in rows.active()}
    etas = [eta + z * spread[d] if d in spread else eta for d, eta in enumerate(rows.fixed())]
    value = rows.surface.at(etas)
    if not rows.derivatives:
        return rows.known(value)
    slopes = rows.surface.slopes(etas)
    gradient = Gradient.start(rows, value.shape[1])
    gradient.add_fixed(slopes)
    for d, s in spread.items():
        gradient.add_spread(z * slopes[d], d, s)
    return gradient.of(value)


def cluster(rows: Rows) -> Linearized:
    """Each row with the conditional modes of its own clusters; unseen levels at zero."""
    active = rows.active()
    etas = rows.fixed()
    for d in active:
        etas[d] = conditional_eta(rows.design, rows.fit.estimate, d)
    value = rows.surface.at(etas)
    if not rows.derivatives:
        return rows.known(value)
    slopes = rows.surface.slopes(etas)
    gradient = Gradient.start(rows, value.shape[1])
    gradient.add_fixed(slopes)
    if rows.modes is None or not active:
        return gradient.of(value)
    z = {d: rows.design.Z_of(d) for d in active}
    for d in active:
        gradient.add(slopes[d], slice(None), z[d] @ rows.modes.gradient)
    effects = sum(_each_by(slopes[d], z[d]) for d in active)
    own = rows.modes.unseen_variance(rows.design, {d: slopes[d] for d in active})
    return gradient.of(value, effects, own)


def _each_by(slope: Floats, z: Any) -> Any:
    """Rows of Z times each of the K slopes of the row, a sparse matrix of shape (n K, q)."""
    from scipy.sparse import csr_matrix

    n, k = slope.shape
    z = z.tocsr()
    places = np.repeat(np.arange(n), k)
    picked = z[places]
    weights = np.repeat(slope.ravel(), np.diff(picked.indptr))
    return csr_matrix((picked.data * weights, picked.indices, picked.indptr), shape=picked.shape)


def marginal(rows: Rows) -> Linearized:
    """Random effects integrated out on the scale of the response."""
    active = rows.active()
    if not active:
        return median(rows)
    return _over_one(rows, active[0]) if len(active) == 1 else _over_several(rows, active)


def _over_one(rows: Rows, d: int) -> Linearized:
    s = rows.spread(d)
    average = rows.surface.over_normal(rows.fixed(), d, s)
    if not rows.derivatives:
        return rows.known(average.value)
    gradient = Gradient.start(rows, average.value.shape[1])
    gradient.add_fixed(average.slopes)
    gradient.add_spread(average.rise, d, s)
    return gradient.of(average.value)


def _over_several(rows: Rows, active: Sequence[int]) -> Linearized:
    """By quasi-random points u of the standardized effects, in which etas are linear in theta."""
    sums = Moments(rows, active)
    points = normal_points(sum(term.size for term in rows.design.terms))
    at_once = max(1, BLOCK // max(rows.design.n, 1))
    for start in range(0, len(points), at_once):
        sums.add(points[start : start + at_once])
    return sums.linearized(len(points))


def new_cluster(rows: Rows) -> Linearized:
    """The linear predictor of a cluster not seen: random effects at zero, their variance kept."""
    point = median(rows)
    own = random_variance(rows.design, rows.fit.estimate)
    return Linearized(point.value, point.jacobian, None, own)


Kind = Callable[[Rows], Linearized]

KINDS: dict[str, Kind] = {"cluster": cluster, "median": median, "marginal": marginal}
