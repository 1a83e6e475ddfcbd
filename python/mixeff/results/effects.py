"""Predicted random effects as a table, and how far they are shrunk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import ArgumentError, SeparationWarning, warn
from ..estimate.covariance import covariance_matrices
from .ml import MaximumLikelihood, has_likelihood, maximum_likelihood
from .parameters import term_label

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from ..estimate.values import Estimate, Floats
    from ..model.design import Design, RandomTerm

    Prediction = tuple[Floats, Floats]  # values (levels, columns), and their variances

COLUMNS = ("group", "term", "name", "level", "estimate", "se", "diagnostic_se")


def random_effects(design: Design, estimate: Estimate, kind: str) -> dict[str, np.ndarray]:
    """Columns of ``Fit.random_effects()``: one row per term, level and column."""
    predict, spread = _kind(kind)
    parts = []
    for term, sigma, (value, variance) in _by_term(design, estimate, predict):
        columns = _labels(design, term)
        columns["estimate"], columns["se"] = value.ravel(), np.sqrt(variance).ravel()
        columns["diagnostic_se"] = np.sqrt(spread(np.diag(sigma), variance)).ravel()
        parts.append(columns)
    return _stacked(parts, COLUMNS)


def shrinkage(design: Design, estimate: Estimate) -> dict[str, np.ndarray]:
    """Columns of ``Fit.shrinkage()``."""
    means, parts = _by_term(design, estimate, _means), []
    likely = _by_term(design, estimate, _likely if has_likelihood(design) else _unknown)
    for (term, sigma, (mean, variance)), (*_, (value, ml_variance)) in zip(
        means, likely, strict=True
    ):
        columns, prior = _labels(design, term), np.diag(sigma)
        columns["rows"] = np.repeat(_rows(design, term), term.size)
        columns["ml"], columns["ml_se"] = value.ravel(), np.sqrt(ml_variance).ravel()
        columns["mean"], columns["se"] = mean.ravel(), np.sqrt(variance).ravel()
        with np.errstate(divide="ignore", invalid="ignore"):
            columns["reliability"] = np.clip(1.0 - variance / prior, 0.0, 1.0).ravel()
        parts.append(columns)
    names = ("group", "term", "name", "level", "rows", "ml", "ml_se", "mean", "se", "reliability")
    return _stacked(parts, names)


# Kinds ----------------------------------------------------------------------------------------


def _diagonal(covariance: Floats) -> Floats:
    return np.maximum(np.einsum("lpp->lp", covariance), 0.0)


def _means(design: Design, estimate: Estimate) -> list[Prediction]:
    return [(effects.mean, _diagonal(effects.mean_cov)) for effects in estimate.random]


def _modes(design: Design, estimate: Estimate) -> list[Prediction]:
    return [(effects.mode, _diagonal(effects.mode_cov)) for effects in estimate.random]


def _likely(design: Design, estimate: Estimate) -> list[Prediction]:
    """Maximum-likelihood effects, the terms of the factor one after another."""
    if not design.terms:
        return []
    found = maximum_likelihood(design, estimate)
    _tell(design, found)
    ends = np.cumsum([term.size for term in design.terms])[:-1]
    values = np.split(found.value, ends, axis=1)
    variances = np.split(np.einsum("lpp->lp", found.covariance), ends, axis=1)
    return list(zip(values, variances, strict=True))


def _unknown(design: Design, estimate: Estimate) -> list[Prediction]:
    """Where factors or cases share the rows, no effect has a likelihood of its own."""
    return [(np.full_like(e.mean, np.nan), np.full_like(e.mean, np.nan)) for e in estimate.random]


def _tell(design: Design, found: MaximumLikelihood) -> None:
    group = design.factors[design.terms[0].factor].name
    for which, why in (
        (found.unbounded, "their likelihood rises for ever, as with responses all of 0"),
        (found.unidentified, "their rows do not tell the effects apart"),
    ):
        if which.any():
            warn(
                f"{which.sum()} of {len(which)} levels of {group!r} have no finite "
                f"maximum-likelihood effect: {why}",
                SeparationWarning,
            )


def _of_posterior(prior: Floats, variance: Floats) -> Floats:
    """Variance of the predictions over data sets: prior less posterior variance."""
    return np.maximum(prior - variance, 0.0)


def _of_likelihood(prior: Floats, variance: Floats) -> Floats:
    """The same for unbiased predictions."""
    return prior + variance


KINDS: dict[str, tuple[Callable[..., list[Prediction]], Callable[[Floats, Floats], Floats]]] = {
    "mean": (_means, _of_posterior),
    "mode": (_modes, _of_posterior),
    "ml": (_likely, _of_likelihood),
}


def _kind(kind: str) -> tuple[Callable[..., list[Prediction]], Callable[[Floats, Floats], Floats]]:
    if kind not in KINDS:
        raise ArgumentError(f"kind={kind!r} is not one of {', '.join(map(repr, KINDS))}.")
    return KINDS[kind]


# Columns --------------------------------------------------------------------------------------


def _by_term(
    design: Design, estimate: Estimate, predict: Callable[..., list[Prediction]]
) -> list[tuple[RandomTerm, Floats, Prediction]]:
    if not estimate.random:
        return []
    sigmas = covariance_matrices(design, estimate.theta)
    return list(zip(design.terms, sigmas, predict(design, estimate), strict=True))


def _labels(design: Design, term: RandomTerm) -> dict[str, np.ndarray]:
    factor, columns = design.factors[term.factor], term.size
    n = factor.n_levels * columns
    return {
        "group": np.full(n, factor.name, dtype=object),
        "term": np.full(n, term_label(design, term), dtype=object),
        "name": np.tile(np.array(term.names, dtype=object), factor.n_levels),
        "level": np.repeat(level_array(factor.levels), columns),
    }


def _rows(design: Design, term: RandomTerm) -> np.ndarray:
    factor = design.factors[term.factor]
    return np.bincount(factor.codes, minlength=factor.n_levels)


def level_array(levels: Sequence[Hashable]) -> np.ndarray:
    """Levels as whole numbers where all are, else as text."""
    if all(isinstance(level, (int, np.integer)) for level in levels):
        return np.array(levels, dtype=np.int64)
    return np.array([str(level) for level in levels], dtype=object)


def _stacked(parts: list[dict[str, np.ndarray]], names: Sequence[str]) -> dict[str, np.ndarray]:
    if not parts:
        return {name: np.empty(0) for name in names}
    return {name: _stack([part[name] for part in parts]) for name in names}


def _stack(parts: list[np.ndarray]) -> np.ndarray:
    if len({part.dtype for part in parts}) > 1:
        parts = [part.astype(str).astype(object) for part in parts]
    return np.concatenate(parts)
