"""Thresholds and baselines with fewer parameters than categories: linear maps to all of them."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from ...errors import ArgumentError
from .base import Array

__all__ = ["FLEXIBLE", "mapping_of"]

FLEXIBLE = "flexible"
Curve = tuple[tuple[str, ...], Array]


def _equidistant(n: int, degree: int) -> Curve:
    """``kappa_j = first + (j - 1) spacing``."""
    return ("first", "spacing"), np.column_stack([np.ones(n), np.arange(n, dtype=np.float64)])


def _symmetric(n: int, degree: int) -> Curve:
    """``kappa_j`` and ``kappa_(n + 1 - j)`` as far below and above a centre."""
    half = n // 2
    columns = [np.ones(n)]
    for k in range(half):
        distance = np.zeros(n)
        distance[half - 1 - k], distance[n - half + k] = -1.0, 1.0
        columns.append(distance)
    names = ("centre", *(f"distance {k + 1}" for k in range(half)))
    return names, np.column_stack(columns)


def _polynomial(n: int, degree: int) -> Curve:
    """A polynomial in the period, which counts from 1."""
    columns = [np.arange(1.0, n + 1.0) ** k for k in range(degree + 1)]
    names = ("Intercept", *(f"period^{k}" if k > 1 else "period" for k in range(1, degree + 1)))
    return names, np.column_stack(columns)


def _spline(n: int, degree: int) -> Curve:
    """A natural cubic spline of the period with so many degrees of freedom.

    Truncated powers with the constraints of linear ends (Hastie, Tibshirani and Friedman 2009,
    eq. 5.4), knots at equal distances.
    """
    period = np.arange(1.0, n + 1.0)
    knots = np.linspace(1.0, n, degree + 1)

    def bend(k: int) -> Array:
        cubes = (np.maximum(period - knot, 0.0) ** 3 for knot in (knots[k], knots[-1]))
        first, last = cubes
        return (first - last) / (knots[-1] - knots[k]) / n

    columns = [np.ones(n), period, *(bend(k) - bend(degree - 1) for k in range(degree - 1))]
    names = ("Intercept", *(f"spline {k}" for k in range(1, degree + 1)))
    return names, np.column_stack(columns)


CURVES: dict[str, Callable[[int, int], Curve]] = {
    "equidistant": _equidistant,
    "symmetric": _symmetric,
    "polynomial": _polynomial,
    "spline": _spline,
}


def mapping_of(structure: str, n: int) -> tuple[tuple[str, ...], tuple[tuple[float, ...], ...]]:
    """Names of the parameters of a curve through n values, and the map of a location and these.

    Parameters
    ----------
    structure : str
        "equidistant", "symmetric", "polynomial(k)" or "spline(k)".
    n : int

    Returns
    -------
    names : tuple of str
    mapping : tuple of tuple of float, shape (1 + n, 1 + len(names))
        From the location and the parameters to the location and the values.

    Raises
    ------
    ArgumentError
        For a structure that is not known, or has more parameters than values.

    Examples
    --------
    >>> mapping_of("equidistant", 3)[0]
    ('first', 'spacing')
    """
    found = re.fullmatch(r"(\w+?)(?:\((\d+)\))?", structure.replace(" ", ""))
    name, degree = (found[1], int(found[2] or 3)) if found else ("", 0)
    if name not in CURVES:
        raise ArgumentError(
            f"{structure!r} is no structure of thresholds or of a baseline; there are: "
            f"'{FLEXIBLE}', 'equidistant', 'symmetric', 'polynomial(3)', 'spline(3)'."
        )
    names, columns = CURVES[name](n, degree)
    if len(names) > n or np.linalg.matrix_rank(columns) < len(names):
        raise ArgumentError(
            f"{structure!r} has {len(names)} parameters for {n} values, which are too few to tell "
            f"them from; take a simpler one, or '{FLEXIBLE}'."
        )
    full = np.zeros((1 + n, 1 + len(names)))
    full[0, 0], full[1:, 1:] = 1.0, columns
    return names, tuple(tuple(row) for row in full.tolist())
