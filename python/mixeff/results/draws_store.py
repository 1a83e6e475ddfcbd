"""Draws within the file of a fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..estimate.bayes import Draws

if TYPE_CHECKING:
    import numpy as np

ARRAYS = ("beta", "theta", "diverging", "steps", "step_size")


def store_draws(draws: Draws, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """Puts the arrays of draws among those of a file; the rest is what JSON can say."""
    arrays.update({f"draws.{name}": getattr(draws, name) for name in ARRAYS})
    effects = draws.effects or ()
    arrays.update({f"draws.effects{i}": values for i, values in enumerate(effects)})
    return {
        "effects": None if draws.effects is None else len(effects),
        "seed": draws.seed,
        "priors": dict(draws.priors),
        "settings": dict(draws.settings),
    }


def restore_draws(stored: dict[str, Any] | None, arrays: dict[str, np.ndarray]) -> Draws | None:
    """The draws of a file, if it has some."""
    if stored is None:
        return None
    count = stored["effects"]
    return Draws(
        **{name: arrays[f"draws.{name}"] for name in ARRAYS},
        effects=None if count is None else tuple(arrays[f"draws.effects{i}"] for i in range(count)),
        seed=stored["seed"],
        priors=stored["priors"],
        settings=stored["settings"],
    )
