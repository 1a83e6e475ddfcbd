"""Grids of covariate values."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from tests.results.made import cbpp, fitted, pupils

import mixeff as me
from mixeff.errors import ArgumentError, UnknownColumnError, UnseenLevelError


def commonest(values):
    return pd.Series(values).mode()[0]


def test_others_are_at_their_mean_or_commonest_level():
    fit, data = fitted("bernoulli"), pupils()
    grid = me.grid(fit, sex=["girl", "boy"])
    assert grid["sex"].tolist() == ["girl", "boy"]
    np.testing.assert_allclose(grid["x"], data["x"].mean())
    grid = me.grid(fit, x=[0, 1])
    assert grid["sex"].tolist() == [commonest(data["sex"])] * 2
    assert len(me.grid(fit)) == 1


def test_values_may_be_one_or_several_or_a_summary_or_a_function():
    fit, x = fitted("bernoulli"), pupils()["x"]
    assert me.grid(fit, x=1)["x"].tolist() == [1]
    np.testing.assert_allclose(me.grid(fit, x="range")["x"], [x.min(), x.max()])
    np.testing.assert_allclose(me.grid(fit, x="quartiles")["x"], np.quantile(x, [0.25, 0.5, 0.75]))
    np.testing.assert_allclose(me.grid(fit, x=np.median)["x"], [np.median(x)])
    np.testing.assert_allclose(me.grid(fit, x=np.array([0.5, 1]))["x"], [0.5, 1])
    assert me.grid(fit, {"x": pd.Series([2.0])})["x"].tolist() == [2.0]


def test_a_balanced_grid_has_every_level():
    fit = fitted("bernoulli")
    grid = me.grid(fit, x=[0, 1], others="balanced")
    assert list(zip(grid["x"], grid["sex"], strict=True)) == [
        (0, "boy"),
        (0, "girl"),
        (1, "boy"),
        (1, "girl"),
    ]


def test_a_counterfactual_grid_repeats_the_rows():
    fit, data = fitted("bernoulli"), pupils()
    grid = me.grid(fit, sex=["girl", "boy"], others="observed")
    n = len(data["x"])
    assert len(grid) == 2 * n
    assert grid["row"].tolist() == [*range(n), *range(n)]
    np.testing.assert_array_equal(grid["x"], np.tile(data["x"], 2))
    assert grid["sex"].tolist() == ["girl"] * n + ["boy"] * n
    by = me.predictions(fit, grid, by="sex")
    difference = me.comparisons(fit, {"sex": ["boy", "girl"]}, average=True)["estimate"]
    np.testing.assert_allclose(by["estimate"][1] - by["estimate"][0], difference)


def test_numbers_that_are_coded_are_levels():
    grid = me.grid(cbpp(), others="balanced")
    assert grid["period"].tolist() == [1, 2, 3, 4]
    assert me.grid(cbpp())["period"].tolist() == [1]


def test_a_grouping_factor_only_when_given():
    fit = fitted("bernoulli")
    assert "klass" not in me.grid(fit)
    grid = me.grid(fit, klass=[3, 4])
    assert len(me.predictions(fit, grid, kind="cluster")) == 2


def test_categories_of_pandas_keep_their_order():
    data = pd.DataFrame(pupils())
    data["sex"] = pd.Categorical(data["sex"], categories=["girl", "boy"], ordered=True)
    fit = me.fit("binary ~ x + sex + (1 | klass)", data, "bernoulli")
    grid = me.grid(fit, others="balanced")
    assert list(grid["sex"].cat.categories) == ["girl", "boy"]
    assert me.predictions(fit, by="sex")["sex"].tolist() == ["girl", "boy"]


def test_a_model_without_covariates():
    fit = me.fit("binary ~ 1 + (1 | klass)", pl.DataFrame(pupils()), "bernoulli")
    assert len(me.predictions(fit, average=True)) == 1
    assert me.grid(fit, klass=[1, 2])["klass"].to_list() == [1, 2]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda f: me.grid(f, y=1), UnknownColumnError, "no column 'y'"),
        (lambda f: me.grid(f, sex="girls"), UnseenLevelError, "no level 'girls'"),
        (lambda f: me.grid(f, x="deciles"), ArgumentError, "x='deciles' is no summary"),
        (lambda f: me.grid(f, x=[]), ArgumentError, "x= has no values"),
        (lambda f: me.grid(f, others="mean"), ArgumentError, "others='mean'"),
    ],
)
def test_wrong_values_are_named(call, error, words):
    with pytest.raises(error, match=words):
        call(fitted("bernoulli"))
