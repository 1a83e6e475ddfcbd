"""What users call: ``fit``, ``Model``, ``load``, ``compare_methods``, and what they get."""

from ..results.reduction import variance_reduction
from .compare import MethodComparison, compare_methods
from .model import Model, fit, load
from .result import Fit

__all__ = [
    "Fit",
    "MethodComparison",
    "Model",
    "compare_methods",
    "fit",
    "load",
    "variance_reduction",
]
