"""`python -m benchmarks.threads [OUT.md]`: how much faster two threads are than one.

Two processes of mixeff, one with one thread and one with two, take turns, one call each: on a
shared machine, whose speed changes from minute to minute, only calls next to each other compare.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from .cases import BY_NAME, Case
from .process import Worker
from .programs import PROGRAMS
from .report import OURS, publish
from .runner import write_data

TURNS = 25
CASES = ("clusters-1e6", "poisson-slope-1e6", "clusters-1e5-agq15", "guimmun-agq12")
METRICS = ("whole", "refit")


def measured(case: Case, folder: Path) -> list[tuple[str, float, float, float]]:
    """Metric, milliseconds with one thread and with two, and the median speed-up in a turn."""
    (program,) = (program for program in PROGRAMS if program.name == OURS)
    stem = write_data(case, folder, with_csv=False)
    workers = [Worker(program, case.name, stem, threads) for threads in (1, 2)]
    try:
        for worker in workers:
            worker.hear(180.0)
        return [(metric, *_turns(metric, workers)) for metric in METRICS]
    finally:
        for worker in workers:
            worker.end()


def _turns(metric: str, workers: list[Worker]) -> tuple[float, float, float]:
    for worker in workers:
        worker.ask(f"{metric} 0", 60.0)  # to warm up
    turns = [[worker.ask(f"{metric} 0", 60.0)["wall"] for worker in workers] for _ in range(TURNS)]
    one, two = (statistics.median(times) * 1e3 for times in zip(*turns, strict=True))
    return one, two, statistics.median(first / second for first, second in turns)


def main() -> None:
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for name in CASES:
            case = BY_NAME[name]
            for metric, one, two, ratio in measured(case, Path(folder)):
                lines.append(f"| {case.title} | {metric} | {one:,.1f} | {two:,.1f} | {ratio:.2f} |")
    publish(
        "# Two threads\n\n"
        f"`python -m benchmarks.threads`: one call in turn with one thread and with two, {TURNS} "
        "turns; medians, and the median of the speed-up within a turn. Asked: 1.6 for the whole "
        "call with 1e6 rows in 20,000 clusters.\n\n"
        "| case | time | 1 thread ms | 2 threads ms | speed-up |\n|---|---|---|---|---|\n"
        + "\n".join(lines)
        + "\n"
    )


if __name__ == "__main__":
    main()
