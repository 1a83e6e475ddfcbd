"""Scores to tables: times, ratios to the fastest peer that gets there, targets."""

from __future__ import annotations

import itertools
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .cases import Case, Target
    from .runner import Score

TOLERANCE = 0.01
OURS = "mixeff"


@dataclass(frozen=True)
class Result:
    """A case run with so many threads."""

    case: Case
    threads: int
    scores: list[Score]


def publish(text: str) -> None:
    """Prints a document, and writes it to the file that the command line names, if it does."""
    print(text)
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(text)


def agreed_llf(scores: Sequence[Score]) -> float:
    """The highest log-likelihood that two programs reach; the highest of all if none agree."""
    values = sorted((s.llf for s in scores if s.llf is not None), reverse=True)
    for value, following in itertools.pairwise(values):
        if value - following <= TOLERANCE:
            return value
    return values[0] if values else math.nan


def gets_there(score: Score, llf: float) -> bool:
    return score.llf is not None and abs(score.llf - llf) <= TOLERANCE


def fastest_peer(result: Result, metric: str) -> Score | None:
    llf = agreed_llf(result.scores)
    peers = [
        score
        for score in result.scores
        if score.program != OURS and gets_there(score, llf) and score.seconds(metric)
    ]
    return min(peers, key=lambda score: score.seconds(metric) or math.inf, default=None)


def _ours(result: Result) -> Score | None:
    return next((score for score in result.scores if score.program == OURS), None)


def _peer(result: Result, target: Target, metric: str) -> Score | None:
    if target.against is None:
        return fastest_peer(result, metric)
    return next((s for s in result.scores if s.program == target.against), None)


def _milliseconds(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{1e3 * seconds:,.2f}" if seconds < 0.1 else f"{1e3 * seconds:,.0f}"


def _ratio(ours: float | None, theirs: float | None) -> str:
    if ours is None or not theirs:
        return "-"
    ratio = ours / theirs
    return f"{ratio:.2f}" if ratio >= 0.095 else f"{ratio:.3f}"


def target_rows(result: Result) -> list[tuple[str, ...]]:
    """One row for each target: what was timed, our time, the peer's, their ratio, the verdict."""
    rows: list[tuple[str, ...]] = []
    ours = _ours(result)
    for target in result.case.targets:
        metric = target.peer_metric or target.metric
        peer = _peer(result, target, metric)
        mine = ours.seconds(target.metric) if ours else None
        theirs = target.seconds or (peer.seconds(metric) if peer else None)
        met = "-" if not mine or not theirs else "yes" if mine <= target.limit * theirs else "no"
        name = f"{peer.program}{' without SE' if metric == 'no_se' else ''}" if peer else "-"
        name = name if target.seconds is None else "the clock"
        cpu = _ratio(
            ours.seconds(target.metric, "cpu") if ours else None,
            peer.seconds(metric, "cpu") if peer else None,
        )
        rows.append((
            result.case.title, target.metric, _milliseconds(mine), name,
            _milliseconds(theirs), _ratio(mine, theirs), cpu, f"{target.limit:g}", met,
        ))  # fmt: skip
    return rows


def detail_rows(result: Result) -> list[tuple[str, ...]]:
    """One row for each program."""
    llf = agreed_llf(result.scores)
    best = fastest_peer(result, "whole")
    floor = best.seconds("whole") if best else None
    return [_detail(score, llf, floor) for score in result.scores]


def _detail(score: Score, llf: float, floor: float | None) -> tuple[str, ...]:
    if score.llf is None:
        return (score.program, *["-"] * 7, score.why_absent.get("whole", ""))
    memory = (score.peak_mb or math.nan) - (score.base_mb or math.nan)
    return (
        score.program,
        _milliseconds(score.seconds("whole")),
        _milliseconds(score.seconds("whole", "cpu")),
        _ratio(score.seconds("whole"), floor),
        _milliseconds(score.seconds("no_se")),
        _milliseconds(score.seconds("refit")),
        f"{score.llf:.4f}",
        f"{memory:,.0f}",
        "" if gets_there(score, llf) else f"another log-likelihood ({score.llf - llf:+.2f})",
    )


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A pipe table with padded columns, so that it reads in a terminal too."""
    widths = [max(len(row[j]) for row in (header, *rows)) for j in range(len(header))]
    lines = [" | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]
    top = " | ".join(cell.ljust(w) for cell, w in zip(header, widths, strict=True))
    rule = " | ".join("-" * w for w in widths)
    return "\n".join(f"| {line} |" for line in (top, rule, *lines))


_TARGETS = ("case", "time", "mixeff ms", "peer", "peer ms", "ratio", "cpu ratio", "target", "met")
_SPEEDUP = ("case", "threads", "1 thread ms", "ms", "speed-up", "asked")
_DETAIL = (
    "program", "whole ms", "cpu ms", "ratio", "no SE ms", "refit ms", "log-likelihood",
    "memory MB", "note",
)  # fmt: skip


def detail_table(result: Result) -> str:
    return markdown(_DETAIL, detail_rows(result))


def target_table(results: Sequence[Result]) -> str:
    """The targets, which are for one thread."""
    single = [result for result in results if result.threads == 1]
    return markdown(_TARGETS, [row for result in single for row in target_rows(result)])


def speedup_rows(results: Sequence[Result]) -> list[tuple[str, ...]]:
    """One thread's time over all threads' time, mixeff only."""
    one = {r.case.name: _ours(r) for r in results if r.threads == 1}
    rows: list[tuple[str, ...]] = []
    for result in results:
        single, many = one.get(result.case.name), _ours(result)
        if result.threads == 1 or single is None or many is None:
            continue
        first, second = single.seconds("whole"), many.seconds("whole")
        rows.append((
            result.case.title, str(result.threads), _milliseconds(first), _milliseconds(second),
            _ratio(first, second), f"{result.case.speedup or '-'}",
        ))  # fmt: skip
    return rows


def document(results: Sequence[Result], preamble: str) -> str:
    """The whole of `results/latest.md`."""
    speedup = markdown(_SPEEDUP, speedup_rows(results))
    details = "\n\n".join(
        f"### {r.case.title}, {r.threads} thread{'s' if r.threads > 1 else ''}\n\n"
        f"`{r.case.formula}`, {r.case.family}, {r.case.method}"
        f"{f' {r.case.nodes}' if r.case.nodes > 1 else ''}\n\n{detail_table(r)}"
        for r in results
    )
    return (
        f"# Benchmark\n\n{preamble}\n\n## Targets\n\n{target_table(results)}\n\n"
        f"## Threads\n\n{speedup}\n\n## All programs\n\n{details}\n"
    )
