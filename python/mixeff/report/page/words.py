"""The model in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...results.tables import group_of, predictor_name, shown_predictors
from ..numbers import count
from .phrases import OF_PROBABILITY, event_of, kind_of, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...results.fit import FitResults


def listed(names: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def model_words(fit: FitResults) -> list[str]:
    """Sentences that say what is modelled, by what, and what varies."""
    return [_fixed(fit), *_random(fit), *_further(fit), *_given(fit)]


def _fixed(fit: FitResults) -> str:
    matrix, link = fit.spec.predictors[0], fit.design.link
    subject = event_of(fit).rstrip(",")
    if kind_of(fit.design.distribution) in OF_PROBABILITY:
        subject = f"the probability of {subject}"
    scale = "" if link == "identity" else f" on the {link} scale"
    effects = f"effects of {listed(matrix.columns)}" if matrix.columns else "a constant"
    return f"The model describes {subject} by {effects}{scale}."


def _random(fit: FitResults) -> Iterator[str]:
    for term in fit.design.terms:
        factor = fit.design.factors[term.factor]
        effects = [_effect(name) for name in term.names]
        together = ""
        if term.size > 1:
            together = ", correlated" if term.structure != "diagonal" else ", independent"
        yield (
            f"Each of the {count(factor.n_levels)} levels of {factor.name} has {listed(effects)} "
            f"of its own, drawn from a normal distribution with mean zero{together}."
        )


def _effect(name: str) -> str:
    predictor, _, own = name.rpartition(":") if name.endswith(":Intercept") else ("", "", name)
    if own == "Intercept":
        return f"an intercept of the {words_of(predictor)}" if predictor else "an intercept"
    return f"an effect of {own}"


def _further(fit: FitResults) -> Iterator[str]:
    for d in shown_predictors(fit.design)[1:]:
        names = fit.spec.predictors[d].columns
        if names and group_of(fit.design, d) is None:
            name = words_of(predictor_name(fit.design, d))
            parameter = fit.design.distribution.further[d - 1]
            if parameter.argument != "formula":
                verb = "depend" if name.endswith("s") else "depends"
                yield f"The {name} {verb} on {listed(names)} ({parameter.link} scale)."


def _given(fit: FitResults) -> Iterator[str]:
    if fit.design.offset[0] is not None:
        yield "A known part, the offset, is added to the linear predictor."
    if fit.design.weights is not None:
        yield "Rows count with prior weights."
    if fit.design.overdispersed:
        yield "The variance of the response is a multiple, phi, of the family's."
