"""What a comparison of methods says, before it is laid out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..estimate.nodes import as_text, shortest
from ..results.methods import by_parameter, parameter_label
from .content import LIKELIHOODS, Content, Table
from .numbers import count, decimals_for, fixed, short_time
from .text import WIDTH, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..results.methods import Attempt, MethodResults

INTEGRATIONS = {
    "exact": "The marginal log-likelihood is exact.",
    "laplace": (
        "The marginal log-likelihood is Laplace's, for lack of a better one: it favours the "
        "estimates of method='laplace'."
    ),
}


def content(results: MethodResults) -> Content:
    """Everything the summary of a comparison says."""
    spec, design = results.spec, results.design
    levels = ", ".join(f"{factor.name} {count(factor.n_levels)}" for factor in design.factors)
    return Content(
        f"Methods compared: {spec.family} response, {spec.link} link",
        str(spec.formula),
        (("Rows", f"{count(design.n)} used"), ("Levels", levels or "no grouping factor")),
        (_methods(results), *_estimates(results)),
        tuple(_closing(results)),
        tuple(_note(attempt) for attempt in results.attempts if attempt.reason),
    )


def _methods(results: MethodResults) -> Table:
    own = np.array([np.nan if a.fit is None else a.fit.llf for a in results.attempts])
    rows = zip(
        [_name(a) for a in results.attempts],
        [_state(a) for a in results.attempts],
        [a.nodes for a in results.attempts],
        fixed(own, 3),
        fixed(results.marginal_llf, 3),
        ["" if a.fit is None else short_time(a.seconds) for a in results.attempts],
        strict=True,
    )
    header = ("Method", "", "Nodes", "Own log-lik.", "Marginal log-lik.", "Time")
    return Table("Methods", header, tuple(rows), 2)


def _note(attempt: Attempt) -> str:
    named = attempt.reason.startswith(f"method='{attempt.method}'")
    return attempt.reason if named else f"{attempt.method}: {attempt.reason}"


def _name(attempt: Attempt) -> str:
    """The method, and what it came to if that is another."""
    if attempt.fit is None or attempt.fit.method == attempt.method:
        return attempt.method
    return f"{attempt.method} ({attempt.fit.method})"


def _state(attempt: Attempt) -> str:
    if attempt.fit is None:
        return "no fit"
    if not attempt.converged:
        return "not converged"
    return "singular" if attempt.fit.singular else ""


def _estimates(results: MethodResults) -> Iterator[Table]:
    """Parameters down, methods across, standard errors below; in blocks that fit a line."""
    cells = _cells(results)
    labels = [cell for label in cells for cell in (shorten(label), "")]
    names = list(results.fits)
    texts = [text for row in cells.values() for pair in row for text in pair]
    room = WIDTH - 4 - max(map(len, labels), default=0)
    per_block = max(1, room // (2 + max(map(len, [*names, *texts]), default=0)))
    for first in range(0, len(names), per_block):
        block = names[first : first + per_block]
        columns = [[text for row in cells.values() for text in row[names.index(n)]] for n in block]
        rows = tuple(zip(labels, *columns, strict=True))
        title = "Estimates (standard errors)" + (", continued" if first else "")
        yield Table(title, ("", *block), rows, 1)


def _cells(results: MethodResults) -> dict[str, list[tuple[str, str]]]:
    """For each parameter the estimate and standard error of each method, as text."""
    columns = results.parameters()
    names = list(results.fits)
    found = {}
    for key, rows in by_parameter(columns).items():
        decimals = decimals_for(np.append(columns["se"][rows], columns["estimate"][rows]))
        texts = dict.fromkeys(names, ("", ""))
        values = zip(
            columns["method"][rows],
            fixed(columns["estimate"][rows], decimals),
            fixed(columns["se"][rows], decimals),
            strict=True,
        )
        texts.update({method: (value, f"({se})" if se else "") for method, value, se in values})
        found[parameter_label(key)] = [texts[name] for name in names]
    return found


def _closing(results: MethodResults) -> Iterator[str]:
    used = {fit.method for fit in results.fits.values()}
    for method in sorted(used & LIKELIHOODS.keys()):
        words = LIKELIHOODS[method]
        yield f"What {method} has for a log-likelihood of its own is: {words}."
    if results.best is None:
        return
    scale = results.scale
    if scale.nodes is None:
        yield INTEGRATIONS[scale.integration]
        return
    yield (
        "The marginal log-likelihood is that of each row's estimates by adaptive quadrature with "
        f"{as_text(shortest(scale.nodes))} nodes; the rule before differed by at most "
        f"{scale.error:.1g}."
    )
