"""How long and how carefully to sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...errors import ArgumentError

Progress = Callable[[int, float, float], None]


@dataclass(frozen=True)
class SamplerControl:
    """Settings of ``method="mcmc"``.

    Attributes
    ----------
    chains : int, default 4
        Independent chains, in parallel.
    draws : int, default 1000
        Draws kept of each chain.
    warmup : int, default 500
        Draws before them, for the step size and the scales.
    target_accept : float, default 0.8
        Mean acceptance that the step size is adapted to; nearer to 1 where trajectories diverge.
    max_depth : int, default 10
        A trajectory has fewer than ``2**max_depth`` steps.
    keep_effects : bool, optional
        Whether to keep the draws of the random effects. By default if they are at most 20 million
        numbers; their means and covariances are exact without them.
    progress : callable, optional
        Called about ten times a second with the number of draws so far, the number wanted, and
        the number of divergences.

    Examples
    --------
    >>> from mixeff.estimate.bayes import SamplerControl
    >>> SamplerControl(chains=2).draws
    1000
    """

    chains: int = 4
    draws: int = 1000
    warmup: int = 500
    target_accept: float = 0.8
    max_depth: int = 10
    keep_effects: bool | None = None
    progress: Progress | None = None

    def __post_init__(self) -> None:
        for name, least in (("chains", 1), ("draws", 4), ("warmup", 50), ("max_depth", 1)):
            value = getattr(self, name)
            if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < least:
                raise ArgumentError(
                    f"control: {name} must be a whole number of at least {least}, not {value!r}."
                )
        if not 0.0 < self.target_accept < 1.0:
            raise ArgumentError(
                f"control: target_accept must lie between 0 and 1, not {self.target_accept!r}."
            )
        if self.progress is not None and not callable(self.progress):
            raise ArgumentError(
                "control: progress must be a function of the draws so far, the draws wanted and "
                f"the divergences, not {self.progress!r}."
            )
