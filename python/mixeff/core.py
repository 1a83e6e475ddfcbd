"""The compiled core. The only module that opens the extension."""

from __future__ import annotations

from ._native import Problem, families, gauss_hermite

__all__ = ["Problem", "families", "gauss_hermite"]
