"""Gold numbers for small linear mixed models: the dense multivariate normal density of y.

As `validation.gold`, nothing of mixeff is used: V = sum of Z Sigma Z' + sigma^2 I is written out,
the likelihood or the restricted likelihood maximised over the Cholesky entries and log sigma, with
beta by generalized least squares; standard errors from numerical Hessians (`ml`: of all parameters
jointly; `reml`: of the restricted likelihood, and of beta given the variances).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy
from scipy.optimize import minimize

from .datasets import DATASETS
from .gold import gradient, hessian_of, richardson

if TYPE_CHECKING:
    from collections.abc import Callable

    from .gold import Array


@dataclass(frozen=True)
class Block:
    """One random-effects term: factor name, effect names, and its columns as a dense matrix Z."""

    factor: str
    effects: tuple[str, ...]
    z: Array  # rows x effects
    group: Array

    @property
    def q(self) -> int:
        return len(self.effects)

    @property
    def size(self) -> int:
        return self.q * (self.q + 1) // 2

    def covariance(self, entries: Array) -> Array:
        lam = np.zeros((self.q, self.q))
        lam[np.tril_indices(self.q)] = entries
        return lam @ lam.T

    def contribution(self, entries: Array) -> Array:
        """Z Sigma Z' between all rows; rows of different groups are independent."""
        same = self.group[:, None] == self.group[None, :]
        return same * (self.z @ self.covariance(entries) @ self.z.T)


@dataclass(frozen=True)
class Linear:
    """Arrays of a linear mixed model; theta = Cholesky entries term by term, then log sigma."""

    y: Array
    x: Array
    names: tuple[str, ...]
    blocks: tuple[Block, ...]

    def split(self, theta: Array) -> list[Array]:
        return np.split(theta[:-1], np.cumsum([block.size for block in self.blocks])[:-1])

    def v(self, theta: Array) -> Array:
        out = np.exp(2 * theta[-1]) * np.eye(len(self.y))
        for block, entries in zip(self.blocks, self.split(theta), strict=True):
            out += block.contribution(entries)
        return out

    def beta(self, theta: Array) -> tuple[Array, Array]:
        """Generalized least squares, and its covariance matrix."""
        vx = np.linalg.solve(self.v(theta), self.x)
        cov = np.linalg.inv(self.x.T @ vx)
        return cov @ (vx.T @ self.y), cov

    def loglik(self, beta: Array, theta: Array) -> float:
        v, r = self.v(theta), self.y - self.x @ beta
        n_log = len(r) * np.log(2 * np.pi)
        return float(-0.5 * (np.linalg.slogdet(v)[1] + r @ np.linalg.solve(v, r) + n_log))

    def restricted(self, theta: Array) -> float:
        beta, cov = self.beta(theta)
        extra = np.linalg.slogdet(cov)[1] + len(beta) * np.log(2 * np.pi)
        return float(self.loglik(beta, theta) + 0.5 * extra)


def _maximise(f: Callable[[Array], float], start: Array) -> Array:
    phi = minimize(lambda v: -f(v), start, method="BFGS").x
    scale = np.full(len(phi), 0.01) * np.maximum(np.abs(phi), 0.1)
    for _ in range(4):
        h = hessian_of(f, phi, scale)
        phi = phi - np.linalg.solve(h, gradient(f, phi, scale))
        scale = np.sqrt(np.diag(np.linalg.inv(-h)))
    return phi


def _fit_ml(model: Linear, start: Array) -> tuple[Array, Array, Array, float]:
    theta = _maximise(lambda t: model.loglik(model.beta(t)[0], t), start)
    beta, _ = model.beta(theta)
    p = len(beta)
    phi = np.concatenate([beta, theta])

    def joint(v: Array) -> float:
        return model.loglik(v[:p], v[p:])

    scale = np.concatenate([np.sqrt(np.diag(model.beta(theta)[1])), 0.02 * np.abs(theta) + 1e-3])
    cov = np.linalg.inv(-hessian_of(joint, phi, scale))
    return beta, theta, cov, joint(phi)


def _fit_reml(model: Linear, start: Array) -> tuple[Array, Array, Array, float]:
    theta = _maximise(model.restricted, start)
    beta, cov_beta = model.beta(theta)
    scale = 0.02 * np.abs(theta) + 1e-3
    p = len(beta)
    cov = np.zeros((p + len(theta),) * 2)
    cov[:p, :p] = cov_beta
    cov[p:, p:] = np.linalg.inv(-hessian_of(model.restricted, theta, scale))
    return beta, theta, cov, model.restricted(theta)


FITS = {"ml": _fit_ml, "reml": _fit_reml}


def _variance_rows(model: Linear, theta: Array, cov: Array) -> list[tuple[str, float, float]]:
    rows: list[tuple[str, float, float]] = []
    cov = cov[-len(theta) :, -len(theta) :]

    def delta(name: str, g: Callable[[Array], float]) -> None:
        axes = np.eye(len(theta))
        slope = np.array([richardson(lambda t, a=a: g(theta + t * a), 1e-3) for a in axes])
        rows.append((name, g(theta), float(np.sqrt(slope @ cov @ slope))))

    for k, block in enumerate(model.blocks):
        for i, a in enumerate(block.effects):
            for j, b in enumerate(block.effects[: i + 1]):
                name = f"vc:{block.factor}:{a if i == j else f'{b},{a}'}"
                delta(
                    name,
                    lambda t, k=k, i=i, j=j: model.blocks[k].covariance(model.split(t)[k])[i, j],
                )
    delta("vc:Residual", lambda t: float(np.exp(2 * t[-1])))
    return rows


def _sleepstudy() -> tuple[Linear, Array]:
    frame = DATASETS["sleepstudy"]()
    x = np.column_stack([np.ones(len(frame)), frame["Days"]]).astype(float)
    block = Block("Subject", ("(Intercept)", "Days"), x, pd.factorize(frame["Subject"])[0])
    model = Linear(frame["Reaction"].to_numpy(float), x, ("(Intercept)", "Days"), (block,))
    return model, np.array([24.0, 1.0, 5.0, 3.2])


def _intercepts(dataset: str, y: str, groups: dict[str, Array], start: list[float]):
    values = DATASETS[dataset]()[y].to_numpy(float)
    ones = np.ones((len(values), 1))
    blocks = tuple(Block(name, ("(Intercept)",), ones, codes) for name, codes in groups.items())
    return Linear(values, ones, ("(Intercept)",), blocks), np.array(start)


def _penicillin() -> tuple[Linear, Array]:
    frame = DATASETS["penicillin"]()
    groups = {name: pd.factorize(frame[name])[0] for name in ("plate", "sample")}
    return _intercepts("penicillin", "diameter", groups, [0.8, 1.9, -0.6])


def _pastes() -> tuple[Linear, Array]:
    frame = DATASETS["pastes"]()
    groups = {
        "cask:batch": pd.factorize(frame["batch"] + frame["cask"])[0],
        "batch": pd.factorize(frame["batch"])[0],
    }
    return _intercepts("pastes", "strength", groups, [2.9, 1.2, -0.2])


LINEAR = {"sleepstudy": _sleepstudy, "penicillin": _penicillin, "pastes": _pastes}


def rows(name: str, method: str) -> pd.DataFrame:
    """The frozen rows of a model by `ml` or `reml`."""
    model, start = LINEAR[name]()
    beta, theta, cov, llf = FITS[method](model, start)
    fixed = zip(model.names, beta, np.sqrt(np.diag(cov)), strict=False)
    table = [*fixed, *_variance_rows(model, theta, cov), ("logLik", llf, np.nan)]
    about = {
        "model": name,
        "program": "gold",
        "version": f"numpy {np.__version__}, scipy {scipy.__version__}",
        "method": method,
        "nodes": 1,
        "dataset": name,
    }
    return pd.DataFrame(table, columns=["parameter", "estimate", "se"]).assign(**about)


def main() -> None:
    tables = [rows(name, method) for name in LINEAR for method in FITS]
    pd.concat(tables).to_csv(sys.argv[1], index=False, float_format="%.12g")


if __name__ == "__main__":
    main()
