"""The arrays of a model: response, covariates, grouping factors, random-effects columns."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..data.columns import frozen
from .columnwise import ModelMatrix
from .families import FLEXIBLE, Family, expanded, family
from .families.cases import Cases
from .families.mixed import mixed
from .outcome import Pair, ends_within

if TYPE_CHECKING:
    from scipy.sparse import csc_matrix

    from .within import Within

__all__ = ["Design", "GroupingFactor", "RandomTerm"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GroupingFactor:
    """A factor whose levels carry random effects.

    Attributes
    ----------
    name : str
        Its text in the formula, such as "district" or "school:class".
    codes : ndarray of int32, shape (n,)
        Level of every row; -1 for a level that was not in the data of the fit.
    levels : sequence
        Labels; those of an interaction are text such as "12:b".
    """

    name: str
    codes: NDArray[np.int32]
    levels: Sequence[Hashable]

    @property
    def n_levels(self) -> int:
        """Number of levels."""
        return len(self.levels)


@dataclass(frozen=True, eq=False)
class RandomTerm:
    """The random effects that one ``( | )`` of the formula gives every level of a factor.

    Attributes
    ----------
    factor : int
        Index into `Design.factors`.
    names : tuple of str
        Names of the p random effects of a level, such as ("Intercept", "urban[T.Y]").
    z : ndarray of float64, shape (n, p), Fortran order, or None
        Their covariates; None for a lone intercept.
    predictors : tuple of int, or None
        The linear predictor that each of them enters; 0, the mean's, for all if None.
    structure : str
        "unstructured", or "diagonal" for ``( || )``.
    """

    factor: int
    names: tuple[str, ...]
    z: Array | None = None
    predictors: tuple[int, ...] | None = None
    structure: str = "unstructured"

    @property
    def size(self) -> int:
        """Number p of random effects of a level."""
        return len(self.names)

    @property
    def places(self) -> tuple[int, ...]:
        """The linear predictor that each random effect enters."""
        return (0,) * self.size if self.predictors is None else self.predictors

    def effects_of(self, predictor: int) -> list[int]:
        """Positions of the random effects that enter a linear predictor."""
        return [k for k, place in enumerate(self.places) if place == predictor]

    @property
    def is_of_mean(self) -> bool:
        """Whether all of them enter the mean's linear predictor."""
        return not any(self.places)


@dataclass(frozen=True, eq=False)
class Design:
    """Everything numeric about a model, and nothing else.

    Attributes
    ----------
    family, link : str
        Names in the tables. A "binomial" whose trials are all one is a "bernoulli" here.
    y : ndarray of float64, shape (n,)
        The response; successes for the binomial family; the lower end of a censored one. Where it
        is read-only nobody changes it, and the core reads it in place; so with the terms' z.
    extra : ndarray of float64, shape (n,), or None
        A second column of the response, for families that take one: numbers of trials (None means
        ones), the upper ends of intervals, which durations ended in the event.
    weights : ndarray of float64, shape (n,), or None
        Prior weights, which multiply the log-density; None means ones.
    fixed : tuple of ModelMatrix
        Fixed-effects columns, one matrix for each linear predictor of the family.
    x_names : tuple of tuple of str
        Their names.
    offset : tuple of ndarray of float64, shape (n,), or None
        Offset of each linear predictor.
    factors : tuple of GroupingFactor
    terms : tuple of RandomTerm
    rows : ndarray of int64, shape (n,), or None
        Positions of these rows in the data they came from; None if it is every row.
    overdispersed : bool
        Whether the variance of the response is phi times the family's, phi to be estimated.
    categories : tuple
        The categories of the response, where it has any, in order.
    coefficients : tuple of tuple of int, or None
        For each linear predictor the position in beta of each column's coefficient, where
        predictors share coefficients; None where each column has one of its own.
    structure : str
        How the thresholds of an ordinal response, or the baseline of a duration, are constrained.
    responses : tuple of Design
        The designs of several responses, whose rows stand one after the other; empty for one.
    limits : tuple of ndarray, or None
        Lower and upper detection limit of each row, where they are known.
    """

    family: str
    link: str
    y: Array
    extra: Array | None
    weights: Array | None
    fixed: tuple[ModelMatrix, ...]
    x_names: tuple[tuple[str, ...], ...]
    offset: tuple[Array | None, ...]
    factors: tuple[GroupingFactor, ...]
    terms: tuple[RandomTerm, ...]
    rows: NDArray[np.int64] | None = None
    overdispersed: bool = False
    categories: tuple[Hashable, ...] = ()
    coefficients: tuple[tuple[int, ...], ...] | None = None
    structure: str = FLEXIBLE
    responses: tuple[Design, ...] = ()
    limits: Pair | None = None

    @property
    def n(self) -> int:
        """Number of rows."""
        return self.fixed[0].n_rows

    @property
    def n_observations(self) -> int:
        """Number of responses: rows, but the cases of choices."""
        return self.cases.n if self.distribution.has_cases else self.n

    @cached_property
    def cases(self) -> Cases:
        """Which rows are alternatives of the same case, for a response of choices."""
        if self.extra is None:
            raise TypeError("a response of choices has the number of its case in a second column")
        return Cases(self.extra)

    @property
    def distribution(self) -> Family:
        """The response distribution, for its categories if it has any."""
        if self.responses:
            return mixed(tuple(design.distribution for design in self.responses))
        return expanded(family(self.family), self.categories, self.structure)

    @property
    def trials(self) -> Array | None:
        """Numbers of trials; None if all are one, or the family counts none."""
        return self.extra if self.distribution.takes_trials else None

    @property
    def values(self) -> Array:
        """The response as numbers: of a censored one the middle of its ends, or the finite one."""
        if not self.distribution.takes_interval or self.extra is None:
            return self.y
        low = np.where(np.isfinite(self.y), self.y, self.extra)
        return 0.5 * (low + np.where(np.isfinite(self.extra), self.extra, low))

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader of a result should know of the response, in sentences."""
        if not self.distribution.takes_interval or self.extra is None:
            return ()
        left, right = np.isinf(self.y), np.isinf(self.extra)
        exact = self.y == self.extra
        kinds = {
            "observed": exact,
            "censored from the left": left,
            "censored from the right": right,
            "in an interval": ~(exact | left | right),
        }
        counts = [f"{int(rows.sum())} {kind}" for kind, rows in kinds.items() if rows.any()]
        return (f"{self.n} responses: {', '.join(counts)}",)

    def recorded(self, y: Array) -> Array:
        """Responses as they would be recorded: at a detection limit where they are beyond it."""
        return y if self.limits is None else np.clip(y, *self.limits)

    def with_response(self, y: Array) -> Design:
        """The design of another response, of one column or of two, recorded as this one is."""
        if y.ndim == 1 and self.limits is None:
            return replace(self, y=frozen(np.array(y, dtype=np.float64)))
        first, second = y.T if self.limits is None else ends_within(y, self.limits)
        return replace(self, y=np.ascontiguousarray(first), extra=np.ascontiguousarray(second))

    @property
    def X(self) -> Array:
        """Fixed-effects columns of the mean's linear predictor, in one array."""
        return self.fixed[0].array

    @property
    def n_beta(self) -> int:
        """Number of coefficients of all linear predictors, as if none were shared."""
        return sum(matrix.shape[1] for matrix in self.fixed)

    @cached_property
    def Z(self) -> csc_matrix:
        """Random-effects columns, sparse: term by term, level by level, effect by effect."""
        from scipy.sparse import csc_matrix, hstack

        blocks = [random_effects_columns(self.factors[t.factor], t, self.n) for t in self.terms]
        return csc_matrix(hstack(blocks, format="csc")) if blocks else csc_matrix((self.n, 0))

    def Z_of(self, predictor: int) -> csc_matrix:
        """Z, where the columns of effects in other linear predictors are empty."""
        from scipy.sparse import csc_matrix, diags

        if all(set(term.places) == {predictor} for term in self.terms):
            return self.Z
        own = [
            np.tile(np.array(term.places) == predictor, self.factors[term.factor].n_levels)
            for term in self.terms
        ]
        kept = np.concatenate(own).astype(np.float64)
        return csc_matrix(self.Z @ diags(kept))

    @cached_property
    def within(self) -> Within:
        """What is identified within the levels of the only grouping factor."""
        from .within import find_within

        return find_within(self)


def random_effects_columns(factor: GroupingFactor, term: RandomTerm, n: int) -> csc_matrix:
    """Columns of Z of one term, a sparse matrix of shape (n, levels * effects).

    Parameters
    ----------
    factor : GroupingFactor
        The factor of the term.
    term : RandomTerm
    n : int
        Number of rows.

    Returns
    -------
    scipy.sparse.csc_matrix
        Level by level, effect by effect; rows of unknown level are empty.
    """
    from scipy.sparse import coo_matrix, csc_matrix

    p = term.size
    known = np.flatnonzero(factor.codes >= 0)
    first = factor.codes[known].astype(np.int64) * p
    columns = (first[:, None] + np.arange(p)).ravel()
    values = np.ones(len(columns)) if term.z is None else term.z[known].ravel()
    shape = (n, factor.n_levels * p)
    return csc_matrix(coo_matrix((values, (np.repeat(known, p), columns)), shape=shape))
