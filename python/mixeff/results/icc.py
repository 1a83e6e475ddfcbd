"""Intraclass correlations, of latent responses and of observed ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentError
from .latent import error_variance
from .levels import Levels, levels_of
from .observed import observed_icc
from .quantity import LOGIT, with_uncertainty

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..estimate.values import Estimate, Floats
    from ..model.design import Design


def icc(
    design: Design,
    estimate: Estimate,
    level: float,
    scale: str = "latent",
    at: Design | None = None,
) -> dict[str, Any]:
    """Columns of ``Fit.icc()``: one row per grouping factor that carries random effects."""
    if scale not in SCALES:
        raise ArgumentError(f"scale={scale!r} is not one of {', '.join(map(repr, SCALES))}.")
    levels = levels_of(design, "icc()", at)
    if not levels.factors:
        return {name: np.empty(0) for name in ("group", "icc", "se", "lower", "upper")}
    function = SCALES[scale](levels, design if at is None else at, estimate)
    names = {"group": np.array(levels.names, dtype=object)}
    columns = with_uncertainty(estimate, function, level, LOGIT)
    return names | {"icc": columns.pop("estimate")} | columns


def _latent(levels: Levels, at: Design, estimate: Estimate) -> Callable[[Estimate], Floats]:
    """Shared variance over all variance, error included."""
    sharing = levels.sharing()
    error_variance(levels.design, estimate)

    def correlation(moved: Estimate) -> Floats:
        variances = levels.variances(moved)
        return sharing @ variances / (variances.sum() + error_variance(levels.design, moved))

    return correlation


SCALES = {"latent": _latent, "observed": observed_icc}
