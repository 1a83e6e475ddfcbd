"""What the terminal shows beside the result: progress, remarks, errors in one line."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from mixeff.errors import MixeffError, MixeffWarning

__all__ = ["clean_errors", "progress", "remarks"]

Report = Callable[[int, float, float], None]

BAD_INPUT = 2
PATIENCE = 0.5  # seconds before a fit is long enough to speak of


@contextmanager
def clean_errors() -> Iterator[None]:
    """Turn bad input into one line and exit code 2; any other exception is a defect and passes."""
    try:
        yield
    except (MixeffError, OSError) as error:
        click.echo(f"mixeff: {str(error).splitlines()[0]}", err=True)
        raise SystemExit(BAD_INPUT) from None


@contextmanager
def remarks(quiet: bool) -> Iterator[None]:
    """Print mixeff's own warnings as lines, after the work, on the error stream."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", MixeffWarning)
        yield
    for warning in caught:
        if not quiet and issubclass(warning.category, MixeffWarning):
            click.echo(f"note: {warning.message}", err=True)


@contextmanager
def progress(text: str, quiet: bool, sampling: bool = False) -> Iterator[Report | None]:
    """Show a clock beside a long fit, where somebody looks at the error stream.

    Yields
    ------
    callable or None
        What the fit tells its progress; None where nothing is shown.
    """
    if quiet or not sys.stderr.isatty():
        yield None
        return
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(text, total=None)

    def report(evaluations: int, value: float, gradient: float) -> None:
        so_far = f"{evaluations} evaluations, log-likelihood {-value:.3f}"
        if sampling:
            so_far = f"{evaluations} of {value:.0f} draws, {gradient:.0f} divergences"
        bar.update(task, description=f"{text}: {so_far}")

    timer = Timer(PATIENCE, bar.start)
    timer.start()
    try:
        yield report
    finally:
        timer.cancel()
        timer.join()
        bar.stop()
