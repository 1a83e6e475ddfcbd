"""`python -m benchmarks.evaluations [OUT.md]`: one evaluation of the likelihood, family by family.

Value and gradient by Laplace's approximation at each model's own estimates, one grouping factor,
the random effects sought from zero: what costs is the family. Ratios are to the Poisson model.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any

import mixeff as me

from .family_cases import ORDERED, RESPONSES, TRIALS, Response, simulated
from .report import publish

REPEATS = 7
_FIXED = "x1 + x2 + x3 + (1 | g)"


def _model(response: Response, rows: int) -> me.Model:
    data = simulated(response, rows, ("g",))
    left = f"trials(y, {TRIALS})" if "n" in data else "y"
    return me.Model(
        f"{left} ~ {_FIXED}",
        data,
        response.family,
        dispersion=response.dispersion,
        zero_inflation=response.zero_inflation,
    )


def _seconds(run: Callable[[], Any]) -> float:
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def per_row(response: Response) -> float:
    """Nanoseconds a row of one evaluation."""
    model = _model(response, response.rows)
    estimate = model.fit(method="laplace").estimate
    return _seconds(lambda: model.gradient(estimate.beta, estimate.theta)) / response.rows * 1e9


def measured() -> list[tuple[str, float]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [(response.title, per_row(response)) for response in (*RESPONSES, ORDERED)]


def document(found: list[tuple[str, float]]) -> str:
    base = dict(found)["poisson"]
    rows = "\n".join(f"| {name} | {ns:,.0f} | {ns / base:.1f} |" for name, ns in found)
    return (
        "# One evaluation, family by family\n\n"
        f"`python -m benchmarks.evaluations`: value and gradient by Laplace's approximation, "
        f"{RESPONSES[0].rows:,} rows (fewer where the sums are long) in clusters of 20, "
        f"best of {REPEATS}, the random effects sought from zero each time. Asked: at most "
        "4 times poisson for a family without kernels written by hand.\n\n"
        "| family | ns a row | times poisson |\n|---|---|---|\n"
        f"{rows}\n"
    )


def main() -> None:
    publish(document(measured()))


if __name__ == "__main__":
    main()
