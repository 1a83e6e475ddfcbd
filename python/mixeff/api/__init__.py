"""What users call, such as ``fit``, ``load``, ``table`` and the verbs, and what they get."""

from ..results.reduction import variance_reduction
from .compare import MethodComparison, compare_methods
from .joint import JointFit, ResponseFit
from .model import Model, fit, load
from .result import Fit
from .tables import table
from .verbs import comparisons, grid, marginal_means, predictions, slopes

__all__ = [
    "Fit",
    "JointFit",
    "MethodComparison",
    "Model",
    "ResponseFit",
    "compare_methods",
    "comparisons",
    "fit",
    "grid",
    "load",
    "marginal_means",
    "predictions",
    "slopes",
    "table",
    "variance_reduction",
]
