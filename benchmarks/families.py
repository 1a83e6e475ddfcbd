"""`python -m benchmarks.families`: every response distribution beside glmmTMB and ordinal's clmm.

Simulated data, one thread, the programs in turn; from the data frame to a result with standard
errors. Asked: at most a tenth of the peer's time, and the same log-likelihood.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from .family_cases import BY_NAME, CASES
from .programs import OF_FAMILIES, Program
from .report import Result, agreed_llf, detail_table, gets_there, target_table
from .runner import Effort, run

OUT = Path(__file__).parent / "results" / "families.md"
EFFORT = Effort(rounds=3, slice_seconds=0.3, timeout=300.0, slow_seconds=4.0)
HEAD = """# Response distributions beside glmmTMB and clmm

`python -m benchmarks.families`: simulated data, three covariates, 20 rows for each level of the
first grouping factor and 100 of the second, crossed with it; one thread, the programs in turn,
medians of three rounds (one call of what takes more than 4 s). `whole` is from the data frame to a
result with standard errors. Only ratios count. Fewer rows where the peer would take minutes.
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
    return (
        f"{HEAD}\n## Targets\n\n{target_table(results)}\n\n"
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
    results = measured(arguments.cases or list(BY_NAME))
    arguments.out.write_text(document(results))
    print(f"\n{target_table(results)}\n\nwritten to {arguments.out}")


if __name__ == "__main__":
    main()
