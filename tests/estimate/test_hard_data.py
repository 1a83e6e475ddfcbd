"""Data that break lesser programs: every fit ends, and says what it is."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from mixeff.estimate import estimate, loglik
from mixeff.estimate.covariance import covariance_matrices
from mixeff.estimate.values import Estimate
from mixeff.model import build
from mixeff.model.design import Design


def design_of(formula: str, data: Any, family: str = "gaussian", **options: Any) -> Design:
    return build(formula, data, family, **options)[1]


def grouped(seed: int, levels: int, size: int, sd: float = 1.0) -> dict[str, Any]:
    """Levels of equal size with a covariate and the sum of a fixed and a random part."""
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(levels), size)
    x = rng.normal(size=len(g))
    return {"g": g, "x": x, "eta": 0.3 + 0.5 * x + sd * rng.normal(size=levels)[g], "rng": rng}


def binary(made: dict[str, Any]) -> pd.DataFrame:
    y = made["rng"].binomial(1, special.expit(made["eta"]))
    return pd.DataFrame({"y": y, "x": made["x"], "g": made["g"]})


def counts(made: dict[str, Any]) -> pd.DataFrame:
    y = made["rng"].poisson(np.exp(made["eta"]))
    return pd.DataFrame({"y": y, "x": made["x"], "g": made["g"]})


def numbers(made: dict[str, Any], sd: float = 0.7) -> pd.DataFrame:
    y = made["eta"] + sd * made["rng"].normal(size=len(made["g"]))
    return pd.DataFrame({"y": y, "x": made["x"], "g": made["g"]})


def is_whole(done: Estimate) -> bool:
    """Converged, every number there, but for the errors of parameters on the boundary."""
    free = np.ones(len(done.cov), dtype=bool)
    free[len(done.beta) :] = done.theta != 0 if done.singular else True
    finite = all(np.isfinite(v).all() for v in (done.beta, done.theta, done.llf))
    known = np.isfinite(np.diag(done.cov)[free]).all()
    effects = all(np.isfinite(r.mode).all() and np.isfinite(r.mean_cov).all() for r in done.random)
    return bool(done.converged and finite and known and effects)


def standard_errors(done: Estimate) -> np.ndarray:
    return np.sqrt(np.diag(done.cov))


def shifts(a: Estimate, b: Estimate) -> np.ndarray:
    """Differences of all estimates in standard errors."""
    moved = np.concatenate([a.beta - b.beta, a.theta - b.theta])
    return np.abs(moved / standard_errors(b))


# Clusters ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["laplace", "auto"])
def test_clusters_of_one_row(method):
    rng = np.random.default_rng(1)
    g = np.concatenate([np.arange(100), 100 + np.repeat(np.arange(40), 5)])
    x = rng.normal(size=len(g))
    eta = 0.3 + 0.5 * x + rng.normal(size=140)[g]
    y = rng.binomial(1, special.expit(eta))
    done = estimate(
        design_of("y ~ x + (1 | g)", {"y": y, "x": x, "g": g}, "bernoulli"), method=method
    )
    assert is_whole(done)
    assert 0 < done.theta[0] < 3


@pytest.mark.parametrize("family", ["poisson", "gamma"])
def test_one_level_per_row(family):
    rng = np.random.default_rng(2)
    n = 400
    x = rng.normal(size=n)
    eta = 1 + 0.5 * x + 0.6 * rng.normal(size=n)
    y = rng.poisson(np.exp(eta)) if family == "poisson" else rng.gamma(20.0, np.exp(eta) / 20.0)
    data = {"y": y, "x": x, "row": np.arange(n)}
    done = estimate(design_of("y ~ x + (1 | row)", data, family))
    assert np.isfinite(done.llf)
    if family == "poisson":
        assert is_whole(done)
        np.testing.assert_allclose(done.beta, [1, 0.5], atol=0.15)
        assert done.theta[0] == pytest.approx(0.6, abs=0.1)
    else:  # the row's effect and the family's own spread are hard to tell apart
        assert done.converged or done.reason.startswith("not converged")


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog", "loglog", "cauchit"])
def test_clusters_of_nothing_but_zeros_or_ones(link):
    rng = np.random.default_rng(3)
    g = np.repeat(np.arange(60), 6)
    y = np.select([g < 20, g < 40], [0, 1], rng.integers(0, 2, len(g)))
    data = {"y": y, "x": rng.normal(size=len(g)), "g": g}
    design = design_of("y ~ x + (1 | g)", data, "bernoulli", link=link)
    done = estimate(design)
    assert is_whole(done), done.reason
    mode = done.random[0].mode[:, 0]
    assert mode[:20].max() < mode[40:].mean() < mode[20:40].min()


def test_nothing_but_zeros_and_ones():
    """Every cluster is of one kind: the variance has no finite estimate, and the fit ends."""
    g = np.repeat(np.arange(40), 5)
    y = (g < 20).astype(float)
    done = estimate(design_of("y ~ 1 + (1 | g)", {"y": y, "g": g}, "bernoulli"))
    assert np.isfinite(done.llf)
    assert done.theta[0] > 5
    assert done.reason


def test_a_true_variance_of_zero():
    g, y = np.repeat(np.arange(30), 8), np.tile([0, 1], 120)
    for family, values in [("bernoulli", y), ("poisson", y + 1), ("gamma", y + 1.0)]:
        design = design_of("y ~ 1 + (1 | g)", {"y": values, "g": g}, family)
        for method in ("auto", "laplace", "agq"):
            done = estimate(design, method=method)
            assert is_whole(done), (family, method, done.reason)
            assert done.singular
            assert done.theta[0] == 0
            assert np.isnan(done.cov[-1]).all()
            alone = estimate(replace(design, factors=(), terms=()))
            np.testing.assert_allclose(done.beta, alone.beta, atol=1e-6)
            assert done.llf == pytest.approx(alone.llf, abs=1e-8)


@pytest.mark.parametrize("method", ["reml", "ml", "laplace"])
def test_a_true_variance_of_zero_in_a_linear_model(method):
    data = {"g": np.repeat(np.arange(30), 8), "y": np.tile([-1.0, 1.0], 120)}
    done = estimate(design_of("y ~ 1 + (1 | g)", data), method=method)
    assert is_whole(done), done.reason
    assert done.singular
    assert done.theta[0] == 0
    variance = 240 / (239 if method == "reml" else 240)
    np.testing.assert_allclose(np.exp(2 * done.beta[-1]), variance, rtol=1e-8)
    assert done.beta[0] == pytest.approx(0.0, abs=1e-10)


def test_one_variance_of_two_is_zero():
    data = counts(grouped(4, 40, 12, sd=0.7))
    data["h"] = np.tile(np.arange(12), 40)
    data["y"] = data.groupby("h")["y"].transform(lambda v: v)  # as drawn: no effect of h
    singular = 0
    for shuffle in range(4):
        data["h"] = np.random.default_rng(shuffle).permutation(data["h"])
        done = estimate(design_of("y ~ x + (1 | g) + (1 | h)", data, "poisson"))
        assert is_whole(done), done.reason
        assert done.theta[0] > 0.3
        assert (done.theta[1] == 0) == done.singular
        singular += done.singular
    assert singular > 0


def test_a_variance_of_fifty():
    data = binary(grouped(5, 300, 20, sd=np.sqrt(50)))
    design = design_of("y ~ x + (1 | g)", data, "bernoulli")
    auto = estimate(design)
    exact = estimate(design, method="agq", nodes=101)
    laplace = estimate(design, method="laplace")
    assert is_whole(auto)
    assert auto.nodes is not None
    assert auto.nodes > 1
    assert shifts(auto, exact).max() < 0.02
    assert abs(auto.llf - exact.llf) < 0.02
    assert shifts(laplace, exact).max() > 0.05
    assert auto.theta[0] == pytest.approx(np.sqrt(50), rel=0.15)


@pytest.mark.parametrize("rho", [-1.0, 1.0])
def test_perfectly_correlated_slopes(rho):
    """The estimate of a correlation of one is one, in about half of all samples."""
    singular = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        g, x = np.repeat(np.arange(30), 10), np.tile(np.linspace(-1, 1, 10), 30)
        b = rng.normal(size=30)[g]
        y = 1 + x + b + 0.5 * rho * b * x + 0.5 * rng.normal(size=300)
        design = design_of("y ~ x + (1 + x | g)", {"y": y, "x": x, "g": g})
        done = estimate(design)
        (sigma,) = covariance_matrices(design, done.theta)
        correlation = sigma[0, 1] / np.sqrt(sigma[0, 0] * sigma[1, 1])
        assert is_whole(done), done.reason
        assert rho * correlation > 0.8
        if done.singular:
            assert correlation == pytest.approx(rho, abs=1e-12)
        singular += done.singular
    assert singular >= 2


def test_perfectly_correlated_slopes_of_counts():
    singular = 0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        g, x = np.repeat(np.arange(30), 10), np.tile(np.linspace(-1, 1, 10), 30)
        b = 0.5 * rng.normal(size=30)[g]
        data = {"y": rng.poisson(np.exp(1 + x + b - 0.5 * b * x)), "x": x, "g": g}
        design = design_of("y ~ x + (1 + x | g)", data, "poisson")
        for method in ("auto", "laplace"):
            done = estimate(design, method=method)
            (sigma,) = covariance_matrices(design, done.theta)
            correlation = sigma[0, 1] / np.sqrt(sigma[0, 0] * sigma[1, 1])
            assert done.converged, done.reason
            assert -1 - 1e-12 <= correlation < 0
            assert done.singular == (correlation < -1 + 1e-9)
            singular += done.singular
    assert singular > 0


# Scales -----------------------------------------------------------------------------------------


def test_counts_of_a_million():
    made = grouped(6, 50, 20, sd=0.5)
    made["eta"] += 14
    data = counts(made)
    assert data["y"].median() > 1e6
    done = estimate(design_of("y ~ x + (1 | g)", data, "poisson"))
    assert is_whole(done), done.reason
    assert done.beta[1] == pytest.approx(0.5, abs=1e-4)
    assert done.theta[0] == pytest.approx(0.5, abs=0.15)


def test_counts_of_zero_and_a_million_in_one_cluster():
    rng = np.random.default_rng(7)
    g = np.repeat(np.arange(20), 6)
    y = np.where(rng.random(len(g)) < 0.5, 0, rng.poisson(1e6, len(g)))
    y[g == 0] = 0
    done = estimate(design_of("y ~ 1 + (1 | g)", {"y": y, "g": g}, "poisson"))
    assert is_whole(done), done.reason


def test_a_million_trials():
    made = grouped(8, 40, 5, sd=0.8)
    n = np.full(len(made["g"]), 1_000_000)
    s = made["rng"].binomial(n, special.expit(made["eta"]))
    data = {"s": s, "f": n - s, "x": made["x"], "g": made["g"]}
    done = estimate(design_of("cbind(s, f) ~ x + (1 | g)", data, "binomial"))
    assert is_whole(done), done.reason
    assert done.beta[1] == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize("family", ["bernoulli", "poisson", "gaussian"])
def test_thirty_covariates_on_wild_scales(family):
    """Scales from 1e-8 to 1e8, shifted: the same fit as with standardised covariates."""
    rng = np.random.default_rng(9)
    g, z = np.repeat(np.arange(60), 25), rng.normal(size=(1500, 30))
    eta = z @ rng.normal(0, 0.2, 30) + 0.6 * rng.normal(size=60)[g]
    draw = {
        "bernoulli": lambda: rng.binomial(1, special.expit(eta)),
        "poisson": lambda: rng.poisson(np.exp(eta)),
        "gaussian": lambda: eta + rng.normal(size=1500),
    }
    scale = 10 ** np.linspace(-8, 8, 30)
    names = [f"x{k}" for k in range(30)]
    data = {"y": draw[family](), "g": g}
    formula = f"y ~ {' + '.join(names)} + (1 | g)"
    method = "ml" if family == "gaussian" else "laplace"
    wild, tame = (
        estimate(
            design_of(formula, data | dict(zip(names, columns.T, strict=True)), family),
            method=method,
        )
        for columns in ((z + 5) * scale, z)
    )
    assert is_whole(wild), wild.reason
    se = standard_errors(tame)
    assert np.abs((wild.beta[1:31] * scale - tame.beta[1:31]) / se[1:31]).max() < 1e-4
    np.testing.assert_allclose(standard_errors(wild)[1:31] * scale, se[1:31], rtol=1e-4)
    assert np.abs((wild.theta - tame.theta) / se[-1]).max() < 1e-4
    assert wild.llf == pytest.approx(tame.llf, abs=1e-7)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_random_slopes_on_wild_scales(scale):
    rng = np.random.default_rng(10)
    g, x = np.repeat(np.arange(40), 20), rng.normal(size=800)
    eta = 0.2 + 0.5 * x + 0.5 * rng.normal(size=40)[g] + 0.4 * rng.normal(size=40)[g] * x
    y = rng.poisson(np.exp(eta))
    wild, tame = (
        estimate(design_of("y ~ x + (1 + x | g)", {"y": y, "x": x * s, "g": g}, "poisson"))
        for s in (scale, 1.0)
    )
    assert is_whole(wild), wild.reason
    unscaled = wild.theta * np.array([1, scale, scale])
    np.testing.assert_allclose(unscaled, tame.theta, atol=1e-4)
    assert wild.beta[1] * scale == pytest.approx(tame.beta[1], abs=1e-4)
    assert wild.llf == pytest.approx(tame.llf, abs=1e-6)


@pytest.mark.parametrize("scale", [1e-8, 1e8])
@pytest.mark.parametrize("method", ["reml", "ml", "laplace"])
def test_a_response_on_a_wild_scale(scale, method):
    data = numbers(grouped(11, 30, 10))
    tame = estimate(design_of("y ~ x + (1 + x | g)", data), method=method)
    wild = estimate(
        design_of("y ~ x + (1 + x | g)", data.assign(y=data["y"] * scale)), method=method
    )
    assert wild.converged, wild.reason
    assert wild.singular == tame.singular
    tight = {"rtol": 1e-4, "atol": 1e-4}
    np.testing.assert_allclose(wild.beta[:2] / scale, tame.beta[:2], **tight)
    np.testing.assert_allclose(wild.beta[2] - np.log(scale), tame.beta[2], **tight)
    np.testing.assert_allclose(wild.theta / scale, tame.theta, **tight)
    rows = len(data) - (2 if method == "reml" else 0)
    assert wild.llf + rows * np.log(scale) == pytest.approx(tame.llf, abs=1e-5)


@pytest.mark.parametrize("scale", [1e-8, 1e8])
def test_positive_times_on_a_wild_scale(scale):
    made = grouped(12, 30, 10, sd=0.6)
    y = made["rng"].gamma(3.0, np.exp(made["eta"]) / 3.0)
    data = {"y": y, "x": made["x"], "g": made["g"]}
    tame = estimate(design_of("y ~ x + (1 | g)", data, "gamma"))
    wild = estimate(design_of("y ~ x + (1 | g)", data | {"y": y * scale}, "gamma"))
    assert is_whole(wild), wild.reason
    shifted = wild.beta - np.array([np.log(scale), 0, 0])
    np.testing.assert_allclose(shifted, tame.beta, atol=1e-5)
    np.testing.assert_allclose(wild.theta, tame.theta, atol=1e-5)


@pytest.mark.parametrize("shift", [-500.0, -30.0, 30.0, 500.0])
@pytest.mark.parametrize("family", ["poisson", "bernoulli", "gaussian"])
def test_a_huge_offset_is_taken_up_by_the_intercept(family, shift):
    make = {"poisson": counts, "bernoulli": binary, "gaussian": numbers}[family]
    data = make(grouped(13, 30, 10)).assign(o=shift)
    plain = estimate(design_of("y ~ x + (1 | g)", data, family), method="laplace")
    moved = estimate(design_of("y ~ x + (1 | g) + offset(o)", data, family), method="laplace")
    assert is_whole(moved), moved.reason
    assert moved.beta[0] + shift == pytest.approx(plain.beta[0], abs=1e-4)
    np.testing.assert_allclose(moved.beta[1:], plain.beta[1:], atol=1e-4)
    np.testing.assert_allclose(moved.theta, plain.theta, atol=1e-4)


def test_exposures_over_twelve_powers_of_ten():
    rng = np.random.default_rng(14)
    g, exposure = np.repeat(np.arange(40), 10), 10 ** rng.uniform(-6, 6, 400)
    mean = exposure * np.exp(0.5 + 0.5 * rng.normal(size=40)[g])
    data = {"y": rng.poisson(mean), "g": g, "o": np.log(exposure)}
    done = estimate(design_of("y ~ 1 + (1 | g) + offset(o)", data, "poisson"))
    assert is_whole(done), done.reason
    assert done.beta[0] == pytest.approx(0.5, abs=0.3)


@pytest.mark.parametrize("weight", [1e-6, 1e6])
def test_wild_weights_scale_the_information(weight):
    data = counts(grouped(15, 30, 10))
    formula = "y ~ x"
    plain = estimate(design_of(formula, data, "poisson"))
    heavy = estimate(design_of(formula, data, "poisson", weights=np.full(300, weight)))
    assert is_whole(heavy), heavy.reason
    np.testing.assert_allclose(heavy.beta, plain.beta, atol=1e-5)
    np.testing.assert_allclose(heavy.cov * weight, plain.cov, rtol=1e-4)


# The frame --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "formula", ["y ~ x + (1 | g)", "y ~ x + (1 + x | g)", "y ~ x + (1 | g) + (1 | h)"]
)
@pytest.mark.parametrize("family", ["bernoulli", "poisson", "gaussian"])
def test_the_order_of_the_rows_does_not_matter(formula, family):
    make = {"poisson": counts, "bernoulli": binary, "gaussian": numbers}[family]
    data = make(grouped(16, 40, 12)).assign(h=np.tile(np.arange(12), 40))
    one = estimate(design_of(formula, data, family))
    mixed = data.sample(frac=1.0, random_state=1)
    other = estimate(design_of(formula, mixed, family))
    np.testing.assert_allclose(other.beta, one.beta, atol=1e-8)
    np.testing.assert_allclose(other.theta, one.theta, atol=1e-8)
    assert other.llf == pytest.approx(one.llf, abs=1e-9)


def test_levels_that_do_not_occur_change_nothing():
    data = binary(grouped(17, 30, 10))
    names = [f"g{k:02d}" for k in range(60)]
    codes = 2 * data["g"].to_numpy()
    spare = data.assign(g=pd.Categorical.from_codes(codes, categories=names))
    one = estimate(design_of("y ~ x + (1 | g)", data, "bernoulli"))
    other = estimate(design_of("y ~ x + (1 | g)", spare, "bernoulli"))
    assert is_whole(other)
    np.testing.assert_allclose(other.beta, one.beta, atol=1e-10)
    assert other.llf == pytest.approx(one.llf, abs=1e-9)


def test_an_empty_level_in_the_arrays_keeps_its_prior():
    data = binary(grouped(17, 30, 10))
    full = design_of("y ~ x + (1 | g)", data, "bernoulli")
    factor = replace(full.factors[0], levels=(*full.factors[0].levels, "nobody"))
    spare = replace(full, factors=(factor,))
    one, other = estimate(full), estimate(spare)
    assert other.llf == pytest.approx(one.llf, abs=1e-9)
    np.testing.assert_allclose(other.beta, one.beta, atol=1e-8)
    assert other.random[0].mode[-1, 0] == 0
    np.testing.assert_allclose(other.random[0].mean_cov[-1, 0, 0], other.theta[0] ** 2, rtol=1e-8)


def test_rows_of_weight_zero_change_nothing():
    data = counts(grouped(18, 30, 10))
    weights = np.ones(300)
    weights[::3] = 0
    one = estimate(design_of("y ~ x + (1 | g)", data[weights > 0], "poisson"))
    other = estimate(design_of("y ~ x + (1 | g)", data, "poisson", weights=weights))
    assert is_whole(other)
    np.testing.assert_allclose(other.beta, one.beta, atol=1e-7)
    np.testing.assert_allclose(other.cov, one.cov, rtol=1e-5)
    assert other.llf == pytest.approx(one.llf, abs=1e-8)


THREADED = """
import numpy as np
from mixeff.estimate import estimate
from mixeff.model import build
rng = np.random.default_rng(1)
g, h = np.repeat(np.arange(600), 10), rng.integers(0, 80, 6000)
x = rng.normal(size=6000)
eta = 0.3 * x + rng.normal(size=600)[g] + 0.5 * rng.normal(size=80)[h]
data = {"y": rng.binomial(1, 1 / (1 + np.exp(-eta))), "x": x, "g": g, "h": h, "s": eta + x}
for formula, family, method in [
    ("y ~ x + (1 + x | g)", "bernoulli", "auto"),
    ("y ~ x + (1 | g) + (1 | h)", "bernoulli", "auto"),
    ("s ~ x + (1 | g)", "gaussian", "laplace"),
    ("s ~ x + (1 | g) + (1 | h)", "gaussian", "reml"),
]:
    done = estimate(build(formula, data, family)[1], method=method)
    numbers = [done.beta, done.theta, done.cov.ravel(), [done.llf]]
    numbers += [part.ravel() for r in done.random for part in (r.mode, r.mean, r.mean_cov)]
    print(np.concatenate(numbers).tobytes().hex())
"""


def test_the_bits_do_not_depend_on_the_number_of_threads():
    def run(threads: int) -> str:
        environment = {**os.environ, "RAYON_NUM_THREADS": str(threads)}
        ran = subprocess.run(
            [sys.executable, "-c", THREADED],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return ran.stdout

    one = run(1)
    assert len(one.splitlines()) == 4
    assert one == run(2) == run(3)


# Separation -------------------------------------------------------------------------------------


def separated(kind: str) -> pd.DataFrame:
    """Rows in groups where a covariate, or two together, tell the outcomes apart."""
    rng = np.random.default_rng(19)
    n = 240
    data = pd.DataFrame({"x": rng.normal(size=n), "w": rng.normal(size=n), "g": np.arange(n) % 24})
    drug = rng.integers(0, 2, n)
    eta = 0.4 * data["x"] + 0.5 * rng.normal(size=24)[data["g"]]
    y = rng.binomial(1, special.expit(eta))
    draws = {
        "complete": data["x"] > 0.2,
        "quasi": np.where(drug == 1, 1, y),
        "together": data["x"] + data["w"] > 0.1,
    }
    return data.assign(drug=drug, y=np.asarray(draws[kind]).astype(int))


SEPARATED = [
    ("complete", "y ~ x + (1 | g)", "'x' separates"),
    ("quasi", "y ~ x + drug + (1 | g)", "'drug' separates"),
    ("together", "y ~ x + w + (1 | g)", "'x' and 'w' together separate"),
]


@pytest.mark.filterwarnings("ignore::mixeff.errors.SeparationWarning")
@pytest.mark.parametrize(("kind", "formula", "named"), SEPARATED)
@pytest.mark.parametrize("link", ["logit", "probit", "cloglog", "cauchit"])
@pytest.mark.parametrize("method", ["auto", "laplace"])
def test_separation_ends_and_is_named(kind, formula, named, link, method):
    done = estimate(design_of(formula, separated(kind), "bernoulli", link=link), method=method)
    assert any(named in note for note in done.notes), (done.reason, done.notes, done.beta)
    assert any("penalty" in note for note in done.notes)
    assert np.isfinite(done.llf)
    assert done.reason


@pytest.mark.filterwarnings("ignore::mixeff.errors.SeparationWarning")
@pytest.mark.parametrize(("kind", "formula", "named"), SEPARATED)
@pytest.mark.parametrize("method", ["auto", "laplace", "agq"])
def test_a_penalty_gives_finite_estimates_in_spite_of_separation(kind, formula, named, method):
    design = design_of(formula, separated(kind), "bernoulli")
    done = estimate(design, method=method, control={"penalty": 2.5})
    assert is_whole(done), done.reason
    assert np.abs(done.beta).max() < 20
    assert any("Penalised" in note for note in done.notes)


def test_a_wide_penalty_is_none():
    design = design_of("y ~ x + (1 | g)", binary(grouped(20, 30, 10)), "bernoulli")
    wide = estimate(design, method="laplace", control={"penalty": 1e6})
    plain = estimate(design, method="laplace")
    np.testing.assert_allclose(wide.beta, plain.beta, atol=1e-5)
    assert wide.llf == pytest.approx(plain.llf, abs=1e-8)


def test_a_penalised_estimate_is_the_posterior_mode():
    design = design_of("y ~ x + (1 | g)", binary(grouped(20, 30, 10)), "bernoulli")
    done = estimate(design, method="laplace", control={"penalty": 0.3})
    sd = design.X[:, 1].std()

    def posterior(slope: float) -> float:
        beta = np.array([done.beta[0], slope])
        return loglik(design, beta, done.theta) + float(stats.norm.logpdf(slope * 2 * sd, 0, 0.3))

    best = posterior(done.beta[1])
    assert best > max(posterior(done.beta[1] - 1e-3), posterior(done.beta[1] + 1e-3))
    assert done.llf == pytest.approx(loglik(design, done.beta, done.theta), abs=1e-9)


# Dispersion formulas and models without random effects ------------------------------------------


@pytest.mark.parametrize("family", ["gaussian", "gamma"])
def test_a_dispersion_formula_recovers_its_parameters(family):
    made = grouped(21, 100, 40, sd=0.5)
    z = made["rng"].normal(size=4000)
    log_dispersion = -1.0 + 0.4 * z
    draw = {
        "gaussian": lambda: made["rng"].normal(made["eta"], np.exp(log_dispersion)),
        "gamma": lambda: made["rng"].gamma(
            np.exp(-log_dispersion), np.exp(made["eta"] + log_dispersion)
        ),
    }
    data = {"y": draw[family](), "x": made["x"], "z": z, "g": made["g"]}
    done = estimate(design_of("y ~ x + (1 | g)", data, family, dispersion="~ z"))
    assert is_whole(done), done.reason
    se = standard_errors(done)
    truth = np.array([0.3, 0.5, -1.0, 0.4, 0.5])
    assert np.all(np.abs(np.append(done.beta, done.theta) - truth) < 3.5 * se)
    assert np.all(se[1:4] < 0.05)


def test_without_random_effects_a_linear_model_is_least_squares():
    data = numbers(grouped(22, 20, 10))
    x = np.column_stack([np.ones(200), data["x"]])
    best, (rss,), *_ = np.linalg.lstsq(x, data["y"].to_numpy(), rcond=None)
    for method, df in [("auto", 198), ("reml", 198), ("ml", 200)]:
        done = estimate(design_of("y ~ x", data), method=method)
        assert is_whole(done), done.reason
        np.testing.assert_allclose(done.beta[:2], best, rtol=1e-8)
        np.testing.assert_allclose(np.exp(2 * done.beta[2]), rss / df, rtol=1e-8)
        expected = rss / df * np.linalg.inv(x.T @ x)
        np.testing.assert_allclose(done.cov[:2, :2], expected, rtol=1e-6)


def test_without_random_effects_a_two_by_two_table_has_its_odds_ratio():
    cells = {(0, 0): 30, (0, 1): 12, (1, 0): 9, (1, 1): 25}
    rows = [cell for cell, count in cells.items() for _ in range(count)]
    x, y = np.array(rows, dtype=float).T
    done = estimate(design_of("y ~ x", {"y": y, "x": x}, "bernoulli"))
    assert is_whole(done)
    assert done.beta[1] == pytest.approx(np.log(30 * 25 / (12 * 9)), abs=1e-7)
    assert standard_errors(done)[1] == pytest.approx(
        np.sqrt(sum(1 / c for c in cells.values())), rel=1e-6
    )


@pytest.mark.parametrize("link", ["log", "sqrt", "identity"])
def test_without_random_effects_the_mean_of_each_group_is_fitted(link):
    x, y = np.repeat([0.0, 1.0], 5), np.array([1, 2, 3, 4, 5, 6, 7, 9, 11, 12])
    done = estimate(design_of("y ~ x", {"y": y, "x": x}, "poisson", link=link))
    transform = {"log": np.log, "sqrt": np.sqrt, "identity": np.asarray}[link]
    means = transform(np.array([3.0, 9.0]))
    assert is_whole(done)
    np.testing.assert_allclose(done.beta, [means[0], means[1] - means[0]], rtol=1e-6)
    expected = stats.poisson.logpmf(y, np.repeat([3.0, 9.0], 5)).sum()
    assert done.llf == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("link", ["log", "inverse"])
def test_without_random_effects_gamma_fits_the_mean_and_the_shape(link):
    y = np.random.default_rng(23).gamma(4.0, 0.5, 500)
    done = estimate(design_of("y ~ 1", {"y": y}, "gamma", link=link))
    shape, _, _ = stats.gamma.fit(y, floc=0)
    mean = {"log": np.log, "inverse": np.reciprocal}[link](y.mean())
    np.testing.assert_allclose(done.beta, [mean, -np.log(shape)], atol=1e-5)


# Everything else --------------------------------------------------------------------------------

FEW = {
    "zeros": [0.0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    "extremes": [0.0, 1e9, 0, 1e9, 1, 0, 1e9, 0, 0, 1e9, 0, 3],
    "tiny": [1e-300, 1e-200, 1e-9, 1, 1e-300, 1e-200, 1e-9, 1, 1e-30, 1e-20, 1e-9, 2],
    "huge": [1e150, 1e140, 1e130, 1, 1e150, 1e140, 1e130, 1, 1e150, 1e140, 1e130, 2],
    "nearly constant": [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 + 1e-13],
}
MODELS = [
    ("y ~ 1 + (1 | g)", "gaussian", "identity"),
    ("y ~ 1 + (1 | g)", "gaussian", "log"),
    ("y ~ x + (1 + x | g)", "gaussian", "identity"),
    ("y ~ x + (1 | g) + (1 | h)", "gaussian", "identity"),
    ("y ~ x + (1 | g)", "poisson", "log"),
    ("y ~ x + (1 | g)", "poisson", "sqrt"),
    ("y ~ x + (1 | g)", "poisson", "identity"),
    ("y ~ x + (1 | g) + (1 | h)", "poisson", "log"),
    ("y ~ x + (1 | g)", "gamma", "log"),
    ("y ~ x + (1 | g)", "gamma", "inverse"),
    ("y ~ 1 + (1 | g)", "bernoulli", "logit"),
    ("y ~ 1 + (1 | g)", "bernoulli", "log"),
    ("y ~ x + (1 + x | g)", "bernoulli", "cauchit"),
]


@pytest.mark.filterwarnings("ignore::mixeff.errors.MixeffWarning")
@pytest.mark.parametrize("response", FEW)
@pytest.mark.parametrize(("formula", "family", "link"), MODELS)
def test_absurd_data_end_in_an_error_that_says_so_or_in_a_fit_that_does(
    response, formula, family, link
):
    from mixeff.errors import MixeffError

    data = {
        "y": np.array(FEW[response]),
        "x": np.array([0, 1, 0, 1, 2, 3, 5, 8, 1, 2, 1, 1e6]),
        "g": np.repeat(np.arange(4), 3),
        "h": np.tile(np.arange(3), 4),
    }
    try:
        design = design_of(formula, data, family, link=link)
        done = estimate(design)
    except MixeffError as error:
        assert len(str(error)) > 20  # noqa: PT017
        return
    assert done.reason
    assert np.isfinite(done.beta).all()
    assert np.isfinite(done.theta).all()
    assert np.isfinite(done.llf)
    if done.converged:
        assert is_whole(done)
