import pickle
import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from mixeff import errors
from mixeff.model import build, design_for_new_data

RNG = np.random.default_rng(6)
N = 40
DATA: Any = pd.DataFrame(
    {
        "y": RNG.normal(size=N),
        "count": RNG.integers(0, 9, N),
        "n": np.full(N, 9),
        "x": RNG.normal(size=N),
        "v": RNG.exponential(size=N) + 0.1,
        "word": np.resize(["b", "a", "c"], N),
        "k": np.arange(N) % 4,
        "g": np.arange(N) % 5,
        "h": np.resize(["u", "v"], N),
        "w": np.arange(N) + 1.0,
    }
)
FORMULAS = [
    "y ~ x + word + (1 | g)",
    "y ~ x * word + factor(k) + (1 + x | g)",
    "y ~ bs(x, df=4) + C(word, Sum) + (word | g/h)",
    "y ~ scale(x) + poly(v, 2) + offset(log(v)) + (0 + v || h) + (1 | g:h)",
    "y ~ 0 + word + x > 0 + (1 | g)",
]


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("order", [np.arange(N), np.arange(N)[::-3], np.array([4])])
def test_the_data_of_the_fit_give_their_own_rows_again(formula, order):
    spec, design = build(formula, DATA)
    spec = pickle.loads(pickle.dumps(spec))
    new = design_for_new_data(spec, DATA.iloc[order], need_response=True)
    assert np.array_equal(new.y, design.y[order])
    assert new.x_names == design.x_names
    assert np.allclose(new.X, design.X[order], rtol=0, atol=1e-13)
    assert np.allclose(new.Z.toarray(), design.Z.toarray()[order], rtol=0, atol=1e-13)
    for factor, before in zip(new.factors, design.factors, strict=True):
        assert np.array_equal(factor.codes, before.codes[order])
        assert tuple(factor.levels) == tuple(before.levels)
    if design.offset[0] is not None:
        assert new.offset[0] is not None
        assert np.array_equal(new.offset[0], design.offset[0][order])


def test_another_library_will_do():
    spec, design = build(FORMULAS[0], DATA)
    assert np.array_equal(design_for_new_data(spec, pl.from_pandas(DATA)).X, design.X)


def test_dropped_columns_stay_dropped():
    with pytest.warns(errors.RankDeficientWarning):
        spec, _ = build("y ~ x + I(2 * x) + v + (1 | g)", DATA)
    new = design_for_new_data(spec, DATA.iloc[:3])
    assert new.x_names[0] == ("Intercept", "x", "v")
    assert np.array_equal(new.X[:, 2], DATA["v"].to_numpy()[:3])


def test_only_covariates_and_groups_are_needed():
    spec, _ = build("y ~ x + (1 | g)", DATA, weights="w")
    new = design_for_new_data(spec, DATA[["x", "g"]])
    assert np.isnan(new.y).all()
    assert (new.trials, new.weights, new.rows) == (None, None, None)


def test_the_response_and_the_weights_are_read_if_asked_for():
    spec, design = build("trials(count, n) ~ x + (1 | g)", DATA, "binomial", weights="w")
    new = design_for_new_data(spec, DATA, need_response=True)
    assert new.family == "binomial"
    for name in ("y", "trials", "weights"):
        assert np.array_equal(getattr(new, name), getattr(design, name))


def test_words_of_the_response_keep_their_order():
    data = DATA.assign(o=np.resize(["no", "yes"], N))
    spec, _ = build("o ~ x + (1 | g)", data, "bernoulli")
    new = design_for_new_data(spec, data[data["o"] == "yes"], need_response=True)
    assert np.all(new.y == 1.0)
    with pytest.raises(errors.UnseenLevelError, match="'o' holds 'maybe'"):
        design_for_new_data(spec, data.assign(o="maybe"), need_response=True)


def test_rows_with_missing_covariates_are_left_out_and_told():
    spec, design = build("y ~ x + word + (1 | g)", DATA)
    holes = DATA.copy()
    holes.loc[[2, 5], "x"] = np.nan
    holes.loc[7, "word"] = None
    new = design_for_new_data(spec, holes)
    assert new.rows is not None
    assert np.array_equal(new.rows, np.delete(np.arange(N), [2, 5, 7]))
    assert np.array_equal(new.X, design.X[new.rows])
    assert np.array_equal(new.factors[0].codes, design.factors[0].codes[new.rows])


def test_rows_without_a_group_are_left_out_unless_the_population_is_asked_for():
    spec, _ = build("y ~ x + (1 | g)", DATA)
    holes = DATA.assign(g=DATA["g"].where(DATA["g"] != 3))
    new = design_for_new_data(spec, holes)
    assert new.rows is not None
    assert np.array_equal(new.rows, np.flatnonzero(DATA["g"] != 3))
    assert design_for_new_data(spec, holes, new_levels="population").n == N


def test_rows_that_are_all_incomplete_leave_an_empty_design():
    spec, _ = build("y ~ bs(x, df=4) + word + (1 | g)", DATA)
    new = design_for_new_data(spec, DATA.assign(x=np.nan))
    assert new.n == 0
    assert new.X.shape == (0, 7)


# Levels ---------------------------------------------------------------------------------------


def test_an_unseen_group_is_an_error_that_offers_the_population():
    spec, _ = build("y ~ x + (1 | g)", DATA)
    with pytest.raises(errors.UnseenLevelError, match=r"'g' has level '77' in row 3.*'population'"):
        design_for_new_data(spec, DATA.assign(g=[0, 1, 2, 77] * 10))


@pytest.mark.parametrize("formula", ["y ~ x + (1 | g)", "y ~ x + (1 + x | g/h)"])
def test_unseen_missing_and_absent_groups_have_no_random_effects_in_the_population(formula):
    spec, design = build(formula, DATA)
    groups = DATA["g"].astype(float)
    groups[[1, 2]] = [77, np.nan]
    new = design_for_new_data(spec, DATA.assign(g=groups), new_levels="population")
    known = np.delete(np.arange(N), [1, 2])
    assert not new.Z.toarray()[[1, 2]].any()
    assert np.array_equal(new.Z.toarray()[known], design.Z.toarray()[known])
    absent = design_for_new_data(spec, DATA[["x"]], new_levels="population")
    assert absent.Z.nnz == 0
    assert absent.Z.shape == design.Z.shape


def test_an_absent_group_is_an_unknown_column_otherwise():
    spec, _ = build("y ~ x + (1 | g)", DATA)
    with pytest.raises(errors.UnknownColumnError, match="no column 'g'"):
        design_for_new_data(spec, DATA[["x"]])


@pytest.mark.parametrize("term", ["word", "C(word, Sum)", "x:word"])
def test_an_unseen_level_of_a_covariate_is_named(term):
    spec, _ = build(f"y ~ x + {term} + (1 | g)", DATA)
    for new_levels in ("error", "population"):
        with pytest.raises(
            errors.UnseenLevelError, match=r"'word' has levels.*'z'; the fit knows 'a', 'b', 'c'"
        ):
            design_for_new_data(spec, DATA.assign(word="z"), new_levels=new_levels)


@pytest.mark.parametrize("term", ["C(k)", "C(k, Sum)"])
def test_an_unseen_number_in_c_is_named(term):
    spec, _ = build(f"y ~ {term} + (1 | g)", DATA)
    with pytest.raises(errors.UnseenLevelError, match="9"):
        design_for_new_data(spec, DATA.assign(k=9))


def test_categories_with_other_orders_or_fewer_levels_match_by_name():
    spec, design = build("y ~ word + (1 | g)", DATA)
    words = pd.Categorical(DATA["word"], ["z", "c", "b", "a"])
    assert np.array_equal(design_for_new_data(spec, DATA.assign(word=words)).X, design.X)
    some = DATA[DATA["word"] == "c"]
    assert np.array_equal(design_for_new_data(spec, some).X, design.X[DATA["word"] == "c"])


# Bad input ------------------------------------------------------------------------------------


def test_words_where_numbers_were_are_refused():
    spec, _ = build("y ~ x + (1 | g)", DATA)
    with pytest.raises(errors.ColumnTypeError, match="'x' holds words"):
        design_for_new_data(spec, DATA.assign(x="high"))


@pytest.mark.parametrize("argument", ["offset", "weights"])
def test_arrays_beside_the_data_are_unknown_for_new_data(argument):
    given: dict[str, Any] = {argument: np.ones(N)}
    spec, _ = build("y ~ x + (1 | g)", DATA, **given)
    with pytest.raises(errors.NewDataError, match=f"{argument}= an array"):
        design_for_new_data(spec, DATA, need_response=True)


def test_weights_given_as_an_array_are_not_needed_to_predict():
    spec, design = build("y ~ x + (1 | g)", DATA, weights=np.ones(N))
    assert np.array_equal(design_for_new_data(spec, DATA).X, design.X)


def test_new_levels_is_one_of_two():
    spec, _ = build("y ~ x + (1 | g)", DATA)
    with pytest.raises(errors.ArgumentError, match="'error' or 'population'"):
        design_for_new_data(spec, DATA, new_levels="ignore")


def test_no_warnings():
    spec, _ = build("y ~ bs(x, df=4) + word + (1 | g)", DATA)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        design_for_new_data(spec, DATA.iloc[3:9])
