"""The fixed point that quasi-likelihood must be at, by dense matrices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy import special
from tests.estimate import dense_quasi as dense
from tests.estimate.dense import Floats
from tests.estimate.made import random_problem

from mixeff.estimate.values import Estimate
from mixeff.model import ModelMatrix
from mixeff.model.design import Design

PENALIZED = {"pql1": True, "mql1": False, "pql2": True, "mql2": False}
SECOND = {"pql2", "mql2"}


def problem(family: str, link: str, structure: str, seed: int = 5, n: int = 120) -> Design:
    """A random design whose dispersion, where there is one, is the same for every row."""
    design = random_problem(family, link, structure, seed, n).design
    ones = [ModelMatrix.of(np.ones((n, 1))) for _ in design.fixed[1:]]
    return replace(
        design,
        fixed=(design.fixed[0], *ones),
        x_names=(design.x_names[0], *(("Intercept",) for _ in ones)),
        offset=(design.offset[0], *(None for _ in ones)),
    )


def drawn(family: str, link: str, structure: str, seed: int = 5, n: int = 120) -> Design:
    """The same with a response that its random effects have made, which vary by one."""
    design = problem(family, link, structure, seed, n)
    rng, n_theta = np.random.default_rng(seed), random_problem(family, link, structure).theta.size
    m = dense.loadings(design, np.ones(n_theta))
    eta = dense.offset_of(design) + design.X @ [0.3, 0.5] + m @ rng.normal(size=m.shape[1])
    trials = np.ones(n) if design.trials is None else design.trials
    draws = {
        "bernoulli": lambda: rng.binomial(1, special.expit(eta)),
        "binomial": lambda: rng.binomial(trials.astype(int), special.expit(eta)),
        "poisson": lambda: rng.poisson(np.exp(eta / 2)),
        "gamma": lambda: rng.gamma(2.0, np.exp(eta / 2) / 2),
        "gaussian": lambda: rng.normal(np.exp(eta / 2), 0.5),
    }
    return replace(design, y=draws[family]().astype(float))


def log_phi(design: Design, done: Estimate) -> float:
    return float(np.log(done.scale or 1.0))


def expanded(design: Design, done: Estimate) -> dense.Working:
    """The working model at the estimates."""
    zb = dense.random_part(design, done) if PENALIZED[done.method] else 0.0
    first = dense.working(design, dense.offset_of(design) + design.X @ done.beta[:2] + zb)
    theta, phi = done.theta, done.scale or 1.0
    if done.method not in SECOND:
        return first
    if not PENALIZED[done.method]:
        return dense.second_order(first, dense.prior_forms(design, theta), phi)
    made = first
    for _ in range(30):
        forms = dense.conditional_forms(design, theta, dense.covariance(design, theta, phi, made))
        made, before = dense.second_order(first, forms, phi), made
        if np.abs(made.extra - before.extra).max() < 1e-12:
            break
    return made


def derivatives(f: Callable[[Floats], float], at: Floats) -> tuple[Floats, Floats]:
    """Gradient and Hessian by central differences."""
    eye = 1e-4 * np.eye(len(at))
    gradient = np.array([(f(at + e) - f(at - e)) / 2e-4 for e in eye])
    hessian = [
        [(f(at + a + b) - f(at + a - b) - f(at - a + b) + f(at - a - b)) / 4e-8 for b in eye]
        for a in eye
    ]
    return gradient, np.array(hessian)


def assert_fixed_point(design: Design, done: Estimate, reml: bool) -> None:
    """Linearised at the estimates and fitted, the working model gives the estimates back."""
    made, x, n_theta = expanded(design, done), design.X, len(done.theta)
    own = len(design.fixed) > 1 or design.overdispersed

    def minus(at: np.ndarray) -> float:
        phi = np.exp(at[-1]) if own else 1.0
        v = dense.covariance(design, at[:n_theta], phi, made)
        return dense.criterion(made.y, x, v, reml)

    v = dense.covariance(design, done.theta, done.scale or 1.0, made)
    information = x.T @ np.linalg.solve(v, x)
    np.testing.assert_allclose(done.cov[:2, :2], np.linalg.inv(information), rtol=1e-6)
    np.testing.assert_allclose(done.beta[:2], dense.gls(made.y, x, v), atol=1e-7)
    m = dense.loadings(design, done.theta)
    zb = m @ m.T @ np.linalg.solve(v, made.y - x @ done.beta[:2])
    np.testing.assert_allclose(dense.random_part(design, done), zb, atol=1e-6)
    at = np.append(done.theta, log_phi(design, done)) if own else done.theta
    gradient, hessian = derivatives(minus, at)
    free = np.ones(len(at), dtype=bool)
    free[:n_theta] = np.isfinite(np.diag(done.cov)[-n_theta:])
    inverse = np.linalg.inv(hessian[np.ix_(free, free)])
    shift = inverse @ gradient[free] / np.sqrt(np.diag(inverse))
    assert np.abs(shift).max(initial=0.0) < 1e-4
    theirs = np.sqrt(np.diag(inverse))[: free[:n_theta].sum()]
    ours = np.sqrt(np.diag(done.cov)[-n_theta:])[free[:n_theta]]
    np.testing.assert_allclose(ours, theirs, rtol=2e-3)
