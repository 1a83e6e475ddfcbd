"""The columns that are filled in directly are those of formulaic: same names, same bits."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixeff import errors
from mixeff.data import Columns, from_any
from mixeff.formula.engine import learn
from mixeff.model.matrix import learn_matrix, recode_matrix

RNG = np.random.default_rng(1)
N = 40
FRAME = pd.DataFrame(
    {
        "x": RNG.normal(size=N),
        "z": RNG.exponential(size=N),
        "k": RNG.integers(0, 3, N),
        "big": RNG.integers(3 * 10**9, 9 * 10**9, N),
        "flag": RNG.random(N) < 0.5,
        "g": pd.Categorical(RNG.choice(["low", "mid", "high"], N), ["low", "mid", "high"]),
        "h": RNG.choice(["u", "v"], N),
        "Sepal.Length": RNG.normal(size=N),
        "two words": RNG.choice([10, 20], N),
    }
)
COLUMNS = from_any(FRAME, FRAME.columns).complete()
NUMBERS = ["x", "z", "k", "flag", "I(x**2)", "log(z)", "I(x * z)", "I(k > 1)", "Sepal.Length"]
FACTORS = ["g", "h", "C(k)", "C(flag)", "C(`two words`)", "C(g)"]


def formulaic(text, columns=COLUMNS):
    """The model matrix as formulaic makes it from the same values."""
    frame = pd.DataFrame({name: _plain(columns[name], text) for name in columns})
    coded, matrix = learn(text, frame)
    return coded.names, matrix


def _plain(column, text):
    if column.levels is not None:
        return pd.Categorical.from_codes(column.values, column.levels.tolist())
    categorical = f"C({column.name})" in text or f"C(`{column.name}`)" in text
    return column.values if column.kind == "boolean" or categorical else column.number()


def assert_same(text):
    spec, matrix = learn_matrix(text, COLUMNS)
    names, expected = formulaic(text)
    assert spec.names == names
    assert np.array_equal(matrix.array, expected)
    assert matrix.array.flags.f_contiguous
    assert np.array_equal(recode_matrix(spec, COLUMNS).array, matrix.array)
    return spec


PLANNED = [
    "1",
    "0 + x",
    "x + z",
    "x + I(x**2) + I(x**3)",
    "g",
    "g + h + x",
    "g * h",
    "x * g",
    "g * x * h",
    "x:z:k + g",
    "C(k) * x",
    "C(flag) + flag",
    "Sepal.Length * h",
    "C(`two words`)",
    "(x + g + h)**2",
    "log(z):g + log(z) + g",
    "g + I(g == 'mid')",
    "x > 0",
]
LEFT_TO_FORMULAIC = [
    "0 + g",
    "x:g",
    "g / x",
    "g:h",
    "h + g:h",
    "scale(x)",
    "poly(x, 2)",
    "bs(x, df=4)",
    "C(g, Sum)",
    "C(g, Treatment('mid'))",
    "2:x",
]


@pytest.mark.parametrize("text", PLANNED)
def test_common_formulas_are_planned_and_equal_formulaic(text):
    text = f"I({text})" if ">" in text else text
    assert assert_same(text).plan is not None


@pytest.mark.parametrize("text", LEFT_TO_FORMULAIC)
def test_other_formulas_are_left_to_formulaic(text):
    assert assert_same(text).plan is None


atoms = st.sampled_from(NUMBERS + FACTORS)
interactions = st.lists(atoms, min_size=1, max_size=3, unique=True).map(
    lambda parts: st.sampled_from([":", "*"]).map(lambda operator: operator.join(parts))
)
formulas = st.lists(interactions.flatmap(lambda term: term), min_size=1, max_size=4).flatmap(
    lambda terms: st.sampled_from(["", "0 + ", "1 + "]).map(lambda head: head + " + ".join(terms))
)


@settings(max_examples=100, deadline=None)
@given(formulas)
def test_any_combination_equals_formulaic(text):
    both = [name for name in ("k", "flag") if f"C({name})" in text and name in FRAME]
    if any(_used_as_number(name, text) for name in both):
        return  # formulaic is given such a column as integers, whose products may differ in bits
    assert_same(text)


def _used_as_number(name, text):
    return any(part in (name, f"I({name} > 1)") for part in text.replace("*", ":").split(":"))


def test_squares_of_large_integers_do_not_overflow():
    _, matrix = learn_matrix("I(big**2)", COLUMNS)
    assert np.array_equal(matrix.columns[1], FRAME["big"].to_numpy().astype(float) ** 2)


def test_products_of_large_integers_do_not_overflow():
    columns = from_any({"k": [3 * 10**9, 1], "m": [4 * 10**9, 2]}, ["k", "m"])
    _, matrix = learn_matrix("k:m", columns)
    assert matrix.columns[1].tolist() == [12e18, 2.0]


def test_large_integers_do_not_overflow_in_formulaic_either():
    _, matrix = learn_matrix("0 + I(big**2) + scale(x)", COLUMNS)
    assert np.array_equal(matrix.columns[0], FRAME["big"].to_numpy().astype(float) ** 2)


def test_a_number_in_c_that_was_not_seen_is_an_unseen_level():
    spec, _ = learn_matrix("C(k)", COLUMNS)
    new = from_any({"k": [0, 7]}, ["k"])
    with pytest.raises(errors.UnseenLevelError, match="'k' is 7 in row 1"):
        recode_matrix(spec, new)


@pytest.mark.parametrize("text", ["log(x)", "log(x) + scale(z)", "I(1 / (k - 1))"])
def test_what_is_not_finite_is_named_with_its_row(text):
    values = FRAME.assign(x=1.0, k=2)
    values.loc[3, ["x", "k"]] = [-1.0, 1]
    with pytest.raises(errors.UndefinedValueError, match=r"(log\(x\)|I\(1.*\))' is .* in row 3"):
        learn_matrix(text, from_any(values, ["x", "z", "k"]))


def test_a_product_that_overflows_is_named():
    columns = from_any({"x": [1e200, 1.0], "z": [1e200, 1.0]}, ["x", "z"])
    with pytest.raises(errors.UndefinedValueError, match="'x:z' is inf in row 0"):
        learn_matrix("x:z", columns)


@pytest.mark.parametrize("text", ["log(h)", "I(h)", "I(h + 'u')"])
def test_arithmetic_with_words_is_refused(text):
    with pytest.raises(errors.ColumnTypeError, match=r"computes with 'h'.*I\(g == 'a'\)"):
        learn_matrix(text, COLUMNS)


def test_new_data_are_coded_as_before():
    spec, matrix = learn_matrix("bs(x, df=4) + C(g, Sum) + scale(z)", COLUMNS)
    some = np.array([3, 5, 8])
    part = Columns({name: column.rows(some) for name, column in COLUMNS.items()}, 3)
    assert np.allclose(recode_matrix(spec, part).array, matrix.rows(some), rtol=0, atol=1e-14)
