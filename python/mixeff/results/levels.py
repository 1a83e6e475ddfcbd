"""Variances by grouping factor, and which factors lie within which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import NotAvailableError
from ..estimate.covariance import covariance_matrices
from .scope import require_one_response

if TYPE_CHECKING:
    from ..estimate.values import Estimate, Floats
    from ..model.design import Design, GroupingFactor, RandomTerm


@dataclass(frozen=True)
class Levels:
    """The grouping factors that carry random effects of the mean.

    Attributes
    ----------
    design : Design
    factors : tuple of int
        Their positions in the design, in order of appearance.
    moments : tuple of ndarray
        Mean of z z' over some rows, of each term.
    """

    design: Design
    factors: tuple[int, ...]
    moments: tuple[Floats, ...]

    @property
    def names(self) -> list[str]:
        """Names of the factors."""
        return [self.design.factors[g].name for g in self.factors]

    def variances(self, estimate: Estimate) -> Floats:
        """Variance of z'b that each factor gives, averaged over the rows (Johnson 2014)."""
        every = np.zeros(len(self.design.factors))
        sigmas = covariance_matrices(self.design, estimate.theta)
        for term, sigma, moment in zip(self.design.terms, sigmas, self.moments, strict=True):
            every[term.factor] += (sigma * moment).sum()
        return every[list(self.factors)]

    def sharing(self) -> np.ndarray:
        """True at (i, j) where rows of one level of factor i also share a level of factor j."""
        factors = [self.design.factors[g] for g in self.factors]
        rows = [[a is b or nested(a, b) for b in factors] for a in factors]
        return np.array(rows, dtype=bool).reshape(len(factors), len(factors))


def levels_of(design: Design, what: str, at: Design | None = None) -> Levels:
    """The factors of a model, for something that needs random effects of the mean only.

    Parameters
    ----------
    design : Design
    what : str
        What it is for, as in ``icc()``.
    at : Design, optional
        Other rows to average over than those of the fit.

    Raises
    ------
    NotAvailableError
        With random effects of another predictor, or several responses.
    """
    require_one_response(design, what)
    if not all(term.is_of_mean for term in design.terms):
        raise NotAvailableError(
            f"{what} is not defined for random effects outside the mean's linear predictor, as in "
            "dispersion= or zero_inflation=, or on several logits: they change the variance of the "
            "response itself. Fit without them."
        )
    factors = tuple(dict.fromkeys(term.factor for term in design.terms))
    rows = design if at is None else at
    return Levels(design, factors, tuple(second_moment(t, rows.n) for t in rows.terms))


def second_moment(term: RandomTerm, n: int) -> Floats:
    """Mean of z z' over the rows."""
    return np.ones((1, 1)) if term.z is None else term.z.T @ term.z / n


def nested(inner: GroupingFactor, outer: GroupingFactor) -> bool:
    """True if every level of one factor lies within a single level of the other."""
    return bool((parents(inner, outer)[inner.codes] == outer.codes).all())


def parents(inner: GroupingFactor, outer: GroupingFactor) -> np.ndarray:
    """The level of the outer factor in which a row of each level of the inner one lies."""
    parent = np.empty(inner.n_levels, dtype=np.int64)
    parent[inner.codes] = outer.codes
    return parent
