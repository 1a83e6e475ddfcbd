"""Owls and Salamanders: mixeff beside glmmTMB, on data that are not part of this repository.

    Rscript validation/reference/owls.R build/owls
    python -m validation.owls build/owls

Writes `owls.md`, a line for each model: both log-likelihoods, and how far the coefficients of the
mean and of the zeros (in standard errors of glmmTMB) and the other parameters are apart.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import mixeff as me

REPORT = Path(__file__).parent / "owls.md"
KEY = ["dataset", "formula", "zero", "dispersion", "family", "version"]
HEAD = """# Owls and Salamanders

Data of glmmTMB (AGPL-3), read from R and not stored here: `python -m validation.owls` says how.
Laplace's approximation on both sides; glmmTMB {version} with tolerances far below its defaults.

| data | family | zeros | dispersion | log-likelihood of glmmTMB | less mixeff's | mean, in SE | \
zeros, in SE | dispersion | SD |
|---|---|---|---|---|---|---|---|---|---|
"""


def fitted(key: Any, folder: Path) -> me.Fit:
    """Our fit of one of R's models."""
    dataset, formula, zero, dispersion, family, _ = key
    return me.fit(
        formula,
        pd.read_csv(folder / f"{dataset}.csv"),
        family,
        zero_inflation=None if zero == "~0" else zero,
        dispersion=None if dispersion == "~1" else dispersion,
        method="laplace",
    )


def coefficients(fit: me.Fit, name: str) -> np.ndarray:
    """Coefficients of a linear predictor."""
    kind = fit.design.distribution
    at = 0 if name == "mean" else kind.predictors.index(name)
    ends = np.cumsum([0, *(len(names) for names in fit.design.x_names)])
    return fit.estimate.beta[ends[at] : ends[at + 1]]


def apart(fit: me.Fit, rows: pd.DataFrame, start: str, name: str, in_se: bool) -> str:
    """The greatest difference of the parameters whose names start so; a dash for none."""
    theirs: Any = rows[rows["parameter"].str.startswith(start)]
    if theirs.empty:
        return "-"
    unit = theirs["se"].to_numpy() if in_se else 1.0
    difference = (coefficients(fit, name) - theirs["estimate"].to_numpy()) / unit
    return f"{np.abs(difference).max():.0e}"


def line(key: Any, rows: pd.DataFrame, folder: Path) -> str:
    """A line of the report."""
    fit = fitted(key, folder)
    components = fit.variance_components
    sds = components.loc[components["group"] != "Residual", "sd"].dropna().to_numpy()
    theirs: Any = rows.loc[rows["parameter"] == "sd", "estimate"].to_numpy()
    llf = rows.loc[rows["parameter"] == "logLik", "estimate"].iloc[0]
    cells = [
        *(key[k] for k in (0, 4, 2, 3)),
        f"{llf:.5f}",
        f"{llf - fit.llf:.0e}",
        apart(fit, rows, "mean:", "mean", True),
        apart(fit, rows, "zero:", "zero_inflation", True),
        apart(fit, rows, "dispersion:", "dispersion", False),
        f"{np.abs(sds - theirs).max():.0e}",
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def main() -> None:
    """Read R's estimates, fit the same models, and write the report."""
    folder = Path(sys.argv[1])
    table = pd.read_csv(folder / "estimates.csv")
    lines = [line(key, rows, folder) for key, rows in table.groupby(KEY, sort=False)]
    REPORT.write_text(HEAD.format(version=table["version"].iloc[0]) + "".join(lines))


if __name__ == "__main__":
    main()
