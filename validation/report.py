"""`python -m validation`: every frozen number beside mixeff's, as `validation/report.md`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

import mixeff as me

from .compare import Source, beside, sources

REPORT = Path(__file__).parent / "report.md"
_HEADER = (
    "| model | method | against | parameters | largest shift (SE) | largest SE error | "
    "log-likelihood, mixeff | gain |\n|---|---|---|---|---|---|---|---|"
)


def line(source: Source) -> str:
    """One row of the table."""
    table = beside(source)
    estimates = table.drop(index="logLik", errors="ignore")
    se = (estimates["our_se"] / estimates["se"] - 1).abs().max()
    ours, theirs = (
        table.loc["logLik", ["ours", "estimate"]] if "logLik" in table.index else (np.nan, np.nan)
    )
    method = f"{source.method} {source.nodes}" if source.method == "agq" else source.method
    default = ", default tolerances" if source.file == "given" and source.program == "lme4" else ""
    return (
        f"| {source.model} | {method} | {source.program}{default} | {len(estimates)} "
        f"| {estimates['shift'].abs().max():.1e} | {_dash(se, '.1e')} "
        f"| {_dash(ours, '.4f')} | {_dash(ours - theirs, '+.1e')} |"
    )


def _dash(value: float, form: str) -> str:
    return "-" if pd.isna(value) else format(value, form)


def document() -> str:
    """The whole report."""
    rows = "\n".join(line(source) for source in sources())
    return (
        "# mixeff beside other programs\n\n"
        f"mixeff {me.__version__}. Written by `python -m validation`; the frozen numbers and "
        "what to know about them are in `tests/reference`. `shift` is mixeff's estimate minus the "
        "other one in standard errors, `gain` mixeff's log-likelihood minus the other one.\n\n"
        f"{_HEADER}\n{rows}\n"
    )


def main() -> None:
    REPORT.write_text(document())
    print(document())
