"""`method="mcmc"` as a whole: reproducible, stoppable, close to maximum likelihood on much data."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from typing import Any

import numpy as np
import pytest
from tests.estimate.simulated import binary, counts, design_of, grouped, numbers

import mixeff as me
from mixeff.errors import ArgumentError, ConvergenceWarning, NotAvailableError
from mixeff.estimate import Draws, SamplerControl, estimate
from mixeff.model.design import Design

SHORT = {"chains": 2, "draws": 100, "warmup": 100}


def draws_of(design: Design, **options: Any) -> Draws:
    found = estimate(design, method="mcmc", control=SHORT, **options)
    assert found.draws is not None
    return found.draws


DIGEST = """
import hashlib, numpy as np, mixeff as me
g = np.arange(120) % 9
x = np.cos(np.arange(120))
y = (np.sin(np.arange(120) * 1.7) + x > 0).astype(int)
control = {"chains": 4, "draws": 50, "warmup": 60}
fit = me.Model("y ~ x + (1 + x | g)", {"y": y, "x": x, "g": g}, "bernoulli").fit(
    "mcmc", seed=11, control=control)
raw = fit.draws.raw
parts = raw.beta, raw.theta, raw.effects[0]
print(hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest())
"""

FOREVER = """
import numpy as np, mixeff as me
rng = np.random.default_rng(1)
g, x = np.arange(40_000) % 900, rng.normal(size=40_000)
data = {"y": rng.binomial(1, 0.4, size=40_000), "x": x, "g": g}
print("begin", flush=True)
me.fit("y ~ x + (1 | g)", data, "bernoulli", method="mcmc", seed=1, control={"draws": 10**6})
"""


def digest(threads: int) -> str:
    environment = {**os.environ, "RAYON_NUM_THREADS": str(threads), "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-c", DIGEST]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_the_same_bits_for_any_number_of_threads():
    one, two = digest(1), digest(2)
    assert one == two
    assert len(one) == len(hashlib.sha256().hexdigest())


def test_ctrl_c_stops_the_chains_within_a_second():
    command = [sys.executable, "-c", FOREVER]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline().strip() == "begin"
    time.sleep(4)
    assert child.poll() is None
    child.send_signal(signal.SIGINT)
    began = time.perf_counter()
    _, errors = child.communicate(timeout=20)
    assert time.perf_counter() - began < 2
    assert "KeyboardInterrupt" in errors


def test_a_seed_gives_the_draws_again_and_another_does_not():
    design = design_of("y ~ x + (1 | g)", binary(grouped(1, 8, 9)), "bernoulli")
    first, again, other = (draws_of(design, seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.beta, again.beta)
    assert not np.array_equal(first.beta, other.beta)
    drawn = draws_of(design)
    repeated = draws_of(design, seed=drawn.seed)
    np.testing.assert_array_equal(drawn.beta, repeated.beta)


def test_chains_differ_from_each_other():
    design = design_of("y ~ x + (1 | g)", binary(grouped(1, 8, 9)), "bernoulli")
    draws = draws_of(design, seed=3)
    assert not np.array_equal(draws.beta[0], draws.beta[1])


@pytest.mark.parametrize(
    ("family", "make"), [("bernoulli", binary), ("poisson", counts), ("gaussian", numbers)]
)
def test_much_data_leave_little_to_the_priors(family, make):
    design = design_of("y ~ x + (1 | g)", make(grouped(5, 150, 20)), family)
    likely = estimate(design, method="laplace")
    posterior = estimate(design, method="mcmc", seed=2)
    assert posterior.converged, posterior.reason
    assert not posterior.notes
    se = np.sqrt(np.diag(likely.cov))
    gap = np.concatenate([posterior.beta - likely.beta, posterior.theta - likely.theta])
    assert np.abs(gap / se).max() < 0.4
    np.testing.assert_allclose(np.sqrt(np.diag(posterior.cov)), se, rtol=0.12)
    assert posterior.llf == pytest.approx(likely.llf, abs=0.5)
    np.testing.assert_allclose(posterior.random[0].mean, likely.random[0].mean, atol=0.15)


def test_moments_of_the_effects_are_those_of_their_draws():
    data = numbers(grouped(6, 7, 8))
    data["h"] = np.arange(len(data)) % 5
    design = design_of("y ~ x + (1 + x | g) + (1 | h)", data)
    fit = estimate(design, method="mcmc", seed=1, control=SHORT)
    assert fit.draws is not None
    assert fit.draws.effects is not None
    for term, effects in zip(fit.draws.effects, fit.random, strict=True):
        flat = term.reshape(-1, *term.shape[2:])
        np.testing.assert_allclose(effects.mean, flat.mean(axis=0), rtol=1e-9, atol=1e-12)
        for level in range(flat.shape[1]):
            cov = np.atleast_2d(np.cov(flat[:, level], rowvar=False))
            np.testing.assert_allclose(effects.mean_cov[level], cov, rtol=1e-8)


def test_effects_need_not_be_kept():
    design = design_of("y ~ x + (1 | g)", binary(grouped(1, 8, 9)), "bernoulli")
    kept, left = (
        estimate(design, method="mcmc", seed=3, control={**SHORT, "keep_effects": keep})
        for keep in (True, False)
    )
    assert left.draws is not None
    assert left.draws.effects is None
    np.testing.assert_array_equal(kept.random[0].mean, left.random[0].mean)


def test_too_few_draws_are_said_to_be_too_few():
    data = binary(grouped(1, 8, 9))
    with pytest.warns(ConvergenceWarning, match="effective sample size of .* below 400"):
        fit = me.fit("y ~ x + (1 | g)", data, "bernoulli", method="mcmc", seed=1, control=SHORT)
    assert not fit.converged
    assert "NOT CONVERGED" in str(fit.summary())


def test_progress_counts_the_draws():
    told = []
    design = design_of("y ~ x + (1 | g)", binary(grouped(1, 60, 60)), "bernoulli")
    control = {"chains": 2, "draws": 20_000, "warmup": 100, "progress": lambda *a: told.append(a)}
    estimate(design, method="mcmc", seed=1, control=control)
    assert told
    assert all(0 < done <= wanted == 40_200 and bad >= 0 for done, wanted, bad in told)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"method": "laplace", "seed": 1}, "seed= goes with method='mcmc'"),
        ({"method": "auto", "priors": {}}, "priors= goes with method='mcmc'"),
        ({"method": "mcmc", "seed": -1}, "seed must be a whole number"),
        ({"method": "mcmc", "seed": 1.5}, "seed must be a whole number"),
        ({"method": "mcmc", "nodes": 5}, "nodes= goes with"),
        ({"method": "mcmc", "start": (np.zeros(2), np.ones(1))}, "start= goes with"),
        ({"method": "mcmc", "control": {"tolerance": 1e-3}}, "keys chains, draws, warmup"),
        ({"method": "mcmc", "control": {"chains": 0}}, "chains must be a whole number"),
        ({"method": "mcmc", "control": {"target_accept": 1.0}}, "between 0 and 1"),
        ({"method": "mcmc", "control": {"progress": 1}}, "progress must be a function"),
        ({"method": "laplace", "control": SamplerControl()}, "must be a mixeff Control"),
    ],
)
def test_arguments_of_a_wrong_form_are_named(arguments, words):
    design = design_of("y ~ x + (1 | g)", binary(grouped(1, 8, 9)), "bernoulli")
    with pytest.raises(ArgumentError, match=words):
        estimate(design, **arguments)


def test_a_method_without_draws_says_so():
    fit = me.fit("y ~ x + (1 | g)", binary(grouped(1, 8, 9)), "bernoulli", method="laplace")
    with pytest.raises(NotAvailableError, match="has no draws"):
        _ = fit.draws
