"""Predictions, comparisons, slopes and marginal means."""

from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from tests.predict.made import Dense, categorical, moved, parameters_of, people, with_modes, zeros
from tests.results.made import cbpp, differences, fitted, pupils

import mixeff as me
from mixeff.errors import ArgumentError, ExtrapolationWarning, UnseenLevelError
from mixeff.predict import gather

KINDS = ["marginal", "median", "cluster"]


def model(name):
    if name in ("zero_inflated", "hurdle"):
        return zeros(name)
    return categorical(name) if name in ("cumulative", "multinomial", "duration") else fitted(name)


# Against differences --------------------------------------------------------------------------

VERBS = {
    "predictions": lambda fit, **o: me.predictions(fit, average=True, **o),
    "by": lambda fit, **o: me.predictions(fit, by="sex", **o),
    "pairs": lambda fit, **o: me.predictions(fit, by="sex", hypothesis="pairwise", **o),
    "difference": lambda fit, **o: me.comparisons(fit, "x", average=True, **o),
    "rows": lambda fit, **o: me.comparisons(fit, "x", me.grid(fit, group(fit), x=[0, 1]), **o),
    "ratio": lambda fit, **o: me.comparisons(fit, {"x": 0.5}, comparison="ratio", by="sex", **o),
    "slope": lambda fit, **o: me.slopes(fit, "x", average=True, **o),
    "elasticity": lambda fit, **o: me.slopes(fit, "x", average=True, slope="eyex", **o),
}


def group(fit):
    """The first two levels of every grouping factor, for a grid."""
    return {name: [0, 1] for name in fit.spec.inputs.groups}


def standard_errors(fit, verb, kind, scale="response"):
    """By differences in the parameters, and in the modes, of the whole verb."""

    def at(changed):
        return VERBS[verb](changed, kind=kind, scale=scale)["estimate"].to_numpy()

    jacobian = differences(lambda v: at(moved(fit, v, kind)), parameters_of(fit))
    variance = np.einsum("ij,jk,ik->i", jacobian, np.nan_to_num(fit.estimate.cov), jacobian)
    if kind == "cluster":
        dense, b = Dense(fit), np.concatenate([r.mode.ravel() for r in fit.estimate.random])
        _, _, hessian = dense.solve(parameters_of(fit))
        root = differences(lambda v: at(with_modes(fit, v)), b) @ dense.factor(fit.estimate.theta)
        variance += np.einsum("ij,ij->i", root, np.linalg.solve(hessian, root.T).T)
    return np.sqrt(variance)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("kind", KINDS)
def test_standard_errors_of_a_mean(verb, kind):
    fit = small("bernoulli")
    found = VERBS[verb](fit, kind=kind)["se"]
    np.testing.assert_allclose(found, standard_errors(fit, verb, kind), rtol=2e-4)


@pytest.mark.parametrize("verb", ["by", "difference", "slope"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["cumulative", "zero_inflated"])
def test_standard_errors_of_other_families(name, verb, kind):
    fit = small(name)
    found = VERBS[verb](fit, kind=kind)["se"]
    np.testing.assert_allclose(found, standard_errors(fit, verb, kind), rtol=3e-4)


SMALL = {
    "bernoulli": ("binary ~ x * sex + (1 + x | g)", "bernoulli", {}),
    "cumulative": ("y ~ x + sex + (1 | g)", "cumulative", {}),
    "zero_inflated": ("count ~ x + sex + (1 | g)", "poisson", {"zero_inflation": "~ x"}),
}
_made: dict = {}


def small(name):
    if name not in _made:
        formula, family, options = SMALL[name]
        data = people(groups=8, size=9)
        data["binary"] = (data["y"] > 1).astype(int)
        _made[name] = me.fit(formula, data, family, method="laplace", **options)
    return _made[name]


# Against formulas -----------------------------------------------------------------------------


def test_slopes_of_a_logit_model_are_those_of_the_textbook():
    fit = fitted("probit")
    density = np.exp(-0.5 * fit.predict(kind="median", scale="link") ** 2) / np.sqrt(2 * np.pi)
    found = me.slopes(fit, "x", kind="median")
    np.testing.assert_allclose(found["estimate"], fit.params["x"] * density, rtol=1e-7)


def test_population_averaged_effects_of_a_probit_model_are_shrunk():
    """The marginal mean of a probit model is probit in eta / sqrt(1 + sd^2)."""
    fit = fitted("probit")
    scale = np.sqrt(1 + fit.estimate.theta[0] ** 2)
    found = me.slopes(fit, "x", scale="link", average=True, kind="marginal")
    np.testing.assert_allclose(found["estimate"], fit.params["x"] / scale, rtol=1e-7)
    median = me.slopes(fit, "x", scale="link", average=True, kind="median")
    np.testing.assert_allclose(median["estimate"], fit.params["x"], rtol=1e-8)
    np.testing.assert_allclose(median["se"], fit.bse["x"], rtol=1e-6)


def test_rate_ratios_of_a_random_intercept_model_are_the_same_on_both_scales():
    fit = fitted("poisson")
    for kind in ("median", "marginal"):
        table = me.comparisons(fit, "x", kind=kind, average=True, comparison="ratio")
        np.testing.assert_allclose(table["estimate"], np.exp(fit.params["x"]))
        ends = np.exp(np.asarray(fit.conf_int().loc["x"], dtype=float))
        np.testing.assert_allclose(table[["lower", "upper"]].to_numpy()[0], ends, rtol=1e-6)
        np.testing.assert_allclose(table["p_value"], fit.pvalues["x"], rtol=1e-6)


def test_conditional_odds_ratios_are_the_coefficients():
    fit = fitted("bernoulli")
    table = me.comparisons(fit, "sex", kind="median", average=False, comparison="lnor")
    np.testing.assert_allclose(table["estimate"], fit.params["sex[T.girl]"])
    np.testing.assert_allclose(table["se"], fit.bse["sex[T.girl]"])


def test_averages_are_those_of_the_rows():
    fit, data = fitted("bernoulli"), pd.DataFrame(pupils())
    rows = fit.predict(kind="marginal")
    table = me.predictions(fit, by="sex")
    expected = [rows[data["sex"] == sex].mean() for sex in ("boy", "girl")]
    assert table["sex"].tolist() == ["boy", "girl"]
    np.testing.assert_allclose(table["estimate"], expected)
    weighted = me.predictions(fit, average=True, weights="item")
    np.testing.assert_allclose(weighted["estimate"], np.average(rows, weights=data["item"]))


def test_averages_are_compared_and_not_comparisons_averaged():
    fit, data = fitted("bernoulli"), pd.DataFrame(pupils())
    high, low = (fit.predict(data.assign(x=data["x"] + d), kind="marginal") for d in (1, 0))
    ratio = me.comparisons(fit, "x", comparison="ratio", average=True)["estimate"]
    np.testing.assert_allclose(ratio, high.mean() / low.mean())
    slopes = me.slopes(fit, "x", slope="eydx", average=True)["estimate"]
    rows = me.slopes(fit, "x", slope="eydx")["estimate"]
    np.testing.assert_allclose(slopes, rows.mean())


@pytest.mark.parametrize("kind", KINDS)
def test_blocks_of_rows_change_nothing(kind, monkeypatch):
    fit = fitted("bernoulli")
    whole = [me.predictions(fit, by="sex", kind=kind), me.comparisons(fit, "x", kind=kind)]
    monkeypatch.setattr(gather, "BLOCK", 37)
    parts = [me.predictions(fit, by="sex", kind=kind), me.comparisons(fit, "x", kind=kind)]
    for a, b in zip(whole, parts, strict=True):
        pd.testing.assert_frame_equal(a, b)


def test_unit_predictions_are_those_of_predict():
    fit = fitted("bernoulli")
    new = pd.DataFrame({"x": [0.0, 1.0], "sex": ["girl", "boy"], "klass": [3, 4]})
    for kind in KINDS:
        table = me.predictions(fit, new, kind=kind)
        expected = fit.predict(new, kind=kind, interval="confidence")
        np.testing.assert_allclose(table[expected.columns], expected)
        assert list(table.columns[:4]) == ["row", "x", "sex", "klass"]


def test_slopes_add_up_to_nothing_over_categories():
    table = me.slopes(categorical("cumulative"), "x", average=True)
    assert table["category"].tolist() == ["0", "1", "2", "3"]
    assert table["estimate"].sum() == pytest.approx(0.0, abs=1e-9)


def test_survival_is_compared_period_by_period():
    fit = categorical("duration")
    grid = me.grid(fit, x=[0, 1])
    table = me.predictions(fit, grid, scale="survival", hypothesis="pairwise")
    curves = fit.predict(grid, kind="marginal", scale="survival").to_numpy()
    assert table["period"].tolist() == ["1", "2", "3", "4"]
    np.testing.assert_allclose(table["estimate"], curves[1] - curves[0])


def test_a_quantile_is_another_reference_cluster():
    fit = fitted("bernoulli")
    high = me.predictions(fit, average=True, quantile=0.9)
    np.testing.assert_allclose(high["estimate"], fit.predict(quantile=0.9).mean())


def test_binomial_rows_with_factors_coded_by_C():
    table = me.comparisons(cbpp(), "period", average=True, contrasts="sequential")
    assert table["contrast"].tolist() == ["2 - 1", "3 - 2", "4 - 3"]


def test_a_change_may_be_given_in_many_ways():
    fit, x = fitted("bernoulli"), pupils()["x"]
    sd = x.std(ddof=1)
    high, low = (fit.predict({**pupils(), "x": x + d * sd / 2}, kind="median") for d in (1, -1))
    table = me.comparisons(fit, {"x": "sd"}, average=True, kind="median")
    np.testing.assert_allclose(table["estimate"], (high - low).mean())
    assert table["contrast"].tolist() == ["sd"]
    pair = me.comparisons(fit, {"x": [0, 2.5], "sex": ["girl", "boy"]}, average=True)
    assert pair["contrast"].tolist() == ["2.5 - 0", "boy - girl"]
    assert me.comparisons(fit, {"x": -2}, average=True)["contrast"].tolist() == ["-2"]


# Hypotheses and multiplicity ------------------------------------------------------------------


def test_weights_by_name_contrast_rows():
    fit = fitted("bernoulli")
    grid = me.grid(fit, x=[-1, 0, 1], sex="girl")
    table = me.predictions(fit, grid, hypothesis={"bend": [1, -2, 1]})
    p = fit.predict(grid, kind="marginal")
    assert table["hypothesis"].tolist() == ["bend"]
    np.testing.assert_allclose(table["estimate"], p[0] - 2 * p[1] + p[2])
    matrix = me.predictions(fit, grid, hypothesis=np.array([[1, 0], [-2, -1], [1, 1]]))
    np.testing.assert_allclose(matrix["estimate"], [p[0] - 2 * p[1] + p[2], p[2] - p[1]])


def test_contrasts_within_the_values_of_a_column():
    fit = fitted("bernoulli")
    grid = me.grid(fit, x=[0, 1], sex=["boy", "girl"])
    table = me.predictions(fit, grid, hypothesis="pairwise | sex")
    assert table["hypothesis"].tolist() == ["1 - 0"] * 2
    assert table["sex"].tolist() == ["boy", "girl"]
    every = me.predictions(fit, grid, hypothesis="pairwise")
    assert every["hypothesis"].iloc[0] == "(0, girl) - (0, boy)"
    assert len(every) == 6


def test_a_difference_of_differences():
    fit = small("bernoulli")
    by = me.comparisons(fit, "x", by="sex")["estimate"]
    table = me.comparisons(fit, "x", by="sex", hypothesis="pairwise")
    np.testing.assert_allclose(table["estimate"], by[1] - by[0])
    assert table["hypothesis"].tolist() == ["girl - boy"]


def test_adjusted_p_values_by_hand():
    fit = cbpp()
    plain = me.marginal_means(fit, "period", hypothesis="pairwise")["p_value"].to_numpy()

    def adjusted(how):
        return me.marginal_means(fit, "period", hypothesis="pairwise", adjust=how)["p_value"]

    order, m = np.argsort(plain), len(plain)
    holm, fdr = np.empty(m), np.empty(m)
    holm[order] = np.minimum(np.maximum.accumulate(plain[order] * np.arange(m, 0, -1)), 1)
    steps = plain[order] * m / np.arange(1, m + 1)
    fdr[order] = np.minimum.accumulate(steps[::-1])[::-1]
    np.testing.assert_allclose(adjusted("holm"), holm)
    np.testing.assert_allclose(adjusted("fdr"), fdr)
    np.testing.assert_allclose(adjusted("sidak"), 1 - (1 - plain) ** m)
    np.testing.assert_allclose(adjusted("bonferroni"), np.minimum(m * plain, 1))


def test_the_largest_of_independent_numbers_is_sidak_s():
    """Two uncorrelated means: the joint normal adjustment has a closed form."""
    data = pd.DataFrame({"y": np.r_[1, 2, 3, 4, 4, 6.0], "f": list("aaabbb")})
    fit = me.fit("y ~ 0 + f", data)
    mvt = me.predictions(fit, by="f", adjust="mvt")
    sidak = me.predictions(fit, by="f", adjust="sidak")
    np.testing.assert_allclose(mvt[["lower", "upper"]], sidak[["lower", "upper"]], atol=0.02)


def test_tukey_is_for_pairwise_differences():
    fit = fitted("bernoulli")
    with pytest.raises(ArgumentError, match="pairwise differences"):
        me.comparisons(fit, average=True, adjust="tukey")
    data = people(groups=12, size=8).assign(f=np.tile(list("abcd"), 24))
    four = me.fit("count ~ f + (1 | g)", data, "poisson", method="laplace")
    table = me.comparisons(four, "f", contrasts="pairwise", average=True, adjust="tukey")
    again = me.predictions(
        four, me.grid(four, f=list("abcd")), hypothesis="pairwise", adjust="tukey"
    )
    np.testing.assert_allclose(table["p_value"], again["p_value"], rtol=1e-6)


# Frames and bad input -------------------------------------------------------------------------


def test_answers_come_in_the_library_of_the_data():
    fit = me.fit("binary ~ x + sex + (1 | klass)", pl.DataFrame(pupils()), "bernoulli")
    for table in (
        me.grid(fit, x=[0, 1]),
        me.predictions(fit, by="sex"),
        me.comparisons(fit, average=True),
        me.slopes(fit, average=True),
        me.marginal_means(fit, "sex"),
        me.grid(fit, x=0, others="observed"),
    ):
        assert isinstance(table, pl.DataFrame)
    new = pd.DataFrame({"x": [0.0], "sex": ["boy"]})
    assert isinstance(me.predictions(fit, new), pd.DataFrame)


def test_rows_with_missing_values_are_left_out():
    fit = fitted("bernoulli")
    new = pd.DataFrame({"x": [0.0, np.nan, 1.0], "sex": ["boy", "girl", None]})
    assert me.predictions(fit, new)["row"].tolist() == [0]
    assert me.comparisons(fit, "x", new)["row"].tolist() == [0]


def test_rows_left_out_of_the_fit_are_left_out_here():
    data = pd.DataFrame(pupils())
    data.loc[[1, 5], "x"] = np.nan
    data.loc[7, "score"] = np.nan
    with pytest.warns(me.errors.MissingRowsWarning):
        fit = me.fit("score ~ x + sex + (1 | klass)", data)
    for table in (me.predictions(fit), me.comparisons(fit, "x"), me.slopes(fit)):
        assert set(range(9)) - set(table["row"]) == {1, 5, 7}


def test_columns_of_the_data_named_as_those_of_the_answer():
    data = people(groups=12, size=8).rename(columns={"x": "z", "sex": "category"})
    fit = me.fit("y ~ z + category + (1 | g)", data, "cumulative", method="laplace")
    table = me.slopes(fit, "z", by="category")
    assert list(table.columns[:4]) == ["term", "contrast", "category (data)", "category"]
    assert "z (data)" in me.comparisons(fit, "category").columns


def test_a_model_without_random_effects():
    fit = me.fit("binary ~ x + sex", pupils(), "bernoulli")
    by_kind = [me.comparisons(fit, average=True, kind=kind) for kind in KINDS]
    for table in by_kind[1:]:
        pd.testing.assert_frame_equal(table, by_kind[0])


def test_true_and_false_and_zero_and_one_are_two_levels():
    data = {**pupils(), "late": pupils()["item"] > 2, "one": (pupils()["item"] > 3).astype(int)}
    fit = me.fit("binary ~ late + one + (1 | klass)", data, "bernoulli")
    table = me.comparisons(fit, average=True)
    assert table["contrast"].tolist() == ["True - False", "1 - 0"]
    assert table["estimate"].notna().all()


def test_offsets_are_covariates_only_when_asked_for():
    data = people(groups=12, size=8).assign(size2=lambda d: np.exp(d["x"]))
    fit = me.fit("count ~ sex + offset(log(size2)) + (1 | g)", data, "poisson", method="laplace")
    assert me.comparisons(fit, average=True)["term"].tolist() == ["sex"]
    table = me.slopes(fit, "size2", slope="eyex", average=True)
    np.testing.assert_allclose(table["estimate"], 1.0, rtol=1e-6)


def test_a_spline_that_ends_with_the_data_has_slopes_at_its_ends():
    data = pupils()
    fit = me.fit("score ~ bs(x, df=4) + (1 | klass)", data)
    found = me.slopes(fit, "x")["estimate"].to_numpy()
    middle = np.argsort(data["x"])[[0, 5, -1]]
    h = 1e-5
    low, high = (np.clip(data["x"] + d, data["x"].min(), data["x"].max()) for d in (-h, h))
    change = fit.predict({**data, "x": high}) - fit.predict({**data, "x": low})
    np.testing.assert_allclose(found[middle], (change / (high - low))[middle], rtol=1e-3)


def test_one_of_several_responses():
    data = people(groups=12, size=8)
    formulas = ["count ~ x + (1 | id | g)", "size2 ~ x + (1 | id | g)"]
    data["size2"] = data["x"] + np.random.default_rng(1).normal(size=96)
    fit = me.fit(formulas, data, family=["poisson", "gaussian"], method="laplace")
    with pytest.raises(ArgumentError, match="several responses"):
        me.predictions(fit)
    one = fit.responses["count"]
    table = me.comparisons(one, "x", average=True)
    high, low = (one.predict(data.assign(x=data["x"] + d), kind="marginal") for d in (1, 0))
    np.testing.assert_allclose(table["estimate"], (high - low).mean())
    with pytest.raises(me.errors.NotAvailableError, match="several responses share"):
        me.predictions(one, kind="cluster")


def test_a_boundary_variance_is_taken_as_known():
    fit = fitted("crossed")
    assert fit.singular
    assert np.isfinite(me.comparisons(fit, "x", average=True)["se"]).all()


WRONG = [
    (lambda f: me.predictions(f, by="seks"), "by= there is no column 'seks'; did you mean 'sex'"),
    (lambda f: me.predictions(f, kind="mean"), "kind='mean'"),
    (lambda f: me.predictions(f, adjust="tuckey"), "adjust='tuckey'"),
    (lambda f: me.predictions(f, level=95), "level=95"),
    (lambda f: me.predictions(f, scale="odds"), "scale='odds'"),
    (lambda f: me.predictions(f, average=True, weights="wt"), "weights= there is no column 'wt'"),
    (lambda f: me.predictions(f, average=True, weights=[1.0]), "a number for each row"),
    (lambda f: me.predictions(f, by="sex", hypothesis="all"), "hypothesis='all'"),
    (lambda f: me.predictions(f, by="sex", hypothesis="pairwise | klass"), "within 'klass'"),
    (lambda f: me.predictions(f, by="sex", hypothesis={"a": [1]}), "1 weights for 2 rows"),
    (lambda f: me.predictions(f, hypothesis="pairwise"), "average first with by="),
    (lambda f: me.comparisons(f, "xx"), "'xx', which is no covariate of the model; those are: x"),
    (lambda f: me.comparisons(f, "klass"), "'klass', which is no covariate"),
    (lambda f: me.comparisons(f, "x", comparison="odds"), "comparison='odds'"),
    (lambda f: me.comparisons(f, "x", contrasts="all"), "contrasts='all'"),
    (lambda f: me.comparisons(f, {"x": "large"}), "'large' is not one of 'sd'"),
    (lambda f: me.comparisons(f, {"x": [1, 2, 3]}), "give two, from and to"),
    (lambda f: me.comparisons(f, {"x": None, "sex": 2}), "'sex' is categorical"),
    (lambda f: me.comparisons(f, {"sex": ["boy", "man"]}), "'man' is none of its levels"),
    (lambda f: me.comparisons(f, "x", scale="link", comparison="ratio"), "take comparison='diff"),
    (lambda f: me.slopes(f, "sex"), r"me.comparisons\(fit, variables='sex'\)"),
    (lambda f: me.slopes(f, "x", slope="dxdy"), "slope='dxdy'"),
    (lambda f: me.marginal_means(f, "sexe"), "variables= there is no column 'sexe'"),
    (lambda f: me.marginal_means(f, "sex", weights="cells"), "weights='cells'"),
    (lambda f: me.predictions(f, me.grid(f), kind="cluster"), "needs the grouping factors"),
    (lambda f: me.predictions(f, kind="marginal", quantile=0.2), "takes no quantile"),
    (lambda f: me.predictions(f.estimate), "fit is of type Estimate: give what me.fit"),
    (lambda f: me.grid(f.design), "fit is of type Design"),
]


@pytest.mark.parametrize(("call", "words"), WRONG)
def test_wrong_arguments_are_named(call, words):
    with pytest.raises(ArgumentError, match=words):
        call(fitted("bernoulli"))


def test_new_levels_and_far_values():
    fit = fitted("bernoulli")
    with pytest.raises(UnseenLevelError, match="girls"):
        me.predictions(fit, {"x": [0.0], "sex": ["girls"]})
    with pytest.raises(UnseenLevelError, match=r"'777'.* kind='median' or 'marginal' needs no"):
        me.predictions(fit, {"x": [0.0], "sex": ["girl"], "klass": [777]}, kind="cluster")
    with pytest.warns(ExtrapolationWarning, match="x = 99"):
        me.predictions(fit, me.grid(fit, x=[0, 99]))
    with pytest.warns(ExtrapolationWarning, match="x = -99"):
        me.comparisons(fit, {"x": [-99, 0]}, average=True)


def test_a_covariance_that_is_unknown_gives_no_standard_errors():
    fit = fitted("bernoulli")
    unknown = np.full_like(fit.estimate.cov, np.nan)
    blind = replace(fit, estimate=replace(fit.estimate, cov=unknown))
    table = me.predictions(blind, average=True)
    assert np.isfinite(table["estimate"]).all()
    assert table[["se", "lower", "upper"]].isna().all(axis=None)
