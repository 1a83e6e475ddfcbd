"""Columns of a model matrix as a page computes them: products, or tables to interpolate in.

Where the model has a plan, a column is a product of numbers and dummies, and a page computes what
the fit computed. Other columns (splines, ``poly()``, ``scale()``) are tabulated over their
covariates and interpolated; those of too many covariates are held, and the page says so.
"""

from __future__ import annotations

import ast
import itertools
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ...data import from_any
from ...formula.engine import terms
from ...model.matrix import recode_matrix
from .inputs import plain_level

if TYPE_CHECKING:
    from ...formula import Expression
    from ...model.matrix import MatrixSpec
    from ...model.plan import Plan, PlannedColumn
    from .inputs import Covariates

POINTS = (201, 41, 21)  # of a number, where a column has one, two or more of them
MOST = 60_000  # numbers in the tables of one term

Json = dict[str, Any]


def as_json(node: ast.AST, quoted: Any) -> Json:
    """An expression as a tree of ``{name}``, ``{value}`` and ``{do, of}``."""
    match node:
        case ast.Name(id=name):
            return {"name": quoted.get(name, name)}
        case ast.Constant(value=value):
            return {"value": value}
        case ast.BinOp(left=left, op=op, right=right):
            return _call(op, (left, right), quoted)
        case ast.UnaryOp(op=op, operand=operand):
            return _call(op, (operand,), quoted)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _call(op, (left, right), quoted)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return {"do": name, "of": [as_json(a, quoted) for a in arguments]}
    raise TypeError(f"no page computes {ast.unparse(node)!r}")  # pragma: no cover


def _call(op: ast.AST, parts: tuple[ast.AST, ...], quoted: Any) -> Json:
    return {"do": type(op).__name__, "of": [as_json(part, quoted) for part in parts]}


def of_expression(factor: Expression) -> Json:
    """An expression row by row as a tree."""
    return as_json(factor.tree, factor.quoted)


@dataclass
class Plans:
    """Makes the columns of all matrices of a fit, and remembers which covariates are held.

    Attributes
    ----------
    covariates : Covariates
    held : set of str
        Covariates that the page cannot move.
    """

    covariates: Covariates
    held: set[str] = field(default_factory=set)

    def of(self, matrix: MatrixSpec) -> list[Json]:
        """The kept columns of a matrix."""
        if matrix.plan is not None:
            plan = matrix.plan.only(matrix.kept)
            return [_product(column, plan) for column in plan.columns]
        if matrix.coded is None:
            return []
        return self._tabulated(matrix)

    def _tabulated(self, matrix: MatrixSpec) -> list[Json]:
        assert matrix.coded is not None
        every = matrix.coded.spec.term_indices.values()
        found: dict[int, Json] = {}
        for term, positions in zip(terms(matrix.text), every, strict=True):
            own = [j for j in positions if j in matrix.kept]
            names = list(dict.fromkeys(name for factor in term for name in factor.names))
            found |= self._tables(matrix, own, names)
        return [found[j] for j in matrix.kept]

    def _tables(self, matrix: MatrixSpec, own: list[int], names: list[str]) -> dict[int, Json]:
        axes = self._axes(names, len(own))
        grid = itertools.product(*(axis["points"] for axis in axes))
        rows = [dict(zip((axis["name"] for axis in axes), point, strict=True)) for point in grid]
        values = recode_matrix(matrix, self._frame(rows)).array
        places = {j: matrix.kept.index(j) for j in own}
        return {
            j: {"table": {"axes": axes, "values": short(values[:, k])}} for j, k in places.items()
        }

    def _axes(self, names: list[str], columns: int) -> list[Json]:
        """The grid of a term's columns; a number that makes it too large is held."""
        inputs = {one["name"]: one for one in self.covariates.inputs()}
        numbers = [name for name in names if inputs[name]["kind"] == "number"]
        points = POINTS[min(len(numbers), len(POINTS)) - 1]
        axes = [_axis(inputs[name], points) for name in names]
        while columns * math.prod(len(axis["points"]) for axis in axes) > MOST:
            last = max(range(len(axes)), key=lambda i: len(axes[i]["points"]))
            self.held.add(axes.pop(last)["name"])
        return axes

    def _frame(self, rows: list[Json]) -> Any:
        """The rows as columns, what they do not say at typical values."""
        import pandas as pd

        typical = self.covariates.typical()
        columns: Json = {}
        for name, column in self.covariates.columns.items():
            values = [row.get(name, typical[name]) for row in rows or [{}]]
            if column.levels is not None:
                plain = [plain_level(level) for level in column.levels.tolist()]
                codes = [plain.index(value) for value in values]
                values = pd.Categorical.from_codes(codes, pd.Index(column.levels))
            columns[name] = values
        return from_any(pd.DataFrame(columns), list(columns))


def _axis(one: Json, points: int) -> Json:
    if one["kind"] == "levels":
        return {"name": one["name"], "points": one["levels"], "exact": True}
    low, high = one["range"]
    points = points if high > low else 1
    grid = np.linspace(low, high, points).tolist()
    return {"name": one["name"], "points": grid, "exact": low == high}


def short(values: np.ndarray) -> list[float]:
    """Numbers to eight figures."""
    return [float(f"{value:.8g}") for value in values]


def _product(column: PlannedColumn, plan: Plan) -> Json:
    dummies = [(plan.factors[text], code) for text, code in column.dummies]
    return {
        "numbers": [of_expression(factor) for factor in column.numbers],
        "dummies": [[name, plain_level(levels[code])] for (name, levels), code in dummies],
    }
