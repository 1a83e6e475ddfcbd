"""The response: from the left side of the formula to successes, trials and weights."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from numpy.typing import NDArray

from ..data import Columns
from ..errors import (
    ConstantResponseError,
    ResponseLevelsError,
    ResponseSupportError,
    TrialsError,
    UnseenLevelError,
    WeightsError,
)
from ..formula import Response, expression
from .censoring import read_interval, refuse_uninformative
from .choices import read_choice
from .families import FLEXIBLE, Family
from .outcome import Outcome
from .outcomes import read_categories, read_duration
from .values import number

__all__ = ["Outcome", "read_response", "read_weights"]

Array = NDArray[np.float64]

# Responses that few families take: what they are, and whose.
_ONLY_FOR = {
    "survival": (
        "a duration",
        "family 'duration' for whole periods, 'weibull' or 'lognormal' for times",
    ),
    "cens": ("a censored response", "family 'gaussian', 'lognormal' or 'weibull'"),
    "choice": ("a choice between alternatives", "family 'choice'"),
}

# A proportion times its trials may miss a whole number by so much, for proportions are rounded.
_ROUNDED = 1e-3


def read_response(
    response: Response,
    columns: Columns,
    family: Family,
    weights: Array | None,
    levels: tuple[Hashable, ...] | None = None,
    structure: str = FLEXIBLE,
) -> Outcome:
    """Evaluate the response and hold it against the family.

    Parameters
    ----------
    response : Response
    columns : Columns
        Without missing values.
    family : Family
    weights : ndarray or None
        Prior weights; the numbers of trials where the response is a proportion.
    levels : tuple, optional
        Levels of a response of words, or categories, that an earlier fit learned.
    structure : str
        Of the thresholds or the baseline.

    Returns
    -------
    Outcome

    Raises
    ------
    ResponseSupportError, ResponseLevelsError, TrialsError, CensoringError
        Naming the row and its value.
    """
    if family.categories is not None and family.categories.timed:
        return read_duration(response, columns, family, weights, levels, structure)
    if family.has_cases:
        return read_choice(response, columns, family, weights)
    if family.takes_interval:
        return read_interval(response, columns, family, weights)
    if response.kind in _ONLY_FOR:
        what, other = _ONLY_FOR[response.kind]
        raise ResponseSupportError(
            f"{response.text} is {what}, which family {family.name!r} does not take; use {other}"
        )
    if family.categories is not None:
        return read_categories(response, columns, family, weights, levels)
    if response.kind != "plain":
        return _counts(response, columns, family, weights)
    y, levels = _values(response, columns, family, levels)
    if family.takes_trials:
        return _proportions(response, columns, y, weights, levels)
    _require_support(response, columns, family, y)
    return Outcome(y, None, weights, levels)


def read_weights(weights: Array, columns: Columns, name: str) -> Array:
    """Prior weights, checked.

    Parameters
    ----------
    weights : ndarray
    columns : Columns
    name : str
        Of the weights, for the message.

    Returns
    -------
    ndarray of float64, shape (n,)

    Raises
    ------
    WeightsError
        If one is negative, or all are zero.
    """
    if weights.min() < 0:
        row = int(np.argmin(weights))
        raise WeightsError(
            f"weight {name!r} is {weights[row]:g} in row {columns.origin(row)} (counting from 0); "
            "weights must not be negative. Set it to 0 to leave the row out"
        )
    if weights.max() == 0:
        raise WeightsError(f"all weights {name!r} are zero; leave out weights= to count each row")
    return weights


def refuse_constant(response: Response, outcome: Outcome, family: Family) -> None:
    """Raise ConstantResponseError for a response without any variation.

    Parameters
    ----------
    response : Response
    outcome : Outcome
    family : Family
    """
    y = outcome.y
    if family.takes_interval:
        return refuse_uninformative(response, outcome)
    if family.takes_trials and outcome.extra is not None:
        constant = not y.any() or np.array_equal(y, outcome.extra)
    else:
        constant = y[0] == y[-1] and y.min() == y.max()
    if constant:
        what = "no success or no failure" if family.is_binary else f"the same value, {y[0]:g},"
        raise ConstantResponseError(
            f"the response {response.text!r} has {what} in all {len(y)} rows, so there is nothing "
            "to explain; look at how it was made, and at the rows that were left out"
        )
    _refuse_no_zeros(response, y, family)


def _refuse_no_zeros(response: Response, y: Array, family: Family) -> None:
    """Raise where a probability of zeros, or of the ends, would be zero."""
    own = family.atoms or (0.0,)
    if "zero_inflation" in family.arguments and not np.isin(y, own).any():
        what = " or ".join(f"{value:g}" for value in own)
        raise ConstantResponseError(
            f"the response {response.text!r} is never {what}, so that the probability of that is "
            "zero and its logit minus infinity; leave out zero_inflation=, or take a family "
            "without such a probability"
        )


def _values(
    response: Response, columns: Columns, family: Family, levels: tuple[Hashable, ...] | None
) -> tuple[Array, tuple[Hashable, ...] | None]:
    parsed = expression(response.text)
    column = None if parsed.column is None else columns[parsed.column]
    if column is not None and (column.is_factor or levels is not None):
        return _words(response, columns, family, levels)
    return number(response.text, columns), None


def _words(
    response: Response, columns: Columns, family: Family, levels: tuple[Hashable, ...] | None
) -> tuple[Array, tuple[Hashable, ...]]:
    column = columns[expression(response.text).column or ""]
    found = column.schema.levels or ()
    if not family.is_binary:
        raise ResponseLevelsError(
            f"the response {column.name!r} is categorical, with levels {_few(found)}; family "
            f"{family.name!r} takes {family.values}. Convert it, or take family 'bernoulli'"
        )
    known = found if levels is None else levels
    if len(known) > 2:
        raise ResponseLevelsError(
            f"the response {column.name!r} has {len(known)} levels, {_few(known)}, where family "
            f"{family.name!r} takes two; write a comparison such as {column.name} == {known[-1]!r}"
        )
    codes = column.codes_among(np.asarray(known, dtype=object))
    if np.any(codes < 0):
        new = column.labels()[np.argmin(codes)]
        raise UnseenLevelError(
            f"the response {column.name!r} holds {new!r}, which the fit did not see; it knows "
            f"{_few(known)}"
        )
    return codes.astype(np.float64), tuple(known)


def _require_support(response: Response, columns: Columns, family: Family, y: Array) -> None:
    ok = family.supported(y)
    if not ok.all():
        row = int(np.argmin(ok))
        raise ResponseSupportError(
            f"the response {response.text!r} is {y[row]:g} in row {columns.origin(row)} (counting "
            f"from 0), where family {family.name!r} takes {family.values}{_advice(family, y)}"
        )


def _advice(family: Family, y: Array) -> str:
    if not family.is_binary:
        return "; take another family or correct the value"
    values = np.unique(y[: 1 << 16])
    if len(values) == 2:
        return f"; write a comparison as the response, such as y == {values[1]:g}"
    if values[0] >= 0 and values[-1] <= 1:
        return "; for proportions take family 'binomial' and give the trials as weights="
    return "; write a comparison as the response, or trials(successes, n) with family 'binomial'"


def _few(levels: tuple[Hashable, ...]) -> str:
    shown = ", ".join(repr(level) for level in levels[:5])
    return shown + (", ..." if len(levels) > 5 else "")


# Successes and trials -------------------------------------------------------------------------


def _counts(response: Response, columns: Columns, family: Family, weights: Array | None) -> Outcome:
    if not family.takes_trials:
        raise ResponseSupportError(
            f"{response.text} counts successes, which family {family.name!r} does not take; use "
            "family 'binomial'"
        )
    successes, other = (_whole(part, columns) for part in response.parts)
    trials = successes + other if response.kind == "cbind" else other
    _require_trials(response.parts[0], columns, successes, trials)
    return Outcome(successes, _unless_ones(trials), weights)


def _whole(text: str, columns: Columns) -> Array:
    count = number(text, columns)
    bad = (count < 0) | (np.floor(count) != count)
    if bad.any():
        row = int(np.argmax(bad))
        raise TrialsError(
            f"{text!r} is {count[row]:g} in row {columns.origin(row)} (counting from 0); counts "
            "are whole numbers from 0 up"
        )
    return count


def _require_trials(text: str, columns: Columns, successes: Array, trials: Array) -> None:
    if np.any(trials < successes):
        row = int(np.argmax(trials < successes))
        raise TrialsError(
            f"in row {columns.origin(row)} (counting from 0) there are {successes[row]:g} "
            f"successes ({text!r}) among {trials[row]:g} trials; did you mean "
            "cbind(successes, failures)?"
        )


def _proportions(
    response: Response,
    columns: Columns,
    y: Array,
    weights: Array | None,
    levels: tuple[Hashable, ...] | None,
) -> Outcome:
    """A response without its number of trials: 0 and 1, or a proportion of `weights` trials."""
    if np.all((y == 0) | (y == 1)):
        return Outcome(y, None, weights, levels)
    outside = (y < 0) | (y > 1)
    if outside.any() or weights is None:
        row = int(np.argmax(outside if outside.any() else (y > 0) & (y < 1)))
        raise TrialsError(
            f"the response {response.text!r} is {y[row]:g} in row {columns.origin(row)} (counting "
            "from 0) and there is no number of trials; write trials(successes, n) or "
            "cbind(successes, failures), or a proportion with weights= its number of trials"
        )
    return Outcome(_successes(response, columns, y, weights), _unless_ones(weights), None, levels)


def _successes(response: Response, columns: Columns, y: Array, trials: Array) -> Array:
    successes = np.rint(y * trials)
    bad = (np.abs(y * trials - successes) > _ROUNDED) | (np.floor(trials) != trials)
    if bad.any():
        row = int(np.argmax(bad))
        raise TrialsError(
            f"{response.text!r} is {y[row]:g} of {trials[row]:g} trials (the weights) in row "
            f"{columns.origin(row)} (counting from 0), no whole number of successes; write "
            "cbind(successes, failures)"
        )
    return successes


def _unless_ones(trials: Array) -> Array | None:
    return None if np.all(trials == 1) else trials
