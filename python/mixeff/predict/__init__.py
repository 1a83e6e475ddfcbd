"""Predictions of a fit: per cluster, at the median, marginal, at a percentile; with intervals."""

from .predict import predict

__all__ = ["predict"]
