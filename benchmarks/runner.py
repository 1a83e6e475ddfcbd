"""Runs a case: every program in its own process, repetitions interleaved."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from .datasets import DATASETS
from .family_cases import SIMULATED
from .process import Worker
from .programs import PROGRAMS, Program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .cases import Case

METRICS = ("whole", "no_se", "refit")
_START_TIMEOUT = 180.0


@dataclass(frozen=True)
class Effort:
    """How long to measure: rounds, seconds a program has in each, and when to give up.

    A call above `slow_seconds` is made once, and, unless `thorough`, is the program's only one: no
    refit, and no run with more threads.
    """

    rounds: int = 3
    slice_seconds: float = 0.25
    timeout: float = 20.0
    slow_seconds: float = 5.0
    thorough: bool = False


@dataclass
class Score:
    """What one program did on one case: seconds a call of each metric, memory, log-likelihood."""

    program: str
    why_absent: dict[str, str] = field(default_factory=dict)
    wall: dict[str, list[float]] = field(default_factory=dict)
    cpu: dict[str, list[float]] = field(default_factory=dict)
    llf: float | None = None
    base_mb: float | None = None
    peak_mb: float | None = None

    def seconds(self, metric: str, clock: str = "wall") -> float | None:
        times = getattr(self, clock).get(metric)
        return statistics.median(times) if times else None

    def add(self, metric: str, answer: dict[str, Any]) -> None:
        if "absent" in answer:
            self.why_absent[metric] = answer["absent"]
            return
        self.wall.setdefault(metric, []).append(answer["wall"])
        self.cpu.setdefault(metric, []).append(answer["cpu"])
        self.llf = answer["llf"] if self.llf is None else self.llf
        self.peak_mb = answer["peak_mb"] if self.peak_mb is None else self.peak_mb


def write_data(case: Case, folder: Path, with_csv: bool) -> Path:
    """The case's data as Feather and, for R, CSV; returns the path without suffix."""
    stem = folder / case.data
    if not stem.with_suffix(".feather").exists():
        make = (DATASETS | SIMULATED)[case.data]
        make().to_feather(stem.with_suffix(".feather"))
    if with_csv:
        _write_for_r(case, stem)
    return stem


def _write_for_r(case: Case, stem: Path) -> None:
    frame = pd.read_feather(stem.with_suffix(".feather"))
    if not stem.with_suffix(".csv").exists():
        frame.to_csv(stem.with_suffix(".csv"), index=False)
    description = {
        "formula": case.formula,
        "family": case.family,
        "nodes": case.nodes,
        "dispersion": case.dispersion or "~1",
        "zeros": case.zero_inflation or "~0",
        "response": case.response,
        "trials": case.trials,
        "groups": [term.group for term in case.random],
        "text": [name for name in case.fixed if frame[name].dtype.kind not in "fiub"],
    }
    stem.with_suffix(f".{case.name}.json").write_text(json.dumps(description))


def chosen(case: Case, names: tuple[str, ...], threads: int, full: bool) -> list[Program]:
    """The programs to run; those the case skips come back in a full run."""
    return [
        program
        for program in PROGRAMS
        if program.name in names
        and (full or program.name not in case.skip)
        and (threads == 1 or program.threaded)
    ]


def run(
    case: Case, programs: list[Program], folder: Path, threads: int, effort: Effort
) -> list[Score]:
    """Start the programs one after the other, then let them take turns."""
    stem = write_data(case, folder, any(program.r_package for program in programs))
    scores = {program.name: Score(program.name) for program in programs}
    started = list(_started(case, programs, stem, threads, scores))
    workers = started
    try:
        for metric in METRICS:
            _take_turns(metric, workers, scores, effort)
            workers = [worker for worker in workers if not _left_out(worker, scores, effort)]
    finally:
        for worker in started:
            worker.end()
    return list(scores.values())


def too_slow(score: Score, effort: Effort) -> bool:
    """True for a program that has had its only call, or has not answered at all."""
    seconds = score.seconds("whole")
    return not effort.thorough and (seconds is None or seconds > effort.slow_seconds)


def _left_out(worker: Worker, scores: dict[str, Score], effort: Effort) -> bool:
    if too_slow(scores[worker.program.name], effort):
        worker.end()
        return True
    return False


def _started(
    case: Case, programs: list[Program], stem: Path, threads: int, scores: dict[str, Score]
) -> Iterator[Worker]:
    for program in programs:
        try:
            worker = Worker(program, case.name, stem, threads)
        except FileNotFoundError as error:
            scores[program.name].why_absent["whole"] = f"{error.filename} is not installed"
            continue
        answer = worker.hear(_START_TIMEOUT)
        if answer.get("ready"):
            scores[program.name].base_mb = answer["base_mb"]
            yield worker
            continue
        scores[program.name].why_absent["whole"] = answer["absent"]
        worker.end()


def _take_turns(
    metric: str, workers: list[Worker], scores: dict[str, Score], effort: Effort
) -> None:
    """One call each to warm up (kept where it is slow), then the rounds."""
    waiting = list(workers)
    for round_number in range(effort.rounds + 1):
        seconds = effort.slice_seconds if round_number else 0.0
        for worker in list(waiting):
            score = scores[worker.program.name]
            answer = worker.ask(f"{metric} {seconds}", effort.timeout)
            slow = answer.get("wall", 0.0) > effort.slow_seconds
            if "absent" in answer or slow:
                waiting.remove(worker)
            if round_number or slow or "absent" in answer:
                score.add(metric, answer)
            elif score.peak_mb is None:
                score.peak_mb = answer["peak_mb"]
