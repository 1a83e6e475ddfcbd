"""Grids of covariate values to predict on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..data import Column, to_native
from ..data.frames import unknown_column
from ..errors import ArgumentError, UnknownColumnError, UnseenLevelError
from .predictor import one_of, require_one
from .units import Units, column_of_fit, is_category, levels_of, plain, units_of

if TYPE_CHECKING:
    from ..results.fit import FitResults

    Values = list[Any]

OTHERS = ("typical", "observed", "balanced")
MOST = 10_000_000  # rows

SUMMARIES: dict[str, Callable[[np.ndarray], Any]] = {
    "mean": lambda x: [np.mean(x)],
    "median": lambda x: [np.median(x)],
    "min": lambda x: [np.min(x)],
    "max": lambda x: [np.max(x)],
    "range": lambda x: [np.min(x), np.max(x)],
    "quartiles": lambda x: np.quantile(x, [0.25, 0.5, 0.75]),
    "fivenum": lambda x: np.quantile(x, [0.0, 0.25, 0.5, 0.75, 1.0]),
    "sd": lambda x: np.mean(x) + np.std(x, ddof=1) * np.array([-1.0, 0.0, 1.0]),
}


def grid(fit: FitResults, values: Mapping[str, Any], others: str) -> Any:
    """All combinations of values, in the library of the data; as ``mixeff.grid``."""
    require_one(fit)
    one_of("others", others, OTHERS)
    inputs = fit.spec.inputs
    known = [*inputs.covariates, *(n for n in inputs.groups if n not in inputs.covariates)]
    for name in values:
        if name not in known:
            raise UnknownColumnError(f"grid: {unknown_column(name, known)}")
    given = {name: _given(fit, column_of_fit(fit, name), values[name]) for name in values}
    if others == "observed":
        return _counterfactual(fit, given)
    fill = _balanced if others == "balanced" else _typical
    for name in inputs.covariates:
        if name not in given:
            given[name] = fill(fit, column_of_fit(fit, name))
    frame = combinations(fit, {name: given[name] for name in known if name in given})
    return to_native(columns_of(frame), fit.inputs.frame_like)


def combinations(fit: FitResults, values: Mapping[str, Values]) -> pd.DataFrame:
    """Every combination of values, the last one varying fastest."""
    n = int(np.prod([len(v) for v in values.values()]))
    if n > MOST:
        raise ArgumentError(
            f"grid: {' x '.join(str(len(v)) for v in values.values())} combinations are too many: "
            "give fewer values."
        )
    rows = list(product(*values.values()))
    columns = {
        name: _column(column_of_fit(fit, name), [row[k] for row in rows])
        for k, name in enumerate(values)
    }
    return pd.DataFrame(columns, index=pd.RangeIndex(n))


def columns_of(frame: pd.DataFrame) -> dict[str, Any]:
    """The columns of a pandas frame; categories stay so for pandas, as they carry an order."""
    return {name: frame[name].array for name in frame.columns}


def _column(column: Column, values: Values) -> Any:
    if column.levels is None:
        return np.asarray(values)
    return pd.Categorical(values, categories=column.levels.tolist())


def _counterfactual(fit: FitResults, given: Mapping[str, Values]) -> Any:
    """The rows of the data once for every combination."""
    units = units_of(fit, None, {}, grouped=False)
    cells = combinations(fit, given)
    parts = [_with(units, {name: cells[name].iloc[[i]] for name in cells}) for i in cells.index]
    frame = pd.concat(parts, ignore_index=True)
    return to_native({"row": np.tile(units.rows, len(parts)), **columns_of(frame)}, units.like)


def _with(units: Units, values: Mapping[str, Any]) -> pd.DataFrame:
    repeated = {name: value.repeat(units.n).array for name, value in values.items()}
    return units.frame.assign(**repeated)


# Values ---------------------------------------------------------------------------------------


def _given(fit: FitResults, column: Column, wanted: Any) -> Values:
    """The values a user gave for a column: one, several, a summary by name, or a function."""
    if callable(wanted):
        wanted = wanted(column.value)
    elif isinstance(wanted, str) and not column.is_factor:
        if wanted not in SUMMARIES:
            raise ArgumentError(
                f"grid: {column.name}={wanted!r} is no summary of numbers; there are: "
                f"{', '.join(SUMMARIES)}."
            )
        wanted = SUMMARIES[wanted](column.number())
    values = [wanted] if isinstance(wanted, str) or np.ndim(wanted) == 0 else list(wanted)
    if not values:
        raise ArgumentError(f"grid: {column.name}= has no values.")
    if column.levels is not None:
        _require_levels(column, values)
    return values


def _require_levels(column: Column, values: Values) -> None:
    levels = np.asarray(column.levels).tolist()
    for value in values:
        if value not in levels:
            raise UnseenLevelError(
                f"grid: column {column.name!r} has no level {value!r} in the data of the fit; it "
                f"has {', '.join(map(repr, levels[:8]))}."
            )


def _typical(fit: FitResults, column: Column) -> Values:
    """The mean of numbers, the commonest level of words."""
    if not is_category(fit, column):
        return [float(np.mean(column.number()))]
    values, counts = np.unique(column.values, return_counts=True)
    commonest = values[np.argmax(counts)]
    return [commonest if column.levels is None else column.levels[commonest]]


def _balanced(fit: FitResults, column: Column) -> Values:
    """Every level of words, the mean of numbers."""
    return levels_of(column) if is_category(fit, column) else _typical(fit, column)


def balanced_frame(fit: FitResults, names: Sequence[str]) -> pd.DataFrame:
    """The grid of marginal means, numbers among the names at each of their values."""
    values = {
        name: levels_of(column) if name in names else _balanced(fit, column)
        for name in fit.spec.inputs.covariates
        for column in [column_of_fit(fit, name)]
    }
    return combinations(fit, values)


def shares(fit: FitResults, frame: Any) -> np.ndarray:
    """The product of the shares of a row's levels in the data, for proportional weights."""
    total = np.ones(len(frame))
    for name in frame.columns:
        column = column_of_fit(fit, name)
        if is_category(fit, column):
            labels, counts = np.unique(plain(column.labels()).astype(str), return_counts=True)
            known = dict(zip(labels.tolist(), counts / counts.sum(), strict=True))
            total *= np.array([known[str(value)] for value in frame[name]])
    return total
