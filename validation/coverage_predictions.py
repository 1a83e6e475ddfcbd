"""Do 95 % intervals of predictions hold the truth 95 % of the time?

`nice -n 10 python -m validation.coverage_predictions` simulates from known parameters with fixed
seeds, fits by mixeff, predicts, and writes `validation/coverage-predictions.md`; it fails if an
interval covers less than 92 %, or one that is not of a new response more than 97 %.

The truth is computed here, by 60-point quadrature, and not by mixeff.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

import mixeff as me

REPORT = Path(__file__).parent / "coverage-predictions.md"
LOWEST, HIGHEST = 0.92, 0.97
REPLICATIONS = 1000
GROUPS, SIZE, TRIALS = 100, 8, 5
AT = np.array([-1.0, 0.0, 1.5])  # values of x at which curves are predicted
SCORES, WEIGHTS = np.polynomial.hermite_e.hermegauss(60)

Row = tuple[str, np.ndarray]  # what is covered, and whether it was, by case


@dataclass(frozen=True)
class Model:
    """A random intercept: `means(eta)` gives the true mean, or the probabilities of categories."""

    name: str
    formula: str
    family: str
    slope: float
    sd: float
    means: Callable[[np.ndarray], np.ndarray]
    draw: Callable[[np.random.Generator, np.ndarray], dict[str, Any]]
    seed: int
    categories: int = 0
    trials: int = 1

    def median(self) -> np.ndarray:
        """The means at `AT` with the random effect at zero."""
        return self.means(self.slope * AT)

    def marginal(self) -> np.ndarray:
        """The means at `AT`, averaged over the random effect."""
        every = self.means(self.slope * AT[:, None] + self.sd * SCORES)
        return np.einsum("ap...,p->a...", every, WEIGHTS / WEIGHTS.sum())


def _one(eta: np.ndarray) -> np.ndarray:
    return expit(eta - 0.5)


def _trials(rng: np.random.Generator, eta: np.ndarray) -> dict[str, Any]:
    return {"y": rng.binomial(TRIALS, _one(eta)), "n": np.full(len(eta), TRIALS)}


def _positive(rng: np.random.Generator, eta: np.ndarray) -> dict[str, Any]:
    return {"y": rng.gamma(3.0, np.exp(eta) / 3.0)}


CUTS = np.array([-1.5, 0.0, 1.0])


def _categories(eta: np.ndarray) -> np.ndarray:
    below = expit(CUTS - eta[..., None])
    ends = np.zeros(eta.shape)[..., None]
    return np.diff(np.concatenate([ends, below, ends + 1.0], axis=-1), axis=-1)


def _ordered(rng: np.random.Generator, eta: np.ndarray) -> dict[str, Any]:
    return {"y": np.digitize(eta + rng.logistic(size=len(eta)), CUTS)}


MODELS = (
    Model(
        "binomial logit, 5 trials", "trials(y, n) ~ x + (1 | g)", "binomial",
        0.7, 1.0, _one, _trials, 201, trials=TRIALS,
    ),
    Model(
        "gamma, log link, shape 3", "y ~ x + (1 | g)", "gamma", 0.7, 0.6, np.exp, _positive, 203
    ),
    Model(
        "cumulative logit, 4 categories", "y ~ x + (1 | g)", "cumulative",
        0.7, 1.0, _categories, _ordered, 202, categories=4,
    ),
)  # fmt: skip


def replicate(model: Model, replication: int) -> Iterator[Row]:
    """One simulated data set, fitted: whether each interval holds the truth."""
    rng = np.random.default_rng([model.seed, replication])
    g = np.repeat(np.arange(GROUPS), SIZE)
    x, b = rng.standard_normal(len(g)), model.sd * rng.standard_normal(GROUPS)
    eta = model.slope * x + b[g]
    fit = me.fit(
        model.formula, pd.DataFrame({"g": g, "x": x, **model.draw(rng, eta)}), model.family
    )
    curve = pd.DataFrame({"x": AT, "n": TRIALS})
    for kind, truth in (("median", model.median()), ("marginal", model.marginal())):
        yield from _curves(fit.predict(curve, kind=kind, interval="confidence"), kind, truth)
    yield from _clusters(fit, model, b)
    if not model.categories:
        yield from _new_responses(fit, model, rng, x, eta)


def _inside(table: Any, truth: np.ndarray) -> np.ndarray:
    return (table["lower"].to_numpy() <= truth + 1e-9) & (truth - 1e-9 <= table["upper"].to_numpy())


def _curves(table: Any, kind: str, truth: np.ndarray) -> Iterator[Row]:
    inside = _inside(table, truth.ravel()).reshape(truth.shape)
    for x, found in zip(AT, inside, strict=True):
        yield f"confidence, {kind}, x = {x:g}", np.atleast_1d(found)


def _clusters(fit: Any, model: Model, b: np.ndarray) -> Iterator[Row]:
    """The mean of every cluster."""
    rows = pd.DataFrame({"x": np.full(GROUPS, 0.5), "g": np.arange(GROUPS), "n": TRIALS})
    truth = model.means(0.5 * model.slope + b)
    inside = _inside(fit.predict(rows, interval="confidence"), truth.ravel()).reshape(truth.shape)
    own = "confidence, each cluster's own"
    if not model.categories:
        yield own, inside
    for k in range(model.categories):
        yield f"{own}, category {k + 1}", inside[:, k]


def _new_responses(
    fit: Any, model: Model, rng: np.random.Generator, x: np.ndarray, eta: np.ndarray
) -> Iterator[Row]:
    """A second response in each row: of the same cluster, then of one not seen."""
    same = model.draw(rng, eta)["y"] / model.trials
    yield "prediction, cluster", _inside(fit.predict(interval="prediction"), same)
    fresh = model.slope * x + model.sd * rng.standard_normal(len(x))
    other = model.draw(rng, fresh)["y"] / model.trials
    table = fit.predict(kind="marginal", interval="prediction")
    yield "prediction, a new cluster (marginal)", _inside(table, other)


def summary(model: Model, replications: int) -> pd.DataFrame:
    """Coverage with its simulation error, one row an interval."""
    found: dict[str, list[float]] = {}
    for replication in range(replications):
        for name, inside in replicate(model, replication):
            found.setdefault(name, []).append(float(inside.mean()))
    shares = {name: np.array(values) for name, values in found.items()}
    return pd.DataFrame(
        [
            {"interval": name, "coverage": v.mean(), "error": v.std(ddof=1) / np.sqrt(len(v))}
            for name, v in shares.items()
        ]
    )


def _markdown(table: pd.DataFrame) -> str:
    rows = table.itertuples(index=False, name=None)
    lines = ["| {} | {:.1%} | {:.1%} |".format(*row) for row in rows]
    return "\n".join(("| interval | coverage | simulation error |\n|---|---|---|", *lines))


def document(tables: dict[str, pd.DataFrame], replications: int) -> str:
    """The whole report."""
    parts = "\n\n".join(f"## {name}\n\n{_markdown(table)}" for name, table in tables.items())
    return (
        "# Coverage of the intervals of predictions\n\n"
        f"mixeff {me.__version__}, {replications} replications a model, fixed seeds; written by "
        f"`python -m validation.coverage_predictions`. {GROUPS} clusters of {SIZE} rows, a random "
        "intercept of standard deviation 1 (gamma: 0.6). Confidence intervals of the median and "
        "the marginal curve, those of categories pooled over the categories; of each cluster's own "
        "mean at x = 0.5, pooled over the clusters (empirical Bayes intervals hold their level "
        "over clusters, not for each); prediction intervals of a second response in each row. "
        "Asked: 92 to 97 %; prediction intervals of whole numbers hold at least their level.\n\n"
        "The probability of a category in the middle is largest at some random effect. Near it the "
        "probability hardly moves with the random effect, and its slope says too little: intervals "
        "are the range of the probability over the confidence ellipsoid of the row's linear "
        "predictors. Where the largest value lies inside, random effects on both sides of it have "
        "the same probability, and the interval holds between 95 and 97.5 %.\n\n"
        f"{parts}\n"
    )


def _poor(table: pd.DataFrame) -> bool:
    whole = table["interval"].str.startswith("prediction")
    high = (table["coverage"] > HIGHEST) & ~whole
    return bool(((table["coverage"] < LOWEST) | high).any())


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m validation.coverage_predictions", description=__doc__
    )
    parser.add_argument("--replications", type=int, default=REPLICATIONS)
    replications = parser.parse_args().replications
    tables = {model.name: summary(model, replications) for model in MODELS}
    text = document(tables, replications)
    REPORT.write_text(text)
    print(text)
    if any(map(_poor, tables.values())):
        sys.exit(f"a coverage lies outside {LOWEST:.0%} to {HIGHEST:.0%}")


if __name__ == "__main__":
    main()
