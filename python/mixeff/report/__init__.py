"""Fits for the reader: the summary as text and as HTML."""

from .summary import Summary

__all__ = ["Summary"]
