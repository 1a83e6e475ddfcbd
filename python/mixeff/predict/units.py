"""Rows to predict for, as columns that can be changed, and the designs that they give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..data import Column, Columns, column_names, from_any
from ..data.frames import unknown_column
from ..errors import AllRowsMissingError, ArgumentError
from ..formula.engine import terms
from .extrapolation import note_extrapolation
from .new import new_design

if TYPE_CHECKING:
    from ..model.design import Design
    from ..results.fit import FitResults


@dataclass(frozen=True, eq=False)
class Units:
    """The rows of a verb.

    Attributes
    ----------
    fit : FitResults
    frame : pandas.DataFrame
        Covariates, groups and whatever else was asked for, without missing values.
    rows : ndarray of int64
        Positions of the rows in the data they came from.
    like : frame
        A frame of the library that the answer is to come in.
    new : bool
        Whether they are new data, and not those of the fit.
    grouped : bool
        Whether levels of the grouping factors matter.
    """

    fit: FitResults
    frame: pd.DataFrame
    rows: np.ndarray
    like: Any
    new: bool
    grouped: bool

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.frame)

    def design(self, changes: Mapping[str, Any] | None = None) -> Design:
        """The design of the rows, some columns replaced."""
        if not self.new and not changes:
            return self.fit.design
        frame = self.frame.assign(**changes) if changes else self.frame
        new_levels = "error" if self.grouped else "population"
        return new_design(self.fit, frame, new_levels)


def units_of(
    fit: FitResults, newdata: Any, others: Mapping[str, Sequence[str]], grouped: bool
) -> Units:
    """Read the rows of a verb.

    Parameters
    ----------
    fit : FitResults
    newdata : frame or None
        None is the rows used in the fit.
    others : mapping of str to sequence of str
        Further columns, by the argument that names them.
    grouped : bool
        Whether levels of the grouping factors matter.

    Returns
    -------
    Units

    Raises
    ------
    ArgumentError
        If there is no such column, or the groups are missing.
    AllRowsMissingError
        If every row has a missing value.
    """
    data = fit.inputs.data if newdata is None else newdata
    available = column_names(data)
    _require(others, available)
    inputs = fit.spec.inputs
    if grouped and (absent := [name for name in inputs.groups if name not in available]):
        raise ArgumentError(
            f"kind='cluster' needs the grouping factors, and newdata has no column {absent[0]!r}: "
            "add it, or take kind='median' or 'marginal'."
        )
    groups = [name for name in inputs.groups if name in available]
    more = [name for names in others.values() for name in names]
    cases = inputs.outcomes if fit.design.distribution.has_cases else ()
    present = [name for name in cases if name in available]
    names = list(dict.fromkeys([*inputs.covariates, *groups, *present, *more]))
    note_extrapolation(fit, newdata)
    columns = from_any(data, names) if names else Columns({}, len(data))
    rows = _rows(fit, columns, newdata, {*inputs.covariates, *more, *(groups if grouped else ())})
    frame = pd.DataFrame({name: as_pandas(columns[name].rows(rows)) for name in names})
    if not names:
        frame = pd.DataFrame(index=pd.RangeIndex(len(rows)))
    like = fit.inputs.frame_like if newdata is None else newdata
    return Units(fit, frame, rows, like, newdata is not None, grouped)


def _require(others: Mapping[str, Sequence[str]], available: Sequence[str]) -> None:
    for argument, names in others.items():
        for name in names:
            if name not in available:
                raise ArgumentError(f"{argument}= {unknown_column(name, available)}")


def _rows(fit: FitResults, columns: Columns, newdata: Any, needed: set[str]) -> np.ndarray:
    """Positions of the rows without missing values."""
    rows = np.arange(columns.n_rows)
    if newdata is None and fit.design.rows is not None:
        rows = fit.design.rows
    masks = [mask for name in needed if (mask := columns[name].missing) is not None]
    if masks:
        rows = rows[~np.logical_or.reduce(masks)[rows]]
    if not len(rows):
        raise AllRowsMissingError(
            "each row of newdata has a missing value in a column that is needed: "
            f"{', '.join(sorted(needed))}"
        )
    return rows


def as_pandas(column: Column) -> Any:
    """A column for a pandas frame; words as categories, with all their levels."""
    if column.levels is None:
        return column.values
    return pd.Categorical.from_codes(column.values, categories=column.levels.tolist())


def plain(values: Any) -> np.ndarray:
    """A column of a pandas frame for a frame of any library."""
    array = np.asarray(values)
    return array.astype(object) if array.dtype.kind in "OUS" else array


# What the data of the fit say of a covariate --------------------------------------------------


def column_of_fit(fit: FitResults, name: str) -> Column:
    """A column of the data of the fit, in the rows used."""
    column = from_any(fit.inputs.data, [name])[name]
    return column if fit.design.rows is None else column.rows(fit.design.rows)


def is_category(fit: FitResults, column: Column) -> bool:
    """Whether a covariate is one of words, of true and false, or numbers that are coded."""
    return column.is_factor or column.kind == "boolean" or _is_coded(fit, column.name)


def _is_coded(fit: FitResults, name: str) -> bool:
    """Whether numbers enter the model as the levels of a factor, as in ``C(x)``."""
    texts = [part.fixed for part in fit.spec.inputs.parts]
    factors = [f for text in texts for term in terms(text) for f in term if name in f.names]
    return bool(factors) and all("C" in factor.functions for factor in factors)


def levels_of(column: Column) -> list[Any]:
    """Levels of a covariate, or its different values in order."""
    if column.levels is not None:
        return column.levels[np.unique(column.values[column.values >= 0])].tolist()
    values = column.values if column.missing is None else column.values[~column.missing]
    return np.unique(values).tolist()


def constant(fit: FitResults, column: Column, value: Any, n: int) -> Any:
    """A column with one value in all rows."""
    if column.levels is None:
        return np.full(n, value)
    levels = column.levels.tolist()
    code = levels.index(value) if value in levels else -1
    return pd.Categorical.from_codes(np.full(n, code), categories=levels)
