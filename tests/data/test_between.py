"""Group means and deviations, in every library of frames."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import mixeff as me
from mixeff.errors import (
    ArgumentError,
    ColumnTypeError,
    DuplicateColumnError,
    UnknownColumnError,
)

DATA = {
    "x": [1.0, np.nan, 3.0, 4.0, 5.0, 9.0],
    "t": [True, False, True, True, False, False],
    "school": list("aaabbb"),
    "class": [1, 1, 2, 1, 1, 2],
}
LIBRARIES = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table, "dict": dict}


@pytest.mark.parametrize("name", LIBRARIES)
def test_the_users_frame_comes_back_with_two_more_columns(name):
    made = LIBRARIES[name](DATA)
    more = me.within_between(made, "x", "school")
    assert type(more) is type(made)
    columns = more.column_names if name == "pyarrow" else list(more)
    if name == "polars":
        columns = more.columns
    assert columns == [*DATA, "x_between", "x_within"]
    between, within = (np.asarray(more[end], dtype=float) for end in ("x_between", "x_within"))
    np.testing.assert_allclose(between, [2, 2, 2, 6, 6, 6])
    np.testing.assert_allclose(within, [-1, np.nan, 1, -2, -1, 3])


def test_levels_within_levels_add_up():
    more = me.within_between(pd.DataFrame(DATA), ["x", "t"], ["school", "class"])
    parts = more["x_between_school"] + more["x_between_class"] + more["x_within"]
    np.testing.assert_allclose(parts, more["x"])
    np.testing.assert_allclose(more["x_between_class"], [-1, -1, 1, -1.5, -1.5, 3])
    np.testing.assert_allclose(more["t_within"], [0.5, -0.5, 0, 0.5, -0.5, 0])


def test_a_row_without_a_group_has_neither():
    more = me.within_between({"x": [1.0, 2.0, 3.0], "g": ["a", None, "a"]}, "x", "g")
    np.testing.assert_array_equal(more["x_between"], [2, np.nan, 2])
    np.testing.assert_array_equal(more["x_within"], [-1, np.nan, 1])
    alone = me.within_between({"x": [np.nan, 2.0], "g": ["a", "b"]}, "x", "g")
    np.testing.assert_array_equal(alone["x_between"], [np.nan, 2])


def test_what_was_given_is_not_changed():
    frame = pd.DataFrame(DATA, index=list("uvwxyz"))
    more = me.within_between(frame, "x", "school")
    assert list(frame.columns) == list(DATA)
    assert list(more.index) == list("uvwxyz")


BAD = {
    "words": ({"columns": "school", "group": "class"}, ColumnTypeError, "'school' holds words"),
    "column": ({"columns": "y", "group": "class"}, UnknownColumnError, "'y'"),
    "group": ({"columns": "x", "group": "pupil"}, UnknownColumnError, "'pupil'"),
    "none": ({"columns": [], "group": "class"}, ArgumentError, "columns="),
    "twice": ({"columns": "x", "group": ["class", "class"]}, ArgumentError, "each once"),
}


@pytest.mark.parametrize("name", BAD)
def test_errors_name_the_column(name):
    arguments, error, words = BAD[name]
    with pytest.raises(error, match=words):
        me.within_between(DATA, **arguments)


def test_a_column_is_not_overwritten():
    with pytest.raises(DuplicateColumnError, match="'x_within'"):
        me.within_between({**DATA, "x_within": DATA["x"]}, "x", "school")
