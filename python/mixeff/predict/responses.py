"""Quantiles of a response whose linear predictor is normally distributed, or a mixture of such.

The distribution function of the response is averaged over the linear predictor and then inverted:
by bisection for counts, else by secants on the scale of normal scores, where it is nearly straight.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..estimate.values import Floats
    from ..model.families import Family, Parameters
    from ..model.links import Link

BLOCK = 4096  # rows inverted at a time
REACH = 5.5  # standard deviations of the linear predictor on either side
APART = 1.2  # distance of its points, in standard deviations of the response given it
FEWEST, MOST = 11, 200  # points on either side, whatever that distance asks for
STEPS = 60  # of the search for a root, which needs about six
CLOSE = 1e-10  # in normal scores
TINY = 1e-12  # below a value with a probability of its own


@dataclass(frozen=True)
class Mixture:
    """Responses of some rows, their linear predictors N(eta, variance).

    Attributes
    ----------
    family : Family
    parameters : Parameters
        `mu` at points of each linear predictor's distribution, shape (n, points); the others of
        that shape, or (n, 1).
    weights : ndarray, shape (points,)
    """

    family: Family
    parameters: Parameters
    weights: Floats

    def cdf(self, y: Floats) -> Floats:
        """Probability of a response of at most y, by row."""
        return self.family.cdf(y[:, None], self.parameters) @ self.weights

    def center(self) -> Floats:
        """Mean response, by row."""
        return np.broadcast_to(self.family.mean(self.parameters), self._shape) @ self.weights

    @property
    def _shape(self) -> tuple[int, int]:
        return self.parameters.mu.shape[0], len(self.weights)

    def quantile(self, p: float) -> Floats:
        """Smallest response whose probability of not being exceeded is at least p, by row."""
        if self.family.discrete:
            return self._count(p)
        found = np.full(self._shape[0], np.nan)
        for atom in self.family.atoms:
            below, at = (self.cdf(np.full(len(found), y)) for y in (atom - TINY, atom))
            found[(below < p) & (p <= at)] = atom
        if (rest := np.isnan(found)).any():
            found[rest] = self._at(rest)._number(p)
        return found

    def _at(self, rows: NDArray[np.bool_]) -> Mixture:
        """That of some rows."""
        return Mixture(self.family, self.parameters.at(rows), self.weights)

    def _count(self, p: float) -> Floats:
        below = np.full(self._shape[0], -1.0)
        above = np.ceil(self.center()) + 1.0
        while (short := self.cdf(above) < p).any():
            below, above = np.where(short, above, below), np.where(short, 2.0 * above, above)
        while (above - below > 1.0).any():
            middle = np.floor(0.5 * (above + below))
            high = self.cdf(middle) >= p
            below, above = np.where(high, below, middle), np.where(high, middle, above)
        return above

    def _number(self, p: float) -> Floats:
        from scipy.special import ndtri

        def height(t: Floats) -> Floats:
            y = np.exp(t) if self.family.positive else t
            return ndtri(np.clip(self.cdf(y), 1e-300, 1 - 1e-16)) - ndtri(p)

        center = self.center()
        if self.family.positive:
            return np.exp(_root(height, np.log(center), np.ones_like(center)))
        means = np.broadcast_to(self.family.mean(self.parameters), self._shape)
        spread = np.abs(means - center[:, None]) @ self.weights
        return _root(height, center, spread + 0.1 * np.abs(center) + 1e-8)


def _root(height: Callable[[Floats], Floats], start: Floats, step: Floats) -> Floats:
    """Zeros of increasing functions, by the Illinois rule from a bracket around the start."""
    low, high = start - step, start + step
    while (outside := height(low) > 0.0).any():
        low, step = np.where(outside, low - step, low), 2.0 * step
    while (outside := height(high) < 0.0).any():
        high, step = np.where(outside, high + step, high), 2.0 * step
    at_low, at_high = height(low), height(high)
    middle, last = start, np.zeros_like(start)
    for _ in range(STEPS):
        middle = (low * at_high - high * at_low) / (at_high - at_low)
        at = height(middle)
        up = at > 0.0
        at_low = np.where(up & (last > 0), 0.5 * at_low, at_low)
        at_high = np.where(~up & (last < 0), 0.5 * at_high, at_high)
        low, at_low = np.where(up, low, middle), np.where(up, at_low, at)
        high, at_high = np.where(up, middle, high), np.where(up, at, at_high)
        last = np.where(up, 1.0, -1.0)
        if np.abs(at).max(initial=0.0) < CLOSE:
            break
    return middle


def _possible(family: Family, link: Link, mu: Floats) -> Floats:
    """Means, those beyond the family's range (as under an inverse link) moved to its end."""
    lowest, highest = family.mean_range
    end = link.inverse(np.array(1e-12)) if lowest == 0.0 else lowest
    return np.minimum(np.where(mu > lowest, mu, end), highest)


def _points(
    family: Family, link: Link, eta: Floats, spread: Floats, p: Parameters
) -> tuple[Floats, Floats]:
    """Points and weights of the trapezoidal rule, as fine as the response is sharp."""
    sharpness = 1.0
    with np.errstate(invalid="ignore", divide="ignore"):
        for at in (eta - 2.0 * spread, eta, eta + 2.0 * spread):
            slope = link.inverse_derivative(at)
            if family.takes_trials and p.extra is not None:
                slope = slope * p.extra
            width = np.sqrt(family.variance(replace(p, mu=link.inverse(at)))) / np.abs(slope)
            sharpness = max(sharpness, float(np.nan_to_num(spread / width).max(initial=0.0)))
    half = int(np.clip(REACH * sharpness / APART, FEWEST, MOST))
    points = np.linspace(-REACH, REACH, 2 * half + 1)
    weights = np.exp(-0.5 * np.square(points))
    return points, weights / weights.sum()


def response_quantiles(
    family: Family,
    link: Link,
    eta: Floats,
    variance: Floats,
    parameters: Parameters,
    tails: tuple[float, ...],
    shares: Floats,
) -> list[Floats]:
    """Quantiles of new responses, mixtures of K parts with normal linear predictors.

    Parameters
    ----------
    family : Family
    link : Link
    eta : ndarray, shape (n, K)
        Mean of the first linear predictor.
    variance : ndarray, shape (n,)
        Its variance in every part.
    parameters : Parameters
        Of each row and part; `mu` is not used.
    tails : tuple of float
        Probabilities.
    shares : ndarray, shape (K,)
        Weights of the parts.

    Returns
    -------
    list of ndarray, shape (n,)
        For each probability the smallest response that is not exceeded with it.
    """
    ends = [np.empty(len(eta)) for _ in tails]
    size = max(1, BLOCK // len(shares))
    for start in range(0, len(eta), size):
        rows = slice(start, start + size)
        spread = np.sqrt(variance[rows, None])
        mixture = _mixture(family, link, eta[rows], spread, parameters.at(rows), shares)
        for end, tail in zip(ends, tails, strict=True):
            end[rows] = mixture.quantile(tail)
    return ends


def _mixture(
    family: Family, link: Link, eta: Floats, spread: Floats, p: Parameters, shares: Floats
) -> Mixture:
    """The parts, each at points of its linear predictor: one after the other."""
    points, weights = _points(family, link, eta, spread, p)
    mu = link.inverse(eta[:, :, None] + spread[:, :, None] * points).reshape(len(eta), -1)
    further = p.further
    if len(shares) > 1:
        further = tuple(np.repeat(value, len(points), axis=1) for value in further)
    p = replace(p, mu=_possible(family, link, mu), further=further)
    return Mixture(family, p, np.outer(shares, weights).ravel())
