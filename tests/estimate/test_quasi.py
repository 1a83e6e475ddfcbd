"""Quasi-likelihood against dense matrices, its own limits, and hard data."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import special
from tests.estimate import dense_quasi as dense
from tests.estimate.fixed_point import PENALIZED, SECOND, assert_fixed_point, problem
from tests.estimate.made import CENTRES, ROWS, STRUCTURES, random_problem
from tests.estimate.simulated import binary, counts, design_of, grouped

from mixeff.errors import ArgumentError, NotAvailableError
from mixeff.estimate import estimate, loglik
from mixeff.model.design import Design

FIRST = [method for method in PENALIZED if method not in SECOND]
FREE = [row for row in ROWS if row not in CENTRES]


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("method", FIRST)
@pytest.mark.parametrize("working", ["ml", "reml"])
def test_the_estimates_are_a_fixed_point_in_every_structure(structure, method, working):
    design = problem("binomial", "logit", structure)
    done = estimate(design, method=method, control={"working": working})
    assert done.converged, done.reason
    assert done.record.path["gradient_norm"][-1] < 1e-8
    assert_fixed_point(design, done, working == "reml")


@pytest.mark.parametrize(("family", "link"), FREE)
@pytest.mark.parametrize("method", FIRST)
@pytest.mark.parametrize("overdispersed", [False, True])
def test_the_estimates_are_a_fixed_point_in_every_family(family, link, method, overdispersed):
    design = problem(family, link, "nested")
    if len(design.fixed) == 1:
        design = replace(design, overdispersed=overdispersed)
    done = estimate(design, method=method)
    assert done.converged, done.reason
    assert_fixed_point(design, done, reml=False)


def simulated(seed: int = 3) -> Design:
    made = binary(grouped(seed, levels=30, size=8))
    return design_of("y ~ x + (1 | g)", made, "bernoulli")


@pytest.mark.parametrize("method", PENALIZED)
@pytest.mark.parametrize("working", ["ml", "reml"])
@pytest.mark.parametrize("overdispersed", [False, True])
def test_a_plain_alternation_ends_at_the_same_point(method, working, overdispersed):
    design = replace(simulated(), overdispersed=overdispersed)
    beta, theta, phi = dense.alternate(
        design,
        np.ones(1),
        penalized=PENALIZED[method],
        second=method in SECOND,
        reml=working == "reml",
        estimate_phi=overdispersed,
    )
    done = estimate(design, method=method, control={"working": working})
    np.testing.assert_allclose(done.beta, beta, atol=2e-5)
    np.testing.assert_allclose(done.theta, theta, atol=5e-5)
    assert done.scale == pytest.approx(phi, abs=5e-5)


@pytest.mark.parametrize("method", PENALIZED)
def test_a_gaussian_model_is_its_own_working_model(method):
    made = grouped(1, levels=20, size=6)
    data = pd.DataFrame(
        {"y": made["eta"] + made["rng"].normal(size=120), "x": made["x"], "g": made["g"]}
    )
    design = design_of("y ~ x + (1 + x | g)", data)
    for working in ("ml", "reml"):
        done = estimate(design, method=method, control={"working": working})
        linear = estimate(design, method=working)
        np.testing.assert_allclose(done.beta, linear.beta, atol=1e-6)
        np.testing.assert_allclose(done.theta, linear.theta, atol=1e-6)


@pytest.mark.parametrize("method", PENALIZED)
def test_without_random_effects_it_is_iteratively_reweighted_least_squares(method):
    design = design_of("y ~ x", counts(grouped(2, levels=20, size=6)), "poisson")
    done = estimate(design, method=method)
    likely = estimate(design, method="laplace")
    np.testing.assert_allclose(done.beta, likely.beta, atol=1e-6)
    np.testing.assert_allclose(done.cov, likely.cov, rtol=1e-5)


def test_phi_without_random_effects_is_pearson_over_its_degrees_of_freedom():
    design = design_of(
        "y ~ x", counts(grouped(2, levels=20, size=6)), "poisson", dispersion="estimate"
    )
    done = estimate(design, method="pql1", control={"working": "reml"})
    assert done.scale is not None
    mu = np.exp(design.X @ done.beta)
    assert done.scale == pytest.approx(np.sum((design.y - mu) ** 2 / mu) / (design.n - 2), rel=1e-6)
    assert done.scale_se == pytest.approx(done.scale * np.sqrt(2 / (design.n - 2)), rel=1e-6)
    plain = estimate(replace(design, overdispersed=False), method="pql1")
    np.testing.assert_allclose(done.cov, done.scale * plain.cov, rtol=1e-6)


@pytest.mark.parametrize("method", PENALIZED)
def test_trials_are_rows_and_weights_are_rows(method):
    rng = np.random.default_rng(8)
    g, trials = np.repeat(np.arange(25), 4), rng.integers(1, 6, 100)
    x = rng.normal(size=100)
    y = rng.binomial(trials, special.expit(0.3 + x + rng.normal(size=25)[g]))
    data = pd.DataFrame({"y": y, "n": trials, "x": x, "g": g, "p": y / trials})
    long = data.loc[np.repeat(data.index, data["n"])].copy()
    order = long.groupby(level=0).cumcount()
    long["one"] = (order < long["y"]).astype(int)
    binomial = design_of("trials(y, n) ~ x + (1 | g)", data, "binomial")
    proportion = design_of("p ~ x + (1 | g)", data, "binomial", weights="n")
    single = design_of("one ~ x + (1 | g)", long, "bernoulli")
    first = estimate(binomial, method=method)
    for design in (proportion, single):
        again = estimate(design, method=method)
        np.testing.assert_allclose(again.beta, first.beta, atol=1e-7)
        np.testing.assert_allclose(again.theta, first.theta, atol=1e-7)


@pytest.mark.parametrize("method", PENALIZED)
def test_where_it_starts_does_not_matter(method):
    design = simulated(4)
    first = estimate(design, method=method)
    again = estimate(design, method=method, start=(np.array([0.5, 0.0]), np.array([2.0])))
    np.testing.assert_allclose(again.beta, first.beta, atol=1e-7)
    np.testing.assert_allclose(again.theta, first.theta, atol=1e-7)


@pytest.mark.parametrize("method", PENALIZED)
def test_a_variance_of_zero_is_an_ordinary_point(method):
    rng = np.random.default_rng(1)
    data = {"y": np.tile([0, 1], 60), "x": rng.normal(size=120), "g": np.repeat(np.arange(20), 6)}
    done = estimate(design_of("y ~ x + (1 | g)", data, "bernoulli"), method=method)
    assert done.converged, done.reason
    assert done.singular
    assert done.theta[0] == 0


@pytest.mark.parametrize("method", PENALIZED)
@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_clusters_of_nothing_but_zeros_or_ones(method, link):
    rng = np.random.default_rng(3)
    g = np.repeat(np.arange(60), 6)
    y = np.select([g < 20, g < 40], [0, 1], rng.integers(0, 2, len(g)))
    data = {"y": y, "x": rng.normal(size=len(g)), "g": g}
    done = estimate(design_of("y ~ x + (1 | g)", data, "bernoulli", link=link), method=method)
    assert done.converged, done.reason
    mode = done.random[0].mode[:, 0]
    assert mode[:20].max() < mode[40:].mean() < mode[20:40].min()


@pytest.mark.parametrize("method", PENALIZED)
def test_separation_is_named(method):
    rng = np.random.default_rng(3)
    x = rng.normal(size=200)
    data = {"y": (x > 0).astype(int), "x": x, "g": np.repeat(np.arange(20), 10)}
    done = estimate(design_of("y ~ x + (1 | g)", data, "bernoulli"), method=method)
    assert not done.converged
    assert "separat" in done.reason


@pytest.mark.parametrize("method", PENALIZED)
def test_a_bounded_domain_ends_with_what_it_has(method):
    for family, link in CENTRES:
        done = estimate(problem(family, link, "intercept"), method=method)
        assert np.isfinite(done.beta).all()
        assert done.reason.startswith("converged") == done.converged


def test_quasi_likelihood_has_no_likelihood():
    design = simulated()
    done = estimate(design, method="pql1")
    assert np.isnan(done.llf)
    assert any("no log-likelihood" in note for note in done.notes)
    with pytest.raises(NotAvailableError, match="laplace"):
        loglik(design, done.beta, done.theta, method="pql1")


def test_few_rounds_are_said():
    done = estimate(simulated(), method="pql1", control={"max_evaluations": 5})
    assert not done.converged
    assert "rounds" in done.reason


def test_what_it_does_not_take():
    design = random_problem("gamma", "log", "intercept").design
    with pytest.raises(NotAvailableError, match="one dispersion for all rows"):
        estimate(design, method="pql1")
    over = replace(simulated(), overdispersed=True)
    for method in ("laplace", "agq", "auto"):
        with pytest.raises(ArgumentError, match="pql1, pql2, mql1, mql2"):
            estimate(over, method=method)
    with pytest.raises(ArgumentError, match="penalty"):
        estimate(simulated(), method="pql1", control={"penalty": 2.5})
    with pytest.raises(ArgumentError, match="working"):
        estimate(simulated(), method="pql1", control={"working": "igls"})
    data = {"y": [1.0, 2.0, 3.0, 2.0], "g": list("aabb")}
    with pytest.raises(ArgumentError, match="dispersion of its own"):
        design_of("y ~ 1 + (1 | g)", data, "gamma", dispersion="estimate")
