"""The arrays of a model for new data, as the data of the fit were coded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import Column, Columns, Schema, column_names, from_any
from ..errors import ArgumentError, ColumnTypeError, NewDataError, UnseenLevelError
from . import families
from .build import random_term
from .choices import case_column, case_numbers
from .design import Design, GroupingFactor, RandomTerm
from .families import Family
from .grouping import GroupingSpec, recode_grouping
from .inputs import GIVEN, Inputs, offsets_of
from .matrix import recode_matrix
from .response import Outcome, read_response, read_weights
from .spec import ModelSpec, RandomSpec

__all__ = ["design_for_new_data"]

Array = NDArray[np.float64]


def design_for_new_data(
    spec: ModelSpec, data: Any, *, new_levels: str = "error", need_response: bool = False
) -> Design:
    """Make the arrays of a model for new data.

    Parameters
    ----------
    spec : ModelSpec
    data : frame
        With the columns of the covariates, and of the grouping factors unless `new_levels` is
        "population".
    new_levels : {"error", "population"}
        What to do with a level of a grouping factor that was not in the data of the fit: refuse,
        or give it code -1, so that its random effects are zero; so with a missing one, too.
    need_response : bool
        Whether to read the response and the weights, too.

    Returns
    -------
    Design
        Of the rows in which no covariate is missing, nor a group if `new_levels` is "error";
        `Design.rows` says which, None for all.
        Without the response, y is NaN, and its second column and the weights are None; but the
        cases of choices are read where the data have them.

    Raises
    ------
    UnseenLevelError
        For an unknown level of a covariate, or of a grouping factor if `new_levels` is "error".
    NewDataError
        If the model has an offset that was given as an array.
    UnknownColumnError, ColumnTypeError
        If a column is missing, or of another kind than before.

    Examples
    --------
    >>> from mixeff.model import build
    >>> data = {"y": [1, 0, 2, 5, 3, 4], "x": [1, 2, 3, 4, 5, 6], "g": [1, 1, 2, 2, 3, 3]}
    >>> spec, _ = build("y ~ x + (1 | g)", data, "poisson")
    >>> new = design_for_new_data(spec, {"x": [7], "g": [9]}, new_levels="population")
    >>> new.X.tolist(), new.factors[0].codes.tolist()
    ([[1.0, 7.0]], [-1])
    """
    if new_levels not in ("error", "population"):
        raise ArgumentError(f"new_levels is 'error' or 'population', not {new_levels!r}")
    inputs = spec.inputs
    every = _read(spec, data, new_levels, need_response)
    outcomes = inputs.outcomes if need_response else _cases(spec, data)
    groups = inputs.groups if new_levels == "error" else ()
    complete = _complete_rows(every, {*inputs.covariates, *outcomes, *groups})
    columns = _conform(every if complete is None else every.take(complete), spec.schema)
    outcome = _outcome(spec, inputs, columns) if need_response else _no_outcome(columns, outcomes)
    family = families.of_outcome(families.family(spec.family), outcome.extra)
    categories = spec.response_levels if family.categories and spec.response_levels else ()
    family = families.expanded(family, categories, spec.structure)
    fixed = tuple(recode_matrix(matrix, columns) for matrix in spec.predictors)
    design = Design(
        family=family.name,
        link=spec.link,
        y=outcome.y,
        extra=outcome.extra,
        weights=outcome.weights,
        fixed=fixed,
        x_names=tuple(matrix.names for matrix in spec.predictors),
        offset=offsets_of(inputs, columns),
        factors=tuple(_factor(group, columns, new_levels) for group in spec.grouping),
        terms=tuple(_term(t, columns, family) for t in spec.random),
        rows=complete,
        categories=categories,
        structure=spec.structure,
        limits=outcome.limits,
    )
    return design if spec.place is None else spec.place(design)


def _complete_rows(every: Columns, names: set[str]) -> NDArray[np.int64] | None:
    """Rows in which none of the columns has a missing value; None if that is every row."""
    masks = [every[name].missing for name in names]
    incomplete = [mask for mask in masks if mask is not None]
    return np.flatnonzero(~np.logical_or.reduce(incomplete)) if incomplete else None


def _term(spec: RandomSpec, columns: Columns, family: Family) -> RandomTerm:
    return random_term(spec, [recode_matrix(m, columns).array for _, m in spec.pieces], family)


def _no_outcome(columns: Columns, cases: tuple[str, ...]) -> Outcome:
    numbers = case_numbers(cases[0], columns) if cases else None
    return Outcome(np.full(columns.n_rows, np.nan), numbers)


def _cases(spec: ModelSpec, data: Any) -> tuple[str, ...]:
    """The column of the cases of choices, where the data have it."""
    name = case_column(spec.formula.response)
    return (name,) if name is not None and name in column_names(data) else ()


def _read(spec: ModelSpec, data: Any, new_levels: str, need_response: bool) -> Columns:
    inputs = spec.inputs
    if inputs.offset == GIVEN or (need_response and inputs.weights == GIVEN):
        name = "offset" if inputs.offset == GIVEN else "weights"
        raise NewDataError(
            f"the model was made with {name}= an array, which new data do not have; make it a "
            f"column and fit again with {name}= its name"
        )
    groups = inputs.groups
    if new_levels == "population":
        groups = tuple(set(groups).intersection(column_names(data)))
    outcomes = inputs.outcomes if need_response else _cases(spec, data)
    names = list(dict.fromkeys([*inputs.covariates, *outcomes, *groups]))
    return from_any(data, names, inputs.bounds)


def _conform(columns: Columns, schema: Mapping[str, Schema]) -> Columns:
    """The columns in the kinds, and with the levels, that the fit saw."""
    known = {name: _as_before(column, schema.get(name)) for name, column in columns.items()}
    return replace(columns, columns=known)


def _as_before(column: Column, schema: Schema | None) -> Column:
    if schema is None or (schema.levels is None and not column.is_factor):
        return column
    if schema.levels is None:
        raise ColumnTypeError(
            f"column {column.name!r} holds words in the new data and held numbers in the data of "
            "the fit; convert it to numbers"
        )
    levels = np.asarray(schema.levels, dtype=object)
    codes = column.codes_among(levels)
    unknown = codes < 0 if column.missing is None else (codes < 0) & ~column.missing
    if unknown.any():
        raise UnseenLevelError(
            f"column {column.name!r} has levels that the data of the fit did not have: "
            f"{_few(column, unknown)}; the fit knows {', '.join(map(repr, schema.levels[:8]))}. "
            "Drop those rows or merge the levels"
        )
    return Column(column.name, schema.kind, codes, levels, column.missing)


def _few(column: Column, rows: NDArray[np.bool_]) -> str:
    labels = list(dict.fromkeys(column.labels()[rows].tolist()))
    return ", ".join(map(repr, labels[:5])) + (", ..." if len(labels) > 5 else "")


def _factor(spec: GroupingSpec, columns: Columns, new_levels: str) -> GroupingFactor:
    if any(name not in columns for name in spec.columns):
        codes = np.full(columns.n_rows, -1, dtype=np.int32)
        return GroupingFactor(spec.name, codes, spec.labels)
    factor = recode_grouping(spec, columns)
    if new_levels == "error" and np.any(factor.codes < 0):
        row = int(np.argmin(factor.codes))
        label = ":".join(str(columns[name].labels()[row]) for name in spec.columns)
        raise UnseenLevelError(
            f"grouping factor {spec.name!r} has level {label!r} in row {columns.origin(row)} "
            "(counting from 0), which the data of the fit did not have; "
            "fit.predict(new_levels='population') predicts it without a random effect of its own, "
            "and kind='median' or 'marginal' needs no levels"
        )
    return factor


def _outcome(spec: ModelSpec, inputs: Inputs, columns: Columns) -> Outcome:
    assert spec.formula.response is not None
    weights = inputs.weights_in(columns)
    if weights is not None:
        weights = read_weights(weights, columns, str(inputs.weights))
    family = families.family(spec.family)
    return read_response(
        spec.formula.response, columns, family, weights, spec.response_levels, spec.structure
    )
