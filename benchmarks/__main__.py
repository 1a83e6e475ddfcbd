"""`python -m benchmarks`: mixeff and its peers on the same data in one run."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from .cases import BY_NAME, CASES, Case
from .programs import PROGRAMS
from .report import Result, detail_table, document, target_table
from .runner import Effort, chosen, run, too_slow

_RESULTS = Path(__file__).parent / "results"
_QUICK = Effort(rounds=1, slice_seconds=0.1, timeout=15.0, slow_seconds=2.0)
_NORMAL = Effort()  # about a quarter of an hour for all cases
_FULL = Effort(rounds=5, slice_seconds=0.5, timeout=1_200.0, slow_seconds=20.0, thorough=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--cases", nargs="+", choices=sorted(BY_NAME), metavar="CASE")
    parser.add_argument(
        "--programs", nargs="+", default=[p.name for p in PROGRAMS], metavar="PROGRAM"
    )
    parser.add_argument("--threads", nargs="+", type=int, default=_thread_counts())
    parser.add_argument("--quick", action="store_true", help="one round, 15 s a call at most")
    parser.add_argument(
        "--full", action="store_true", help="every case and program, 20 minutes a call at most"
    )
    parser.add_argument("--timeout", type=float, help="seconds a call may take")
    parser.add_argument("--rounds", type=int, help="repetitions of each call")
    parser.add_argument("--slow", type=float, help="seconds above which a call is made only once")
    parser.add_argument("--list", action="store_true", help="name the cases and stop")
    parser.add_argument("--out", type=Path, default=_RESULTS / "latest.md")
    return parser.parse_args()


def _thread_counts() -> list[int]:
    return sorted({1, os.cpu_count() or 1})


def _effort(arguments: argparse.Namespace) -> Effort:
    effort = _FULL if arguments.full else _QUICK if arguments.quick else _NORMAL
    return dataclasses.replace(
        effort,
        timeout=arguments.timeout or effort.timeout,
        rounds=arguments.rounds or effort.rounds,
        slow_seconds=arguments.slow or effort.slow_seconds,
    )


def _cases(arguments: argparse.Namespace) -> list[Case]:
    if arguments.cases:
        return [BY_NAME[name] for name in arguments.cases]
    return [case for case in CASES if arguments.full or not case.full_only]


def _preamble(effort: Effort, seconds: float) -> str:
    versions = ", ".join(f"{p.name} {p.version}" for p in PROGRAMS)
    return (
        f"{versions}; Python {platform.python_version()}, {platform.machine()}, "
        f"{os.cpu_count()} cores. {effort.rounds} interleaved rounds, medians, "
        f"at most {effort.timeout:.0f} s a call, {seconds / 60:.0f} minutes in all. "
        "Only ratios within one run count. `whole`: data frame to a result with standard errors; "
        "`no SE`: the same without; `refit`: the model already built; memory: peak above the "
        "loaded data and libraries. `ratio` and the targets compare with the fastest peer whose "
        "log-likelihood is within 0.01 of the one agreed on."
    )


def _save(results: list[Result], arguments: argparse.Namespace, preamble: str) -> None:
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(document(results, preamble))
    rows = [
        {
            "case": r.case.name,
            "threads": r.threads,
            "scores": [dataclasses.asdict(score) for score in r.scores],
        }
        for r in results
    ]
    arguments.out.with_suffix(".json").write_text(json.dumps(rows, indent=1) + "\n")


def main() -> None:
    arguments = _arguments()
    if arguments.list:
        print("\n".join(f"{case.name:24} {case.title}" for case in CASES))
        return
    effort, start = _effort(arguments), time.monotonic()
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="mixeff-benchmarks-") as folder:
        for case in _cases(arguments):
            names = tuple(arguments.programs)
            for threads in arguments.threads:
                programs = chosen(case, names, threads, arguments.full)
                scores = run(case, programs, Path(folder), threads, effort)
                names = tuple(s.program for s in scores if not too_slow(s, effort))
                results.append(Result(case, threads, scores))
                print(f"\n{case.title}, threads: {threads}\n{detail_table(results[-1])}")
                sys.stdout.flush()
    _save(results, arguments, _preamble(effort, time.monotonic() - start))
    print(f"\n{target_table(results)}\n\nwritten to {arguments.out}")


if __name__ == "__main__":
    main()
