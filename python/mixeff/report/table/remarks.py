"""What a reader must know before comparing the fits of a table."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

import numpy as np

from ..numbers import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...results.fit import FitResults

    Named = Sequence[tuple[str, FitResults]]

Fact = Callable[["FitResults"], Hashable]

# What should be the same in all models, and what to say where it is not.
SAME: tuple[tuple[Fact, str], ...] = (
    (
        lambda fit: fit.spec.response,
        "The models have different responses ({}): neither their log-likelihoods nor AIC nor BIC "
        "compare.",
    ),
    (
        lambda fit: f"{count(fit.nobs)} rows",
        "The models were fitted to different rows ({}): neither their log-likelihoods nor AIC nor "
        "BIC compare. Fit all to the rows that are complete for all.",
    ),
    (
        lambda fit: f"{fit.spec.link} link",
        "The coefficients stand on different scales ({}) and their sizes do not compare.",
    ),
)


def remarks(named: Named) -> tuple[str, ...]:
    """Notes on what differs between the fits, and on each that needs a word of caution."""
    named = [(name or "The model", fit) for name, fit in named]  # one fit alone has no name
    return (*_differences(named), *_likelihoods(named), *_cautions(named))


def _differences(named: Named) -> Iterator[str]:
    for fact, sentence in SAME:
        values = list(dict.fromkeys(str(fact(fit)) for _, fit in named))
        if len(values) > 1:
            yield sentence.format("; ".join(values))


def _likelihoods(named: Named) -> Iterator[str]:
    for applies, words in LIKELIHOODS:
        own = [name for name, fit in named if applies(fit)]
        if own:
            yield f"{', '.join(own)}: {words}."


LIKELIHOODS: tuple[tuple[Callable[[FitResults], bool], str], ...] = (
    (
        lambda fit: fit.method == "reml",
        "the log-likelihood is that of REML, which compares only between REML fits with the same "
        "fixed effects",
    ),
    (
        lambda fit: fit.method == "conditional",
        "the log-likelihood is the conditional one, which compares only between such fits",
    ),
    (
        lambda fit: fit.estimate.draws is not None,
        "posterior means, standard deviations and quantiles",
    ),
    (lambda fit: bool(np.isnan(fit.llf)), "quasi-likelihood, which has no log-likelihood"),
)


def _cautions(named: Named) -> Iterator[str]:
    for name, fit in named:
        if not fit.converged:
            yield f"{name} did not converge: {fit.estimate.reason}."
        elif fit.singular:
            yield f"{name} is singular: a variance is zero, or a correlation is one."
