"""Marginal log-likelihoods by brute force: dense matrices, scipy's densities, a fine grid.

Shares nothing with the package but the arrays of a `Design`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate, pairwise, product, starmap
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats
from tests.estimate.made import linear_predictors

from mixeff.model.design import Design, RandomTerm

Floats = NDArray[np.float64]

INVERSE_LINKS: dict[str, Callable[[Floats], Floats]] = {
    "identity": lambda eta: eta,
    "log": np.exp,
    "sqrt": lambda eta: np.where(eta > 0, eta**2, np.nan),
    "inverse": lambda eta: 1 / eta,
    "logit": special.expit,
    "probit": special.ndtr,
    "cloglog": lambda eta: -np.expm1(-np.exp(eta)),
    "loglog": lambda eta: np.exp(-np.exp(-eta)),
    "cauchit": lambda eta: np.arctan2(1, -eta) / np.pi,
}

DENSITIES: dict[str, Callable[..., Floats]] = {
    "gaussian": lambda y, mu, trials, log_sd: stats.norm.logpdf(y, mu, np.exp(log_sd)),
    "gamma": lambda y, mu, trials, log_phi: stats.gamma.logpdf(
        y, np.exp(-log_phi), scale=mu * np.exp(log_phi)
    ),
    "poisson": lambda y, mu, trials: stats.poisson.logpmf(y, mu),
    "bernoulli": lambda y, mu, trials: stats.bernoulli.logpmf(y, mu),
    "binomial": lambda y, mu, trials: stats.binom.logpmf(y, trials, mu),
}

# Central differences of sixth order: error about 1e-11 at this step.
STEP = 0.01
OFFSETS = STEP * np.arange(-3, 4)
FIRST = np.array([-1, 9, -45, 0, 45, -9, 1]) / (60 * STEP)
SECOND = np.array([2, -27, 270, -490, 270, -27, 2]) / (180 * STEP**2)


def row_densities(design: Design, eta: Floats, others: list[Floats]) -> Floats:
    """Weighted log-density of every row; minus infinity outside the domain of the link.

    `eta` may have further axes before that of the rows.
    """
    mu = INVERSE_LINKS[design.link](eta)
    with np.errstate(invalid="ignore", divide="ignore"):
        l = DENSITIES[design.family](design.y, mu, design.trials, *others)  # noqa: E741
    l = np.where(np.isnan(l), -np.inf, l)  # noqa: E741
    return l if design.weights is None else design.weights * l


def factor(term: RandomTerm, theta: Floats) -> Floats:
    """Lambda: a lower triangle filled column by column, or a diagonal."""
    p = len(term.names)
    if term.structure == "diagonal":
        return np.diag(theta)
    filled, entries = np.zeros((p, p)), iter(theta)
    for column in range(p):
        for row in range(column, p):
            filled[row, column] = next(entries)
    return filled


def factors(design: Design, theta: Floats) -> list[Floats]:
    sizes = [len(t.names) if t.structure == "diagonal" else _triangle(t) for t in design.terms]
    ends = [0, *accumulate(sizes)]
    parts = [theta[a:b] for a, b in pairwise(ends)]
    return list(starmap(factor, zip(design.terms, parts, strict=True)))


def _triangle(term: RandomTerm) -> int:
    return len(term.names) * (len(term.names) + 1) // 2


def loadings(design: Design, theta: Floats) -> Floats:
    """M = Z Lambda, dense, built cell by cell."""
    blocks = []
    for term, lam in zip(design.terms, factors(design, theta), strict=True):
        codes, p = design.factors[term.factor].codes, len(term.names)
        z = np.ones((design.n, 1)) if term.z is None else term.z
        block = np.zeros((design.n, (codes.max() + 1) * p))
        for i, code in enumerate(codes):
            block[i, code * p : (code + 1) * p] = z[i] @ lam
        blocks.append(block)
    return np.hstack(blocks)


def laplace(design: Design, beta: Floats, theta: Floats) -> float:
    """Laplace's approximation with its own Newton search, all matrices dense."""
    m = loadings(design, theta)
    eta, *others = linear_predictors(design, beta)
    u = np.zeros(m.shape[1])

    def at(u: Floats) -> tuple[float, Floats, Floats]:
        around = row_densities(design, (eta + m @ u) + OFFSETS[:, None], others)
        hessian = m.T @ (-(SECOND @ around)[:, None] * m) + np.eye(len(u))
        return around[3].sum() - u @ u / 2, m.T @ (FIRST @ around) - u, hessian

    value, slope, hessian = at(u)
    for _ in range(100):
        step, t = np.linalg.solve(_positive(hessian), slope), 1.0
        while not (tried := at(u + t * step))[0] >= value - 1e-10 and t > 1e-9:
            t /= 2
        u = u + t * step
        value, slope, hessian = tried
        if np.abs(slope).max() < 1e-9:
            break
    assert np.abs(slope).max() < 1e-7, "the dense mode was not found"
    return value - np.linalg.slogdet(hessian)[1] / 2


def _positive(hessian: Floats) -> Floats:
    values, vectors = np.linalg.eigh(hessian)
    return (vectors * np.maximum(np.abs(values), 1.0)) @ vectors.T


def integral(design: Design, beta: Floats, theta: Floats, *, points: int, reach: float) -> float:
    """The integral over every level by a dense grid; exact for smooth densities (one factor).

    The trapezoidal rule of `points` points from -`reach` to `reach` in every direction.
    """
    eta, *others = linear_predictors(design, beta)
    codes = design.factors[0].codes
    m = loadings(design, theta)
    p = m.shape[1] // (codes.max() + 1)
    axis = np.linspace(-reach, reach, points)
    grid = np.array(list(product(axis, repeat=p)))
    prior = stats.norm.logpdf(grid).sum(axis=1) + p * np.log(axis[1] - axis[0])
    own = np.array([m[i, c * p : (c + 1) * p] for i, c in enumerate(codes)])
    l = row_densities(design, eta + grid @ own.T, others)  # noqa: E741
    by_level = (l[:, codes == c].sum(axis=1) + prior for c in np.unique(codes))
    levels: list[Any] = [special.logsumexp(values) for values in by_level]
    return float(np.sum(levels))


def nested_integral(
    design: Design, beta: Floats, theta: Floats, *, points: int, reach: float
) -> float:
    """The integral over nested factors, each level's at every point of the dense grids above it.

    One axis for each factor, the outermost first; on it all points of the factor's own grid.
    """
    eta, *others = linear_predictors(design, beta)
    chain = sorted(range(len(design.factors)), key=lambda f: design.factors[f].codes.max())
    axis = np.linspace(-reach, reach, points)
    lambdas = factors(design, theta)
    loads, priors = [], []
    for f in chain:
        (t,) = (t for t, term in enumerate(design.terms) if term.factor == f)
        z = design.terms[t].z
        m = np.ones((design.n, 1)) @ lambdas[t] if z is None else z @ lambdas[t]
        grid = np.array(list(product(axis, repeat=m.shape[1])))
        priors.append(stats.norm.logpdf(grid).sum(1) + m.shape[1] * np.log(axis[1] - axis[0]))
        loads.append(m @ grid.T)
    codes = [design.factors[f].codes for f in chain]

    def below(depth: int, rows: NDArray) -> Floats:
        """The log-integral of some rows of one level, at all points of the axes above `depth`."""
        if depth == len(chain):
            total = _on_axis(loads[0][rows], 0, depth)
            for k in range(1, depth):
                total = total + _on_axis(loads[k][rows], k, depth)
            at = np.moveaxis(total, 0, -1) + eta[rows]
            some = replace(
                design,
                y=design.y[rows],
                extra=None if design.extra is None else design.extra[rows],
                weights=None if design.weights is None else design.weights[rows],
            )
            return row_densities(some, at, [o[rows] for o in others]).sum(-1)
        levels = np.unique(codes[depth][rows])
        integrals = np.zeros([len(prior) for prior in priors[:depth]])
        for c in levels:
            inside = below(depth + 1, rows[codes[depth][rows] == c])
            integrals += np.asarray(special.logsumexp(inside + priors[depth], -1))
        return integrals

    return float(below(0, np.arange(design.n)))


def _on_axis(values: Floats, axis: int, axes: int) -> Floats:
    shape = [len(values)] + [1] * axes
    shape[1 + axis] = values.shape[1]
    return values.reshape(shape)


def restricted(design: Design, beta: Floats, theta: Floats) -> float:
    """The REML log-likelihood of a linear model with a residual SD of exp(beta[-1])."""
    x, sigma = design.X, np.exp(beta[-1])
    m = loadings(design, theta)
    v = m @ m.T + sigma**2 * np.eye(design.n)
    y = design.y if design.offset[0] is None else design.y - design.offset[0]
    information = x.T @ np.linalg.solve(v, x)
    best = np.linalg.solve(information, x.T @ np.linalg.solve(v, y))
    rest = y - x @ best
    determinants = np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1]
    df = design.n - x.shape[1]
    return -(determinants + rest @ np.linalg.solve(v, rest) + df * np.log(2 * np.pi)) / 2
