"""What users call, such as ``fit``, ``load`` and ``table``, and what they get."""

from ..results.reduction import variance_reduction
from .compare import MethodComparison, compare_methods
from .joint import JointFit, ResponseFit
from .model import Model, fit, load
from .result import Fit
from .tables import table

__all__ = [
    "Fit",
    "JointFit",
    "MethodComparison",
    "Model",
    "ResponseFit",
    "compare_methods",
    "fit",
    "load",
    "table",
    "variance_reduction",
]
