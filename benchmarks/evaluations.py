"""`python -m benchmarks.evaluations [OUT.md]`: one evaluation of the likelihood, family by family.

Value and gradient by Laplace's approximation at each model's own estimates, one grouping factor,
one thread, the random effects sought from zero: what costs is the family. The families take turns.
Ratios are to the Poisson model in the same turn.
"""

from __future__ import annotations

import os
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

os.environ["RAYON_NUM_THREADS"] = "1"  # before the core is loaded

import mixeff as me

from .family_cases import ORDERED, RESPONSES, TRIALS, Response, simulated
from .report import publish

REPEATS = 51
ROWS = 10_000
_FIXED = "x1 + x2 + x3 + (1 | g)"


def _model(response: Response) -> me.Model:
    data = simulated(response, ROWS, ("g",))
    left = f"trials(y, {TRIALS})" if "n" in data else "y"
    return me.Model(
        f"{left} ~ {_FIXED}",
        data,
        response.family,
        dispersion=response.dispersion,
        zero_inflation=response.zero_inflation,
    )


def _evaluation(response: Response) -> Callable[[int], Any]:
    """Next to the estimate, never twice at the same point: nothing is known from the last turn."""
    model = _model(response)
    estimate = model.fit(method="laplace").estimate
    return lambda turn: model.gradient(estimate.beta + 1e-7 * turn, estimate.theta)


def _seconds(run: Callable[[int], Any], turn: int) -> float:
    start = time.perf_counter()
    run(turn)
    return time.perf_counter() - start


def measured() -> list[tuple[str, float, float]]:
    """Nanoseconds a row of an evaluation, the best of all turns, and the median ratio in a turn."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        runs = {response.title: _evaluation(response) for response in (*RESPONSES, ORDERED)}
    turns = [{title: _seconds(run, k) for title, run in runs.items()} for k in range(REPEATS)]
    return [
        (
            title,
            min(turn[title] for turn in turns) / ROWS * 1e9,
            statistics.median(turn[title] / turn["poisson"] for turn in turns),
        )
        for title in runs
    ]


def document(found: list[tuple[str, float, float]]) -> str:
    rows = "\n".join(f"| {name} | {ns:,.0f} | {ratio:.1f} |" for name, ns, ratio in found)
    return (
        "# One evaluation, family by family\n\n"
        f"`python -m benchmarks.evaluations`: value and gradient by Laplace's approximation, "
        f"{ROWS:,} rows in clusters of 20, one thread, the best of {REPEATS} turns, the random "
        "effects sought from zero each time; the ratio is the median of those within a turn. "
        "Asked: at most 4 times poisson for a family without kernels written by hand. compois has "
        "such: its density is a sum over all counts, computed anew for the table of each point.\n\n"
        "| family | ns a row | times poisson |\n|---|---|---|\n"
        f"{rows}\n"
    )


def main() -> None:
    publish(document(measured()))


if __name__ == "__main__":
    main()
