"""Responses with categories: ordinal, nominal, and durations in discrete time.

The predictors depend on the categories, so that a row of the table says how it is expanded for
those of a response. An ordinal family has a location eta, without an intercept, and a threshold
between each two categories; a nominal one a logit for each category against the first; a duration
a location and the baseline of each period. As a number, a response is the position of its category.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..links import Link
from . import category_slopes
from .base import (
    Array,
    Categories,
    Family,
    Observation,
    Parameter,
    Parameters,
    error_of_link,
)
from .counts import is_count
from .curves import FLEXIBLE, mapping_of

__all__ = ["CATEGORICAL", "expanded"]

Labels = tuple[Hashable, ...]
LINKS = ("logit", "probit", "cloglog", "loglog", "cauchit")


# Probabilities --------------------------------------------------------------------------------


def _cumulative(link: Link, eta: Array, kappa: Array) -> Array:
    """``P(Y <= j) = F(kappa_j - eta)`` (McCullagh 1980)."""
    below = link.inverse(kappa - eta[:, None])
    ends = np.zeros((len(eta), 1)), np.ones((len(eta), 1))
    return np.asarray(np.diff(np.hstack([ends[0], below, ends[1]]), axis=1), dtype=np.float64)


def _adjacent(link: Link, eta: Array, kappa: Array) -> Array:
    """``log P(Y = j) / P(Y = j - 1) = eta - kappa_j``."""
    return _softmax(np.cumsum(eta[:, None] - kappa, axis=1))


def _sequential(link: Link, eta: Array, kappa: Array) -> Array:
    """``P(Y = j | Y >= j) = F(kappa_j - eta)``."""
    return _stopping(link.inverse(kappa - eta[:, None]))


def _backward(link: Link, eta: Array, kappa: Array) -> Array:
    """``P(Y = j | Y <= j) = F(eta - kappa_j)``."""
    return _stopping(link.inverse(eta[:, None] - kappa)[:, ::-1])[:, ::-1]


def _multinomial(link: Link, eta: Array, others: Array) -> Array:
    """``log P(Y = j) / P(Y = 0) = eta_j``."""
    return _softmax(np.column_stack([eta, others]))


def _duration(link: Link, eta: Array, alpha: Array) -> Array:
    """Hazards ``F(alpha_t + eta)``: the probabilities of an event in each period, and of none."""
    return _stopping(link.inverse(alpha + eta[:, None]))


def _softmax(utility: Array) -> Array:
    """Probabilities of utilities, that of the first category being zero."""
    full = np.hstack([np.zeros((len(utility), 1)), utility])
    odds = np.exp(full - full.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True), dtype=np.float64)


def _stopping(hazard: Array) -> Array:
    """Probabilities of stopping at each step, and of never stopping."""
    going_on = np.cumprod(1 - hazard, axis=1)
    before = np.hstack([np.ones((len(hazard), 1)), going_on[:, :-1]])
    return np.asarray(np.hstack([before * hazard, going_on[:, -1:]]), dtype=np.float64)


# The response as a number ---------------------------------------------------------------------


def _probabilities(p: Parameters) -> Array:
    if p.probabilities is None:
        raise TypeError("a response with categories needs their probabilities")
    return p.probabilities


def _scores(p: Parameters) -> Array:
    return np.arange(_probabilities(p).shape[-1], dtype=np.float64)


def _expectation(p: Parameters) -> Array:
    return _probabilities(p) @ _scores(p)


def _variance(p: Parameters) -> Array:
    return _probabilities(p) @ np.square(_scores(p)) - np.square(_expectation(p))


def _draw(rng: np.random.Generator, p: Parameters) -> Array:
    below = np.cumsum(_probabilities(p), axis=-1)[..., :-1]
    return np.sum(rng.random((*below.shape[:-1], 1)) > below, axis=-1).astype(np.float64)


def _log_density(y: Array, p: Parameters) -> Array:
    own = np.take_along_axis(_probabilities(p), y.astype(np.int64)[..., None], axis=-1)
    with np.errstate(divide="ignore"):
        return np.log(own[..., 0])


def _cdf(y: Array, p: Parameters) -> Array:
    at = np.clip(np.floor(y), 0, len(_scores(p)) - 1).astype(np.int64)
    below = np.cumsum(_probabilities(p), axis=-1)
    return np.where(y < 0, 0.0, np.take_along_axis(below, at[..., None], axis=-1)[..., 0])


# Durations that end before the event ----------------------------------------------------------


def _observed(rng: np.random.Generator, drawn: Array, time: Array, event: Array) -> Array:
    """Last period at risk, and whether the event happened in it, of durations drawn in full.

    The conditional bootstrap (Davison and Hinkley 1997, algorithm 3.1): a row that was censored is
    censored again in its own period, one with an event in a period drawn from the Kaplan-Meier
    estimate of the periods of censoring, given that it is not before that event.
    """
    end = np.where(event == 1, _censoring(rng, time, event), time)
    happens = drawn + 1.0
    return np.column_stack([np.minimum(happens, end), (happens <= end).astype(np.float64)])


def _censoring(rng: np.random.Generator, time: Array, event: Array) -> Array:
    """A period of censoring for each row, not before its own; the last one ends every row."""
    at = time.astype(np.int64)
    censored = np.bincount(at[event == 0], minlength=at.max() + 1)
    beyond = len(at) - np.cumsum(np.bincount(at))
    hazard = censored / np.maximum(censored + beyond, 1)
    hazard[-1] = 1.0
    stays = np.cumprod(1.0 - hazard)
    return np.searchsorted(-stays, -rng.random(len(at)) * stays[at - 1]).astype(np.float64)


def _possible_duration(time: Array, event: Array, last: int) -> NDArray[np.bool_]:
    whole = (time >= 1) & (time <= last) & (np.floor(time) == time)
    return whole & ((event == 0) | (event == 1))


def _interval(time: Array, event: Array) -> tuple[Array, Array]:
    """Categories, which count from 0, of an event in its period, or of one in any later period."""
    return np.where(event == 1, time - 1.0, time), np.where(event == 1, time - 1.0, np.inf)


DURATION = Observation(
    ("time", "event"),
    "whole periods from 1 to the last one of the fit, and events that are 0 or 1",
    _observed,
    _possible_duration,
    _interval,
)


# The table ------------------------------------------------------------------------------------


def expanded(family: Family, labels: Labels, structure: str = FLEXIBLE) -> Family:
    """The family for the categories of a response; the same for a family without categories.

    Parameters
    ----------
    family : Family
    labels : tuple
        The categories in order, or the periods.
    structure : str
        How thresholds or the baseline are constrained, such as "equidistant".

    Returns
    -------
    Family

    Examples
    --------
    >>> from mixeff.model.families import family
    >>> expanded(family("cumulative"), ("low", "middle", "high")).predictors
    ('location', 'low|middle', 'middle|high')
    """
    return family if family.categories is None else _expanded(family, labels, structure)


@lru_cache(maxsize=128)
def _expanded(family: Family, labels: Labels, structure: str) -> Family:
    assert family.categories is not None
    return family.categories.expand(family, labels, structure)


def _with_thresholds(family: Family, labels: Labels, structure: str) -> Family:
    names = tuple(f"{a}|{b}" for a, b in pairwise(labels))
    return _with_curve(family, names, structure)


def _with_baseline(family: Family, labels: Labels, structure: str) -> Family:
    return _with_curve(family, tuple(f"period {label}" for label in labels), structure)


def _with_curve(family: Family, names: tuple[str, ...], structure: str) -> Family:
    """A location and a parameter for each name, or fewer that all of them follow from."""
    template = family.further[0]
    if structure == FLEXIBLE:
        return replace(family, further=tuple(replace(template, name=name) for name in names))
    fewer, mapping = mapping_of(structure, len(names))
    further = tuple(replace(template, name=name, argument=None) for name in fewer)
    return replace(family, further=further, mapping=mapping)


def _with_logits(family: Family, labels: Labels, structure: str) -> Family:
    further = tuple(Parameter(str(label), "identity", "formula") for label in labels[2:])
    return replace(family, first=str(labels[1]), further=further)


def _of_steps(n: int) -> float:
    """The odds of n categories are a polynomial of degree n - 1 in exp(eta)."""
    return 1.0 / max(n - 1, 1)


THRESHOLD = Parameter("threshold", "identity", "category_specific", "thresholds")
LOGIT = Parameter("logit", "identity", "formula")
BASELINE = Parameter("baseline", "identity", "category_specific", "baseline")


def _row(
    name: str,
    links: tuple[str, ...],
    probabilities: Callable[[Link, Array, Array], Array],
    slopes: Callable[[Link, Array, Array], Array],
    expand: Callable[[Family, Labels, str], Family] = _with_thresholds,
    further: Parameter = THRESHOLD,
    values: str = "ordered categories: numbers, or words of an ordered categorical column",
    latent: bool = True,
    observation: Observation | None = None,
    **others: object,
) -> Family:
    return Family(
        name=name,
        links=links,
        values=values,
        supported=is_count,
        variance=_variance,
        simulate=_draw,
        log_density=_log_density,
        cdf=_cdf,
        expectation=_expectation,
        first="location",
        further=(further,),
        discrete=True,
        per_row_effects=False,
        categories=Categories(expand, probabilities, slopes, **others),  # type: ignore[arg-type]
        error_variance=error_of_link if latent else None,
        observation=observation,
    )


CATEGORICAL = (
    _row("cumulative", LINKS, _cumulative, category_slopes.cumulative),
    _row(
        "adjacent", ("logit",), _adjacent, category_slopes.adjacent, latent=False, strip=_of_steps
    ),
    _row("sequential", LINKS, _sequential, category_slopes.sequential),
    _row("sequential_backward", LINKS, _backward, category_slopes.backward),
    _row(
        "multinomial",
        ("logit",),
        _multinomial,
        category_slopes.multinomial,
        _with_logits,
        LOGIT,
        "categories",
        latent=False,
        intercept=True,
        ordered=False,
    ),
    _row(
        "duration",
        ("logit", "probit", "cloglog"),
        _duration,
        category_slopes.duration,
        _with_baseline,
        BASELINE,
        "survival(time, event)",
        observation=DURATION,
        timed=True,
    ),
)
