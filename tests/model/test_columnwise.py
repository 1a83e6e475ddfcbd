"""Columns are used where they are only where nobody can change them."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest

import mixeff as me
from mixeff.model import ModelMatrix, build

N = 300
pytestmark = pytest.mark.skipif(
    int(pd.__version__.split(".")[0]) < 3, reason="pandas copies on write from version 3 on"
)


def arrays():
    rng = np.random.default_rng(4)
    x, z, g = rng.normal(size=N), rng.normal(size=N), np.repeat(np.arange(N // 10), 10)
    slope = rng.normal(size=N // 10)[g]
    y = x + rng.normal(size=N // 10)[g] + slope * z + rng.normal(size=N)
    return {"y": y, "x": x, "z": z, "g": g}


def frame():
    return pd.DataFrame(arrays())


def test_numbers_of_a_pandas_frame_are_not_copied():
    data = frame()
    _, design = build("y ~ x + (1 | g)", data)
    assert np.shares_memory(design.fixed[0].columns[1], data["x"].to_numpy())
    assert design.fixed[0].columns[0].strides == (0,)
    assert not design.fixed[0].columns[1].flags.writeable


CHANGES = {
    "column": lambda data: data.__setitem__("x", 9.0),
    "cell": lambda data: data.loc.__setitem__((0, "x"), 9.0),
    "block": lambda data: data.iloc.__setitem__((slice(None), [0, 1]), 9.0),
    "add": lambda data: data.__iadd__(1.0),
    "replace": lambda data: data.replace(data.loc[0, "x"], 9.0, inplace=True),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.parametrize("with_model", [True, False])
def test_what_a_frame_becomes_does_not_reach_the_design(change, with_model):
    data = frame()
    before = data["x"].to_numpy().copy(), data["y"].to_numpy().copy()
    if with_model:
        design = me.Model("y ~ x + (1 | g)", data).design
    else:
        _, design = build("y ~ x + (1 | g)", data)  # no other copy of the frame is kept
    change(data)
    np.testing.assert_array_equal(design.X[:, 1], before[0])
    np.testing.assert_array_equal(design.y, before[1])


def test_a_series_of_a_mapping_may_change_later():
    data = {**arrays(), "x": pd.Series(arrays()["x"])}
    _, design = build("y ~ x + (1 | g)", data)
    data["x"].iloc[0] = 9.0
    np.testing.assert_array_equal(design.X[:, 1], arrays()["x"])


@pytest.mark.parametrize("frozen", [False, True])
def test_arrays_of_a_mapping_may_change_later(frozen):
    data = arrays()
    data["x"].setflags(write=not frozen)
    _, design = build("y ~ x + z + (1 | g)", data)
    data["x"].setflags(write=True)
    data["x"][:] = data["z"][:] = 9.0
    np.testing.assert_array_equal(design.X[:, 1], arrays()["x"])
    np.testing.assert_array_equal(design.X[:, 2], arrays()["z"])


def shares(design, array):
    x = [column for matrix in design.fixed for column in matrix.columns]
    z = [term.z for term in design.terms if term.z is not None]
    return any(
        np.shares_memory(own, array)
        for own in (*x, *z, design.y, design.weights, *design.offset)
        if own is not None
    )


@pytest.mark.parametrize("made", ["array", "memmap", "strided", "frozen", "records"])
@pytest.mark.parametrize("left", ["y", "I(y)"])
def test_no_array_of_the_user_is_in_a_design(made, left, tmp_path):
    data = {**arrays(), "w": np.ones(N), "o": np.zeros(N)}
    if made == "memmap":
        for name in ("y", "x", "z", "w", "o"):
            values, data[name] = (
                data[name],
                np.memmap(tmp_path / name, np.float64, "w+", shape=(N,)),
            )
            data[name][:] = values
    elif made == "strided":
        data = {name: np.repeat(values, 2)[::2] for name, values in data.items()}
    elif made == "frozen":
        for values in data.values():
            values.setflags(write=False)
    records = pd.DataFrame(data).to_records(index=False)
    given = np.array(records) if made == "records" else data
    formula = f"{left} ~ x + z + offset(o) + (1 + z | g)"
    _, design = build(formula, given, weights="w")
    _, other = build(formula.replace("offset(o) + ", ""), given, weights=given["w"])
    for name in ("y", "x", "z", "w", "o"):
        assert not shares(design, given[name])
        assert not shares(other, given[name])


@pytest.mark.parametrize("only", [["y", "x", "z", "g"], ["x", "g"]])
@pytest.mark.parametrize("split", [True, False])
def test_memory_that_arrow_handed_on_is_copied(only, split):
    pa = pytest.importorskip("pyarrow")
    data = {name: arrays()[name] for name in only}
    taken = pa.table(data).to_pandas(split_blocks=split).assign(n=np.arange(N) % 7)
    _, design = build("n ~ x + (1 + x | g)", taken, "poisson")
    assert not any(shares(design, values) for values in data.values())


@pytest.mark.parametrize("kind", ["csv", "parquet", "feather"])
def test_numbers_read_from_a_file_are_not_copied(kind, tmp_path):
    path = tmp_path / f"data.{kind}"
    getattr(frame(), f"to_{kind}")(path, **({"index": False} if kind == "csv" else {}))
    data = getattr(pd, f"read_{kind}")(path)
    _, design = build("y ~ x + z + (1 | g)", data)
    assert shares(design, data["x"].to_numpy())


@pytest.mark.parametrize("rows", [slice(None, None, 2), slice(None, None, -1)])
def test_weights_and_offsets_of_every_second_row(rows):
    data = frame().assign(w=2.0, o=0.5)
    data.loc[::3, "w"] = 1.0
    some = data.iloc[rows]
    formula = "y ~ x + offset(o) + (1 + z | g)"
    fits = [
        me.fit(formula, given, weights=weights, method="ml")
        for given in (some, some.reset_index(drop=True).copy())
        for weights in ("w", given["w"].to_numpy())
    ]
    assert len({fit.llf for fit in fits}) == 1


def test_numbers_between_two_places_of_memory_are_copied():
    data = frame()
    raw = bytearray(8 * N + 1)
    odd = np.frombuffer(raw, dtype=np.float64, offset=1)
    odd[:] = data["x"]
    x = pd.Series(odd, copy=False)
    _, design = build("y ~ x + (1 | g)", {**data, "x": x})
    assert design.fixed[0].columns[1].flags.aligned


def test_a_model_of_another_response_keeps_its_own():
    y = arrays()["y"] + 1.0
    fit = me.fit("y ~ x + (1 | g)", frame(), method="ml").refit(y)
    before = fit.design.y.copy()
    y[:] = 0.0
    np.testing.assert_array_equal(fit.design.y, before)
    assert fit.inputs.response is not None
    np.testing.assert_array_equal(fit.inputs.response, before)


def test_a_copy_of_a_matrix_is_frozen_too():
    _, design = build("y ~ x + (1 | g)", frame())
    for again in (pickle.loads(pickle.dumps(design.fixed[0])), copy.deepcopy(design.fixed[0])):
        assert not any(column.flags.writeable for column in again.columns)
        np.testing.assert_array_equal(again.array, design.X)


def test_a_fit_is_that_of_its_data_after_they_changed():
    data = frame()
    model = me.Model("y ~ x + (1 + z | g)", data)
    first = model.fit(method="ml")
    data[["x", "z", "y"]] *= 3.0
    assert model.fit(method="ml").llf == first.llf


def test_the_same_fit_whatever_the_order_of_the_rows():
    data = frame()
    mixed = data.sample(frac=1, random_state=1, ignore_index=True)
    one, other = (me.fit("y ~ x * z + (1 + z | g)", d, method="ml") for d in (data, mixed))
    assert one.llf == pytest.approx(other.llf, rel=1e-10)


def test_rows_and_columns_of_a_matrix():
    array = np.arange(12.0).reshape(4, 3)
    matrix = ModelMatrix.of(array)
    assert array.flags.writeable
    assert matrix.shape == (4, 3)
    np.testing.assert_array_equal(matrix.rows(slice(None, None, 2)), array[::2])
    for some in ([2, 0], [2, 0, 1], [0, 0, 1]):
        np.testing.assert_array_equal(matrix.take(some).array, array[:, some])
    np.testing.assert_array_equal(matrix.part(np.array([3, 1])).array, array[[3, 1]])
    np.testing.assert_allclose(matrix.times(np.array([1.0, 2.0, -1.0])), array @ [1, 2, -1])
    assert ModelMatrix([], 4).rows(slice(0, 2)).shape == (2, 0)
    assert ModelMatrix([], 4).part(slice(0, 2)).shape == (2, 0)
    assert not ModelMatrix([], 4).has_intercept
    assert not ModelMatrix([np.zeros(0)], 0).has_intercept


FITS = {
    "laplace": ("poisson", {"method": "laplace"}),
    "agq": ("poisson", {"method": "agq", "nodes": 3}),
    "reml": ("gaussian", {"method": "reml"}),
    "dispersion": ("nb2", {"method": "laplace", "dispersion": "~ x"}),
    "zeros": ("poisson", {"method": "laplace", "zero_inflation": "~ x"}),
    "categories": ("cumulative", {"method": "laplace"}),
    "quasi": ("poisson", {"method": "pql1"}),
}


@pytest.mark.parametrize(("family", "options"), FITS.values(), ids=FITS.keys())
@pytest.mark.filterwarnings("ignore::mixeff.errors.MixeffWarning")
def test_a_fit_puts_no_columns_together(family, options):
    data = frame()
    data["y"] = np.clip(np.floor(np.exp(data["y"] / 2)), 0, 3)
    fit = me.fit("y ~ x + z + (1 | g)", data, family, **options)
    assert fit.bse is not None
    assert all("array" not in vars(matrix) for matrix in fit.design.fixed)
