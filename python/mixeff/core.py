"""The compiled core. The only module that opens the extension."""

from __future__ import annotations

from ._native import (
    Problem,
    Response,
    evaluate_conditional,
    families,
    fit_conditional,
    gauss_hermite,
    rule_points,
    sample,
)

__all__ = [
    "Problem",
    "Response",
    "evaluate_conditional",
    "families",
    "fit_conditional",
    "gauss_hermite",
    "rule_points",
    "sample",
]
