"""One likelihood for the estimates of every method, so that they can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .auto import Ladder
from .linear import laplace_is_exact
from .marginal import loglik_marginal
from .nodes import as_text, shortest
from .quadrature import USUAL_POINTS, joint_points, refuses_quadrature

if TYPE_CHECKING:
    from ..model.design import Design
    from .method import Start
    from .values import Floats

SETTLED = 1e-4
"""Change of every log-likelihood from one rule to the next finer at which to stop."""


@dataclass(frozen=True)
class Scale:
    """The marginal log-likelihood at several estimates, integrated in one way.

    Attributes
    ----------
    values : ndarray
        One for each estimate.
    nodes : tuple of int or None
        Points of adaptive quadrature, one number for each grouping factor; None for Laplace.
    error : float
        Largest difference from the values of the rule before; zero where Laplace is exact, NaN
        where nothing better than Laplace is to be had.
    """

    values: Floats
    nodes: tuple[int, ...] | None
    error: float

    @property
    def integration(self) -> str:
        """How, in a word: ``exact``, ``laplace``, ``agq 15``, ``agq 9 x 15``."""
        if self.nodes is None:
            return "exact" if self.error == 0.0 else "laplace"
        return f"agq {as_text(shortest(self.nodes))}"


def common_scale(design: Design, estimates: Sequence[Start]) -> Scale:
    """Marginal log-likelihoods by the most accurate integration that the model allows.

    Adaptive quadrature takes more and more nodes, for all estimates the same, until no value moves
    by more than `SETTLED`, or the joint points of all levels would be more than `USUAL_POINTS`.

    Parameters
    ----------
    design : Design
        The model as arrays.
    estimates : sequence of pairs of ndarray
        ``(beta, theta)`` of each method.

    Returns
    -------
    Scale
    """
    laplace = _values(design, estimates, None)
    if laplace_is_exact(design):
        return Scale(laplace, None, 0.0)
    if refuses_quadrature(design) is not None:
        return Scale(laplace, None, float("nan"))
    return _climbed(design, estimates, laplace)


def _climbed(design: Design, estimates: Sequence[Start], values: Floats) -> Scale:
    ladder, nodes, error = Ladder(design), (1,) * len(design.factors), np.inf
    while error > SETTLED:
        finer = ladder.all_finer(nodes)
        if finer is None or joint_points(design, finer) > USUAL_POINTS:
            break
        before, nodes = values, finer
        values = _values(design, estimates, nodes)
        error = _largest_change(before, values)
    return Scale(values, nodes, error)


def _values(design: Design, estimates: Sequence[Start], nodes: Sequence[int] | None) -> Floats:
    return np.array([loglik_marginal(design, *each, nodes)[0] for each in estimates])


def _largest_change(before: Floats, after: Floats) -> float:
    """Estimates outside the domain are minus infinity by every rule."""
    inside = np.isfinite(before) | np.isfinite(after)
    return float(np.max(np.abs(after[inside] - before[inside]), initial=0.0))
