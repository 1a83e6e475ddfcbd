"""Conditional maximum likelihood: given the total of each level of one grouping factor.

Whatever the levels' intercepts and their distribution, the likelihood is free of them, and so are
the estimates of what varies within levels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from ..core import evaluate_conditional, fit_conditional
from ..errors import ConstantColumnWarning
from ..model.notices import Notice, of_dependence
from ..model.within_separation import find_within_separation
from .marginal import penalty_precisions
from .method import Method, Request, checked_start, estimate_of
from .nodes import Nodes
from .problem import problem_of
from .values import Estimate, Used

if TYPE_CHECKING:
    from ..model.design import Design
    from ..model.within import Within
    from .values import Floats


@dataclass(frozen=True)
class Total:
    """A response whose total is sufficient for the intercept of a level.

    Attributes
    ----------
    kernel : str
        The core's name of the likelihood given the total.
    settled : str
        What levels without any other response of the same total have, in words.
    """

    kernel: str
    settled: str


_SUCCESSES = Total("binomial", "only successes, only failures or a single row")
_COUNTS = Total("poisson", "no count above zero or a single row")

TOTALS: Mapping[tuple[str, str], Total] = {
    ("bernoulli", "logit"): _SUCCESSES,
    ("binomial", "logit"): _SUCCESSES,
    ("poisson", "log"): _COUNTS,
}
"""By family and link."""


def _refuses(design: Design) -> str | None:
    for look in (_refuses_response, _refuses_terms, _refuses_weights, _refuses_nothing_within):
        why = look(design)
        if why is not None:
            return why
    return None


def _refuses_response(design: Design) -> str | None:
    if (design.family, design.link) in TOTALS:
        return None
    return (
        "takes a bernoulli or binomial response with the logit link, or a poisson response with "
        f"the log link, and this one is {design.family} with the {design.link} link: only under "
        "those links does a level's total hold all that the data say of its intercept"
    )


def _refuses_terms(design: Design) -> str | None:
    lone = all(term.names == ("Intercept",) for term in design.terms)
    if len(design.factors) == 1 and len(design.terms) <= 1 and lone:
        return None
    needs = "takes one grouping factor with a random intercept alone, (1 | g), and this model has"
    if len(design.factors) != 1:
        return f"{needs} {len(design.factors) or 'no'} grouping factors"
    names = [name for term in design.terms for name in term.names if name != "Intercept"]
    return (
        f"{needs} random slopes of {', '.join(map(repr, names))}: a level's total takes the place "
        "of its intercept only"
    )


def _refuses_weights(design: Design) -> str | None:
    if design.weights is None:
        return None
    codes = design.factors[0].codes
    of_level = np.zeros(design.factors[0].n_levels)
    of_level[codes] = design.weights
    if np.array_equal(of_level[codes], design.weights):
        return None
    return (
        f"takes weights that are the same for all rows of a level of {design.factors[0].name!r}, "
        "since it weighs whole levels, and these are not"
    )


def _refuses_nothing_within(design: Design) -> str | None:
    group, total = design.factors[0].name, TOTALS[design.family, design.link]
    if not design.within.counts.any():
        return f"needs a response that varies within levels of {group!r}: all have {total.settled}"
    if not design.within.design.x_names[0]:
        return f"needs a covariate that varies within the levels of {group!r}"
    return None


# What it estimates ----------------------------------------------------------------------------


def _part(design: Design) -> Design:
    return design.within.design


def _notices(design: Design) -> list[Notice]:
    """The columns that say nothing within levels; an intercept never does."""
    found, names, group = design.within, design.x_names[0], design.factors[0].name
    notices = of_dependence(found.dependent, names)
    notices = [replace(n, sentence=f"within levels of {group!r}, {n.sentence}") for n in notices]
    constant = [repr(names[j]) for j in found.constant if names[j] != "Intercept"]
    if not constant:
        return notices
    sentence = (
        f"constant within the levels of {group!r}, so not identified, and dropped: "
        f"{', '.join(constant)}"
    )
    return [Notice(ConstantColumnWarning, sentence), *notices]


# The estimate ---------------------------------------------------------------------------------


def _fit(design: Design, request: Request) -> Estimate:
    began = perf_counter()
    control = request.control
    numbers = fit_conditional(
        problem_of(design),
        TOTALS[design.family, design.link].kernel,
        start=None if request.start is None else checked_start(design, request.start)[0],
        penalty=penalty_precisions(design, control.penalty),
        max_evaluations=control.max_evaluations,
        tolerance=control.tolerance,
        progress=control.progress,
    )
    estimate = estimate_of(numbers, "conditional", None, perf_counter() - began)
    found = design.within
    return replace(estimate, notes=_notes(found), used=Used(found.n_rows, (found.n_levels,)))


def _notes(found: Within) -> tuple[str, ...]:
    design, factor = found.design, found.design.factors[0]
    given = (
        f"the totals of the levels of {factor.name!r} are given, and their intercepts gone: there "
        "are no random effects, and the log-likelihood compares with those of other conditional "
        "fits to the same rows only"
    )
    idle = factor.n_levels - found.n_levels
    if not idle:
        return (given,)
    settled = TOTALS[design.family, design.link].settled
    return (
        f"{idle} of {factor.n_levels} levels of {factor.name!r} have {settled} and do not count, "
        f"with {design.n - found.n_rows} of {design.n} rows",
        given,
    )


def _loglik(
    design: Design, beta: Floats, theta: Floats, nodes: Nodes | None
) -> tuple[float, Floats]:
    """Log-likelihood and gradient by the identified coefficients; there is no theta."""
    beta, _ = checked_start(design, (beta, theta))
    kernel = TOTALS[design.family, design.link].kernel
    try:
        return evaluate_conditional(problem_of(design), kernel, beta)[:2]
    except FloatingPointError:
        return -np.inf, np.full(len(beta), np.nan)


CONDITIONAL = Method(
    "conditional",
    _fit,
    _loglik,
    refuses=_refuses,
    part=_part,
    notices=_notices,
    separation=find_within_separation,
    places_rows=False,
)
