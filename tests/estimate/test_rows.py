"""Neither the order of the rows, nor empty levels, nor the number of threads change a fit."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.estimate.simulated import binary, counts, design_of, grouped, is_whole, numbers

from mixeff.estimate import estimate


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
data = {"y": rng.binomial(1, 1 / (1 + np.exp(-eta))), "x": x, "g": g, "h": h, "k": g // 5}
data["s"] = eta + x
for formula, family, method in [
    ("y ~ x + (1 + x | g)", "bernoulli", "auto"),
    ("y ~ x + (1 | g) + (1 | h)", "bernoulli", "auto"),
    ("y ~ x + (1 | k) + (1 | g)", "bernoulli", "agq"),
    ("y ~ x + (1 | g)", "bernoulli", "conditional"),
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
    assert len(one.splitlines()) == 6
    assert one == run(2) == run(3)
