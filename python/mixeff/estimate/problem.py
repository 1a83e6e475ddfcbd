"""The core's form of a design, made once and kept as long as the design lives."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from ..core import Problem, Response, unsigned
from .choices import choice_problem

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
    if design.distribution.has_cases:
        return choice_problem(design)
    return Problem(
        response=_response(design),
        y=np.ascontiguousarray(design.y),
        extra=np.arange(float(design.n)) if design.responses else design.extra,
        weights=design.weights,
        x=[matrix.columns for matrix in design.fixed],
        offset=design.offset,
        factors=[(unsigned(f.codes), f.n_levels) for f in design.factors],
        terms=[_term(term) for term in design.terms],
        coefficients=design.coefficients,
    )


def _response(design: Design) -> Response:
    family = design.distribution
    if design.responses:
        return _mixed(design.responses)
    categories = len(design.categories)
    return Response.named(family.core_name, design.link, categories, family.modifiers, _map(family))


def _mixed(responses: tuple[Design, ...]) -> Response:
    part = np.repeat(np.arange(len(responses)), [design.n for design in responses])
    extra = [np.ones(d.n) if d.extra is None else d.extra for d in responses]
    return Response.mixed(
        [_response(design) for design in responses], part.tolist(), np.concatenate(extra)
    )


def _map(family: Family) -> tuple[np.ndarray, np.ndarray] | None:
    """From the linear predictors to the core's, and back."""
    if family.mapping is None:
        return None
    matrix = np.array(family.mapping)
    return matrix, np.linalg.pinv(matrix)


def _term(term: RandomTerm) -> tuple:
    return term.factor, term.z, term.places, term.structure
