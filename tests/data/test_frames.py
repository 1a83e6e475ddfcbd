import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from mixeff import errors
from mixeff.data import (
    column_names,
    empty_frame,
    from_any,
    library_of,
    n_rows_of,
    to_native,
    with_columns,
)

PLAIN = {
    "x": [1.5, 2.5, 3.5],
    "n": [3, 1, 2],
    "word": ["b", "a", "b"],
    "flag": [True, False, True],
    "unused": [0.0, 0.0, 0.0],
}
HOLES = {
    "x": [1.5, None, 3.5],
    "n": [3, None, 2],
    "word": ["b", None, "a"],
    "flag": [True, None, False],
}
LIBRARIES = {
    "pandas": pd.DataFrame,
    "pandas nullable": lambda data: pd.DataFrame(data).convert_dtypes(),
    "pandas arrow": lambda data: pd.DataFrame(data).convert_dtypes(dtype_backend="pyarrow"),
    "pandas object": lambda data: pd.DataFrame(data, dtype=object),
    "polars": pl.DataFrame,
    "pyarrow": pa.table,
    "dict": dict,
    "dict of arrays": lambda data: {name: np.array(v, dtype=object) for name, v in data.items()},
}
libraries = pytest.mark.parametrize("make", LIBRARIES.values(), ids=LIBRARIES)
frames = pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])


@libraries
def test_the_same_columns_come_from_any_library(make):
    columns = from_any(make(PLAIN), ["x", "n", "word", "flag"])
    assert columns.n_rows == 3
    assert columns["x"].number().tolist() == [1.5, 2.5, 3.5]
    assert columns["n"].number().tolist() == [3.0, 1.0, 2.0]
    assert columns["word"].kind == "categorical"
    assert columns["word"].labels().tolist() == ["b", "a", "b"]
    assert columns["flag"].number().tolist() == [1.0, 0.0, 1.0]
    assert columns.incomplete is None


@libraries
def test_null_and_nan_are_missing_in_any_library(make):
    columns = from_any(make(HOLES), ["x", "n", "word", "flag"])
    assert columns.missing_counts == {"x": 1, "n": 1, "word": 1, "flag": 1}
    kept = columns.complete()
    assert kept.rows is not None
    assert kept.rows.tolist() == [0, 2]
    assert kept["x"].number().tolist() == [1.5, 3.5]
    assert kept["n"].codes()[1].tolist() == [2, 3]
    assert kept["word"].labels().tolist() == ["b", "a"]
    assert kept["flag"].number().tolist() == [1.0, 0.0]


def test_nan_and_null_of_one_polars_column_are_both_missing():
    columns = from_any(pl.DataFrame({"x": [1.0, None, float("nan")]}), ["x"])
    assert columns.missing_counts == {"x": 2}


def _arrow_dictionary():
    words = pa.array(["low", "mid", "high"])
    return pa.table({"g": pa.DictionaryArray.from_arrays(pa.array([0, 2, None]), words)})


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"g": pd.Categorical(["low", "high", None], ["low", "mid", "high"])}),
        pl.DataFrame(
            {"g": pl.Series(["low", "high", None], dtype=pl.Enum(["low", "mid", "high"]))}
        ),
        _arrow_dictionary(),
    ],
    ids=["pandas", "polars", "pyarrow"],
)
def test_categories_keep_their_order_and_lose_unused_levels(frame):
    column = from_any(frame, ["g"])["g"]
    assert column.missing is not None
    assert column.missing.tolist() == [False, False, True]
    assert column.used().schema.levels == ("low", "high")


def test_a_polars_categorical_is_categorical():
    column = from_any(pl.DataFrame({"g": pl.Series(["b", "a", "b"], dtype=pl.Categorical)}), ["g"])
    assert column["g"].labels().tolist() == ["b", "a", "b"]


def test_an_arrow_table_of_several_chunks_is_read_whole():
    table = pa.concat_tables([pa.table({"g": ["b", "a"]}), pa.table({"g": ["c", "a"]})])
    assert from_any(table, ["g"])["g"].labels().tolist() == ["b", "a", "c", "a"]


def test_decimals_are_numbers():
    data = {"x": [Decimal("1.5"), Decimal("2.25")]}
    for frame in (data, pa.table(data), pl.DataFrame(data)):
        assert from_any(frame, ["x"])["x"].number().tolist() == [1.5, 2.25]


def test_dates_can_group_but_are_no_numbers():
    days = [dt.date(2020, 1, 2), dt.date(2020, 1, 1), dt.date(2020, 1, 2)]
    for frame in (
        {"d": days},
        pl.DataFrame({"d": days}),
        pd.DataFrame({"d": pd.to_datetime(days)}),
    ):
        column = from_any(frame, ["d"])["d"]
        assert column.kind == "time"
        assert column.codes()[0].tolist() == [1, 0, 1]
        with pytest.raises(errors.ColumnTypeError, match="'d' is a date"):
            column.number()


def test_numbers_are_not_copied():
    x = np.arange(5.0)
    assert np.shares_memory(from_any({"x": x}, ["x"])["x"].values, x)
    assert np.shares_memory(from_any(pd.DataFrame({"x": x}, copy=False), ["x"])["x"].values, x)


def test_only_the_named_columns_are_looked_at():
    data = {"x": [1.0], "strange": [object()]}
    assert list(from_any(data, ["x"])) == ["x"]


@pytest.mark.parametrize(
    "values",
    [
        (2, 1),
        range(2, 0, -1),
        np.array([2, 1]),
        pd.Series([2, 1], index=[5, 6]),
        pd.Index([2, 1]),
        pl.Series([2, 1]),
        pa.array([2, 1]),
        pa.chunked_array([[2], [1]]),
    ],
    ids=lambda values: type(values).__module__ + "." + type(values).__name__,
)
def test_a_mapping_may_hold_any_array(values):
    assert from_any({"n": values}, ["n"])["n"].number().tolist() == [2.0, 1.0]


def test_a_structured_array_is_a_frame():
    data = np.array([(1.0, 2)], dtype=[("x", float), ("n", int)])
    assert from_any(data, ["x", "n"])["n"].values.tolist() == [2]


@frames
def test_frames_go_back_in_their_library(make):
    like = from_any(make(PLAIN), ["x"]).like
    values = {"a": np.array([1.0, 2.0]), "w": np.array(["u", None], dtype=object)}
    frame = to_native(values, like)
    assert type(frame) is type(make(PLAIN))
    assert column_names(frame) == ["a", "w"]
    assert from_any(frame, ["w"]).missing_counts == {"w": 1}


def test_a_mapping_goes_back_as_pandas():
    assert isinstance(to_native({"a": np.array([1.0])}, from_any(PLAIN, ["x"]).like), pd.DataFrame)


@frames
def test_columns_are_added_to_chosen_rows(make):
    frame = with_columns(make(PLAIN), np.array([0, 2]), {"x": np.array([9.0, 8.0]), "e": [1, 2]})
    assert type(frame) is type(make(PLAIN))
    assert column_names(frame) == [*PLAIN, "e"]
    assert from_any(frame, ["x"])["x"].values.tolist() == [9.0, 8.0]
    assert from_any(frame, ["word"])["word"].labels().tolist() == ["b", "b"]


def test_pandas_keeps_its_index_when_columns_are_added():
    frame = with_columns(pd.DataFrame(PLAIN, index=[7, 8, 9]), np.array([2]), {"e": [1.0]})
    assert frame.index.tolist() == [9]


@frames
def test_a_library_has_a_name_and_an_empty_frame(make):
    frame = make(PLAIN)
    assert type(empty_frame(library_of(frame))) is type(frame)


def test_the_library_of_a_mapping_is_pandas():
    assert library_of(PLAIN) == "pandas"


@libraries
def test_rows_are_counted_in_any_library(make):
    assert n_rows_of(make(PLAIN)) == 3


# Bad input ------------------------------------------------------------------------------------


@libraries
def test_an_unknown_column_is_named_with_its_neighbours(make):
    with pytest.raises(errors.UnknownColumnError, match=r"no column 'wrd'.*did you mean 'word'"):
        from_any(make(PLAIN), ["wrd"])


def test_a_name_unlike_any_column_lists_the_columns():
    with pytest.raises(errors.UnknownColumnError, match="its columns are: x, n, word"):
        from_any(PLAIN, ["zzzzzz"])


def test_one_letter_in_common_is_no_likeness():
    with pytest.raises(errors.UnknownColumnError, match="no column 'sex' in the data; its columns"):
        from_any({"x": [1], "g": [2]}, ["sex"])


def test_a_difference_in_case_is_noticed():
    with pytest.raises(errors.UnknownColumnError, match="did you mean 'N'"):
        from_any({"N": [1]}, ["n"])


def test_a_double_column_is_refused_when_it_is_used():
    frame = pd.DataFrame([[1, 2, 3]], columns=["x", "x", "y"])
    with pytest.raises(errors.DuplicateColumnError, match="2 columns named 'x'; rename"):
        from_any(frame, ["x"])
    assert from_any(frame, ["y"])["y"].values.tolist() == [3]


@pytest.mark.parametrize(
    "frame", [pd.DataFrame({"x": []}), pl.DataFrame({"x": []}), {"x": []}, {}, pd.DataFrame()]
)
def test_a_frame_without_rows_is_refused(frame):
    with pytest.raises(errors.EmptyDataError, match="no rows"):
        from_any(frame, column_names(frame))


@frames
@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_an_infinite_value_is_named_with_its_row(make, value):
    with pytest.raises(errors.InfiniteValueError, match=r"'x' holds -?inf in row 2"):
        from_any(make({"x": [1.0, np.nan, value]}), ["x"])


def test_huge_numbers_are_not_infinite():
    x = np.full(3, 1e308)
    assert from_any({"x": x}, ["x"])["x"].values.tolist() == x.tolist()


def test_a_lazy_frame_is_to_be_collected():
    with pytest.raises(errors.DataTypeError, match="collect"):
        from_any(pl.DataFrame(PLAIN).lazy(), ["x"])


@pytest.mark.parametrize("data", [3, [1, 2], np.ones((2, 2)), "data.csv", None])
def test_what_is_no_table_is_refused(data):
    with pytest.raises(errors.DataTypeError, match="give a pandas, polars or pyarrow table"):
        from_any(data, ["x"])


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(errors.LengthError, match="'y' has 3 values where others have 2"):
        from_any({"x": [1, 2], "y": [1, 2, 3]}, ["x", "y"])


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ([[1, 2], [3]], "values such as"),
        (np.array([1 + 2j, 3.0]), "complex"),
        (np.ones((2, 2)), "one-dimensional"),
        (3.0, r"is of type float; give a list or an array, such as \[3.0\]"),
        ("abc", r"is of type str; give a list or an array, such as \['abc'\]"),
    ],
)
def test_values_that_no_model_can_use_are_refused(values, what):
    with pytest.raises(errors.ColumnTypeError, match=f"'x'.*{what}"):
        from_any({"x": values}, ["x"])


def test_lists_in_a_polars_column_are_refused():
    with pytest.raises(errors.ColumnTypeError, match="'x' holds List"):
        from_any(pl.DataFrame({"x": [[1], [2]]}), ["x"])


def test_if_every_row_misses_something_the_columns_are_counted():
    columns = from_any({"x": [None, 1.0], "y": [2.0, None]}, ["x", "y"])
    with pytest.raises(errors.AllRowsMissingError, match=r"'x' \(1\), 'y' \(1\)"):
        columns.complete()
