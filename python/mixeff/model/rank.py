"""Columns that depend on earlier ones.

Columns are centred (where the first one is an intercept) and scaled before they are judged, so the
answer depends neither on their units nor on where their zero lies. As in R, the later column loses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .columnwise import ModelMatrix

__all__ = ["Dependence", "dependent_columns"]

Array = NDArray[np.float64]

TOLERANCE = 1e-7
"""A column depends on others if less than this part of its length is its own, as in R's lm()."""

_CLEAR = 1e-3  # far above the rounding error of a cross-product
_NEGLIGIBLE = 1e-7
_SAMPLE = 2000
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Dependence:
    """A column that depends on earlier ones.

    Attributes
    ----------
    column : int
    on : tuple of int
        The earlier columns whose combination it is; the first column alone if it is constant.
    """

    column: int
    on: tuple[int, ...]


def dependent_columns(x: ModelMatrix) -> tuple[Dependence, ...]:
    """Find the columns that are combinations of earlier ones.

    Parameters
    ----------
    x : ModelMatrix

    Returns
    -------
    tuple of Dependence
        Empty for a matrix of full rank.

    Notes
    -----
    If a part of the rows has full rank, so has the whole: usually some 2000 rows settle it. Only
    otherwise is the whole matrix reduced to its triangular factor, by orthogonal steps.

    Examples
    --------
    >>> x = np.column_stack([np.ones(4), np.arange(4.0), 2 * np.arange(4.0) + 1])
    >>> dependent_columns(ModelMatrix.of(x))
    (Dependence(column=2, on=(0, 1)),)
    """
    n, p = x.shape
    if p == 0 or n == 0:
        return ()
    centred = x.has_intercept
    part = x.rows(slice(None, None, max(1, n // max(_SAMPLE, 20 * p))))
    if _is_clearly_full(part, centred):
        return ()
    if len(part) < n and _is_clearly_full(x.array, centred):
        return ()
    return _exact(x.array, centred)


def _is_clearly_full(x: Array, centred: bool) -> bool:
    if len(x) <= x.shape[1]:
        return False
    gram, raw = _cross_products(x, centred)
    length = np.sqrt(np.diagonal(gram))
    if not np.all(length > _NEGLIGIBLE * np.sqrt(raw)):
        return False
    try:
        own = np.diagonal(np.linalg.cholesky(gram / np.outer(length, length)))
    except np.linalg.LinAlgError:
        return False
    return bool(np.all(own > _CLEAR))


def _cross_products(x: Array, centred: bool) -> tuple[Array, Array]:
    """Cross-products of the columns, centred without the first if asked, and squared lengths."""
    shift = x[:_SAMPLE, 1:].mean(axis=0) if centred else np.zeros(x.shape[1])
    gram = np.zeros((len(shift), len(shift)))
    total = np.zeros(len(shift))
    for start in range(0, len(x), _CHUNK):
        rows = x[start : start + _CHUNK, 1 if centred else 0 :] - shift
        gram += rows.T @ rows
        total += rows.sum(axis=0)
    raw = np.diagonal(gram) + 2 * shift * total + len(x) * np.square(shift)
    return (gram - np.outer(total, total) / len(x) if centred else gram), raw


def _exact(x: Array, centred: bool) -> tuple[Dependence, ...]:
    shift = np.where(np.arange(x.shape[1]) > 0, x.mean(axis=0), 0.0) if centred else None
    scale = _lengths(x, shift)
    triangle = _triangle(x, shift, scale)
    basis = np.zeros((len(triangle), 0))
    independent: list[int] = []
    found: list[Dependence] = []
    for j, column in enumerate(triangle.T):
        own = column - basis @ (basis.T @ column)
        own -= basis @ (basis.T @ own)
        length = float(np.linalg.norm(own))
        if length > TOLERANCE:
            basis = np.column_stack([basis, own / length])
            independent.append(j)
        else:
            found.append(Dependence(j, _causes(triangle, independent, j, centred)))
    return tuple(found)


def _lengths(x: Array, shift: Array | None) -> Array:
    """Lengths of the (centred) columns; infinite for those that are zero but for rounding."""
    length = np.empty(x.shape[1])
    for j in range(x.shape[1]):
        column = x[:, j] if shift is None else x[:, j] - shift[j]
        length[j] = np.linalg.norm(column)
        if length[j] <= 1e-13 * np.linalg.norm(x[:, j]) or length[j] == 0:
            length[j] = np.inf
    return length


def _triangle(x: Array, shift: Array | None, scale: Array) -> Array:
    """Triangular factor of the scaled matrix, chunk by chunk."""
    triangle = np.zeros((0, x.shape[1]))
    for start in range(0, len(x), _CHUNK):
        rows = x[start : start + _CHUNK]
        rows = (rows if shift is None else rows - shift) / scale
        triangle = np.asarray(np.linalg.qr(np.vstack([triangle, rows]), mode="r"))
    return triangle


def _causes(triangle: Array, independent: list[int], j: int, centred: bool) -> tuple[int, ...]:
    if not independent or not np.any(triangle[:, j]):
        return tuple(independent[:1])
    weight = np.linalg.lstsq(triangle[:, independent], triangle[:, j], rcond=None)[0]
    used = [k for k, w in zip(independent, weight, strict=True) if abs(w) > 1e-6]
    return (0, *(k for k in used if k != 0)) if centred else tuple(used)
