"""`python -m benchmarks.families`: every response distribution beside glmmTMB and ordinal's clmm.

Simulated data, one thread, the programs in turn; from the data frame to a result with standard
errors. Asked: at most a tenth of the peer's time, and the same log-likelihood. With `--cases` the
other cases keep the numbers of the run before, as ratios count within a case.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import tempfile
from pathlib import Path

from .family_cases import BY_NAME, CASES
from .programs import OF_FAMILIES, Program
from .report import Result, agreed_llf, detail_table, gets_there, target_table
from .runner import Effort, Score, run

OUT = Path(__file__).parent / "results" / "families.md"
EFFORT = Effort(rounds=3, slice_seconds=0.3, timeout=300.0, slow_seconds=4.0)
HEAD = """# Response distributions beside glmmTMB and clmm

`python -m benchmarks.families`, {versions}: simulated data, three covariates, 20 rows for each
level of the first grouping factor and 100 of the second, crossed with it; one thread, the programs
in turn, medians of three rounds (one call of what takes more than 4 s). `whole` is from the data
frame to a result with standard errors. Only the ratios count; cases may be of different runs. Fewer
rows where the peer would take minutes. A lognormal response is for glmmTMB the logarithm of one;
skew-normal ones it does not have in this version.
"""


def _programs(peer: str | None) -> list[Program]:
    return [program for program in OF_FAMILIES if program.name in ("mixeff", peer)]


def measured(names: list[str]) -> list[Result]:
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="mixeff-families-") as folder:
        for case in (BY_NAME[name] for name in names):
            programs = _programs(case.targets[0].against)
            results.append(Result(case, 1, run(case, programs, Path(folder), 1, EFFORT)))
            print(f"\n{case.title}\n{detail_table(results[-1])}", flush=True)
    return results


def _stored(out: Path) -> dict[str, Result]:
    """The results of runs before, by case."""
    if not (file := out.with_suffix(".json")).exists():
        return {}
    rows = json.loads(file.read_text())
    return {
        row["case"]: Result(BY_NAME[row["case"]], 1, [Score(**score) for score in row["scores"]])
        for row in rows
        if row["case"] in BY_NAME
    }


def _store(results: list[Result], out: Path) -> None:
    rows = [
        {"case": r.case.name, "scores": [dataclasses.asdict(score) for score in r.scores]}
        for r in results
    ]
    lines = ",\n".join(json.dumps(row) for row in rows)
    out.with_suffix(".json").write_text(f"[\n{lines}\n]\n")
    out.write_text(document(results))


def _disagreements(results: list[Result]) -> str:
    """The cases where the programs end at log-likelihoods more than 0.01 apart."""
    found = []
    for result in results:
        values = [s for s in result.scores if s.llf is not None]
        if not all(gets_there(score, agreed_llf(values)) for score in values):
            ends = ", ".join(f"{score.program} {score.llf:.4f}" for score in values)
            found.append(f"- {result.case.title}: {ends}")
    return "\n".join(found) or "None: in every case within 0.01."


def document(results: list[Result]) -> str:
    details = "\n\n".join(f"### {r.case.title}\n\n{detail_table(r)}" for r in results)
    versions = ", ".join(f"{program.name} {program.version}" for program in OF_FAMILIES)
    return (
        f"{HEAD.format(versions=versions)}\n## Targets\n\n{target_table(results)}\n\n"
        f"## Where the log-likelihoods differ\n\n{_disagreements(results)}\n\n"
        f"## All numbers\n\n{details}\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.families", description=__doc__)
    parser.add_argument("--cases", nargs="+", choices=sorted(BY_NAME), metavar="CASE")
    parser.add_argument("--list", action="store_true", help="name the cases and stop")
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    if arguments.list:
        sys.stdout.write("".join(f"{case.name:36} {case.title}\n" for case in CASES))
        return
    found = _stored(arguments.out) if arguments.cases else {}
    found |= {result.case.name: result for result in measured(arguments.cases or list(BY_NAME))}
    results = [found[name] for name in BY_NAME if name in found]
    _store(results, arguments.out)
    print(f"\n{target_table(results)}\n\nwritten to {arguments.out}")


if __name__ == "__main__":
    main()
