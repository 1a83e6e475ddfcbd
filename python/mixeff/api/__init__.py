"""What users call: ``fit``, ``Model``, ``load``, ``compare_methods``, and what they get."""

from ..results.reduction import variance_reduction
from .compare import MethodComparison, compare_methods
from .joint import JointFit, ResponseFit
from .model import Model, fit, load
from .result import Fit

__all__ = [
    "Fit",
    "JointFit",
    "MethodComparison",
    "Model",
    "ResponseFit",
    "compare_methods",
    "fit",
    "load",
    "variance_reduction",
]
