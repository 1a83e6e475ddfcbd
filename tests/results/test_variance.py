"""Variances, standard deviations and correlations with their standard errors."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.results.made import cbpp, differences, fitted, hand_made

import mixeff as me
from mixeff.errors import SingularFitWarning
from mixeff.report.page.words import model_words
from mixeff.results import variance

FORMULA = "score ~ x + sex + (1 + x | klass) + (1 + x || school)"
BETA, THETA = [0.3, 0.5, 0.1, -0.2], [0.9, -0.4, 0.6, 0.7, 0.3]


@pytest.fixture
def made() -> Any:
    return hand_made(FORMULA, "gaussian", BETA, THETA)


def at(design, estimate, parameters, column, table):
    p = len(estimate.beta)
    moved = replace(estimate, beta=parameters[:p], theta=parameters[p:])
    return table(design, moved)[column].astype(float)


def test_covariances_are_those_of_the_cholesky_factors(made):
    table = variance.variance_components(*made)
    named = dict(
        zip(zip(table["term"], table["name"], strict=True), table["estimate"], strict=True)
    )
    term = "1 + x | klass"
    assert named[term, "Intercept"] == pytest.approx(0.9**2)
    assert named[term, "x"] == pytest.approx(0.4**2 + 0.6**2)
    assert named[term, "cov(Intercept, x)"] == pytest.approx(-0.9 * 0.4)
    assert named["1 + x || school", "x"] == pytest.approx(0.3**2)
    assert ("1 + x || school", "cov(Intercept, x)") not in named
    assert named["Residual", ""] == pytest.approx(np.exp(-0.4))


def test_sd_stands_with_variances_and_corr_with_covariances(made):
    table = variance.variance_components(*made)
    is_cov = np.char.startswith(table["name"].astype(str), "cov")
    np.testing.assert_array_equal(np.isnan(table["sd"]), is_cov)
    np.testing.assert_array_equal(np.isnan(table["corr"]), ~is_cov)
    assert table["corr"][is_cov] == pytest.approx([-0.4 / np.hypot(0.4, 0.6)])


@pytest.mark.parametrize(
    "table",
    [
        variance.variance_components,
        lambda d, e: variance.standard_deviations(d, e, 0.95),
        lambda d, e: variance.correlations(d, e, 0.95),
    ],
    ids=["variances", "deviations", "correlations"],
)
def test_standard_errors_are_the_delta_methods(made, table):
    design, estimate = made
    start = np.concatenate([estimate.beta, estimate.theta])
    jacobian = differences(lambda v: at(design, estimate, v, "estimate", table), start)
    expected = np.sqrt(np.diag(jacobian @ estimate.cov @ jacobian.T))
    np.testing.assert_allclose(table(design, estimate)["se"], expected, rtol=1e-6)


def test_intervals_of_deviations_are_symmetric_on_the_log_scale(made):
    table = variance.standard_deviations(*made, level=0.9)
    np.testing.assert_allclose(table["lower"] * table["upper"], table["estimate"] ** 2)
    ratio = np.log(table["upper"] / table["estimate"])
    np.testing.assert_allclose(ratio, 1.6448536 * table["se"] / table["estimate"], rtol=1e-6)


def test_intervals_of_correlations_stay_inside(made):
    table = variance.correlations(*made, level=0.999)
    assert (table["lower"] > -1).all()
    assert (table["upper"] < 1).all()
    assert (table["lower"] < table["estimate"]).all()


def test_a_variance_of_zero_has_no_standard_error():
    design, estimate = hand_made("count ~ x + (1 | klass)", "poisson", [0.1, 0.2], [0.0])
    estimate.cov[2, :] = estimate.cov[:, 2] = np.nan
    table = variance.variance_components(design, estimate)
    assert table["estimate"].tolist() == [0.0]
    assert np.isnan(table["se"]).all()


def test_no_correlation_with_a_variance_of_zero():
    design, estimate = hand_made("count ~ x + (1 + x | klass)", "poisson", [0, 0], [0.0, 0.0, 0.5])
    table = variance.correlations(design, estimate, 0.95)
    assert np.isnan(table["estimate"]).all()


@pytest.mark.parametrize("sd", [0.3, 0.47, 0.61, 0.9])
@pytest.mark.parametrize("other", [0.21, -0.37, 0.59])
def test_a_perfect_correlation_has_no_standard_error(sd, other):
    theta = [sd, other, 0.0]
    design, estimate = hand_made("count ~ x + (1 + x | klass)", "poisson", [0, 0], theta)
    estimate.cov[4, :] = estimate.cov[:, 4] = np.nan
    table = variance.correlations(design, estimate, 0.95)
    assert table["estimate"] == pytest.approx([np.sign(other)])
    assert np.isnan([table[name] for name in ("se", "lower", "upper")]).all()


def test_a_modelled_dispersion_is_no_residual_variance():
    design, estimate = hand_made(
        "score ~ x + (1 | klass)", "gaussian", [0, 0, 0, 0], [0.5], dispersion="~ x"
    )
    assert "Residual" not in variance.variance_components(design, estimate)["group"]


def test_gamma_has_no_residual_row():
    assert list(fitted("gamma").variance_components["group"]) == ["klass"]


def test_cbpp_agrees_with_independent_quadrature():
    table = cbpp().variance_components
    assert table["estimate"][0] == pytest.approx(0.41928, abs=2e-5)
    assert table["se"][0] == pytest.approx(0.23379, abs=2e-5)
    assert table["sd"][0] == pytest.approx(0.64752, abs=2e-5)


def test_random_effects_of_every_logit_bear_their_category_s_name():
    rng = np.random.default_rng(3)
    words = rng.permutation(np.repeat(["bus", "car", "train"], 100))
    data = {"y": words, "g": np.arange(300) % 20}
    with pytest.warns(SingularFitWarning):
        fit = me.fit("y ~ 1 + (1 | g)", data, "multinomial", method="laplace")
    names = ["car:Intercept", "train:Intercept"]
    assert fit.variance_components["name"].tolist() == [*names, f"cov({', '.join(names)})"]
    assert fit.random_effects()["name"].tolist() == names * 20
    assert set(fit.random_effects()["term"]) == {"car:Intercept + train:Intercept | g"}
    assert "an intercept of the car and an intercept of the train" in " ".join(model_words(fit))
