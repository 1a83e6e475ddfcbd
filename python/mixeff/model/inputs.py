"""What a model reads: the formula, the other arguments, and the columns they need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import Column, Columns, from_any
from ..errors import ArgumentError, FormulaError, InfiniteValueError, LengthError
from ..formula import Formula, expression, parse
from .families import Family
from .matrix import required
from .values import evaluate

__all__ = ["GIVEN", "Inputs", "inputs_of", "offset_of", "read"]

Array = NDArray[np.float64]

ESTIMATE = "estimate"
"""What ``dispersion=`` says where phi is to be estimated, and not modelled."""

GIVEN = "<array>"
"""Stands for an argument that was an array and no expression."""


@dataclass(frozen=True, eq=False)
class Inputs:
    """A formula and the arguments beside it.

    Attributes
    ----------
    formula : Formula
    predictors : tuple of str
        Fixed effects of each linear predictor of the family.
    weights, offset : str or None
        Expressions, or `GIVEN`.
    arrays : mapping of str to ndarray
        The arguments that were arrays.
    overdispersed : bool
        Whether phi is to be estimated.
    """

    formula: Formula
    predictors: tuple[str, ...]
    weights: str | None = None
    offset: str | None = None
    arrays: dict[str, Array] = field(default_factory=dict)
    overdispersed: bool = False

    @property
    def covariates(self) -> tuple[str, ...]:
        """Columns of the fixed effects, the random effects and the offsets."""
        texts = [*self.predictors, *(term.effects for term in self.formula.random)]
        names = [name for text in texts for name in required(text)]
        return tuple(dict.fromkeys([*names, *_read_by([*self.formula.offsets, self.offset])]))

    @property
    def groups(self) -> tuple[str, ...]:
        """Columns of the grouping factors."""
        return tuple(dict.fromkeys(n for term in self.formula.random for n in term.group.columns))

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Columns of the response and the weights."""
        parts = self.formula.response.parts if self.formula.response else ()
        return tuple(dict.fromkeys([*_read_by(parts), *_read_by([self.weights])]))

    @property
    def variables(self) -> tuple[str, ...]:
        """Every column that is read."""
        return tuple(dict.fromkeys([*self.outcomes, *self.covariates, *self.groups]))

    def weights_in(self, columns: Columns) -> Array | None:
        """The weights, if there are any."""
        return None if self.weights is None else _argument("weights", self.weights, columns)


def _read_by(texts: Iterable[str | None]) -> list[str]:
    return [name for text in texts if text and text != GIVEN for name in expression(text).names]


def inputs_of(
    formula: str, family: Family, weights: Any, offset: Any, dispersion: str | None
) -> Inputs:
    """Parse the formula and sort the arguments into expressions and arrays.

    Parameters
    ----------
    formula : str
    family : Family
    weights, offset : str, array or None
    dispersion : str or None
        Formula of the dispersion, or "estimate".

    Returns
    -------
    Inputs

    Raises
    ------
    FormulaError
        If a formula cannot be read, or the family has no dispersion to model.
    """
    parsed = parse(formula)
    arguments = {"weights": weights, "offset": offset}
    arrays = {
        name: _as_array(name, value)
        for name, value in arguments.items()
        if value is not None and not isinstance(value, str)
    }
    texts = {name: GIVEN if name in arrays else value for name, value in arguments.items()}
    return Inputs(
        parsed,
        _predictors(parsed, family, dispersion),
        texts["weights"],
        texts["offset"],
        arrays,
        dispersion == ESTIMATE,
    )


def _predictors(formula: Formula, family: Family, dispersion: str | None) -> tuple[str, ...]:
    if dispersion == ESTIMATE and family.has_dispersion:
        raise ArgumentError(
            f"family {family.name!r} has a dispersion of its own, which is always estimated; leave "
            'out dispersion="estimate", or give a formula such as "~ x".'
        )
    if dispersion is None or dispersion == ESTIMATE:
        return (formula.fixed, *("1" for _ in family.predictors[1:]))
    if not family.has_dispersion:
        raise FormulaError(
            f"family {family.name!r} has no dispersion to model; leave out dispersion=, or say "
            'dispersion="estimate" with a method of quasi-likelihood'
        )
    parsed = parse(dispersion, two_sided=False)
    if parsed.random or parsed.offsets:
        raise FormulaError("a dispersion formula has fixed effects only", dispersion)
    return (formula.fixed, parsed.fixed)


def _as_array(name: str, values: Any) -> Array:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ArgumentError(f"{name}= takes the name of a column, or numbers") from None
    if array.ndim != 1:
        raise LengthError(f"{name}= has {array.ndim} dimensions; give one number for each row")
    if np.isinf(array).any():
        row = int(np.argmax(np.isinf(array)))
        raise InfiniteValueError(f"{name}= is infinite in row {row} (counting from 0)")
    return array


def read(inputs: Inputs, data: Any) -> Columns:
    """Read the columns that a model needs.

    Parameters
    ----------
    inputs : Inputs
    data : frame

    Returns
    -------
    Columns
        With the arguments that were arrays under the names "weights=" and "offset=".
    """
    columns = from_any(data, inputs.variables)
    n_rows = columns.n_rows
    added = {f"{name}=": _as_column(f"{name}=", a, n_rows) for name, a in inputs.arrays.items()}
    return replace(columns, columns={**columns.columns, **added})


def _as_column(name: str, values: Array, n_rows: int) -> Column:
    if len(values) != n_rows:
        raise LengthError(f"{name} has {len(values)} values for {n_rows} rows of data")
    missing = np.isnan(values)
    return Column(name, "number", values, missing=missing if missing.any() else None)


def offset_of(inputs: Inputs, columns: Columns) -> Array | None:
    """The sum of all offsets, or None if there are none."""
    parts = [_number(text, columns) for text in inputs.formula.offsets]
    if inputs.offset is not None:
        parts.append(_argument("offset", inputs.offset, columns))
    return sum(parts[1:], start=parts[0]) if parts else None


def _argument(name: str, text: str, columns: Columns) -> Array:
    return columns[f"{name}="].number() if text == GIVEN else _number(text, columns)


def _number(text: str, columns: Columns) -> Array:
    return np.array(evaluate(expression(text), columns), dtype=np.float64, copy=None)
