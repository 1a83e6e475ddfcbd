"""What users call: ``fit``, ``Model``, ``load``, and the ``Fit`` they get."""

from .model import Model, fit, load
from .result import Fit

__all__ = ["Fit", "Model", "fit", "load"]
