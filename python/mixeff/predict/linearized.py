"""Values with their derivatives, which carry uncertainty through every further step.

A prediction is a function of the parameters (beta, theta) and, for known clusters, of the random
effects b. To first order all that follows from it (an average, a difference, a logarithm) is a
matrix times its derivatives, and its variance by the delta method is

    J V J' + R C R' + own,

with V the covariance of the parameters, C that of b given the parameters, and ``own`` variances
that no other value shares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ..estimate.values import Floats
    from ..model.links import Link

    Pair = tuple[Floats, Floats]


@dataclass(frozen=True, eq=False)
class Linearized:
    """Values and their derivatives.

    Attributes
    ----------
    value : ndarray, shape (N,)
    jacobian : ndarray, shape (N, parameters)
        Derivatives in (beta, theta).
    effects : sparse matrix, shape (N, q), or None
        Derivatives in the random effects, where they are uncertain.
    own : ndarray, shape (N,), or None
        Variance of each value that is neither of parameters nor of known random effects.
    """

    value: Floats
    jacobian: Floats
    effects: Any = None
    own: Floats | None = None

    def follow(self, value: Floats, matrix: Any) -> Linearized:
        """Values that depend on these, by the matrix of the derivatives.

        Parameters
        ----------
        value : ndarray, shape (M,)
        matrix : sparse matrix, shape (M, N)

        Returns
        -------
        Linearized
        """
        effects = None if self.effects is None else (matrix @ self.effects).tocsr()
        own = None if self.own is None else matrix.multiply(matrix) @ self.own
        return Linearized(value, np.asarray(matrix @ self.jacobian), effects, own)

    def combine(self, matrix: Any) -> Linearized:
        """Linear combinations, one for each row of a matrix."""
        return self.follow(np.asarray(matrix @ self.value), matrix)

    def through(self, value: Floats, slope: Floats) -> Linearized:
        """A function of each value, by its values and its derivatives."""
        from scipy.sparse import diags

        effects = None if self.effects is None else (diags(slope) @ self.effects).tocsr()
        own = None if self.own is None else np.square(slope) * self.own
        return Linearized(value, slope[:, None] * self.jacobian, effects, own)

    def to_line(self, link: Link) -> Linearized:
        """The values on the scale of a link; those at an end of its range stay there."""
        with np.errstate(divide="ignore", invalid="ignore"):
            eta = link.link(self.value)
            slope = 1.0 / link.inverse_derivative(eta)
        return self.through(eta, np.where(np.isfinite(slope), slope, 0.0))

    def from_line(self, link: Link) -> Linearized:
        """The values back from the scale of a link."""
        return self.through(link.inverse(self.value), link.inverse_derivative(self.value))

    def rows(self, index: Any) -> Linearized:
        """Some of the values."""
        effects = None if self.effects is None else self.effects[index]
        own = None if self.own is None else self.own[index]
        return Linearized(self.value[index], self.jacobian[index], effects, own)


def of_two(value: Floats, first: Linearized, second: Linearized, slopes: Pair) -> Linearized:
    """A function of two values of the same rows, by its values and its two derivatives."""
    a, b = first.through(value, slopes[0]), second.through(value, slopes[1])
    effects = None if a.effects is None else (a.effects + b.effects).tocsr()
    own = None if a.own is None or b.own is None else a.own + b.own
    return Linearized(value, a.jacobian + b.jacobian, effects, own)


def stacked(parts: Sequence[Linearized]) -> Linearized:
    """Values one after the other."""
    from scipy.sparse import vstack

    first = parts[0]
    return Linearized(
        np.concatenate([p.value for p in parts]),
        np.concatenate([p.jacobian for p in parts]),
        None if first.effects is None else vstack([p.effects for p in parts]).tocsr(),
        None if first.own is None else np.concatenate([np.asarray(p.own) for p in parts]),
    )
