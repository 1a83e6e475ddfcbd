"""One program on one case in a process of its own: reads commands, answers in JSON lines.

Started by the runner as `python -m benchmarks.worker MODULE CASE DATA THREADS`. A command is
`METRIC SECONDS`: the metric is called until the seconds are used up (at least once), and the
median time of a call is answered.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import statistics
import sys
import time
import warnings
from typing import TYPE_CHECKING, Any

import pandas as pd

from . import cases, family_cases

if TYPE_CHECKING:
    from .programs.base import Bound, Setup

_MOST_CALLS = 25
_CASES = cases.BY_NAME | family_cases.BY_NAME


def _memory(key: str) -> float:
    """A line of /proc/self/status in megabytes; not a number where there is no such file."""
    try:
        with open("/proc/self/status") as status:
            line = next(line for line in status if line.startswith(key))
    except OSError:
        return float("nan")
    return int(line.split()[1]) / 1024


def _forget_peak() -> None:
    """Let the high-water mark start anew, so that loading the data does not count."""
    try:
        with open("/proc/self/clear_refs", "w") as switch:
            switch.write("5")
    except OSError:
        return


def _once(setup: Setup) -> tuple[float, float, Any]:
    run = setup()
    wall, cpu = time.perf_counter(), time.process_time()
    result = run()
    return time.perf_counter() - wall, time.process_time() - cpu, result


def _measure(bound: Bound, metric: str, seconds: float) -> dict[str, Any]:
    if metric not in bound.metrics:
        return {"absent": f"no {metric}"}
    walls: list[float] = []
    cpus: list[float] = []
    result = None
    while not walls or (sum(walls) < seconds and len(walls) < _MOST_CALLS):
        wall, cpu, result = _once(bound.metrics[metric])
        walls.append(wall)
        cpus.append(cpu)
    gc.collect()
    return {
        "wall": statistics.median(walls),
        "cpu": statistics.median(cpus),
        "calls": len(walls),
        "llf": bound.llf(result),
        "peak_mb": _memory("VmHWM"),
    }


def _answer(out: Any, **fields: Any) -> None:
    print(json.dumps(fields), file=out, flush=True)


def _guarded(action: Any) -> dict[str, Any]:
    """Whatever a peer raises becomes an answer: one failure must not end the run."""
    try:
        return action()
    except Exception as error:
        return {"absent": f"{type(error).__name__}: {error}"[:200]}


def main() -> None:
    module, case_name, path, threads = sys.argv[1:5]
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # programs that print must not mix with the answers
    warnings.simplefilter("ignore")
    case, frame = _CASES[case_name], pd.read_feather(path)
    bound: list[Bound] = []

    def start() -> dict[str, Any]:
        program = importlib.import_module(module)
        bound.append(program.bind(case, frame, int(threads)))
        gc.collect()
        _forget_peak()
        return {"ready": True, "base_mb": _memory("VmRSS"), "rows": len(frame)}

    _answer(out, **_guarded(start))
    for line in sys.stdin:
        metric, seconds = line.split()
        _answer(out, **_guarded(lambda: _measure(bound[0], metric, float(seconds))))  # noqa: B023


if __name__ == "__main__":
    main()
