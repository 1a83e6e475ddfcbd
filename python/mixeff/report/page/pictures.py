"""The pictures of a report: one row of `PICTURES` each."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...data import from_any
from ...errors import MissingDependencyError, MixeffError, MixeffWarning, NotAvailableError
from ...estimate.covariance import covariance_matrices
from ...plot import Plots
from ...plot.embed import data_uri
from ...results.fit import FitResults

Figure = Any  # of matplotlib, which pictures alone import
Drawing = Callable[[], Figure] | str  # a sentence that says why there is none
Draws = Iterator[tuple[str, Drawing]]

MOST_EFFECTS = 4  # covariates along which means or categories are drawn
MOST_DURATIONS = 2  # covariates by which survival is
MOST_SHRUNK = 20_000  # rows, beyond which the likelihood of each cluster takes too long for a page
SIMULATED = 2_000_000  # responses simulated for residuals, if these make `SIMULATIONS` data sets
SIMULATIONS = (20, 250)  # fewest and most


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
        ``draws(fit)``: pairs of what is drawn and a function that draws it, or a sentence that says
        why not. A drawing that raises a `MixeffError` is left out, and the page says why; not if it
        is `NotAvailableError`, as a picture that such a model does not have is no news.
    """

    caption: str
    applies: Callable[[FitResults], bool]
    draws: Callable[[FitResults], Draws]


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
        every = [
            _drawn(row.caption.format(what), draw) for row in rows for what, draw in row.draws(fit)
        ]
        return [one for one in every if one is not None]
    except MissingDependencyError as error:
        return [Drawn("Pictures", problem=str(error))]


def _drawn(caption: str, draw: Drawing) -> Drawn | None:
    if isinstance(draw, str):
        return Drawn(caption, problem=draw)
    try:
        with warnings.catch_warnings():  # a page has its own notes
            warnings.simplefilter("ignore", MixeffWarning)
            figure = draw()
        width = float(figure.get_size_inches()[0])
        return Drawn(caption, data_uri(figure), width)
    except MissingDependencyError:
        raise
    except NotAvailableError:
        return None
    except MixeffError as error:
        return Drawn(caption, problem=str(error).splitlines()[0])


# What is drawn --------------------------------------------------------------------------------


def _each(names: Sequence[str], draw: Callable[[str], Figure]) -> Draws:
    for name in names:
        yield name, lambda name=name: draw(name)


def _covariates(fit: FitResults) -> tuple[str, ...]:
    return fit.spec.predictors[0].columns


def _number(fit: FitResults) -> list[str]:
    """The first covariate that is a number, alone."""
    known = from_any(fit.inputs.data, list(_covariates(fit)))
    return [n for n, c in known.items() if not c.is_factor and c.kind != "boolean"][:1]


def _effects(fit: FitResults) -> Draws:
    return _each(_covariates(fit)[:MOST_EFFECTS], Plots(fit).effects)


def _categories(fit: FitResults) -> Draws:
    def draw(name: str) -> Figure:
        return Plots(fit).categories(name, interval="confidence")

    return _each(_covariates(fit)[:MOST_EFFECTS], draw)


def _survival(fit: FitResults) -> Draws:
    names, draw = _covariates(fit)[:MOST_DURATIONS], Plots(fit).survival
    yield from _each([f" by {name}" for name in names], lambda words: draw(words[4:]))
    if not names:
        yield "", draw


def _clusters(fit: FitResults) -> Draws:
    return _each(_number(fit), Plots(fit).clusters)


def _latent(fit: FitResults) -> Draws:
    return _each(_number(fit), Plots(fit).latent)


def _groups(fit: FitResults) -> dict[str, bool]:
    """Whether any random effect of each grouping factor varies."""
    found: dict[str, bool] = {}
    matrices = covariance_matrices(fit.design, fit.estimate.theta)
    for term, sigma in zip(fit.design.terms, matrices, strict=True):
        name = fit.design.factors[term.factor].name
        found[name] = found.get(name, False) or bool(sigma.any())
    return found


def _caterpillars(fit: FitResults) -> Draws:
    for name, varies in _groups(fit).items():
        why = f"the variance of the effects of {name} is estimated as zero, and so is each of them."
        yield name, (lambda name=name: Plots(fit).caterpillar(name)) if varies else why


def _shrinkage(fit: FitResults) -> Draws:
    return _each(list(_groups(fit)), lambda _: Plots(fit).shrinkage())


def _residuals(fit: FitResults) -> Draws:
    n = int(np.clip(SIMULATED // fit.nobs, *SIMULATIONS))
    yield str(n), lambda: Plots(fit).residuals(n)


def _once(name: str) -> Callable[[FitResults], Draws]:
    def draws(fit: FitResults) -> Draws:
        yield "", getattr(Plots(fit), name)

    return draws


# Which fits have it ---------------------------------------------------------------------------


def _has_means(fit: FitResults) -> bool:
    family = fit.design.distribution
    return family.categories is None and not family.has_cases


def _has_categories(fit: FitResults) -> bool:
    kind = fit.design.distribution.categories
    return kind is not None and not kind.timed


def _is_duration(fit: FitResults) -> bool:
    kind = fit.design.distribution.categories
    return kind is not None and kind.timed


def _has_effects(fit: FitResults) -> bool:
    return bool(fit.design.terms)


def _varies(fit: FitResults) -> bool:
    """Whether clusters differ at all."""
    return any(_groups(fit).values())


def _has_means_by_cluster(fit: FitResults) -> bool:
    return _has_means(fit) and _varies(fit)


def _differs_by_scale(fit: FitResults) -> bool:
    """Whether random effects do more than move predictions."""
    return _has_means_by_cluster(fit) and fit.design.link != "identity"


def _has_few_rows(fit: FitResults) -> bool:
    return _varies(fit) and fit.nobs <= MOST_SHRUNK


def _always(fit: FitResults) -> bool:
    return True


PICTURES: tuple[Picture, ...] = (
    Picture(
        "Predicted mean along {}, other covariates at their mean or commonest level: averaged over "
        "the random effects, and with these at zero.",
        _has_means,
        _effects,
    ),
    Picture(
        "Probabilities of the categories along {}, other covariates at their mean or commonest "
        "level, averaged over the random effects, with 95 % intervals.",
        _has_categories,
        _categories,
    ),
    Picture(
        "Share without the event up to each period{}, other covariates at their mean or commonest "
        "level: averaged over the random effects, and with these at zero.",
        _is_duration,
        _survival,
    ),
    Picture(
        "The curve of each cluster along {}, with the average over the random effects and the "
        "curve of a median cluster over them.",
        _has_means_by_cluster,
        _clusters,
    ),
    Picture(
        "The latent response along {}, its density above and below the threshold, and the "
        "probability that results, with random effects at zero.",
        _always,
        _latent,
    ),
    Picture(
        "Predictions of all rows with their random effects held at percentiles of their "
        "distribution, and with those of their own clusters; dotted: the means.",
        _differs_by_scale,
        _once("histograms"),
    ),
    Picture(
        "Random effects of {}, in increasing order, with 95 % intervals; those whose interval "
        "leaves zero out stand in colour.",
        _has_effects,
        _caterpillars,
    ),
    Picture(
        "Shrinkage: the estimate that each level of {} has from its own rows alone, and the "
        "predicted random effect.",
        _has_few_rows,
        _shrinkage,
    ),
    Picture(
        "Where the variance lies, on the scale of the linear predictor.",
        _has_effects,
        _once("variance"),
    ),
    Picture(
        "Residuals by {} simulated data sets: if the model holds they follow the diagonal within "
        "the band, and their quartiles lie flat.",
        _always,
        _residuals,
    ),
    Picture(
        "Where the design matrix Z of the random effects is not zero.",
        _has_effects,
        _once("sparsity"),
    ),
)
