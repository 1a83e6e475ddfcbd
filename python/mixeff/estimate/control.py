"""Limits and tolerances of an estimation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np

from ..errors import ArgumentError

WORKING = ("ml", "reml")
Progress = Callable[[int, float, float], None]


@dataclass(frozen=True)
class Control:
    """How long and how exactly to search.

    Attributes
    ----------
    max_evaluations : int, default 500
        Evaluations of the log-likelihood with its gradient after which the search gives up.
    tolerance : float, default 1e-5
        Distance to the optimum, in standard errors, at which it is done.
    auto_tolerance : float, default 0.01
        ``method="auto"`` adds quadrature nodes until that moves no estimate by more than this many
        standard errors.
    penalty : float, optional
        Shrinks the coefficients of the mean: a normal prior with this standard deviation on the
        scale of the link, for covariates scaled to standard deviation 1/2 (Gelman et al. 2008
        suggest 2.5); the intercept stays free. The remedy for separation. The log-likelihood
        reported is without the prior. Not for "ml" and "reml".
    working : {"ml", "reml"}, default "ml"
        How quasi-likelihood ("pql1", "pql2", "mql1", "mql2") fits its working linear mixed model.
    progress : callable, optional
        Called about ten times a second with the number of evaluations, minus the log-likelihood
        and the gradient in standard-error units.

    Examples
    --------
    >>> from mixeff.estimate import Control
    >>> Control(max_evaluations=50).tolerance
    1e-05
    """

    max_evaluations: int = 500
    tolerance: float = 1e-5
    auto_tolerance: float = 0.01
    penalty: float | None = None
    working: str = "ml"
    progress: Progress | None = None

    def __post_init__(self) -> None:
        positive = self.max_evaluations > 0 and self.tolerance > 0 and self.auto_tolerance > 0
        if not positive or (self.penalty is not None and not self.penalty > 0):
            raise ArgumentError(
                "control: max_evaluations, tolerance, auto_tolerance and penalty must be positive."
            )
        if not isinstance(self.max_evaluations, int | np.integer):
            raise ArgumentError(
                f"control: max_evaluations must be a whole number, not {self.max_evaluations!r}."
            )
        if self.working not in WORKING:
            raise ArgumentError(f"control: working must be one of {WORKING}, not {self.working!r}.")
        if self.progress is not None and not callable(self.progress):
            raise ArgumentError(
                "control: progress must be a function of the number of evaluations, the objective "
                f"and the gradient, not {self.progress!r}."
            )


AnyControl = TypeVar("AnyControl")


def as_control(given: object, kind: type[AnyControl]) -> AnyControl:
    """Settings of some class from what the user gave: nothing, a mapping of its fields, or one."""
    if given is None:
        return kind()
    if isinstance(given, kind):
        return given
    known = ", ".join(field.name for field in fields(kind))  # type: ignore[arg-type]
    try:
        return kind(**given)  # type: ignore[arg-type]
    except TypeError:
        raise ArgumentError(
            f"control must be a mixeff {kind.__name__} or a mapping with the keys {known}; got "
            f"{given!r}."
        ) from None
