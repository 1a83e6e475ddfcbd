"""broom's three tables: tidy (parameters), glance (the model), augment (the rows)."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from .coefficients import coefficient_table
from .credible import coefficient_draws, correlation_draws, diagnosed, sd_draws
from .linear import conditional_eta, fitted_mean, fixed_part
from .residuals import residuals
from .variance import RESIDUAL, correlations, has_residual_variance, standard_deviations

if TYPE_CHECKING:
    from ..estimate.bayes import Draws
    from ..estimate.values import Estimate
    from ..model.design import Design
    from .fitted import Fitted

Columns = dict[str, np.ndarray]

TIDY = (
    "effect",
    "component",
    "group",
    "term",
    "estimate",
    "std_error",
    "statistic",
    "p_value",
    "conf_low",
    "conf_high",
)


def tidy(design: Design, estimate: Estimate, level: float) -> Columns:
    """One row per parameter: coefficients of every predictor, then SDs and correlations."""
    parts = [_fixed_rows(design, estimate, level, d) for d in shown_predictors(design)]
    parts.append(_sd_rows(standard_deviations(design, estimate, level), design))
    parts.append(_correlation_rows(correlations(design, estimate, level), design))
    columns = {name: np.concatenate([part[name] for part in parts]) for name in TIDY}
    return columns if estimate.draws is None else columns | _diagnostics(design, estimate.draws)


def _diagnostics(design: Design, draws: Draws) -> Columns:
    """R-hat and effective sample sizes of the rows of ``tidy``."""
    parts = [coefficient_draws(design, draws, d) for d in shown_predictors(design)]
    parts += [sd_draws(design, draws), correlation_draws(design, draws)]
    return diagnosed(np.concatenate(parts, axis=2))


def shown_predictors(design: Design) -> list[int]:
    """Predictors with a table of coefficients; a lone residual variance is shown as an SD."""
    every = range(len(design.x_names))
    return [d for d in every if d == 0 or not has_residual_variance(design)]


def predictor_name(design: Design, predictor: int) -> str:
    """What a linear predictor is of: ``mean``, ``dispersion``."""
    return design.distribution.predictors[predictor]


def group_of(design: Design, predictor: int) -> str | None:
    """What a linear predictor is one of, such as ``thresholds``."""
    return design.distribution.further[predictor - 1].group if predictor else None


def _fixed_rows(design: Design, estimate: Estimate, level: float, predictor: int) -> Columns:
    table = coefficient_table(design, estimate, level, predictor)
    n = len(table["name"])
    return {
        "effect": _same("fixed", n),
        "component": _same(predictor_name(design, predictor), n),
        "group": _same("", n),
        "term": table["name"],
        "estimate": table["estimate"],
        "std_error": table["se"],
        "statistic": table["z"],
        "p_value": table["p"],
        "conf_low": table["lower"],
        "conf_high": table["upper"],
    }


def _sd_rows(table: Columns, design: Design) -> Columns:
    names = zip(table["group"], table["name"], strict=True)
    terms = ["sd" if g == RESIDUAL else f"sd({n})" for g, n in names]
    places = [place for term in design.terms for place in term.places]
    places += [0] * (len(terms) - len(places))  # the residual
    return _random_rows(table, terms, [predictor_name(design, d) for d in places])


def _correlation_rows(table: Columns, design: Design) -> Columns:
    names = zip(table["name"], table["other"], strict=True)
    kept = (term for term in design.terms if term.structure != "diagonal")
    pairs = [pair for term in kept for pair in combinations(term.places, 2)]
    components = [
        " and ".join(dict.fromkeys(predictor_name(design, d) for d in pair)) for pair in pairs
    ]
    return _random_rows(table, [f"cor({a}, {b})" for a, b in names], components)


def _random_rows(table: Columns, terms: list[str], components: list[str]) -> Columns:
    n = len(terms)
    return {
        "effect": _same("random", n),
        "component": np.array(components, dtype=object),
        "group": table["group"],
        "term": np.array(terms, dtype=object),
        "estimate": table["estimate"],
        "std_error": table["se"],
        "statistic": np.full(n, np.nan),
        "p_value": np.full(n, np.nan),
        "conf_low": table["lower"],
        "conf_high": table["upper"],
    }


def glance(fit: Fitted) -> Columns:
    """One row of statistics about the whole fit."""
    values = {
        "nobs": fit.nobs,
        "df_model": fit.df_model,
        "llf": fit.llf,
        "aic": fit.aic,
        "bic": fit.bic,
        "deviance": fit.deviance,
        "scale": fit.scale,
        "family": fit.design.family,
        "link": fit.design.link,
        "method": fit.method,
        "nodes": _most_nodes(fit.estimate.nodes),
        "converged": fit.converged,
        "singular": fit.singular,
    }
    return {
        name: np.array([value], dtype=object if isinstance(value, str) else None)
        for name, value in values.items()
    }


def _most_nodes(nodes: int | tuple[int, ...] | None) -> float:
    """The number of nodes, the largest where grouping factors differ; missing if there is none."""
    return float("nan") if nodes is None else float(np.max(nodes))


def augment(design: Design, estimate: Estimate) -> Columns:
    """Columns that ``Fit.augment()`` adds to the rows used."""
    whole = design.distribution.observation is None
    return {
        ".fitted": fitted_mean(design, estimate),
        ".resid": residuals(design, estimate, "pearson") if whole else np.full(design.n, np.nan),
        ".linear_predictor": conditional_eta(design, estimate),
        ".fixed": fixed_part(design, estimate),
    }


def _same(value: str, n: int) -> np.ndarray:
    return np.full(n, value, dtype=object)
