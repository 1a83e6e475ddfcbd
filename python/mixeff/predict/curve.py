"""The mean response as a function of the first linear predictor, the others held.

For most families that is the inverse link. Zero inflation scales it, truncation bends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..model.families import LINKS
from ..results.linear import mean_at
from .normal_mean import Mean, nodes, normal_mean

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..estimate.values import Estimate, Floats
    from ..model.design import Design
    from ..model.links import Link

STEP = 1e-5  # of differences, relative
ROUNDS = 60  # of the search for an inverse, which needs about six
CLOSE = 1e-12
FINE = 0.5  # half width of a strip in which every mean is smooth


@dataclass(frozen=True)
class LinkCurve:
    """The inverse link."""

    link: Link

    def mean(self, eta: Floats) -> Floats:
        """Mean response at a linear predictor."""
        return self.link.inverse(eta)

    def slope(self, eta: Floats) -> Floats:
        """Its derivative."""
        return self.link.inverse_derivative(eta)

    def invert(self, mean: Floats) -> Floats:
        """The linear predictor of a mean."""
        return self.link.link(mean)

    def over_normal(self, eta: Floats, s: Floats) -> Mean:
        """The mean over N(eta, s^2)."""
        return normal_mean(self.link, eta, s)


@dataclass(frozen=True)
class MeanCurve:
    """An increasing mean of any kind, row by row."""

    mean: Callable[[Floats], Floats]
    link: Link

    def slope(self, eta: Floats) -> Floats:
        """Its derivative, by central differences."""
        step = STEP * (1.0 + np.abs(eta))
        return (self.mean(eta + step) - self.mean(eta - step)) / (2.0 * step)

    def invert(self, mean: Floats) -> Floats:
        """The linear predictor of a mean, by Newton's method on the scale of the link."""
        target = self.link.link(mean)
        eta = target.copy()
        for _ in range(ROUNDS):
            at = self.mean(eta)
            rise = self.slope(eta) / self.link.inverse_derivative(self.link.link(at))
            step = np.clip((target - self.link.link(at)) / rise, -2.0, 2.0)
            eta = eta + step
            if np.abs(step).max(initial=0.0) < CLOSE:
                break
        return eta

    def over_normal(self, eta: Floats, s: Floats) -> Mean:
        """The mean over N(eta, s^2), by the trapezoidal rule."""
        z, weight = nodes(FINE, float(s.max(initial=0.0)))
        total, rise, spread = (np.zeros_like(eta) for _ in range(3))
        for point, w in zip(z, weight, strict=True):
            at = eta + s * point
            slope = self.slope(at)
            total += w * self.mean(at)
            rise += w * slope
            spread += w * point * slope
        return Mean(total, rise, spread)


def response_curve(design: Design, estimate: Estimate) -> LinkCurve | MeanCurve:
    """The mean response of each row as a function of its first linear predictor."""
    link = LINKS[design.link]
    if design.distribution.expectation is None:
        return LinkCurve(link)
    return MeanCurve(lambda eta: mean_at(design, estimate, eta), link)
