"""Simulated rows in groups, and what a whole estimate is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from mixeff.estimate.values import Estimate
from mixeff.model import build
from mixeff.model.design import Design


def design_of(formula: str, data: Any, family: str = "gaussian", **options: Any) -> Design:
    return build(formula, data, family, **options)[1]


def grouped(seed: int, levels: int, size: int, sd: float = 1.0) -> dict[str, Any]:
    """Levels of equal size with a covariate and the sum of a fixed and a random part."""
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(levels), size)
    x = rng.normal(size=len(g))
    return {"g": g, "x": x, "eta": 0.3 + 0.5 * x + sd * rng.normal(size=levels)[g], "rng": rng}


def binary(made: dict[str, Any]) -> pd.DataFrame:
    y = made["rng"].binomial(1, special.expit(made["eta"]))
    return pd.DataFrame({"y": y, "x": made["x"], "g": made["g"]})


def counts(made: dict[str, Any]) -> pd.DataFrame:
    y = made["rng"].poisson(np.exp(made["eta"]))
    return pd.DataFrame({"y": y, "x": made["x"], "g": made["g"]})


def numbers(made: dict[str, Any], sd: float = 0.7) -> pd.DataFrame:
    y = made["eta"] + sd * made["rng"].normal(size=len(made["g"]))
    return pd.DataFrame({"y": y, "x": made["x"], "g": made["g"]})


def is_whole(done: Estimate) -> bool:
    """Converged, every number there, but for the errors of parameters on the boundary."""
    free = np.ones(len(done.cov), dtype=bool)
    free[len(done.beta) :] = done.theta != 0 if done.singular else True
    finite = all(np.isfinite(v).all() for v in (done.beta, done.theta, done.llf))
    known = np.isfinite(np.diag(done.cov)[free]).all()
    effects = all(np.isfinite(r.mode).all() and np.isfinite(r.mean_cov).all() for r in done.random)
    return bool(done.converged and finite and known and effects)


def standard_errors(done: Estimate) -> np.ndarray:
    return np.sqrt(np.diag(done.cov))


def shifts(a: Estimate, b: Estimate) -> np.ndarray:
    """Differences of all estimates in standard errors."""
    moved = np.concatenate([a.beta - b.beta, a.theta - b.theta])
    return np.abs(moved / standard_errors(b))
