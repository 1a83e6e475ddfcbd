"""Tests of over- and underdispersion and of zeros: their size, their power, what they refuse."""

from functools import cache

import numpy as np
import pytest
from tests.results.made import cbpp, fitted
from tests.results.test_durations import durations

import mixeff as me
from mixeff.errors import ArgumentError, NotAvailableError

GROUP = np.repeat(np.arange(30), 8)


def mean(rng):
    x = rng.normal(size=GROUP.size)
    return x, np.exp(0.6 + 0.4 * x + rng.normal(0, 0.5, 30)[GROUP])


def poisson(rng, mu):
    return rng.poisson(mu)


def negative_binomial(rng, mu):
    return rng.poisson(rng.gamma(3, mu / 3))


def half_of_twice(rng, mu):
    """A binomial count: its variance is half its mean."""
    return rng.binomial(np.maximum(np.round(2 * mu), 1).astype(int), 0.5)


def with_zeros(rng, mu):
    return rng.poisson(mu) * (rng.random(mu.size) < 0.7)


def never_zero(rng, mu):
    return 1 + rng.poisson(mu)


@cache
def counts(draw, seed):
    rng = np.random.default_rng(seed)
    x, mu = mean(rng)
    data = {"y": draw(rng, mu), "x": x, "g": GROUP}
    return me.fit("y ~ x + (1 | g)", data, family="poisson", method="laplace")


def rejections(draw, test, seeds, **options):
    found = [getattr(counts(draw, seed), test)(99, seed=seed, **options) for seed in seeds]
    return np.mean([one.p_value <= 0.05 for one in found]), found


@pytest.mark.parametrize("effects", ["new", "given"])
def test_the_dispersion_test_keeps_its_size(effects):
    share, found = rejections(poisson, "test_dispersion", range(80), random_effects=effects)
    plain = np.mean([one.further[0][2] <= 0.05 for one in found])
    assert share <= 0.11  # 80 tests of size 0.05: above in one of 200 runs
    assert plain <= 0.11
    assert np.mean([one.statistic for one in found]) == pytest.approx(1, abs=0.04)
    assert np.mean([one.further[0][1] for one in found]) == pytest.approx(1, abs=0.04)


@pytest.mark.parametrize(
    ("draw", "side", "other"),
    [(negative_binomial, "greater", "less"), (half_of_twice, "less", "greater")],
)
def test_counts_that_vary_too_much_or_too_little_are_found(draw, side, other):
    seeds = range(20)
    assert rejections(draw, "test_dispersion", seeds)[0] > 0.8
    assert rejections(draw, "test_dispersion", seeds, alternative=side)[0] > 0.8
    assert rejections(draw, "test_dispersion", seeds, alternative=other)[0] == 0


def test_a_random_effect_per_row_takes_up_the_dispersion():
    rng = np.random.default_rng(5)
    x, mu = mean(rng)
    y = rng.poisson(mu * np.exp(rng.normal(0, 0.6, mu.size)))
    data = {"y": y, "x": x, "g": GROUP, "row": np.arange(y.size)}
    plain = me.fit("y ~ x + (1 | g)", data, family="poisson", method="laplace")
    rows = me.fit("y ~ x + (1 | g) + (1 | row)", data, family="poisson", method="laplace")
    assert plain.test_dispersion(99, seed=1).p_value <= 0.05
    assert rows.test_dispersion(99, seed=1).p_value > 0.2
    # Modes of one row each, held: the data sets drawn with them vary too little.
    held = rows.test_dispersion(99, seed=1, random_effects="given")
    assert held.statistic > 1.1
    assert "'row', with 1.0 rows" in held.note


def test_the_further_statistic_is_the_variance_of_the_residuals():
    fit = counts(negative_binomial, 3)
    found = fit.test_dispersion(50, seed=2)
    square, n = fit.resid("pearson") ** 2, fit.nobs
    assert found.observed == pytest.approx(square.sum() / (n - 2), rel=1e-6)
    assert found.statistic == pytest.approx(found.observed / found.simulated.mean())
    assert found.p_value == 2 * (1 + np.sum(found.simulated >= found.observed)) / 51
    assert found.further[0][0] == "Variance of the residuals"
    assert fit.test_dispersion(50, seed=2).p_value == found.p_value
    assert "Variance of the residuals: ratio" in str(found)


def test_without_random_effects_the_ratios_are_those_of_a_generalized_linear_model():
    data = {"y": counts(negative_binomial, 3).design.y, "x": counts(poisson, 3).design.X[:, 1]}
    fit = me.fit("y ~ x", data, family="poisson")
    found = fit.test_dispersion(400, seed=1)
    freedom = fit.nobs - 2
    pearson = np.sum(fit.resid("pearson") ** 2) / freedom
    assert found.statistic == pytest.approx(pearson, rel=0.02)
    assert found.p_value == 2 / 401
    plain = np.sum(fit.resid() ** 2) / freedom / fit.fittedvalues.mean()
    assert found.further[0][1] == pytest.approx(plain, rel=0.02)


def test_successes_among_trials_are_tested_too():
    rng = np.random.default_rng(8)
    p = 1 / (1 + np.exp(-rng.normal(0.3, 0.7, 30)[GROUP]))
    data = {"m": np.full(p.size, 9), "g": GROUP}
    for kind, most in (("even", 1.0), ("spread", 0.05)):
        chance = p if kind == "even" else rng.beta(8 * p, 8 * (1 - p))
        data["y"] = rng.binomial(9, chance)
        fit = me.fit("trials(y, m) ~ 1 + (1 | g)", data, family="binomial", method="laplace")
        assert 0.05 * (kind == "even") < fit.test_dispersion(99, seed=1).p_value <= most


def test_a_dispersion_that_was_estimated_is_spoken_of():
    rng = np.random.default_rng(2)
    data = {"y": negative_binomial(rng, mean(rng)[1]), "g": GROUP}
    fit = me.fit("y ~ 1 + (1 | g)", data, family="nb2", method="laplace")
    found = fit.test_dispersion(50, seed=1)
    assert found.p_value > 0.2
    assert "'nb2' was estimated" in found.note


@pytest.mark.parametrize(
    ("fit", "reason"),
    [
        (lambda: fitted("bernoulli"), "trials"),
        (lambda: fitted("slopes"), "residual variance is estimated"),
        (durations, "observed in full"),
    ],
)
def test_no_dispersion_to_test(fit, reason):
    with pytest.raises(NotAvailableError, match=reason):
        fit().test_dispersion(10)


def test_an_estimated_phi_leaves_nothing_to_draw_from():
    data = {"y": counts(poisson, 0).design.y, "g": GROUP}
    fit = me.fit("y ~ 1 + (1 | g)", data, family="poisson", method="pql1", dispersion="estimate")
    with pytest.raises(NotAvailableError, match="no distribution"):
        fit.test_dispersion(10)


def test_an_unknown_alternative_names_the_known():
    with pytest.raises(ArgumentError, match="'two-sided', 'greater', 'less'"):
        cbpp().test_dispersion(10, alternative="more")
    with pytest.raises(ArgumentError, match="'new', 'given'"):
        cbpp().test_zeros(10, random_effects="old")


def test_an_infinite_variance_is_none_to_compare_with():
    data = {"y": np.random.default_rng(1).standard_cauchy(300), "g": np.repeat(np.arange(30), 10)}
    fit = me.fit("y ~ 1 + (1 | g)", data, family="student", method="laplace")
    for reading in (fit.test_dispersion, fit.icc, lambda: fit.icc(scale="observed")):
        with pytest.raises(NotAvailableError, match="infinite variance"):
            reading()


# Zeros ----------------------------------------------------------------------------------------


def test_the_test_of_zeros_keeps_its_size():
    share, found = rejections(poisson, "test_zeros", range(80))
    assert share <= 0.11
    assert np.mean([one.statistic for one in found]) == pytest.approx(1, abs=0.06)


def test_excess_and_lacking_zeros_are_found():
    share, found = rejections(with_zeros, "test_zeros", range(15), alternative="greater")
    assert share > 0.8
    assert found[0].observed == np.sum(counts(with_zeros, 0).design.y == 0)
    assert rejections(never_zero, "test_zeros", range(15), alternative="less")[0] > 0.8


def test_a_model_with_zeros_of_its_own_has_as_many_as_it_expects():
    fit = counts(with_zeros, 4)
    data = {"y": fit.design.y, "x": fit.design.X[:, 1], "g": GROUP}
    more = me.fit("y ~ x + (1 | g)", data, family="poisson", zero_inflation="~ 1", method="laplace")
    assert more.test_zeros(99, seed=1).p_value > 0.2


def test_large_counts_have_no_zeros_and_expect_none():
    data = {"y": np.random.default_rng(1).poisson(200, 60), "g": np.repeat(np.arange(12), 5)}
    found = me.fit("y ~ 1 + (1 | g)", data, family="poisson").test_zeros(20, seed=1)
    assert found.p_value == 1
    assert np.isnan(found.statistic)


@pytest.mark.parametrize(
    ("fit", "reason"),
    [
        (lambda: fitted("bernoulli"), "fitted to"),
        (lambda: fitted("slopes"), "never zero"),
        (lambda: fitted("gamma"), "never zero"),
        (durations, "observed in full"),
    ],
)
def test_no_zeros_to_test(fit, reason):
    with pytest.raises(NotAvailableError, match=reason):
        fit().test_zeros(10)
