"""Starting values of a model of several responses: those of each by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .covariance import entries
from .problem import problem_of

if TYPE_CHECKING:
    from ..model.design import Design, RandomTerm
    from .method import Start
    from .values import Floats


def joint_start(design: Design) -> Start:
    """Coefficients and theta of the responses, no correlation between them.

    Parameters
    ----------
    design : Design
        With several `responses`.
    """
    found = [_alone(response) for response in design.responses]
    starts = [problem_of(alone).start() for alone, _ in found]
    beta = [_by_predictor(alone, b) for (alone, _), (b, _) in zip(found, starts, strict=True)]
    depth = range(len(design.fixed))
    theta = np.zeros(sum(len(entries(term)[0]) for term in design.terms))
    for (alone, effects), (_, own) in zip(found, starts, strict=True):
        _put(design, theta, alone, effects, own)
    parts = [part[d] for d in depth for part in beta if d < len(part)]
    return np.concatenate([np.zeros(0), *parts]), theta


def _by_predictor(design: Design, beta: Floats) -> list[Floats]:
    ends = np.cumsum([len(names) for names in design.x_names])
    return np.split(beta, ends[:-1])


def _alone(design: Design) -> tuple[Design, list[list[int]]]:
    """A response without the effects of others, and which effects of each term it has."""
    effects = [_own(term) for term in design.terms]
    kept = [i for i, own in enumerate(effects) if own]
    used = sorted({design.terms[i].factor for i in kept})
    terms = tuple(_only(design.terms[i], effects[i], used) for i in kept)
    factors = tuple(design.factors[f] for f in used)
    return replace(design, factors=factors, terms=terms), effects


def _own(term: RandomTerm) -> list[int]:
    return [0] if term.z is None else np.flatnonzero(np.any(term.z != 0, axis=0)).tolist()


def _only(term: RandomTerm, effects: list[int], used: list[int]) -> RandomTerm:
    return replace(
        term,
        factor=used.index(term.factor),
        names=tuple(term.names[k] for k in effects),
        z=None if term.z is None else np.asfortranarray(term.z[:, effects]),
        predictors=tuple(term.places[k] for k in effects),
    )


def _put(
    design: Design, theta: Floats, alone: Design, effects: list[list[int]], own: Floats
) -> None:
    """Write a response's theta to its place in that of all."""
    first = at = 0
    parts = iter(alone.terms)
    for term, mine in zip(design.terms, effects, strict=True):
        places = {pair: first + i for i, pair in enumerate(zip(*entries(term), strict=True))}
        first += len(places)
        if mine:
            for i, j in zip(*entries(next(parts)), strict=True):
                theta[places[mine[i], mine[j]]] = own[at]
                at += 1
