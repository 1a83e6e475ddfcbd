"""The result of a fit: a specification, a design and estimates, read through tables."""

from __future__ import annotations

from .checks import CheckResults
from .coefficients import CoefficientResults
from .effects import EffectResults
from .profiles import ProfileResults
from .rows import RowResults
from .tables import TableResults
from .variances import VarianceResults

__all__ = ["FitResults"]


class FitResults(
    CoefficientResults,
    VarianceResults,
    EffectResults,
    RowResults,
    CheckResults,
    TableResults,
    ProfileResults,
):
    """A fitted model, read through tables that are computed when they are asked for."""
