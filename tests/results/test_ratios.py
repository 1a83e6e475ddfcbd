"""Median odds, rate and hazard ratios."""

import math

import numpy as np
import pytest
from tests.results.made import fitted, hand_made

from mixeff.errors import NotAvailableError
from mixeff.results.ratios import median_ratios


@pytest.mark.parametrize(
    ("formula", "family", "options", "name"),
    [
        ("binary ~ x + (1 | klass)", "bernoulli", {}, "median_odds_ratio"),
        ("count ~ x + (1 | klass)", "poisson", {}, "median_rate_ratio"),
        ("binary ~ x + (1 | klass)", "bernoulli", {"link": "cloglog"}, "median_hazard_ratio"),
    ],
)
def test_it_is_the_median_ratio_of_two_clusters(formula, family, options, name):
    design, estimate = hand_made(formula, family, [0, 0], [0.8], **options)
    found = median_ratios(design, estimate, 0.95)[name]
    rng = np.random.default_rng(1)
    effects = 0.8 * rng.standard_normal((400_000, 2))
    expected = np.median(np.exp(np.abs(effects[:, 0] - effects[:, 1])))
    assert found == pytest.approx([expected], rel=5e-3)


def test_larsen_and_merlo_by_hand():
    """A variance of 1 is a median odds ratio of 2.596."""
    design, estimate = hand_made("binary ~ x + (1 | klass)", "bernoulli", [0, 0], [1.0])
    assert median_ratios(design, estimate, 0.95)["median_odds_ratio"] == pytest.approx(
        [2.596], abs=5e-4
    )


def test_nested_factors_count_alone_and_together():
    design, estimate = hand_made(
        "binary ~ x + (1 | school / klass)", "bernoulli", [0, 0], [0.8, 0.5]
    )
    table = median_ratios(design, estimate, 0.95)
    sds = {"school": 0.8, "school:klass": 0.5, "school + school:klass": math.hypot(0.8, 0.5)}
    expected = {group: math.exp(math.sqrt(2) * sd * 0.6744898) for group, sd in sds.items()}
    found = dict(zip(table["group"], table["median_odds_ratio"], strict=True))
    assert found == pytest.approx(expected)


def test_crossed_factors_are_not_put_together():
    assert fitted("crossed").median_odds_ratio()["group"].tolist() == ["klass", "item"]


def test_intervals_are_those_of_the_standard_deviation():
    fit = fitted("poisson")
    table, sd = fit.median_odds_ratio(level=0.9), fit.standard_deviations(level=0.9)
    for name, other in (("lower", "lower"), ("upper", "upper"), ("median_rate_ratio", "estimate")):
        expected = np.exp(math.sqrt(2) * 0.6744898 * sd[other])
        np.testing.assert_allclose(table[name], expected, rtol=1e-6)
    slope = table["median_rate_ratio"] * math.sqrt(2) * 0.6744898
    np.testing.assert_allclose(table["se"], slope * sd["se"], rtol=1e-6)


def test_no_ratio_without_a_log_scale():
    with pytest.raises(NotAvailableError, match="probit link"):
        fitted("probit").median_odds_ratio()
