import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixeff.model import ModelMatrix
from mixeff.model.rank import dependent_columns

RNG = np.random.default_rng(2)


def with_intercept(*columns):
    return np.column_stack([np.ones(len(columns[0])), *columns])


def positions(x):
    return [dependence.column for dependence in dependent_columns(ModelMatrix.of(x))]


A, B, C = RNG.normal(size=(3, 50))
GROUP = np.arange(50) % 3
DUMMIES = np.column_stack([k == GROUP for k in range(3)]).astype(float)
YEAR = 2000.0 + np.arange(50) % 7


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (with_intercept(A, B), []),
        (with_intercept(A, 2 * A), [2]),
        (with_intercept(A, B, A + B, C), [3]),
        (with_intercept(A, A, A), [2, 3]),
        (with_intercept(np.full(50, 7.0), A), [1]),
        (with_intercept(np.zeros(50), A), [1]),
        (np.column_stack([np.zeros(50), A]), [0]),
        (np.column_stack([A, 0 * A]), [1]),
        (DUMMIES, []),
        (with_intercept(DUMMIES), [3]),
        (np.column_stack([DUMMIES, A]), []),
        (with_intercept(A + 1e6, B), []),
        (with_intercept(1e9 + A), []),
        (with_intercept(1e-12 * A, 1e12 * B), []),
        (with_intercept(YEAR, YEAR**2), []),
        (with_intercept(A, A + 1e-3 * B), []),
        (with_intercept(A, A + 1e-12 * B), [2]),
        (RNG.normal(size=(3, 5)), [3, 4]),
        (np.ones((1, 1)), []),
        (np.empty((5, 0)), []),
    ],
)
def test_later_columns_lose(x, expected):
    assert positions(x) == expected


def test_the_causes_are_named():
    (found,) = dependent_columns(ModelMatrix.of(with_intercept(A, B, C, A - C)))
    assert found.on == (0, 1, 3)
    (constant,) = dependent_columns(ModelMatrix.of(with_intercept(A, np.full(50, 3.0))))
    assert constant.on == (0,)


def test_rare_dummies_in_many_rows_are_not_taken_for_dependent():
    n = 200_000
    rare = np.zeros(n)
    rare[[12345, 67891]] = 1.0
    assert positions(with_intercept(RNG.normal(size=n), rare)) == []
    assert positions(with_intercept(RNG.normal(size=n), rare, rare)) == [3]


def test_many_rows_find_what_few_rows_hide():
    n = 150_000
    a = RNG.normal(size=n)
    b = a.copy()
    b[77777] += 1.0
    assert positions(with_intercept(a, b)) == []


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(-6, 6), min_size=3, max_size=3),
    st.lists(st.floats(-1e4, 1e4), min_size=3, max_size=3),
    st.permutations(range(3)),
)
def test_units_and_zero_points_do_not_matter(powers, shifts, order):
    columns = np.column_stack([A, B, A - 2 * B])[:, order]
    moved = (columns + shifts) * 10.0 ** np.array(powers)
    assert positions(with_intercept(columns)) == [3]
    assert positions(with_intercept(moved)) == [3]
    assert positions(with_intercept(moved[:, :2], C)) == []
