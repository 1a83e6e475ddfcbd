"""Choices as the core has them: a row for each case, a linear predictor for each attribute.

The linear predictor of an attribute is its coefficient, which has the fixed effect beta and the
random effects of the attribute; the attributes themselves are part of the response.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..core import Problem, Response, unsigned

if TYPE_CHECKING:
    from ..model.design import Design, RandomTerm
    from .values import Floats


def choice_problem(design: Design) -> Problem:
    """The `Problem` of a design of choices; its beta and theta are the design's."""
    cases = design.cases
    attributes, places = _attributes(design)
    one = (np.broadcast_to(1.0, cases.n),)
    fixed = design.fixed[0].shape[1]
    offset = design.offset[0]
    return Problem(
        response=Response.choice(
            attributes[cases.order],
            None if offset is None else offset[cases.order],
            cases.starts.tolist(),
        ),
        y=cases.chosen(design.y).astype(np.float64),
        extra=np.arange(float(cases.n)),
        weights=None if design.weights is None else cases.first(design.weights),
        x=[one if k < fixed else () for k in range(attributes.shape[1])],
        offset=[None] * attributes.shape[1],
        factors=[(unsigned(cases.first(f.codes)), f.n_levels) for f in design.factors],
        terms=[_term(term, own, cases.n) for term, own in zip(design.terms, places, strict=True)],
    )


def _term(term: RandomTerm, places: list[int], n: int) -> tuple:
    z = np.ones((n, term.size), order="F")
    return term.factor, z, places, term.structure


def _attributes(design: Design) -> tuple[Floats, list[list[int]]]:
    """The columns of fixed and random effects, each once, and where those of each term are."""
    columns = list(design.fixed[0].columns)
    places = []
    for term in design.terms:
        assert term.z is not None
        places.append([_place(z, columns) for z in term.z.T])
    return np.column_stack(columns), places


def _place(z: Floats, columns: list[Floats]) -> int:
    """Position of a column, which is added where it is new."""
    for k, column in enumerate(columns):
        if np.array_equal(z, column):
            return k
    columns.append(z)
    return len(columns) - 1
