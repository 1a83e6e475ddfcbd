"""Pictures of a fit; every one has a table behind it."""

from .plots import Plots

__all__ = ["Plots"]
