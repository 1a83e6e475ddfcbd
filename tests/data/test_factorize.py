import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixeff import core
from mixeff.data import encode, factorize
from mixeff.data.factorize import drop_unused, sort_levels

VALUES = {
    "small integers": np.array([3, 1, 3, 2]),
    "negative integers": np.array([-5, 7, -5, 0]),
    "integers far apart": np.array([10**15, -(10**15), 0, 10**15]),
    "integers far from zero": np.array([10**12 + 1, 10**12, 10**12 + 1, 10**12 + 2]),
    "unsigned": np.array([200, 3, 200], dtype=np.uint8),
    "beyond the signed": np.array([2**64 - 1, 2**63, 2**64 - 1], dtype=np.uint64),
    "unsigned far apart": np.array([2**64 - 1, 0], dtype=np.uint64),
    "narrow": np.array([-128, 127, 0, -128], dtype=np.int8),
    "booleans": np.array([True, False, True]),
    "fractions": np.array([0.5, -1.5, 0.5]),
    "words": np.array(["b", "a", "c", "a"], dtype=object),
}


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_codes_and_levels_give_the_values_back(values):
    codes, levels = factorize(values)
    assert codes.dtype == np.int32
    assert levels[codes].tolist() == values.tolist()
    assert levels.tolist() == sorted(set(values.tolist()))


@pytest.mark.parametrize("rows", [65_536, 65_537, 200_000])
def test_many_rows_have_the_codes_of_numpy(rows):
    values = np.random.default_rng(rows).integers(-20_000, 20_000, rows)
    codes, levels = factorize(values[::-1])
    expected, places = np.unique(values[::-1], return_inverse=True)
    assert np.array_equal(levels, expected)
    assert np.array_equal(codes, places)


@pytest.mark.parametrize("rows", [1, 4_097, 65_537, 200_000])
def test_one_number_among_many_is_noticed_wherever_it_is(rows):
    for at in {0, rows // 2, rows - 1}:
        values = np.full(rows, 2.5)
        assert core.is_finite(values)
        assert core.is_constant(values)
        assert core.is_finite(np.repeat(values, 2)[::2])
        values[at] = np.nan
        assert not core.is_finite(values)
        assert not core.is_constant(values)
        assert not core.is_finite(np.repeat(values, 2)[::2])
        values[at] = -np.inf
        assert not core.is_finite(values)
        assert core.is_constant(values) == (rows == 1)
        assert core.is_constant(np.repeat(values, 2)[::2]) == (rows == 1)


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=30))
def test_any_integers_are_factorized(values):
    codes, levels = factorize(np.array(values, dtype=np.int64))
    assert levels[codes].tolist() == values
    assert levels.tolist() == sorted(set(values))


def test_missing_values_have_no_code():
    assert factorize(np.array([2.0, np.nan, 1.0]))[0].tolist() == [1, -1, 0]
    assert factorize(np.array(["b", None, "a"], dtype=object))[0].tolist() == [1, -1, 0]


def test_whole_numbers_stored_as_floats_are_labelled_as_integers():
    for values in ([2.0, 1.0], [2.0, np.nan, 1.0]):
        _, levels = factorize(np.array(values))
        assert levels.dtype == np.int64
        assert levels.tolist() == [1, 2]


def test_words_and_numbers_together_are_ordered_by_their_text():
    codes, levels = sort_levels(np.array([0, 1, -1]), np.array(["b", 1], dtype=object))
    assert levels.tolist() == [1, "b"]
    assert codes.tolist() == [1, 0, -1]


def test_unused_levels_are_dropped_and_the_order_kept():
    codes, levels = drop_unused(
        np.array([2, 0, -1], dtype=np.int32), np.array(["z", "y", "x"], dtype=object)
    )
    assert levels.tolist() == ["z", "x"]
    assert codes.tolist() == [1, 0, -1]


def test_encode_finds_known_levels_only():
    assert encode(np.array(["a", "c", "b"]), np.array(["b", "a"])).tolist() == [1, -1, 0]
