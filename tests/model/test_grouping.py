import pickle

import numpy as np
import pytest

from mixeff.data import from_any
from mixeff.errors import FormulaError
from mixeff.formula import Group
from mixeff.model.grouping import learn_grouping, recode_grouping

DATA = {
    "a": ["x", "y", "x", "y", "x"],
    "b": [2, 1, 1, 1, 2],
    "c": [True, True, False, True, True],
}


def learn(*names, data=DATA):
    return learn_grouping(Group(names), from_any(data, names))


def test_an_integer_column_is_a_factor():
    spec, factor = learn("b")
    assert factor.codes.tolist() == [1, 0, 0, 0, 1]
    assert tuple(factor.levels) == (1, 2)
    assert spec.n_levels == 2


def test_combinations_that_occur_are_levels():
    spec, factor = learn("a", "b")
    assert tuple(factor.levels) == ("x:1", "x:2", "y:1")
    assert factor.codes.tolist() == [1, 2, 0, 2, 1]
    assert (spec.name, factor.n_levels) == ("a:b", 3)


def test_three_columns_combine():
    _, factor = learn("a", "b", "c")
    labels = [factor.levels[code] for code in factor.codes]
    assert labels == [f"{a}:{b}:{c}" for a, b, c in zip(*DATA.values(), strict=True)]


def test_labels_are_a_sequence():
    _, factor = learn("a", "b")
    assert factor.levels[0] == "x:1"
    assert factor.levels[1:] == ("x:2", "y:1")
    assert len(factor.levels) == 3
    assert list(factor.levels) == np.asarray(factor.levels).tolist()
    assert "y:1" in factor.levels


def test_new_rows_get_the_codes_of_the_fit():
    for names in (("a",), ("b",), ("a", "b"), ("a", "b", "c")):
        spec, factor = learn(*names)
        assert np.array_equal(recode_grouping(spec, from_any(DATA, names)).codes, factor.codes)


def test_unknown_and_missing_levels_get_minus_one():
    new = {"a": ["x", "z", None, "y"], "b": [1, 1, 2, 2]}
    codes = recode_grouping(learn("a")[0], from_any(new, ["a"])).codes
    assert codes.tolist() == [0, -1, -1, 1]
    codes = recode_grouping(learn("a", "b")[0], from_any(new, ["a", "b"])).codes
    assert codes.tolist() == [0, -1, -1, -1]  # y:2 did not occur


def test_whole_numbers_match_however_they_are_stored():
    spec, _ = learn("b")
    for values in ([1.0, 2.0, np.nan], np.array([1, 2, 5], dtype=np.uint8)):
        assert recode_grouping(spec, from_any({"b": values}, ["b"])).codes.tolist() == [0, 1, -1]


def test_many_combinations_do_not_overflow():
    n = 1000
    data = {name: np.arange(n) for name in "abcde"}
    _, factor = learn(*"abcde", data=data)
    assert factor.codes.tolist() == list(range(n))


def test_combinations_beyond_all_integers_are_refused():
    data = {name: np.arange(1000) for name in "abcdefg"}
    with pytest.raises(FormulaError, match="too many combinations"):
        learn(*"abcdefg", data=data)


def test_a_grouping_spec_pickles_small():
    spec, _ = learn_grouping(Group(("g",)), from_any({"g": np.arange(10_000)}, ["g"]))
    stored = pickle.dumps(spec)
    assert len(stored) < 100_000
    assert tuple(pickle.loads(stored).labels) == tuple(range(10_000))
