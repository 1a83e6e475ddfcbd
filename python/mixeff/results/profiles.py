"""Profile likelihoods of the parameters, as columns: the points of the curves, and the limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..estimate.profile import limits, profiles
from .parameters import critical_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..estimate.values import Estimate
    from ..model.design import Design

    Columns = dict[str, np.ndarray]


def profile_data(
    design: Design,
    estimate: Estimate,
    parameters: Sequence[str] | str | None,
    level: float,
) -> tuple[Columns, Columns]:
    """The points of the profiles, and the limits."""
    crossing = critical_value(level)
    names = [parameters] if isinstance(parameters, str) else parameters
    found = profiles(design, estimate, names, crossing)
    tables = {name: path.table() for name, path in found.items()}
    points = {
        "parameter": np.concatenate(
            [np.full(len(t["value"]), name, dtype=object) for name, t in tables.items()]
        ),
        **{k: np.concatenate([t[k] for t in tables.values()]) for k in ("value", "llf", "zeta")},
    }
    ends = np.array([limits(path, crossing) for path in found.values()])
    estimates = [float(p.coordinate.shown(np.array(p.estimate))) for p in found.values()]
    return points, {
        "parameter": np.array(list(found), dtype=object),
        "estimate": np.array(estimates),
        "lower": ends[:, 0],
        "upper": ends[:, 1],
    }
