"""The compiled core. The only module that opens the extension."""

from __future__ import annotations

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
]
