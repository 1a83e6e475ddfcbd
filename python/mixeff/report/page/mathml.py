"""The model as an equation, in MathML, which browsers draw without help from the network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from ...estimate.covariance import covariance_matrices
from ...results.tables import group_of, shown_predictors
from .meaning import number
from .phrases import core_of, response_of, words_of

if TYPE_CHECKING:
    from ...model.design import RandomTerm
    from ...results.fit import FitResults

PER_LINE = 4  # terms of a linear predictor
MOST = 12  # of its columns that are written out
LARGEST = 3  # rows of a covariance matrix that is written out

# The distribution given the random effects, by family: name, and its arguments beyond mu.
DISTRIBUTIONS: dict[str, str] = {
    "gaussian": "N", "bernoulli": "Bernoulli", "binomial": "Binomial", "poisson": "Poisson",
    "nb2": "NegBin", "nb1": "NegBin₁", "beta": "Beta", "gamma": "Gamma",
    "beta_binomial": "BetaBinomial", "lognormal": "LogNormal", "weibull": "Weibull",
    "student": "Student", "exponential": "Exponential", "tweedie": "Tweedie",
    "inverse_gaussian": "InverseGaussian",
}  # fmt: skip

# Of categories: how probabilities follow from the linear predictor eta.
CATEGORIES: dict[str, tuple[str, ...]] = {
    "cumulative": ("g(P(y ≤ j))", "κ_j − η"),
    "adjacent": ("log P(y = j + 1) / P(y = j)", "η − κ_j"),
    "sequential": ("g(P(y = j | y ≥ j))", "κ_j − η"),
    "sequential_backward": ("g(P(y = j + 1 | y ≤ j + 1))", "η − κ_j"),
    "multinomial": ("log P(y = j) / P(y = first)", "η_j"),
    "duration": ("g(P(event in t | none before))", "α_t + η"),
}


def equation(fit: FitResults) -> str:
    """The model line by line: distribution, linear predictors, random effects."""
    lines = [*_distribution(fit), *_predictors(fit), *_random(fit)]
    rows = "".join(
        f"<mtr><mtd>{left}</mtd><mtd>{middle}</mtd><mtd>{right}</mtd></mtr>"
        for left, middle, right in lines
    )
    return f'<math display="block"><mtable class="equation">{rows}</mtable></math>'


# Pieces ---------------------------------------------------------------------------------------


def _text(words: str) -> str:
    return f"<mtext>{escape(words)}</mtext>"


def _mi(letter: str) -> str:
    return f"<mi>{escape(letter)}</mi>"


def _mo(sign: str) -> str:
    return f'<mo stretchy="false">{escape(sign)}</mo>'


def _mn(value: float) -> str:
    return f"<mn>{number(value)}</mn>"


def _row(*parts: str) -> str:
    return f"<mrow>{''.join(parts)}</mrow>"


def _sub(base: str, index: str) -> str:
    return f"<msub>{base}{index}</msub>"


def _call(name: str, *arguments: str) -> str:
    inside = _mo(",").join(arguments)
    return _row(_text(name), _mo("("), inside, _mo(")"))


def _formula(words: str) -> str:
    """Words in which ``x_j`` is a letter with an index."""
    parts = re.split(r"(\w_\w)", words)
    return _row(
        *(_sub(*map(_mi, p.split("_"))) if k % 2 else _text(p) for k, p in enumerate(parts))
    )


Line = tuple[str, str, str]


def _distribution(fit: FitResults) -> list[Line]:
    family = fit.design.distribution
    y, g = _sub(_text(response_of(fit)), _mi("i")), fit.design.link
    if family.has_cases:
        return [_choice(y)]
    if family.categories is not None:
        left, right = CATEGORIES.get(family.core_name, (family.name, "η"))
        return [(_formula(left), _mo("="), _formula(right)), *_link_line(g)]
    core = core_of(family)
    words = [word.replace("_", "-") for word in family.modifiers[::-1]]
    name = " ".join([*words, DISTRIBUTIONS.get(core, core)])
    given = _row(y, _mo("|"), _mi("b"))
    mu = _sub(_mi("μ"), _mi("i"))
    first = [_sub(_mi("n"), _mi("i"))] if family.takes_trials else []
    if family.constant_variance:
        further = [f"<msup>{_mi('σ')}<mn>2</mn></msup>"]
    else:
        further = [_text(words_of(name)) for name in family.predictors[1:]]
    return [(given, _mo("∼"), _call(name, *first, mu, *further))]


def _choice(y: str) -> Line:
    """The chance of an alternative: its exponential utility over the sum of its case."""
    one, other = (_row(_text("exp"), _mo("("), _sub(_mi("η"), _mi(k)), _mo(")")) for k in "ik")
    index = _row(_mi("k"), _text("\u00a0in the case of\u00a0"), _mi("i"))
    total = _row(f"<munder>{_mo('∑')}{index}</munder>", other)
    share = f'<mstyle displaystyle="true"><mfrac>{one}{total}</mfrac></mstyle>'
    left = _row(_text("P"), _mo("("), y, _mo("="), _mn(1.0), _mo("|"), _mi("b"), _mo(")"))
    return left, _mo("="), share


def _link_line(link: str) -> list[Line]:
    return [] if link == "identity" else [(_mi("g"), _mo("="), _text(link))]


def _predictors(fit: FitResults) -> list[Line]:
    lines = _linear(fit, 0, _left_of_mean(fit))
    for d in shown_predictors(fit.design)[1:]:
        if group_of(fit.design, d) is None:
            lines += _linear(fit, d, _left_of(fit, d))
    return lines


def _left_of_mean(fit: FitResults) -> str:
    family = fit.design.distribution
    if family.categories is not None or family.has_cases:
        return _sub(_mi("η"), _mi("i"))
    mu = _sub(_mi("μ"), _mi("i"))
    return mu if fit.design.link == "identity" else _call(fit.design.link, mu)


def _left_of(fit: FitResults, d: int) -> str:
    parameter = fit.design.distribution.further[d - 1]
    name = _text(words_of(parameter.name))
    return name if parameter.link == "identity" else _call(parameter.link, name)


GREEK = "βγδζξ"


def _linear(fit: FitResults, d: int, left: str) -> list[Line]:
    """A linear predictor, so many terms to a line."""
    parts = _terms(fit, d) or [_mn(0.0)]
    plus = '<mo form="infix">+</mo>'
    lines = [parts[i : i + PER_LINE] for i in range(0, len(parts), PER_LINE)]
    found: list[Line] = []
    for i, line in enumerate(lines):
        lead = "" if i == 0 else plus
        found.append(
            (left if i == 0 else "", _mo("=") if i == 0 else "", _row(lead, plus.join(line)))
        )
    return found


def _terms(fit: FitResults, d: int) -> list[str]:
    letter, names = _mi(GREEK[min(d, len(GREEK) - 1)]), fit.design.x_names[d]
    start = 0 if names and names[0] == "Intercept" else 1
    found = []
    for k, name in enumerate(names[:MOST], start):
        coefficient = _sub(letter, f"<mn>{k}</mn>")
        found.append(
            coefficient if name == "Intercept" else _row(coefficient, _mo("·"), _text(name))
        )
    if len(names) > MOST:
        found.append(_text(f"… ({len(names) - MOST} more)"))
    if fit.design.offset[d] is not None:
        found.append(_text("offset"))
    for k, term in enumerate(fit.design.terms, 1):
        found += [_effect(fit, term, k, j) for j in term.effects_of(d)]
    return found


def _b(fit: FitResults, term: RandomTerm, k: int, j: int | None = None) -> str:
    """The letter of the random effects of a term: b, or one number each where there are more."""
    several = len(fit.design.terms) > 1
    name = (
        _mi("b")
        if not several
        else f"<msup>{_mi('b')}<mrow><mo>(</mo><mn>{k}</mn><mo>)</mo></mrow></msup>"
    )
    group = _text(fit.design.factors[term.factor].name)
    index = group if j is None or term.size == 1 else _row(f"<mn>{j}</mn>", _mo(","), group)
    return _sub(name, index)


def _effect(fit: FitResults, term: RandomTerm, k: int, j: int) -> str:
    b, name = (
        _b(fit, term, k, j),
        term.names[j].rpartition(":")[2] if any(term.places) else term.names[j],
    )
    return b if name == "Intercept" else _row(b, _mo("·"), _text(name))


def _random(fit: FitResults) -> list[Line]:
    matrices = covariance_matrices(fit.design, fit.estimate.theta)
    found: list[Line] = []
    for k, (term, sigma) in enumerate(zip(fit.design.terms, matrices, strict=True), 1):
        zero = "<mn>0</mn>" if term.size == 1 else '<mn mathvariant="bold">0</mn>'
        found.append((_b(fit, term, k), _mo("∼"), _call("N", zero, _covariance(sigma))))
    return found


def _covariance(sigma: np.ndarray) -> str:
    if len(sigma) == 1:
        return f"<msup>{_mn(float(np.sqrt(sigma[0, 0])))}<mn>2</mn></msup>"
    if len(sigma) > LARGEST:
        return _mi("Σ")
    rows = "".join(f"<mtr>{_cells(row)}</mtr>" for row in sigma)
    return _row("<mo>(</mo>", f"<mtable>{rows}</mtable>", "<mo>)</mo>")


def _cells(row: Sequence[float] | np.ndarray) -> str:
    return "".join(f"<mtd>{_mn(float(value))}</mtd>" for value in row)
