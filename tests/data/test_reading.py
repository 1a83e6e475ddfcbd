"""Columns from series of pandas."""

import numpy as np
import pandas as pd
import pytest

from mixeff.data import from_any, reading


@pytest.mark.parametrize("few", [0, 10**6])
def test_words_are_the_same_looked_up_one_by_one_or_together(few, monkeypatch):
    monkeypatch.setattr(reading, "_FEW", few)
    words = pd.Series(["b", None, "a", "b", "c"], dtype="str")
    column = from_any({"w": words}, ["w"])["w"]
    assert column.levels is not None
    assert column.missing is not None
    assert column.levels.tolist() == ["a", "b", "c"]
    assert column.values.tolist() == [1, -1, 0, 1, 2]
    assert column.missing.tolist() == [False, True, False, False, False]


def test_float32_becomes_float64_once():
    data = pd.DataFrame({"x": np.array([0.5, 1.5], dtype=np.float32)})
    column = from_any(data, ["x"])["x"]
    assert column.values.dtype == np.float64
    assert column.protected is not None


def test_every_second_row_of_an_array_is_copied_where_it_is_used():
    column = from_any({"x": np.arange(6.0)[::2]}, ["x"])["x"]
    assert column.protected is None
