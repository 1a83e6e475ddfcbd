"""The pictures of a report: one row of `PICTURES` each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ...errors import MissingDependencyError, MixeffError
from ...plot import Plots
from ...plot.embed import data_uri
from ...results.fit import FitResults

Figure = Any  # of matplotlib, which pictures alone import

MOST_EFFECTS = 4


@dataclass(frozen=True)
class Picture:
    """A picture of a report.

    Attributes
    ----------
    caption : str
        With ``{}`` for what is drawn.
    applies : callable
        ``applies(fit)``: whether the fit has what is drawn.
    draws : callable
        ``draws(fit)``: pairs of what is drawn and a function that draws it. A drawing that raises a
        `MixeffError` is left out, and the page says why.
    """

    caption: str
    applies: Callable[[FitResults], bool]
    draws: Callable[[FitResults], Iterator[tuple[str, Callable[[], Figure]]]]


@dataclass(frozen=True)
class Drawn:
    """A picture as the address of an image with its width in inches, or why there is none."""

    caption: str
    uri: str = ""
    width: float = 0.0
    problem: str = ""


def pictures(fit: FitResults) -> list[Drawn]:
    """All pictures that the fit has."""
    rows = [row for row in PICTURES if row.applies(fit)]
    try:
        return [
            _drawn(row.caption.format(what), draw) for row in rows for what, draw in row.draws(fit)
        ]
    except MissingDependencyError as error:
        return [Drawn("Pictures", problem=str(error))]


def _drawn(caption: str, draw: Callable[[], Figure]) -> Drawn:
    try:
        figure = draw()
        width = float(figure.get_size_inches()[0])
        return Drawn(caption, data_uri(figure), width)
    except MissingDependencyError:
        raise
    except MixeffError as error:
        return Drawn(caption, problem=str(error).splitlines()[0])


def _effects(fit: FitResults) -> Iterator[tuple[str, Callable[[], Figure]]]:
    plots, names = Plots(fit), fit.spec.predictors[0].columns
    for name in names[:MOST_EFFECTS]:
        yield name, lambda name=name: plots.effects(name)


def _caterpillars(fit: FitResults) -> Iterator[tuple[str, Callable[[], Figure]]]:
    plots = Plots(fit)
    for group in dict.fromkeys(fit.design.factors[term.factor].name for term in fit.design.terms):
        yield group, lambda group=group: plots.caterpillar(group)


def _sparsity(fit: FitResults) -> Iterator[tuple[str, Callable[[], Figure]]]:
    yield "", lambda: Plots(fit).sparsity()


def _has_means(fit: FitResults) -> bool:
    return fit.design.distribution.categories is None


def _has_effects(fit: FitResults) -> bool:
    return bool(fit.design.terms)


PICTURES: tuple[Picture, ...] = (
    Picture(
        "Predicted mean along {}, other covariates at their mean or commonest level: averaged over "
        "the random effects, and with these at zero.",
        _has_means,
        _effects,
    ),
    Picture(
        "Random effects of {}, in increasing order, with 95 % intervals; those whose interval "
        "leaves zero out stand in colour.",
        _has_effects,
        _caterpillars,
    ),
    Picture(
        "Where the design matrix Z of the random effects is not zero.", _has_effects, _sparsity
    ),
)
