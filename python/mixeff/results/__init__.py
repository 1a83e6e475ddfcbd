"""What a fit says: tables, tests, intervals, residuals, and files."""

from .fit import FitResults
from .fitted import Inputs

__all__ = ["FitResults", "Inputs"]
