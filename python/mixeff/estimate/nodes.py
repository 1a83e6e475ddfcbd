"""Numbers of quadrature nodes: one for all levels of a model, or one for each grouping factor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from ..errors import ArgumentError

if TYPE_CHECKING:
    from ..model.design import Design

Nodes = int | Mapping[str, int] | Sequence[int]
"""What the user may give: one number, or one for each grouping factor by name or in order."""


def nodes_per_factor(design: Design, nodes: Nodes) -> tuple[int, ...]:
    """The number of nodes of each grouping factor, in the order of ``design.factors``.

    Parameters
    ----------
    design : Design
        The model as arrays.
    nodes : int, mapping or sequence
        One number for all grouping factors; a mapping from their names; or a sequence in the order
        in which they stand in the model: ``(1 | a/b)`` is ``a``, then ``a:b``.

    Raises
    ------
    ArgumentError
        For numbers that are not whole or not positive, and for other factors than the model's.
    """
    names = [factor.name for factor in design.factors]
    if isinstance(nodes, Mapping):
        return _by_name(nodes, names)
    if isinstance(nodes, Sequence | np.ndarray) and not isinstance(nodes, str):
        if len(nodes) != len(names):
            raise ArgumentError(
                f"nodes has {len(nodes)} numbers and the model {len(names)} grouping factors: give "
                f"one number for each, in the order {', '.join(names)}."
            )
        return tuple(_whole(k) for k in nodes)
    return (_whole(nodes),) * len(names)


def _by_name(nodes: Mapping[str, int], names: list[str]) -> tuple[int, ...]:
    if set(nodes) != set(names):
        raise ArgumentError(
            f"nodes names {', '.join(map(repr, nodes))}; give a number for each grouping factor of "
            f"the model: {', '.join(map(repr, names))}."
        )
    return tuple(_whole(nodes[name]) for name in names)


def _whole(nodes: Any) -> int:
    if not _is_whole(nodes) or nodes < 1:
        raise ArgumentError(f"nodes must be a whole number of at least 1, not {nodes!r}.")
    return int(nodes)


def _is_whole(nodes: Any) -> TypeGuard[int]:
    return isinstance(nodes, int | np.integer) and not isinstance(nodes, bool)


def shortest(nodes: Sequence[int]) -> int | tuple[int, ...]:
    """One number where all are the same."""
    return nodes[0] if len(set(nodes)) == 1 else tuple(nodes)


def as_text(nodes: int | Sequence[int] | None) -> str:
    """Numbers of nodes as ``15`` or ``9 x 15``; empty if there are none."""
    if nodes is None:
        return ""
    return str(nodes) if isinstance(nodes, int) else " x ".join(map(str, nodes))


def named(design: Design, nodes: int | Sequence[int] | None) -> int | dict[str, int] | None:
    """Numbers of nodes that differ, by the names of their grouping factors."""
    if nodes is None or isinstance(nodes, int):
        return nodes
    return {factor.name: int(k) for factor, k in zip(design.factors, nodes, strict=True)}
