"""The common formulas, filled in column by column, straight into their final place.

Where every factor of every term is a column or an expression row by row, and treatment contrasts
code the levels, a column of the model matrix is a product of numbers and of dummies. The tests hold
the result to formulaic's names and numbers; for any other formula there is no plan.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from ..data import Column, Columns, encode, factorize
from ..errors import UnseenLevelError
from ..formula import Expression
from ..formula.engine import Term
from .columnwise import ModelMatrix
from .values import evaluate, require_defined

__all__ = ["Plan", "PlannedColumn", "fill", "make_plan"]

Array = NDArray[np.float64]
Codes = NDArray[np.int32]


@dataclass(frozen=True)
class PlannedColumn:
    """A column of the model matrix as a product.

    Attributes
    ----------
    name : str
    numbers : tuple of Expression
    dummies : tuple of (str, int)
        A key of `Plan.factors` and the code of the level for which the product is not zero.
    """

    name: str
    numbers: tuple[Expression, ...]
    dummies: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Plan:
    """How to fill in a model matrix.

    Attributes
    ----------
    columns : tuple of PlannedColumn
    factors : mapping of str to (str, tuple)
        By the text of a factor, ``g`` or ``C(g)``, the column of the data and the levels.
    """

    columns: tuple[PlannedColumn, ...]
    factors: Mapping[str, tuple[str, tuple[Hashable, ...]]]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns of the model matrix."""
        return tuple(column.name for column in self.columns)

    def only(self, positions: tuple[int, ...]) -> Plan:
        """The plan of some of the columns."""
        return replace(self, columns=tuple(self.columns[i] for i in positions))


def make_plan(terms: tuple[Term, ...], columns: Columns) -> Plan | None:
    """The columns of the terms as products, or None where only formulaic can say.

    Parameters
    ----------
    terms : tuple of Term
    columns : Columns
        Without missing values.

    Returns
    -------
    Plan or None
    """
    found = {f.text: _factor(f, columns) for term in terms for f in term}
    factors = {text: factor for text, factor in found.items() if factor is not None}
    seen: set[frozenset[str]] = set()
    planned: list[PlannedColumn] = []
    for term in terms:
        texts = frozenset(factor.text for factor in term)
        if not all(factor.text in factors or _is_number(factor) for factor in term):
            return None
        if any(texts - {text} not in seen for text in texts & factors.keys()):
            return None  # a margin is missing, so its levels are not coded by treatment contrasts
        seen.add(texts)
        planned += _products(term, factors)
    return Plan(tuple(planned), factors)


def _is_number(factor: Expression) -> bool:
    return bool(factor.names) and factor.is_rowwise


def _factor(factor: Expression, columns: Columns) -> tuple[str, tuple[Hashable, ...]] | None:
    """Column and levels of ``g``, if it is categorical, or of ``C(g)``."""
    name = factor.column or factor.categorical
    column = None if name is None else columns[name]
    if column is None or column.kind == "number":
        return None
    if column.levels is not None:
        return column.name, tuple(column.levels.tolist())
    if factor.categorical is None:
        return None
    return column.name, tuple(factorize(column.values)[1].tolist())


def _products(
    term: Term, factors: Mapping[str, tuple[str, tuple[Hashable, ...]]]
) -> list[PlannedColumn]:
    """The columns of a term; as in formulaic and R, the levels of the first factor run fastest."""
    numbers = tuple(factor for factor in term if factor.text not in factors)
    parts = [_parts(factor.text, factors) for factor in reversed(term)]
    products = [combination[::-1] for combination in itertools.product(*parts)]
    return [
        PlannedColumn(
            ":".join(name for name, _ in product) or "Intercept",
            numbers,
            tuple(dummy for _, dummy in product if dummy is not None),
        )
        for product in products
    ]


def _parts(
    text: str, factors: Mapping[str, tuple[str, tuple[Hashable, ...]]]
) -> list[tuple[str, tuple[str, int] | None]]:
    """Names of the columns of a factor, with the dummy of each level but the first."""
    if text not in factors:
        return [(text, None)]
    levels = factors[text][1]
    return [(f"{text}[T.{levels[k]}]", (text, k)) for k in range(1, len(levels))]


def fill(plan: Plan, columns: Columns) -> ModelMatrix:
    """Fill in a model matrix.

    Parameters
    ----------
    plan : Plan
    columns : Columns
        Without missing values, categorical columns with the levels of the plan.

    Returns
    -------
    ModelMatrix
        A column of numbers by itself is not copied where its memory is protected from change.

    Raises
    ------
    UnseenLevelError
        If a number in ``C()`` is none of the levels.
    UndefinedValueError
        If an expression gives no finite number.
    """
    codes = {text: _codes(columns[n], lv, columns) for text, (n, lv) in plan.factors.items()}
    distinct = {factor.text: factor for column in plan.columns for factor in column.numbers}
    values = {text: evaluate(factor, columns) for text, factor in distinct.items()}
    made = []
    for column in plan.columns:
        found = _where_it_is(column, columns)
        made.append(_computed(column, columns, values, codes) if found is None else found)
    return ModelMatrix(made, columns.n_rows)


def _where_it_is(column: PlannedColumn, columns: Columns) -> Array | None:
    """The numbers where they are, if they are a column of the data that nobody changes."""
    if column.dummies or len(column.numbers) != 1 or column.numbers[0].column is None:
        return None
    return columns[column.numbers[0].column].protected


def _computed(
    column: PlannedColumn,
    columns: Columns,
    values: Mapping[str, Array],
    codes: Mapping[str, Codes],
) -> Array:
    """In memory of its own; a constant needs none."""
    product = _product(column, values, codes)
    if np.ndim(product) == 0:
        return np.broadcast_to(np.float64(product), columns.n_rows)
    made = np.array(product, dtype=np.float64)
    if len(column.numbers) > 1:
        require_defined(made[:, None], (column.name,), columns)
    return made


def _product(
    column: PlannedColumn, values: Mapping[str, Array], codes: Mapping[str, Codes]
) -> Array | float:
    parts = [values[factor.text] for factor in column.numbers]
    if len(parts) > 1:
        parts[0] = parts[0].astype(np.float64)  # products of integers overflow
    dummies = [codes[text] == code for text, code in column.dummies]
    if dummies:
        parts.append(reduce(np.logical_and, dummies))
    with np.errstate(over="ignore", invalid="ignore"):  # reported with its row
        return reduce(np.multiply, parts) if parts else 1.0


def _codes(column: Column, levels: tuple[Hashable, ...], columns: Columns) -> Codes:
    if column.is_factor:
        return column.values
    codes = encode(column.values, np.asarray(levels))
    if np.any(codes < 0):
        row = int(np.argmin(codes))
        raise UnseenLevelError(
            f"column {column.name!r} is {column.values[row]} in row {columns.origin(row)} "
            "(counting from 0), a level that the data of the fit did not have; drop such rows"
        )
    return codes
