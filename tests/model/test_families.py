from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from mixeff.errors import ArgumentError, UnknownFamilyError, UnknownLinkError
from mixeff.model import FAMILIES, LINKS, family, link
from mixeff.model.families import Parameters, expanded, with_zeros

# Responses that are numbers by themselves, not one of a case's alternatives.
NUMERIC = [row for row in FAMILIES.values() if row.categories is None and not row.has_cases]
EVERY = pytest.mark.parametrize("kind", FAMILIES.values(), ids=FAMILIES)
OF_NUMBERS = pytest.mark.parametrize("kind", NUMERIC, ids=lambda kind: kind.name)
TRIALS = np.array([1.0, 4.0, 9.0])
FURTHER = {
    "dispersion": 0.7,
    "precision": 5.0,
    "df": 5.0,
    "shape": -2.0,
    "power": 1.6,
    "cutpoint": -1.5,
    "cutpoint distance": 3.0,
    "zero_or_one": 0.3,
    "one": 0.4,
}


def means(kind):
    unit = kind.mean_range == (0.0, 1.0)
    return np.array([0.2, 0.5, 0.9]) if unit else np.array([0.5, 2.0, 8.0])


def parameters(kind, mu):
    further = tuple(np.full(mu.shape, FURTHER[p.name]) for p in kind.further)
    trials = TRIALS if mu.shape[-1] == 3 else np.array([9.0])
    return Parameters(mu, further, np.broadcast_to(trials, mu.shape) if kind.takes_trials else None)


# The same distribution in scipy, of the parameters of each row.
SCIPY: dict[str, Any] = {
    "gaussian": lambda p: stats.norm(p.mu, p.dispersion),
    "bernoulli": lambda p: stats.bernoulli(p.mu),
    "binomial": lambda p: stats.binom(p.extra, p.mu),
    "poisson": lambda p: stats.poisson(p.mu),
    "nb2": lambda p: stats.nbinom(1 / p.dispersion, 1 / (1 + p.dispersion * p.mu)),
    "nb1": lambda p: stats.nbinom(p.mu / p.dispersion, 1 / (1 + p.dispersion)),
    "beta_binomial": lambda p: stats.betabinom(
        p.extra.astype(int), p.mu * p.further[0], (1 - p.mu) * p.further[0]
    ),
    "gamma": lambda p: stats.gamma(1 / p.dispersion, scale=p.dispersion * p.mu),
    "inverse_gaussian": lambda p: stats.invgauss(p.mu * p.dispersion, scale=1 / p.dispersion),
    "lognormal": lambda p: stats.lognorm(p.dispersion, scale=np.exp(p.mu)),
    "exponential": lambda p: stats.expon(scale=p.mu),
    "weibull": lambda p: stats.weibull_min(1 / p.dispersion, scale=p.mu),
    "student": lambda p: stats.t(p.further[1], p.mu, p.dispersion),
    "beta": lambda p: stats.beta(p.mu * p.further[0], (1 - p.mu) * p.further[0]),
}
IN_SCIPY = pytest.mark.parametrize("name", SCIPY)


@IN_SCIPY
def test_moments_are_those_of_the_distribution(name):
    kind = FAMILIES[name]
    p = parameters(kind, means(kind))
    expected = SCIPY[name](p)
    assert np.allclose(kind.mean(p), expected.mean())
    assert np.allclose(kind.variance(p), expected.var())


@IN_SCIPY
def test_density_and_distribution_function(name):
    kind = FAMILIES[name]
    p = parameters(kind, means(kind))
    expected = SCIPY[name](p)
    y = expected.ppf(np.array([0.3, 0.6, 0.8]))
    log = expected.logpmf if kind.discrete else expected.logpdf
    assert np.allclose(kind.log_density(y, p), log(y), rtol=1e-12)
    assert np.allclose(kind.cdf(y, p), expected.cdf(y), rtol=1e-12)


@OF_NUMBERS
def test_draws_have_the_mean_and_the_variance(kind):
    mu, n = means(kind), 40_000
    many = parameters(kind, np.broadcast_to(mu, (n, 3)))
    y = kind.simulate(np.random.default_rng(7), many)
    p = parameters(kind, mu)
    assert y.dtype == np.float64
    assert np.all(kind.supported(y))
    error = np.abs(y.mean(axis=0) - kind.mean(p))
    assert np.all(error < 5 * np.sqrt(kind.variance(p) / n))
    assert np.allclose(y.var(axis=0), kind.variance(p), rtol=0.08)


@OF_NUMBERS
def test_draws_are_distributed_as_the_distribution_function_says(kind):
    n = 4_000
    mu = np.full(n, means(kind)[1])
    p = parameters(kind, mu)
    y = kind.simulate(np.random.default_rng(8), p)
    at = np.unique(np.quantile(y, [0.1, 0.3, 0.5, 0.7, 0.9]))
    one = p.at(slice(0, len(at)))
    assert np.allclose((y[:, None] <= at).mean(axis=0), kind.cdf(at, one), atol=0.03)


@OF_NUMBERS
def test_the_distribution_function_is_the_sum_of_the_density(kind):
    from scipy.integrate import quad

    p = parameters(kind, means(kind)[1:2])
    high = 6.0 if not kind.discrete else 9.0
    if kind.mean_range == (0.0, 1.0) and not kind.discrete:
        high = 0.8
    if kind.discrete:
        points = np.arange(high + 1)
        many = Parameters(
            np.repeat(p.mu, len(points)),
            tuple(np.repeat(v, len(points)) for v in p.further),
            None if p.extra is None else np.repeat(p.extra, len(points)),
        )
        total = np.exp(kind.log_density(points, many)).sum()
    else:
        low = 1e-12 if not kind.supported(np.array([-1.0]))[0] else -60.0
        zero = np.array([0.0])
        atom = kind.cdf(zero, p)[0] if low > 0 and kind.supported(zero)[0] else 0.0
        density = lambda y: np.exp(kind.log_density(np.array([y]), p))[0]  # noqa: E731
        total = atom + quad(density, low, high, points=[1.0 if high > 1 else 0.5], limit=200)[0]
    assert kind.cdf(np.array([high]), p)[0] == pytest.approx(total, abs=1e-7)


@pytest.mark.parametrize("kind", [k for k in FAMILIES.values() if k.deviance], ids=lambda k: k.name)
def test_the_deviance_is_twice_the_distance_to_the_best_density(kind):
    """For a dispersion of one where it is a scale, and at the same dispersion elsewhere."""
    mu = means(kind)
    p = parameters(kind, mu)
    scale = p if kind.discrete else replace(p, further=tuple(np.ones(3) for _ in p.further))
    y = kind.mean(replace(p, mu=np.array([0.0, 0.25, 1.0]) if kind.is_binary else mu[::-1]))
    y = np.rint(y) if kind.is_binary else y
    best = y / TRIALS if kind.takes_trials else y
    top = kind.log_density(y, replace(scale, mu=np.clip(best, *kind.mean_range)))
    assert np.allclose(kind.deviance(y, p), 2 * (top - kind.log_density(y, scale)), atol=1e-9)


@pytest.mark.parametrize("name", ["poisson", "nb2", "gamma", "truncated_nb1", "beta"])
def test_more_zeros(name):
    inner = FAMILIES[name]
    kind, pi = with_zeros(inner), 0.3
    mu = np.full(20_000, means(inner)[1])
    p = parameters(inner, mu)
    p = replace(p, further=(*p.further, np.full(mu.shape, pi)))
    y = kind.simulate(np.random.default_rng(3), p)
    own = np.exp(inner.log_density(np.zeros(1), parameters(inner, mu[:1])))[0]
    can_be_zero = bool(inner.supported(np.zeros(1))[0])
    zero = pi + (1 - pi) * own if can_be_zero else pi
    assert np.mean(y == 0) == pytest.approx(zero, abs=0.02)
    assert kind.mean(p)[0] == pytest.approx(y.mean(), rel=0.03)
    assert kind.variance(p)[0] == pytest.approx(y.var(), rel=0.1)
    assert np.exp(kind.log_density(np.zeros(1), p.at(slice(1)))) == pytest.approx(zero)
    assert kind.cdf(np.array([0.0, 1e3]), p.at(slice(2))) == pytest.approx([zero, 1.0])
    assert kind.supported(np.array([0.0, -1.0])).tolist() == [True, False]
    assert family(kind.name) is kind
    assert with_zeros(kind) is kind


@pytest.mark.parametrize(
    "kind", [k for k in FAMILIES.values() if k.categories], ids=lambda k: k.name
)
def test_probabilities_of_categories(kind):
    full = expanded(kind, ("a", "b", "c", "d"))
    rng = np.random.default_rng(5)
    eta = rng.normal(size=50)
    others = tuple(np.full(50, float(k)) for k in range(len(full.further)))
    p = full.parameters(LINKS[kind.links[0]], eta, others)
    assert p.probabilities is not None
    assert np.all(p.probabilities > 0)
    assert np.allclose(p.probabilities.sum(axis=1), 1.0)
    y = full.simulate(rng, p)
    each = np.exp([full.log_density(np.full(50, float(k)), p) for k in range(4)])
    assert np.allclose(each.T, p.probabilities[:, :4])
    assert set(y) <= set(range(p.probabilities.shape[1]))
    top = full.parameters(LINKS[kind.links[0]], eta + 1.0, others)
    if kind.categories is not None and kind.categories.ordered and not kind.categories.timed:
        assert np.all(full.mean(top) > full.mean(p))


@pytest.mark.parametrize("structure", ["equidistant", "symmetric", "polynomial(2)", "spline(3)"])
def test_curves_through_thresholds(structure):
    full = expanded(FAMILIES["cumulative"], tuple("abcdef"), structure)
    matrix = np.array(full.mapping)
    assert matrix.shape == (6, len(full.predictors))
    values = matrix[1:, 1:]
    if structure == "equidistant":
        assert np.allclose(np.diff(values @ [0.5, 2.0]), 2.0)
    if structure == "symmetric":
        assert np.allclose((values + values[::-1])[:, 1:], 0)
    assert np.linalg.matrix_rank(values) == values.shape[1]
    with pytest.raises(ArgumentError, match="too few"):
        expanded(FAMILIES["cumulative"], tuple("abc"), "spline(5)")
    with pytest.raises(ArgumentError, match="no structure"):
        expanded(FAMILIES["cumulative"], tuple("abc"), "wavy")


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
def test_a_family_is_found_by_its_name(kind):
    assert family(kind.name.upper()) is kind


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
