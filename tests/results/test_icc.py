"""Intraclass correlations."""

import math
from dataclasses import replace

import numpy as np
import pytest
from tests.results.made import differences, fitted, hand_made

from mixeff.errors import NotAvailableError
from mixeff.model.design import GroupingFactor
from mixeff.results.icc import icc, nested


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


def test_nested_is_seen_in_the_codes():
    inner = GroupingFactor("a", np.array([0, 0, 1, 2], dtype=np.int32), ("x", "y", "z"))
    outer = GroupingFactor("b", np.array([0, 0, 0, 1], dtype=np.int32), ("u", "v"))
    assert nested(inner, outer)
    assert not nested(outer, inner)
