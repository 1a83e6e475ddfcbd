"""Predictions of a fit: per cluster, at the median, marginal, at a percentile; with intervals.

And the verbs over them: predictions, comparisons, slopes, marginal means, on grids.
"""

from .grid import grid
from .predict import predict
from .table import Options
from .verbs import comparisons, marginal_means, predictions, request_of, slopes

__all__ = [
    "Options",
    "comparisons",
    "grid",
    "marginal_means",
    "predict",
    "predictions",
    "request_of",
    "slopes",
]
