"""Gold numbers for nested random intercepts, as independent and as plain as those of `gold`.

Both levels are integrated by the trapezoidal rule on a fixed grid of standard normal deviates, the
inner one at every point of the outer, with nothing adapted and nothing of mixeff used: for a smooth
integrand that vanishes at both ends the rule converges faster than any power of its step. The
maximum is found by BFGS with the gradient in the posterior weights, and polished by Newton steps.
`python -m validation.gold_nested OUT.csv [MODEL ...]` writes the rows.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy
from scipy.optimize import minimize
from scipy.special import logsumexp

from .datasets import DATASETS, GUIMMUN_DUMMIES
from .gold import LOG, LOGIT, Array, Density, _matrix, _numeric


@dataclass(frozen=True)
class Nested:
    """A model with an intercept for each inner and each outer level, and its grid."""

    id: str
    dataset: str
    density: Density
    y: str
    inner: str
    outer: str
    terms: tuple[str, ...]
    offset: str | None = None
    points: int = 61
    reach: float = 8.0


NESTED: tuple[Nested, ...] = (
    Nested("guimmun", "guimmun", LOGIT, "immun", "mom", "cluster", GUIMMUN_DUMMIES),
    Nested(
        "mmmec-nation-region", "mmmec", LOG, "deaths", "region", "nation", ("uvb",),
        offset="log_expected", reach=5.5,
    ),
)  # fmt: skip


class Likelihood:
    """The log-likelihood of (beta, inner SD, outer SD) with its gradient."""

    def __init__(self, model: Nested) -> None:
        frame = DATASETS[model.dataset]().sort_values([model.outer, model.inner])
        self.density = model.density
        self.y = frame[model.y].to_numpy(float)[:, None]
        self.x = _matrix(frame, {name: _numeric(name) for name in model.terms})
        self.offset = frame[model.offset].to_numpy(float) if model.offset else np.zeros(len(frame))
        inner, outer = (frame[name].to_numpy() for name in (model.inner, model.outer))
        self.starts = np.flatnonzero(np.r_[True, inner[1:] != inner[:-1]])
        outer_of_inner = outer[self.starts]
        self.tops = np.flatnonzero(np.r_[True, outer_of_inner[1:] != outer_of_inner[:-1]])
        self.inner_of_row = np.cumsum(np.isin(np.arange(len(frame)), self.starts)) - 1
        self.top_of_inner = np.cumsum(np.isin(np.arange(len(self.starts)), self.tops)) - 1
        self.axis = np.linspace(-model.reach, model.reach, model.points)
        step = self.axis[1] - self.axis[0]
        self.log_weight = -0.5 * self.axis**2 - 0.5 * np.log(2 * np.pi) + np.log(step)

    def __call__(self, phi: Array) -> tuple[float, Array]:
        *beta, inner_sd, outer_sd = phi
        fixed = (self.x @ beta + self.offset)[:, None] + inner_sd * self.axis
        parts = [self._given(fixed + outer_sd * v) for v in self.axis]
        inner = np.stack([part[0] for part in parts], 1)
        joint = np.add.reduceat(inner, self.tops) + self.log_weight
        value = np.asarray(logsumexp(joint, axis=1))
        weight = np.exp(joint - value[:, None])[self.top_of_inner][self.inner_of_row]
        score = weight * np.stack([part[1] for part in parts], 1)
        inner_slope = (weight * np.stack([part[2] for part in parts], 1)).sum()
        gradient = [*(self.x.T @ score.sum(1)), inner_slope, (score * self.axis).sum()]
        return float(value.sum()), np.array(gradient)

    def _given(self, eta: Array) -> tuple[Array, Array, Array]:
        """Inner log-integrals at one outer point; a row's mean score, and that with its deviate."""
        rows = self.density.log(eta, self.y, np.ones_like(self.y))
        joint = np.add.reduceat(rows, self.starts) + self.log_weight
        value = np.asarray(logsumexp(joint, axis=1))
        weight = np.exp(joint - value[:, None])[self.inner_of_row]
        score = weight * self.density.score(eta, self.y, np.ones_like(self.y))
        return value, score.sum(1), (score * self.axis).sum(1)


def hessian(gradient: Callable[[Array], Array], phi: Array) -> Array:
    """Central differences of the gradient, extrapolated."""

    def slope(k: int, h: float) -> Array:
        move = np.zeros(len(phi))
        move[k] = h
        return (gradient(phi + move) - gradient(phi - move)) / (2 * h)

    rows = [(4 * slope(k, 5e-4) - slope(k, 1e-3)) / 3 for k in range(len(phi))]
    return (np.array(rows) + np.array(rows).T) / 2


def maximise(likelihood: Likelihood) -> tuple[Array, Array, float]:
    """The optimum, its covariance matrix, and the log-likelihood."""
    start = np.append(np.zeros(likelihood.x.shape[1]), [1.0, 0.5])

    def minus(phi: Array) -> tuple[float, Array]:
        value, slope = likelihood(phi)
        return -value, -slope

    phi = minimize(minus, start, jac=True, method="BFGS", options={"gtol": 1e-3}).x
    h = hessian(lambda v: likelihood(v)[1], phi)
    for _ in range(3):
        phi = phi - np.linalg.solve(h, likelihood(phi)[1])
    return phi, np.linalg.inv(-h), likelihood(phi)[0]


def rows(model: Nested) -> pd.DataFrame:
    """The frozen rows of a model."""
    phi, cov, llf = maximise(Likelihood(model))
    se = np.sqrt(np.diag(cov))
    names = ["(Intercept)", *model.terms]
    table = list(zip(names, phi, se, strict=False))
    for group, sd, error in zip((model.inner, model.outer), phi[-2:], se[-2:], strict=True):
        table.append((f"vc:{group}:(Intercept)", sd**2, 2 * abs(sd) * error))
        table.append((f"sd:{group}:(Intercept)", abs(sd), error))
    table.append(("logLik", llf, np.nan))
    frame = pd.DataFrame(table, columns=["parameter", "estimate", "se"])
    about = {
        "model": model.id,
        "program": "gold",
        "version": f"numpy {np.__version__}, scipy {scipy.__version__}",
        "method": "agq",
        "nodes": model.points,
        "dataset": model.dataset,
    }
    return frame.assign(**about)


def main() -> None:
    path, *wanted = sys.argv[1:]
    tables = [rows(model) for model in NESTED if not wanted or model.id in wanted]
    pd.concat(tables).to_csv(path, index=False, float_format="%.12g")


if __name__ == "__main__":
    main()
