"""Averages over random effects in several linear predictors, as in a multinomial model.

By a fixed set of quasi-random points u of the standardized effects. The random effects are
Lambda u, so that the linear predictors are linear in theta at every point, and the derivatives of
the average are the averages of derivatives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..estimate.covariance import cholesky_factors, entries
from ..results.parameters import theta_positions
from .rows import Gradient, Rows, rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..estimate.values import Floats
    from .linearized import Linearized

POINTS = 2048


class Moments:
    """Sums over points: of the values, of their slopes, and of the slopes times the points.

    Parameters
    ----------
    rows : Rows
    active : sequence of int
        The linear predictors that have random effects.
    """

    def __init__(self, rows: Rows, active: Sequence[int]) -> None:
        self.rows, self.active = rows, active
        self.fixed = rows.fixed()
        self.factors = cholesky_factors(rows.fit.design, rows.fit.estimate.theta)
        self.value: Floats | float = 0.0
        self.slopes: dict[int, Floats | float] = dict.fromkeys(rows.surface.depends, 0.0)
        self.moved: dict[int, Floats | float] = dict.fromkeys(active, 0.0)

    def add(self, points: Floats) -> None:
        """Add the values at some points, for all rows at once."""
        n, b = self.rows.design.n, len(points)
        surface = self.rows.make(rows_of(self.rows.design, np.tile(np.arange(n), b)))
        etas = self._etas(points)
        self.value = self.value + surface.at(etas).reshape(b, n, -1).sum(axis=0)
        if not self.rows.derivatives:
            return
        for d, slope in surface.slopes(etas).items():
            each = slope.reshape(b, n, -1)
            self.slopes[d] = self.slopes[d] + each.sum(axis=0)
            if d in self.moved:
                self.moved[d] = self.moved[d] + np.tensordot(points, each, axes=(0, 0))

    def linearized(self, n_points: int) -> Linearized:
        """The averages."""
        value = np.asarray(self.value) / n_points
        if not self.rows.derivatives:
            return self.rows.known(value)
        gradient = Gradient.start(self.rows, value.shape[1])
        gradient.add_fixed({d: np.asarray(s) / n_points for d, s in self.slopes.items()})
        self._add_factors(gradient, n_points)
        return gradient.of(value)

    def _etas(self, points: Floats) -> list[Floats]:
        """Linear predictors, all rows of the first point first."""
        etas, start = [np.tile(eta, (len(points), 1)) for eta in self.fixed], 0
        for term, factor in zip(self.rows.design.terms, self.factors, strict=True):
            b = points[:, start : start + term.size] @ factor.T
            start += term.size
            for k, place in enumerate(term.places):
                etas[place] += b[:, [k]] if term.z is None else np.outer(b[:, k], term.z[:, k])
        return [eta.ravel() for eta in etas]

    def _add_factors(self, gradient: Gradient, n_points: int) -> None:
        """Through the entries of the Cholesky factors: entry (i, j) moves b_i by u_j."""
        design, start = self.rows.design, 0
        parts = theta_positions(self.rows.fit.design)
        for term, part in zip(design.terms, parts, strict=True):
            for k, (i, j) in enumerate(zip(*entries(term), strict=True)):
                if (place := term.places[i]) in self.moved:
                    z = np.ones(design.n) if term.z is None else term.z[:, i]
                    slope = np.asarray(self.moved[place])[start + j] / n_points
                    own = slice(part.start + k, part.start + k + 1)
                    gradient.add(slope, own, z[:, None])
            start += term.size


def normal_points(dimensions: int) -> Floats:
    """Points spread as standard normal vectors are: multiples of the powers of a root, modulo one.

    The root of ``x^(d + 1) = x + 1`` generalises the golden ratio (Roberts 2018).
    """
    from scipy.special import ndtri

    root = 2.0
    for _ in range(60):
        root = (1.0 + root) ** (1.0 / (dimensions + 1))
    steps = root ** -np.arange(1.0, dimensions + 1)
    unit = (0.5 + np.outer(np.arange(1.0, POINTS + 1), steps)) % 1.0
    return ndtri(unit)
