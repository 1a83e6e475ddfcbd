"""The joint posterior distribution of one random effect over the levels of its factor.

With one grouping factor the levels are independent given the parameters. With several they are not:
the covariance of b = Lambda u is that of u at its mode, the inverse of H = M'WM + I with M = Z
Lambda. Effects move with the parameters, which are uncertain themselves: to first order their
covariance is C + G V G', with V that of the parameters and G the derivatives of the modes (Kass and
Steffey 1989). Draws of ``method="mcmc"`` speak for themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ArgumentError, NotAvailableError
from ..estimate.covariance import covariance_matrices
from .curvature import AtModes, all_factors, levels_of_terms
from .effects import level_array
from .ml import has_one_factor
from .modes import mode_system
from .scope import require_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..estimate.values import Estimate, Floats
    from ..model.design import Design

    Seed = int | np.random.Generator | None

MOST = 3000  # levels of a factor among several, whose covariances are all held at once
BATCH = 256  # right-hand sides solved at a time


@dataclass(frozen=True)
class Posterior:
    """One random effect of every level.

    Attributes
    ----------
    group, name : str
    levels : ndarray, shape (J,)
    mean : ndarray, shape (J,)
    covariance : ndarray, shape (J,) or (J, J)
        Variances where levels are independent.
    prior_variance : float
    sample : ndarray, shape (draws, J), or None
        Draws from a Bayesian fit.
    drift : callable or None
        Gives G times a root of V, shape (J, parameters); None where the parameters are known, or
        have been drawn.
    """

    group: str
    name: str
    levels: np.ndarray
    mean: Floats
    covariance: Floats
    prior_variance: float
    sample: Floats | None = None
    drift: Callable[[], Floats] | None = None

    @property
    def se(self) -> Floats:
        """Posterior standard deviations."""
        variance = self.covariance if self.covariance.ndim == 1 else np.diag(self.covariance)
        return np.sqrt(np.maximum(variance, 0.0))

    def difference_se(self, first: np.ndarray, second: np.ndarray) -> Floats:
        """Standard deviations of differences of levels."""
        shared = 0.0 if self.covariance.ndim == 1 else self.covariance[first, second]
        variance = np.square(self.se[first]) + np.square(self.se[second]) - 2.0 * shared
        return np.sqrt(np.maximum(variance, 0.0))

    def draws(self, n: int, seed: Seed) -> Floats:
        """Draws of all levels, shape (n, J): normal, or those of a Bayesian fit."""
        if n < 1:
            raise ArgumentError(f"n={n!r}: take at least one draw.")
        if self.sample is not None:
            return self.sample
        z = np.random.default_rng(seed).standard_normal((n, len(self.mean)))
        if self.covariance.ndim == 1:
            return self.mean + z * self.se
        return self.mean + z @ _root(self.covariance).T

    def draws_with_parameters(self, n: int, seed: int | None) -> Floats:
        """The same with the parameters drawn anew each time."""
        rng = np.random.default_rng(seed)
        drawn = self.draws(n, rng)
        if self.drift is None:
            return drawn
        moved = self.drift()
        return drawn + rng.standard_normal((n, moved.shape[1])) @ moved.T

    def at(self, chosen: Sequence[int]) -> Posterior:
        """That of some of the levels."""
        keep = np.array(chosen)
        one = self.covariance.ndim == 1
        return Posterior(
            self.group, self.name, self.levels[keep], self.mean[keep],
            self.covariance[keep] if one else self.covariance[np.ix_(keep, keep)],
            self.prior_variance, None if self.sample is None else self.sample[:, keep],
        )  # fmt: skip


def _root(matrix: Floats) -> Floats:
    """A square root of a covariance matrix: Cholesky's, or by eigenvalues if it is singular."""
    try:
        return np.asarray(np.linalg.cholesky(matrix), dtype=np.float64)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(matrix)
        return vectors * np.sqrt(np.maximum(values, 0.0))


def posterior(design: Design, estimate: Estimate, group: str | None, name: str | None) -> Posterior:
    """The posterior of one effect of one grouping factor.

    Raises
    ------
    ArgumentError
        For a group without random effects, or an effect that it does not have.
    NotAvailableError
        For more than 3000 levels of a factor among several.
    """
    t, k = _place(design, group, name)
    term = design.terms[t]
    factor, effects = design.factors[term.factor], estimate.random[t]
    sigma = covariance_matrices(design, estimate.theta)[t][k, k]
    about = (factor.name, term.names[k], level_array(factor.levels))
    draws = None if estimate.draws is None else estimate.draws.effects
    if draws is not None:
        sample = draws[t][..., k].reshape(-1, factor.n_levels)
        variance = sample.var(axis=0, ddof=1)
        every = np.cov(sample.T) if factor.n_levels <= MOST else variance
        return Posterior(*about, sample.mean(axis=0), every, sigma, sample)
    if has_one_factor(design):
        covariance = effects.mean_cov[:, k, k]
    else:
        require_rows(design, "the joint covariance of several grouping factors")
        covariance = _covariance(design, estimate, t, k)
    drift = None if design.distribution.has_cases else partial(_drift, design, estimate, t, k)
    return Posterior(*about, effects.mean[:, k], covariance, sigma, drift=drift)


def _place(design: Design, group: str | None, name: str | None) -> tuple[int, int]:
    """Positions of the term and of the effect in it."""
    every = [
        (design.factors[term.factor].name, effect, t, k)
        for t, term in enumerate(design.terms)
        for k, effect in enumerate(term.names)
    ]
    own = [row for row in every if group in (None, row[0])]
    found = [row for row in own if name in (None, row[1])]
    if not found:
        known = ", ".join(f"{effect!r} of {factor!r}" for factor, effect, *_ in every)
        raise ArgumentError(
            f"there is no random effect group={group!r}, name={name!r}; there are: {known}."
            if every
            else "the model has no random effects: add some, such as (1 | group)."
        )
    return found[0][2:]


def _drift(design: Design, estimate: Estimate, t: int, k: int) -> Floats:
    """How an effect of all levels moves with independent standard normal parameters.

    A parameter on the boundary is taken as known.
    """
    gradient = mode_system(design, estimate).gradient[_of_effect(design, t, k)]
    return gradient @ _root(np.nan_to_num(estimate.cov, nan=0.0))


def _of_effect(design: Design, t: int, k: int) -> slice:
    """Where an effect of a term is among those of all levels of all terms."""
    sizes = [n * term.size for n, term in zip(levels_of_terms(design), design.terms, strict=True)]
    return slice(sum(sizes[:t]) + k, sum(sizes[: t + 1]), design.terms[t].size)


def _covariance(design: Design, estimate: Estimate, t: int, k: int) -> Floats:
    """Covariance of an effect between all levels, from the joint curvature at the modes."""
    term = design.terms[t]
    levels = levels_of_terms(design)
    if levels[t] > MOST:
        raise NotAvailableError(
            f"{design.factors[term.factor].name!r} has {levels[t]} levels, whose joint covariance "
            f"is held for at most {MOST} where there are several grouping factors. Compare fewer "
            "levels, from a fit to a part of the data, or fit with method='mcmc'."
        )
    factor = all_factors(design, estimate)
    curvature = AtModes.of(design, estimate).factorized(factor)
    own = factor.tocsr()[_of_effect(design, t, k)]
    columns = [
        own @ curvature.solve(own[i : i + BATCH].T.toarray()) for i in range(0, levels[t], BATCH)
    ]
    phi = 1.0 if estimate.scale is None else estimate.scale
    return phi * np.hstack(columns)
