"""The arrays of a model: response, covariates, grouping factors, random-effects columns."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

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
    predictor : int
        The linear predictor that they enter; 0 is the mean's.
    structure : str
        "unstructured", or "diagonal" for ``( || )``.
    """

    factor: int
    names: tuple[str, ...]
    z: Array | None = None
    predictor: int = 0
    structure: str = "unstructured"

    @property
    def size(self) -> int:
        """Number p of random effects of a level."""
        return len(self.names)


@dataclass(frozen=True, eq=False)
class Design:
    """Everything numeric about a model, and nothing else.

    Attributes
    ----------
    family, link : str
        Names in the tables. A "binomial" whose trials are all one is a "bernoulli" here.
    y : ndarray of float64, shape (n,)
        The response; successes for the binomial family.
    trials, weights : ndarray of float64, shape (n,), or None
        Numbers of trials, and prior weights, which multiply the log-density; None means ones.
    x : tuple of ndarray of float64, shape (n, p_d), Fortran order
        Fixed-effects columns, one matrix for each linear predictor of the family. `build` freezes
        those that it makes, and the core reads frozen ones in place.
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
    """

    family: str
    link: str
    y: Array
    trials: Array | None
    weights: Array | None
    x: tuple[Array, ...]
    x_names: tuple[tuple[str, ...], ...]
    offset: tuple[Array | None, ...]
    factors: tuple[GroupingFactor, ...]
    terms: tuple[RandomTerm, ...]
    rows: NDArray[np.int64] | None = None
    overdispersed: bool = False

    @property
    def n(self) -> int:
        """Number of rows."""
        return self.x[0].shape[0]

    @property
    def X(self) -> Array:
        """Fixed-effects columns of the mean's linear predictor."""
        return self.x[0]

    @cached_property
    def Z(self) -> csc_matrix:
        """Random-effects columns, sparse: term by term, level by level, effect by effect."""
        from scipy.sparse import csc_matrix, hstack

        blocks = [random_effects_columns(self.factors[t.factor], t, self.n) for t in self.terms]
        return csc_matrix(hstack(blocks, format="csc")) if blocks else csc_matrix((self.n, 0))

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
