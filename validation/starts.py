"""Does the search find the maximum from its own start where random effects are large?

`python -m validation.starts` draws data with large random effects, fits them from mixeff's own
start and from the true parameters, and writes `validation/starts.md`; it fails where the
own start ends at a lower likelihood.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import mixeff as me

from .coverage import Scenario
from .coverage_families import ROWS, SLOPES, Row, scenario_of

REPORT = Path(__file__).parent / "starts.md"
SEED, REPLICATIONS, CLOSE = 777, 40, 0.01
SDS = (1.0, 2.0)
SLOW_TO_DRAW = ("genpois", "compois", "tweedie")
HEAD = f"""# The search from its own start

`python -m validation.starts`: {REPLICATIONS} data sets each with large random intercepts, 150
clusters of 8 rows, by Laplace. `lower`: the likelihood found from mixeff's own start is more than
{CLOSE} below the one found from the true parameters, at most by `most`; `no start`: the search ends
with an error.

| distribution | SD | lower | most | not converged | from the truth | no start |
|---|---|---|---|---|---|---|
"""


def _truth(row: Row) -> tuple[np.ndarray, np.ndarray]:
    first = [] if row.intercept is None else [row.intercept]
    return np.array([*first, *SLOPES.values(), *row.further]), np.array([row.sd])


def _pair(scenario: Scenario, row: Row, replication: int) -> tuple[Any, Any]:
    """The fits from mixeff's own start, None where there is none, and from the truth."""
    data = scenario.simulate(np.random.default_rng([SEED, replication]))
    model = me.Model(str(scenario.formula), data, row.name, **row.model_options)
    best = model.fit("laplace", start=_truth(row))
    try:
        return model.fit("laplace"), best
    except me.errors.ArgumentError:
        return None, best


def line(row: Row, replications: int) -> tuple[str, int]:
    """A line of the table, and how many fits found less than there is."""
    scenario = scenario_of(row, SEED)
    pairs = [_pair(scenario, row, k) for k in range(replications)]
    found = [(own, best) for own, best in pairs if own is not None]
    gaps = np.array([best.llf - own.llf for own, best in found])
    failed = sum(not own.converged for own, _ in found)
    theirs = sum(not best.converged for _, best in pairs)
    lower, none = int((gaps > CLOSE).sum()), len(pairs) - len(found)
    cells = (row.drawn or row.name, f"{row.sd:g}", lower, f"{gaps.max():.1f}", failed, theirs, none)
    return "| " + " | ".join(map(str, cells)) + " |", lower + none


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m validation.starts", description=__doc__)
    parser.add_argument("--replications", type=int, default=REPLICATIONS)
    replications = parser.parse_args().replications
    warnings.simplefilter("ignore")
    lines, missed = [], 0
    for row in (replace(row, sd=sd) for row in ROWS for sd in SDS if row.name not in SLOW_TO_DRAW):
        text, count = line(row, replications)
        print(text, flush=True)
        lines.append(text)
        missed += count
    REPORT.write_text(HEAD + "\n".join(lines) + "\n")
    if missed:
        sys.exit(f"{missed} searches did not find the maximum")


if __name__ == "__main__":
    main()
