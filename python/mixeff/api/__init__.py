"""What users call, such as ``fit``, ``load`` and ``table``, and what they get."""

from .compare import MethodComparison, compare_methods
from .model import Model, fit, load
from .result import Fit
from .tables import table

__all__ = ["Fit", "MethodComparison", "Model", "compare_methods", "fit", "load", "table"]
