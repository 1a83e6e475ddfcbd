"""Contrasts between the rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from ..errors import ArgumentError

MOST = 2000  # contrasts

Named = list[tuple[str, np.ndarray]]


def _differences(labels: Sequence[str], pairs: Sequence[tuple[int, int]]) -> Named:
    """The later of each pair less the earlier."""
    named = []
    for low, high in pairs:
        weights = np.zeros(len(labels))
        weights[high], weights[low] = 1.0, -1.0
        named.append((f"{labels[high]} - {labels[low]}", weights))
    return named


def _reference(labels: Sequence[str]) -> Named:
    return _differences(labels, [(0, k) for k in range(1, len(labels))])


def _pairwise(labels: Sequence[str]) -> Named:
    return _differences(labels, list(combinations(range(len(labels)), 2)))


def _sequential(labels: Sequence[str]) -> Named:
    return _differences(labels, [(k - 1, k) for k in range(1, len(labels))])


def _mean(labels: Sequence[str]) -> Named:
    """Each row against the mean of all."""
    n = len(labels)
    return [(f"{label} - mean", np.eye(n)[k] - 1.0 / n) for k, label in enumerate(labels)]


HYPOTHESES: dict[str, Callable[[Sequence[str]], Named]] = {
    "reference": _reference,
    "pairwise": _pairwise,
    "sequential": _sequential,
    "mean": _mean,
}


def split(hypothesis: Any) -> tuple[Any, list[str]]:
    """What is contrasted, and the columns within whose values: ``"pairwise | sex"``."""
    if not isinstance(hypothesis, str):
        return hypothesis, []
    rule, _, within = hypothesis.partition("|")
    return rule.strip(), [name.strip() for name in within.split("+") if name.strip()]


def contrasts(rule: Any, labels: Sequence[str]) -> Named:
    """The contrasts of the rows of one stratum.

    Parameters
    ----------
    rule : str, mapping of str to sequence, or matrix
        A key of `HYPOTHESES`; weights of the rows by name; or a column of weights for each
        contrast.
    labels : sequence of str
        Of the rows.

    Raises
    ------
    ArgumentError
        For a rule that does not fit the rows.
    """
    if isinstance(rule, str):
        return _by_rule(rule, labels)
    if isinstance(rule, Mapping):
        return [(str(name), _weights(name, w, labels)) for name, w in rule.items()]
    matrix = np.asarray(rule, dtype=np.float64)
    columns = matrix[:, None] if matrix.ndim == 1 else matrix
    return [
        (f"contrast {k + 1}", _weights(k, column, labels)) for k, column in enumerate(columns.T)
    ]


def _by_rule(rule: str, labels: Sequence[str]) -> Named:
    if rule not in HYPOTHESES:
        raise ArgumentError(
            f"hypothesis={rule!r} is not one of {', '.join(map(repr, HYPOTHESES))}; it may also be "
            "a mapping from names to weights of the rows."
        )
    m = len(labels)
    if len(labels) * (m - 1) // 2 > MOST and rule == "pairwise":
        raise ArgumentError(
            f"hypothesis='pairwise' would make {m * (m - 1) // 2} contrasts of {m} rows: average "
            "first with by=, or predict on a grid."
        )
    return HYPOTHESES[rule](labels)


def _weights(name: Any, weights: Any, labels: Sequence[str]) -> np.ndarray:
    values = np.asarray(weights, dtype=np.float64)
    if values.shape != (len(labels),):
        raise ArgumentError(
            f"hypothesis: contrast {name!r} has {values.size} weights for {len(labels)} rows, "
            f"which are: {', '.join(labels[:8])}{', ...' if len(labels) > 8 else ''}."
        )
    return values
