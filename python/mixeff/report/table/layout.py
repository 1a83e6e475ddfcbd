"""A table as text in places, before a format is chosen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...errors import ArgumentError
from ...results.parameters import percent
from ..numbers import decimals_for, fixed, p_value

if TYPE_CHECKING:
    from .collect import Entry

SHOWN = ("estimate", "se", "z", "p", "ratio", "ci")
SIZES = ("estimate", "ratio")
STARS = ((0.001, "***"), (0.01, "**"), (0.05, "*"))


@dataclass(frozen=True)
class Row:
    """A label and its cells: one for each column, or one for each model."""

    label: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """Rows under a title; `whole` where a cell reaches over all columns of its model."""

    title: str
    rows: tuple[Row, ...]
    whole: bool = False


@dataclass(frozen=True)
class Layout:
    """A table.

    Attributes
    ----------
    title : str
    models : tuple of str
    header : tuple of str
        Of the columns of one model.
    sections : tuple of Section
    notes : tuple of str
    """

    title: str
    models: tuple[str, ...]
    header: tuple[str, ...]
    sections: tuple[Section, ...]
    notes: tuple[str, ...]

    @property
    def width(self) -> int:
        """Number of columns of one model."""
        return len(self.header)


@dataclass(frozen=True)
class Style:
    """How numbers are written.

    Attributes
    ----------
    show : tuple of str
        Names in `SHOWN`, in the order of the columns.
    level : float
    stars : bool
    digits : int or None
        Decimals; None for as many as the standard errors of a row need.
    """

    show: tuple[str, ...]
    level: float
    stars: bool
    digits: int | None

    def __post_init__(self) -> None:
        for name in self.show:
            if name not in SHOWN:
                known = ", ".join(map(repr, SHOWN))
                raise ArgumentError(f"show= holds {name!r}, which is not one of {known}.")
        if not self.show:
            raise ArgumentError("show= is empty: name a column, such as 'estimate'.")
        if self.digits is not None and not 0 <= self.digits <= 12:
            raise ArgumentError(f"digits={self.digits!r} is not a number of decimals, 0 to 12.")


def header(style: Style, ratio: str) -> tuple[str, ...]:
    """Names of the columns of a model."""
    names = {
        "estimate": "Estimate",
        "se": "SE",
        "z": "z",
        "p": "p",
        "ratio": ratio,
        "ci": f"{percent(style.level)} CI",
    }
    return tuple(names[name] for name in style.show)


def decimals_of(entries: Sequence[Entry | None], style: Style) -> int | None:
    """Decimals of a section: those asked for, or as many as its standard errors need."""
    if style.digits is not None:
        return style.digits
    known = [entry for entry in entries if entry is not None]
    return decimals_for(np.array([e.estimate if math.isnan(e.se) else e.se for e in known]))


def cells(entries: Sequence[Entry | None], style: Style, decimals: int | None) -> tuple[str, ...]:
    """The cells of a row, fit by fit."""
    return tuple(cell for entry in entries for cell in _of_one(entry, style, decimals))


def _of_one(entry: Entry | None, style: Style, decimals: int | None) -> list[str]:
    """The cells of one fit; an interval is that of the estimate or ratio that stands before it."""
    if entry is None:
        return [""] * len(style.show)
    now, found = entry.on("estimate"), []
    for name in style.show:
        now = entry.on(name) if name in SIZES else now
        value = now[0] if name in SIZES else getattr(entry, name, math.nan)
        if name == "ratio" and entry.ratio_name is None and "estimate" in style.show:
            value = math.nan
        found.append(_cell(name, value, now[1:], decimals))
    starred = next((i for i, name in enumerate(style.show) if name in SIZES), 0)
    if style.stars and found[starred]:
        found[starred] += _stars(entry.p)
    return found


def _cell(name: str, value: float, ends: Sequence[float], decimals: int | None) -> str:
    if name == "p":
        return p_value(value)
    if name == "ci":
        return interval(ends[0], ends[1], decimals)
    return fixed([value], 2 if name == "z" else decimals)[0]


def interval(lower: float, upper: float, decimals: int | None) -> str:
    """``[lower, upper]``; blank where there is none."""
    if math.isnan(lower) or math.isnan(upper):
        return ""
    low, high = fixed([lower, upper], decimals)
    return f"[{low}, {high}]"


def _stars(p: float) -> str:
    return next((mark for limit, mark in STARS if p < limit), "")


STARS_NOTE = "* p < 0.05, ** p < 0.01, *** p < 0.001 (Wald)."
NO_RATIO_NOTE = "Where there is no {}, its column holds the estimate itself."
