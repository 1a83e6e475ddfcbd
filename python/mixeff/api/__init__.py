"""What users call: ``fit``, ``Model``, ``load``, ``compare_methods``, the verbs; what they get."""

from .compare import MethodComparison, compare_methods
from .joint import JointFit, ResponseFit
from .model import Model, fit, load
from .result import Fit
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
]
