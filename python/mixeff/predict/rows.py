"""Rows to predict for, and the derivatives of what is predicted, as they are collected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..estimate.covariance import covariance_jacobians
from ..results.linear import fixed_part, quadratic_form, random_variance
from ..results.parameters import beta_slices, theta_positions
from .linearized import Linearized

if TYPE_CHECKING:
    from ..estimate.values import Floats
    from ..model.design import Design
    from ..results.fit import FitResults
    from ..results.modes import ModeSystem
    from .surfaces import Surface

BLOCK = 4096  # rows predicted at a time, to stay in the cache


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows to predict for, and what is predicted of them.

    Attributes
    ----------
    fit : FitResults
    design : Design
        The rows.
    make : callable
        The surface for a design.
    derivatives : bool
        Whether the derivatives are wanted.
    modes : ModeSystem or None
        Of the fit, for derivatives of clusters.
    """

    fit: FitResults
    design: Design
    make: Callable[[Design], Surface]
    derivatives: bool = True
    modes: ModeSystem | None = None

    @cached_property
    def surface(self) -> Surface:
        """What is predicted of them."""
        return self.make(self.design)

    def fixed(self) -> list[Floats]:
        """The fixed part of every linear predictor."""
        every = range(len(self.design.fixed))
        return [fixed_part(self.design, self.fit.estimate, d) for d in every]

    def spread(self, d: int) -> Floats:
        """Standard deviation of the random part of a linear predictor."""
        return np.sqrt(random_variance(self.design, self.fit.estimate, d))

    def active(self) -> list[int]:
        """The linear predictors that matter and have random effects."""
        found = {place for term in self.design.terms for place in term.places}
        return sorted(found.intersection(self.surface.depends))

    def known(self, value: Floats) -> Linearized:
        """Values whose derivatives nobody asked for."""
        return Linearized(value.ravel(), np.empty((value.size, 0)))


@dataclass(eq=False)
class Gradient:
    """Derivatives of the values of rows in (beta, theta), as they are collected."""

    rows: Rows
    columns: Floats  # (n, K, parameters)

    @classmethod
    def start(cls, rows: Rows, size: int) -> Gradient:
        """Zero derivatives of a number of values for each row."""
        return cls(rows, np.zeros((rows.design.n, size, len(rows.fit.estimate.cov))))

    def add(self, slope: Floats, part: slice, direction: Floats) -> None:
        """Where a value moves by slope (n, K) as something moves by direction (n, parameters)."""
        self.columns[:, :, part] += slope[:, :, None] * direction[:, None, :]

    def add_fixed(self, slopes: dict[int, Floats]) -> None:
        """Through the fixed parts of the linear predictors."""
        parts = beta_slices(self.rows.design)
        for d, slope in slopes.items():
            self.add(slope, parts[d], self.rows.design.fixed[d].array)

    def add_spread(self, slope: Floats, d: int, s: Floats) -> None:
        """Through the standard deviation s of a random part."""
        for part, direction in spread_gradient(self.rows, d, s):
            self.add(slope, part, direction)

    def of(self, value: Floats, effects: Any = None, own: Floats | None = None) -> Linearized:
        """The values with these derivatives."""
        jacobian = self.columns.reshape(value.size, -1)
        return Linearized(value.ravel(), jacobian, effects, own)


def spread_gradient(rows: Rows, d: int, s: Floats) -> list[tuple[slice, Floats]]:
    """For each term its part of the parameters, and the gradient of s in it."""
    design, fit = rows.design, rows.fit
    twice = np.where(s > 0.0, 2.0 * s, np.inf)
    jacobians = covariance_jacobians(fit.design, fit.estimate.theta)
    blocks = zip(design.terms, jacobians, theta_positions(fit.design), strict=True)
    return [
        (part, np.column_stack([quadratic_form(term, m, effects) / twice for m in jacobian]))
        for term, jacobian, part in blocks
        if (effects := term.effects_of(d))
    ]


def blocks(design: Design, size: int = BLOCK) -> Iterator[Design]:
    """Consecutive rows of a design, some at a time."""
    if design.n <= size:
        yield design
        return
    for start in range(0, design.n, size):
        yield rows_of(design, slice(start, start + size))


def rows_of(design: Design, rows: Any) -> Design:
    """Some rows of a design."""

    def part(values: Any) -> Any:
        return None if values is None else values[rows]

    return replace(
        design,
        y=design.y[rows],
        extra=part(design.extra),
        weights=part(design.weights),
        fixed=tuple(x.part(rows) for x in design.fixed),
        offset=tuple(part(offset) for offset in design.offset),
        factors=tuple(replace(f, codes=f.codes[rows]) for f in design.factors),
        terms=tuple(replace(term, z=part(term.z)) for term in design.terms),
        rows=None,
    )
