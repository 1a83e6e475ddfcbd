"""Small fits of responses with categories and with zeros, which the tests of predictions share."""

import warnings
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

import mixeff as me


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
