"""formulaic, which reads and codes the fixed effects. Nothing else in the package knows it."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import FormulaError, UnseenLevelError
from .expressions import FUNCTIONS, Expression, expression

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Coded", "Term", "learn", "recode", "terms"]

# A term as the expressions that it multiplies; the intercept multiplies nothing.
Term = tuple[Expression, ...]

_CONTEXT = {**FUNCTIONS, "exp10": lambda value: np.power(10.0, value)}
del _CONTEXT["I"]  # formulaic has its own

_CONTRASTS = ("Treatment", "Sum", "Helmert", "Diff", "Poly")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m|[⧛⧚]")


@dataclass(frozen=True)
class Coded:
    """Columns coded by formulaic and what it learned about them.

    Attributes
    ----------
    names : tuple of str
    spec : formulaic.ModelSpec
    """

    names: tuple[str, ...]
    spec: Any


@lru_cache(maxsize=256)
def terms(text: str) -> tuple[Term, ...]:
    """The terms of the fixed effects, multiplied out and in formulaic's order.

    Parameters
    ----------
    text : str
        The right side of a formula, without bars and offsets.

    Returns
    -------
    tuple of tuple of Expression
        The empty tuple stands for the intercept.

    Raises
    ------
    FormulaError
        If formulaic cannot read the text, or it calls an unknown function.

    Examples
    --------
    >>> [":".join(factor.text for factor in term) for term in terms("a * log(b)")]
    ['', 'a', 'log(b)', 'a:log(b)']
    """
    return tuple(
        tuple(_factor(factor, text) for factor in term.factors if factor.expr != "1")
        for term in _formula(text)
    )


@lru_cache(maxsize=256)
def _formula(text: str) -> Any:
    from formulaic import Formula
    from formulaic.errors import FormulaParsingError

    try:
        formula = Formula(text)  # pyright: ignore[reportAbstractUsage]
    except (FormulaParsingError, SyntaxError) as error:
        problem = _COLOUR.sub("", str(error)).split("\n")[0]
        raise FormulaError(
            f"the covariates cannot be read: {problem}", text, 0, len(text)
        ) from None
    return formula


def _factor(factor: Any, text: str) -> Expression:
    from formulaic.transforms import TRANSFORMS

    if factor.eval_method.value == "lookup":
        return replace(expression(f"`{factor.expr}`"), text=factor.expr)
    found = expression(factor.expr)
    known = {**TRANSFORMS, **_CONTEXT}
    for name in found.functions:
        if "." not in name and name not in known:
            raise found.unknown_function(name, known)
    if "C" in found.functions:  # as in C(g, Sum)
        return replace(found, names=tuple(n for n in found.names if n not in _CONTRASTS))
    return found


def learn(text: str, frame: pd.DataFrame) -> tuple[Coded, NDArray[np.float64]]:
    """Code the fixed effects and learn their coding.

    Parameters
    ----------
    text : str
        See `terms`.
    frame : pandas.DataFrame
        The columns, without missing values.

    Returns
    -------
    coded : Coded
    matrix : ndarray of float64, shape (n, p), Fortran order

    Raises
    ------
    FormulaError
        If formulaic cannot compute a term.
    """
    matrix = _materialize(_formula(text), text, frame)
    names = tuple(str(name) for name in matrix.columns)
    spec = matrix.model_spec
    return Coded(names, spec), _fortran(matrix)


def recode(coded: Coded, text: str, frame: pd.DataFrame) -> NDArray[np.float64]:
    """Code new data as the data of the fit were coded.

    Parameters
    ----------
    coded : Coded
    text : str
    frame : pandas.DataFrame
        The columns, without missing values.

    Returns
    -------
    ndarray of float64, shape (n, p), Fortran order

    Raises
    ------
    UnseenLevelError
        If a factor has a level that it did not have.
    FormulaError
        If formulaic cannot compute a term.
    """
    return _fortran(_materialize(coded.spec, text, frame))


def _materialize(source: Any, text: str, frame: pd.DataFrame) -> Any:
    from formulaic.errors import DataMismatchWarning, FormulaicError

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("error", DataMismatchWarning)
        try:
            return source.get_model_matrix(
                frame, context=_CONTEXT, na_action="ignore", output="pandas"
            )
        except DataMismatchWarning as warning:
            raise UnseenLevelError(_unseen(str(warning))) from None
        except FormulaicError as error:
            problem = _COLOUR.sub("", str(error)).replace("\n", " ")
            raise FormulaError(
                f"a covariate cannot be computed: {problem}", text, 0, len(text)
            ) from None


def _unseen(message: str) -> str:
    found = re.search(r"\{.*\}", message)
    levels = found.group() if found else "levels"
    return f"a factor holds {levels}, which is none of its levels; drop those rows or merge levels"


def _fortran(matrix: Any) -> NDArray[np.float64]:
    out = np.empty(matrix.shape, dtype=np.float64, order="F")
    for j in range(matrix.shape[1]):
        out[:, j] = matrix.iloc[:, j]
    return out
