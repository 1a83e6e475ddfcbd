"""Every kind of bad input that can be seen before the fit: its class, its column, what to do."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mixeff import errors
from mixeff.model import build

RNG = np.random.default_rng(4)
N = 30
DATA: Any = pd.DataFrame(
    {
        "y": RNG.normal(size=N),
        "count": RNG.poisson(3.0, N),
        "hit": (np.arange(N) % 3 == 0) ^ (np.arange(N) % 7 == 0),
        "x": RNG.normal(size=N),
        "g": np.arange(N) % 5,
        "word": np.resize(["a", "b", "c"], N),
        "size": np.full(N, 10),
        "row": np.arange(N),
    }
)


def changed(**columns):
    """The data with values replaced: ``name={row: value}``."""
    data = DATA.copy()
    for name, values in columns.items():
        data[name] = data[name].astype(object if name == "word" else float)
        for row, value in values.items():
            data.loc[row, name] = value
    return data


def refused(
    error: type[Exception],
    formula: str,
    family: str = "gaussian",
    data: Any = DATA,
    match: str = "",
    **arguments: Any,
):
    with pytest.raises(error, match=match) as caught:
        build(formula, data, family, **arguments)
    assert isinstance(caught.value, errors.MixeffError)
    assert isinstance(caught.value, ValueError)


# Columns --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "formula",
    [
        "y ~ xx + (1 | g)",
        "xx ~ x + (1 | g)",
        "y ~ x + (1 | xx)",
        "y ~ x + (xx | g)",
        "y ~ log(xx) + (1 | g)",
        "y ~ offset(xx) + (1 | g)",
        "cbind(hit, xx) ~ x + (1 | g)",
    ],
)
def test_an_unknown_column(formula):
    refused(errors.UnknownColumnError, formula, match="'xx'; did you mean 'x'")


def test_an_unknown_column_of_weights():
    refused(errors.UnknownColumnError, "y ~ x + (1 | g)", weights="siez", match="'size'")


def test_duplicate_names():
    double = pd.concat([DATA, DATA[["x"]]], axis=1)
    refused(
        errors.DuplicateColumnError, "y ~ x + (1 | g)", data=double, match="2 columns named 'x'"
    )


def test_no_rows():
    refused(errors.EmptyDataError, "y ~ x + (1 | g)", data=DATA.iloc[:0], match="no rows")


@pytest.mark.parametrize("name", ["y", "x"])
def test_infinite_values(name):
    data = changed(**{name: {7: np.inf}})
    refused(errors.InfiniteValueError, "y ~ x + (1 | g)", data=data, match=f"'{name}'.*row 7")


@pytest.mark.parametrize(("argument", "value"), [("weights", np.inf), ("offset", -np.inf)])
def test_infinite_arguments(argument, value):
    values = np.ones(N)
    values[4] = value
    refused(
        errors.InfiniteValueError,
        "y ~ x + (1 | g)",
        "gaussian",
        DATA,
        f"{argument}= is infinite in row 4",
        **{argument: values},
    )


@pytest.mark.parametrize("formula", ["y ~ log(count - 3) + (1 | g)", "log(count) ~ x + (1 | g)"])
def test_transformations_without_a_finite_value(formula):
    refused(errors.UndefinedValueError, formula, data=changed(count={5: 0}), match="row ")


def test_an_undefined_offset_is_named_with_its_row_in_the_data():
    data = changed(count={5: 0}, x={1: np.nan})
    data["count"] = data["count"].where(data["count"] > 0, 1).where(data["row"] != 5, 0)
    refused(
        errors.UndefinedValueError,
        "y ~ x + offset(log(count)) + (1 | g)",
        data=data,
        match=r"'log\(count\)' is -inf in row 5",
    )


def test_dates_are_no_covariates():
    data = DATA.assign(day=pd.date_range("2020-01-01", periods=N))
    refused(errors.ColumnTypeError, "y ~ day + (1 | g)", data=data, match="'day' is a date")


@pytest.mark.parametrize("weights", ["word", "word + 1"])
def test_words_are_no_weights(weights):
    refused(errors.ColumnTypeError, "y ~ x + (1 | g)", weights=weights, match="'word'")


def test_arguments_of_another_length():
    for name in ("weights", "offset"):
        refused(
            errors.LengthError,
            "y ~ x + (1 | g)",
            "gaussian",
            DATA,
            f"{name}= has 3 values for 30 rows",
            **{name: np.ones(3)},
        )


def test_arguments_of_two_dimensions():
    refused(errors.LengthError, "y ~ x + (1 | g)", weights=np.ones((N, 2)), match="2 dimensions")


def test_arguments_that_are_no_numbers():
    refused(errors.ArgumentError, "y ~ x + (1 | g)", weights=["a"] * N, match="weights=")


def test_a_formula_error_is_marked_in_the_whole_formula():
    formula = "y ~ x + lgo(x) + (1 | g)"
    with pytest.raises(errors.FormulaError, match="did you mean log") as caught:
        build(formula, DATA)
    assert formula[caught.value.start : caught.value.end] == "lgo"


# Missing values -------------------------------------------------------------------------------


def test_missing_rows_are_dropped_counted_and_reported():
    data = changed(y={3: np.nan}, x={3: np.nan, 8: np.nan}, word={20: None})
    with pytest.warns(
        errors.MissingRowsWarning, match="3 of 30 rows dropped.*'y' 1, 'x' 2, 'word'"
    ):
        spec, design = build("y ~ x + word + (1 | g)", data)
    assert dict(spec.dropped) == {"y": 1, "x": 2, "word": 1}
    assert (spec.n_rows_read, spec.n_rows, spec.n_rows_dropped, design.n) == (30, 27, 3, 27)
    assert design.rows is not None
    assert np.array_equal(design.rows, np.delete(np.arange(N), [3, 8, 20]))
    assert np.array_equal(design.X[:, 1], DATA["x"].to_numpy()[design.rows])
    assert spec.notes == ("3 of 30 rows dropped for missing values: 'y' 1, 'x' 2, 'word' 1",)


def test_missing_values_of_arguments_and_groups_count():
    weights = np.ones(N)
    weights[2] = np.nan
    with pytest.warns(errors.MissingRowsWarning, match="'g' 1, 'weights=' 1"):
        _, design = build("y ~ x + (1 | g)", changed(g={9: np.nan}), weights=weights)
    assert design.n == 28
    assert tuple(design.factors[0].levels) == (0, 1, 2, 3, 4)


def test_missing_values_of_other_columns_do_not_matter():
    _, design = build("y ~ 1 + (1 | g)", changed(x={1: np.nan}))
    assert design.n == N


def test_all_rows_missing():
    refused(
        errors.AllRowsMissingError,
        "y ~ x + (1 | g)",
        data=DATA.assign(x=np.nan),
        match=r"each of the 30 rows.*'x' \(30\)",
    )


def test_levels_left_without_rows_are_gone():
    data = changed(y={row: np.nan for row in range(N) if DATA["word"][row] == "b"})
    data["word"] = data["word"].astype("category")
    with pytest.warns(errors.MissingRowsWarning):
        spec, _ = build("y ~ word + (1 | g)", data)
    assert spec.predictors[0].names == ("Intercept", "word[T.c]")


# The response ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "column", "value", "says"),
    [
        ("poisson", "count", -1, "'count' is -1 in row 6.*whole numbers from 0"),
        ("poisson", "count", 2.5, "'count' is 2.5 in row 6"),
        ("gamma", "size", 0, "'size' is 0 in row 6.*numbers above 0"),
        ("bernoulli", "hit", 2, "'hit' is 2 in row 6.*0 and 1"),
    ],
)
def test_a_response_outside_the_support(family, column, value, says):
    data = changed(**{column: {6: value, 7: 1}})
    refused(errors.ResponseSupportError, f"{column} ~ x + (1 | g)", family, data, says)


def test_the_row_is_that_of_the_data_though_rows_were_dropped():
    data = changed(x={0: np.nan, 1: np.nan}, count={6: -3})
    refused(errors.ResponseSupportError, "count ~ x + (1 | g)", "poisson", data, "in row 6")


def test_outcomes_coded_one_and_two():
    data = DATA.assign(o=1 + DATA["hit"])
    refused(errors.ResponseSupportError, "o ~ x + (1 | g)", "bernoulli", data, "such as y == 2")


def test_a_proportion_as_bernoulli():
    data = DATA.assign(p=DATA["hit"] * 0.5 + 0.25 * (DATA["row"] > 3))
    refused(errors.ResponseSupportError, "p ~ x + (1 | g)", "bernoulli", data, "'binomial'")


def test_counts_of_successes_for_another_family():
    refused(
        errors.ResponseSupportError, "cbind(hit, size) ~ x + (1 | g)", "poisson", match="'binomial'"
    )


def test_words_where_numbers_are_needed():
    refused(errors.ResponseLevelsError, "word ~ x + (1 | g)", match="categorical.*'a', 'b', 'c'")


def test_more_than_two_words():
    refused(
        errors.ResponseLevelsError, "word ~ x + (1 | g)", "bernoulli", match="3 levels.*word == 'c'"
    )


@pytest.mark.parametrize(
    ("formula", "family", "data"),
    [
        ("y ~ x + (1 | g)", "gaussian", DATA.assign(y=3.0)),
        ("count ~ x + (1 | g)", "poisson", DATA.assign(count=0)),
        ("hit ~ x + (1 | g)", "bernoulli", DATA.assign(hit=True)),
        ("word ~ x + (1 | g)", "bernoulli", DATA.assign(word="a")),
        ("cbind(count, 0 * count) ~ x + (1 | g)", "binomial", DATA),
        ("trials(0 * count, size) ~ x + (1 | g)", "binomial", DATA),
    ],
)
def test_a_response_that_does_not_vary(formula, family, data):
    refused(errors.ConstantResponseError, formula, family, data, f"in all {N} rows")


def test_equal_proportions_vary_when_there_are_both_outcomes():
    _, design = build("trials(0 * count + 5, size) ~ x + (1 | g)", DATA, "binomial")
    assert np.all(design.y == 5)


# Trials and weights ---------------------------------------------------------------------------


def test_fewer_trials_than_successes():
    refused(
        errors.TrialsError,
        "trials(count, size) ~ x + (1 | g)",
        "binomial",
        changed(count={4: 11}),
        "in row 4 .* 11 successes .* 10 trials",
    )


@pytest.mark.parametrize("value", [-1, 2.5])
def test_counts_that_are_no_counts(value):
    for formula in ("cbind(count, size) ~ x + (1 | g)", "trials(size, count) ~ x + (1 | g)"):
        refused(
            errors.TrialsError,
            formula,
            "binomial",
            changed(count={4: value}),
            f"'count' is {value} in row 4",
        )


def test_a_count_without_its_trials():
    refused(errors.TrialsError, "count ~ x + (1 | g)", "binomial", match="no number of trials")


def test_a_proportion_without_its_trials():
    data = DATA.assign(p=DATA["hit"] * 0.5)
    refused(errors.TrialsError, "p ~ x + (1 | g)", "binomial", data, "weights= its number")


def test_a_proportion_of_no_whole_number():
    data = DATA.assign(p=0.33)
    refused(
        errors.TrialsError,
        "p ~ x + (1 | g)",
        "binomial",
        data,
        "0.33 of 10 trials",
        weights="size",
    )


def test_rounded_proportions_are_whole_numbers():
    data = DATA.assign(p=np.resize([0.333333, 0.666667], N), n=3)
    _, design = build("p ~ x + (1 | g)", data, "binomial", weights="n")
    assert np.array_equal(design.y, np.resize([1.0, 2.0], N))


def test_negative_weights():
    weights = np.ones(N)
    weights[11] = -2
    refused(errors.WeightsError, "y ~ x + (1 | g)", weights=weights, match="is -2 in row 11")


def test_weights_that_are_all_zero():
    refused(errors.WeightsError, "y ~ x + (1 | g)", weights=np.zeros(N), match="all weights")


# Covariates -----------------------------------------------------------------------------------


def test_rank_deficiency():
    data = DATA.assign(twice=2 * DATA["x"], total=DATA["x"] + DATA["count"])
    with pytest.warns(errors.RankDeficientWarning) as caught:
        spec, design = build("y ~ x + twice + count + total + (1 | g)", data)
    assert design.x_names[0] == ("Intercept", "x", "count")
    assert spec.aliased == ("twice", "total")
    assert design.X.shape == (N, 3)
    assert design.X.flags.f_contiguous
    assert "'twice' is a combination of 'Intercept', 'x' and was dropped" in str(caught[0].message)
    assert "'total' is a combination of 'Intercept', 'x', 'count'" in str(caught[1].message)
    assert len(spec.notes) == 2


def test_an_empty_cell_of_an_interaction_is_dropped():
    data = DATA.assign(h=np.where(DATA["word"] == "c", "u", np.resize(["u", "v"], N)))
    with pytest.warns(errors.RankDeficientWarning, match=r"'word\[T.c\]:h\[T.v\]'"):
        spec, _ = build("y ~ word * h + (1 | g)", data)
    assert spec.aliased == ("word[T.c]:h[T.v]",)


@pytest.mark.parametrize("value", [7.0, 0.0])
def test_a_constant_column(value):
    with pytest.warns(errors.ConstantColumnWarning, match="'x' does not vary"):
        spec, design = build("y ~ x + count + (1 | g)", DATA.assign(x=value))
    assert design.x_names[0] == ("Intercept", "count")
    assert spec.aliased == ("x",)


@pytest.mark.parametrize("formula", ["y ~ word + (1 | g)", "y ~ C(word, Sum) + (1 | g)"])
def test_a_factor_with_one_level(formula):
    with pytest.warns(errors.ConstantColumnWarning, match="'word' has the single level 'a'"):
        _, design = build(formula, DATA.assign(word="a"))
    assert design.x_names[0] == ("Intercept",)


def test_a_constant_slope():
    refused(
        errors.ConstantColumnError,
        "y ~ x + (1 + size | g)",
        match=r"'size' in \(1 \+ size \| g\) is 10 in every row",
    )


# Grouping factors -----------------------------------------------------------------------------


def test_a_grouping_factor_with_one_level():
    refused(
        errors.SingleLevelError,
        "y ~ x + (1 | g)",
        data=DATA.assign(g="only"),
        match="'g' has the single level 'only'",
    )


@pytest.mark.parametrize(
    ("formula", "family"),
    [
        ("y ~ x + (1 | row)", "gaussian"),
        ("hit ~ x + (1 | row)", "bernoulli"),
        ("hit ~ x + (1 | row)", "binomial"),
        ("count ~ x + (x | row)", "poisson"),
        ("y ~ x + (x + count + size * x | g:word)", "gaussian"),
    ],
)
def test_more_random_effects_than_rows(formula, family):
    refused(
        errors.TooManyRandomEffectsError, formula, family, match=r"term \(.*random effects.*30 rows"
    )


@pytest.mark.parametrize(
    ("formula", "family"),
    [
        ("count ~ x + (1 | row)", "poisson"),
        ("trials(count, size) ~ x + (1 | row)", "binomial"),
        ("size ~ x + (1 | row)", "gamma"),
        ("count ~ x + (x || row)", "poisson"),
        ("y ~ x + (x + count || g:word)", "gaussian"),
    ],
)
def test_one_random_effect_a_row_is_fine_where_lme4_has_it(formula, family):
    data = DATA.assign(size=10 + DATA["x"].abs() if family == "gamma" else 10)
    _, design = build(formula, data, family)
    assert design.n == N


def test_the_same_random_effect_twice():
    refused(
        errors.FormulaError,
        "y ~ x + (1 + x | g) + (1 | g)",
        match="'g' the random effect 'Intercept'",
    )


def test_as_many_coefficients_as_rows():
    data = DATA.iloc[:6].assign(k=[1, 2, 3, 4, 5, 5], g=[1, 1, 1, 2, 2, 2])
    refused(
        errors.TooFewRowsError,
        "y ~ C(k) + x + (1 | g)",
        data=data,
        match="6 coefficients for 6 rows",
    )


# Family and link ------------------------------------------------------------------------------


def test_an_unknown_family():
    refused(
        errors.UnknownFamilyError, "y ~ x + (1 | g)", "gausian", match="did you mean 'gaussian'"
    )


def test_an_unknown_link():
    refused(errors.UnknownLinkError, "y ~ x + (1 | g)", link="logit", match="identity, log")


# Numbers that are hard to store ---------------------------------------------------------------


def test_large_integers_are_no_trouble():
    data = DATA.assign(x=DATA["row"] * 4 * 10**9, g=DATA["g"].astype(np.uint64) + 2**63)
    _, design = build("y ~ I(x**2) + (1 | g)", data)
    assert np.array_equal(design.X[:, 1], (DATA["row"].to_numpy() * 4e9) ** 2)
    assert design.factors[0].n_levels == 5


def test_no_warning_is_raised_for_ordinary_data():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        build("y ~ x + word + (x | g)", DATA)
        build("count ~ x + word + (x | g)", DATA, "poisson")
        build("hit ~ x + word + (x | g)", DATA, "bernoulli")


# Further predictors ---------------------------------------------------------------------------

SCORES = {"y": [0, 1, 2, 0, 1, 2], "x": [1.0, 3.0, 2.0, 5.0, 4.0, 6.0], "g": [1, 1, 2, 2, 3, 3]}


@pytest.mark.parametrize(
    ("family", "arguments", "match"),
    [
        ("gaussian", {"zero_inflation": "~ 1"}, "no probability of zero"),
        ("cumulative", {"zero_inflation": "~ 1"}, "no probability of zero"),
        ("poisson", {"category_specific": "~ x"}, "neither thresholds nor periods"),
        ("cumulative", {"category_specific": "~ x"}, "'x' stands in the formula and in"),
    ],
)
def test_a_further_predictor_that_there_is_not(family, arguments, match):
    with pytest.raises(errors.FormulaError, match=match):
        build("y ~ x + (1 | g)", SCORES, family, **arguments)


def test_durations_and_categories():
    for data, match in [
        ({"time": [0, 1, 2, 3, 1, 2]}, "is 0 in row 0"),
        ({"time": [1, 1, 2, 3, 1, 2], "event": [2, 1, 1, 1, 0, 1]}, "is 2 in row 0"),
        (
            {"time": [1, 1, 3, 3, 1, 2], "event": [1, 1, 1, 1, 0, 0]},
            "no event happened in period 2",
        ),
        ({"time": [60, 1, 3, 3, 1, 2]}, "goes up to period 60"),
    ]:
        table = {"event": [1, 1, 1, 1, 0, 1], **SCORES, **data}
        with pytest.raises(errors.MixeffError, match=match):
            build("survival(time, event) ~ x + (1 | g)", table, "duration")
    for response, family, match in [
        (list("abcabc"), "cumulative", "order is not known"),
        (np.arange(6) / 7, "duration", r"takes survival\(time, event\)"),
        (np.arange(60), "multinomial", "has 60 categories"),
    ]:
        n = len(response)
        table = {"y": response, "x": np.arange(n) % 5, "g": np.arange(n) % 3}
        with pytest.raises(errors.MixeffError, match=match):
            build("y ~ x + (1 | g)", table, family)
    with pytest.raises(errors.ResponseSupportError, match="use family 'duration'"):
        build("survival(y, x) ~ 1 + (1 | g)", SCORES, "poisson")
