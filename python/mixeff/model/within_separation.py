"""Separation within levels: a likelihood given the levels' totals that rises for ever.

It does so along a direction in which, within each level, no row that could have had more of the
response lies beyond a row that has some. The rows are compared by pairs, of which a linear program
is told only the worst of each level, as it comes upon them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .design import Design
from .separation import ROUNDS, TOLERANCE, best_direction
from .within import differences, most_of

__all__ = ["WithinSeparation", "find_within_separation"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class WithinSeparation:
    """Covariates that tell, within every level, the rows that have the response from the others.

    Attributes
    ----------
    columns : tuple of str
        Columns of the model matrix; together they separate, and none can be left out.
    group : str
        The grouping factor.
    """

    columns: tuple[str, ...]
    group: str

    def __str__(self) -> str:
        what = " and ".join(map(repr, self.columns))
        several = len(self.columns) > 1
        return (
            f"within the levels of {self.group!r}, {what} "
            f"{'together tell' if several else 'tells'} the rows that have the response from those "
            f"that do not, so {'these coefficients have' if several else 'this coefficient has'} "
            "no finite conditional maximum-likelihood estimate; leave the covariate out, merge its "
            "levels, or shrink it with control={'penalty': 2.5}"
        )


def find_within_separation(design: Design) -> WithinSeparation | None:
    """A smallest set of covariates that separate together within levels, if there is one.

    Parameters
    ----------
    design : Design
        With one grouping factor, without columns that are constant within its levels.

    Returns
    -------
    WithinSeparation or None

    Examples
    --------
    >>> from mixeff.model import build
    >>> data = {"y": [0, 1, 0, 1, 0, 1], "a": [0, 1, 3, 5, 2, 2], "b": [5, 3, 0, 4, 2, 7]}
    >>> _, design = build("y ~ a + b + (1 | g)", {**data, "g": list("uuvvww")}, "bernoulli")
    >>> find_within_separation(design.within.design).columns
    ('a',)
    """
    pairs = _pairs(design)
    direction = pairs.climb(list(range(design.X.shape[1])))
    if direction is None:
        return None
    kept = np.flatnonzero(np.abs(direction) > TOLERANCE).tolist()
    for j in kept[::-1]:
        fewer = [k for k in kept if k != j]
        if fewer and pairs.climb(fewer) is not None:
            kept = fewer
    names = tuple(design.x_names[0][j] for j in kept)
    return WithinSeparation(names, design.factors[0].name)


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Rows with some response, and rows that could have had more, sorted by level.

    Every level of either list is in both, so `had_from` and `missed_from` begin the same levels.
    """

    had: Array
    had_from: NDArray[np.int64]
    missed: Array
    missed_from: NDArray[np.int64]

    def climb(self, columns: list[int]) -> Array | None:
        """A direction in some columns with no negative pair and a gain; None if there is none."""
        had, missed = self.had[:, columns], self.missed[:, columns]
        gain = _means(had, self.had_from) - _means(missed, self.missed_from)
        rows, gain = gain, gain.mean(axis=0)
        for _ in range(ROUNDS):
            direction = best_direction(rows, gain)
            if gain @ direction <= TOLERANCE:
                return None
            worst = had[_first_minimum(had @ direction, self.had_from)]
            worst = worst - missed[_first_minimum(-missed @ direction, self.missed_from)]
            violated = worst[worst @ direction < -TOLERANCE]
            if len(violated) == 0:
                return direction
            rows = np.vstack([rows, violated])
        return None


def _pairs(design: Design) -> _Pairs:
    factor = design.factors[0]
    counts = design.within.counts[factor.codes]
    x = differences(design.X, factor)
    x = x / np.abs(x[counts]).max(axis=0)
    lists = []
    for mask in (design.y > 0, design.y < most_of(design)):
        rows = np.flatnonzero(mask & counts)
        rows = rows[np.argsort(factor.codes[rows], kind="stable")]
        _, starts = np.unique(factor.codes[rows], return_index=True)
        lists += [x[rows], starts]
    return _Pairs(*lists)


def _means(x: Array, starts: NDArray[np.int64]) -> Array:
    sizes = np.diff(np.append(starts, len(x)))
    return np.add.reduceat(x, starts, axis=0) / sizes[:, None]


def _first_minimum(v: Array, starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Position of the smallest value of each run."""
    order = np.lexsort((v, np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(v))))))
    return order[starts]
