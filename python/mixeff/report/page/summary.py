"""The data of a fit, and what to check of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ...data import from_any
from ...results.fit import FitResults
from ..content import method_words, observations
from ..numbers import count, short_time
from .meaning import number

if TYPE_CHECKING:
    from ...data import Column

FEW = 6  # levels that are counted one by one


def rows_words(fit: FitResults) -> str:
    """How many rows were read, dropped and used."""
    spec = fit.spec
    words = f"{count(spec.n_rows_read)} rows read, {_used(fit)} used"
    if not spec.n_rows_dropped:
        return f"{words}; none dropped for missing values."
    missing = ", ".join(f"{name} {count(k)}" for name, k in spec.dropped.items())
    return (
        f"{words}; {count(spec.n_rows_dropped)} dropped for missing values. "
        f"Missing by column: {missing}."
    )


def _used(fit: FitResults) -> str:
    if not fit.design.distribution.has_cases:
        return count(fit.nobs)
    return f"{count(fit.design.n)}, the alternatives of {observations(fit)},"


def column_rows(fit: FitResults) -> list[tuple[str, str, str]]:
    """Name, kind and distribution of every column that the model reads, in the rows used."""
    columns = from_any(fit.inputs.data, list(fit.spec.variables), fit.spec.inputs.bounds)
    columns = columns if fit.design.rows is None else columns.take(fit.design.rows)
    groups = set(fit.spec.inputs.groups)
    return [
        (name, *_grouping(column)) if name in groups else (name, *_described(column))
        for name, column in columns.items()
    ]


def _grouping(column: Column) -> tuple[str, str]:
    codes, levels = column.codes()
    sizes = np.bincount(codes, minlength=len(levels))
    low, middle, high = (int(f(sizes)) for f in (np.min, np.median, np.max))
    return "grouping", f"{count(len(levels))} levels of {low} to {high} rows, median {middle}"


def _described(column: Column) -> tuple[str, str]:
    if column.is_factor or column.kind == "boolean":
        return _levels(column)
    every = column.number()
    values = every[np.isfinite(every)]
    if not len(values):
        return column.kind, "open in every row"
    words = (
        f"mean {number(float(values.mean()))}, SD {number(float(values.std()))}, "
        f"from {number(float(values.min()))} to {number(float(values.max()))}"
    )
    return column.kind, words


def _levels(column: Column) -> tuple[str, str]:
    codes, levels = column.codes()
    sizes = np.bincount(codes, minlength=len(levels))
    order = range(len(levels)) if len(levels) <= FEW else np.argsort(-sizes)[:FEW]
    shown = [f"{levels[k]} {count(int(sizes[k]))}" for k in order]
    rest = len(levels) - len(shown)
    return column.kind, ", ".join([*shown, *([f"{count(rest)} more levels"] if rest else [])])


# Checks ---------------------------------------------------------------------------------------


def checks(fit: FitResults) -> list[tuple[str, str, bool]]:
    """What was checked, the finding, and whether all is well: one of `CHECKS` each."""
    return [(name, *found) for name, check in CHECKS if (found := check(fit)) is not None]


Finding = tuple[str, bool] | None


def _converged(fit: FitResults) -> Finding:
    record = fit.record
    cost = f"{count(record.evaluations)} evaluations in {short_time(record.seconds)}"
    return f"{fit.estimate.reason} ({cost})", fit.converged


def _boundary(fit: FitResults) -> Finding:
    if not fit.design.terms:
        return None
    if fit.singular:
        return "a variance is zero or random effects are perfectly correlated", False
    return "no variance is zero and no correlation is one", True


def _integration(fit: FitResults) -> Finding:
    exact = fit.estimate.integration_error == 0.0
    known = fit.estimate.integration_error is not None
    words = method_words(fit)
    if not known and fit.design.terms and fit.estimate.draws is None:
        return f"{words}; the error of the integration was not measured", True
    return words, exact or not known or (fit.estimate.integration_error or 0.0) < 0.1


def _dispersion(fit: FitResults) -> Finding:
    """Squared Pearson residuals per degree of freedom, where the variance is not estimated."""
    family = fit.design.distribution
    estimated = family.further or fit.design.overdispersed or family.categories is not None
    if estimated or not family.discrete or not family.per_row_effects:
        return None
    freedom = fit.nobs - fit.df_model
    if freedom <= 0:
        return None
    ratio = float(np.sum(np.square(fit.resid("pearson"))) / freedom)
    words = f"squared Pearson residuals per degree of freedom: {number(ratio)}"
    high = ratio > 1.5
    return (f"{words}, more spread than the family has" if high else words), not high


CHECKS: tuple[tuple[str, Callable[[FitResults], Any]], ...] = (
    ("Convergence", _converged),
    ("Boundary", _boundary),
    ("Integration", _integration),
    ("Dispersion", _dispersion),
)
