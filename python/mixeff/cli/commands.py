"""What can be said on the command line: `mixeff fit`, `mixeff explore` and `mixeff demo`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click

import mixeff as me
from mixeff.cli.demo import DEFAULT_FOLDER, run_demo
from mixeff.cli.explore import serve
from mixeff.cli.options import LEVEL, NewFile, Remembering, as_nodes
from mixeff.cli.output import as_json, as_table
from mixeff.cli.screen import clean_errors, progress, remarks
from mixeff.data.files import read_frame

__all__ = ["program"]

NOT_CONVERGED = 3


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mixeff")
def program() -> None:
    """Generalized linear mixed models: a formula and a data file in, a table out."""


@program.command(cls=Remembering)
@click.argument("formula")
@click.argument("data")
@click.option("--family", default="gaussian", show_default=True, help="Response distribution.")
@click.option("--link", help="Link function; the family's canonical one by default.")
@click.option("--method", default="auto", show_default=True, help="laplace, agq, ml, mcmc, ...")
@click.option(
    "--nodes",
    callback=lambda *given: as_nodes(given[-1]),
    metavar="NUMBERS",
    help="Quadrature points per random effect: 15, or by grouping factor: school=9,class=15.",
)
@click.option("--weights", metavar="COLUMN", help="Prior weights; trials of a proportion.")
@click.option("--offset", metavar="COLUMN", help="Known part of the linear predictor.")
@click.option("--dispersion", metavar="FORMULA", help='Formula of the dispersion, such as "~ x".')
@click.option("--zero-inflation", metavar="FORMULA", help="Formula of the zeros of their own.")
@click.option("--category-specific", metavar="FORMULA", help="Effects that differ by threshold.")
@click.option("--thresholds", default="flexible", help="flexible, equidistant or symmetric.")
@click.option("--baseline", default="flexible", help='Of a hazard: flexible, "spline(3)", ...')
@click.option("--prior", "priors", multiple=True, metavar="TERM=PRIOR", help="Prior, for mcmc.")
@click.option("--seed", type=int, help="Seed of mcmc.")
@click.option("--chains", type=int, help="Chains of mcmc.")
@click.option("--draws", type=int, help="Draws of each chain of mcmc.")
@click.option("--warmup", type=int, help="Draws before them.")
@click.option(
    "--level", type=LEVEL, default=0.95, show_default=True, help="Level of the intervals."
)
@click.option("--labels", is_flag=True, help="Use the value labels of a Stata or SPSS file.")
@click.option("--json", "json", is_flag=True, help="Print JSON instead of the table.")
@click.option("--save", type=NewFile(), help="Keep the fit, for me.load().")
@click.option("--report", type=NewFile(), help="Write the fit as a page of HTML.")
@click.option("--quiet", is_flag=True, help="No table, progress or remarks.")
def fit(
    formula: str,
    data: str,
    level: float,
    labels: bool,
    json: bool,
    save: Path | None,
    report: Path | None,
    quiet: bool,
    priors: tuple[str, ...],
    chains: int | None,
    draws: int | None,
    warmup: int | None,
    **model: Any,
) -> None:
    """Fit FORMULA to DATA and print the table.

    DATA is a .csv, .tsv, .parquet, .feather, .dta, .sav or .sas7bdat file, or a DuckDB database:
    duckdb:PATH?table=NAME or "duckdb:PATH?query=SELECT ...".

    The exit code is 0; 2 where the input is wrong; 3 where the fit did not converge.

    Example: mixeff fit "use ~ age + urban + (1 | district)" contraception.csv --family bernoulli

    A prior is given as --prior "age=normal(0, 1)" --prior "sd(district)=exponential(1)".
    """
    with clean_errors():
        with remarks(quiet), _progress(formula, quiet, model) as told:
            frame = read_frame(data, labels=labels)
            given = {"chains": chains, "draws": draws, "warmup": warmup}
            control = {name: value for name, value in given.items() if value is not None}
            result = me.fit(
                formula,
                frame,
                **model,
                priors=by_term(priors),
                control={**control, "progress": told},
            )
        if save is not None:
            result.save(save)
        if report is not None:
            result.report(report, level=level, command=_typed())
        if json:
            click.echo(as_json(result, level))
        elif not quiet:
            click.echo(as_table(result, level))
    if not result.converged:
        raise SystemExit(NOT_CONVERGED)


def _typed() -> str:
    """The command as it was typed."""
    return shlex.join(["mixeff", "fit", *click.get_current_context().meta[Remembering.KEY]])


def _progress(formula: str, quiet: bool, model: dict[str, Any]) -> Any:
    return progress(f"Fitting {formula}", quiet, sampling=model["method"] == "mcmc")


def by_term(given: tuple[str, ...]) -> dict[str, str] | None:
    """``TERM=PRIOR`` as a mapping; None for nothing."""
    pairs = [text.rpartition("=") for text in given]
    for term, _, prior in pairs:
        if not term or not prior:
            raise click.BadParameter(
                f"{prior!r} is not of the form TERM=PRIOR", param_hint="--prior"
            )
    return {term.strip(): prior.strip() for term, _, prior in pairs} or None


@program.command()
@click.argument("path", metavar="FIT", type=click.Path(path_type=Path))
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="A free one by default.")
@click.option(
    "--level", type=LEVEL, default=0.95, show_default=True, help="Level of the intervals."
)
def explore(path: Path, port: int, level: float) -> None:
    """Show a fit that was kept by --save in a browser, on this machine alone.

    The page is that of --report; its questions are answered by the fit itself, with intervals.

    Example: mixeff explore women.fit
    """
    with clean_errors():
        serve(me.load(path), port, level, click.echo)


@program.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=DEFAULT_FOLDER,
    show_default=True,
    help="Folder for the tables and pictures.",
)
def demo(out: Path) -> None:
    """Fit two models, and leave their tables and pictures in a folder."""
    with clean_errors():
        run_demo(out, click.echo)
