"""Rows to predict for: a covariate over its range, the others at typical values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import from_any
from ..errors import ArgumentError

if TYPE_CHECKING:
    import pandas as pd

    from ..data import Column
    from ..data import Columns as Data
    from ..results.fit import FitResults

    Columns = dict[str, np.ndarray]

POINTS = 60  # along a numeric covariate
FEW = 12  # distinct whole numbers that are shown one by one
FEW_CURVES = 4
QUARTILES = (0.25, 0.5, 0.75)


def reference_grid(
    fit: FitResults,
    variable: str | None,
    by: str | None = None,
    at: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """All values of a covariate with those of ``by``, the others at mean or commonest level.

    Parameters
    ----------
    fit : FitResults
    variable : str or None
        Runs over its range, fastest; None for a grid of ``by`` alone.
    by : str or None
        Its levels, few values or quartiles; those that ``at`` lists, if it does.
    at : mapping, optional
        Values at which to hold columns; for ``by``, the values to take.

    Returns
    -------
    pandas.DataFrame
        With every column that predictions for an average cluster need.

    Raises
    ------
    ArgumentError
        For a name that is no covariate of the model, or a value that is no level.
    """
    import pandas as pd

    at = dict(at or {})
    columns = used_columns(fit)
    for name in (variable, by, *at):
        _require_covariate(fit, name)
    if by is not None and by == variable:
        raise ArgumentError(f"by={by!r} is on the horizontal axis already; take another covariate.")
    if variable in at:
        raise ArgumentError(f"at= holds {variable!r}, which runs over its range; leave it out.")
    along = np.zeros(1) if variable is None else _along(columns[variable])
    across = np.zeros(1) if by is None else _across(columns[by], at.pop(by, None))
    n = len(along) * len(across)
    grid = {name: _held(column, at.get(name), n) for name, column in columns.items()}
    if variable is not None:
        grid[variable] = _column(columns[variable], np.tile(along, len(across)))
    if by is not None:
        grid[by] = _column(columns[by], np.repeat(across, len(along)))
    return pd.DataFrame(grid)


def used_columns(fit: FitResults) -> Data:
    """The columns of covariates and offsets, in the rows used."""
    columns = from_any(fit.inputs.data, list(fit.spec.inputs.covariates))
    return columns if fit.design.rows is None else columns.take(fit.design.rows)


def _require_covariate(fit: FitResults, name: str | None) -> None:
    inputs = fit.spec.inputs
    if name is None or name in inputs.covariates:
        return
    if name in inputs.groups:
        raise ArgumentError(
            f"{name!r} is a grouping factor, on whose levels median and marginal predictions do "
            f"not depend; fit.plot.clusters(covariate, {name!r}) draws a curve for each."
        )
    what = "the response" if name in inputs.outcomes else "no column that the model uses"
    raise ArgumentError(
        f"{name!r} is {what}; covariates are: {', '.join(inputs.covariates) or 'none'}."
    )


def _along(column: Column) -> np.ndarray:
    """Values over the range of the covariate: its levels, few whole numbers, or an even grid."""
    if column.is_factor:
        return np.asarray(column.levels)
    distinct = np.unique(column.values)
    if column.kind == "boolean" or (column.kind == "integer" and len(distinct) <= FEW):
        return distinct
    return np.linspace(distinct[0], distinct[-1], POINTS)


def _across(column: Column, chosen: Any) -> np.ndarray:
    """Values that tell curves apart: those chosen, levels, few numbers, or the quartiles."""
    if chosen is not None:
        single = isinstance(chosen, str) or not isinstance(chosen, Sequence | np.ndarray)
        values = [_checked(column, value) for value in ([chosen] if single else chosen)]
        return np.array(values, dtype=object if column.is_factor else None)
    if column.is_factor:
        return np.asarray(column.levels)
    distinct = np.unique(column.values)
    return distinct if len(distinct) <= FEW_CURVES else np.unique(np.quantile(distinct, QUARTILES))


def _held(column: Column, value: Any, n: int) -> Any:
    held = _typical(column) if value is None else _checked(column, value)
    return _column(column, np.full(n, held, dtype=object if column.is_factor else None))


def _checked(column: Column, value: Any) -> Any:
    levels = [False, True] if column.kind == "boolean" else column.levels
    if levels is not None and value not in list(levels):
        known = ", ".join(repr(level) for level in np.asarray(levels).tolist()[:8])
        raise ArgumentError(f"at= holds {value!r} for {column.name!r}, whose levels are: {known}.")
    return value


def _typical(column: Column) -> Any:
    if not column.is_factor and column.kind != "boolean":
        return float(np.mean(column.values))
    values, counts = np.unique(column.values, return_counts=True)
    commonest = values[np.argmax(counts)]
    return commonest if column.levels is None else column.levels[commonest]


def _column(column: Column, values: np.ndarray) -> Any:
    import pandas as pd

    return pd.Categorical(values, categories=column.levels) if column.is_factor else values


def named_columns(grid: pd.DataFrame, names: Sequence[str | None]) -> Columns:
    """Columns of a grid as arrays: numbers, or words."""
    return {name: np.asarray(grid[name]) for name in names if name is not None}
