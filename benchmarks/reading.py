"""`python -m benchmarks.reading [OUT.md]`: what reading a fit of 100,000 rows takes.

Marginal predictions with intervals for every row, and the whole report, each against its limit in
seconds. There is no peer: no other program offers them.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import mixeff as me

from .report import publish

ROWS, CLUSTERS, ROUNDS = 100_000, 2_000, 3
PREDICTIONS, REPORT = 2.0, 5.0


def simulated(seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(CLUSTERS), ROWS // CLUSTERS)
    x = rng.normal(size=ROWS)
    latent = 0.5 * x + rng.normal(size=CLUSTERS)[g] + rng.logistic(size=ROWS)
    return pd.DataFrame(
        {
            "g": g,
            "x": x,
            "binary": (latent > 0).astype(int),
            "ordinal": np.digitize(latent, [-2, -0.5, 0.5, 2]),
            "count": rng.poisson(np.exp(0.3 * x + 0.4 * rng.normal(size=CLUSTERS)[g])),
        }
    )


MODELS: dict[str, tuple[str, str]] = {
    "logit": ("binary ~ x + (1 | g)", "bernoulli"),
    "logit, random slope": ("binary ~ x + (1 + x | g)", "bernoulli"),
    "ordinal, 5 categories": ("ordinal ~ x + (1 | g)", "cumulative"),
    "poisson": ("count ~ x + (1 | g)", "poisson"),
}


def _seconds(run: Callable[[], Any]) -> float:
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def measured() -> list[tuple[str, float, float]]:
    data, found = simulated(), []
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        for name, (formula, family) in MODELS.items():
            fit = me.fit(formula, data, family=family, method="laplace")
            marginal = partial(fit.predict, kind="marginal", interval="confidence")
            found.append((name, _seconds(marginal), _seconds(partial(fit.report, page))))
    return found


def document(found: list[tuple[str, float, float]]) -> str:
    rows = "\n".join(f"| {name} | {a:.2f} | {b:.2f} |" for name, a, b in found)
    return (
        "# Reading a fit\n\n"
        f"`python -m benchmarks.reading`: {ROWS:,} rows in {CLUSTERS:,} clusters, medians of "
        f"{ROUNDS} rounds, seconds. Asked: marginal predictions with intervals in {PREDICTIONS:g}, "
        f"the report in {REPORT:g}.\n\n"
        "| model | marginal predictions with intervals | report |\n|---|---|---|\n"
        f"{rows}\n"
    )


def main() -> None:
    publish(document(measured()))


if __name__ == "__main__":
    main()
