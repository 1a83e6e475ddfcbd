"""Parameters as users know them, each a coordinate that can be held: SDs and angles for theta.

Row i of a Cholesky factor is its standard deviation times a vector of length one, which angles
in [0, pi] describe; the first angle's cosine is the correlation with the first effect.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from .bayes.posterior import RESIDUAL_SD, residual_sd
from .covariance import entries, theta_slices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..model.design import Design, RandomTerm
    from .values import Floats


@dataclass(frozen=True)
class Coordinate:
    """One parameter.

    Attributes
    ----------
    name : str
        As in draws: ``x``, ``dispersion:x``, ``sd(x | g)``, ``cor(a, b | g)``; empty for an angle
        that is no correlation.
    shown : callable
        From the coordinate to the parameter: the exponential for a residual standard deviation,
        the cosine for a correlation.
    ends : tuple of float
        Where the coordinate ends.
    """

    name: str
    shown: Callable[[Floats], Floats] = np.array
    ends: tuple[float, float] = (-np.inf, np.inf)


@dataclass(frozen=True)
class Coordinates:
    """The map between coordinates and (beta, theta) of a design."""

    design: Design
    with_theta: bool = True

    @cached_property
    def every(self) -> tuple[Coordinate, ...]:
        """The coordinates, coefficients first."""
        random = (c for term in self.terms for c in _of_term(self.design, term))
        return (*_coefficients(self.design), *random)

    @property
    def terms(self) -> tuple[RandomTerm, ...]:
        """The terms whose parameters are coordinates."""
        return self.design.terms if self.with_theta else ()

    def position(self, name: str) -> int:
        """Where a parameter is among the coordinates."""
        return [c.name for c in self.every].index(name)

    @property
    def n_beta(self) -> int:
        """Number of coefficients."""
        return sum(len(names) for names in self.design.x_names)

    def of(self, beta: Floats, theta: Floats) -> Floats:
        """Coordinates of parameters."""
        parts = [beta]
        for term, part in self._parts():
            factor = np.zeros((term.size, term.size))
            factor[entries(term)] = theta[part]
            parts.append(_from_factor(term, factor))
        return np.concatenate(parts)

    def parameters(self, at: Floats) -> tuple[Floats, Floats, Floats]:
        """Beta, theta, and the derivatives of both, stacked, by the coordinates."""
        n = self.n_beta
        jacobian = np.zeros((len(at), len(at)))
        jacobian[:n, :n] = np.eye(n)
        theta = np.empty(len(at) - n)
        for term, part in self._parts():
            own = slice(n + part.start, n + part.stop)
            theta[part], jacobian[own, own] = _to_theta(term, at[own])
        return at[:n], theta, jacobian

    def _parts(self) -> Iterator[tuple[RandomTerm, slice]]:
        if self.with_theta:
            yield from zip(self.design.terms, theta_slices(self.design), strict=True)


def _coefficients(design: Design) -> Iterator[Coordinate]:
    predictors = design.distribution.predictors
    for d, columns in enumerate(design.x_names):
        for column in columns:
            if d > 0 and residual_sd(design, d):
                yield Coordinate(RESIDUAL_SD, np.exp)
            else:
                yield Coordinate(column if d == 0 else f"{predictors[d]}:{column}")


def _of_term(design: Design, term: RandomTerm) -> Iterator[Coordinate]:
    group = design.factors[term.factor].name
    for name in term.names:
        yield Coordinate(f"sd({name} | {group})", ends=(0.0, np.inf))
    if term.structure == "diagonal":
        return
    for i in range(1, term.size):
        name = correlation_name(term.names[0], term.names[i], group)
        yield Coordinate(name, np.cos, (0.0, np.pi))
        yield from (Coordinate("", ends=(0.0, np.pi)) for _ in range(i - 1))


def correlation_name(first: str, second: str, group: str) -> str:
    """As in draws."""
    return f"cor({first}, {second} | {group})"


def _from_factor(term: RandomTerm, factor: Floats) -> Floats:
    sd = np.sqrt(np.square(factor).sum(axis=1))
    if term.structure == "diagonal":
        return sd
    angles = [
        np.pi / 2 * np.ones(i) if sd[i] == 0.0 else _angles(factor[i, : i + 1])
        for i in range(1, term.size)
    ]
    return np.concatenate([sd, *angles])


def _angles(row: Floats) -> Floats:
    rest = np.sqrt(np.cumsum(np.square(row[::-1]))[::-1])
    return np.arctan2(rest[1:], row[:-1])


def _to_theta(term: RandomTerm, at: Floats) -> tuple[Floats, Floats]:
    """Entries of the factor, and their derivatives by standard deviations and angles."""
    p = term.size
    if term.structure == "diagonal":
        return at, np.eye(p)
    factor, slopes, k = np.zeros((p, p)), np.zeros((len(at), p, p)), p
    for i in range(p):
        row, turn = _direction(at[k : k + i])
        factor[i, : i + 1] = at[i] * row
        slopes[i, i, : i + 1] = row
        slopes[k : k + i, i, : i + 1] = at[i] * turn
        k += i
    rows, columns = entries(term)
    return factor[rows, columns], slopes[:, rows, columns].T


def _direction(angles: Floats) -> tuple[Floats, Floats]:
    """A vector of length one with its derivatives by the angles."""
    m = len(angles)
    j, k = np.indices((m + 1, m))
    cos, sin = np.cos(angles), np.sin(angles)
    parts = np.where(k < j, sin, np.where(k == j, cos, 1.0))
    moved = np.where(k < j, cos, np.where(k == j, -sin, 0.0))
    turn = np.empty((m, m + 1))
    for a in range(m):
        turn[a] = np.prod(np.where(k == a, moved, parts), axis=1)
    return np.prod(parts, axis=1), turn
