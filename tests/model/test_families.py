import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from mixeff.errors import UnknownFamilyError, UnknownLinkError
from mixeff.model import FAMILIES, LINKS, family, link
from mixeff.model.families import Parameters, with_zeros

EVERY = pytest.mark.parametrize("kind", FAMILIES.values(), ids=FAMILIES)
TRIALS = np.array([1.0, 4.0, 9.0])
FURTHER = {"dispersion": 0.7}


def means(kind):
    return np.array([0.2, 0.5, 0.9]) if kind.is_binary else np.array([0.5, 2.0, 8.0])


def parameters(kind, mu):
    further = tuple(np.full(mu.shape, FURTHER[p.name]) for p in kind.further)
    return Parameters(mu, further, np.broadcast_to(TRIALS, mu.shape) if kind.takes_trials else None)


# The same distribution in scipy, of the parameters of each row.
SCIPY: dict[str, Any] = {
    "gaussian": lambda p: stats.norm(p.mu, p.dispersion),
    "bernoulli": lambda p: stats.bernoulli(p.mu),
    "binomial": lambda p: stats.binom(p.extra, p.mu),
    "poisson": lambda p: stats.poisson(p.mu),
    "gamma": lambda p: stats.gamma(1 / p.dispersion, scale=p.dispersion * p.mu),
}


@EVERY
def test_moments_are_those_of_the_distribution(kind):
    p = parameters(kind, means(kind))
    expected = SCIPY[kind.name](p)
    assert np.allclose(kind.mean(p), expected.mean())
    assert np.allclose(kind.variance(p), expected.var())


@EVERY
def test_density_and_distribution_function(kind):
    p = parameters(kind, means(kind))
    expected = SCIPY[kind.name](p)
    y = expected.ppf(np.array([0.3, 0.6, 0.8]))
    log = expected.logpmf if kind.discrete else expected.logpdf
    assert np.allclose(kind.log_density(y, p), log(y), rtol=1e-12)
    assert np.allclose(kind.cdf(y, p), expected.cdf(y), rtol=1e-12)


@EVERY
def test_draws_have_the_mean_and_the_variance(kind):
    mu, n = means(kind), 40_000
    y = kind.simulate(np.random.default_rng(7), parameters(kind, np.broadcast_to(mu, (n, 3))))
    expected = SCIPY[kind.name](parameters(kind, mu))
    assert y.dtype == np.float64
    assert np.all(kind.supported(y))
    assert np.all(np.abs(y.mean(axis=0) - expected.mean()) < 5 * expected.std() / np.sqrt(n))
    assert np.allclose(y.var(axis=0), expected.var(), rtol=0.08)


@pytest.mark.parametrize("kind", [k for k in FAMILIES.values() if k.deviance], ids=lambda k: k.name)
def test_the_deviance_is_twice_the_distance_to_the_best_density(kind):
    mu = means(kind)
    p = parameters(kind, mu)
    scale = replace(p, further=tuple(np.ones(3) for _ in p.further))
    y = kind.mean(replace(p, mu=np.array([0.0, 0.25, 1.0]) if kind.is_binary else mu[::-1]))
    y = np.rint(y) if kind.is_binary else y
    best = y / TRIALS if kind.takes_trials else y
    top = kind.log_density(y, replace(scale, mu=np.clip(best, *kind.mean_range)))
    assert np.allclose(kind.deviance(y, p), 2 * (top - kind.log_density(y, scale)), atol=1e-9)


@pytest.mark.parametrize("name", ["poisson", "gamma"])
def test_more_zeros(name):
    inner = FAMILIES[name]
    kind, pi, mu = with_zeros(inner), 0.3, np.full(40_000, 2.0)
    p = parameters(inner, mu)
    p = replace(p, further=(*p.further, np.full(mu.shape, pi)))
    y = kind.simulate(np.random.default_rng(3), p)
    zero = pi + (1 - pi) * (inner.cdf(np.zeros(1), parameters(inner, mu[:1]))[0])
    assert np.mean(y == 0) == pytest.approx(zero, abs=0.01)
    assert kind.mean(p)[0] == pytest.approx(y.mean(), rel=0.02)
    assert kind.variance(p)[0] == pytest.approx(y.var(), rel=0.05)
    assert np.exp(kind.log_density(np.zeros(1), p.at(slice(1)))) == pytest.approx(zero)
    assert kind.cdf(np.array([0.0, 1e3]), p.at(slice(2))) == pytest.approx([zero, 1.0])
    assert kind.supported(np.array([0.0, 1.0, -1.0])).tolist() == [True, True, False]
    assert family(kind.name) is kind
    assert with_zeros(kind) is kind


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
