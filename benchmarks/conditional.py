"""`python -m benchmarks.conditional [OUT.md]`: conditional logit beside survival and statsmodels.

One program after the other, the rounds in turn, each from its data to estimates with standard
errors; medians. A peer that is not installed is left out.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .report import publish

ROUNDS = 3
LEVELS, ROWS = 5_000, 20
COVARIATES = tuple(f"x{j}" for j in range(1, 6))
CLOGIT = """
suppressPackageStartupMessages(library(survival)); d <- read.csv(commandArgs(TRUE)[1])
seconds <- system.time(f <- clogit({formula} + strata(g), d, method = "exact"))[["elapsed"]]
cat(seconds, f$loglik[2], "\\n")
"""


def simulated(seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(LEVELS), ROWS)
    x = rng.normal(size=(len(g), len(COVARIATES)))
    eta = -0.5 + x @ np.array([0.5, -0.3, 0.2, 0.0, 0.8]) + rng.normal(size=LEVELS)[g]
    frame = pd.DataFrame(x, columns=list(COVARIATES))
    return frame.assign(y=rng.binomial(1, 1 / (1 + np.exp(-eta))), g=g)


def of_mixeff(data: pd.DataFrame, _: Path) -> tuple[float, float]:
    import mixeff as me

    formula = f"y ~ {' + '.join(COVARIATES)} + (1 | g)"
    start = time.perf_counter()
    fit = me.fit(formula, data, family="bernoulli", method="conditional")
    _ = fit.bse
    return time.perf_counter() - start, fit.llf


def of_survival(_: pd.DataFrame, file: Path) -> tuple[float, float]:
    code = CLOGIT.format(formula=f"y ~ {' + '.join(COVARIATES)}")
    script = file.with_suffix(".R")
    script.write_text(code)
    done = subprocess.run(["Rscript", script, file], capture_output=True, text=True, check=True)
    seconds, value = map(float, done.stdout.split())
    return seconds, value


def of_statsmodels(data: pd.DataFrame, _: Path) -> tuple[float, float]:
    from statsmodels.discrete.conditional_models import ConditionalLogit

    start = time.perf_counter()
    fit: Any = ConditionalLogit(data["y"], data[list(COVARIATES)], groups=data["g"]).fit(disp=0)
    _ = fit.bse
    return time.perf_counter() - start, fit.llf


PROGRAMS: dict[str, Callable[[pd.DataFrame, Path], tuple[float, float]]] = {
    "mixeff": of_mixeff,
    "survival::clogit": of_survival,
    "statsmodels ConditionalLogit": of_statsmodels,
}


def measured() -> dict[str, list[tuple[float, float]]]:
    data, found = simulated(), {name: [] for name in PROGRAMS}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "data.csv"
        data.to_csv(file, index=False)
        of_mixeff(data, file)  # imports
        for round_ in range(ROUNDS):
            for name, run in PROGRAMS.items():
                if round_ and (not found[name] or found[name][0][0] > 20):
                    continue
                try:
                    found[name].append(run(data, file))
                except (ImportError, FileNotFoundError, subprocess.CalledProcessError) as error:
                    print(f"{name} is left out: {error}", file=sys.stderr)
    return found


def document(found: dict[str, list[tuple[float, float]]]) -> str:
    medians = {name: statistics.median(s for s, _ in runs) for name, runs in found.items() if runs}
    rows = "\n".join(
        f"| {name} | {seconds:.3f} | {seconds / medians['mixeff']:.1f} | {found[name][0][1]:.2f} |"
        for name, seconds in medians.items()
    )
    return (
        "# Conditional logit\n\n"
        f"{LEVELS * ROWS:,} rows in {LEVELS:,} clusters, {len(COVARIATES)} covariates; data to "
        f"standard errors, medians of {ROUNDS} rounds in one run (one round of what takes more "
        "than 20 s). Only ratios count.\n\n"
        "| program | seconds | against mixeff | log-likelihood |\n|---|---|---|---|\n"
        f"{rows}\n"
    )


def main() -> None:
    publish(document(measured()))


if __name__ == "__main__":
    main()
