"""Rows in, predictions with their derivatives out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentError, NotAvailableError
from ..results.fit import FitResults
from ..results.linear import require_places
from ..results.modes import ModeSystem, mode_system
from .choices import over_points
from .kinds import KINDS, Kind, at_quantile
from .linearized import Linearized
from .rows import BLOCK, Rows, blocks
from .targets import Target, target_of

if TYPE_CHECKING:
    from ..estimate.values import Floats
    from ..model.design import Design


@dataclass(frozen=True, eq=False)
class Predictor:
    """A kind of prediction of a fit, on a scale.

    Attributes
    ----------
    fit : FitResults
    kind : Kind
        What is done with the random effects.
    target : Target
        What is predicted.
    """

    fit: FitResults
    kind: Kind
    target: Target

    @cached_property
    def modes(self) -> ModeSystem | None:
        """How the conditional modes move, where the kind uses them."""
        if not self.needs_groups or not self.fit.design.terms:
            return None
        choices = self.fit.design.distribution.has_cases
        if self.fit.spec.place is not None or choices:
            where = "of choices" if choices else "where several responses share them"
            raise NotAvailableError(
                f"the uncertainty of a cluster's random effects is not available {where}: leave "
                "out interval=, or take kind='median' or kind='marginal'."
            )
        return mode_system(self.fit.design, self.fit.estimate)

    @property
    def needs_groups(self) -> bool:
        """Whether predictions differ between clusters."""
        return self.kind is KINDS["cluster"]

    @property
    def width(self) -> int:
        """Number of values of each row."""
        return max(len(self.target.labels), 1)

    @property
    def bends(self) -> bool:
        """Whether values are functions of their row's linear predictors other than the line's."""
        averaged = self.kind is KINDS["marginal"]
        return not (averaged or self.target.by_case or self.target.starts_on_line)

    def blocks(self, design: Design) -> Iterator[Design]:
        """Rows of a design, some at a time; all at once where they depend on each other."""
        return blocks(design, max(design.n, 1) if self.target.by_case else BLOCK)

    def values(self, design: Design) -> Floats:
        """Predictions of rows, shape (n, K)."""
        parts = [self._natural(part, False).value for part in self.blocks(design)]
        return np.concatenate(parts).reshape(-1, self.width) if parts else np.empty((0, self.width))

    def natural(self, design: Design) -> Linearized:
        """Predictions of rows with their derivatives, row by row."""
        return self._natural(design, True)

    def on_line(self, design: Design) -> Linearized:
        """The same on the scale on which their intervals are normal."""
        raw = self._raw(design, True)
        return raw if self.target.starts_on_line else raw.to_line(self.target.line)

    def _natural(self, design: Design, derivatives: bool) -> Linearized:
        raw = self._raw(design, derivatives)
        return raw.from_line(self.target.line) if self.target.starts_on_line else raw

    def _raw(self, design: Design, derivatives: bool) -> Linearized:
        modes = self.modes if derivatives else None
        rows = Rows(self.fit, design, self.target.surface, derivatives, modes)
        if self.target.by_case and self.kind is KINDS["marginal"] and design.terms:
            return over_points(rows, self.target.readout)
        return self.target.readout(self.kind(rows), design)

    def variance(self, values: Linearized) -> Floats:
        """Variance of each value, by the delta method; a parameter on the boundary is known."""
        moved = values.jacobian @ self._cov
        total = np.einsum("ij,ij->i", moved, values.jacobian)
        if values.effects is not None and self.modes is not None:
            total = total + self.modes.variance(values.effects)
        return total if values.own is None else total + values.own

    def covariance(self, values: Linearized) -> Floats:
        """Covariance matrix of a few values."""
        total = values.jacobian @ self._cov @ values.jacobian.T
        if values.effects is not None and self.modes is not None:
            total = total + self.modes.covariance(values.effects)
        return total if values.own is None else total + np.diag(values.own)

    @cached_property
    def _cov(self) -> Floats:
        cov = self.fit.estimate.cov
        return cov if np.isnan(cov).all() else np.nan_to_num(cov, nan=0.0)


def predictor_of(fit: FitResults, kind: str, quantile: float | None, scale: str) -> Predictor:
    """The predictor that a user's arguments ask for.

    Raises
    ------
    ArgumentError
        For an argument that has a value it cannot have.
    NotAvailableError
        If the estimates do not say where rows lie.
    """
    require_one(fit)
    require_places(fit.estimate)
    one_of("kind", kind, KINDS)
    rule = _rule(kind, quantile)
    return Predictor(fit, rule, target_of(fit.design, scale, rule is KINDS["marginal"]))


def require_one(fit: Any) -> None:
    """Raise ArgumentError for what is no fit, or is one of several responses."""
    if not isinstance(fit, FitResults):
        raise ArgumentError(f"fit is of type {type(fit).__name__}: give what me.fit(...) returns.")
    if fit.design.responses:
        raise ArgumentError(
            "this fit has several responses, and predictions are of one: give one of "
            "fit.responses.values()."
        )


def _rule(kind: str, quantile: float | None) -> Kind:
    if quantile is None:
        return KINDS[kind]
    if kind == "marginal":
        raise ArgumentError(
            'kind="marginal" integrates the random effects out and takes no quantile=: '
            "leave one of the two out."
        )
    if not 0.0 < quantile < 1.0:
        raise ArgumentError(
            f"quantile={quantile!r} is not between 0 and 1: give a share such as 0.8."
        )
    return partial(at_quantile, q=quantile)


def one_of(argument: str, value: Any, allowed: Any) -> None:
    """Raise ArgumentError for a value that is not among those allowed."""
    if value not in allowed:
        raise ArgumentError(f"{argument}={value!r} is not one of {', '.join(map(repr, allowed))}.")
