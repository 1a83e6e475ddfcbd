"""Quadrature over nested levels on data: published models, hard data, posterior moments, cost."""

from itertools import pairwise
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import special
from tests.estimate.made import NESTED, Problem, random_problem
from tests.estimate.simulated import design_of, is_whole, shifts
from validation.compare import beside, fit, numbers, sources

from mixeff.estimate import estimate, gradient, loglik

SCHOOLS = "y ~ x + (1 | school / klass)"


def schools(
    seed: int, n: int = 30, classes: int = 5, size: int = 4, sd: tuple[float, float] = (1.5, 2.0)
) -> pd.DataFrame:
    """Binary outcomes of pupils in classes in schools."""
    rng = np.random.default_rng(seed)
    klass = np.repeat(np.arange(n * classes), size)
    school = klass // classes
    x = rng.normal(size=len(klass))
    eta = 0.2 + x + sd[0] * rng.normal(size=n)[school] + sd[1] * rng.normal(size=n * classes)[klass]
    y = rng.binomial(1, special.expit(eta))
    return pd.DataFrame({"y": y, "x": x, "school": school, "klass": klass})


def at(done: Any) -> tuple[np.ndarray, np.ndarray]:
    return done.beta, done.theta


# The Guatemalan immunization data ------------------------------------------------------------


def gold_of(model: str) -> Any:
    return beside(next(s for s in sources() if s.model == model and s.program == "gold"))


@pytest.mark.reference
@pytest.mark.parametrize(("nodes", "off"), [(12, 0.006), (15, 0.0015), (30, 1e-5)])
def test_so_far_off_is_the_log_likelihood_of_guimmun(nodes, off):
    exact = fit("guimmun", "agq", 61)
    design, estimates = exact.design, exact.estimate
    value = loglik(design, *at(estimates), method="agq", nodes=nodes)
    assert abs(value - gold_of("guimmun").loc["logLik", "estimate"]) < off


@pytest.mark.reference
def test_auto_reaches_gold_on_guimmun_where_laplace_is_far_off():
    gold, auto = gold_of("guimmun"), fit("guimmun", "auto", 1)
    by_laplace = numbers(fit("guimmun", "laplace", 1)).reindex(gold.index)
    by_auto = numbers(auto).reindex(gold.index)
    assert isinstance(auto.nodes, dict)
    assert auto.nodes["mom"] >= auto.nodes["cluster"] >= 5
    assert auto.estimate.integration_error <= 0.01
    shift = ((by_auto["ours"] - gold["estimate"]) / gold["se"]).drop("logLik").abs()
    assert shift.max() <= 0.01
    assert by_auto.loc["logLik", "ours"] == pytest.approx(gold.loc["logLik", "estimate"], abs=0.01)
    far = ((by_laplace["ours"] - gold["estimate"]) / gold["se"]).drop("logLik").abs()
    assert far.max() > 3


@pytest.mark.reference
def test_published_estimates_of_guimmun():
    """Rodriguez and Goldman (2001), maximum likelihood with 12 points: within 1 % of an error."""
    done = fit("guimmun", "agq", 12)
    published = {"Intercept": -1.2334, "kid2p": 1.7167, "rural": -0.8883, "pcInd81": -1.1498}
    for name, value in published.items():
        assert done.params[name] == pytest.approx(value, abs=0.01 * done.bse[name])
    log_sd = np.log(done.standard_deviations()["estimate"].to_numpy())
    assert sorted(log_sd) == pytest.approx([0.0243, 0.8398], abs=1e-3)
    assert done.llf == pytest.approx(-1323.962, abs=0.006)


# Hard data -----------------------------------------------------------------------------------


def test_auto_sees_that_laplace_and_few_nodes_are_wrong_with_a_variance_of_sixteen():
    """As in the toenail data: seven binary visits a patient, a standard deviation of four."""
    rng = np.random.default_rng(4)
    g, month = np.repeat(np.arange(294), 7), np.tile(np.arange(7.0), 294)
    arm = np.repeat(rng.integers(0, 2, 294), 7)
    eta = -1.6 - 0.4 * month - 0.14 * arm * month + 4 * rng.normal(size=294)[g]
    data = {"y": rng.binomial(1, special.expit(eta)), "month": month, "arm": arm, "g": g}
    design = design_of("y ~ arm * month + (1 | g)", pd.DataFrame(data), "bernoulli")
    auto, exact = estimate(design), estimate(design, method="agq", nodes=101)
    assert auto.nodes is not None
    assert np.max(auto.nodes) >= 15
    assert shifts(auto, exact).max() < 0.02
    assert abs(auto.llf - exact.llf) < 0.02
    for rough in (estimate(design, method="laplace"), estimate(design, method="agq", nodes=5)):
        assert shifts(rough, exact).max() > 0.1


def test_levels_of_one_row_and_levels_without_variation():
    data = schools(3, n=40, classes=4, size=3)
    data = data.groupby("klass").head(1)
    more = schools(5, n=40)
    more["school"] += 1000
    more["klass"] += 10_000
    more.loc[more["school"] % 4 == 0, "y"] = 1
    more.loc[more["school"] % 4 == 1, "y"] = 0
    design = design_of(SCHOOLS, pd.concat([data, more], ignore_index=True), "bernoulli")
    done = estimate(design)
    assert is_whole(done), done.reason
    assert done.integration_error is not None
    assert done.integration_error <= 0.01


@pytest.mark.parametrize(("zero", "left"), [(0, "klass"), (1, "school")])
def test_without_variance_a_level_is_not_there(zero, left):
    data = schools(7)
    both = design_of("y ~ x + (1 | school) + (1 | klass)", data, "bernoulli")
    one = design_of(f"y ~ x + (1 | {left})", data, "bernoulli")
    beta, theta = np.array([0.1, 0.8]), np.array([1.3, 1.3])
    theta[zero] = 0.0
    for method in ("agq", "ghq"):
        options: dict[str, Any] = {"method": method, "nodes": 9}
        value = loglik(both, beta, theta, **options)
        assert value == pytest.approx(loglik(one, beta, theta[theta != 0], **options), abs=1e-10)
        slope = gradient(both, beta, theta, **options)
        assert abs(slope[2 + zero]) < 1e-9
        assert np.delete(slope, 2 + zero) == pytest.approx(
            gradient(one, beta, theta[theta != 0], **options), abs=1e-9
        )


def test_a_level_without_variance_makes_a_singular_fit():
    done = estimate(design_of(SCHOOLS, schools(2, sd=(1.5, 0.0)), "bernoulli"), nodes=7)
    assert is_whole(done), done.reason
    assert done.singular
    assert done.theta[1] == 0.0


def test_a_density_smaller_than_any_number_is_no_hindrance():
    rng = np.random.default_rng(6)
    g = np.repeat([0, 1, 2], 40_000)
    y = rng.binomial(1, special.expit(0.5 * rng.normal(size=3)[g]))
    design = design_of("y ~ 1 + (1 | g)", {"y": y, "g": g}, "bernoulli")
    beta, theta = np.array([0.0]), np.array([0.5])
    assert np.isfinite(loglik(design, beta, theta, method="ghq", nodes=5))
    assert loglik(design, beta, theta, method="agq", nodes=5) == pytest.approx(
        loglik(design, beta, theta, method="agq", nodes=25), abs=1e-8
    )


# Posterior moments ---------------------------------------------------------------------------


def test_of_a_normal_response_the_means_are_the_modes():
    data = schools(8)
    data["y"] = data["x"] + np.sin(data["klass"]) + np.cos(3.0 * data["school"]) + data["y"]
    done = estimate(design_of(SCHOOLS, data, "gaussian"), method="agq", nodes=(3, 4))
    for effects in done.random:
        np.testing.assert_allclose(effects.mean, effects.mode, atol=1e-9)
        np.testing.assert_allclose(effects.mean_cov, effects.mode_cov, atol=1e-9)


def test_the_moments_of_every_level_do_not_depend_on_where_the_nodes_lie():
    design = design_of(SCHOOLS, schools(9, n=12), "bernoulli")
    about_mode = estimate(design, method="agq", nodes=31)
    about_zero = estimate(design, method="ghq", nodes=121)
    assert shifts(about_mode, about_zero).max() < 1e-3
    for a, b in zip(about_mode.random, about_zero.random, strict=True):
        assert np.abs(a.mean - b.mean).max() < 1e-3
        assert np.abs(a.mean_cov - b.mean_cov).max() < 2e-3
        assert np.abs(a.mean - a.mode).max() > 0.05


# Fits, cost ----------------------------------------------------------------------------------


@pytest.mark.parametrize("structure", NESTED)
@pytest.mark.parametrize("method", ["agq", "ghq"])
def test_a_fit_is_a_maximum(structure, method):
    made: Problem = random_problem("poisson", "log", structure, seed=2, n=120)
    done = estimate(made.design, method=method, nodes=3)
    options: dict[str, Any] = {"method": method, "nodes": 3}
    assert loglik(made.design, *at(done), **options) == pytest.approx(done.llf, abs=1e-9)
    slope, free = gradient(made.design, *at(done), **options), np.isfinite(np.diag(done.cov))
    assert np.sqrt(slope[free] @ done.cov[np.ix_(free, free)] @ slope[free]) < 1e-3
    assert (done.method, done.nodes) == (method, 3)


def test_time_grows_no_faster_than_the_clusters():
    def seconds(n: int) -> float:
        design = design_of(SCHOOLS, schools(1, n=n), "bernoulli")
        beta, theta = np.array([0.0, 1.0]), np.array([1.0, 1.0])
        times = []
        for _ in range(7):
            begin = perf_counter()
            loglik(design, beta, theta, method="agq", nodes=15)
            times.append(perf_counter() - begin)
        return min(times)

    small, large = (seconds(n) for n in (150, 1200))
    assert large < 16 * small


def test_more_nodes_at_each_level_come_nearer():
    design = design_of(SCHOOLS, schools(10), "bernoulli")
    done = estimate(design, method="agq", nodes=31)
    errors = [
        abs(loglik(design, *at(done), method="agq", nodes=k) - done.llf) for k in (1, 5, 9, 15)
    ]
    assert all(finer < 0.5 * coarser for coarser, finer in pairwise(errors)), errors
