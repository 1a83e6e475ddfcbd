"""What a table says of each fit as a whole: one row of `STATISTICS` each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ...errors import ArgumentError
from ..content import observations
from ..numbers import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...results.fit import FitResults


def _two(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.2f}"


def _nodes(fit: FitResults) -> str:
    nodes = fit.nodes
    if isinstance(nodes, dict):
        return ", ".join(f"{name} {k}" for name, k in nodes.items())
    return "" if nodes is None else str(nodes)


def _rows(fit: FitResults) -> str:
    cases = fit.design.distribution.has_cases
    return observations(fit) if cases else count(fit.nobs)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


STATISTICS: dict[str, tuple[str, Callable[[FitResults], str]]] = {
    "response": ("Response", lambda fit: fit.spec.response),
    "family": ("Family", lambda fit: fit.spec.family),
    "link": ("Link", lambda fit: fit.spec.link),
    "nobs": ("Rows", _rows),
    "llf": ("Log-likelihood", lambda fit: _two(fit.llf)),
    "aic": ("AIC", lambda fit: _two(fit.aic)),
    "bic": ("BIC", lambda fit: _two(fit.bic)),
    "df": ("Parameters", lambda fit: str(fit.df_model)),
    "method": ("Method", lambda fit: fit.method),
    "nodes": ("Nodes", _nodes),
    "converged": ("Converged", lambda fit: _yes(fit.converged)),
    "singular": ("Singular", lambda fit: _yes(fit.singular)),
}

USUAL = ("nobs", "groups", "llf", "aic", "bic", "method", "nodes", "converged")
GROUPS = "groups"


def statistics(
    fits: Sequence[FitResults], wanted: Sequence[str]
) -> list[tuple[str, tuple[str, ...]]]:
    """Labelled rows with a cell for each fit; "groups" is a row for each grouping factor.

    Raises
    ------
    ArgumentError
        For a name that is none of the statistics.
    """
    rows: list[tuple[str, tuple[str, ...]]] = []
    for name in wanted:
        if name == GROUPS:
            rows += _groups(fits)
        elif name in STATISTICS:
            label, value = STATISTICS[name]
            rows.append((label, tuple(value(fit) for fit in fits)))
        else:
            known = ", ".join(map(repr, [*STATISTICS, GROUPS]))
            raise ArgumentError(f"statistics= holds {name!r}, which is not one of {known}.")
    return [row for row in rows if any(row[1])]


def _groups(fits: Sequence[FitResults]) -> list[tuple[str, tuple[str, ...]]]:
    names = dict.fromkeys(name for fit in fits for name in fit.n_groups)
    return [
        (f"Levels of {name}", tuple(_levels(fit.n_groups.get(name)) for fit in fits))
        for name in names
    ]


def _levels(number: int | None) -> str:
    return "" if number is None else count(number)
