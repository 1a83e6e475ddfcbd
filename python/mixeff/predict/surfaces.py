"""What is predicted, as a function of the linear predictors of a row, with its derivatives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ..model.families import LINKS
from .normal_mean import STRIP, nodes, normal_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..estimate.values import Floats
    from ..model.design import Design
    from ..model.links import Link

    Slopes = dict[int, Floats]

FINE = 0.5  # half width of a strip in which every mean is smooth
STEP = 1e-3  # of differences of fourth order, whose error is about 1e-12


@dataclass(frozen=True)
class Average:
    """An average over a normal linear predictor.

    Attributes
    ----------
    value : ndarray, shape (n, K)
    slopes : dict of int to ndarray, shape (n, K)
        Derivatives by the location of each linear predictor.
    rise : ndarray, shape (n, K)
        Derivative by the standard deviation of the one that is averaged over.
    """

    value: Floats
    slopes: Slopes
    rise: Floats


class Surface(Protocol):
    """K values of each row."""

    @property
    def depends(self) -> tuple[int, ...]:
        """The linear predictors that they depend on."""
        ...

    def at(self, etas: Sequence[Floats]) -> Floats:
        """Values at linear predictors, shape (n, K)."""
        ...

    def slopes(self, etas: Sequence[Floats]) -> Slopes:
        """Their derivatives, by linear predictor, shape (n, K) each."""
        ...

    def over_normal(self, etas: Sequence[Floats], d: int, s: Floats) -> Average:
        """Averages over N(eta_d, s^2)."""
        ...


@dataclass(frozen=True)
class Location:
    """A linear predictor itself, by default the first."""

    place: int = 0

    @property
    def depends(self) -> tuple[int, ...]:
        """That linear predictor."""
        return (self.place,)

    def at(self, etas: Sequence[Floats]) -> Floats:
        """The linear predictor."""
        return etas[self.place][:, None]

    def slopes(self, etas: Sequence[Floats]) -> Slopes:
        """Ones."""
        return {self.place: np.ones((len(etas[self.place]), 1))}

    def over_normal(self, etas: Sequence[Floats], d: int, s: Floats) -> Average:
        """The same: it is linear."""
        return Average(self.at(etas), self.slopes(etas), np.zeros((len(s), 1)))


@dataclass(frozen=True)
class Sums:
    """Sums of linear predictors."""

    parts: tuple[tuple[int, ...], ...]

    @property
    def depends(self) -> tuple[int, ...]:
        """The linear predictors in any of them."""
        return tuple(sorted({d for part in self.parts for d in part}))

    def at(self, etas: Sequence[Floats]) -> Floats:
        """The sums."""
        return np.column_stack([sum(etas[d] for d in part) for part in self.parts])

    def slopes(self, etas: Sequence[Floats]) -> Slopes:
        """One where the linear predictor is in the sum, else zero."""
        rows = np.ones((len(etas[0]), 1))
        return {d: rows * [float(d in part) for part in self.parts] for d in self.depends}

    def over_normal(self, etas: Sequence[Floats], d: int, s: Floats) -> Average:
        """The same: they are linear."""
        return Average(self.at(etas), self.slopes(etas), np.zeros((len(s), len(self.parts))))


@dataclass(frozen=True)
class LinkMean:
    """The mean is the inverse link of the first linear predictor."""

    link: Link

    @property
    def depends(self) -> tuple[int, ...]:
        """The first linear predictor."""
        return (0,)

    def at(self, etas: Sequence[Floats]) -> Floats:
        """The mean."""
        return self.link.inverse(etas[0])[:, None]

    def slopes(self, etas: Sequence[Floats]) -> Slopes:
        """Derivative of the inverse link."""
        return {0: self.link.inverse_derivative(etas[0])[:, None]}

    def over_normal(self, etas: Sequence[Floats], d: int, s: Floats) -> Average:
        """In closed form where the link has one."""
        mean = normal_mean(self.link, etas[0], s)
        return Average(mean.value[:, None], {0: mean.d_eta[:, None]}, mean.d_s[:, None])


@dataclass(frozen=True)
class Probabilities:
    """Probabilities of the categories."""

    design: Design

    @property
    def depends(self) -> tuple[int, ...]:
        """Every linear predictor."""
        return tuple(range(len(self.design.fixed)))

    @property
    def _link(self) -> Link:
        return LINKS[self.design.link]

    def at(self, etas: Sequence[Floats]) -> Floats:
        """The probabilities."""
        return self.design.distribution.probabilities(self._link, tuple(etas))

    def slopes(self, etas: Sequence[Floats]) -> Slopes:
        """Their derivatives, in closed form."""
        slopes = self._slopes(etas)
        return {d: slopes[:, :, d] for d in self.depends}

    def _slopes(self, etas: Sequence[Floats]) -> Floats:
        return self.design.distribution.probability_slopes(self._link, tuple(etas))

    def over_normal(self, etas: Sequence[Floats], d: int, s: Floats) -> Average:
        """By the trapezoidal rule."""
        categories = self.design.distribution.categories
        share = 1.0 if categories is None else categories.strip(len(self.design.categories))
        strip = share * STRIP.get(self.design.link, 1.0)
        return trapezoid(self.at, self._slopes, etas, d, s, strip)


@dataclass(frozen=True)
class Expectation:
    """A mean of every linear predictor, as of zero-inflated or truncated counts."""

    design: Design

    @property
    def depends(self) -> tuple[int, ...]:
        """Every linear predictor."""
        return tuple(range(len(self.design.fixed)))

    def at(self, etas: Sequence[Floats]) -> Floats:
        """The mean, prior weights counted."""
        design, family = self.design, self.design.distribution
        p = family.parameters(LINKS[design.link], etas[0], tuple(etas[1:]))
        if design.weights is not None:
            p = replace(p, further=family.weighted(p.further, design.weights))
        return family.mean_of_trial(replace(p, extra=design.extra))[:, None]

    def slopes(self, etas: Sequence[Floats]) -> Slopes:
        """By differences of fourth order."""
        return {d: self._slope(etas, d) for d in self.depends}

    def _slopes(self, etas: Sequence[Floats]) -> Floats:
        return np.stack([self._slope(etas, d) for d in self.depends], axis=2)

    def _slope(self, etas: Sequence[Floats], d: int) -> Floats:
        step = STEP * (1.0 + np.abs(etas[d]))

        def across(width: float) -> Floats:
            ends = (self.at(_moved(etas, d, sign * width * step)) for sign in (1.0, -1.0))
            return next(ends) - next(ends)

        return (8.0 * across(1.0) - across(2.0)) / (12.0 * step[:, None])

    def over_normal(self, etas: Sequence[Floats], d: int, s: Floats) -> Average:
        """By the trapezoidal rule."""
        return trapezoid(self.at, self._slopes, etas, d, s, FINE)


def trapezoid(
    at: Callable[[list[Floats]], Floats],
    slopes: Callable[[list[Floats]], Floats],
    etas: Sequence[Floats],
    d: int,
    s: Floats,
    strip: float,
) -> Average:
    """Averages over N(eta_d, s^2) of values that are analytic within a strip.

    Parameters
    ----------
    at, slopes : callable
        Values, shape (n, K), and their derivatives by every linear predictor, shape (n, K, D).
    etas : sequence of ndarray
    d : int
    s : ndarray, shape (n,)
    strip : float
    """
    z, weight = nodes(strip, float(s.max(initial=0.0)))
    value, total, rise = 0.0, 0.0, 0.0
    for point, w in zip(z, weight, strict=True):
        moved = _moved(etas, d, point * s)
        value = value + w * at(moved)
        slope = w * slopes(moved)
        total, rise = total + slope, rise + point * slope[:, :, d]
    every = np.asarray(total)
    by_predictor = {c: every[:, :, c] for c in range(every.shape[2])}
    return Average(np.asarray(value), by_predictor, np.asarray(rise))


def _moved(etas: Sequence[Floats], d: int, by: Floats) -> list[Floats]:
    return [*etas[:d], etas[d] + by, *etas[d + 1 :]]


def mean_surface(design: Design) -> Surface:
    """The mean response of each row."""
    if design.distribution.expectation is None:
        return LinkMean(LINKS[design.link])
    return Expectation(design)
