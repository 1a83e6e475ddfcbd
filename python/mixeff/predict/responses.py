"""Quantiles of a response whose linear predictor is normally distributed.

The distribution function of the response is averaged over the linear predictor and then inverted:
by bisection for counts, else by secants on the scale of normal scores, where it is nearly straight.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..model.families import FAMILIES

if TYPE_CHECKING:
    from ..estimate.values import Floats
    from ..model.links import Link

BLOCK = 4096  # rows inverted at a time
REACH = 5.5  # standard deviations of the linear predictor on either side
APART = 1.2  # distance of its points, in standard deviations of the response given it
FEWEST, MOST = 11, 200  # points on either side, whatever that distance asks for
STEPS = 60  # of the search for a root, which needs about six
CLOSE = 1e-10  # in normal scores


@dataclass(frozen=True)
class Response:
    """The distribution function of a family's response.

    Attributes
    ----------
    cdf : callable
        ``cdf(y, mu, dispersion, trials)``.
    counts : bool
        Whether the response is a whole number from 0 up.
    positive : bool
        Whether it is a positive number, whose logarithm is searched.
    """

    cdf: Callable[..., Floats]
    counts: bool = False
    positive: bool = False

    def value(self, t: Floats) -> Floats:
        """The response at a point of the scale that is searched."""
        return np.exp(t) if self.positive else t


def _gaussian(y: Floats, mu: Floats, sd: Floats, trials: None) -> Floats:
    from scipy.special import ndtr

    return ndtr((y - mu) / sd)


def _binomial(y: Floats, mu: Floats, dispersion: None, trials: Floats | None) -> Floats:
    from scipy.special import bdtr

    n = np.ones_like(y) if trials is None else trials
    return np.where(y < 0.0, 0.0, bdtr(np.clip(y, 0.0, n), n.astype(np.int64), mu))


def _poisson(y: Floats, mu: Floats, dispersion: None, trials: None) -> Floats:
    from scipy.special import pdtr

    return np.where(y < 0.0, 0.0, pdtr(np.maximum(y, 0.0), mu))


def _gamma(y: Floats, mu: Floats, phi: Floats, trials: None) -> Floats:
    from scipy.special import gammainc

    return gammainc(1.0 / phi, y / (phi * mu))


RESPONSES: dict[str, Response] = {
    "gaussian": Response(_gaussian),
    "bernoulli": Response(_binomial, counts=True),
    "binomial": Response(_binomial, counts=True),
    "poisson": Response(_poisson, counts=True),
    "gamma": Response(_gamma, positive=True),
}


@dataclass(frozen=True)
class Mixture:
    """Responses of some rows, their linear predictors N(eta, variance).

    Attributes
    ----------
    response : Response
    mu : ndarray, shape (n, points)
        Means at points of each linear predictor's distribution.
    weights : ndarray, shape (points,)
    dispersion, trials : ndarray, shape (n, 1), or None
    """

    response: Response
    mu: Floats
    weights: Floats
    dispersion: Floats | None
    trials: Floats | None

    def cdf(self, y: Floats) -> Floats:
        """Probability of a response of at most y, by row."""
        return self.response.cdf(y[:, None], self.mu, self.dispersion, self.trials) @ self.weights

    def quantile(self, p: float) -> Floats:
        """Smallest response whose probability of not being exceeded is at least p, by row."""
        return self._count(p) if self.response.counts else self._number(p)

    def _count(self, p: float) -> Floats:
        below = np.full(len(self.mu), -1.0)
        above = np.ceil(self.mu @ self.weights) + 1.0
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
            return ndtri(np.clip(self.cdf(self.response.value(t)), 1e-300, 1 - 1e-16)) - ndtri(p)

        center = self.mu @ self.weights
        if self.response.positive:
            return np.exp(_root(height, np.log(center), np.ones_like(center)))
        spread = np.abs(self.mu - center[:, None]) @ self.weights
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


def _possible(family: str, link: Link, mu: Floats) -> Floats:
    """Means, those beyond the family's range (as under an inverse link) moved to its end."""
    lowest, highest = FAMILIES[family].mean_range
    end = link.inverse(np.array(1e-12)) if lowest == 0.0 else lowest
    return np.minimum(np.where(mu > lowest, mu, end), highest)


def _points(
    family: str,
    link: Link,
    eta: Floats,
    spread: Floats,
    dispersion: Floats | None,
    trials: Floats | None,
) -> tuple[Floats, Floats]:
    """Points and weights of the trapezoidal rule, as fine as the response is sharp."""
    row, sharpness = FAMILIES[family], 1.0
    with np.errstate(invalid="ignore", divide="ignore"):
        for at in (eta - 2.0 * spread, eta, eta + 2.0 * spread):
            slope = row.mean(link.inverse_derivative(at), trials)
            width = np.sqrt(row.variance(link.inverse(at), dispersion, trials)) / np.abs(slope)
            sharpness = max(sharpness, float(np.nan_to_num(spread / width).max(initial=0.0)))
    half = int(np.clip(REACH * sharpness / APART, FEWEST, MOST))
    points = np.linspace(-REACH, REACH, 2 * half + 1)
    weights = np.exp(-0.5 * np.square(points))
    return points, weights / weights.sum()


def response_quantiles(
    family: str,
    link: Link,
    eta: Floats,
    variance: Floats,
    dispersion: Floats | None,
    trials: Floats | None,
    tails: tuple[float, ...],
) -> list[Floats]:
    """Quantiles of new responses, their linear predictors distributed as N(eta, variance).

    Parameters
    ----------
    family : str
    link : Link
    eta, variance : ndarray, shape (n,)
    dispersion, trials : ndarray, shape (n,), or None
    tails : tuple of float
        Probabilities.

    Returns
    -------
    list of ndarray, shape (n,)
        For each probability the smallest response that is not exceeded with it.
    """
    ends = [np.empty(len(eta)) for _ in tails]
    for start in range(0, len(eta), BLOCK):
        rows = slice(start, start + BLOCK)
        spread = np.sqrt(variance[rows])
        phi = None if dispersion is None else dispersion[rows]
        n = None if trials is None else trials[rows]
        points, weights = _points(family, link, eta[rows], spread, phi, n)
        mixture = Mixture(
            RESPONSES[family],
            _possible(family, link, link.inverse(eta[rows, None] + spread[:, None] * points)),
            weights,
            None if phi is None else phi[:, None],
            None if n is None else n[:, None],
        )
        for end, p in zip(ends, tails, strict=True):
            end[rows] = mixture.quantile(p)
    return ends
