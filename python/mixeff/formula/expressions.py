"""Arithmetic on columns: responses, offsets, weights, and the plain covariates among the terms.

An expression is read with Python's own parser and evaluated by walking its tree: names are columns,
and nothing can be called but the functions of the table.
"""

from __future__ import annotations

import ast
import difflib
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ..errors import FormulaError

__all__ = ["FUNCTIONS", "Expression", "expression"]

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "I": lambda value: value,
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "log1p": np.log1p,
    "exp": np.exp,
    "expm1": np.expm1,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "sin": np.sin,
    "cos": np.cos,
    "floor": np.floor,
    "ceil": np.ceil,
}
"""The functions that need nothing but the row they are applied to."""

_BINARY: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
}
_UNARY: dict[type[ast.AST], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: operator.invert,
}
_COMPARE: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}

# Strings are stepped over; names in backticks or with dots become identifiers for Python's parser.
_NAMES = re.compile(
    r"""'[^']*' | "[^"]*" | `(?P<quoted>[^`]*)`
      | (?<![\w.])(?!np\.|contr\.)(?P<dotted>[^\W\d]\w*(?:\.\w+)+)(?![\w.(])""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Expression:
    """An expression, parsed.

    Attributes
    ----------
    text : str
    names : tuple of str
        The columns it reads.
    functions : tuple of str
        The functions it calls.
    tree : ast.expr
    quoted : mapping
        Columns by the identifiers that stand for them in the tree.
    """

    text: str
    names: tuple[str, ...]
    functions: tuple[str, ...]
    tree: ast.expr
    quoted: Mapping[str, str]

    @property
    def column(self) -> str | None:
        """The column, if the expression is nothing else."""
        if isinstance(self.tree, ast.Name):
            return self.quoted.get(self.tree.id, self.tree.id)
        return None

    @property
    def categorical(self) -> str | None:
        """The column, if the expression is ``C(column)`` and nothing else."""
        match self.tree:
            case ast.Call(func=ast.Name(id="C"), args=[ast.Name(id=name)], keywords=[]):
                return self.quoted.get(name, name)
        return None

    @property
    def is_rowwise(self) -> bool:
        """Whether `evaluate` knows all of it."""
        return all(isinstance(node, _KNOWN) for node in ast.walk(self.tree)) and all(
            name in FUNCTIONS for name in self.functions
        )

    def evaluate(self, columns: Mapping[str, Any]) -> Any:
        """The value in every row.

        Parameters
        ----------
        columns : mapping of str to ndarray

        Returns
        -------
        ndarray, or a number where no column is read

        Raises
        ------
        FormulaError
            For a function that is not in the table.
        """
        with np.errstate(all="ignore"):  # what is not finite is reported with its row
            return self._value(self.tree, columns)

    def _value(self, node: ast.expr, columns: Mapping[str, Any]) -> Any:
        match node:
            case ast.Name(id=name):
                return columns[self.quoted.get(name, name)]
            case ast.Constant(value=value):
                return value
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                return _BINARY[type(op)](self._value(left, columns), self._value(right, columns))
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
                return _UNARY[type(op)](self._value(operand, columns))
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARE:
                return _COMPARE[type(op)](self._value(left, columns), self._value(right, columns))
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._function(name)(*(self._value(a, columns) for a in arguments))
        raise FormulaError(
            f"{ast.unparse(node)!r} cannot be computed", self.text, 0, len(self.text)
        )

    def _function(self, name: str) -> Callable[..., Any]:
        if name in FUNCTIONS:
            return FUNCTIONS[name]
        raise self.unknown_function(name, FUNCTIONS)

    def unknown_function(self, name: str, known: Mapping[str, object]) -> FormulaError:
        """The error for a function that is not among the known ones."""
        close = difflib.get_close_matches(name, list(known), n=1)
        hint = f"did you mean {close[0]}()?" if close else f"there are: {', '.join(sorted(known))}"
        start = max(self.text.find(name), 0)
        return FormulaError(
            f"there is no function {name}(); {hint}", self.text, start, start + len(name)
        )


_KNOWN = (
    ast.Name,
    ast.Constant,
    ast.BinOp,
    ast.UnaryOp,
    ast.Compare,
    ast.Call,
    ast.expr_context,
    *_BINARY,
    *_UNARY,
    *_COMPARE,
)


@lru_cache(maxsize=512)
def expression(text: str) -> Expression:
    """Parse an expression on columns.

    Parameters
    ----------
    text : str
        Python's arithmetic and comparisons, and the names of `FUNCTIONS`. A column whose name is no
        identifier stands between backticks.

    Returns
    -------
    Expression

    Raises
    ------
    FormulaError
        If it cannot be parsed.

    Examples
    --------
    >>> size = expression("log(size - 1)")
    >>> size.names
    ('size',)
    >>> float(size.evaluate({"size": 2.0}))
    0.0
    """
    quoted: dict[str, str] = {}

    def stand_in(match: re.Match[str]) -> str:
        name = match["quoted"] or match["dotted"]
        if not name:
            return match.group()
        identifier = f"_column{len(quoted)}_"
        quoted[identifier] = name
        return identifier

    source = _NAMES.sub(stand_in, text)
    try:
        tree = ast.parse(source.strip(), mode="eval").body
    except SyntaxError as error:
        at = max((error.offset or 1) - 1, 0)
        raise FormulaError(f"cannot be read: {error.msg}", text, at, at + 1) from None
    names, functions = _names(tree, quoted)
    return Expression(text, names, functions, tree, quoted)


def _names(tree: ast.expr, quoted: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Columns and functions of a tree, in order."""
    nodes = list(ast.walk(tree))
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    called = [part for call in calls for part in ast.walk(call.func)]
    owners = [node.value for node in nodes if isinstance(node, ast.Attribute)]
    aside = {*called, *owners}
    names = [node.id for node in nodes if isinstance(node, ast.Name) and node not in aside]
    spelled = [str(ast.literal_eval(call.args[0])) for call in calls if _is_spelled(call)]
    functions = [ast.unparse(call.func) for call in calls]
    columns = [quoted.get(name, name) for name in names] + spelled
    return tuple(dict.fromkeys(columns)), tuple(dict.fromkeys(functions))


def _is_spelled(call: ast.Call) -> bool:
    """Whether this is ``Q("name of a column")``."""
    name = isinstance(call.func, ast.Name) and call.func.id == "Q"
    return name and bool(call.args) and isinstance(call.args[0], ast.Constant)
