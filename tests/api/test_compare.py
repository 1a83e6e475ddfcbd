"""Every method on one model: the same numbers as single fits, one likelihood, refusals as rows."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from matplotlib import pyplot as plt
from tests.estimate.simulated import binary, counts, grouped, numbers
from tests.results.made import pupils

import mixeff as me
from mixeff.api import MethodComparison
from mixeff.errors import ArgumentError, MixeffWarning, NotAvailableError, UnknownColumnError
from mixeff.estimate import METHODS
from mixeff.estimate.scale import common_scale

FORMULA = "y ~ x + (1 | g)"


@pytest.fixture(autouse=True)
def _close_pictures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return binary(grouped(3, levels=60, size=5, sd=2.0))


@pytest.fixture(scope="module")
def compared(data) -> MethodComparison:
    return me.compare_methods(FORMULA, data, "bernoulli")


@pytest.fixture(scope="module")
def crossed() -> MethodComparison:
    methods = ["agq", "pql1", "laplace"]
    return me.compare_methods(
        "binary ~ x + (1 | klass) + (1 | item)", pupils(), "bernoulli", methods
    )


def by_method(results: MethodComparison, column: str) -> Any:
    return results.methods.set_index("method")[column]


# The estimates --------------------------------------------------------------------------------


def test_estimates_are_those_of_single_fits(compared, data):
    names = compared.methods["method"].tolist()
    assert names[0] == "auto"
    for name in names:
        single = me.fit(FORMULA, data, "bernoulli", method=name)
        own = compared.table[compared.table["method"] == name]
        expected = single.tidy()
        for ours, theirs in (("estimate", "estimate"), ("se", "std_error")):
            np.testing.assert_array_equal(own[ours], expected[theirs])
        assert own["term"].tolist() == expected["term"].tolist()
        np.testing.assert_array_equal(by_method(compared, "llf")[name], single.llf)
        assert by_method(compared, "used")[name] == single.method


def test_by_default_every_method_that_takes_the_model_in_order(compared, data):
    design = me.Model(FORMULA, data, "bernoulli").design
    rows = METHODS.items()
    taking = [name for name, row in rows if row.refuses(design) is None and not row.bayesian]
    assert compared.methods["method"].tolist() == ["auto", *taking]
    assert {"laplace", "agq", "ghq", "conditional", "pql1", "pql2", "mql1", "mql2"} <= set(taking)
    assert not {"ml", "reml"} & set(taking)


def test_one_frame_repeats_what_belongs_to_the_method(compared):
    for name in ("llf", "marginal_llf", "seconds"):
        own = compared.table.groupby("method")[name].agg(["nunique", "first"])
        assert (own["nunique"] <= 1).all()
        expected = by_method(compared, name)[own.index]
        np.testing.assert_array_equal(own["first"], expected)


def test_nodes_go_to_quadrature_only(data):
    methods = ["auto", "laplace", "agq", "ghq"]
    found = by_method(me.compare_methods(FORMULA, data, "bernoulli", methods, nodes=5), "nodes")
    assert (found["laplace"], found["agq"], found["ghq"]) == ("", "5", "5")
    assert found["auto"] not in ("", "5")


def test_options_reach_the_model(data):
    data = data.assign(w=1.0 + (data["x"] > 0), o=0.1 * data["x"])
    options: dict[str, Any] = {"link": "probit", "weights": "w", "offset": "o"}
    found = me.compare_methods(FORMULA, data, "bernoulli", ["laplace"], **options).fits["laplace"]
    single = me.fit(FORMULA, data, "bernoulli", method="laplace", **options)
    pd.testing.assert_series_equal(found.params, single.params)
    plain = me.fit(FORMULA, data, "bernoulli", method="laplace")
    assert not np.isclose(found.params["x"], plain.params["x"])


def test_the_sampler_is_compared_when_named(data):
    settings = {"draws": 400, "warmup": 200, "max_evaluations": 400}
    priors = {"x": "normal(0, 0.1)"}
    given: dict[str, Any] = {"seed": 4, "priors": priors, "control": settings}
    results = me.compare_methods(FORMULA, data, "bernoulli", ["agq", "mcmc"], **given)
    own = results.table[results.table["method"] == "mcmc"]
    sampler = {"draws": 400, "warmup": 200}
    options: dict[str, Any] = {"seed": 4, "priors": priors, "control": sampler}
    single = me.fit(FORMULA, data, "bernoulli", method="mcmc", **options)
    np.testing.assert_array_equal(own["estimate"], single.tidy()["estimate"])
    marginal = by_method(results, "marginal_llf")
    assert marginal["mcmc"] < marginal["agq"]
    shrunk, free = (results.fits[name].params.loc["x"] for name in ("mcmc", "agq"))
    assert abs(float(shrunk)) < abs(float(free))


# One likelihood -------------------------------------------------------------------------------


def test_marginal_llf_is_the_integral_at_each_methods_estimates(compared, data):
    model = me.Model(FORMULA, data, "bernoulli")
    for method in ("laplace", "pql1"):
        e = compared.fits[method].estimate
        fine = model.loglik(e.beta, e.theta, method="agq", nodes=101)
        assert by_method(compared, "marginal_llf")[method] == pytest.approx(fine, abs=2e-4)
    assert by_method(compared, "integration")["pql1"].startswith("agq ")
    assert compared.scale.error <= 1e-4


def test_quadrature_maximises_it(compared):
    values = by_method(compared, "marginal_llf").drop("conditional")
    assert values["agq"] == pytest.approx(values.max(), abs=1e-3)
    assert values["laplace"] < values["agq"] - 0.005
    assert values["mql1"] < values["pql1"] < values["laplace"]
    assert compared.best in ("auto", "agq", "ghq")


def test_what_has_no_likelihood_has_none(compared):
    llf, marginal = by_method(compared, "llf"), by_method(compared, "marginal_llf")
    assert np.isnan(llf[["pql1", "mql1"]]).all()
    assert np.isfinite(marginal[["pql1", "mql1"]]).all()
    assert np.isfinite(llf["conditional"])
    assert np.isnan(marginal["conditional"])
    assert by_method(compared, "integration")["conditional"] == ""


def test_of_a_linear_model_it_is_exact():
    results = me.compare_methods(FORMULA, numbers(grouped(1, 30, 6)))
    assert set(results.methods["integration"]) == {"exact"}
    marginal, llf = by_method(results, "marginal_llf"), by_method(results, "llf")
    assert marginal["ml"] == pytest.approx(llf["ml"], abs=1e-8)
    assert marginal["reml"] < marginal["ml"]
    assert marginal["reml"] != pytest.approx(llf["reml"], abs=0.01)
    assert "REML criterion" in str(results)


def test_of_crossed_factors_it_is_laplaces_and_says_so(crossed):
    marginal, llf = by_method(crossed, "marginal_llf"), by_method(crossed, "llf")
    assert by_method(crossed, "integration")["pql1"] == "laplace"
    assert marginal["laplace"] == pytest.approx(llf["laplace"], abs=1e-8)
    assert marginal["pql1"] < marginal["laplace"]
    assert "favours" in str(crossed)


def test_one_rule_for_all_nested_levels():
    rng, school = np.random.default_rng(5), np.repeat(np.arange(30), 12)
    klass = np.repeat(np.arange(120), 3)
    eta = 1.5 * rng.normal(size=30)[school] + 2 * rng.normal(size=120)[klass]
    y = rng.binomial(1, 1 / (1 + np.exp(-eta)))
    data = {"y": y, "school": school, "klass": klass}
    methods = ["laplace", "agq"]
    results = me.compare_methods("y ~ 1 + (1 | school/klass)", data, "bernoulli", methods)
    e = results.fits["laplace"].estimate
    model = me.Model("y ~ 1 + (1 | school/klass)", data, "bernoulli")
    fine = model.loglik(e.beta, e.theta, method="agq", nodes=61)
    assert by_method(results, "marginal_llf")["laplace"] == pytest.approx(fine, abs=1e-3)
    assert by_method(results, "llf")["laplace"] < fine - 0.1


def test_estimates_outside_the_domain_have_no_likelihood_on_any_rule():
    design = me.Model(
        "y ~ 1 + (1 | g)", counts(grouped(2, 20, 5)), "poisson", link="identity"
    ).design
    outside, inside = (np.array([-3.0]), np.array([0.1])), (np.array([2.0]), np.array([0.1]))
    scale = common_scale(design, [outside, inside])
    assert scale.values[0] == -np.inf
    assert np.isfinite(scale.values[1])
    assert np.isfinite(scale.error)


# Refusals -------------------------------------------------------------------------------------


def test_a_refusal_is_a_row_with_its_reason(crossed):
    row = crossed.methods.set_index("method").loc["agq"]
    assert not row["converged"]
    assert "crossed" in row["reason"]
    assert np.isnan([row["llf"], row["marginal_llf"], row["seconds"]]).all()
    assert "agq" not in set(crossed.table["method"])
    assert list(crossed.fits) == ["pql1", "laplace"]
    assert "no fit" in str(crossed)
    assert "Note: method='agq' needs" in str(crossed)


def test_all_may_refuse(data):
    results = me.compare_methods(FORMULA, data, "bernoulli", ["ml", "reml"])
    assert results.table.empty
    assert results.best is None
    assert results.methods["reason"].str.contains("gaussian").all()
    assert "reml" in str(results)
    with pytest.raises(NotAvailableError, match="nothing to draw"):
        results.plot()


def test_a_fit_that_does_not_converge_says_why_and_does_not_warn(data):
    with warnings.catch_warnings():
        warnings.simplefilter("error", MixeffWarning)
        results = me.compare_methods(
            FORMULA, data, "bernoulli", ["laplace"], control={"max_evaluations": 1}
        )
    assert not by_method(results, "converged")["laplace"]
    assert results.methods["reason"][0] == results.fits["laplace"].estimate.reason
    assert "not converged" in str(results)


def test_overdispersion_leaves_quasi_likelihood_and_no_scale(data):
    results = me.compare_methods(FORMULA, data, "bernoulli", dispersion="estimate")
    assert set(results.methods["method"]) >= {"pql1", "mql1"}
    assert all(METHODS[name].takes_overdispersion for name in results.methods["method"])
    assert results.methods["marginal_llf"].isna().all()
    named = me.compare_methods(FORMULA, data, "bernoulli", ["auto"], dispersion="estimate")
    assert "no likelihood" in " ".join(named.methods["reason"][0].split())


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"methods": ["laplace", "magic"]}, NotAvailableError, "'magic'.*auto, laplace"),
        ({"methods": "laplace"}, ArgumentError, "list of names"),
        ({"methods": []}, ArgumentError, "list of names"),
        ({"methods": ["laplace"], "nodes": 5}, ArgumentError, "'agq' and 'ghq'"),
        ({"methods": ["laplace"], "seed": 5}, ArgumentError, "seed= goes with 'mcmc'"),
        ({"methods": ["laplace"], "priors": {}}, ArgumentError, "priors= goes with 'mcmc'"),
        ({"methods": ["mcmc"], "seed": -5}, ArgumentError, "at least 0"),
        ({"methods": ["laplace"], "control": {"draws": 9}}, ArgumentError, "draws is no setting"),
        ({"control": {"tolerance": -1.0}}, ArgumentError, "positive"),
        ({"control": 3}, ArgumentError, "mapping"),
        ({"nodes": 0}, ArgumentError, "at least 1"),
        ({"control": {"speed": 1}}, ArgumentError, "max_evaluations"),
        ({"formula": "y ~ z + (1 | g)"}, UnknownColumnError, "z"),
    ],
)
def test_errors_of_the_call_are_raised(data, options, error, words):
    options = {"formula": FORMULA, "data": data, "family": "bernoulli"} | options
    with pytest.raises(error, match=words):
        me.compare_methods(**options)


def test_a_method_named_twice_is_fitted_once(data):
    results = me.compare_methods(FORMULA, data, "bernoulli", ["laplace", "agq", "laplace"])
    assert results.methods["method"].tolist() == ["laplace", "agq"]


# Frames, print, picture -----------------------------------------------------------------------


@pytest.mark.parametrize("library", [pd, pl])
def test_frames_come_back_in_the_library_of_the_data(data, library):
    given = data if library is pd else pl.from_pandas(data)
    methods = ["laplace", "pql1", "reml"]
    results = me.compare_methods(FORMULA, given, "bernoulli", methods)
    for frame in (results.table, results.methods, results.plot_data()):
        assert isinstance(frame, library.DataFrame)
    assert len(results.table) == 6
    assert len(results.methods) == 3


def test_it_prints_every_estimate_within_the_width(compared):
    text = str(compared)
    assert repr(compared) == text
    assert max(map(len, text.splitlines())) <= 88
    estimate = compared.fits["conditional"].params["x"]
    assert f"{estimate:.3f}" in text
    assert f"({compared.fits['pql1'].bse['x']:.3f})" in text
    assert text.count("Estimates (standard errors)") == 2
    assert "auto (agq)" in text


def test_it_prints_as_html(compared):
    page = compared._repr_html_()
    assert page.startswith('<div class="mixeff">')
    assert page.count("<table>") == 3
    assert "mql1" in page


def test_plot_data_are_the_intervals_of_the_fits(compared):
    table = compared.plot_data(level=0.9)
    own = table[table["method"] == "laplace"]
    expected = compared.fits["laplace"].tidy(level=0.9)
    np.testing.assert_array_equal(own["lower"], expected["conf_low"])
    np.testing.assert_array_equal(own["upper"], expected["conf_high"])


def test_the_picture_has_a_panel_per_parameter_and_a_point_per_method(compared):
    figure = compared.plot()
    titles = [axis.get_title() for axis in figure.axes]
    assert titles == ["Intercept", "x", "sd(Intercept)\ng"]
    methods = compared.methods["method"].tolist()
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == methods
    for axis, without in zip(figure.axes, (1, 0, 1), strict=True):  # the conditional fit has x only
        points = sum(np.size(line.get_xdata()) for line in axis.lines if line.get_marker() == "o")
        assert points == len(methods) - without
        assert sum(line.get_linestyle() == ":" for line in axis.lines) == 1
    assert "95 %" in figure.get_supxlabel()


def test_many_parameters_stand_in_rows():
    formula = "score ~ x + sex + (1 + x | klass)"
    figure = me.compare_methods(formula, pupils(), methods=["ml", "reml"]).plot()
    assert len(figure.axes) == 7
    assert len({round(axis.get_position().y0, 3) for axis in figure.axes}) == 2
