"""Choices between alternatives with attributes of their own: McFadden's conditional logit.

A row is an alternative, and the rows of a case are those that were to choose from. Its mean is the
utility; the chance of being chosen is ``exp(utility)`` over the sum of the case's.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .base import Array, Family, Parameters, given
from .cases import Cases

__all__ = ["CHOICE"]


def _is_binary(y: Array) -> NDArray[np.bool_]:
    return (y == 0) | (y == 1)


def shares(p: Parameters) -> Array:
    """Chance of each alternative within its case, whose numbers are the second column."""
    return Cases(given(p.extra)).shares(p.mu)


def _variance(p: Parameters) -> Array:
    share = shares(p)
    return share * (1 - share)


def _draw(rng: np.random.Generator, p: Parameters) -> Array:
    """The alternative of the greatest utility, each with a Gumbel error (McFadden 1974)."""
    cases = Cases(given(p.extra))
    utility = p.mu + rng.gumbel(size=p.mu.shape)
    return (utility == cases.spread(cases.largest(utility))).astype(np.float64)


def _log_density(y: Array, p: Parameters) -> Array:
    """Of the chosen alternatives; the others add nothing to their case."""
    return np.where(y == 1, np.log(shares(p)), 0.0)


def _cdf(y: Array, p: Parameters) -> Array:
    return np.where(y < 0, 0.0, np.where(y < 1, 1 - shares(p), 1.0))


CHOICE = Family(
    name="choice",
    links=("identity",),
    values="choice(chosen, case): 1 for the alternative chosen in each case, 0 for the others",
    supported=_is_binary,
    variance=_variance,
    simulate=_draw,
    log_density=_log_density,
    cdf=_cdf,
    expectation=shares,
    first="utility",
    discrete=True,
    has_cases=True,
    per_row_effects=False,
    ratio_names={"identity": "Odds ratio"},
)
