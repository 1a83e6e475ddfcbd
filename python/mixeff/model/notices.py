"""What a model tells its reader: a sentence in the notes, said once as a warning."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass

from ..data import Columns
from ..errors import (
    ConstantColumnWarning,
    MissingRowsWarning,
    MixeffWarning,
    RankDeficientWarning,
    SeparationWarning,
    warn,
)
from .matrix import MatrixSpec
from .rank import Dependence
from .separation import Separation

__all__ = ["Notice", "of_cases", "of_dependence", "of_missing", "of_separation", "tell"]


@dataclass(frozen=True)
class Notice:
    """A sentence, and the class of warning that says it."""

    category: type[MixeffWarning]
    sentence: str


def tell(notices: Iterable[Notice]) -> None:
    """Warn of each notice."""
    for notice in notices:
        warn(notice.sentence, notice.category)


def of_missing(read: Columns, complete: Columns) -> list[Notice]:
    """Rows dropped for missing values, by column."""
    dropped = read.n_rows - complete.n_rows
    if dropped == 0:
        return []
    counts = ", ".join(f"{name!r} {count}" for name, count in read.missing_counts.items())
    rows = f"{dropped} of {read.n_rows} rows" if dropped > 1 else f"1 of {read.n_rows} rows"
    return [Notice(MissingRowsWarning, f"{rows} dropped for missing values: {counts}")]


def of_dependence(found: Iterable[Dependence], names: tuple[str, ...]) -> list[Notice]:
    """Columns dropped because they depend on earlier ones."""
    return [_of_dependence(dependence, names) for dependence in found]


def of_cases(
    found: Iterable[Dependence], names: tuple[str, ...], varying: Container[int]
) -> list[Notice]:
    """Columns dropped because choices tell nothing of them, those that vary within cases given."""
    return [
        _of_dependence(dependence, names)
        if dependence.column in varying
        else Notice(
            ConstantColumnWarning,
            f"column {names[dependence.column]!r} is the same for all alternatives of each case "
            "and was dropped",
        )
        for dependence in found
    ]


def _of_dependence(found: Dependence, names: tuple[str, ...]) -> Notice:
    name = names[found.column]
    on = [names[k] for k in found.on]
    if on in ([], ["Intercept"]):
        return Notice(ConstantColumnWarning, f"column {name!r} does not vary and was dropped")
    others = ", ".join(repr(other) for other in on[:8]) + (", ..." if len(on) > 8 else "")
    return Notice(
        RankDeficientWarning,
        f"column {name!r} is a combination of {others} and was dropped (rank-deficient model)",
    )


def of_single_levels(spec: MatrixSpec, columns: Columns) -> list[Notice]:
    """Factors with one level, which have no columns."""
    planned = spec.plan.factors if spec.plan is not None else {}
    levels = dict(planned.values())
    levels.update({n: columns[n].schema.levels or () for n in spec.columns if columns[n].is_factor})
    return [
        Notice(
            ConstantColumnWarning,
            f"column {name!r} has the single level {known[0]!r} and was dropped",
        )
        for name, known in levels.items()
        if len(known) == 1
    ]


def of_separation(found: Iterable[Separation]) -> list[Notice]:
    """Covariates that separate successes from failures."""
    return [Notice(SeparationWarning, str(separation)) for separation in found]
