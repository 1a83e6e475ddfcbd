"""Fits handed to the marginaleffects package, with a polars that it reads categories of."""

import warnings
from functools import partial
from typing import Any

import marginaleffects as package
import numpy as np
import pandas as pd
import polars as pl
import pytest
from tests.predict.made import categorical, people
from tests.results.made import differences, fitted

import mixeff as me
from mixeff.bridges import marginaleffects as bridge
from mixeff.bridges.marginaleffects import as_model
from mixeff.errors import DependencyWarning, NotAvailableError

marginaleffects: Any = package


@pytest.fixture(scope="module")
def poisson():
    data = people(groups=12, size=8)
    data["late"] = np.arange(96) % 4 > 1
    return me.fit("count ~ x + late + (1 | g)", data, "poisson", method="laplace")


@pytest.mark.parametrize("kind", ["marginal", "median"])
def test_its_comparisons_and_slopes_are_ours(poisson, kind):
    model = as_model(poisson, kind=kind)
    theirs = marginaleffects.avg_comparisons(model, variables="late").to_pandas()
    ours = me.comparisons(poisson, "late", kind=kind, average=True)
    np.testing.assert_allclose(theirs["estimate"], ours["estimate"], rtol=1e-9)
    np.testing.assert_allclose(theirs["std_error"], ours["se"], rtol=1e-5)
    slopes = partial(marginaleffects.avg_slopes, model, variables="x", by="late")
    ours = me.slopes(poisson, "x", kind=kind, by="late")
    np.testing.assert_allclose(slopes().to_pandas()["estimate"], ours["estimate"], rtol=1e-6)
    # Differences of differences: at their default step rounding takes the fourth digit.
    np.testing.assert_allclose(slopes(eps=1e-3).to_pandas()["std_error"], ours["se"], rtol=1e-5)


def test_its_comparisons_of_categories_are_ours():
    fit = fitted("bernoulli")
    theirs = marginaleffects.avg_comparisons(as_model(fit), variables="sex").to_pandas()
    ours = me.comparisons(fit, "sex", kind="marginal", average=True)
    np.testing.assert_allclose(theirs["estimate"], ours["estimate"], rtol=1e-9)
    np.testing.assert_allclose(theirs["std_error"], ours["se"], rtol=1e-5)


def test_its_predictions_on_its_grid(poisson):
    model = as_model(poisson, quantile=0.8)
    grid = marginaleffects.datagrid(model=model, x=[0.0, 1.0], late=[True])
    theirs = marginaleffects.predictions(model, newdata=grid).to_pandas()
    new = pd.DataFrame({"x": [0.0, 1.0], "late": [True, True]})
    np.testing.assert_allclose(theirs["estimate"], poisson.predict(new, quantile=0.8))


def test_words_are_read_back_as_the_fit_knows_them():
    fit = fitted("bernoulli")
    model = as_model(fit)
    data = model.get_modeldata()
    assert data["sex"].dtype == pl.Enum(["boy", "girl"])
    found = model.get_predict(model.get_coef(), model.get_exog(data))
    np.testing.assert_allclose(found["estimate"], fit.predict(kind="marginal"))


@pytest.mark.parametrize("family", ["cumulative", "duration"])
def test_categories_are_groups(family):
    fit = categorical(family)
    model = as_model(fit, kind="median")
    exog = model.get_exog(pl.DataFrame({"x": [0.0, 1.0]}))
    found = model.get_predict(model.get_coef(), exog).to_pandas()
    wide = fit.predict({"x": [0.0, 1.0]}, kind="median")
    assert list(dict.fromkeys(found["group"])) == list(wide.columns)
    np.testing.assert_allclose(found["estimate"], wide.to_numpy().T.ravel())


def test_predictions_move_with_every_parameter():
    fit = fitted("bernoulli")
    model = as_model(fit)
    exog = model.get_exog(model.get_modeldata())
    moved = differences(lambda v: model.get_predict(v, exog)["estimate"], model.get_coef())
    variance = np.einsum("ij,jk,ik->i", moved, model.get_vcov(True), moved)
    expected = fit.predict(kind="marginal", interval="confidence")["se"]
    np.testing.assert_allclose(np.sqrt(variance), expected, rtol=1e-5)
    assert len(model.get_coefnames()) == len(model.get_coef()) == 6


@pytest.mark.parametrize(("polars", "warns"), [("1.30.0", False), ("2.1.0", True)])
def test_words_that_the_package_cannot_read_are_told_beforehand(polars, warns, monkeypatch):
    installed = {"marginaleffects": "0.6.0", "polars": polars}
    monkeypatch.setattr(bridge, "version", installed.get)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        as_model(fitted("bernoulli"))
    assert [one.category for one in caught] == [DependencyWarning] * warns
    assert all("('sex') with polars 2.1.0" in str(one.message) for one in caught)


def test_what_it_has_no_place_for(poisson):
    with pytest.raises(NotAvailableError, match="kind='cluster'"):
        as_model(poisson, kind="cluster")
    with pytest.raises(NotAvailableError, match="vcov='HC3'"):
        marginaleffects.avg_predictions(as_model(poisson), vcov="HC3")
