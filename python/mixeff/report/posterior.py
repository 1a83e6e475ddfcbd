"""What a summary says of a posterior: means, intervals and diagnostics, and the priors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..estimate.bayes import as_prior, assign
from ..results.credible import DIAGNOSTICS
from ..results.parameters import percent
from ..results.tables import predictor_name, tidy
from .numbers import count, decimals_for, fixed
from .values import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..estimate.bayes import Draws
    from ..results.fit import FitResults


def sampling(draws: Draws) -> str:
    """How the draws were made."""
    settings = draws.settings
    return (
        f"{settings['chains']} chains of {count(int(settings['draws'] or 0))} draws after "
        f"{count(int(settings['warmup'] or 0))} of warm-up, seed {draws.seed}"
    )


def posterior_tables(fit: FitResults, draws: Draws, level: float) -> tuple[Table, ...]:
    """Random effects, fixed effects of each predictor, and the priors."""
    columns = tidy(fit.design, fit.estimate, level)
    random = columns["effect"] == "random"
    tables = [_random_table(columns, random, level)] if random.any() else []
    for component in dict.fromkeys(columns["component"][~random]):
        rows = ~random & (columns["component"] == component)
        tables.append(_fixed_table(fit, columns, rows, str(component), level))
    return (*tables, _priors(fit, draws))


def _random_table(columns: Mapping[str, Any], rows: np.ndarray, level: float) -> Table:
    words = [[str(x) for x in columns[name][rows]] for name in ("group", "term")]
    return _table("Random effects", ("Group", "Effect"), words, columns, rows, level)


def _fixed_table(
    fit: FitResults, columns: Mapping[str, Any], rows: np.ndarray, component: str, level: float
) -> Table:
    main = component == predictor_name(fit.design, 0)
    title = "Fixed effects" if main else f"Fixed effects of the {component} (log scale)"
    return _table(title, ("",), [[str(x) for x in columns["term"][rows]]], columns, rows, level)


def _table(
    title: str,
    labels: tuple[str, ...],
    words: list[list[str]],
    columns: Mapping[str, Any],
    rows: np.ndarray,
    level: float,
) -> Table:
    decimals = decimals_for(columns["std_error"][rows])
    names = ("estimate", "std_error", "conf_low", "conf_high")
    cells = [fixed(columns[name][rows], decimals) for name in names]
    r_hat, bulk, tail = (columns[name][rows] for name in DIAGNOSTICS)
    sizes = [[f"{x:.0f}" for x in size] for size in (bulk, tail)]
    tails = percent(0.5 - level / 2.0), percent(0.5 + level / 2.0)
    header = (*labels, "Mean", "SD", *tails, "R-hat", "ESS bulk", "ESS tail")
    body = zip(*words, *cells, fixed(r_hat, 3), *sizes, strict=True)
    return Table(title, header, tuple(body), len(labels))


def _priors(fit: FitResults, draws: Draws) -> Table:
    """The prior of everything that has one; those not given are marked as defaults."""
    own = {a.slot.keys[-1]: a for a in assign(fit.design, None)}
    rows = []
    for key, text in draws.priors.items():
        default = key in own and own[key].prior.exactly() == text
        prior = as_prior(text)
        about = own[key].slot.about(prior) if key in own else key
        rows.append((about, str(prior), "default" if default else "given"))
    return Table("Priors", ("Of", "Prior", ""), tuple(rows), 3)
