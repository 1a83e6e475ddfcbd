"""The compiled core. The only module that opens the extension."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._native import (
    Problem,
    Response,
    evaluate_conditional,
    factorize_integers,
    families,
    fit_conditional,
    gauss_hermite,
    is_constant,
    is_finite,
    rule_points,
    sample,
)

__all__ = [
    "Problem",
    "Response",
    "evaluate_conditional",
    "factorize_integers",
    "families",
    "fit_conditional",
    "gauss_hermite",
    "is_constant",
    "is_finite",
    "rule_points",
    "sample",
    "unsigned",
]


def unsigned(codes: NDArray[np.int32]) -> NDArray[np.uint32]:
    """Codes of levels as the core has them; one below zero becomes one that it refuses."""
    return np.ascontiguousarray(codes).view(np.uint32)
