"""What a summary says, before it is laid out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..results.coefficients import coefficient_table
from ..results.parameters import percent
from ..results.variance import variance_components
from .numbers import count, decimals_for, fixed, p_value, share, short_time
from .posterior import posterior_tables, sampling
from .predictors import grouped, row_names, title_of
from .values import Table

if TYPE_CHECKING:
    from ..results.fit import FitResults

METHODS = {
    "laplace": "Laplace approximation",
    "laplace6": "sixth-order Laplace approximation",
    "agq": "adaptive Gauss-Hermite quadrature",
    "ghq": "ordinary Gauss-Hermite quadrature",
    "ml": "maximum likelihood, exact",
    "reml": "restricted maximum likelihood, exact",
    "conditional": "conditional maximum likelihood, given the levels' totals, exact",
    "pql1": "penalized quasi-likelihood, first order",
    "pql2": "penalized quasi-likelihood, second order",
    "mql1": "marginal quasi-likelihood, first order",
    "mql2": "marginal quasi-likelihood, second order",
    "mcmc": "posterior by the no-U-turn sampler",
}
LIKELIHOODS = {"reml": "REML criterion / -2", "conditional": "Conditional log-likelihood"}


@dataclass(frozen=True)
class Content:
    """A summary: a title, the formula, facts, tables, and sentences to close."""

    title: str
    formula: str
    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]
    closing: tuple[str, ...]
    notes: tuple[str, ...]


def content(fit: FitResults, level: float) -> Content:
    """Everything the summary of a fit says."""
    spec = fit.spec
    return Content(
        f"Mixed model: {spec.family} response, {spec.link} link",
        str(spec.formula),
        (
            ("Method", method_words(fit)),
            *_sampling(fit),
            ("Rows", _rows(fit)),
            ("Levels", _levels(fit)),
            (LIKELIHOODS.get(fit.method, "Log-likelihood"), _statistics(fit)),
            *_dispersion(fit),
        ),
        _tables(fit, level),
        (_convergence(fit), *_singularity(fit)),
        fit.notes,
    )


def _tables(fit: FitResults, level: float) -> tuple[Table, ...]:
    if fit.estimate.draws is not None:
        return posterior_tables(fit, fit.estimate.draws, level)
    fixed_tables = [_fixed_table(fit, ds, level) for ds in grouped(fit)]
    return (*_random_tables(fit), *fixed_tables)


def _sampling(fit: FitResults) -> list[tuple[str, str]]:
    draws = fit.estimate.draws
    return [] if draws is None else [("Draws", sampling(draws))]


def method_words(fit: FitResults) -> str:
    """The method, its nodes, and the error it leaves."""
    words = METHODS.get(fit.method, fit.method)
    if fit.nodes is not None:
        words += f", {_nodes(fit.nodes)}"
    remarks = []
    if fit.estimate.requested == "auto":
        remarks.append("chosen by auto")
    error = fit.estimate.integration_error
    if error == 0.0:
        remarks.append("exact here")
    elif error is not None and fit.method == "laplace":
        remarks.append(f"off by about {share(error)} of an SE at most, by the next order")
    elif error is not None:
        remarks.append(f"more nodes move no estimate by more than {share(error)} of its SE")
    return f"{words} ({'; '.join(remarks)})" if remarks else words


def _nodes(nodes: int | dict[str, int]) -> str:
    if isinstance(nodes, int):
        return f"{nodes} node{'s' if nodes > 1 else ''} per random effect"
    numbers = ", ".join(f"{name} {k}" for name, k in nodes.items())
    return f"nodes per random effect: {numbers}"


def observations(fit: FitResults) -> str:
    """How many independent observations were used, and what they are."""
    cases = fit.design.distribution.has_cases
    return f"{count(fit.nobs)} {'cases' if cases else 'rows'}"


def _rows(fit: FitResults) -> str:
    words = f"{count(fit.nobs)} used"
    every = fit.design.n_observations
    if fit.nobs < every:
        words += f", {count(every - fit.nobs)} that do not count"
    if every < fit.design.n:
        words = f"{count(fit.design.n)} used, alternatives of {count(every)} cases"
    if fit.spec.n_rows_dropped:
        missing = ", ".join(f"{name} {count(k)}" for name, k in fit.spec.dropped.items())
        words += f", {count(fit.spec.n_rows_dropped)} dropped for missing values ({missing})"
    return words


def _levels(fit: FitResults) -> str:
    every = [factor.n_levels for factor in fit.design.factors]
    groups = [
        f"{name} {count(levels)}" + (f" of {count(all_)}" if levels < all_ else "")
        for (name, levels), all_ in zip(fit.n_groups.items(), every, strict=True)
    ]
    return ", ".join(groups) or "no grouping factor"


def _dispersion(fit: FitResults) -> list[tuple[str, str]]:
    """The overdispersion parameter, where there is one."""
    if not fit.design.overdispersed:
        return []
    phi, se = fit.scale, fit.estimate.scale_se
    return [
        ("Dispersion", f"phi = {phi:.4g}, SE {se:.2g}: variance = phi * variance of the family")
    ]


def _statistics(fit: FitResults) -> str:
    if np.isnan(fit.llf):
        return f"none (quasi-likelihood)   parameters {fit.df_model}"
    if fit.estimate.draws is not None:
        return f"{fit.llf:.3f} by Laplace at the posterior means   parameters {fit.df_model}"
    return f"{fit.llf:.3f}   AIC {fit.aic:.2f}   BIC {fit.bic:.2f}   parameters {fit.df_model}"


def _random_tables(fit: FitResults) -> list[Table]:
    columns = variance_components(fit.design, fit.estimate)
    if not len(columns["name"]):
        return []
    decimals = decimals_for(np.append(columns["se"], columns["estimate"]))
    cells = [
        _without_repeats(columns["term"], columns["group"]),
        [str(name) for name in columns["name"]],
        fixed(columns["estimate"], decimals),
        fixed(columns["se"], decimals),
        fixed(columns["sd"], decimals),
        fixed(columns["corr"], 2),
    ]
    header = ("Group", "Effect", "Variance", "SE", "SD", "Corr")
    if not any(cells[-1]):
        header, cells = header[:-1], cells[:-1]
    return [Table("Random effects", header, tuple(zip(*cells, strict=True)), 2)]


def _without_repeats(terms: np.ndarray, groups: np.ndarray) -> list[str]:
    """Group names, given once per term."""
    new = [i == 0 or term != terms[i - 1] for i, term in enumerate(terms)]
    return [str(group) if first else "" for group, first in zip(groups, new, strict=True)]


def _fixed_table(fit: FitResults, predictors: list[int], level: float) -> Table:
    tables = [coefficient_table(fit.design, fit.estimate, level, d) for d in predictors]
    table = {name: np.concatenate([t[name] for t in tables]) for name in tables[0]}
    decimals = decimals_for(table["se"])
    cells = [
        [name for d in predictors for name in row_names(fit, d)],
        fixed(table["estimate"], decimals),
        fixed(table["se"], decimals),
        fixed(table["z"], 2),
        [p_value(p) for p in table["p"]],
        fixed(table["lower"], decimals),
        fixed(table["upper"], decimals),
    ]
    tails = percent(0.5 - level / 2.0), percent(0.5 + level / 2.0)
    header = ("", "Estimate", "SE", "z", "p", *tails)
    return Table(title_of(fit, predictors[0]), header, tuple(zip(*cells, strict=True)), 1)


def _convergence(fit: FitResults) -> str:
    verdict, _, detail = fit.estimate.reason.partition(":")
    verdict = verdict.capitalize() if fit.converged else verdict.upper()
    cost = f"{fit.record.evaluations} evaluations in {short_time(fit.record.seconds)}"
    return f"{verdict}:{detail} ({cost})."


def _singularity(fit: FitResults) -> list[str]:
    """Say which variances are zero and which correlations one."""
    if not fit.singular:
        return []
    columns = variance_components(fit.design, fit.estimate)
    rows = zip(columns["name"], columns["term"], columns["sd"], columns["corr"], strict=True)
    found = [f"{name} in ({term})" for name, term, sd, corr in rows if sd == 0 or abs(corr) > ONE]
    which = f": zero variance or perfect correlation of {', '.join(found)}" if found else ""
    return [f"Singular fit{which}. The data may not support all these random effects."]


ONE = 1.0 - 1e-6
