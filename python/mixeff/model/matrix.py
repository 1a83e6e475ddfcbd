"""Fixed-effects columns: learned from the data of the fit, and made again for new data.

formulaic decides what the terms are and how they are coded. Where every factor is a column or an
expression row by row, and the coding is plain treatment coding, the columns are filled in here,
straight into their final place; anything else is left to formulaic. The tests hold both to the same
names and the same numbers.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..data import Column, Columns
from ..errors import ColumnTypeError, UndefinedValueError
from ..formula import Expression
from ..formula.engine import Coded, Term, learn, recode, terms

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MatrixSpec", "PlannedColumn", "Values", "learn_matrix", "recode_matrix", "required"]

Array = NDArray[np.float64]

# Calls whose argument stays as it is; every other number is computed with as float64.
_KEEP_INTEGERS = {"C", "hashed"}


@dataclass(frozen=True)
class PlannedColumn:
    """A column of the model matrix as a product.

    Attributes
    ----------
    name : str
    numbers : tuple of Expression
    dummies : tuple of (str, int)
        Columns and the code of the level for which the product is not zero.
    """

    name: str
    numbers: tuple[Expression, ...]
    dummies: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class MatrixSpec:
    """Fixed-effects columns of a linear predictor, or covariates of a random-effects term.

    Attributes
    ----------
    text : str
        Their formula.
    names : tuple of str
        The columns that were kept.
    aliased : tuple of str
        The columns that were dropped because they depend on earlier ones.
    plan : tuple of PlannedColumn, or None
        How to fill them in; None if formulaic does.
    coded : Coded or None
        What formulaic learned.
    kept : tuple of int
        Positions of the kept columns among all.
    """

    text: str
    names: tuple[str, ...]
    aliased: tuple[str, ...]
    plan: tuple[PlannedColumn, ...] | None
    coded: Coded | None
    kept: tuple[int, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the data that are read."""
        return required(self.text)

    @property
    def is_intercept(self) -> bool:
        """Whether there is an intercept and nothing else."""
        return self.names == ("Intercept",)

    def without(self, positions: tuple[int, ...]) -> MatrixSpec:
        """The spec without some of its columns, which become aliased."""
        left = [i for i in range(len(self.names)) if i not in positions]
        return replace(
            self,
            names=tuple(self.names[i] for i in left),
            aliased=tuple(self.names[i] for i in positions),
            kept=tuple(self.kept[i] for i in left),
        )


class Values(Mapping[str, Any]):
    """Columns as arrays for arithmetic."""

    def __init__(self, columns: Mapping[str, Column]) -> None:
        self.columns = columns

    def __getitem__(self, name: str) -> Any:
        return self.columns[name].value

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)


def required(text: str) -> tuple[str, ...]:
    """Columns of the data that a formula of fixed effects reads."""
    names = (name for term in terms(text) for factor in term for name in factor.names)
    return tuple(dict.fromkeys(names))


def learn_matrix(text: str, columns: Columns) -> tuple[MatrixSpec, Array]:
    """Make the columns of a formula and learn their coding.

    Parameters
    ----------
    text : str
        Fixed effects in the language of formulaic.
    columns : Columns
        Without missing values.

    Returns
    -------
    spec : MatrixSpec
    matrix : ndarray of float64, shape (n, p), Fortran order

    Raises
    ------
    ColumnTypeError
        If a date is used as a covariate.
    UndefinedValueError
        If a transformation gives no finite number.
    FormulaError
        If a term cannot be computed.
    """
    parsed = terms(text)
    _refuse_dates(parsed, columns)
    plan = _plan(parsed, columns)
    if plan is not None:
        names = tuple(column.name for column in plan)
        return _spec(text, names, plan, None), _fill(plan, columns)
    coded, matrix = learn(text, _frame(parsed, columns))
    _require_defined(matrix, coded.names, columns)
    return _spec(text, coded.names, None, coded), matrix


def recode_matrix(spec: MatrixSpec, columns: Columns) -> Array:
    """Make the kept columns again for new data.

    Parameters
    ----------
    spec : MatrixSpec
    columns : Columns
        Without missing values, categorical columns with the levels of the fit.

    Returns
    -------
    ndarray of float64, shape (n, p), Fortran order
    """
    if spec.plan is not None:
        return _fill(tuple(spec.plan[i] for i in spec.kept), columns)
    if spec.coded is None or columns.n_rows == 0:
        return np.empty((columns.n_rows, len(spec.names)), order="F")
    matrix = recode(spec.coded, spec.text, _frame(terms(spec.text), columns))
    _require_defined(matrix, spec.coded.names, columns)
    return matrix if len(spec.kept) == matrix.shape[1] else matrix[:, list(spec.kept)]


def _spec(
    text: str, names: tuple[str, ...], plan: tuple[PlannedColumn, ...] | None, coded: Coded | None
) -> MatrixSpec:
    return MatrixSpec(text, names, (), plan, coded, tuple(range(len(names))))


# The plan -------------------------------------------------------------------------------------


def _plan(parsed: tuple[Term, ...], columns: Columns) -> tuple[PlannedColumn, ...] | None:
    """The columns as products, or None where only formulaic can say."""
    seen: set[frozenset[str]] = set()
    planned: list[PlannedColumn] = []
    for term in parsed:
        if not all(_is_plain(factor, columns) for factor in term):
            return None
        texts = frozenset(factor.text for factor in term)
        factors = [factor for factor in term if _is_factor(factor, columns)]
        if any(texts - {factor.text} not in seen for factor in factors):
            return None  # a margin is missing, so the levels are not coded by treatment contrasts
        seen.add(texts)
        planned += _products(term, columns)
    return tuple(planned)


def _is_plain(factor: Expression, columns: Columns) -> bool:
    if not factor.names:
        return False
    return _is_factor(factor, columns) or factor.is_rowwise


def _is_factor(factor: Expression, columns: Columns) -> bool:
    return factor.column is not None and columns[factor.column].is_factor


def _products(term: Term, columns: Columns) -> list[PlannedColumn]:
    """The columns of a term; as in formulaic and R, the levels of the first factor run fastest."""
    numbers = tuple(factor for factor in term if not _is_factor(factor, columns))
    parts = [_parts(factor, columns) for factor in reversed(term)]
    products = [combination[::-1] for combination in itertools.product(*parts)]
    return [
        PlannedColumn(
            ":".join(name for name, _ in product) or "Intercept",
            numbers,
            tuple(dummy for _, dummy in product if dummy is not None),
        )
        for product in products
    ]


def _parts(factor: Expression, columns: Columns) -> list[tuple[str, tuple[str, int] | None]]:
    """Names of the columns of a factor, with column and code for a level."""
    column = None if factor.column is None else columns[factor.column]
    if column is None or column.levels is None:
        return [(factor.column or factor.text, None)]
    levels = column.levels.tolist()
    return [(f"{column.name}[T.{levels[k]}]", (column.name, k)) for k in range(1, len(levels))]


def _fill(plan: tuple[PlannedColumn, ...], columns: Columns) -> Array:
    matrix = np.empty((columns.n_rows, len(plan)), order="F")
    values: dict[str, Array] = {}
    for j, planned in enumerate(plan):
        numbers = [_number(factor, columns, values) for factor in planned.numbers]
        dummies = [columns[name].values == code for name, code in planned.dummies]
        if len(numbers) > 1:
            numbers = [reduce(np.multiply, numbers)]
        product = [*numbers, *([reduce(np.logical_and, dummies)] if dummies else [])]
        matrix[:, j] = 1.0 if not product else reduce(np.multiply, product)
        if len(planned.numbers) > 1:
            _require_defined(matrix[:, j : j + 1], (planned.name,), columns)
    return matrix


def _number(factor: Expression, columns: Columns, values: dict[str, Array]) -> Array:
    if factor.text not in values:
        values[factor.text] = evaluate(factor, columns)
    return values[factor.text]


def evaluate(factor: Expression, columns: Columns) -> Array:
    """Values of an expression that must be a finite number in every row.

    Parameters
    ----------
    factor : Expression
    columns : Columns
        Without missing values.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    UndefinedValueError
        Naming the row where it is none.
    ColumnTypeError
        If it computes with words.
    """
    if factor.column is not None:
        column = columns[factor.column]
        return column.number() if column.kind != "boolean" else column.values
    try:
        found = np.asarray(factor.evaluate(Values(columns)))
    except TypeError as error:
        words = [name for name in factor.names if columns[name].is_factor]
        raise ColumnTypeError(
            f"{factor.text!r} computes with {' and '.join(map(repr, words)) or 'its columns'}, "
            f"which holds no numbers ({error})"
        ) from None
    value = np.broadcast_to(found, columns.n_rows)
    if value.dtype.kind == "f":
        _require_defined(value[:, None], (factor.text,), columns)
    return value


def _require_defined(matrix: Array, names: tuple[str, ...], columns: Columns) -> None:
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(matrix.sum()):
            return
    for j, name in enumerate(names):
        bad = np.flatnonzero(~np.isfinite(matrix[:, j]))
        if len(bad):
            row = int(bad[0])
            raise UndefinedValueError(
                f"{name!r} is {matrix[row, j]} in row {columns.origin(row)} (counting from 0); "
                "drop such rows or use another transformation"
            )


# For formulaic --------------------------------------------------------------------------------


def _frame(parsed: tuple[Term, ...], columns: Columns) -> pd.DataFrame:
    import pandas as pd

    factors = [factor for term in parsed for factor in term]
    raw = {n for f in factors if _KEEP_INTEGERS & set(f.functions) for n in f.names}
    names = dict.fromkeys(name for factor in factors for name in factor.names)
    values = {name: _as_pandas(columns[name], name in raw) for name in names}
    return pd.DataFrame(values, index=pd.RangeIndex(columns.n_rows), copy=False)


def _as_pandas(column: Column, raw: bool) -> Any:
    import pandas as pd

    if column.levels is not None:
        return pd.Categorical.from_codes(column.values, categories=column.levels.tolist())
    return column.values if raw or column.kind == "boolean" else column.number()


def _refuse_dates(parsed: tuple[Term, ...], columns: Columns) -> None:
    for name in dict.fromkeys(n for term in parsed for factor in term for n in factor.names):
        if columns[name].kind == "time":
            raise ColumnTypeError(
                f"column {name!r} is a date or time, which cannot be a covariate; convert it to a "
                "number, such as days since the start"
            )
