"""Ranks of levels, their differences, and intervals that may overlap."""

import math
from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm, studentized_range
from tests.predict.made import Dense, parameters_of
from tests.results.made import cbpp, fitted, pupils

import mixeff as me
from mixeff.errors import ArgumentError, NotAvailableError
from mixeff.results.joint import MOST, Posterior, posterior
from mixeff.results.league import overlap_intervals


@cache
def crossed():
    rng = np.random.default_rng(4)
    a, b = np.repeat(np.arange(12), 30), rng.integers(0, 9, 360)
    x = rng.normal(size=360)
    eta = (
        0.4
        + (0.3 + rng.normal(0, 0.4, 12)[a]) * x
        + rng.normal(0, 0.6, 12)[a]
        + rng.normal(0, 0.5, 9)[b]
    )
    data = {"y": rng.poisson(np.exp(eta)), "x": x, "a": a, "b": b}
    return me.fit("y ~ x + (1 + x | a) + (1 | b)", data, family="poisson", method="laplace")


def given(mean, covariance):
    levels = np.arange(len(mean))
    return Posterior("g", "Intercept", levels, np.array(mean), np.array(covariance), 1.0)


def made(monkeypatch, effects):
    """A fit whose effects have a posterior chosen by hand."""
    monkeypatch.setattr("mixeff.results.joint.posterior", lambda *_: effects)
    return cbpp()


# The joint posterior --------------------------------------------------------------------------


@pytest.mark.parametrize(("group", "name"), [("a", "Intercept"), ("a", "x"), ("b", "Intercept")])
def test_covariances_between_levels_against_a_dense_inverse(group, name):
    fit = crossed()
    z = fit.design.Z.toarray()
    intercept, mixed, slope, other = fit.estimate.theta
    one = np.array([[intercept, 0.0], [mixed, slope]])
    factor = np.zeros((33, 33))
    factor[:24, :24], factor[24:, 24:] = np.kron(np.eye(12), one), other * np.eye(9)
    weight = fit.fittedvalues  # the observed information of a Poisson count under the log link
    curvature = np.eye(33) + factor.T @ z.T @ (weight[:, None] * z) @ factor
    full = factor @ np.linalg.inv(curvature) @ factor.T
    own = {("a", "Intercept"): slice(0, 24, 2), ("a", "x"): slice(1, 24, 2)}.get(
        (group, name), slice(24, 33)
    )
    found = posterior(fit.design, fit.estimate, group, name)
    np.testing.assert_allclose(found.covariance, full[own, own], atol=1e-9)
    table = fit.random_effects(kind="mode")
    own_rows = (table["group"] == group) & (table["name"] == name)
    np.testing.assert_allclose(found.se, table.loc[own_rows, "se"], rtol=1e-6)
    first, second = np.triu_indices(len(found.mean), 1)
    cut = full[own, own]
    expected = np.sqrt(cut[first, first] + cut[second, second] - 2 * cut[first, second])
    np.testing.assert_allclose(found.difference_se(first, second), expected)


def test_draws_have_the_mean_and_the_covariance():
    fit = crossed()
    found = posterior(fit.design, fit.estimate, "b", None)
    drawn = found.draws(40_000, 1)
    np.testing.assert_allclose(drawn.mean(axis=0), found.mean, atol=0.01)
    np.testing.assert_allclose(np.cov(drawn.T), found.covariance, atol=0.002)


def test_levels_of_one_factor_are_independent():
    table = cbpp().compare_levels(levels=[1, 4], adjust="none")
    effects = cbpp().random_effects()
    se = effects.loc[effects["level"].isin([1, 4]), "se"]
    assert table["se"][0] == pytest.approx(math.hypot(*se))


def test_a_bayesian_fit_speaks_by_its_draws():
    data = pupils()
    fit = me.fit(
        "binary ~ x + (1 | klass)", data, family="bernoulli", method="mcmc", seed=1,
        control={"draws": 400, "warmup": 400, "chains": 2},
    )  # fmt: skip
    b = fit.draws["1 | klass"][..., 0].reshape(-1, 24)
    table = fit.ranks()
    expected = (b[:, :, None] <= b[:, None, :]).sum(axis=2).mean(axis=0)
    np.testing.assert_allclose(table["expected_rank"], expected)
    np.testing.assert_allclose(table["se"], b.std(axis=0, ddof=1))


def test_too_many_levels_among_several_factors(monkeypatch):
    monkeypatch.setattr("mixeff.results.joint.MOST", 10)
    with pytest.raises(NotAvailableError, match="'a' has 12 levels"):
        crossed().ranks("a")
    assert MOST > 1000


# Ranks ----------------------------------------------------------------------------------------


def test_expected_ranks_have_a_closed_form():
    effects, table = cbpp().random_effects(), cbpp().ranks(seed=1, n=20_000)
    mean, se = effects["estimate"].to_numpy(), effects["se"].to_numpy()
    above = norm.cdf((mean[None] - mean[:, None]) / np.hypot(se[None], se[:, None]))
    np.fill_diagonal(above, 0)
    np.testing.assert_allclose(table["expected_rank"], 1 + above.sum(axis=1), atol=0.1)
    assert table["rank"].tolist() == np.argsort(np.argsort(-mean)).__add__(1).tolist()
    assert table["p_top"].sum() == pytest.approx(1)


def described():
    """Clusters with a covariate of their own, whose coefficient their effects lean on."""
    rng, g = np.random.default_rng(2), np.repeat(np.arange(12), 6)
    w = rng.normal(size=12)[g]
    y = rng.poisson(np.exp(0.3 + 0.6 * w + rng.normal(0, 0.7, 12)[g]))
    return me.fit("y ~ w + (1 | g)", {"y": y, "w": w, "g": g}, "poisson", method="laplace")


def ranks_with_parameters_drawn(fit, own, draws):
    """Ranks of effects at parameters drawn anew, the modes and their curvature found each time."""
    rng, dense, p = np.random.default_rng(6), Dense(fit), len(fit.estimate.beta)
    every = rng.multivariate_normal(parameters_of(fit), fit.estimate.cov, draws)
    effects = []
    for at in every:
        mode, _, hessian = dense.solve(at)
        root = dense.factor(at[p:]) @ np.linalg.inv(np.linalg.cholesky(hessian)).T
        effects.append((mode + root @ rng.standard_normal(len(mode)))[own])
    drawn = np.array(effects)
    return (drawn[:, None, :] >= drawn[:, :, None]).sum(axis=2)


@pytest.mark.parametrize(
    ("make", "name", "own"),
    [(described, "Intercept", slice(0, 12)), (crossed, "x", slice(1, 24, 2))],
)
def test_ranks_are_those_at_parameters_drawn_anew(make, name, own):
    fit = make()
    table = fit.ranks(name=name, n=20_000, seed=1, top=3)
    found = ranks_with_parameters_drawn(fit, own, 1500)
    np.testing.assert_allclose(table["expected_rank"], found.mean(axis=0), atol=0.35)
    np.testing.assert_allclose(table["p_top"], (found <= 3).mean(axis=0), atol=0.05)


def test_uncertain_parameters_make_ranks_less_certain():
    fit = described()
    known = replace(fit, estimate=replace(fit.estimate, cov=np.zeros((3, 3))))
    uncertain, certain = fit.ranks(n=20_000, seed=1), known.ranks(n=20_000, seed=1)
    assert uncertain["expected_rank"].std() < 0.97 * certain["expected_rank"].std()
    np.testing.assert_array_equal(uncertain["rank"], certain["rank"])
    np.testing.assert_array_equal(uncertain["se"], certain["se"])


def test_the_parameters_of_one_of_several_responses_are_taken_as_known():
    rng, g = np.random.default_rng(8), np.arange(120) % 15
    b = rng.normal(size=15)[g]
    data = {"y": rng.poisson(np.exp(b)), "z": b + rng.normal(size=120), "g": g}
    formulas = ["y ~ 1 + (1 | i | g)", "z ~ 1 + (1 | i | g)"]
    fit = me.fit(formulas, data, family=["poisson", "gaussian"], method="laplace")
    own, whole = (f.ranks(name="z:Intercept", seed=1) for f in (fit.responses["z"], fit))
    assert own["rank"].tolist() == whole["rank"].tolist()
    np.testing.assert_allclose(own["expected_rank"], whole["expected_rank"], atol=0.7)


def test_ranks_can_begin_with_the_smallest():
    down, up = cbpp().ranks(seed=1), cbpp().ranks(seed=1, first="smallest")
    assert (down["rank"] + up["rank"] == 16).all()
    np.testing.assert_allclose(down["expected_rank"] + up["expected_rank"], 16)
    np.testing.assert_array_equal(down["lower"] + up["upper"], 16)


def test_levels_far_apart_have_certain_ranks(monkeypatch):
    fit = made(monkeypatch, given([0.0, 50.0, 20.0], [1.0, 1.0, 1.0]))
    table = fit.ranks(top=2)
    assert table["rank"].tolist() == [3, 1, 2]
    for column in ("expected_rank", "lower", "upper"):
        assert table[column].tolist() == [3, 1, 2]
    assert table["p_top"].tolist() == [0, 1, 1]


def test_two_equal_levels_are_a_coin_and_correlation_does_not_matter(monkeypatch):
    fit = made(monkeypatch, given([0.3, 0.3], [[1.0, 0.9], [0.9, 1.0]]))
    assert fit.ranks(seed=2)["p_top"].tolist() == pytest.approx([0.5, 0.5], abs=0.03)
    assert fit.compare_levels(adjust="none")["se"][0] == pytest.approx(math.sqrt(0.2))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"first": "best"}, "'largest', 'smallest'"),
        ({"top": 16}, "from 1 to 15"),
        ({"group": "school"}, "'Intercept' of 'herd'"),
        ({"name": "x"}, "name='x'; there are"),
        ({"level": 95}, "level=95"),
        ({"n": 0}, "at least one"),
    ],
)
def test_requests_for_ranks_are_checked(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        cbpp().ranks(**arguments)


def test_a_model_without_random_effects_has_no_ranks():
    fit = me.fit("score ~ x", pupils())
    with pytest.raises(ArgumentError, match="no random effects"):
        fit.ranks()


# Differences ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("adjust", "critical"),
    [
        ("none", norm.ppf(0.975)),
        ("bonferroni", norm.ppf(1 - 0.025 / 6)),
        ("sidak", norm.ppf(1 - (1 - 0.95 ** (1 / 6)) / 2)),
        ("simultaneous", studentized_range.ppf(0.95, 4, np.inf) / math.sqrt(2)),
    ],
)
def test_intervals_of_differences_allow_for_their_number(monkeypatch, adjust, critical):
    fit = made(monkeypatch, given([0.0, 1.0, 3.0, 9.0], [0.5] * 4))
    table = fit.compare_levels(adjust=adjust, n=40_000, seed=1)
    assert table["difference"].tolist() == [-1, -3, -9, -2, -8, -6]
    half = (table["upper"] - table["lower"]) / 2
    np.testing.assert_allclose(half, critical, rtol=0.01)
    significant = np.abs(table["z"]) > critical
    np.testing.assert_array_equal(table["p_value"] < 0.05, significant)


def test_simultaneous_p_values_are_those_of_the_range(monkeypatch):
    fit = made(monkeypatch, given([0.0, 1.0, 2.2], [0.5] * 3))
    table = fit.compare_levels(n=40_000, seed=1)
    expected = studentized_range.sf(np.abs(table["z"]) * math.sqrt(2), 3, np.inf)
    np.testing.assert_allclose(table["p_value"], expected, atol=0.008)


def test_levels_to_compare_are_checked():
    with pytest.raises(ArgumentError, match="99 is no level of 'herd'"):
        cbpp().compare_levels(levels=[1, 99])
    with pytest.raises(ArgumentError, match="two different"):
        cbpp().compare_levels(levels=[1, 1])
    with pytest.raises(ArgumentError, match="give a list"):
        cbpp().compare_levels(levels="15")
    with pytest.raises(ArgumentError, match="'bonferroni'"):
        cbpp().compare_levels(adjust="tukey")


def test_many_levels_are_to_be_named(monkeypatch):
    fit = made(monkeypatch, given(np.zeros(201), np.ones(201)))
    with pytest.raises(ArgumentError, match="201 levels, too many"):
        fit.compare_levels()
    assert len(fit.compare_levels(levels=[0, 5, 200])) == 3


def test_tables_come_back_in_the_library_of_the_data():
    data = pl.DataFrame({k: v for k, v in pupils().items() if k in ("score", "klass", "x")})
    fit = me.fit("score ~ x + (1 + x | klass)", data)
    assert isinstance(fit.ranks("klass", "x"), pl.DataFrame)
    assert isinstance(fit.shrinkage(), pl.DataFrame)
    assert fit.compare_levels(levels=[2, 3])["level_2"].to_list() == [3]


# Overlap --------------------------------------------------------------------------------------


def test_equal_errors_overlap_at_1_39(monkeypatch):
    fit = made(monkeypatch, given([0.0, 1.0, 2.0], [4.0] * 3))
    table = fit.overlap_intervals()
    np.testing.assert_allclose(table["factor"], 1.959964 / math.sqrt(2), rtol=1e-6)
    np.testing.assert_allclose(table["upper"] - table["lower"], 4 * table["factor"])


def test_unequal_errors_miss_one_another_as_often_as_is_said():
    rng, effects = np.random.default_rng(3), fitted("crossed").random_effects()
    effects = effects[effects["group"] == "klass"]
    se = effects["se"].to_numpy() * np.linspace(0.3, 3, len(effects))
    factor = overlap_intervals(given(np.zeros(len(se)), se**2), 0.9)["factor"][0]
    error = se * rng.standard_normal((4000, len(se)))
    i, j = np.triu_indices(len(se), 1)
    missed = np.abs(error[:, i] - error[:, j]) > factor * (se[i] + se[j])
    assert missed.mean() == pytest.approx(0.1, abs=0.005)
