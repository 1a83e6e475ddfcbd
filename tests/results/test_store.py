"""A fit as a file, and pickled."""

import json
import pickle
import zipfile

import numpy as np
import pandas as pd
import polars as pl
import pytest
from tests.results.made import cbpp, fitted, pupils

import mixeff as me
from mixeff.errors import StoredFitError


def with_missing() -> pd.DataFrame:
    data = pd.DataFrame(pupils())
    data.loc[5, "x"] = np.nan
    return data


def save_and_load(fit, folder):
    fit.save(folder / "fit.mixeff")
    return me.load(folder / "fit.mixeff")


@pytest.mark.parametrize("name", ["bernoulli", "crossed", "nested", "slopes", "gamma"])
def test_a_loaded_fit_says_the_same(name, tmp_path):
    fit = fitted(name)
    again = save_and_load(fit, tmp_path)
    assert str(again.summary()) == str(fit.summary())
    pd.testing.assert_frame_equal(again.random_effects(), fit.random_effects())
    np.testing.assert_array_equal(again.predict(kind="marginal"), fit.predict(kind="marginal"))
    np.testing.assert_array_equal(again.record.path["objective"], fit.record.path["objective"])


@pytest.mark.filterwarnings("ignore::mixeff.errors.MissingRowsWarning")
def test_words_that_only_dropped_rows_have(tmp_path):
    data = pd.DataFrame(pupils())
    data["choice"] = np.resize(["a", "b", "c"], len(data))
    data.loc[0, ["choice", "x"]] = ["d", np.nan]
    fit = me.fit("choice ~ x + (1 | klass)", data, family="multinomial", method="laplace")
    again = save_and_load(fit, tmp_path)
    assert again.design.categories == fit.design.categories == ("a", "b", "c")


def test_aggregated_binomial(tmp_path):
    again = save_and_load(cbpp(), tmp_path)
    np.testing.assert_array_equal(again.augment(), cbpp().augment()[again.augment().columns])


@pytest.mark.filterwarnings("ignore::mixeff.errors.MissingRowsWarning")
def test_arguments_that_were_arrays_and_dropped_rows(tmp_path):
    data = with_missing()
    weights = np.linspace(0.5, 2.0, len(data))
    fit = me.fit(
        "count ~ x + (1 | klass)",
        data,
        family="poisson",
        weights=weights,
        offset=np.log(weights),
    )
    again = save_and_load(fit, tmp_path)
    assert again.nobs == fit.nobs == len(data) - 1
    assert str(again.summary()) == str(fit.summary())
    np.testing.assert_array_equal(again.design.weights, fit.design.weights)
    np.testing.assert_array_equal(again.design.offset[0], fit.design.offset[0])


def test_loading_tells_no_warning_twice(tmp_path, recwarn):
    with pytest.warns(me.errors.MissingRowsWarning):
        fit = me.fit("count ~ x + (1 | klass)", with_missing(), family="poisson")
    recwarn.clear()
    again = save_and_load(fit, tmp_path)
    assert not recwarn.list
    assert again.notes == fit.notes


def test_the_frame_library_is_kept(tmp_path):
    fit = me.fit("count ~ x + sex + (1 | klass)", pl.DataFrame(pupils()), family="poisson")
    again = save_and_load(fit, tmp_path)
    assert isinstance(again.tidy(), pl.DataFrame)
    assert isinstance(again.augment(), pl.DataFrame)
    twice = save_and_load(again, tmp_path)
    assert twice.tidy().equals(fit.tidy())


def test_order_of_levels_is_kept(tmp_path):
    data = pd.DataFrame(pupils())
    data["sex"] = pd.Categorical(data["sex"], categories=["girl", "boy"])
    fit = me.fit("count ~ x + sex + (1 | klass)", data, family="poisson")
    again = save_and_load(fit, tmp_path)
    assert list(again.params.index) == ["Intercept", "x", "sex[T.boy]"]


def test_a_refit_is_stored_with_its_response(tmp_path):
    fit = fitted("poisson")
    refit = fit.refit(fit.simulate(1, seed=4)[:, 0])
    again = save_and_load(refit, tmp_path)
    assert again.llf == refit.llf
    np.testing.assert_array_equal(again.design.y, refit.design.y)


def test_predictions_for_new_data_after_loading(tmp_path):
    fit = fitted("bernoulli")
    new = {"x": [0.0, 1.0], "sex": ["boy", "girl"], "klass": [2, 3]}
    again = save_and_load(fit, tmp_path)
    np.testing.assert_allclose(again.predict(new), fit.predict(new))


def rewritten(source, target, change):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))


def test_changed_numbers_are_refused(tmp_path):
    def change(name, content):
        if name != "fit.json":
            return content
        description = json.loads(content)
        description["estimate"]["llf"] += 0.01
        return json.dumps(description).encode()

    cbpp().save(tmp_path / "a")
    rewritten(tmp_path / "a", tmp_path / "b", change)
    with pytest.raises(StoredFitError, match="the file was changed"):
        me.load(tmp_path / "b")


def test_another_format_is_refused(tmp_path):
    def change(name, content):
        return content.replace(b'"format": 1', b'"format": 99')

    cbpp().save(tmp_path / "a")
    rewritten(tmp_path / "a", tmp_path / "b", change)
    with pytest.raises(StoredFitError, match="format 99"):
        me.load(tmp_path / "b")


def test_another_file_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("no fit")
    with pytest.raises(StoredFitError, match="not a fit"):
        me.load(tmp_path / "notes.txt")


def test_levels_of_mixed_kinds_cannot_be_stored(tmp_path):
    data = pd.DataFrame(pupils())
    data["school"] = [int(s[1:]) if s < "s3" else s for s in data["school"]]
    fit = me.fit("count ~ x + (1 | school)", data, family="poisson")
    with pytest.raises(StoredFitError, match="'school'"):
        fit.save(tmp_path / "a")


def test_a_fit_pickles():
    fit = fitted("bernoulli")
    again = pickle.loads(pickle.dumps(fit))
    assert str(again.summary()) == str(fit.summary())
    np.testing.assert_array_equal(again.predict(), fit.predict())
    assert again.refit(again.design.y).llf == pytest.approx(fit.llf, abs=1e-6)
