"""Draws of what users know: coefficients, standard deviations, correlations, by name."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from ..covariance import entries, theta_slices

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model.design import Design, RandomTerm
    from ..values import Floats
    from .draws import Draws

RESIDUAL_SD = "sd(Residual)"


def parameter_draws(design: Design, draws: Draws) -> dict[str, Floats]:
    """Draws by name, shape (chains, draws): coefficients, SDs, correlations.

    A lone residual standard deviation is ``sd(Residual)``; coefficients of another predictor than
    the mean's are ``dispersion:x``.
    """
    named = dict(_coefficients(design, draws))
    for term, part in zip(design.terms, theta_slices(design), strict=True):
        named.update(_term(design, term, draws.theta[:, :, part]))
    return named


def _coefficients(design: Design, draws: Draws) -> Iterator[tuple[str, Floats]]:
    names = design.distribution.predictors
    k = 0
    for d, columns in enumerate(design.x_names):
        for column in columns:
            values = draws.beta[:, :, k]
            if d > 0 and residual_sd(design, d):
                yield RESIDUAL_SD, np.exp(values)
            else:
                yield (column if d == 0 else f"{names[d]}:{column}"), values
            k += 1


def residual_sd(design: Design, predictor: int) -> bool:
    """Whether a predictor is the log of a residual standard deviation that all rows share."""
    lone = design.x_names[predictor] == ("Intercept",) and design.offset[predictor] is None
    return design.distribution.constant_variance and lone


def term_factors(term: RandomTerm, theta: Floats) -> Floats:
    """Lambda of every draw, shape (chains, draws, p, p)."""
    p = len(term.names)
    factors = np.zeros((*theta.shape[:2], p, p))
    rows, columns = entries(term)
    factors[:, :, rows, columns] = theta
    return factors


def _term(design: Design, term: RandomTerm, theta: Floats) -> Iterator[tuple[str, Floats]]:
    group = design.factors[term.factor].name
    factors = term_factors(term, theta)
    sd = np.sqrt((factors**2).sum(axis=3))
    for i, name in enumerate(term.names):
        yield f"sd({name} | {group})", sd[:, :, i]
    if term.structure == "diagonal":
        return
    for i, j in combinations(range(len(term.names)), 2):
        covariance = (factors[:, :, i] * factors[:, :, j]).sum(axis=2)
        label = f"cor({term.names[i]}, {term.names[j]} | {group})"
        yield label, covariance / (sd[:, :, i] * sd[:, :, j])
