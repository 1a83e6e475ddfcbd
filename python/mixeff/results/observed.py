"""The correlation of two responses of one cluster, on the scale on which they are observed.

With the linear predictor ``eta + s + r``, s normal and shared by the two and r normal and not, the
means m(s) = E(Y | s) have the variance that is the covariance of the responses, and each response
the variance ``E V + Var mu``. Integrals are by Gauss-Hermite quadrature.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from ..errors import NotAvailableError
from ..estimate.covariance import covariance_matrices
from ..model.families import LINKS
from .latent import require_finite
from .linear import fixed_part, quadratic_form
from .scope import require_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..estimate.values import Estimate, Floats
    from ..model.design import Design
    from .levels import Levels

ROWS = 1000  # at most so many rows are averaged over
NODES = 30
GRID = 600


def observed_icc(levels: Levels, at: Design, estimate: Estimate) -> Callable[[Estimate], Floats]:
    """Covariance over variance of two responses with equal covariates, averaged over rows."""
    require_number(at, "the correlation of observed responses")
    sharing, chosen = levels.sharing(), spread_rows(at, estimate)

    def correlation(moved: Estimate) -> Floats:
        rows = Rows.of(levels, at, moved, chosen)
        variance = rows.variance().mean()
        return np.array([rows.covariance(shared).mean() for shared in sharing]) / variance

    return correlation


def require_number(design: Design, what: str) -> None:
    """Raise where responses are no numbers, or not observed in full."""
    require_rows(design, what)
    kind = design.distribution.categories
    if design.distribution.observation is not None or (kind is not None and not kind.ordered):
        raise NotAvailableError(
            f"{what} needs responses that are numbers or ordered, and observed in full; those "
            f"of family {design.family!r} are not."
        )


def spread_rows(design: Design, estimate: Estimate) -> np.ndarray:
    """Every row, or as many as are averaged over, evenly spaced by their linear predictor."""
    order = np.argsort(fixed_part(design, estimate), kind="stable")
    return order[np.linspace(0, design.n - 1, min(ROWS, design.n)).round().astype(np.int64)]


@dataclass(frozen=True)
class Rows:
    """Some rows of a design, their random parts as independent normal numbers.

    Attributes
    ----------
    design : Design
    estimate : Estimate
    etas : tuple of ndarray, shape (n,)
        Fixed parts of all linear predictors.
    parts : ndarray, shape (n, factors)
        Variance of z'b by grouping factor.
    """

    design: Design
    estimate: Estimate
    etas: tuple[Floats, ...]
    parts: Floats

    @classmethod
    def of(cls, levels: Levels, design: Design, estimate: Estimate, chosen: np.ndarray) -> Rows:
        """Chosen rows of a design."""
        etas = tuple(fixed_part(design, estimate, d)[chosen] for d in range(len(design.fixed)))
        every = np.zeros((design.n, len(levels.design.factors)))
        sigmas = covariance_matrices(levels.design, estimate.theta)
        for term, sigma in zip(design.terms, sigmas, strict=True):
            every[:, term.factor] += quadratic_form(term, sigma, list(range(term.size)))
        return cls(design, estimate, etas, every[chosen][:, list(levels.factors)])

    def mean(self) -> Floats:
        """Mean of each response, its random effects integrated out."""
        return self._moments(self.parts.sum(axis=1))[0] @ normal_rule()[1]

    def variance(self) -> Floats:
        """Variance of each response."""
        weight = normal_rule()[1]
        mean, spread = self._moments(self.parts.sum(axis=1))
        return (spread + np.square(mean)) @ weight - np.square(mean @ weight)

    def covariance(self, shared: np.ndarray) -> Floats:
        """Covariance of two responses that share the effects of some factors."""
        points, weight = normal_rule()
        own = np.sqrt(self.parts[:, shared].sum(axis=1))
        rest = self.parts[:, ~shared].sum(axis=1)
        if not own.any():
            return own
        means = np.column_stack([self._mean_given(own * z, rest) for z in points])
        return np.square(means) @ weight - np.square(means @ weight)

    def _mean_given(self, shift: Floats, rest: Floats) -> Floats:
        """E(Y | s) at one point of s for each row."""
        if not rest.any():
            return self._response(shift[:, None])[0][:, 0]
        points, weight = normal_rule()
        return self._response(shift[:, None] + np.sqrt(rest)[:, None] * points)[0] @ weight

    def _moments(self, variance: Floats) -> tuple[Floats, Floats]:
        return self._response(np.sqrt(variance)[:, None] * normal_rule()[0])

    def _response(self, shift: Floats) -> tuple[Floats, Floats]:
        """Mean and variance of the response, of one trial, where the random part is `shift`."""
        eta = self.etas[0][:, None] + shift
        even = all(np.ptp(other) == 0.0 for other in self.etas[1:])
        if even and eta.size > GRID and np.ptp(eta) > 0.0:
            mean, variance = self._interpolated(eta)
        else:
            mean, variance = self._exact(eta, [other[:, None] for other in self.etas[1:]])
        return mean, variance

    def _interpolated(self, eta: Floats) -> tuple[Floats, Floats]:
        """By cubic splines: rows differ in one predictor, and a variance may be dear."""
        from scipy.interpolate import CubicSpline

        grid = np.linspace(eta.min(), eta.max(), GRID)
        both = np.column_stack(self._exact(grid, [other[:1] for other in self.etas[1:]]))
        found = CubicSpline(grid, both)(eta)
        return found[..., 0], found[..., 1]

    def _exact(self, eta: Floats, others: list[Floats]) -> tuple[Floats, Floats]:
        family, flat = self.design.distribution, eta.ravel()
        further = tuple(np.broadcast_to(other, eta.shape).ravel() for other in others)
        p = family.parameters(LINKS[self.design.link], flat, further)
        factor = 1.0 if self.estimate.scale is None else self.estimate.scale
        mean, variance = family.mean_of_trial(p), factor * family.variance(p)
        self._require_moments(mean, variance)
        return mean.reshape(eta.shape), np.broadcast_to(variance, flat.shape).reshape(eta.shape)

    def _require_moments(self, mean: Floats, variance: Floats) -> None:
        low, high = self.design.distribution.mean_range
        plain = self.design.distribution.expectation is None
        if plain and np.any((mean < low) | (mean > high)):
            raise NotAvailableError(
                f"under the {self.design.link} link normal random effects carry the linear "
                "predictor to where there is no mean, so that the responses have no variance "
                "here. Take another link, such as 'log'."
            )
        require_finite(self.design, variance)


@cache
def normal_rule() -> tuple[Floats, Floats]:
    """Points and weights for a standard normal number."""
    points, weights = np.polynomial.hermite_e.hermegauss(NODES)
    return points, weights / weights.sum()
