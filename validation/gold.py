"""Gold numbers: an independent program, as plain as can be, for models with one grouping factor.

Nothing of mixeff is used. The marginal likelihood is summed over an adaptive Gauss-Hermite product
rule with many points, maximised by BFGS on differences and polished by Newton steps, and the
standard errors come from a numerical Hessian with Richardson extrapolation. Slow, and easy to
believe. `python -m validation.gold OUT.csv [MODEL ...]` writes the rows.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy
from scipy.optimize import minimize
from scipy.special import expit, gammaln, log_ndtr

from .datasets import DATASETS

Array = np.ndarray


@dataclass(frozen=True)
class Density:
    """Log-density of a response on the eta scale, with first and negative second derivative."""

    log: Callable[[Array, Array, Array], Array]
    score: Callable[[Array, Array, Array], Array]
    weight: Callable[[Array, Array, Array], Array]
    start: Callable[[Array, Array], Array]


def _choose(y: Array, n: Array) -> Array:
    return gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1)


def _logit_of_share(y: Array, n: Array) -> Array:
    p = (y + 0.5) / (n + 1)
    return np.log(p / (1 - p))


def _mills(eta: Array) -> Array:
    """phi / Phi, also far out in the tail."""
    return np.exp(-0.5 * eta**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(eta))


def _cloglog_success(eta: Array) -> Array:
    """d/deta of log(1 - exp(-exp(eta)))."""
    mu = np.exp(np.minimum(eta, 700.0))
    return np.exp(eta - mu) / -np.expm1(-mu)


LOGIT = Density(
    lambda eta, y, n: _choose(y, n) + y * eta - n * np.logaddexp(0, eta),
    lambda eta, y, n: y - n * expit(eta),
    lambda eta, y, n: n * expit(eta) * expit(-eta) + 0 * y,
    _logit_of_share,
)
LOG = Density(
    lambda eta, y, n: y * eta - np.exp(eta) - gammaln(y + 1) + 0 * n,
    lambda eta, y, n: y - np.exp(eta) + 0 * n,
    lambda eta, y, n: np.exp(eta) + 0 * (y + n),
    lambda y, n: np.log(y + 0.5) + 0 * n,
)
PROBIT = Density(
    lambda eta, y, n: y * log_ndtr(eta) + (n - y) * log_ndtr(-eta),
    lambda eta, y, n: y * _mills(eta) - (n - y) * _mills(-eta),
    lambda eta, y, n: (
        y * _mills(eta) * (eta + _mills(eta)) + (n - y) * _mills(-eta) * (_mills(-eta) - eta)
    ),
    lambda y, n: _logit_of_share(y, n) / 1.7,
)
CLOGLOG = Density(
    lambda eta, y, n: y * np.log(-np.expm1(-np.exp(eta))) - (n - y) * np.exp(eta),
    lambda eta, y, n: y * _cloglog_success(eta) - (n - y) * np.exp(eta),
    lambda eta, y, n: (
        y * _cloglog_success(eta) * (np.exp(eta) + _cloglog_success(eta) - 1)
        + (n - y) * np.exp(eta)
    ),
    _logit_of_share,
)


@dataclass(frozen=True)
class Problem:
    """Arrays of one model; `z` has one column per random effect, `group` the codes 0..L-1."""

    density: Density
    y: Array
    trials: Array
    offset: Array
    x: Array
    z: Array
    group: Array
    names: tuple[str, ...]
    factor: str
    effects: tuple[str, ...]

    @property
    def p(self) -> int:
        return self.x.shape[1]

    @property
    def q(self) -> int:
        return self.z.shape[1]

    def sum_by_group(self, rows: Array) -> Array:
        out = np.zeros((self.group.max() + 1, *rows.shape[1:]))
        np.add.at(out, self.group, rows)
        return out

    def factor_of(self, phi: Array) -> Array:
        """The lower triangular Lambda from the last entries of phi, row by row."""
        lam = np.zeros((self.q, self.q))
        lam[np.tril_indices(self.q)] = phi[self.p :]
        return lam


def product_rule(points: int, q: int) -> tuple[Array, Array]:
    """Nodes (K, q) for N(0, I), and log weights over the standard normal density."""
    z, w = np.polynomial.hermite_e.hermegauss(points)
    nodes = np.stack([g.ravel() for g in np.meshgrid(*[z] * q, indexing="ij")], axis=1)
    logs = np.stack([g.ravel() for g in np.meshgrid(*[np.log(w)] * q, indexing="ij")], axis=1)
    return nodes, logs.sum(1) + 0.5 * (nodes**2).sum(1)


def modes(problem: Problem, fixed: Array, m: Array) -> tuple[Array, Array]:
    """Conditional modes of u and the negative Hessian there, for every group, by damped Newton."""
    y, n = problem.y, problem.trials
    u = np.zeros((problem.group.max() + 1, problem.q))
    height = _joint(problem, fixed, m, u)
    for _ in range(500):
        eta = fixed + (m * u[problem.group]).sum(1)
        score = problem.sum_by_group(m * problem.density.score(eta, y, n)[:, None]) - u
        w = problem.density.weight(eta, y, n)
        hessian = problem.sum_by_group(w[:, None, None] * m[:, :, None] * m[:, None, :])
        hessian += np.eye(problem.q)
        step = np.linalg.solve(hessian, score[:, :, None])[:, :, 0]
        if np.abs(step).max() < 1e-11:
            return u, hessian
        u, height = _damped(problem, fixed, m, u, step, height)
    raise ArithmeticError("no conditional modes")


def _joint(problem: Problem, fixed: Array, m: Array, u: Array) -> Array:
    eta = fixed + (m * u[problem.group]).sum(1)
    rows = problem.density.log(eta, problem.y, problem.trials)
    return problem.sum_by_group(rows) - 0.5 * (u**2).sum(1)


def _damped(
    problem: Problem, fixed: Array, m: Array, u: Array, step: Array, height: Array
) -> tuple[Array, Array]:
    """Halve the step of every group until its joint density does not fall."""
    size = np.ones(len(u))
    for _ in range(60):
        trial = u + size[:, None] * step
        value = _joint(problem, fixed, m, trial)
        lower = ~(value >= height - 1e-10 * np.abs(height))
        if not lower.any():
            return trial, value
        size[lower] /= 2
    return u, height


def log_likelihood(problem: Problem, phi: Array, points: int) -> float:
    """The full marginal log-likelihood at phi = (beta, Lambda); one point is Laplace."""
    fixed = problem.x @ phi[: problem.p] + problem.offset
    m = problem.z @ problem.factor_of(phi)
    u, hessian = modes(problem, fixed, m)
    root = np.linalg.cholesky(hessian)
    nodes, log_w = product_rule(points, problem.q)
    spread = np.linalg.solve(
        np.swapaxes(root, 1, 2), np.broadcast_to(nodes.T, (len(u), *nodes.T.shape))
    )
    at = u[:, :, None] + spread
    total = log_w - 0.5 * (at**2).sum(1) - 0.5 * problem.q * np.log(2 * np.pi)
    eta = fixed[:, None] + np.einsum("iq,iqk->ik", m, at[problem.group])
    rows = problem.density.log(eta, problem.y[:, None], problem.trials[:, None])
    total = total + problem.sum_by_group(rows)
    top = total.max(1)
    sums = top + np.log(np.exp(total - top[:, None]).sum(1))
    return float((sums - np.log(np.diagonal(root, axis1=1, axis2=2)).sum(1)).sum())


def richardson(f: Callable[[float], Array | float], h: float) -> Array:
    """Central difference at 0 of a function of the step, extrapolated twice."""
    d = [np.asarray(f(s) - f(-s)) / (2 * s) for s in (h, h / 2, h / 4)]
    first = [(4 * d[1] - d[0]) / 3, (4 * d[2] - d[1]) / 3]
    return (16 * first[1] - first[0]) / 15


def gradient(f: Callable[[Array], float], phi: Array, scale: Array) -> Array:
    axes = np.diag(scale)
    return np.array([richardson(lambda t, a=a: f(phi + t * a), 0.05) for a in axes]) / scale


def hessian_of(f: Callable[[Array], float], phi: Array, scale: Array) -> Array:
    axes = np.diag(scale)
    rows = [richardson(lambda t, a=a: gradient(f, phi + t * a, scale), 0.05) for a in axes]
    h = np.array(rows) / scale[:, None]
    return (h + h.T) / 2


def maximise(problem: Problem, points: int) -> tuple[Array, Array, float]:
    """The optimum, its covariance matrix, and the log-likelihood."""
    start = problem.density.start(problem.y, problem.trials) - problem.offset
    beta, *_ = np.linalg.lstsq(problem.x, start, rcond=None)
    lam = (0.5 * np.eye(problem.q))[np.tril_indices(problem.q)]
    phi = np.concatenate([beta, lam])
    for k in dict.fromkeys((min(points, 9), points)):
        found = minimize(lambda v, k=k: -log_likelihood(problem, v, k), phi, method="BFGS")
        phi = found.x

    def f(v: Array) -> float:
        return log_likelihood(problem, v, points)

    scale = np.full(len(phi), 0.05)
    for _ in range(3):
        h = hessian_of(f, phi, scale)
        phi = phi - np.linalg.solve(h, gradient(f, phi, scale))
        scale = np.sqrt(np.diag(np.linalg.inv(-h)))
    return phi, np.linalg.inv(-hessian_of(f, phi, scale)), f(phi)


def variance_rows(problem: Problem, phi: Array, cov: Array) -> list[tuple[str, float, float]]:
    """Variances, covariances and standard deviations with delta-method standard errors."""
    rows: list[tuple[str, float, float]] = []

    def delta(name: str, g: Callable[[Array], float]) -> None:
        slope = np.array(
            [richardson(lambda t, a=a: g(phi + t * a), 1e-3) for a in np.eye(len(phi))]
        )
        rows.append((name, g(phi), float(np.sqrt(slope @ cov @ slope))))

    for i, a in enumerate(problem.effects):
        for j, b in enumerate(problem.effects[: i + 1]):
            name = a if i == j else f"{b},{a}"
            delta(
                f"vc:{problem.factor}:{name}",
                lambda v, i=i, j=j: float((lam := problem.factor_of(v))[i] @ lam[j]),
            )
        delta(
            f"sd:{problem.factor}:{a}",
            lambda v, i=i: float(np.linalg.norm(problem.factor_of(v)[i])),
        )
    return rows


def _matrix(frame: pd.DataFrame, terms: dict[str, Callable[[pd.DataFrame], Array]]) -> Array:
    columns = [np.ones(len(frame))] + [np.asarray(make(frame), float) for make in terms.values()]
    return np.column_stack(columns)


def _is(column: str, level: str) -> Callable[[pd.DataFrame], Array]:
    return lambda frame: (frame[column] == level).to_numpy(float)


def _numeric(column: str) -> Callable[[pd.DataFrame], Array]:
    return lambda frame: frame[column].to_numpy(float)


def _times(a: str, b: Callable[[pd.DataFrame], Array]) -> Callable[[pd.DataFrame], Array]:
    return lambda frame: frame[a].to_numpy(float) * b(frame)


@dataclass(frozen=True)
class Gold:
    """A model spelled out by hand, with the number of points per dimension."""

    id: str
    dataset: str
    density: Density
    y: str
    factor: str
    terms: dict[str, Callable[[pd.DataFrame], Array]]
    slope: str | None = None
    trials: str | None = None
    offset: str | None = None
    points: int = 61

    def problem(self) -> Problem:
        frame = DATASETS[self.dataset]()
        x = _matrix(frame, self.terms)
        names = ("(Intercept)", *self.terms)
        effects = ("(Intercept)",) if self.slope is None else ("(Intercept)", self.slope)
        ones = np.ones(len(frame))
        return Problem(
            density=self.density,
            y=frame[self.y].to_numpy(float),
            trials=frame[self.trials].to_numpy(float) if self.trials else ones,
            offset=frame[self.offset].to_numpy(float) if self.offset else 0 * ones,
            x=x,
            z=x[:, [names.index(effect) for effect in effects]],
            group=pd.factorize(frame[self.factor])[0],
            names=names,
            factor=self.factor,
            effects=effects,
        )


_PERIODS = {f"period{k}": _is("period", k) for k in "234"}
_USE = {
    "age": _numeric("age"),
    "urbanY": _is("urban", "Y"),
    **{f"livch{k}": _is("livch", k) for k in ("1", "2", "3+")},
}
_AGE_SMOKE = {"age": _numeric("age"), "smoke": _numeric("smoke")}
_PROGABIDE = _is("trt", "progabide")
_EPIL = {"lbase": _numeric("lbase"), "trtprogabide": _PROGABIDE, "lage": _numeric("lage")}
_LBASE_TRT = {"lbase:trtprogabide": _times("lbase", _PROGABIDE)}
_BACTERIA = {
    "trtdrug": _is("trt", "drug"),
    "trtdrug+": _is("trt", "drug+"),
    "late": _numeric("late"),
}
_O75, _CUCUMBER = _is("seed", "O75"), _is("root", "CUCUMBER")
_SEED_ROOT = {
    "seedO75": _O75,
    "rootCUCUMBER": _CUCUMBER,
    "seedO75:rootCUCUMBER": lambda frame: _O75(frame) * _CUCUMBER(frame),
}
_SEED73 = {
    "seed73": _numeric("seed73"),
    "cuc": _numeric("cuc"),
    "seed73:cuc": _times("seed73", _numeric("cuc")),
}

GOLDS: tuple[Gold, ...] = (
    Gold("cbpp", "cbpp", LOGIT, "incidence", "herd", _PERIODS, trials="size"),
    Gold("contraception-intercept", "contraception", LOGIT, "use", "district", _USE),
    Gold(
        "contraception-slope", "contraception", LOGIT, "use", "district", _USE, "urbanY", points=25
    ),
    Gold("contraception-probit", "contraception", PROBIT, "use", "district", _USE),
    Gold("contraception-cloglog", "contraception", CLOGLOG, "use", "district", _USE),
    Gold("ohio", "ohio", LOGIT, "resp", "id", _AGE_SMOKE),
    Gold(
        "ohio-interaction", "ohio", LOGIT, "resp", "id",
        {**_AGE_SMOKE, "age:smoke": _times("age", _numeric("smoke"))},
    ),
    Gold(
        "epil-intercept", "epil", LOG, "y", "subject",
        {**_EPIL, "V4": _numeric("V4"), **_LBASE_TRT},
    ),
    Gold(
        "epil-slope", "epil", LOG, "y", "subject",
        {**_EPIL, "visit": _numeric("visit"), **_LBASE_TRT}, "visit", points=25,
    ),
    Gold("bacteria", "bacteria", LOGIT, "y", "ID", _BACTERIA),
    Gold("orob2", "orob2", LOGIT, "y", "o", _SEED_ROOT, trials="n"),
    Gold("seeds", "orob2", LOGIT, "y", "o", _SEED73, trials="n"),
    Gold(
        "mmmec-region", "mmmec", LOG, "deaths", "region", {"uvb": _numeric("uvb")},
        offset="log_expected",
    ),
)  # fmt: skip


def rows(gold: Gold, points: int) -> pd.DataFrame:
    """The frozen rows of a model at so many points."""
    problem = gold.problem()
    phi, cov, llf = maximise(problem, points)
    fixed = zip(problem.names, phi, np.sqrt(np.diag(cov)), strict=False)
    table = [*fixed, *variance_rows(problem, phi, cov), ("logLik", llf, np.nan)]
    frame = pd.DataFrame(table, columns=["parameter", "estimate", "se"])
    version = f"numpy {np.__version__}, scipy {scipy.__version__}"
    about = {
        "model": gold.id,
        "program": "gold",
        "version": version,
        "method": "laplace" if points == 1 else "agq",
        "nodes": points,
        "dataset": gold.dataset,
    }
    return frame.assign(**about)


def main() -> None:
    path, *wanted = sys.argv[1:]
    tables = [
        rows(gold, points)
        for gold in GOLDS
        if not wanted or gold.id in wanted
        for points in (1, gold.points)
    ]
    pd.concat(tables).to_csv(path, index=False, float_format="%.12g")


if __name__ == "__main__":
    main()
