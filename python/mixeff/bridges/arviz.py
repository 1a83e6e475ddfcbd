"""Draws for ArviZ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import MissingDependencyError
from ..results.effects import level_array
from ..results.parameters import term_label

if TYPE_CHECKING:
    from ..estimate.bayes import Draws
    from ..model.design import Design
    from ..results.fit import FitResults


def to_arviz(fit: FitResults) -> Any:
    """The draws of a fit as ArviZ's DataTree; the groups are those of ``Fit.to_arviz``."""
    try:
        from arviz_base import from_dict
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            'to_arviz() needs the library arviz-base: pip install "mixeff[bayes]"'
        ) from error
    design, raw = fit.design, fit.draws.raw
    coords, dims = _places(design, raw)
    return from_dict(
        {
            "posterior": dict(fit.draws),
            "sample_stats": _statistics(raw),
            "observed_data": {"y": design.values},
        },
        coords=coords,
        dims={**dims, "y": ["row"]},
    )


def _statistics(raw: Draws) -> dict[str, np.ndarray]:
    step_size = np.broadcast_to(raw.step_size[:, None], raw.steps.shape)
    return {"diverging": raw.diverging, "n_steps": raw.steps, "step_size": step_size}


def _places(design: Design, raw: Draws) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Levels and effects of the terms, each with its own dimension."""
    coords: dict[str, Any] = {"row": np.arange(design.n)}
    dims: dict[str, list[str]] = {}
    for term in design.terms if raw.effects else ():
        factor, label = design.factors[term.factor], term_label(design, term)
        dims[label] = [factor.name, f"effect of {label}"]
        coords[factor.name] = level_array(factor.levels)
        coords[f"effect of {label}"] = list(term.names)
    return coords, dims
