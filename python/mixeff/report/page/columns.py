"""The columns of a model matrix as readers see them: of which covariates, against which level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...formula.engine import terms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...formula import Expression
    from ...model.design import Design
    from ...model.matrix import MatrixSpec
    from ...model.plan import Plan, PlannedColumn
    from ...results.fit import FitResults


@dataclass(frozen=True)
class Part:
    """One factor of a column's product, and what it compares.

    Attributes
    ----------
    variables : tuple of str
        Columns of the data.
    contrast : str
        ``sex = girl rather than boy``, ``one unit more of x``.
    is_level : bool
        Whether it compares levels.
    """

    variables: tuple[str, ...]
    contrast: str
    is_level: bool = False


@dataclass(frozen=True)
class Column:
    """A column of the model matrix.

    Attributes
    ----------
    name : str
    parts : tuple of Part
        Nothing for the intercept, and for a column that only formulaic understands.
    variables : frozenset of str
        Columns of the data that it is made of.
    constant_within : tuple of str
        Grouping factors within whose levels it does not vary.
    """

    name: str
    parts: tuple[Part, ...]
    variables: frozenset[str]
    constant_within: tuple[str, ...] = ()

    @property
    def is_intercept(self) -> bool:
        """Whether it is the column of ones."""
        return self.name == "Intercept"

    @property
    def is_unclear(self) -> bool:
        """Whether it has no meaning of its own, as a column of a spline."""
        return not self.parts and not self.is_intercept

    @property
    def is_interaction(self) -> bool:
        """Whether it is a product of several."""
        return len(self.parts) > 1

    @property
    def has_levels(self) -> bool:
        """Whether it compares levels of a factor."""
        return any(part.is_level for part in self.parts)


def columns_of(fit: FitResults, d: int) -> list[Column]:
    """The columns of a linear predictor."""
    matrix, design = fit.spec.predictors[d], fit.design
    made = _planned(matrix, matrix.plan) if matrix.plan is not None else _coded(fit, matrix)
    found = []
    for (name, parts, variables), values in zip(made, design.fixed[d].columns, strict=True):
        if len(parts) == 1 and _is_indicator(values, parts[0]):
            variable = parts[0].variables[0]
            parts = (Part((variable,), f"{variable} = 1 rather than 0", True),)
        groups = _constant_within(design, values)
        found.append(Column(name, parts, frozenset(variables), groups))
    return found


Made = tuple[str, tuple[Part, ...], tuple[str, ...]]


def _planned(matrix: MatrixSpec, plan: Plan) -> Iterator[Made]:
    plan = plan.only(matrix.kept)
    for column in plan.columns:
        parts = (*map(_of_number, column.numbers), *_of_levels(column, plan))
        yield column.name, parts, tuple(name for part in parts for name in part.variables)


def _of_number(factor: Expression) -> Part:
    return Part(factor.names, f"one unit more of {factor.text}")


def _of_levels(column: PlannedColumn, plan: Plan) -> Iterator[Part]:
    for text, code in column.dummies:
        name, levels = plan.factors[text]
        yield Part((name,), f"{name} = {levels[code]} rather than {levels[0]}", True)


def _coded(fit: FitResults, matrix: MatrixSpec) -> Iterator[Made]:
    """Of columns that formulaic made, plain covariates and levels are clear."""
    assert matrix.coded is not None
    every: dict[int, tuple[Expression, ...]] = {}
    indices = matrix.coded.spec.term_indices.values()
    for term, positions in zip(terms(matrix.text), indices, strict=True):
        every |= dict.fromkeys(positions, term)
    for name, j in zip(matrix.names, matrix.kept, strict=True):
        term = every[j]
        variables = tuple(v for factor in term for v in factor.names)
        yield name, _clear(fit, term, name), variables


def _clear(fit: FitResults, term: tuple[Expression, ...], name: str) -> tuple[Part, ...]:
    if len(term) != 1 or term[0].column is None:
        return ()
    variable = term[0].column
    levels = fit.spec.schema[variable].levels
    if levels is None:
        return (_of_number(term[0]),) if name == variable else ()
    for level in levels[1:]:
        if name == f"{variable}[T.{level}]":
            return (Part((variable,), f"{variable} = {level} rather than {levels[0]}", True),)
    return ()


def _is_indicator(values: np.ndarray, part: Part) -> bool:
    """Whether a number is 0 or 1 in every row."""
    plain = part.contrast == f"one unit more of {part.variables[0]}" and not part.is_level
    return plain and bool(((values == 0) | (values == 1)).all())


def _constant_within(design: Design, values: np.ndarray) -> tuple[str, ...]:
    return tuple(f.name for f in design.factors if _is_constant(values, f.codes, f.n_levels))


def _is_constant(values: np.ndarray, codes: np.ndarray, n_levels: int) -> bool:
    """Whether all rows of a level share one value."""
    first = np.zeros(n_levels)
    first[codes] = values
    return bool(np.array_equal(first[codes], values))
