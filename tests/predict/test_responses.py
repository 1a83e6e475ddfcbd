"""Quantiles of responses with a normally distributed linear predictor."""

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from mixeff.model.families import FAMILIES, LINKS, Parameters
from mixeff.predict import responses

pytestmark = pytest.mark.property
TAILS = (0.025, 0.5, 0.9)
ETA, VARIANCE = np.array([-0.7, 0.4, 1.6]), np.array([0.0, 0.3, 1.0])

# The conditional distribution of a response, and its dispersion and trials.
CASES = {
    "gaussian": ("log", lambda mu: stats.norm(mu, 0.6), 0.6, None),
    "bernoulli": ("logit", lambda mu: stats.bernoulli(mu), None, None),
    "binomial": ("probit", lambda mu: stats.binom(30, mu), None, 30.0),
    "poisson": ("log", lambda mu: stats.poisson(mu), None, None),
    "gamma": ("log", lambda mu: stats.gamma(1 / 0.4, scale=0.4 * mu), 0.4, None),
}


def response_quantiles(family, link, eta, variance, p, tails):
    """Those of a single part."""
    one = p.at((slice(None), None))
    return responses.response_quantiles(
        family, link, eta[:, None], variance, one, tails, np.ones(1)
    )


def parameters(n, dispersion=None, trials=None):
    further = () if dispersion is None else (np.full(n, dispersion),)
    return Parameters(np.empty(n), further, None if trials is None else np.full(n, trials))


def quantiles(family):
    link, _, dispersion, trials = CASES[family]
    p = parameters(3, dispersion, trials)
    return response_quantiles(FAMILIES[family], LINKS[link], ETA, VARIANCE, p, TAILS)


def share_below(family, y, eta, variance):
    """The distribution function, by adaptive quadrature over the linear predictor."""
    link, distribution, _, _ = CASES[family]

    def inner(z):
        mu = LINKS[link].inverse(np.array(eta + np.sqrt(variance) * z))
        return distribution(mu).cdf(y) * stats.norm.pdf(z)

    return sum(quad(inner, a, a + 1)[0] for a in range(-8, 8))


@pytest.mark.parametrize("family", ["gaussian", "gamma"])
def test_numbers_are_exceeded_with_the_probability_asked_for(family):
    for p, row in zip(TAILS, quantiles(family), strict=True):
        found = [share_below(family, *case) for case in zip(row, ETA, VARIANCE, strict=True)]
        np.testing.assert_allclose(found, p, atol=2e-6)


@pytest.mark.parametrize("family", ["bernoulli", "binomial", "poisson"])
def test_counts_are_the_smallest_with_at_least_the_probability(family):
    for p, row in zip(TAILS, quantiles(family), strict=True):
        for y, eta, variance in zip(row, ETA, VARIANCE, strict=True):
            assert share_below(family, y, eta, variance) >= p - 1e-6
            assert share_below(family, y - 1, eta, variance) < p + 1e-6


def test_no_spread_gives_the_familys_own_quantile():
    for family, (link, distribution, _, _) in CASES.items():
        mu = LINKS[link].inverse(ETA)[0]
        found = [row[0] for row in quantiles(family)]
        np.testing.assert_allclose(found, distribution(mu).ppf(TAILS), rtol=1e-8)


def test_many_rows_go_in_blocks():
    eta = np.linspace(-1, 2, 9000)
    (found,) = response_quantiles(
        FAMILIES["gamma"], LINKS["log"], eta, np.full(9000, 0.2), parameters(9000, 0.5), (0.3,)
    )
    np.testing.assert_allclose(found / np.exp(eta), found[0] / np.exp(eta[0]), rtol=1e-8)


@pytest.mark.parametrize(
    ("family", "link", "eta"),
    [("gamma", "inverse", 0.8), ("poisson", "identity", 0.5), ("bernoulli", "log", -0.1)],
)
def test_linear_predictors_beyond_the_range_of_the_mean(family, link, eta):
    p = parameters(1, 0.4 if family == "gamma" else None)
    rows = response_quantiles(
        FAMILIES[family], LINKS[link], np.array([eta]), np.array([0.09]), p, TAILS
    )
    assert np.isfinite(rows).all()
    assert (np.diff(np.ravel(rows)) >= 0).all()


def test_a_large_count_spreads_as_its_mean_does():
    (found,) = response_quantiles(
        FAMILIES["poisson"],
        LINKS["log"],
        np.log([1e6]),
        np.array([0.04]),
        parameters(1),
        (0.975,),
    )
    assert np.log(found / 1e6) == pytest.approx(1.95996 * 0.2, rel=0.01)
