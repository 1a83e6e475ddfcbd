"""tidy, glance, augment, in the frame library that the data came in."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from tests.results.made import cbpp, fitted, pupils

import mixeff as me

LIBRARIES = {
    "pandas": (pd.DataFrame, pd.DataFrame),
    "polars": (pl.DataFrame, pl.DataFrame),
    "pyarrow": (pa.table, pa.Table),
    "dict": (dict, pd.DataFrame),
}


def test_tidy_has_every_parameter():
    fit = fitted("bernoulli")
    table = fit.tidy()
    assert list(table["term"]) == [
        "Intercept",
        "x",
        "sex[T.girl]",
        "sd(Intercept)",
        "sd(x)",
        "cor(Intercept, x)",
    ]
    assert list(table["effect"]) == ["fixed"] * 3 + ["random"] * 3
    np.testing.assert_allclose(table["estimate"][:3], fit.params)
    np.testing.assert_allclose(table["conf_low"][:3], fit.conf_int()["lower"])
    np.testing.assert_allclose(table["p_value"][:3], fit.pvalues)


def test_tidy_shows_a_dispersion_as_a_component():
    table = fitted("gamma").tidy()
    assert list(table["component"]) == ["mean", "mean", "dispersion", "mean"]


def test_random_effects_stand_with_their_linear_predictor():
    rng, g = np.random.default_rng(1), np.repeat(np.arange(40), 12)
    b = rng.normal(size=(2, 40))[:, g]
    zero = rng.random(g.size) < 1 / (1 + np.exp(0.5 - b[0]))
    data = {"y": np.where(zero, 0, rng.poisson(np.exp(1 + 0.5 * b[1]))), "g": g}
    formulas = ("y ~ 1 + (1 | i | g)", "~ (1 | i | g)")
    fit = me.fit(formulas[0], data, "poisson", zero_inflation=formulas[1], method="laplace")
    table = fit.tidy()
    random = table.loc[table["effect"] == "random", "component"]
    assert list(random) == ["mean", "zero_inflation", "mean and zero_inflation"]


def test_tidy_shows_a_residual_as_a_standard_deviation():
    table = fitted("slopes").tidy()
    residual = table[table["group"] == "Residual"]
    assert list(residual["term"]) == ["sd"]
    sd = np.exp(fitted("slopes").estimate.beta[-1])
    assert residual["estimate"].item() == pytest.approx(sd)


def test_level_of_the_intervals_reaches_tidy():
    wide, narrow = cbpp().tidy(level=0.99), cbpp().tidy(level=0.5)
    assert (wide["conf_low"] < narrow["conf_low"]).all()


def test_glance_is_one_row_of_the_fits_numbers():
    fit = cbpp()
    row = fit.glance().iloc[0]
    for name in ("nobs", "df_model", "llf", "aic", "bic", "method", "nodes", "converged"):
        assert row[name] == getattr(fit, name), name


@pytest.mark.parametrize("library", LIBRARIES)
def test_frames_come_back_in_their_library(library):
    make, kind = LIBRARIES[library]
    fit = me.fit("count ~ x + (1 | klass)", make(pupils()), family="poisson")
    tables = (
        fit.tidy(),
        fit.glance(),
        fit.augment(),
        fit.random_effects(),
        fit.variance_components,
        fit.standard_deviations(),
        fit.correlations(),
        fit.predict(interval="confidence"),
        fit.plot.effects_data("x"),
    )
    assert [type(table) for table in tables] == [kind] * len(tables)
    assert isinstance(fit.params, pd.Series)


def test_augment_keeps_the_rows_used_and_their_index():
    data = pd.DataFrame(pupils())
    data.index = data.index + 1000
    data.loc[1003, "x"] = np.nan
    with pytest.warns(me.errors.MissingRowsWarning):
        fit = me.fit("count ~ x + (1 | klass)", data, family="poisson")
    table = fit.augment()
    assert 1003 not in table.index
    assert len(table) == fit.nobs == len(data) - 1
    np.testing.assert_allclose(table[".fitted"], fit.fittedvalues)
    np.testing.assert_allclose(table[".resid"], fit.resid("pearson"))
    link = np.log(table[".fitted"])
    np.testing.assert_allclose(table[".linear_predictor"], link)
    np.testing.assert_allclose(table[".fixed"], fit.predict(kind="median", scale="link"))


def test_a_later_change_of_the_data_does_not_reach_the_fit():
    data = pd.DataFrame(pupils())
    fit = me.fit("count ~ x + (1 | klass)", data, family="poisson")
    data.loc[:, "x"] = 0.0
    assert fit.augment()["x"].abs().max() > 1
