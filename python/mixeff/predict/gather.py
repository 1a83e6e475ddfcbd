"""Predictions of many rows, brought to a few numbers block by block.

Derivatives of all rows are held only where contrasts between rows need them: without averages,
each block is brought to values and standard errors; with averages, to its part of their sums.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .linearized import Linearized, stacked
from .rows import BLOCK, rows_of

if TYPE_CHECKING:
    from ..estimate.values import Floats
    from ..model.design import Design
    from .predictor import Predictor

    Parts = Sequence[Linearized]
    Step = Callable[[Parts, slice], Linearized]


@dataclass(frozen=True, eq=False)
class Estimates:
    """Numbers with their uncertainty.

    Attributes
    ----------
    value, se : ndarray, shape (N,)
    derivatives : Linearized or None
        For contrasts between them.
    """

    value: Floats
    se: Floats
    derivatives: Linearized | None

    @classmethod
    def of(cls, predictor: Predictor, values: Linearized, keep: bool = True) -> Estimates:
        """Values with the standard errors of the delta method."""
        with np.errstate(invalid="ignore"):
            se = np.sqrt(predictor.variance(values))
        return cls(values.value, se, values if keep else None)


@dataclass(frozen=True, eq=False)
class Groups:
    """Rows that are averaged together.

    Attributes
    ----------
    codes : ndarray of int, shape (n,)
    size : int
        Number of groups.
    weights : ndarray, shape (n,)
        Of the rows in the average of their group; they sum to one.
    """

    codes: np.ndarray
    size: int
    weights: Floats

    @classmethod
    def of(cls, codes: np.ndarray, size: int, weights: Floats | None) -> Groups:
        """Groups with their weights scaled."""
        raw = np.ones(len(codes)) if weights is None else weights
        total = np.bincount(codes, raw, minlength=size)
        return cls(codes, size, raw / total[codes])

    def matrix(self, rows: slice, width: int) -> Any:
        """Weights of a block's values in the averages, for each of ``width`` values of a row."""
        from scipy.sparse import csr_matrix

        codes, weights = self.codes[rows], self.weights[rows]
        n = len(codes)
        to = (codes[:, None] * width + np.arange(width)).ravel()
        return csr_matrix(
            (np.repeat(weights, width), (to, np.arange(n * width))),
            shape=(self.size * width, n * width),
        )


def each_row(predictor: Predictor, designs: Sequence[Design], step: Step, keep: bool) -> Estimates:
    """A number for each value of each row, from the predictions of several designs.

    Parameters
    ----------
    predictor : Predictor
    designs : sequence of Design
        Of the same rows.
    step : callable
        ``step(parts, rows)`` makes it.
    keep : bool
        Whether to keep all derivatives.
    """
    found = [
        Estimates.of(predictor, step([predictor.natural(p) for p in parts], rows), keep)
        for parts, rows in _blocks(predictor, designs)
    ]
    kept = [f.derivatives for f in found if f.derivatives is not None]
    value, se = (np.concatenate([getattr(f, name) for f in found]) for name in ("value", "se"))
    return Estimates(value, se, stacked(kept) if kept else None)


def averages(
    predictor: Predictor,
    designs: Sequence[Design],
    groups: Groups,
    step: Callable[[Parts, slice], Parts],
    width: int,
) -> list[Linearized]:
    """Averages over groups of what a step makes of the predictions of several designs.

    Parameters
    ----------
    predictor : Predictor
    designs : sequence of Design
    groups : Groups
    step : callable
        ``step(parts, rows)``: what is averaged.
    width : int
        Number of values of a row.
    """
    sums: list[Linearized] | None = None
    for parts, rows in _blocks(predictor, designs):
        matrix = groups.matrix(rows, width)
        made = step([predictor.natural(part) for part in parts], rows)
        added = [part.combine(matrix) for part in made]
        sums = added if sums is None else [_sum(a, b) for a, b in zip(sums, added, strict=True)]
    return sums or []


def _sum(a: Linearized, b: Linearized) -> Linearized:
    effects = None if a.effects is None else a.effects + b.effects
    own = None if a.own is None or b.own is None else a.own + b.own
    return Linearized(a.value + b.value, a.jacobian + b.jacobian, effects, own)


def _blocks(predictor: Predictor, designs: Sequence[Design]) -> Any:
    n = designs[0].n
    size = n if predictor.target.by_case else BLOCK
    for start in range(0, n, max(size, 1)):
        rows = slice(start, min(start + size, n))
        yield [rows_of(design, rows) for design in designs], rows
