"""What a program gives to the worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import gammaln, xlogy

if TYPE_CHECKING:
    import pandas as pd

    from ..cases import Case

Setup = Callable[[], Callable[[], Any]]
"""Untimed preparation that gives the call to be timed."""


class NotOffered(Exception):
    """The program has no such model or method; the table says so."""


@dataclass(frozen=True)
class Bound:
    """A case bound to one program.

    `metrics` has "whole" (data frame to a result with standard errors), and, where the program
    can, "no_se" (the same without standard errors) and "refit" (the model already built).
    """

    metrics: dict[str, Setup]
    llf: Callable[[Any], float]


def call(function: Callable[[], Any]) -> Setup:
    """A metric that needs no preparation."""
    return lambda: function


def saturated(case: Case, frame: pd.DataFrame) -> float:
    """Log-density of a model with one parameter per row, which some programs leave out."""
    y = frame[case.response].to_numpy(float)
    if case.family == "poisson":
        return float(np.sum(xlogy(y, y) - y - gammaln(y + 1)))
    if case.trials is None:
        return 0.0
    n = frame[case.trials].to_numpy(float)
    choose = gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1)
    return float(np.sum(choose + xlogy(y, y / n) + xlogy(n - y, 1 - y / n)))
