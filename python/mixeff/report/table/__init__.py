"""Fits side by side in one table, and the formats it can be written in."""

from .made import ModelTable

__all__ = ["ModelTable"]
