"""Pictures and the tables behind them."""

import sys

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from tests.results.made import cbpp, fitted, pupils

import mixeff as me
from mixeff.errors import ArgumentError, MissingDependencyError


@pytest.fixture(autouse=True)
def _close_pictures():
    yield
    plt.close("all")


def labels_of(figure) -> list[str]:
    return [text.get_text() for legend in figure.axes[0:1] for text in legend.get_legend().texts]


# The caterpillar ------------------------------------------------------------------------------


def test_caterpillar_data_are_the_random_effects_in_order():
    fit = fitted("bernoulli")
    table, effects = fit.plot.caterpillar_data(), fit.random_effects()
    for name in ("Intercept", "x"):
        part = table[table["name"] == name]
        assert part["estimate"].is_monotonic_increasing
        assert part["rank"].tolist() == list(range(1, 25))
        expected = effects[effects["name"] == name].set_index("level")["estimate"]
        pd.testing.assert_series_equal(
            part.set_index("level")["estimate"].sort_index(), expected.sort_index()
        )
    np.testing.assert_allclose(
        table["upper"] - table["lower"], 2 * 1.959964 * table["se"], rtol=1e-6
    )


def test_caterpillar_has_a_panel_per_effect_and_a_point_per_level():
    figure = fitted("bernoulli").plot.caterpillar()
    assert [axis.get_title() for axis in figure.axes] == ["Intercept", "x"]
    for axis in figure.axes:
        points = sum(np.size(line.get_xdata()) for line in axis.lines if line.get_marker() == "o")
        assert points == 24


def test_caterpillar_of_another_factor():
    table = fitted("crossed").plot.caterpillar_data("item")
    assert len(table) == 6
    with pytest.raises(ArgumentError, match="klass, item"):
        fitted("crossed").plot.caterpillar("pupil")


def test_many_levels_are_not_named():
    rng = np.random.default_rng(1)
    g = np.repeat(np.arange(100), 4)
    data = {"y": rng.poisson(np.exp(rng.normal(size=100)[g])), "g": g}
    axis = me.fit("y ~ 1 + (1 | g)", data, family="poisson").plot.caterpillar().axes[0]
    assert len(axis.get_yticks()) == 0


# The curve ------------------------------------------------------------------------------------


def test_effects_data_are_predictions_on_a_grid():
    fit = fitted("bernoulli")
    table = fit.plot.effects_data("x", by="sex")
    marginal = table[table["kind"] == "marginal"].drop(columns="kind")
    expected = fit.predict(marginal[["x", "sex"]], kind="marginal", interval="confidence")
    np.testing.assert_allclose(marginal["estimate"], expected["estimate"])
    np.testing.assert_allclose(marginal["lower"], expected["lower"])
    assert set(table["sex"]) == {"boy", "girl"}
    x = pupils()["x"]
    assert (table["x"].min(), table["x"].max()) == (x.min(), x.max())


def test_other_columns_are_held_at_typical_values():
    data = pd.DataFrame(pupils())
    data["flag"] = data["x"] > -1
    fit = me.fit("count ~ x + sex + flag + item + (1 | klass)", data, family="poisson")
    table = fit.plot.effects_data("item")
    commonest = data["sex"].mode()[0]
    new = {"x": data["x"].mean(), "sex": commonest, "flag": True, "item": table["item"]}
    expected = fit.predict(pd.DataFrame(new), kind="median")
    median = (table["kind"] == "median").to_numpy()
    np.testing.assert_allclose(table["estimate"][median], expected[median])


def test_other_columns_can_be_held_elsewhere():
    fit = fitted("bernoulli")
    there = fit.plot.effects_data("x", at={"sex": "boy"})
    both = fit.plot.effects_data("x", by="sex")
    boys = both[both["sex"] == "boy"]
    np.testing.assert_allclose(there["estimate"], boys["estimate"])


def test_curves_are_drawn_for_both_kinds():
    fit = fitted("bernoulli")
    figure = fit.plot.effects("x", by="sex")
    assert labels_of(figure) == [
        "sex boy",
        "sex girl",
        "marginal mean, 95 % CI",
        "median cluster",
    ]
    axis = figure.axes[0]
    drawn = [line for line in axis.lines if np.size(line.get_xdata())]
    assert [line.get_linestyle() for line in drawn] == ["-", "--", "-", "--"]
    table = fit.plot.effects_data("x", by="sex")
    np.testing.assert_allclose(np.asarray(drawn[0].get_ydata()), table["estimate"][:60])
    assert axis.get_ylabel() == "Probability of binary"


def test_levels_are_drawn_as_points():
    axis = fitted("bernoulli").plot.effects("sex").axes[0]
    assert [tick.get_text() for tick in axis.get_xticklabels()] == ["boy", "girl"]
    assert len(axis.containers) == 2


def test_a_marginal_mean_that_does_not_exist_is_left_out():
    data = pupils()
    fit = me.fit("time ~ x + (1 | klass)", data, family="gamma", link="inverse")
    wide = type(fit)(fit.spec, fit.design, fit.estimate, fit.inputs)
    object.__setattr__(wide.estimate, "theta", np.array([1.0]))
    table = wide.plot.effects_data("x")
    assert set(table["kind"]) == {"median"}


def test_quartiles_tell_curves_of_numbers_apart():
    data = pupils()
    data["age"] = np.random.default_rng(2).normal(10, 2, 288)
    fit = me.fit("count ~ x + age + (1 | klass)", data, family="poisson")
    values = fit.plot.effects_data("x", by="age")["age"].unique()
    np.testing.assert_allclose(values, np.quantile(data["age"], [0.25, 0.5, 0.75]))


def test_unknown_columns_are_named():
    with pytest.raises(ArgumentError, match="'age' is no column that the model uses"):
        fitted("bernoulli").plot.effects("age")


# The picture of Z -----------------------------------------------------------------------------


def test_sparsity_data_are_the_nonzeros_of_z():
    fit = fitted("bernoulli")
    table = fit.plot.sparsity_data(clusters=None)
    z = fit.design.Z.toarray()[np.argsort(fit.design.factors[0].codes, kind="stable")]
    assert len(table) == np.count_nonzero(z)
    np.testing.assert_array_equal(z[table["row"], table["column"]], table["value"])


def test_the_zoom_shows_the_first_clusters():
    table = fitted("bernoulli").plot.sparsity_data(clusters=3)
    assert table["column"].nunique() == 6
    assert table["row"].max() + 1 == 36
    first = table.groupby("column")["effect"].first().tolist()
    assert first == ["0 Intercept", "0 x", "1 Intercept", "1 x", "2 Intercept", "2 x"]


def test_large_clusters_are_cut_in_the_zoom():
    g = np.repeat([0, 1, 2], 50)
    data = {"y": np.random.default_rng(1).normal(size=150) + g, "g": g}
    table = me.fit("y ~ 1 + (1 | g)", data).plot.sparsity_data(clusters=2)
    assert table["row"].max() + 1 == 48


def test_sparsity_is_drawn_whole_and_zoomed():
    figure = fitted("crossed").plot.sparsity(clusters=4)
    whole, zoom = figure.axes
    assert "288 × 30, 6.7 % filled" in whole.get_title(loc="left")
    assert zoom.images[0].get_size() == (48, 10)
    assert [text.get_text() for text in figure.legends[0].texts] == ["klass", "item"]


def test_z_is_another_name():
    assert cbpp().plot.z_data().equals(cbpp().plot.sparsity_data())


def test_a_zoom_has_at_least_one_cluster():
    with pytest.raises(ArgumentError, match="at least one"):
        cbpp().plot.sparsity(clusters=0)


# The canvas -----------------------------------------------------------------------------------


def test_pictures_leave_the_users_settings_alone():
    before = dict(mpl.rcParams)
    cbpp().plot.sparsity()
    assert dict(mpl.rcParams) == before


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingDependencyError, match="mixeff"):
        cbpp().plot.caterpillar()
    assert len(cbpp().plot.caterpillar_data()) == 15
