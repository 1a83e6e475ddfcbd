"""What can be seen to be wrong with a model before it is fitted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..core import is_constant
from ..errors import (
    ConstantColumnError,
    FormulaError,
    SingleLevelError,
    TooFewRowsError,
    TooManyRandomEffectsError,
)
from .columnwise import ModelMatrix
from .design import GroupingFactor, RandomTerm
from .families import Family
from .rank import dependent_columns

__all__ = [
    "check_coefficients",
    "check_factor",
    "check_repeats",
    "check_term",
    "refuse_twice",
    "refuse_unidentified",
]

Array = NDArray[np.float64]


def check_factor(factor: GroupingFactor) -> None:
    """Raise SingleLevelError for a grouping factor with one level."""
    if factor.n_levels < 2:
        raise SingleLevelError(
            f"grouping factor {factor.name!r} has the single level {factor.levels[0]!r}, so there "
            "is no variance between levels to estimate; leave out its term, or add data"
        )


def check_term(term: RandomTerm, factor: GroupingFactor, text: str, n: int, family: Family) -> None:
    """Raise if a term has more random effects than the rows can tell apart.

    Parameters
    ----------
    term : RandomTerm
    factor : GroupingFactor
    text : str
        The term as written.
    n : int
        Number of rows.
    family : Family

    Raises
    ------
    TooManyRandomEffectsError
        As in lme4: more random effects than rows; or as many, where the spread within a row
        leaves no room for them.
    ConstantColumnError
        If a slope's covariate does not vary beside an intercept.

    Notes
    -----
    The terms of ``( || )`` are judged one by one, as lme4 does. One effect for each row is fine
    for counts, where it stands for overdispersion.
    """
    effects = factor.n_levels * (1 if term.structure == "diagonal" else term.size)
    per_row = effects == n and (bool(family.further) or effects == factor.n_levels)
    if effects > n or (per_row and not family.per_row_effects):
        raise TooManyRandomEffectsError(
            f"term {text} has {effects} random effects ({factor.n_levels} levels of "
            f"{factor.name!r}) for {n} rows, so that they cannot be told from the "
            f"{family.name} spread of single rows; leave out the term or some of its slopes"
        )
    if term.z is not None:
        for predictor in set(term.places):
            _refuse_constant_slopes(term, text, term.effects_of(predictor))


def _refuse_constant_slopes(term: RandomTerm, text: str, effects: list[int]) -> None:
    """Of the effects in one linear predictor, one at most may be constant."""
    assert term.z is not None
    constant = [j for j in effects if is_constant(term.z[:, j])]
    intercepts = [j for j in constant if _is_intercept(term.names[j])]
    slopes = [j for j in constant if j not in intercepts]
    if intercepts and slopes:
        raise ConstantColumnError(
            f"{term.names[slopes[0]]!r} in {text} is {term.z[0, slopes[0]]:g} in every row, so its "
            "random slope cannot be told from the random intercept; leave it out"
        )


def _is_intercept(name: str) -> bool:
    return name.rpartition(":")[2] == "Intercept"


def check_repeats(terms: tuple[RandomTerm, ...], factors: tuple[GroupingFactor, ...]) -> None:
    """Raise FormulaError if two terms give one factor the same random effect."""
    seen: set[tuple[int, int, str]] = set()
    for term in terms:
        for place, name in zip(term.places, term.names, strict=True):
            key = (place, term.factor, name)
            if key in seen:
                raise FormulaError(
                    f"two terms give {factors[term.factor].name!r} the random effect {name!r}; "
                    f"leave it out of one of them, as in (0 + x | {factors[term.factor].name})"
                )
            seen.add(key)


def check_coefficients(n: int, p: int, family: Family) -> None:
    """Raise TooFewRowsError if the coefficients alone can reproduce every response."""
    if family.further and p >= n:
        raise TooFewRowsError(
            f"there are {p} coefficients for {n} rows, so that nothing is left to estimate the "
            f"dispersion of family {family.name!r} from; leave out covariates"
        )


def refuse_twice(common: tuple[str, ...], specific: tuple[str, ...]) -> None:
    """Raise FormulaError for a covariate with both a common effect and category-specific ones."""
    twice = [name for name in specific if name in common and name != "Intercept"]
    if twice:
        raise FormulaError(
            f"{twice[0]!r} stands in the formula and in category_specific=, so that its common "
            "effect cannot be told from those on each threshold; leave it out of one of them"
        )


def refuse_unidentified(
    family: Family,
    levels: tuple[str, ...],
    level_x: ModelMatrix,
    names: tuple[str, ...],
    x: ModelMatrix,
) -> None:
    """Raise FormulaError if thresholds, or a baseline, cannot be told from the covariates.

    Parameters
    ----------
    family : Family
        With thresholds or a baseline, expanded.
    levels : tuple of str
        Names of the columns that each threshold has.
    level_x : ModelMatrix
        These columns.
    names, x
        Those of the location.
    """
    found = dependent_columns(ModelMatrix([*level_x.columns, *x.columns], x.n_rows))
    if not found:
        return
    every = (*levels, *names)
    what = family.further[0].group or "thresholds"
    name, on = every[found[0].column], [every[k] for k in found[0].on]
    if on in ([], ["Intercept"]) or set(on) & set(names):
        remedy = f"leave out the '0 +' or '- 1': the {what} are the intercepts"
    else:
        remedy = "leave it out of the formula, or of category_specific="
    raise FormulaError(
        f"the {what} cannot be told from the covariates: {name!r} is a combination of "
        f"{', '.join(map(repr, on)) or 'nothing'} in every row; {remedy}"
    )
