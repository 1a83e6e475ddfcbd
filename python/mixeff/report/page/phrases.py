"""What coefficients mean, by kind of response and link: the table of phrasings.

A new family is phrased by what it is (binary, with categories, a count, a number); one with a
meaning of its own is a row of `EVENTS`. A link is a row of `EFFECTS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...model.families import FAMILIES
from ...results.tables import predictor_name

if TYPE_CHECKING:
    from ...model.families import Family
    from ...results.fit import FitResults


@dataclass(frozen=True)
class Effect:
    """How a coefficient acts on what is modelled.

    Attributes
    ----------
    words : str
        With ``{event}`` for what is modelled, ``{size}`` for the coefficient or its exponential.
    is_ratio : bool
        Whether the size is the exponential.
    averages : bool
        Whether the same holds for means over random intercepts.
    """

    words: str
    is_ratio: bool = False
    averages: bool = False


BINARY, ORDINAL, NOMINAL, DURATION, CHOICE, COUNT, NUMBER = (
    "binary", "ordinal", "nominal", "duration", "choice", "count", "number",
)  # fmt: skip


def core_of(family: Family) -> str:
    """The family under its modifiers; of a censored response, that of the response in full."""
    whole = (name for name, one in FAMILIES.items() if one.censored == family.core_name)
    return next(whole, family.core_name)


def kind_of(family: Family) -> str:
    """What sort of response it is."""
    if family.categories is not None:
        if family.categories.timed:
            return DURATION
        return ORDINAL if family.categories.ordered else NOMINAL
    if family.has_cases:
        return CHOICE
    if family.is_binary or family.takes_trials:
        return BINARY
    return COUNT if family.discrete else NUMBER


# What is modelled: {y} the response, {level} what counts as success, {category} and {base} of a
# nominal response.
EVENTS: dict[str, str] = {
    BINARY: "{y} = {level}",
    ORDINAL: "a higher category of {y}",
    NOMINAL: "{category} rather than {base}",
    DURATION: "the event in each period, among those still at risk,",
    CHOICE: "choosing an alternative rather than another of its case",
    COUNT: "the expected number {y}",
    NUMBER: "the mean of {y}",
    "binomial": "success in each trial ({y})",
    "beta_binomial": "success in each trial ({y})",
    "cumulative": "a higher rather than a lower category of {y}",
    "adjacent": "each category of {y} rather than the one below it",
    "sequential": "going beyond each category of {y}, once it is reached,",
    "sequential_backward": "each category of {y} rather than one below it",
    "lognormal": "the mean of log({y})",
    "weibull": "the characteristic time of {y}",
    "beta": "the mean of {y}",
}

# Where the response is another's, changed.
MODIFIED = {
    "zero_inflated": " (extra zeros aside)",
    "hurdle": " (where it is not zero)",
    "zero_truncated": " (before zeros are left out)",
}

EFFECTS: dict[tuple[str, str], Effect] = {
    (BINARY, "logit"): Effect("the odds of {event} are multiplied by {size}", True),
    (BINARY, "log"): Effect("the probability of {event} is multiplied by {size}", True, True),
    (BINARY, "probit"): Effect("the z-score of the probability of {event} changes by {size}"),
    (BINARY, "cloglog"): Effect("the hazard of {event} is multiplied by {size}", True),
    (ORDINAL, "logit"): Effect("the odds of {event} are multiplied by {size}", True),
    (NOMINAL, "logit"): Effect("the odds of {event} are multiplied by {size}", True),
    (DURATION, "logit"): Effect("the odds of {event} are multiplied by {size}", True),
    (DURATION, "cloglog"): Effect("the hazard of {event} is multiplied by {size}", True),
    (CHOICE, "identity"): Effect("the odds of {event} are multiplied by {size}", True),
    (COUNT, "log"): Effect("{event} is multiplied by {size}", True, True),
    (NUMBER, "log"): Effect("{event} is multiplied by {size}", True, True),
    (NUMBER, "logit"): Effect(
        "the odds of {event}, mean / (1 - mean), are multiplied by {size}", True
    ),
    (COUNT, "identity"): Effect("{event} changes by {size}", averages=True),
    (NUMBER, "identity"): Effect("{event} changes by {size}", averages=True),
    (ORDINAL, "probit"): Effect("the latent {y} shifts by {size} of its standard deviations"),
}
OF_PROBABILITY = {BINARY, NOMINAL, DURATION, CHOICE}


def event_of(fit: FitResults, d: int = 0) -> str:
    """What a linear predictor of the model's own formula is about."""
    family, spec = fit.design.distribution, fit.spec
    levels = spec.response_levels
    words = EVENTS.get(core_of(family), EVENTS.get(family.name, EVENTS[kind_of(family)]))
    categories = [str(label) for label in fit.design.categories]
    words += "".join(MODIFIED.get(name, "") for name in family.modifiers)
    return words.format(
        y=response_of(fit),
        level=levels[1] if levels and len(levels) == 2 else 1,
        category=predictor_name(fit.design, d),
        base=categories[0] if categories else "",
    )


def response_of(fit: FitResults) -> str:
    """The response as the formula has it, its first part where it has two."""
    response = fit.spec.formula.response
    return response.parts[0] if response else "y"


def effect_of(fit: FitResults) -> Effect:
    """How a coefficient of the mean acts."""
    kind, link = kind_of(fit.design.distribution), fit.design.link
    found = EFFECTS.get((kind, link))
    if found is not None:
        return found
    if kind == ORDINAL:
        return Effect(f"the latent {{y}} shifts by {{size}} on the {link} scale")
    subject = "the probability of {event}" if kind in OF_PROBABILITY else "{event}"
    return Effect(f"the {link} of {subject} changes by {{size}}")


# Of further predictors by their links: {name} the parameter.
FURTHER: dict[str, Effect] = {
    "log": Effect("the {name} is multiplied by {size}", True),
    "logit": Effect("the odds of the {name} are multiplied by {size}", True),
    "identity": Effect("the {name} changes by {size}"),
}
NAMES = {"zero_inflation": "extra zeros", "zero_or_one": "zero or one"}


def words_of(name: str) -> str:
    """A parameter's name in words."""
    return NAMES.get(name, name.replace("_", " "))


# The typical difference between two levels of a grouping factor, of the size median |b - b'|.
BETWEEN: dict[str, str] = {
    "logit": "the odds differ by a factor of {ratio} at the median",
    "log": "the means differ by a factor of {ratio} at the median",
    "cloglog": "the hazards differ by a factor of {ratio} at the median",
    "identity": "the means differ by {difference} at the median",
    "probit": "the z-scores differ by {difference} at the median",
}

# Links under which effects on means over the random effects are smaller.
SHRINKING = {"logit", "probit", "cloglog", "loglog", "cauchit"}
