"""Small fits of responses with categories and with zeros, which the tests of predictions share."""

import warnings
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from scipy.linalg import block_diag

import mixeff as me
from mixeff.estimate import row_derivatives
from mixeff.estimate.covariance import cholesky_factors
from mixeff.results.parameters import beta_slices


def people(seed: int = 4, groups: int = 24, size: int = 10) -> pd.DataFrame:
    """Rows of people in groups, with a response of every kind."""
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(groups), size)
    x = rng.normal(size=g.size)
    effect = rng.normal(0, 0.9, groups)[g]
    eta = 0.8 * x + effect
    time = np.minimum(rng.geometric(1 / (1 + np.exp(1.0 - eta))), 5)
    utility = np.column_stack([0 * x, 0.5 * x + effect, rng.normal(0, 0.8, groups)[g] - x])
    mu = np.exp(0.5 + 0.4 * x + 0.5 * effect)
    zero = rng.random(g.size) < 1 / (1 + np.exp(1.0 - rng.normal(0, 0.8, groups)[g]))
    counts = rng.poisson(mu)
    return pd.DataFrame(
        {
            "y": np.digitize(eta + rng.logistic(size=g.size), [-1.0, 0.5, 2.0]),
            "choice": np.argmax(utility + rng.gumbel(size=utility.shape), axis=1),
            "time": np.minimum(time, 4),
            "event": (time < 5).astype(float),
            "count": np.where(zero, 0, counts),
            "positive": np.maximum(counts, 1),
            "size": np.where(zero, 0.0, rng.gamma(3.0, mu / 3.0)),
            "x": x,
            "sex": np.where(rng.random(g.size) < 0.5, "girl", "boy"),
            "g": g,
        }
    )


ZEROS = {
    "zero_inflated": ("count ~ x + (1 | g)", "poisson", "~ x + (1 | g)"),
    "hurdle": ("size ~ x + (1 | g)", "gamma", "~ (1 | g)"),
    "truncated": ("positive ~ x + (1 | g)", "truncated_poisson", None),
}


@cache
def categorical(family: str) -> Any:
    """A family with categories fitted to ``people``."""
    response = {"duration": "survival(time, event)", "multinomial": "choice"}.get(family, "y")
    return _fit(f"{response} ~ x + (1 | g)", family)


@cache
def zeros(name: str) -> Any:
    """One of ``ZEROS`` fitted to ``people``."""
    formula, family, zero_inflation = ZEROS[name]
    return _fit(formula, family, zero_inflation=zero_inflation)


def _fit(formula: str, family: str, **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return me.fit(formula, people(), family=family, method="laplace", **options)


class Dense:
    """Conditional modes by Newton's method on dense matrices."""

    def __init__(self, fit):
        self.design = fit.design
        self.levels = [fit.design.factors[t.factor].n_levels for t in fit.design.terms]
        self.active = sorted({place for t in fit.design.terms for place in t.places})
        self.z = {d: fit.design.Z_of(d).toarray() for d in self.active}

    def factor(self, theta) -> np.ndarray:
        parts = zip(self.levels, cholesky_factors(self.design, theta), strict=True)
        return np.asarray(block_diag(*(np.kron(np.eye(n), f) for n, f in parts)))

    def etas(self, beta, b):
        parts = beta_slices(self.design)
        etas = [x.array @ beta[part] for x, part in zip(self.design.fixed, parts, strict=True)]
        return tuple(eta + self.z[d] @ b if d in self.z else eta for d, eta in enumerate(etas))

    def solve(self, parameters):
        """Return the modes b, the M of the active predictors, and H at them."""
        p = sum(map(len, self.design.x_names))
        beta, factor = parameters[:p], self.factor(parameters[p:])
        m, u = np.vstack([self.z[d] @ factor for d in self.active]), np.zeros(factor.shape[1])
        hessian = np.eye(len(u))
        for _ in range(40):
            _, score, packed = row_derivatives(self.design, self.etas(beta, factor @ u))
            hessian = self.weighted(m, packed).T @ m + np.eye(len(u))
            step = np.linalg.solve(hessian, m.T @ np.concatenate(score[self.active]) - u)
            u = u + step
            if np.abs(step).max() < 1e-13:
                break
        return factor @ u, m, hessian

    def weighted(self, m, packed):
        """W M, where W has a diagonal block for each pair of active predictors."""
        full = {}
        for k, (i, j) in enumerate(zip(*np.triu_indices(len(self.design.fixed)), strict=True)):
            full[i, j] = full[j, i] = packed[k][:, None]
        parts = dict(zip(self.active, np.split(m, len(self.active)), strict=True))
        return np.vstack([sum(full[a, b] * parts[b] for b in parts) for a in parts])


def with_modes(fit, b):
    terms = fit.design.terms
    sizes = [fit.design.factors[t.factor].n_levels * t.size for t in terms]
    parts = np.split(b, np.cumsum(sizes)[:-1])
    random = tuple(
        replace(effects, mode=part.reshape(-1, term.size))
        for effects, part, term in zip(fit.estimate.random, parts, terms, strict=True)
    )
    return replace(fit, estimate=replace(fit.estimate, random=random))


def moved(fit, parameters, kind):
    p = len(fit.estimate.beta)
    estimate = replace(fit.estimate, beta=parameters[:p], theta=parameters[p:])
    changed = replace(fit, estimate=estimate)
    return with_modes(changed, Dense(fit).solve(parameters)[0]) if kind == "cluster" else changed


def parameters_of(fit):
    return np.concatenate([fit.estimate.beta, fit.estimate.theta])
