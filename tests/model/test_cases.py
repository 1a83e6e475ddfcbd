"""Alternatives by case, against loops over the cases."""

import numpy as np
import pytest

from mixeff.model.families.cases import Cases


@pytest.fixture
def made():
    rng = np.random.default_rng(4)
    numbers = rng.permutation(np.repeat(np.arange(20.0), rng.integers(2, 6, 20)))
    return Cases(numbers), numbers, rng.normal(size=(len(numbers), 3))


def by_case(numbers: np.ndarray, x: np.ndarray, f) -> np.ndarray:
    out = np.empty_like(x)
    for number in np.unique(numbers):
        out[numbers == number] = f(x[numbers == number])
    return out


def test_sums_and_largest_are_those_of_each_case(made):
    cases, numbers, x = made
    assert cases.n == 20
    sums = by_case(numbers, x, lambda part: part.sum(axis=0))
    np.testing.assert_allclose(cases.spread(cases.sums(x)), sums)
    largest = by_case(numbers, x, lambda part: part.max(axis=0))
    np.testing.assert_array_equal(cases.spread(cases.largest(x)), largest)


def test_shares_are_a_softmax_within_each_case(made):
    cases, numbers, x = made
    far = x + 900 * (numbers % 2)[:, None]  # beyond the range of exp
    wanted = by_case(numbers, x, lambda part: np.exp(part) / np.exp(part).sum(axis=0))
    np.testing.assert_allclose(cases.shares(far), wanted, rtol=1e-10)
    np.testing.assert_allclose(cases.shares(x[:, 0]), wanted[:, 0], rtol=1e-12)


def test_centred_is_zero_to_the_bit_where_nothing_varies(made):
    cases, numbers, x = made
    wanted = by_case(numbers, x, lambda part: part - part.mean(axis=0))
    np.testing.assert_allclose(cases.centred(x), wanted, atol=1e-14)
    assert not cases.centred(0.1 + numbers / 3).any()
    assert not cases.varies(numbers).any()
    assert cases.varies(x[:, 0]).all()


def test_the_chosen_alternative_is_counted_in_its_case():
    numbers, y = np.array([1.0, 0.0, 1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0, 0.0, 1.0])
    cases = Cases(numbers)
    assert cases.chosen(y).tolist() == [2, 1]
    assert cases.have_one(y).all()
    assert cases.have_one(np.ones(5)).tolist() == [False] * 5
