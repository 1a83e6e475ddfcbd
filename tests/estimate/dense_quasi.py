"""The working model of quasi-likelihood with dense matrices, to first and second order, and its own
alternation.

Shares nothing with the package but the arrays of a `Design`; the mean is differentiated by
differences.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
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
    """y* less the offset, the weights, f''/f' where the model was expanded.

    `extra` is the covariance of the second order, held in units of phi.
    """

    y: Floats
    w: Floats
    bend: Floats
    extra: Floats | float = 0.0


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


def covariance(design: Design, theta: Floats, phi: float, made: Working) -> Floats:
    m = loadings(design, theta)
    return m @ m.T + phi * (np.diag(1 / made.w) + made.extra)


def second_order(first: Working, forms: list[Floats], phi: float) -> Working:
    """Goldstein's second order, from z_i'C z_j: one form if nested, one each if crossed."""
    own = [np.diag(form) for form in forms]
    alone = sum(own) ** 2 - sum(d**2 for d in own)
    extra = (sum(form**2 for form in forms) + np.diag(alone)) / 2
    y = first.y - first.bend * sum(own) / 2
    return replace(first, y=y, extra=first.bend[:, None] * extra * first.bend / phi)


def is_chain(design: Design) -> bool:
    """Whether every two factors are nested."""
    counts = [len(set(f.codes)) for f in design.factors]
    order = [design.factors[k].codes for k in np.argsort(counts)[::-1]]
    return all(
        len(set(zip(inner, outer, strict=True))) == len(set(inner))
        for inner, outer in pairwise(order)
    )


def prior_forms(design: Design, theta: Floats) -> list[Floats]:
    """Z Omega Z', in one for nested levels, by factor for crossed ones."""
    return _forms(design, [(f, m @ m.T) for f, m in _by_factor(design, theta)])


def _forms(design: Design, by_factor: list[tuple[int, Floats]]) -> list[Floats]:
    forms = [form for _, form in by_factor]
    return [np.asarray(sum(forms))] if is_chain(design) and forms else forms


def _by_factor(design: Design, theta: Floats) -> list[tuple[int, Floats]]:
    """M of each factor."""
    pairs = zip(design.terms, columns(design), factors(design, theta), strict=True)
    blocks = [(t.factor, (block @ own).reshape(design.n, -1)) for t, block, own in pairs]
    return [
        (f, np.hstack([block for g, block in blocks if g == f]))
        for f in sorted({f for f, _ in blocks})
    ]


def conditional_forms(design: Design, theta: Floats, v: Floats) -> list[Floats]:
    """Z C Z' of the effects given the response, whose covariance is `v`.

    Between two levels of a factor that no row joins, C is what they owe to the levels above.
    """
    m = loadings(design, theta)
    c = np.eye(m.shape[1]) - m.T @ np.linalg.solve(v, m)
    levels = _levels(design)
    if not is_chain(design):
        same = levels[:, None, 0] == levels[None, :, 0]
        inside = same & (levels[:, None, 1] == levels[None, :, 1])
        c = np.where(inside, c, 0.0)
        return [
            m[:, own] @ c[np.ix_(own, own)] @ m[:, own].T
            for own in (levels[:, 0] == f for f in range(len(design.factors)))
        ]
    return [m @ _completed(design, c, levels) @ m.T]


def _levels(design: Design) -> NDArray[np.int64]:
    """Factor and level of each column of M."""
    out = [np.zeros((0, 2), dtype=np.int64)]
    for term, block in zip(design.terms, columns(design), strict=True):
        n_levels, p = block.shape[1:]
        level = np.repeat(np.arange(n_levels), p)
        out.append(np.column_stack([np.full(n_levels * p, term.factor), level]))
    return np.vstack(out)


def _completed(design: Design, c: Floats, levels: NDArray[np.int64]) -> Floats:
    """From the outermost factor in: levels are independent given those that they lie in."""
    counts = [len(set(f.codes)) for f in design.factors]
    out, done = np.zeros_like(c), np.zeros(len(c), dtype=bool)
    for f in np.argsort(counts):
        codes = design.factors[f].codes
        for level in set(codes):
            row = np.flatnonzero(codes == level)[0]
            at = [design.factors[g].codes[row] for g in range(len(counts))]
            own = (levels[:, 0] == f) & (levels[:, 1] == level)
            above = done & np.array([at[g] == lev for g, lev in levels], dtype=bool)
            above &= np.array([counts[g] < counts[f] for g, _ in levels], dtype=bool)
            onto = c[np.ix_(own, above)] @ np.linalg.pinv(c[np.ix_(above, above)], hermitian=True)
            out[np.ix_(own, done)] = onto @ out[np.ix_(above, done)]
            out[np.ix_(done, own)] = out[np.ix_(own, done)].T
            out[np.ix_(own, own)] = c[np.ix_(own, own)]
            done |= own
    return out


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
    second: bool = False,
    reml: bool = False,
    estimate_phi: bool = False,
) -> tuple[Floats, Floats, float]:
    """(beta, theta, phi) by plain alternation, each working model fitted by scipy."""
    x, phi, m = design.X, 1.0, len(theta)
    beta, zb, forms = np.zeros(x.shape[1]), np.zeros(design.n), [np.zeros((design.n, design.n))]
    for _ in range(200):
        before = np.concatenate([beta, np.abs(theta)])
        made = working(design, offset_of(design) + x @ beta + (zb if penalized else 0.0))
        made = second_order(made, forms, phi) if second else made

        def minus(at: Floats, made: Working = made) -> float:
            scale = np.exp(at[-1]) if estimate_phi else 1.0
            v = covariance(design, at[:m], scale, made)
            return criterion(made.y, x, v, reml)

        start = np.append(theta, np.log(phi)) if estimate_phi else theta
        at = optimize.minimize(minus, start, options={"gtol": 1e-7}).x
        theta, phi = at[:m], float(np.exp(at[-1])) if estimate_phi else 1.0
        v = covariance(design, theta, phi, made)
        forms = conditional_forms(design, theta, v) if penalized else prior_forms(design, theta)
        beta = gls(made.y, x, v)
        own = loadings(design, theta)
        zb = own @ own.T @ np.linalg.solve(v, made.y - x @ beta)
        if np.abs(np.concatenate([beta, np.abs(theta)]) - before).max() < 1e-8:
            break
    return beta, np.abs(theta), phi
