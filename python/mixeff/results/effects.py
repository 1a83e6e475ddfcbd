"""Predicted random effects as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import ArgumentError, NotAvailableError
from .parameters import term_label

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from ..estimate.values import Estimate, Floats, RandomEffects
    from ..model.design import Design, RandomTerm

KINDS = {
    "mean": ("mean", "mean_cov"),
    "mode": ("mode", "mode_cov"),
}
LATER = {"ml": "maximum-likelihood predictions of the random effects come in a later release"}


def random_effects(design: Design, estimate: Estimate, kind: str) -> dict[str, np.ndarray]:
    """Columns of ``Fit.random_effects()``: one row per term, level and column."""
    value, covariance = _fields(kind)
    parts = [
        _term_table(design, term, getattr(effects, value), getattr(effects, covariance))
        for term, effects in zip(design.terms, estimate.random, strict=True)
    ]
    names = ("group", "term", "name", "level", "estimate", "se")
    if not parts:
        return {name: np.empty(0) for name in names}
    return {name: _stack([part[name] for part in parts]) for name in names}


def _fields(kind: str) -> tuple[str, str]:
    if kind in LATER:
        raise NotAvailableError(f"kind={kind!r} is not available: {LATER[kind]}.")
    if kind not in KINDS:
        raise ArgumentError(f"kind={kind!r} is not one of {', '.join(map(repr, KINDS))}.")
    return KINDS[kind]


def _term_table(
    design: Design, term: RandomTerm, value: Floats, covariance: Floats
) -> dict[str, np.ndarray]:
    factor = design.factors[term.factor]
    levels, columns = value.shape
    variance = np.maximum(np.einsum("lpp->lp", covariance), 0.0)
    return {
        "group": np.full(levels * columns, factor.name, dtype=object),
        "term": np.full(levels * columns, term_label(design, term), dtype=object),
        "name": np.tile(np.array(term.names, dtype=object), levels),
        "level": np.repeat(level_array(factor.levels), columns),
        "estimate": value.ravel(),
        "se": np.sqrt(variance).ravel(),
    }


def level_array(levels: Sequence[Hashable]) -> np.ndarray:
    """Levels as whole numbers where all are, else as text."""
    if all(isinstance(level, (int, np.integer)) for level in levels):
        return np.array(levels, dtype=np.int64)
    return np.array([str(level) for level in levels], dtype=object)


def _stack(parts: list[np.ndarray]) -> np.ndarray:
    if len({part.dtype for part in parts}) > 1:
        parts = [part.astype(str).astype(object) for part in parts]
    return np.concatenate(parts)


def term_effects(effects: RandomEffects, kind: str) -> tuple[Floats, Floats]:
    """Values and covariances of one term's effects of a kind."""
    value, covariance = _fields(kind)
    return getattr(effects, value), getattr(effects, covariance)
