"""The working model of quasi-likelihood with dense matrices, and its own alternation.

Shares nothing with the package but the arrays of a `Design`; the mean is differentiated by
differences.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import optimize
from tests.estimate.dense import FIRST, INVERSE_LINKS, OFFSETS, SECOND, Floats, factors

from mixeff.estimate.values import Estimate
from mixeff.model.design import Design

VARIANCES: dict[str, Callable[[Floats], Floats]] = {
    "gaussian": np.ones_like,
    "gamma": np.square,
    "poisson": lambda mu: mu,
    "bernoulli": lambda mu: mu * (1 - mu),
    "binomial": lambda mu: mu * (1 - mu),
}


@dataclass(frozen=True)
class Working:
    """y* less the offset, the weights, and f''/f' where the model was expanded."""

    y: Floats
    w: Floats
    bend: Floats


def offset_of(design: Design) -> Floats:
    return np.zeros(design.n) if design.offset[0] is None else design.offset[0]


def working(design: Design, eta: Floats) -> Working:
    """The model as it looks around a linear predictor."""
    around = INVERSE_LINKS[design.link](eta + OFFSETS[:, None])
    mu, slope, bend = around[3], FIRST @ around, SECOND @ around
    trials = np.ones(design.n) if design.trials is None else design.trials
    weights = np.ones(design.n) if design.weights is None else design.weights
    y = eta + (design.y / trials - mu) / slope - offset_of(design)
    return Working(y, trials * weights * slope**2 / VARIANCES[design.family](mu), bend / slope)


@cache
def columns(design: Design) -> list[Floats]:
    """Z of each term, (rows, levels, effects)."""
    blocks = []
    for term in design.terms:
        codes, p = design.factors[term.factor].codes, len(term.names)
        z = np.ones((design.n, 1)) if term.z is None else term.z
        block = np.zeros((design.n, codes.max() + 1, p))
        block[np.arange(design.n), codes] = z
        blocks.append(block)
    return blocks


def loadings(design: Design, theta: Floats) -> Floats:
    """M = Z Lambda."""
    pairs = zip(columns(design), factors(design, theta), strict=True)
    blocks = [(block @ own).reshape(design.n, -1) for block, own in pairs]
    return np.hstack([np.zeros((design.n, 0)), *blocks]).astype(np.float64)


def covariance(design: Design, theta: Floats, phi: float, w: Floats) -> Floats:
    m = loadings(design, theta)
    return m @ m.T + phi * np.diag(1 / w)


def criterion(y: Floats, x: Floats, v: Floats, reml: bool) -> float:
    """Minus the log-likelihood of a linear model, profiled over its coefficients."""
    solved = np.linalg.solve(v, np.column_stack([x, y]))
    information = x.T @ solved[:, :-1]
    r = y - x @ np.linalg.solve(information, x.T @ solved[:, -1])
    value = np.linalg.slogdet(v)[1] + r @ np.linalg.solve(v, r)
    return (value + (np.linalg.slogdet(information)[1] if reml else 0.0)) / 2


def gls(y: Floats, x: Floats, v: Floats) -> Floats:
    best = np.linalg.solve(x.T @ np.linalg.solve(v, x), x.T @ np.linalg.solve(v, y))
    return best.astype(np.float64)


def random_part(design: Design, done: Estimate) -> Floats:
    """Z b at the predicted random effects, row by row."""
    total = np.zeros(design.n)
    for term, effects in zip(design.terms, done.random, strict=True):
        codes = design.factors[term.factor].codes
        z = np.ones((design.n, 1)) if term.z is None else term.z
        total += np.array([z[i] @ effects.mode[code] for i, code in enumerate(codes)])
    return total


def alternate(
    design: Design,
    theta: Floats,
    *,
    penalized: bool,
    reml: bool = False,
    estimate_phi: bool = False,
) -> tuple[Floats, Floats, float]:
    """(beta, theta, phi) by plain alternation, each working model fitted by scipy."""
    x, phi, m = design.X, 1.0, len(theta)
    beta, zb = np.zeros(x.shape[1]), np.zeros(design.n)
    for _ in range(200):
        before = np.concatenate([beta, np.abs(theta)])
        made = working(design, offset_of(design) + x @ beta + (zb if penalized else 0.0))

        def minus(at: Floats, made: Working = made) -> float:
            scale = np.exp(at[-1]) if estimate_phi else 1.0
            v = covariance(design, at[:m], scale, made.w)
            return criterion(made.y, x, v, reml)

        start = np.append(theta, np.log(phi)) if estimate_phi else theta
        at = optimize.minimize(minus, start, options={"gtol": 1e-7}).x
        theta, phi = at[:m], float(np.exp(at[-1])) if estimate_phi else 1.0
        v = covariance(design, theta, phi, made.w)
        beta = gls(made.y, x, v)
        own = loadings(design, theta)
        zb = own @ own.T @ np.linalg.solve(v, made.y - x @ beta)
        if np.abs(np.concatenate([beta, np.abs(theta)]) - before).max() < 1e-8:
            break
    return beta, np.abs(theta), phi
