"""Formula and data to `ModelSpec` and `Design`."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import Columns
from ..errors import FormulaError
from ..formula import Random, parse
from . import families
from .checks import (
    check_coefficients,
    check_factor,
    check_repeats,
    check_term,
    refuse_twice,
    refuse_unidentified,
)
from .choices import check_choices
from .columnwise import ModelMatrix
from .design import Design, GroupingFactor, RandomTerm
from .families import Family
from .families.cases import Cases
from .grouping import GroupingSpec, learn_grouping
from .inputs import CATEGORY_SPECIFIC, Arguments, Inputs, inputs_of, offsets_of, read
from .matrix import MatrixSpec, learn_effects, learn_matrix
from .notices import (
    Notice,
    of_cases,
    of_dependence,
    of_missing,
    of_separation,
    of_single_levels,
    tell,
)
from .rank import dependent_columns
from .response import Outcome, read_response, read_weights, refuse_constant
from .separation import screen_separation
from .spec import ModelSpec, RandomSpec

__all__ = ["build"]

Array = NDArray[np.float64]


def build(
    formula: str,
    data: Any,
    family: str = "gaussian",
    *,
    link: str | None = None,
    **arguments: Any,
) -> tuple[ModelSpec, Design]:
    """Make the model that a formula describes.

    Parameters
    ----------
    formula : str
        See `mixeff.formula.parse`.
    data : frame
        See `mixeff.data.from_any`.
    family, link : str
        Names in the tables; the link is the family's first by default.
    **arguments
        The fields of `mixeff.model.inputs.Arguments`: ``weights``, ``offset``, ``dispersion``,
        ``zero_inflation``.

    Returns
    -------
    spec : ModelSpec
    design : Design

    Raises
    ------
    MixeffError
        Of a class of its own for everything that can be wrong; see `mixeff.errors`.

    Warns
    -----
    MissingRowsWarning, RankDeficientWarning, SeparationWarning
        The same is in `ModelSpec.notes`.

    Examples
    --------
    >>> data = {"y": [1, 0, 2, 5, 3, 4], "x": [1, 2, 3, 4, 5, 6], "g": [1, 1, 2, 2, 3, 3]}
    >>> spec, design = build("y ~ x + (1 | g)", data, "poisson")
    >>> design.x_names, design.factors[0].codes.tolist()
    ((('Intercept', 'x'),), [0, 0, 1, 1, 2, 2])
    """
    given = Arguments(**arguments)
    kind = _family(family, formula)
    if given.zero_inflation is not None and kind.may_have_zeros:
        kind = families.with_zeros(kind)
    chosen = families.link(kind, link)
    inputs = inputs_of(formula, kind, given)
    try:
        spec, design, notices = _build(inputs, data, kind, chosen.name, given)
    except FormulaError as error:
        raise error.within(formula) from None
    tell(notices)
    return spec, design


def _family(name: str, formula: str) -> Family:
    """The family of a name, or of its censored responses where the formula has such."""
    kind, response = families.family(name), parse(formula).response
    if response is None or response.kind not in ("cens", "survival"):
        return kind
    return families.censored(kind) or kind


def _build(
    inputs: Inputs, data: Any, kind: Family, link: str, given: Arguments
) -> tuple[ModelSpec, Design, list[Notice]]:
    every = read(inputs, data)
    columns = every.complete()
    structure = given.structure_of(kind)
    outcome = _outcome(inputs, columns, kind, structure)
    counted = families.of_outcome(kind, outcome.extra)
    labels = outcome.levels if kind.categories is not None and outcome.levels else ()
    if labels:
        counted = families.expanded(counted, labels, structure)
        inputs = inputs_of(inputs.formula.text, counted, given)
    fixed = _fixed(inputs, columns, counted, outcome)
    random = _random(inputs, columns, counted)
    check_coefficients(columns.n_rows, fixed.matrices[0].shape[1], kind)
    design = Design(
        family=counted.name,
        link=link,
        y=outcome.y,
        extra=outcome.extra,
        weights=outcome.weights,
        fixed=fixed.matrices,
        x_names=tuple(spec.names for spec in fixed.specs),
        offset=offsets_of(inputs, columns),
        factors=random.factors,
        terms=random.terms,
        rows=columns.rows,
        overdispersed=inputs.overdispersed,
        categories=labels,
        structure=structure,
        limits=outcome.limits,
    )
    if kind.has_cases:
        check_choices(design)
    separations = of_separation(screen_separation(design))
    notices = [*of_missing(every, columns), *fixed.notices, *separations]
    spec = ModelSpec(
        formula=inputs.formula,
        family=kind.name,
        link=link,
        predictors=fixed.specs,
        random=random.specs,
        grouping=random.grouping,
        schema={name: column.schema for name, column in _covariates(columns, fixed, random)},
        weights=inputs.weights,
        offset=inputs.offset,
        response_levels=outcome.levels,
        n_rows_read=every.n_rows,
        n_rows=columns.n_rows,
        dropped=every.missing_counts,
        notes=tuple(notice.sentence for notice in notices),
        parts=inputs.parts,
        structure=structure,
    )
    return spec, design, notices


def _outcome(inputs: Inputs, columns: Columns, family: Family, structure: str) -> Outcome:
    assert inputs.formula.response is not None
    weights = inputs.weights_in(columns)
    if weights is not None:
        weights = read_weights(weights, columns, str(inputs.weights))
    outcome = read_response(inputs.formula.response, columns, family, weights, structure=structure)
    refuse_constant(inputs.formula.response, outcome, family)
    return outcome


# Fixed effects --------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Fixed:
    specs: tuple[MatrixSpec, ...]
    matrices: tuple[ModelMatrix, ...]
    notices: tuple[Notice, ...]


def _fixed(inputs: Inputs, columns: Columns, family: Family, outcome: Outcome) -> _Fixed:
    found = {part.fixed: _full_rank(part.fixed, columns) for part in inputs.parts}
    made = [found[part.fixed] for part in inputs.parts]
    if any(parameter.argument == CATEGORY_SPECIFIC for parameter in family.further):
        refuse_twice(made[0][0].names, made[1][0].names)
    if not family.has_intercept:
        made[0] = _without_intercept(*made[0])
    if family.has_cases and outcome.extra is not None:
        made[0] = _told_within(Cases(outcome.extra), *made[0])
    elif not family.has_intercept:
        refuse_unidentified(family, made[1][0].names, made[1][1], made[0][0].names, made[0][1])
    notices = tuple(dict.fromkeys(notice for _, _, told in made for notice in told))
    return _Fixed(tuple(spec for spec, _, _ in made), tuple(x for _, x, _ in made), notices)


def _without_intercept(
    spec: MatrixSpec, x: ModelMatrix, notices: list[Notice]
) -> tuple[MatrixSpec, ModelMatrix, list[Notice]]:
    """For a family with parameters in the place of an intercept."""
    left = [j for j, name in enumerate(spec.names) if name != "Intercept"]
    return spec.without_intercept(), x.take(left), notices


def _told_within(
    cases: Cases, spec: MatrixSpec, x: ModelMatrix, notices: list[Notice]
) -> tuple[MatrixSpec, ModelMatrix, list[Notice]]:
    """The columns whose differences within the cases do not depend on those of earlier ones."""
    found = dependent_columns(ModelMatrix.of(cases.centred(x.array)))
    if not found:
        return spec, x, notices
    kept = spec.without(tuple(dependence.column for dependence in found))
    left = [j for j in range(x.shape[1]) if j not in {d.column for d in found}]
    varying = {j for j, column in enumerate(x.columns) if cases.varies(column).any()}
    return kept, x.take(left), notices + of_cases(found, spec.names, varying)


def _full_rank(text: str, columns: Columns) -> tuple[MatrixSpec, ModelMatrix, list[Notice]]:
    """The columns of a linear predictor without those that depend on earlier ones."""
    spec, x = learn_matrix(text, columns)
    notices = of_single_levels(spec, columns)
    found = dependent_columns(x)
    if not found:
        return spec, x, notices
    kept = spec.without(tuple(dependence.column for dependence in found))
    return kept, x.take(kept.kept), notices + of_dependence(found, spec.names)


# Random effects -------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Random:
    specs: tuple[RandomSpec, ...]
    terms: tuple[RandomTerm, ...]
    grouping: tuple[GroupingSpec, ...]
    factors: tuple[GroupingFactor, ...]


def _random(inputs: Inputs, columns: Columns, family: Family) -> _Random:
    every = [term for _, term in inputs.random]
    groups = {frozenset(term.group.columns): term.group for term in reversed(every)}
    ordered = dict.fromkeys(frozenset(term.group.columns) for term in every)
    learned = {key: learn_grouping(groups[key], columns) for key in ordered}
    factors = tuple(factor for _, factor in learned.values())
    for factor in factors:
        check_factor(factor)
    specs, terms = [], []
    for pieces in _joined(inputs.random):
        first = pieces[0][1]
        at = list(ordered).index(frozenset(first.group.columns))
        alone = len(pieces) == 1
        made = [(d, *learn_effects(term.effects, columns, alone=alone)) for d, term in pieces]
        places = tuple((d, spec) for d, spec, _ in made)
        specs.append(RandomSpec(first.text, at, places, first.structure))
        terms.append(random_term(specs[-1], [z for _, _, z in made], family))
        check_term(terms[-1], factors[at], first.text, columns.n_rows, family)
    check_repeats(tuple(terms), factors)
    return _Random(tuple(specs), tuple(terms), tuple(spec for spec, _ in learned.values()), factors)


def _joined(terms: tuple[tuple[int, Random], ...]) -> list[list[tuple[int, Random]]]:
    """The terms, those that share a name and a group together."""
    found: dict[Hashable, list[tuple[int, Random]]] = {}
    for i, (d, term) in enumerate(terms):
        key = i if term.shared is None else (term.shared, frozenset(term.group.columns))
        found.setdefault(key, []).append((d, term))
    return list(found.values())


def random_term(spec: RandomSpec, z: Sequence[Array | None], family: Family) -> RandomTerm:
    """The arrays of a random-effects term.

    Parameters
    ----------
    spec : RandomSpec
    z : sequence of ndarray of shape (n, p_d)
        The columns of each of its pieces; a lone intercept may have None.
    family : Family

    Returns
    -------
    RandomTerm
        Effects in other predictors than the mean's bear the predictor's name, "dispersion:x", and
        those in one of several logits its category's.
    """
    lone = len(spec.pieces) == 1 and spec.pieces[0][1].is_intercept
    names = [family.effect_name(name, d) for d, m in spec.pieces for name in m.names]
    places = tuple(d for d, matrix in spec.pieces for _ in matrix.names)
    return RandomTerm(
        spec.factor,
        tuple(names),
        None if lone else _beside(z),
        places if any(places) else None,
        spec.structure,
    )


def _beside(z: Sequence[Array | None]) -> Array:
    given = [columns for columns in z if columns is not None]
    return given[0] if len(given) == 1 else np.asfortranarray(np.hstack(given))


def _covariates(columns: Columns, fixed: _Fixed, random: _Random) -> Collection[tuple[str, Any]]:
    """The columns that new data must hold in the same kind, with the same levels."""
    matrices = [*fixed.specs, *(matrix for spec in random.specs for _, matrix in spec.pieces)]
    names = dict.fromkeys(name for spec in matrices for name in spec.columns)
    return [(name, columns[name]) for name in names]
