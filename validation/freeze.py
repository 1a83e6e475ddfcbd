"""Put newly made rows into `tests/reference`, one file a data set.

    Rscript validation/reference/make.R build/reference
    python -m validation.gold build/reference/gold.csv
    python -m validation.gold_linear build/reference/gold_linear.csv
    python -m validation.gold_nested build/reference/gold_nested.csv
    python -m validation.freeze build/reference

A model, program and method that was made anew replaces the frozen rows; the others stay.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas as pd

FROZEN = Path(__file__).parent.parent / "tests" / "reference"
COLUMNS = (
    "dataset", "model", "program", "version", "method", "nodes", "parameter", "estimate", "se",
)  # fmt: skip
_KEY = ["model", "program", "method", "nodes"]


def made_anew(folder: Path) -> Any:
    """All rows that the R scripts and the gold programs have written into a folder."""
    tables = [pd.read_csv(path) for path in sorted(folder.glob("*.csv"))]
    return pd.concat(tables, ignore_index=True)[list(COLUMNS)]


def merged(old: Any, new: Any) -> Any:
    """The old rows whose model, program and method were not made anew, and all the new ones."""
    keys = set(new[_KEY].itertuples(index=False, name=None))
    kept = [key not in keys for key in old[_KEY].itertuples(index=False, name=None)]
    return pd.concat([old[kept], new]).sort_values(_KEY, kind="stable")


def main() -> None:
    for name, new in made_anew(Path(sys.argv[1])).groupby("dataset"):
        path = FROZEN / f"{name}.csv"
        old = pd.read_csv(path) if path.exists() else new.iloc[:0]
        merged(old, new).to_csv(path, index=False, float_format="%.12g")


if __name__ == "__main__":
    main()
