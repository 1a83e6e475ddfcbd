"""Are known parameters recovered, and do 95 % intervals hold the truth 95 % of the time?

`python -m validation.coverage` simulates from known parameters with fixed seeds, fits by mixeff and
writes `validation/coverage.md`; it fails if a coverage lies outside 92 to 97 %.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import mixeff as me

REPORT = Path(__file__).parent / "coverage.md"
LOWEST, HIGHEST = 0.92, 0.97
REPLICATIONS = 2000
COLUMNS = ("estimate", "se", "lower", "upper")


@dataclass(frozen=True)
class Scenario:
    """A model with known parameters; `truth` has mixeff's names, SDs and correlations included."""

    name: str
    formula: str | list[str]
    family: str | list[str]
    options: dict[str, Any]
    truth: dict[str, float]
    simulate: Callable[[np.random.Generator], pd.DataFrame]
    seed: int


def clusters(rng: np.random.Generator, groups: int, size: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Covariates within and between clusters, and the cluster of every row."""
    g = np.repeat(np.arange(groups), size)
    within, between = rng.standard_normal(len(g)), rng.integers(2, size=groups)[g]
    return pd.DataFrame({"g": g, "x": within, "w": between.astype(float)}), g


def _logistic(rng: np.random.Generator) -> pd.DataFrame:
    frame, g = clusters(rng, 150, 8)
    eta = -0.5 + 0.7 * frame["x"] + 0.4 * frame["w"] + 1.2 * rng.standard_normal(150)[g]
    return frame.assign(y=(rng.random(len(g)) < 1 / (1 + np.exp(-eta))).astype(int))


def _two_effects(rng: np.random.Generator, groups: int, sd: tuple[float, float], corr: float):
    u = rng.standard_normal((groups, 2))
    slope = corr * u[:, 0] + np.sqrt(1 - corr**2) * u[:, 1]
    return sd[0] * u[:, 0], sd[1] * slope


def _poisson(rng: np.random.Generator) -> pd.DataFrame:
    frame, g = clusters(rng, 150, 8)
    intercept, slope = _two_effects(rng, 150, (0.6, 0.4), 0.3)
    eta = 0.3 + 0.5 * frame["x"] - 0.3 * frame["w"] + intercept[g] + slope[g] * frame["x"]
    return frame.assign(y=rng.poisson(np.exp(eta)))


def _gaussian(rng: np.random.Generator) -> pd.DataFrame:
    frame, g = clusters(rng, 150, 8)
    intercept, slope = _two_effects(rng, 150, (1.0, 0.7), -0.2)
    eta = 2.0 + 1.0 * frame["x"] - 0.5 * frame["w"] + intercept[g] + slope[g] * frame["x"]
    return frame.assign(y=eta + 1.5 * rng.standard_normal(len(g)))


def _limited(rng: np.random.Generator) -> pd.DataFrame:
    """Detection limits on both sides: a third of the responses lies beyond them."""
    frame, g = clusters(rng, 150, 8)
    eta = 1.0 + 0.8 * frame["x"] - 0.5 * frame["w"] + 0.7 * rng.standard_normal(150)[g]
    return frame.assign(y=(eta + rng.standard_normal(len(g))).clip(-0.2, 2.2))


def _lifetimes(rng: np.random.Generator) -> pd.DataFrame:
    """Weibull times of shape 2, the study ending for each subject at a time of its own."""
    frame, g = clusters(rng, 150, 8)
    eta = 1.0 + 0.4 * frame["x"] - 0.5 * frame["w"] + 0.5 * rng.standard_normal(150)[g]
    time, end = np.exp(eta) * rng.exponential(size=len(g)) ** 0.5, rng.uniform(1, 6, len(g))
    return frame.assign(time=np.minimum(time, end), event=time <= end)


SCENARIOS = (
    Scenario(
        "logistic random intercept, agq with 9 nodes",
        "y ~ x + w + (1 | g)",
        "bernoulli",
        {"method": "agq", "nodes": 9},
        {"Intercept": -0.5, "x": 0.7, "w": 0.4, "sd g Intercept": 1.2},
        _logistic,
        seed=101,
    ),
    Scenario(
        "poisson random intercept and slope, auto",
        "y ~ x + w + (1 + x | g)",
        "poisson",
        {"method": "auto"},
        {
            "Intercept": 0.3,
            "x": 0.5,
            "w": -0.3,
            "sd g Intercept": 0.6,
            "sd g x": 0.4,
            "corr g Intercept x": 0.3,
        },
        _poisson,
        seed=102,
    ),
    Scenario(
        "gaussian random intercept and slope, reml",
        "y ~ x + w + (1 + x | g)",
        "gaussian",
        {"method": "reml"},
        {
            "Intercept": 2.0,
            "x": 1.0,
            "w": -0.5,
            "sd g Intercept": 1.0,
            "sd g x": 0.7,
            "sd Residual": 1.5,
            "corr g Intercept x": -0.2,
        },
        _gaussian,
        seed=103,
    ),
    Scenario(
        "gaussian censored at detection limits, auto",
        "cens(y, -0.2, 2.2) ~ x + w + (1 | g)",
        "gaussian",
        {"method": "auto"},
        {"Intercept": 1.0, "x": 0.8, "w": -0.5, "sd g Intercept": 0.7, "sd Residual": 1.0},
        _limited,
        seed=104,
    ),
    Scenario(
        "weibull times censored from the right, auto",
        "survival(time, event) ~ x + w + (1 | g)",
        "weibull",
        {"method": "auto"},
        {"Intercept": 1.0, "x": 0.4, "w": -0.5, "sd g Intercept": 0.5},
        _lifetimes,
        seed=105,
    ),
)


def intervals(fit: Any) -> pd.DataFrame:
    """Estimates, standard errors and 95 % intervals of everything, under the names of `truth`."""
    fixed = fit.conf_int().assign(estimate=fit.params, se=fit.bse)
    return pd.concat([fixed[list(COLUMNS)], *of_variances(fit)])


def of_variances(fit: Any) -> list[pd.DataFrame]:
    """Those of standard deviations and of correlations."""
    sd, corr = fit.standard_deviations(), fit.correlations()
    sd.index = [" ".join(("sd", *k)).strip() for k in zip(sd["group"], sd["name"], strict=True)]
    columns = (corr["group"], corr["name"], corr["other"])
    corr.index = [" ".join(("corr", *k)) for k in zip(*columns, strict=True)]
    return [table[list(COLUMNS)] for table in (sd, corr)]


def replicate(
    scenario: Scenario, replication: int, read: Callable[[Any], pd.DataFrame] = intervals
) -> pd.DataFrame:
    """One simulated data set, fitted, and its table of estimates and intervals."""
    rng = np.random.default_rng([scenario.seed, replication])
    fit = me.fit(scenario.formula, scenario.simulate(rng), scenario.family, **scenario.options)
    return read(fit).assign(converged=fit.converged, replication=replication)


def summary(
    scenario: Scenario, replications: int, read: Callable[[Any], pd.DataFrame] = intervals
) -> pd.DataFrame:
    """Recovery and coverage, one row a parameter."""
    table = pd.concat([replicate(scenario, r, read) for r in range(replications)])
    return pd.DataFrame(
        [_row(table.loc[name], name, truth) for name, truth in scenario.truth.items()]
    )


def _row(table: Any, name: str, truth: float) -> dict[str, Any]:
    spread = table["estimate"].std()
    return {
        "parameter": name,
        "truth": truth,
        "mean": table["estimate"].mean(),
        "bias / SD": (table["estimate"].mean() - truth) / spread,
        "mean SE / SD": table["se"].mean() / spread,
        "coverage": ((table["lower"] <= truth) & (truth <= table["upper"])).mean(),
        "not converged": int((~table["converged"].astype(bool)).sum()),
    }


def markdown(table: pd.DataFrame) -> str:
    head = "| " + " | ".join(table.columns) + " |\n|" + "---|" * len(table.columns)
    formats = ("{}", "{:g}", "{:.4f}", "{:+.3f}", "{:.3f}", "{:.1%}", "{}")
    lines = [
        "| " + " | ".join(f.format(v) for f, v in zip(formats, row, strict=True)) + " |"
        for row in table.itertuples(index=False, name=None)
    ]
    return "\n".join((head, *lines))


def document(tables: dict[str, pd.DataFrame], replications: int) -> str:
    """The whole report."""
    parts = "\n\n".join(f"## {name}\n\n{markdown(table)}" for name, table in tables.items())
    noise = 100 * np.sqrt(0.95 * 0.05 / replications)
    return (
        "# Recovery and coverage\n\n"
        f"mixeff {me.__version__}, {replications} replications a model, fixed seeds; written by "
        "`python -m validation.coverage`. 150 clusters of 8 rows; a covariate within and one "
        "between clusters. Intervals of standard deviations are symmetric on the log scale, those "
        "of correlations on Fisher's. `SD` is that of the estimates over the replications; the "
        f"simulation's own error of a coverage is {noise:.1f} %. Asked: 92 to 97 %.\n\n{parts}\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m validation.coverage", description=__doc__)
    parser.add_argument("--replications", type=int, default=REPLICATIONS)
    replications = parser.parse_args().replications
    tables = {scenario.name: summary(scenario, replications) for scenario in SCENARIOS}
    text = document(tables, replications)
    REPORT.write_text(text)
    print(text)
    coverage = pd.concat(tables.values())["coverage"]
    if not coverage.between(LOWEST, HIGHEST).all():
        sys.exit(f"a coverage lies outside {LOWEST:.0%} to {HIGHEST:.0%}")


if __name__ == "__main__":
    main()
