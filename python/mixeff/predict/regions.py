"""Intervals of values that are functions of the linear predictors of their row.

The linear predictors of a row are about normal, N(eta, S). The interval of a function f of them is
the range of f over the confidence ellipsoid

    (x - eta)' S^-1 (x - eta) <= z^2,

which is the profile interval of f. It does not depend on the scale of f, and is that of the delta
method where f is linear. Where f has its largest value close by, as the probability of a category
in the middle has, the slope of f says little of how far f may be off; its range does.

The range is sought along the longest axis of the ellipsoid; across it f is taken as linear, on the
scale of the target's link.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from ..model.families import LINKS
from .linearized import Linearized
from .rows import BLOCK, blocks
from .surfaces import Sums
from .targets import Target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..estimate.values import Floats
    from ..model.design import Design
    from .predictor import Predictor
    from .surfaces import Surface

ANGLES = np.linspace(-np.pi / 2, np.pi / 2, 11)  # from one end of the longest axis to the other
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(3)  # exact for a parabola
NEGLIGIBLE = 1e-9
"""Slopes smaller than the largest by this factor are of linear predictors that do not matter.

Such as the logit of a probability that is zero to all digits, about which nothing is known.
"""


@dataclass(frozen=True, eq=False)
class Region:
    """The normal distribution of the linear predictors of some rows.

    Attributes
    ----------
    target : Target
    design : Design
        The rows.
    surface : Surface
        What depends on the linear predictors.
    center : ndarray, shape (n, D)
        Means of those that the surface depends on.
    axis : ndarray, shape (n, D)
        The longest axis, one standard deviation long.
    across : ndarray, shape (n, D, D - 1)
        The other axes.
    """

    target: Target
    design: Design
    surface: Surface
    center: Floats
    axis: Floats
    across: Floats

    @classmethod
    def of(
        cls, target: Target, design: Design, surface: Surface, center: Floats, cov: Floats
    ) -> Region:
        """From covariance matrices, shape (n, D, D); what does not matter to a row is known."""
        used = _used(surface, design, center)
        cov = cov * (used[:, :, None] & used[:, None, :])
        lengths, axes = np.linalg.eigh(cov)
        scaled = axes * np.sqrt(np.maximum(lengths, 0.0))[:, None, :]
        return cls(target, design, surface, center, scaled[:, :, -1], scaled[:, :, :-1])

    def at(self, t: float) -> Linearized:
        """Values t standard deviations along the axis; derivatives by linear predictor."""
        etas = _etas(self.surface, self.design, self.center + t * self.axis)
        slopes = self.surface.slopes(etas)
        jacobian = np.stack([slopes[d] for d in self.surface.depends], axis=2)
        value = self.surface.at(etas).ravel()
        return self.target.readout(Linearized(value, jacobian.reshape(len(value), -1)), self.design)

    def spread(self, values: Linearized) -> Floats:
        """Standard deviations of values across the axis, by the delta method."""
        n, d = self.center.shape
        moved = values.jacobian.reshape(n, -1, d) @ self.across
        return np.sqrt(np.square(moved).sum(axis=2)).ravel()

    def ends(self, critical: float) -> tuple[Floats, Floats]:
        """The range over the ellipsoid of that radius."""
        low, high = [], []
        for angle in ANGLES:
            line = self.at(critical * np.sin(angle)).to_line(self.target.line)
            half = critical * np.cos(angle) * self.spread(line)
            low.append(half - line.value)
            high.append(line.value + half)
        ends = [self.target.line.inverse(v) for v in (-_highest(low), _highest(high))]
        return np.minimum(*ends), np.maximum(*ends)

    def se(self) -> Floats:
        """Standard deviations of the values, by quadrature along the axis."""
        found = [self.at(float(t)) for t in NODES]
        values = np.array([part.value for part in found])
        squares = np.array([np.square(self.spread(part)) for part in found])
        weights = WEIGHTS / WEIGHTS.sum()
        squares += np.square(values - weights @ values)
        return np.sqrt(weights @ squares)


def _etas(surface: Surface, design: Design, x: Floats) -> list[Floats]:
    """All linear predictors, from those that the surface depends on, shape (n, D)."""
    etas = [np.zeros(design.n)] * len(design.fixed)
    for d, eta in zip(surface.depends, x.T, strict=True):
        etas[d] = eta
    return etas


def _used(surface: Surface, design: Design, center: Floats) -> np.ndarray:
    """The linear predictors that matter to a row, shape (n, D)."""
    slopes = surface.slopes(_etas(surface, design, center))
    steepest = np.column_stack([np.abs(slopes[d]).max(axis=1) for d in surface.depends])
    steepest = np.nan_to_num(steepest)
    return steepest > NEGLIGIBLE * steepest.max(axis=1, keepdims=True)


def _highest(values: list[Floats]) -> Floats:
    """The largest along a smooth curve, from equidistant points and a parabola through three."""
    every = np.array(values)
    every[np.isnan(every)] = -np.inf
    k, columns = every.argmax(axis=0), np.arange(every.shape[1])
    inner = np.clip(k, 1, len(every) - 2)
    before, top, after = (every[inner + step, columns] for step in (-1, 0, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        vertex = top + np.square(after - before) / (8.0 * (2.0 * top - before - after))
    best = every[k, columns]
    return np.where((k == inner) & np.isfinite(vertex), vertex, best)


@dataclass(frozen=True, eq=False)
class Regions:
    """Those of all rows, some rows at a time."""

    parts: list[Region]

    def value(self) -> Floats:
        """The values at the centers."""
        return np.concatenate([part.at(0.0).value for part in self.parts])

    def se(self) -> Floats:
        """Standard deviations of the values."""
        return np.concatenate([part.se() for part in self.parts])

    def ends(self, critical: float) -> tuple[Floats, Floats]:
        """Ends of the intervals, for ellipsoids of a radius."""
        lower, upper = zip(*(part.ends(critical) for part in self.parts), strict=True)
        return np.concatenate(lower), np.concatenate(upper)


def regions_of(predictor: Predictor, design: Design) -> Regions | None:
    """Regions of the rows of a design; None where values do not bend, or nothing is known of them.

    Parameters
    ----------
    predictor : Predictor
    design : Design
    """
    unknown = np.isnan(predictor.fit.estimate.cov).all()
    if not predictor.bends or unknown or not design.n:
        return None
    return Regions(list(_regions(predictor, design)))


def _regions(predictor: Predictor, design: Design) -> Iterator[Region]:
    target, depends = predictor.target, predictor.target.surface(design).depends
    pairs = list(combinations(depends, 2))
    sums = Sums((*((d,) for d in depends), *pairs))
    located = replace(predictor, target=Target(lambda _: sums, LINKS["identity"]))
    for part in blocks(design, max(1, BLOCK // len(depends))):
        found = located.natural(part)
        n, d = part.n, len(depends)
        cov = _covariances(located.variance(found).reshape(n, -1), d)
        center = found.value.reshape(n, -1)[:, :d]
        yield Region.of(target, part, target.surface(part), center, cov)


def _covariances(variances: Floats, d: int) -> Floats:
    """Covariance matrices from the variances of variables and of the sums of their pairs."""
    own = variances[:, :d]
    cov = own[:, :, None] * np.eye(d)
    first, second = np.triu_indices(d, 1)
    shared = 0.5 * (variances[:, d:] - own[:, first] - own[:, second])
    cov[:, first, second] = cov[:, second, first] = shared
    return cov
