"""The changes of covariates whose effects are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import Column
from ..errors import ArgumentError
from ..model.matrix import required
from .predictor import one_of
from .units import Units, column_of_fit, constant, is_category, levels_of

if TYPE_CHECKING:
    from ..results.fit import FitResults

    Pair = tuple[Any, Any]

STEP = 1e-4  # of slopes, in standard deviations of the covariate


@dataclass(frozen=True)
class Change:
    """A covariate set to two values in all rows.

    Attributes
    ----------
    term : str
        The covariate.
    low, high : ndarray, shape (n,)
    words : tuple of str, or str
        What the two are called, or the change.
    """

    term: str
    low: Any
    high: Any
    words: tuple[str, ...] | str

    def label(self, text: str) -> str:
        """The change as a measure writes it."""
        if isinstance(self.words, str):
            return self.words
        return text.format(low=self.words[0], high=self.words[1])


def _reference(levels: Sequence[Any]) -> list[Pair]:
    return [(levels[0], level) for level in levels[1:]]


def _pairwise(levels: Sequence[Any]) -> list[Pair]:
    return list(combinations(levels, 2))


def _sequential(levels: Sequence[Any]) -> list[Pair]:
    return list(pairwise(levels))


CONTRASTS: dict[str, Callable[[Sequence[Any]], list[Pair]]] = {
    "reference": _reference,
    "pairwise": _pairwise,
    "sequential": _sequential,
}


def checked_variables(fit: FitResults, variables: Any, keep: Callable[[Column], bool]) -> dict:
    """The covariates asked for and what is to be done with each; all that are kept by default.

    Raises
    ------
    ArgumentError
        For a name that is no covariate of the model.
    """
    known = list(fit.spec.inputs.covariates)
    if variables is None:
        return {name: None for name in _effects(fit) if keep(column_of_fit(fit, name))}
    names = [variables] if isinstance(variables, str) else variables
    asked = dict(names) if isinstance(names, Mapping) else dict.fromkeys(names)
    for name in asked:
        if name not in known:
            raise ArgumentError(
                f"variables= names {name!r}, which is no covariate of the model; those are: "
                f"{', '.join(known) or 'none'}."
            )
    return asked


def _effects(fit: FitResults) -> list[str]:
    """Columns of the fixed and of the random effects, but not of offsets."""
    parts = fit.spec.inputs.parts
    texts = [text for p in parts for text in (p.fixed, *(term.effects for term in p.random))]
    return list(dict.fromkeys(name for text in texts for name in required(text)))


def changes_of(units: Units, name: str, wanted: Any, contrasts: str) -> list[Change]:
    """The changes of a covariate.

    Parameters
    ----------
    units : Units
    name : str
    wanted : None, number, str, or pair
        None is one unit, or the contrasts of levels.
    contrasts : str
        Of levels: a key of `CONTRASTS`.
    """
    one_of("contrasts", contrasts, CONTRASTS)
    column = column_of_fit(units.fit, name)
    if isinstance(wanted, (list, tuple)):
        return [_between(units, column, wanted)]
    if isinstance(wanted, str) and wanted in CONTRASTS:
        contrasts, wanted = wanted, None
    levels = _levels(units.fit, column, wanted)
    if levels is not None:
        return [_between(units, column, pair) for pair in CONTRASTS[contrasts](levels)]
    return [_along(units, column, 1.0 if wanted is None else wanted)]


def _levels(fit: FitResults, column: Column, wanted: Any) -> list[Any] | None:
    """The levels to compare; None for numbers, unless they are 0 and 1."""
    if is_category(fit, column):
        if wanted is not None:
            raise ArgumentError(
                f"variables={{{column.name!r}: {wanted!r}}}: {column.name!r} is categorical and "
                f"takes two of its levels, or one of {', '.join(map(repr, CONTRASTS))}."
            )
        return levels_of(column)
    levels = levels_of(column)
    return levels if wanted is None and levels == [0, 1] else None


def _between(units: Units, column: Column, pair: Sequence[Any]) -> Change:
    """From one given value to another."""
    if len(pair) != 2:
        raise ArgumentError(
            f"variables={{{column.name!r}: {pair!r}}} has {len(pair)} values: give two, from and "
            "to."
        )
    _require_known(units, column, pair)
    low, high = (constant(units.fit, column, value, units.n) for value in pair)
    return Change(column.name, low, high, (_text(pair[0]), _text(pair[1])))


def _require_known(units: Units, column: Column, pair: Sequence[Any]) -> None:
    if not is_category(units.fit, column):
        return
    levels = levels_of(column)
    for value in pair:
        if value not in levels:
            raise ArgumentError(
                f"variables={{{column.name!r}: ...}}: {value!r} is none of its levels, which are "
                f"{', '.join(map(repr, levels[:8]))}."
            )


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _along(units: Units, column: Column, wanted: Any) -> Change:
    """A step from each row's own value, or a change by name."""
    if isinstance(wanted, str):
        one_of(f"variables[{column.name!r}]", wanted, NAMED)
        return NAMED[wanted](units, column)
    if not isinstance(wanted, (int, float, np.number)):
        raise ArgumentError(
            f"variables={{{column.name!r}: {wanted!r}}} is no change of a number: give a step, a "
            f"pair of values, or one of {', '.join(map(repr, NAMED))}."
        )
    x = units.frame[column.name].to_numpy(dtype=np.float64)
    return Change(column.name, x, x + float(wanted), f"{float(wanted):+g}")


def _deviations(width: float) -> Callable[[Units, Column], Change]:
    def change(units: Units, column: Column) -> Change:
        x = units.frame[column.name].to_numpy(dtype=np.float64)
        half = 0.5 * width * float(np.std(column.number(), ddof=1))
        return Change(column.name, x - half, x + half, f"{'' if width == 1 else f'{width:g} '}sd")

    return change


def _quantiles(low: float, high: float, *words: str) -> Callable[[Units, Column], Change]:
    def change(units: Units, column: Column) -> Change:
        ends = np.quantile(column.number(), [low, high]).tolist()
        return replace(_between(units, column, ends), words=words)

    return change


NAMED: dict[str, Callable[[Units, Column], Change]] = {
    "sd": _deviations(1.0),
    "2sd": _deviations(2.0),
    "iqr": _quantiles(0.25, 0.75, "Q1", "Q3"),
    "minmax": _quantiles(0.0, 1.0, "min", "max"),
}


def small_step(units: Units, name: str) -> tuple[np.ndarray, float]:
    """Values of a covariate, and the step of its differences.

    Raises
    ------
    ArgumentError
        For a covariate without slope.
    """
    column = column_of_fit(units.fit, name)
    if is_category(units.fit, column):
        raise ArgumentError(
            f"variables= names {name!r}, which is categorical and has no slope: "
            f"me.comparisons(fit, variables={name!r}) compares its levels."
        )
    spread = float(np.std(column.number())) or max(1.0, abs(float(column.number()[0])))
    return units.frame[name].to_numpy(dtype=np.float64), STEP * spread
