"""Fixed-effects columns: learned from the data of the fit, and made again for new data.

formulaic decides what the terms are. The common ones are filled in by a `Plan`; the others are left
to formulaic, with what it learned kept in the spec.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..data import Column, Columns
from ..errors import ColumnTypeError
from ..formula.engine import Coded, Term, learn, recode, terms
from .columnwise import ModelMatrix
from .plan import Plan, fill, make_plan
from .values import require_defined

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MatrixSpec", "learn_effects", "learn_matrix", "recode_matrix", "required"]

Array = NDArray[np.float64]

# Calls whose argument stays as it is; every other number is computed with as float64.
_KEEP_INTEGERS = {"C", "hashed"}


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
    plan : Plan or None
        How to fill them in; None if formulaic does.
    coded : Coded or None
        What formulaic learned.
    kept : tuple of int
        Positions of the kept columns among all.
    """

    text: str
    names: tuple[str, ...]
    aliased: tuple[str, ...]
    plan: Plan | None
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
            aliased=(*self.aliased, *(self.names[i] for i in positions)),
            kept=tuple(self.kept[i] for i in left),
        )

    def without_intercept(self) -> MatrixSpec:
        """The spec without its intercept, where another parameter stands in its place."""
        left = [i for i, name in enumerate(self.names) if name != "Intercept"]
        names = tuple(self.names[i] for i in left)
        return replace(self, names=names, kept=tuple(self.kept[i] for i in left))


def required(text: str) -> tuple[str, ...]:
    """Columns of the data that a formula of fixed effects reads."""
    names = (name for term in terms(text) for factor in term for name in factor.names)
    return tuple(dict.fromkeys(names))


def learn_matrix(text: str, columns: Columns) -> tuple[MatrixSpec, ModelMatrix]:
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
    matrix : ModelMatrix

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
    plan = make_plan(parsed, columns)
    if plan is not None:
        return _spec(text, plan.names, plan, None), fill(plan, columns)
    coded, matrix = learn(text, _frame(parsed, columns))
    require_defined(matrix, coded.names, columns)
    return _spec(text, coded.names, None, coded), ModelMatrix.of(matrix)


def learn_effects(text: str, columns: Columns, *, alone: bool) -> tuple[MatrixSpec, Array | None]:
    """The columns of a random-effects term, as `learn_matrix`, in one array.

    Parameters
    ----------
    text : str
    columns : Columns
    alone : bool
        Whether the term has no other columns: then None stands for an intercept.
    """
    plan = make_plan(terms(text), columns) if alone else None
    if plan is not None and plan.names == ("Intercept",):
        return _spec(text, plan.names, plan, None), None
    spec, matrix = learn_matrix(text, columns)
    return spec, matrix.array


def recode_matrix(spec: MatrixSpec, columns: Columns) -> ModelMatrix:
    """Make the kept columns again for new data.

    Parameters
    ----------
    spec : MatrixSpec
    columns : Columns
        Without missing values, categorical columns with the levels of the fit.

    Returns
    -------
    ModelMatrix
    """
    if spec.plan is not None:
        return fill(spec.plan.only(spec.kept), columns)
    if spec.coded is None or columns.n_rows == 0:
        return ModelMatrix.of(np.empty((columns.n_rows, len(spec.names))))
    matrix = recode(spec.coded, spec.text, _frame(terms(spec.text), columns))
    require_defined(matrix, spec.coded.names, columns)
    return ModelMatrix.of(matrix).take(spec.kept)


def _spec(text: str, names: tuple[str, ...], plan: Plan | None, coded: Coded | None) -> MatrixSpec:
    return MatrixSpec(text, names, (), plan, coded, tuple(range(len(names))))


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
