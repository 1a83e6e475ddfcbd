"""Choices: the alternatives of each case, and what within a case can tell them apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..data import Columns, factorize
from ..errors import FormulaError, ResponseSupportError
from ..formula import Response, expression
from .design import Design
from .families import Family
from .families.cases import Cases
from .outcome import Outcome
from .values import evaluate

__all__ = [
    "case_column",
    "case_numbers",
    "check_choices",
    "read_choice",
]

Array = NDArray[np.float64]


def read_choice(
    response: Response, columns: Columns, family: Family, weights: Array | None
) -> Outcome:
    """Which alternative was chosen, and the case of each row.

    Parameters
    ----------
    response : Response
        ``choice(chosen, case)``.
    columns : Columns
    family : Family
    weights : ndarray or None

    Returns
    -------
    Outcome
        Its second column holds the numbers of the cases, from 0 in the order of their labels.

    Raises
    ------
    ResponseSupportError
        If a case has not exactly one chosen alternative, or no other.
    """
    if response.kind != "choice":
        raise ResponseSupportError(
            f"family {family.name!r} takes choice(chosen, case) on the left of the formula, with a "
            f"row for each alternative of each case, and not {response.text}"
        )
    y = _chosen(response, columns, family)
    codes, labels = _case_codes(response.parts[1], columns)
    size = np.bincount(codes, minlength=len(labels))
    made = np.bincount(codes, weights=y, minlength=len(labels))
    _refuse(made != 1, labels, "{n:g} chosen alternatives, where each case has one", made)
    _refuse(size < 2, labels, "{n:g} alternative, which leaves no choice", size)
    return Outcome(y, codes.astype(np.float64), weights)


def case_column(response: Response | None) -> str | None:
    """The column of the cases; None for a response that is no choice."""
    if response is None or response.kind != "choice":
        return None
    return expression(response.parts[1]).column


def case_numbers(name: str, columns: Columns) -> Array:
    """The case of each row of new data, as a number."""
    return factorize(columns[name].labels())[0].astype(np.float64)


def _chosen(response: Response, columns: Columns, family: Family) -> Array:
    y = np.array(evaluate(expression(response.parts[0]), columns), dtype=np.float64)
    possible = family.supported(y)
    if not possible.all():
        row = int(np.argmin(possible))
        raise ResponseSupportError(
            f"{response.parts[0]!r} is {y[row]:g} in row {columns.origin(row)} (counting from 0); "
            "it is 1 for the alternative chosen and 0 for the others"
        )
    return y


def _case_codes(text: str, columns: Columns) -> tuple[NDArray[np.int32], NDArray]:
    name = expression(text).column
    if name is None:
        raise FormulaError(f"choice(chosen, case) takes a column of cases, and not {text!r}")
    return factorize(columns[name].labels())


def _refuse(bad: NDArray[np.bool_], labels: NDArray, words: str, numbers: NDArray) -> None:
    if bad.any():
        k = int(np.argmax(bad))
        label, found = labels[k : k + 1].tolist()[0], words.format(n=numbers[k])
        raise ResponseSupportError(
            f"case {label!r} has {found}; leave the case out, or mend it "
            "(rows with missing values are left out, alternatives with them)"
        )


def check_choices(design: Design) -> None:
    """Raise for what no choice can tell of, since it is the same for all alternatives of a case.

    Parameters
    ----------
    design : Design

    Raises
    ------
    FormulaError
        For random effects of what does not vary within any case, and grouping factors and weights
        that do vary within one.
    """
    cases = design.cases
    for factor in design.factors:
        if cases.varies(factor.codes).any():
            raise FormulaError(
                f"grouping factor {factor.name!r} differs between the alternatives of a case; "
                "random effects are those of who chooses. For effects of the alternatives give "
                "them as columns, such as (0 + alternative | person)"
            )
    for term in design.terms:
        _check_effects(cases, term.names, term.z)
    if design.weights is not None and cases.varies(design.weights).any():
        raise FormulaError("weights of choices belong to cases: give all rows of one the same")


def _check_effects(cases: Cases, names: tuple[str, ...], z: Array | None) -> None:
    for k, name in enumerate(names):
        if z is None or not cases.varies(z[:, k]).any():
            raise FormulaError(
                f"a random effect of {name!r} is the same for all alternatives of a case, so that "
                "choices tell nothing of it; write (0 + x | g) with attributes x of the "
                "alternatives"
            )
