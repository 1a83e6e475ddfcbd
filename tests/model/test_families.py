import pickle
from typing import Any

import numpy as np
import pytest
from scipy import stats

from mixeff.errors import UnknownFamilyError, UnknownLinkError
from mixeff.model import FAMILIES, LINKS, family, link

EVERY = pytest.mark.parametrize("kind", FAMILIES.values(), ids=FAMILIES)
TRIALS = np.array([1.0, 4.0, 9.0])
DISPERSION = np.array([0.7, 0.7, 0.7])


def means(kind):
    return np.array([0.2, 0.5, 0.9]) if kind.is_binary else np.array([0.5, 2.0, 8.0])


def dispersion(kind):
    return DISPERSION if kind.has_dispersion else None


def trials(kind):
    return TRIALS if kind.takes_trials else None


def distribution(kind, mu) -> Any:
    """The same distribution in scipy."""
    return {
        "gaussian": lambda: stats.norm(mu, DISPERSION),
        "bernoulli": lambda: stats.bernoulli(mu),
        "binomial": lambda: stats.binom(TRIALS, mu),
        "poisson": lambda: stats.poisson(mu),
        "gamma": lambda: stats.gamma(1 / DISPERSION, scale=DISPERSION * mu),
    }[kind.name]()


@EVERY
def test_moments_are_those_of_the_distribution(kind):
    mu = means(kind)
    expected = distribution(kind, mu)
    assert np.allclose(kind.mean(mu, trials(kind)), expected.mean())
    assert np.allclose(kind.variance(mu, dispersion(kind), trials(kind)), expected.var())


@EVERY
def test_the_density_is_normalised(kind):
    mu = means(kind)
    expected = distribution(kind, mu)
    y = expected.ppf(np.array([0.3, 0.6, 0.8]))
    found = kind.log_density(y, mu, dispersion(kind), trials(kind))
    log = expected.logpdf if kind.has_dispersion else expected.logpmf
    assert np.allclose(found, log(y), rtol=1e-12)


@EVERY
def test_draws_have_the_mean_and_the_variance(kind):
    mu, n = means(kind), 40_000
    rng = np.random.default_rng(7)
    shape = (n, 3)
    phi = None if dispersion(kind) is None else np.broadcast_to(DISPERSION, shape)
    count = None if trials(kind) is None else np.broadcast_to(TRIALS, shape)
    y = kind.simulate(rng, np.broadcast_to(mu, shape), phi, count)
    expected = distribution(kind, mu)
    assert y.dtype == np.float64
    assert np.all(kind.supported(y))
    assert np.all(np.abs(y.mean(axis=0) - expected.mean()) < 5 * expected.std() / np.sqrt(n))
    assert np.allclose(y.var(axis=0), expected.var(), rtol=0.08)


@EVERY
def test_the_deviance_is_twice_the_distance_to_the_best_density(kind):
    mu = means(kind)
    y = kind.mean(np.array([0.0, 0.25, 1.0]) if kind.is_binary else mu[::-1], trials(kind))
    y = np.rint(y) if kind.is_binary else y
    best = y / TRIALS if kind.takes_trials else y
    scale = None if dispersion(kind) is None else np.ones(3)
    at = kind.log_density(y, mu, scale, trials(kind))
    top = kind.log_density(y, np.clip(best, *kind.mean_range), scale, trials(kind))
    assert np.allclose(kind.deviance(y, mu, trials(kind)), 2 * (top - at), atol=1e-9)


@pytest.mark.parametrize(
    ("name", "values", "possible"),
    [
        ("gaussian", [-1.0, 0.0, 1e9], [True, True, True]),
        ("bernoulli", [0.0, 1.0, 0.5, 2.0, -1.0], [True, True, False, False, False]),
        ("binomial", [0.0, 3.0, 0.5, -1.0], [True, True, False, False]),
        ("poisson", [0.0, 3.0, 0.5, -1.0], [True, True, False, False]),
        ("gamma", [0.5, 0.0, -1.0], [True, False, False]),
    ],
)
def test_support(name, values, possible):
    assert FAMILIES[name].supported(np.array(values)).tolist() == possible


@EVERY
def test_links_are_in_the_table_and_the_first_is_the_default(kind):
    assert set(kind.links) <= set(LINKS)
    assert link(kind).name == kind.links[0]
    assert link(kind, kind.links[-1].upper()).name == kind.links[-1]


@EVERY
def test_a_family_pickles(kind):
    assert pickle.loads(pickle.dumps(kind)) == kind


def test_every_binary_family_knows_the_latent_variance_or_has_none():
    known = {name for name in FAMILIES["bernoulli"].links if LINKS[name].latent_variance}
    assert known == {"logit", "probit", "cloglog", "loglog"}


@pytest.mark.parametrize(
    ("name", "link_name", "ratio"),
    [
        ("bernoulli", "logit", "Odds ratio"),
        ("bernoulli", "log", "Risk ratio"),
        ("binomial", "cloglog", "Hazard ratio"),
        ("poisson", "log", "Rate ratio"),
        ("gamma", "log", "Mean ratio"),
        ("bernoulli", "probit", None),
        ("gaussian", "identity", None),
    ],
)
def test_the_exponentiated_coefficient_has_its_name(name, link_name, ratio):
    assert FAMILIES[name].ratio_name(link_name) == ratio


def test_an_unknown_family_lists_what_there_is():
    with pytest.raises(UnknownFamilyError, match=r"did you mean 'poisson'.*gaussian, bernoulli"):
        family("poison")
    with pytest.raises(UnknownFamilyError, match="there are: gaussian"):
        family(None)  # pyright: ignore[reportArgumentType]


def test_an_unknown_link_lists_those_of_the_family():
    with pytest.raises(
        UnknownLinkError, match=r"'poisson' has no link 'logit'.*log, sqrt, identity"
    ):
        link(FAMILIES["poisson"], "logit")
