"""The core's form of a design, made once and kept as long as the design lives."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from ..core import Problem

if TYPE_CHECKING:
    from ..model.design import Design, RandomTerm
    from ..model.families import Family

_problems: WeakKeyDictionary[Design, Problem] = WeakKeyDictionary()


def problem_of(design: Design) -> Problem:
    """The `Problem` of a design."""
    problem = _problems.get(design)
    if problem is None:
        problem = _problems[design] = _build(design)
    return problem


def _build(design: Design) -> Problem:
    return Problem(
        family=design.distribution.core_name,
        link=design.link,
        y=np.ascontiguousarray(design.y),
        extra=design.extra,
        weights=design.weights,
        x=design.x,
        offset=design.offset,
        factors=[(factor.codes, factor.n_levels) for factor in design.factors],
        terms=[_term(term) for term in design.terms],
        categories=len(design.categories),
        modifiers=design.distribution.modifiers,
        map=_map(design.distribution),
        coefficients=design.coefficients,
    )


def _map(family: Family) -> tuple[np.ndarray, np.ndarray] | None:
    """From the linear predictors to the core's, and back."""
    if family.mapping is None:
        return None
    matrix = np.array(family.mapping)
    return matrix, np.linalg.pinv(matrix)


def _term(term: RandomTerm) -> tuple:
    return term.factor, term.z, term.places, term.structure
