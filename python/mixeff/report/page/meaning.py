"""The meaning of each coefficient, and of each variance, in a sentence with its caveat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...results.coefficients import coefficient_table
from ...results.parameters import critical_value, percent
from ...results.ratios import UPPER_QUARTILE
from ...results.tables import group_of, predictor_name
from ...results.variance import RESIDUAL, standard_deviations
from ..predictors import grouped, ratio_of
from .columns import Column, columns_of
from .phrases import BETWEEN, FURTHER, SHRINKING, effect_of, event_of, response_of, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...results.fit import FitResults
    from .phrases import Effect

MEDIAN_DIFFERENCE = UPPER_QUARTILE * 2**0.5  # median of |b - b'| for b, b' of unit variance


UNBOUNDED = 50.0  # standard error of a logarithm, beyond which its ratio is not known at all
NOT_FINITE = "The data do not tell this ratio from zero or infinity; it has no finite estimate."


@dataclass(frozen=True)
class Meaning:
    """A coefficient or a standard deviation, and what it says."""

    name: str
    sentence: str
    caveat: str = ""


def number(value: float) -> str:
    """A number to three figures."""
    text = f"{value:.3g}"
    return f"{value:,.0f}" if "e+" in text and abs(value) < 1e7 else text.replace("-", "−")


def ratio_number(value: float) -> str:
    """A ratio; near 1 with three decimals."""
    return f"{value:.3f}" if 0.9 <= value < 1.1 else number(value)


def coefficients(fit: FitResults, level: float) -> list[Meaning]:
    """A sentence for every coefficient with a meaning of its own."""
    found = []
    for group in grouped(fit):
        for d in group:
            found += _of_predictor(fit, d, level)
    return found


def _of_predictor(fit: FitResults, d: int, level: float) -> Iterator[Meaning]:
    table = coefficient_table(fit.design, fit.estimate, level, d)
    columns = columns_of(fit, d)
    for j, column in enumerate(columns):
        values = [float(table[name][j]) for name in ("estimate", "lower", "upper")]
        if column.parts:
            caveats = " ".join(_caveats(fit, d, column, columns))
            if _effect(fit, d)[0].is_ratio and table["se"][j] > UNBOUNDED:
                caveats = f"{caveats} {NOT_FINITE}".strip()
            yield Meaning(_name(fit, d, column), _sentence(fit, d, column, values, level), caveats)
    unclear = [column for column in columns if column.is_unclear]
    if unclear:
        yield _together_only(fit, d, unclear)


def _name(fit: FitResults, d: int, column: Column) -> str:
    return column.name if d == 0 else f"{_label(fit, d)}: {column.name}"


def _together_only(fit: FitResults, d: int, columns: list[Column]) -> Meaning:
    """Columns of splines and the like."""
    variables = " and ".join(sorted(frozenset().union(*(c.variables for c in columns))))
    names = _name(fit, d, columns[0])
    names += f" and {len(columns) - 1} more" if len(columns) > 1 else ""
    return Meaning(
        names,
        f"These columns carry the effect of {variables} together; none has a meaning of its own.",
        "See the pictures of the predicted mean.",
    )


def _sentence(fit: FitResults, d: int, column: Column, values: list[float], level: float) -> str:
    effect, subject = _effect(fit, d)
    size = _size(values, effect, level)
    first, *others = [part.contrast for part in column.parts]
    if others:
        what = (ratio_of(fit, d) or "effect").lower()
        acts = "is multiplied by" if effect.is_ratio else "changes by"
        words = f"the {what} of {first} {acts} {size} with {' and '.join(others)}"
    else:
        words = f"with {first}, {effect.words.format(**subject, size=size)}"
    return f"{_opening(fit, column)}{words}."


def _label(fit: FitResults, d: int) -> str:
    return words_of(predictor_name(fit.design, d))


def _effect(fit: FitResults, d: int) -> tuple[Effect, dict[str, str]]:
    """How the coefficients of a predictor act, and the names of what they act on."""
    subject = {"event": event_of(fit, d), "y": response_of(fit), "link": fit.design.link}
    if d == 0:
        return effect_of(fit), subject
    parameter = fit.design.distribution.further[d - 1]
    if parameter.argument == "formula":
        return effect_of(fit), subject
    kind = group_of(fit.design, d)
    name = f"{kind} {_label(fit, d)}" if kind else _label(fit, d)
    return FURTHER.get(parameter.link, FURTHER["identity"]), {"name": name}


def _size(values: list[float], effect: Effect, level: float) -> str:
    with np.errstate(over="ignore"):
        found = [float(v) for v in np.exp(values)] if effect.is_ratio else values
    size, *ends = map(ratio_number if effect.is_ratio else number, found)
    if np.isnan(found[1]):
        return size
    return f"{size} ({percent(level)} CI {ends[0]} to {ends[1]})"


# The comparison -------------------------------------------------------------------------------


def _opening(fit: FitResults, column: Column) -> str:
    """Between which rows a coefficient compares."""
    groups = innermost(fit)
    if not groups:
        return "All else equal, "
    steady = [group for group in groups if group in column.constant_within]
    if steady:
        return (
            f"Between levels of {' and '.join(steady)} with equal random effects, all else equal, "
        )
    return f"Within the same {' and '.join(groups)}, all else equal, "


def innermost(fit: FitResults) -> list[str]:
    """The grouping factors but those that others lie within by their names."""
    names = list(dict.fromkeys(fit.design.factors[t.factor].name for t in fit.design.terms))
    parts = {name: set(name.split(":")) for name in names}
    return [name for name in names if not any(parts[name] < parts[other] for other in names)]


# Caveats --------------------------------------------------------------------------------------


def _caveats(fit: FitResults, d: int, column: Column, columns: list[Column]) -> Iterator[str]:
    """What else there is to the effect of a covariate."""
    others = [o for o in columns if o is not column and o.variables & column.variables]
    crossed = [o for o in others if o.is_interaction and not column.is_interaction]
    partners = sorted({v for o in crossed for v in o.variables - column.variables})
    if partners:
        yield f"This is the effect where {' and '.join(partners)} is zero or at its first level."
    curves = [o.name for o in others if not (o.is_interaction or o.has_levels)]
    if curves and not (column.is_interaction or column.has_levels):
        variables = " and ".join(sorted(column.variables))
        yield f"{variables} also acts through {', '.join(curves)}: read them together."
    if d == 0:
        yield from _varying(fit, column)


def _varying(fit: FitResults, column: Column) -> Iterator[str]:
    table = standard_deviations(fit.design, fit.estimate, 0.95)
    for group, name, sd in zip(table["group"], table["name"], table["estimate"], strict=True):
        if name == column.name and group != RESIDUAL:
            yield f"It varies between levels of {group} with SD {number(sd)}; this is their centre."


def general_caveat(fit: FitResults) -> str:
    """What holds for all coefficients of the mean together."""
    link = fit.design.link
    groups = " and ".join(
        dict.fromkeys(fit.design.factors[t.factor].name for t in fit.design.terms)
    )
    if not groups:
        return ""
    effect, words = (
        effect_of(fit),
        f"Coefficients are conditional on the random effects of {groups}",
    )
    if fit.design.distribution.modifiers:
        averaged = "averaged over them, effects differ"
    elif effect.averages and not effect.is_ratio:
        averaged = "means averaged over them differ by as much"
    elif effect.averages:
        averaged = "the same ratios hold for means averaged over random intercepts, not over slopes"
    elif link in SHRINKING:
        size = "ratios are nearer to 1" if effect.is_ratio else "effects are smaller"
        averaged = f"averaged over them, {size}"
    else:
        averaged = "averaged over them, effects differ"
    return f"{words}; {averaged}. Averages are what marginal predictions give."


# Random effects -------------------------------------------------------------------------------


def variances(fit: FitResults) -> list[Meaning]:
    """A sentence for every standard deviation."""
    table = standard_deviations(fit.design, fit.estimate, 0.95)
    rows = zip(table["group"], table["name"], table["estimate"], strict=True)
    return [_variance(fit, str(group), str(name), float(sd)) for group, name, sd in rows]


def _variance(fit: FitResults, group: str, name: str, sd: float) -> Meaning:
    if group == RESIDUAL:
        y = response_of(fit)
        return Meaning("Residual SD", f"Around its mean, {y} varies with SD {number(sd)}.")
    label = f"SD {name} | {group}"
    if sd == 0.0:
        return Meaning(label, f"No variance of {name} between levels of {group} was found.")
    if name.endswith(":Intercept"):
        own = words_of(name.rpartition(":")[0])
        return Meaning(label, f"The intercept of {own} varies between levels with SD {number(sd)}.")
    if name == "Intercept":
        words = f"Levels of {group} vary with SD {number(sd)} on the {fit.design.link} scale"
        return Meaning(label, f"{words}{_between(fit, group, sd)}.")
    return Meaning(label, f"The effect of {name} {_spread(fit, group, name, sd)}.")


def _between(fit: FitResults, group: str, sd: float) -> str:
    if fit.design.link not in BETWEEN:
        return ""
    size = MEDIAN_DIFFERENCE * sd
    words = BETWEEN[fit.design.link].format(ratio=number(np.exp(size)), difference=number(size))
    return f": between two of them drawn at random, with equal covariates, {words}"


def _spread(fit: FitResults, group: str, name: str, sd: float) -> str:
    words = f"varies between levels of {group} with SD {number(sd)}"
    names = list(fit.design.x_names[0])
    if name not in names:
        return words
    centre, effect = float(fit.estimate.beta[names.index(name)]), effect_of(fit)
    reach = critical_value(0.95) * sd
    ends = [centre - reach, centre + reach]
    low, high = np.exp(ends) if effect.is_ratio else ends
    what = "as a ratio, " if effect.is_ratio else ""
    return f"{words}: {what}95 % of them have one between {number(low)} and {number(high)}"
