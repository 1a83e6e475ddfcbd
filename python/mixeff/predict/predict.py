"""The verb: checks what is asked, predicts, and gives the answer its form."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import column_names, n_rows_of, to_native
from ..errors import ArgumentError, NotAvailableError
from ..formula import expression
from ..model import design_for_new_data
from ..model.inputs import GIVEN
from ..results.linear import mean_at, require_places
from .categories import category_columns
from .intervals import INTERVALS
from .kinds import KINDS, at_quantile

if TYPE_CHECKING:
    from ..estimate.values import Floats
    from ..model.design import Design
    from ..results.fit import FitResults
    from .kinds import Rule

SCALES = ("response", "link")
NEW_LEVELS = ("error", "population")


def predict(
    fit: FitResults,
    data: Any = None,
    *,
    kind: str = "cluster",
    quantile: float | None = None,
    scale: str = "response",
    interval: str | None = None,
    level: float = 0.95,
    new_levels: str = "error",
) -> Any:
    """Predict the mean of each row; the arguments are those of ``Fit.predict``."""
    require_places(fit.estimate)
    _one_of("kind", kind, KINDS)
    if fit.design.distribution.categories is not None and scale != "link":
        return _categories(fit, data, kind, quantile, scale, interval, new_levels)
    _one_of("scale", scale, SCALES)
    _one_of("new_levels", new_levels, NEW_LEVELS)
    rule = _rule(kind, quantile)
    design = _design(fit, data, new_levels if rule is KINDS["cluster"] else "population", interval)
    if interval is None:
        eta = rule(fit, design, False).eta
        mean = mean_at(design, fit.estimate, eta) if scale == "response" else eta
        return _every_row(mean, design, data)
    _one_of("interval", interval, INTERVALS)
    columns = {
        name: _every_row(values, design, data)
        for name, values in INTERVALS[interval](fit, design, rule, scale, level).items()
    }
    return to_native(columns, fit.inputs.frame_like if data is None else data)


def _categories(
    fit: FitResults,
    data: Any,
    kind: str,
    quantile: float | None,
    scale: str,
    interval: str | None,
    new_levels: str,
) -> Any:
    """A frame with a column of probabilities for each category."""
    if interval is not None:
        raise NotAvailableError(
            "intervals of the probabilities of categories are not available; leave out interval=, "
            'or take scale="link" for that of the location.'
        )
    _rule(kind, quantile)
    _one_of("new_levels", new_levels, NEW_LEVELS)
    design = _design(fit, data, new_levels if kind == "cluster" else "population", None)
    found = category_columns(fit, design, kind, quantile, scale)
    columns = {name: _every_row(values, design, data) for name, values in found.items()}
    return to_native(columns, fit.inputs.frame_like if data is None else data)


def _rule(kind: str, quantile: float | None) -> Rule:
    if quantile is None:
        return KINDS[kind]
    if kind == "marginal":
        raise ArgumentError(
            'kind="marginal" integrates the random effects out and takes no quantile=: '
            "leave one of the two out."
        )
    if not 0.0 < quantile < 1.0:
        raise ArgumentError(
            f"quantile={quantile!r} is not between 0 and 1: give a share such as 0.8."
        )
    return partial(at_quantile, q=quantile)


def _design(fit: FitResults, data: Any, new_levels: str, interval: str | None) -> Design:
    """The design to predict for."""
    if data is None:
        return fit.design
    # A new response of a binomial needs its number of trials, which stands with the response.
    with_trials = interval == "prediction" and fit.design.trials is not None
    need_response = with_trials and _has_outcome(fit, data)
    return design_for_new_data(fit.spec, data, new_levels=new_levels, need_response=need_response)


def _has_outcome(fit: FitResults, data: Any) -> bool:
    texts = fit.spec.formula.response.parts if fit.spec.formula.response else ()
    weights = fit.spec.weights
    if weights == GIVEN:
        return False
    names = [name for text in (*texts, weights) if text for name in expression(text).names]
    return set(names) <= set(column_names(data))


def _every_row(values: Floats, design: Design, data: Any) -> Floats:
    """A value for each row of new data: NaN where the row has a missing value."""
    if data is None or design.rows is None:
        return values
    full = np.full(n_rows_of(data), np.nan)
    full[design.rows] = values
    return full


def _one_of(argument: str, value: Any, allowed: Any) -> None:
    if value not in allowed:
        raise ArgumentError(f"{argument}={value!r} is not one of {', '.join(map(repr, allowed))}.")
