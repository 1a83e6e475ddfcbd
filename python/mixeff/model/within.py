"""What a model says within the levels of its grouping factor, whatever their own intercepts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .columnwise import ModelMatrix
from .design import Design, GroupingFactor
from .rank import Dependence, dependent_columns

__all__ = ["Within", "differences", "find_within", "most_of"]

Array = NDArray[np.float64]

CONSTANT = 1e-12
"""Largest spread within levels, relative to the size of a column, that counts as none."""


@dataclass(frozen=True, eq=False)
class Within:
    """A design as seen within the levels of its only grouping factor.

    Attributes
    ----------
    design : Design
        The one given, without the columns that are not identified within levels, and without
        random effects.
    counts : ndarray of bool, shape (levels,)
        Levels in which the response could have been another one with the same total.
    constant : tuple of int
        Columns of the given design that do not vary within any level that counts.
    dependent : tuple of Dependence
        Columns whose differences within levels are combinations of those of earlier ones.
    """

    design: Design
    counts: NDArray[np.bool_]
    constant: tuple[int, ...]
    dependent: tuple[Dependence, ...]

    @cached_property
    def n_rows(self) -> int:
        """Rows of the levels that count."""
        return int(self.counts[self.design.factors[0].codes].sum())

    @property
    def n_levels(self) -> int:
        """Levels that count."""
        return int(self.counts.sum())


def find_within(design: Design) -> Within:
    """What is identified within the levels of the only grouping factor of a design.

    Parameters
    ----------
    design : Design
        With one grouping factor and one linear predictor.

    Returns
    -------
    Within

    Examples
    --------
    >>> from mixeff.model import build
    >>> data = {"y": [0, 1, 1, 1, 0, 1], "x": [1, 2, 3, 4, 5, 7], "z": [0, 0, 1, 1, 1, 1]}
    >>> _, design = build("y ~ x + z + (1 | g)", {**data, "g": list("aabbcc")}, "bernoulli")
    >>> found = design.within
    >>> found.design.x_names, found.counts.tolist()
    ((('x',),), [True, False, True])
    """
    factor = design.factors[0]
    counts = _counting_levels(design, factor)
    moved = differences(design.X, factor)[counts[factor.codes]]
    size = np.abs(design.X).max(axis=0, initial=0.0)
    varies = np.abs(moved).max(axis=0, initial=0.0) > CONSTANT * size
    positions = np.flatnonzero(varies)
    dependent = tuple(
        Dependence(int(positions[found.column]), tuple(int(positions[k]) for k in found.on))
        for found in dependent_columns(ModelMatrix.of(moved[:, positions]))
    )
    dropped = {found.column for found in dependent}
    kept = [int(j) for j in positions if j not in dropped]
    return Within(
        _only(design, kept), counts, tuple(int(j) for j in np.flatnonzero(~varies)), dependent
    )


def _counting_levels(design: Design, factor: GroupingFactor) -> NDArray[np.bool_]:
    rows = np.bincount(factor.codes, minlength=factor.n_levels)
    totals = np.bincount(factor.codes, weights=design.y, minlength=factor.n_levels)
    most = np.bincount(factor.codes, weights=most_of(design), minlength=factor.n_levels)
    return (rows > 1) & (totals > 0) & (totals < most)


def most_of(design: Design) -> Array:
    """The largest response of each row: its trials, or infinity for a count."""
    if design.trials is not None:
        return design.trials
    return np.full(design.n, 1.0 if design.distribution.is_binary else np.inf)


def differences(x: Array, factor: GroupingFactor) -> Array:
    """Rows of a matrix less the first row of their level: exactly zero where nothing varies."""
    start = np.zeros(factor.n_levels, dtype=np.int64)
    start[factor.codes[::-1]] = np.arange(len(x))[::-1]  # the last to be written is the first row
    return x - x[start[factor.codes]]


def _only(design: Design, kept: list[int]) -> Design:
    if not design.terms and len(kept) == len(design.x_names[0]):
        return design
    names = tuple(design.x_names[0][j] for j in kept)
    return replace(design, fixed=(design.fixed[0].take(kept),), x_names=(names,), terms=())
