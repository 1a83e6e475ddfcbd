"""Responses that a family cannot have, and categories that cannot be told from each other."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from tests.model.test_bad_input import DATA, N, refused

from mixeff import errors
from mixeff.model import FAMILIES, build
from mixeff.model.families import Family

# Every family -------------------------------------------------------------------------------


def bounded() -> list[tuple[Family, float]]:
    """Families of numbers, with each of -1 and 0 that they cannot produce."""
    numeric = [k for k in FAMILIES.values() if k.categories is None and not k.has_cases]
    return [(k, bad) for k in numeric for bad in (-1.0, 0.0) if not k.supported(np.array([bad]))[0]]


@pytest.mark.parametrize(
    ("kind", "bad"), bounded(), ids=[f"{kind.name} {bad:g}" for kind, bad in bounded()]
)
def test_every_family_names_the_row_and_the_value_outside_its_support(kind, bad):
    left = "trials(o, size)" if kind.takes_trials else "o"
    usual = 0.5 if kind.mean_range == (0.0, 1.0) and not kind.discrete else 1.0
    data = DATA.assign(o=np.where(np.arange(N) == 7, bad, usual))
    if kind.takes_interval:  # a lower end of zero is an open one, an upper one is not
        left, data["low"] = "cens(low, o)", np.where(np.arange(N) == 7, -np.inf, usual)
    error = errors.TrialsError if kind.takes_trials else errors.ResponseSupportError
    says = rf"{bad:g}\b.* in row 7|in row 7 .*{bad:g}\b"
    refused(error, f"{left} ~ x + (1 | g)", kind.name, data, says)


@pytest.mark.parametrize("name", ["poisson", "gamma"])
def test_zeros_of_their_own_do_not_widen_the_support_below_zero(name):
    data = DATA.assign(count=np.where(np.arange(N) == 6, -1, DATA["count"]))
    refused(
        errors.ResponseSupportError,
        "count ~ x + (1 | g)",
        name,
        data,
        "'count' is -1 in row 6",
        zero_inflation="~ 1",
    )


# Categories -----------------------------------------------------------------------------------

WORDS = ["none", "some", "much"]
RATED: Any = DATA.assign(
    rating=pd.Categorical(np.resize(["none", "much"], N), WORDS, ordered=True),
    score=np.arange(N) % 3,
    side=np.where(DATA["x"] > 0, "left", "right"),
)


@pytest.mark.parametrize("family", ["cumulative", "adjacent", "sequential", "multinomial"])
@pytest.mark.parametrize("polars", [False, True])
def test_a_declared_category_without_observations(family, polars):
    data = RATED
    if polars:
        enum = pl.Series("rating", RATED["rating"].astype(str).tolist(), dtype=pl.Enum(WORDS))
        data = pl.from_pandas(RATED.drop(columns="rating")).with_columns(enum)
    refused(
        errors.ResponseLevelsError,
        "rating ~ x + (1 | g)",
        family,
        data,
        r"'rating' has categories without observations: 'some'.*remove_unused_categories\(\)",
    )


def test_a_category_observed_only_in_rows_that_are_dropped():
    data = RATED.assign(x=RATED["x"].where(RATED["rating"] != "much"))
    data["rating"] = data["rating"].cat.remove_unused_categories()
    refused(
        errors.ResponseLevelsError, "rating ~ x + (1 | g)", "cumulative", data, "'much'; .*Drop"
    )


def test_the_remedies_of_a_category_without_observations():
    data = RATED.assign(rating=RATED["rating"].cat.remove_unused_categories())
    _, design = build("rating ~ x + (1 | g)", data, "cumulative")
    assert design.categories == ("none", "much")
    words = RATED.assign(rating=RATED["rating"].astype(str))  # nothing is declared
    assert build("rating ~ x + (1 | g)", words, "multinomial")[1].n == N


@pytest.mark.parametrize("family", ["cumulative", "adjacent", "sequential"])
def test_thresholds_that_the_covariates_are_a_level_of(family):
    refused(
        errors.FormulaError,
        "score ~ 0 + side + (1 | g)",
        family,
        RATED,
        r"thresholds cannot be told from .*'side\[right\]'.*leave out the '0 \+'",
    )
    _, design = build("score ~ 0 + x + (1 | g)", RATED, family)
    assert design.x_names[0] == ("x",)


def test_a_baseline_that_the_covariates_are_a_level_of():
    data = RATED.assign(time=RATED["score"] + 1, event=1)
    refused(
        errors.FormulaError,
        "survival(time, event) ~ side - 1 + (1 | g)",
        "duration",
        data,
        "the baseline cannot be told",
    )


def test_effects_on_thresholds_that_hold_a_common_one():
    refused(
        errors.FormulaError,
        "score ~ side + (1 | g)",
        "cumulative",
        RATED,
        r"'side\[T.right\]' is a combination of 'side\[right\]'.*category_specific=",
        category_specific="~ 0 + side",
    )


def test_more_parameters_than_thresholds():
    refused(
        errors.ArgumentError,
        "score ~ x + (1 | g)",
        "cumulative",
        RATED,
        "'polynomial\\(4\\)' has 5 parameters for 2 values",
        thresholds="polynomial(4)",
    )


@pytest.mark.parametrize("sign", [1, -1])
def test_a_covariate_that_separates_ordered_categories(sign):
    data = RATED.assign(top=sign * (RATED["score"] == 2))
    with pytest.warns(errors.SeparationWarning, match="'top' separates higher from lower"):
        build("score ~ x + top + (1 | g)", data, "cumulative")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        build("score ~ x + middle + (1 | g)", data.assign(middle=data["score"] == 1), "cumulative")


@pytest.mark.parametrize(
    ("family", "argument"),
    [
        ("poisson", "thresholds"), ("poisson", "baseline"), ("cumulative", "baseline"),
        ("multinomial", "thresholds"), ("duration", "thresholds"),
    ],
)  # fmt: skip
def test_constraints_on_what_a_family_does_not_have(family, argument):
    left = "survival(score, y)" if family == "duration" else "score"
    says = f"{argument}='equidistant' constrains what family '{family}' does not have"
    error, given = errors.FormulaError, {argument: "equidistant"}
    refused(error, f"{left} ~ x + (1 | g)", family, RATED.assign(y=1), says, **given)


@pytest.mark.parametrize(
    ("family", "values", "says"),
    [
        ("poisson", (1, 2, 5), "is never 0"),
        ("truncated_nb2", (1, 2, 5), "is never 0"),
        ("gamma", (0.5, 2.0), "is never 0"),
        ("zero_one_inflated_beta", (0.2, 0.7), "is never 0 or 1"),
    ],
)
def test_a_probability_of_zeros_without_zeros(family, values, says):
    data = DATA.assign(o=np.resize(values, N))
    error = errors.ConstantResponseError
    refused(error, "o ~ x + (1 | g)", family, data, says, zero_inflation="~ 1")
