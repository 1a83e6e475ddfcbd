"""Several responses in one model: each is built by itself, then placed among the others' effects.

The rows of the responses stand one after the other. A linear predictor of the whole, say the first,
is that of every response's mean, with columns of each response's own; what ties the responses is
random effects under a shared name, ``(1 | id | g)``, correlated as they are across predictors.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import FormulaError
from .columnwise import ModelMatrix
from .design import Design, GroupingFactor, RandomTerm
from .families.mixed import MIXED
from .grouping import GroupingSpec, joined_grouping
from .spec import ModelSpec

__all__ = ["Layout", "layout_of", "levels_of_all", "stacked"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class _Factor:
    """A grouping factor of the whole, with the levels of all responses."""

    name: str
    levels: tuple[Hashable, ...]


@dataclass(frozen=True)
class _Piece:
    """A term of one response: its position there, and its first effect in the term of the whole."""

    response: int
    term: int
    first: int


@dataclass(frozen=True)
class _Term:
    """A term of the whole: the factor, and what the responses have of it."""

    factor: int
    names: tuple[str, ...]
    places: tuple[int, ...]
    structure: str
    pieces: tuple[_Piece, ...]


@dataclass(frozen=True)
class Layout:
    """The grouping factors and terms of a model of several responses.

    Attributes
    ----------
    names : tuple of str
        Of the responses.
    factors : tuple
    terms : tuple
    """

    names: tuple[str, ...]
    factors: tuple[_Factor, ...]
    terms: tuple[_Term, ...]

    def place(self, response: int, design: Design) -> Design:
        """A design of one response with the factors and the terms of the whole.

        Effects of other responses have columns of zeros.
        """
        factors = tuple(_recoded(factor, design) for factor in self.factors)
        terms = tuple(_padded(term, response, design) for term in self.terms)
        return replace(design, factors=factors, terms=terms)


def layout_of(specs: Sequence[ModelSpec], designs: Sequence[Design]) -> Layout:
    """How the effects of several responses stand together.

    Parameters
    ----------
    specs : sequence of ModelSpec
    designs : sequence of Design

    Returns
    -------
    Layout

    Raises
    ------
    FormulaError
        If two responses have the same name.
    """
    names = tuple(spec.response for spec in specs)
    for i, name in enumerate(names):
        if name in names[:i]:
            raise FormulaError(
                f"the response {name!r} stands in two formulas; each response has one formula"
            )
    levels: dict[str, dict[Hashable, None]] = {}
    for factor in (factor for design in designs for factor in design.factors):
        levels.setdefault(factor.name, {}).update(dict.fromkeys(factor.levels))
    factors = tuple(_Factor(name, tuple(found)) for name, found in levels.items())
    return Layout(names, factors, tuple(_terms(names, factors, specs, designs)))


def levels_of_all(specs: Sequence[ModelSpec]) -> list[ModelSpec]:
    """The specifications, their grouping factors with the levels that any response has.

    A level without rows of one response has effects on it all the same, by their correlation.
    """
    found: dict[str, list[GroupingSpec]] = {}
    for group in (group for spec in specs for group in spec.grouping):
        found.setdefault(group.name, []).append(group)
    joined = {name: joined_grouping(groups) for name, groups in found.items()}
    return [
        replace(spec, grouping=tuple(joined[group.name] for group in spec.grouping))
        for spec in specs
    ]


def _terms(
    names: tuple[str, ...],
    factors: tuple[_Factor, ...],
    specs: Sequence[ModelSpec],
    designs: Sequence[Design],
) -> list[_Term]:
    found: dict[Hashable, list[tuple[int, int]]] = {}
    for k, (spec, design) in enumerate(zip(specs, designs, strict=True)):
        shared = {t.text: t.shared for t in spec.formula.random}
        for i, term in enumerate(design.terms):
            name = shared.get(spec.random[i].text)
            key = (k, i) if name is None else (name, design.factors[term.factor].name)
            found.setdefault(key, []).append((k, i))
    return [_joined(pieces, names, factors, designs) for pieces in found.values()]


def _joined(
    pieces: list[tuple[int, int]],
    names: tuple[str, ...],
    factors: tuple[_Factor, ...],
    designs: Sequence[Design],
) -> _Term:
    terms = [designs[k].terms[i] for k, i in pieces]
    k, _ = pieces[0]
    own = designs[k].factors[terms[0].factor].name
    firsts = np.cumsum([0, *(term.size for term in terms)]).tolist()
    return _Term(
        factor=[factor.name for factor in factors].index(own),
        names=tuple(
            f"{names[k]}:{name}"
            for (k, _), term in zip(pieces, terms, strict=True)
            for name in term.names
        ),
        places=tuple(place for term in terms for place in term.places),
        structure=terms[0].structure,
        pieces=tuple(_Piece(k, i, first) for (k, i), first in zip(pieces, firsts, strict=False)),
    )


def _recoded(factor: _Factor, design: Design) -> GroupingFactor:
    """The factor with the codes of a design's rows; -1 for all if the design does not have it."""
    own = next((f for f in design.factors if f.name == factor.name), None)
    if own is None:
        codes = np.full(design.n, -1, dtype=np.int32)
    else:
        at = {level: code for code, level in enumerate(factor.levels)}
        table = np.array([at.get(level, -1) for level in own.levels] + [-1], dtype=np.int32)
        codes = table[own.codes]
    return GroupingFactor(factor.name, codes, factor.levels)


def _padded(term: _Term, response: int, design: Design) -> RandomTerm:
    z = np.zeros((design.n, len(term.names)), order="F")
    for piece in term.pieces:
        if piece.response == response:
            own = design.terms[piece.term]
            z[:, piece.first : piece.first + own.size] = 1.0 if own.z is None else own.z
    places = term.places if any(term.places) else None
    return RandomTerm(term.factor, term.names, z, places, term.structure)


def stacked(layout: Layout, designs: Sequence[Design]) -> Design:
    """The design of the whole, from those of its responses as `Layout.place` made them.

    Parameters
    ----------
    layout : Layout
    designs : sequence of Design

    Returns
    -------
    Design
        With them as its `responses`, their rows one after the other.
    """
    depth = max(len(design.fixed) for design in designs)
    predictors = range(depth)
    return Design(
        family=MIXED.name,
        link=MIXED.links[0],
        y=np.concatenate([design.y for design in designs]),
        extra=None,
        weights=_stacked([design.weights for design in designs], designs, 1.0),
        fixed=tuple(_columns(designs, d) for d in predictors),
        x_names=tuple(_names(layout.names, designs, d) for d in predictors),
        offset=tuple(_offset(designs, d) for d in predictors),
        factors=tuple(_codes(designs, f) for f in range(len(layout.factors))),
        terms=tuple(_rows(designs, t) for t in range(len(layout.terms))),
        responses=tuple(designs),
    )


def _stacked(
    parts: Sequence[Array | None], designs: Sequence[Design], default: float
) -> Array | None:
    if all(part is None for part in parts):
        return None
    full = [
        np.full(design.n, default) if part is None else part
        for part, design in zip(parts, designs, strict=True)
    ]
    return np.concatenate(full)


def _offset(designs: Sequence[Design], d: int) -> Array | None:
    return _stacked([x.offset[d] if d < len(x.fixed) else None for x in designs], designs, 0.0)


def _columns(designs: Sequence[Design], d: int) -> ModelMatrix:
    """X of one linear predictor, block by block down the diagonal."""
    blocks = [x.fixed[d].array if d < len(x.fixed) else np.zeros((x.n, 0)) for x in designs]
    out = np.zeros((sum(map(len, blocks)), sum(b.shape[1] for b in blocks)), order="F")
    row = column = 0
    for block in blocks:
        out[row : row + block.shape[0], column : column + block.shape[1]] = block
        row, column = row + block.shape[0], column + block.shape[1]
    return ModelMatrix.of(out)


def _names(names: tuple[str, ...], designs: Sequence[Design], d: int) -> tuple[str, ...]:
    """Columns under their response's name; of a further parameter under that one's, too."""
    found = []
    for name, design in zip(names, designs, strict=True):
        if d < len(design.fixed):
            own = design.distribution.predictors[d]
            prefix = f"{name}:{own}" if d else name
            plain = d > 0 and tuple(design.x_names[d]) == ("Intercept",)
            found += [prefix if plain else f"{prefix}:{column}" for column in design.x_names[d]]
    return tuple(found)


def _codes(designs: Sequence[Design], f: int) -> GroupingFactor:
    first = designs[0].factors[f]
    codes = np.concatenate([design.factors[f].codes for design in designs])
    # Rows of a response without this factor have columns of zeros: any level does.
    return GroupingFactor(first.name, np.maximum(codes, 0), first.levels)


def _rows(designs: Sequence[Design], t: int) -> RandomTerm:
    first = designs[0].terms[t]
    z = np.vstack([design.terms[t].z for design in designs])  # type: ignore[arg-type]
    return replace(first, z=np.asfortranarray(z))
