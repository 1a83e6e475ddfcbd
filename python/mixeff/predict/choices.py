"""Chances of the alternatives of a case, which depend on the utilities of all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ..estimate.covariance import cholesky_factors, entries
from ..results.parameters import theta_positions
from .linearized import Linearized
from .rows import Gradient, Rows
from .several import normal_points

if TYPE_CHECKING:
    from ..estimate.values import Floats
    from ..model.design import Design


def shares(utility: Linearized, design: Design) -> Linearized:
    """Chances within the case: ``dp_i = p_i (du_i - sum_j p_j du_j)``."""
    p = design.cases.shares(utility.value)
    mean = design.cases.sums(p[:, None] * utility.jacobian)
    return Linearized(p, p[:, None] * (utility.jacobian - design.cases.spread(mean)))


def over_points(rows: Rows, readout: Callable[[Linearized, Design], Linearized]) -> Linearized:
    """The average of what is made of utilities, at quasi-random points of the random effects."""
    points = normal_points(sum(term.size for term in rows.design.terms))
    value, jacobian = 0.0, 0.0
    for u in points:
        found = readout(_at_point(rows, u), rows.design)
        value, jacobian = value + found.value, jacobian + found.jacobian
    return Linearized(np.asarray(value) / len(points), np.asarray(jacobian) / len(points))


def _at_point(rows: Rows, u: Floats) -> Linearized:
    """Utilities where the standardized random effects are u, linear in theta."""
    design, start = rows.design, 0
    eta = rows.fixed()[0]
    one, gradient = np.ones((design.n, 1)), Gradient.start(rows, 1)
    gradient.add_fixed({0: one})
    factors = cholesky_factors(rows.fit.design, rows.fit.estimate.theta)
    parts = theta_positions(rows.fit.design)
    for term, factor, part in zip(design.terms, factors, parts, strict=True):
        z = one if term.z is None else term.z
        own = u[start : start + term.size]
        start += term.size
        eta = eta + z @ (factor @ own)
        for k, (i, j) in enumerate(zip(*entries(term), strict=True)):
            gradient.add(own[j] * one, slice(part.start + k, part.start + k + 1), z[:, [i]])
    return gradient.of(eta) if rows.derivatives else rows.known(eta)
