"""Separation: covariates that tell successes from failures without error.

Along such a direction the likelihood of a binary model rises for ever, so the coefficients have no
finite maximum-likelihood estimate; so in an ordinal model, if it tells the categories on both sides
of every threshold. Single covariates are looked at before every fit, which costs
next to nothing; combinations of covariates when a fit asks for it, by linear programming (Konis
2007, "Linear programming algorithms for detecting separated data in binary logistic regression
models").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core import is_constant
from .columnwise import ModelMatrix
from .design import Design

__all__ = ["Separation", "find_separation", "screen_separation"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_SAMPLE = 2000
ROUNDS = 50
_FEW = 40
TOLERANCE = 1e-7


@dataclass(frozen=True)
class Separation:
    """Covariates that separate successes from failures.

    Attributes
    ----------
    columns : tuple of str
        Columns of the model matrix; together they separate, and none can be left out.
    complete : bool
        Whether every row is told apart; otherwise some rows lie on the border.
    what : str
        What is told apart.
    """

    columns: tuple[str, ...]
    complete: bool
    what: str = "successes from failures"

    def __str__(self) -> str:
        what = " and ".join(map(repr, self.columns))
        kind = "completely" if self.complete else "but for rows on the border (quasi-completely)"
        several = len(self.columns) > 1
        return (
            f"{what} {'together separate' if several else 'separates'} {self.what} "
            f"{kind}, so {'these coefficients have' if several else 'this coefficient has'} no "
            "finite maximum-likelihood estimate; leave the covariate out, merge its levels, or "
            "shrink it with control={'penalty': 2.5}"
        )


def screen_separation(design: Design) -> tuple[Separation, ...]:
    """Covariates that separate on their own.

    Parameters
    ----------
    design : Design

    Returns
    -------
    tuple of Separation
        Empty for families that are neither binary nor ordinal.

    Notes
    -----
    Most covariates are cleared by a sample of rows: what does not separate a part does not
    separate the whole.
    """
    n_splits = _n_splits(design)
    if n_splits == 0:
        return ()
    some = slice(None, None, max(1, design.n // _SAMPLE))
    alike = _overlap_missing(design.fixed[0].rows(some), *_split(design, 0, some))
    suspects = [j for j in alike if not is_constant(design.fixed[0].columns[j])]
    splits = [_split(design, k) for k in range(n_splits)] if suspects else []
    found = (_alone(design, j, splits) for j in suspects)
    return tuple(separation for separation in found if separation is not None)


def _n_splits(design: Design) -> int:
    """In how many ways the rows fall into two sides: by success, or by each threshold."""
    kind = design.distribution.categories
    if kind is not None and kind.ordered and not kind.timed:
        return len(design.categories) - 1
    return int(design.distribution.is_binary)


def _split(design: Design, k: int, rows: slice = slice(None)) -> tuple[Mask, Mask]:
    """Rows with a success and with a failure; with a category above the k-th and up to it."""
    if design.distribution.is_binary:
        return _outcomes(design, rows)
    return design.y[rows] > k, design.y[rows] <= k


def find_separation(design: Design) -> Separation | None:
    """A smallest set of covariates that separate together, if there is one.

    Parameters
    ----------
    design : Design
        Of a binary family; any other has no separation.

    Returns
    -------
    Separation or None

    Examples
    --------
    >>> from mixeff.model import build
    >>> data = {"y": [0, 1, 0, 0, 1, 1], "a": [0, 1, 2, 3, 4, 5], "b": [1, 0, 3, 4, 3, 4]}
    >>> _, design = build("y ~ a + b", data, "bernoulli")
    >>> find_separation(design).columns
    ('a', 'b')
    """
    alone = screen_separation(design)
    if alone or not design.distribution.is_binary or design.X.shape[1] == 0:
        return alone[0] if alone else None
    rows = _faced(_standardised(design.fixed[0]), *_outcomes(design))
    direction = _climb(rows, rows.mean(axis=0))
    if direction is None:
        return None
    columns = _smallest(rows, direction, 0 if design.fixed[0].has_intercept else None)
    names = [design.x_names[0][j] for j in columns]
    named = [name for name in names if name != "Intercept"]
    return Separation(tuple(named or names), _has_margin(rows[:, columns]))


# One covariate --------------------------------------------------------------------------------


def _outcomes(design: Design, rows: slice = slice(None)) -> tuple[Mask, Mask]:
    """Rows with a success, and rows with a failure."""
    trials = 1.0 if design.trials is None else design.trials[rows]
    return design.y[rows] > 0, design.y[rows] < trials


def _overlap_missing(x: Array, success: Mask, failure: Mask) -> list[int]:
    """Columns in which these rows show no overlap of successes and failures."""
    if not success.any() or not failure.any():
        return list(range(x.shape[1]))
    won, lost = x[success], x[failure]
    overlap = (won.min(axis=0) < lost.max(axis=0)) & (lost.min(axis=0) < won.max(axis=0))
    return np.flatnonzero(~overlap).tolist()


def _alone(design: Design, j: int, splits: list[tuple[Mask, Mask]]) -> Separation | None:
    column, binary = design.fixed[0].columns[j], design.distribution.is_binary
    parts = [(column[success], column[failure]) for success, failure in splits]
    rise = min(won.min() - lost.max() for won, lost in parts)
    gap = max(rise, min(lost.min() - won.max() for won, lost in parts))
    if gap < 0 or (binary and not (design.fixed[0].has_intercept or _border_is_zero(*parts[0]))):
        return None
    what = Separation.what if binary else "higher from lower categories"
    return Separation((design.x_names[0][j],), bool(gap > 0), what)


def _border_is_zero(won: Array, lost: Array) -> bool:
    return bool(won.min() >= 0 >= lost.max() or lost.min() >= 0 >= won.max())


# Several covariates ---------------------------------------------------------------------------


def _standardised(x: ModelMatrix) -> Array:
    """Columns of a like scale; centred if the intercept can take up the difference."""
    z = np.array(x.array)
    if x.has_intercept:
        z[:, 1:] -= z[:, 1:].mean(axis=0)
    return z / np.abs(z).max(axis=0)


def _faced(x: Array, success: Mask, failure: Mask) -> Array:
    """Rows turned so that a separating direction has a product of 0 or more with each."""
    return np.vstack([x[success], -x[failure]])


def _climb(rows: Array, gain: Array) -> Array | None:
    """The direction of most gain among those with no negative product with any row.

    None if there is no gain. Rows become constraints of the linear program as they are violated.
    """
    batch = 20 * rows.shape[1] + 200
    active = np.zeros(len(rows), dtype=bool)
    active[:: max(1, len(rows) // batch)] = True
    for _ in range(ROUNDS):
        direction = best_direction(rows[active], gain)
        if gain @ direction <= TOLERANCE:
            return None
        product = rows @ direction
        violated = np.flatnonzero(product < -TOLERANCE)
        if len(violated) == 0:
            return direction
        active[violated[np.argsort(product[violated])[:batch]]] = True
    return None


def best_direction(rows: Array, gain: Array) -> Array:
    """The direction of most gain within a box that has no negative product with any row."""
    from scipy.optimize import linprog

    found = linprog(-gain, A_ub=-rows, b_ub=np.zeros(len(rows)), bounds=(-1, 1), method="highs")
    return np.zeros(len(gain)) if found.x is None else np.asarray(found.x)


def _smallest(rows: Array, direction: Array, intercept: int | None) -> list[int]:
    """Leave out columns one by one as long as the rest separates; the intercept stays."""
    kept = np.flatnonzero(np.abs(direction) > TOLERANCE).tolist()
    for j in kept[::-1] if len(kept) <= _FEW else ():
        fewer = [k for k in kept if k != j]
        if fewer and j != intercept and _separates(rows[:, fewer]):
            kept = fewer
    return kept


def _separates(rows: Array) -> bool:
    return _climb(rows, rows.mean(axis=0)) is not None


def _has_margin(rows: Array) -> bool:
    """Whether some direction keeps every row off the border."""
    with_margin = np.column_stack([rows, -np.ones(len(rows))])
    gain = np.append(np.zeros(rows.shape[1]), 1.0)
    return _climb(with_margin, gain) is not None
