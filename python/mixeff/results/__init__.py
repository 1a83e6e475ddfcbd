"""What a fit says: tables, tests, intervals, residuals, and files."""

from .fit import FitResults, Inputs

__all__ = ["FitResults", "Inputs"]
