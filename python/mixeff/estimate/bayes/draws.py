"""Draws from a posterior."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..values import Floats


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws of the parameters, and how they were made.

    Attributes
    ----------
    beta : ndarray, shape (chains, draws, coefficients)
        Coefficients of all linear predictors.
    theta : ndarray, shape (chains, draws, entries)
        Entries of the Cholesky factors.
    effects : tuple of ndarray or None
        Random effects of each term, (chains, draws, levels, columns); None if they were not kept.
    diverging : ndarray of bool, shape (chains, draws)
        Trajectories whose energy ran away.
    steps : ndarray of int, shape (chains, draws)
        Gradients that each draw took.
    step_size : ndarray, shape (chains,)
        Step sizes after warm-up.
    seed : int
        The seed, given or drawn: with it the same draws come again.
    priors : mapping of str to str
        The prior of every slot, to the last bit.
    settings : mapping
        The fields of `SamplerControl` that made them.
    """

    beta: Floats
    theta: Floats
    effects: tuple[Floats, ...] | None
    diverging: np.ndarray
    steps: np.ndarray
    step_size: Floats
    seed: int
    priors: Mapping[str, str]
    settings: Mapping[str, int | float | bool | None]

    @property
    def flat(self) -> Floats:
        """(beta, theta) of all draws, chain after chain, shape (chains * draws, parameters)."""
        both = np.concatenate([self.beta, self.theta], axis=2)
        return both.reshape(-1, both.shape[2])
