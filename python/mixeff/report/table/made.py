"""The table that users get."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ...data import to_native
from ...errors import ArgumentError
from ...results.fit import FitResults
from ...results.parameters import critical_value
from ..predictors import ratio_of
from .collect import Entry, Key, entries, merged
from .great import as_great_table
from .layout import (
    NO_RATIO_NOTE,
    STARS_NOTE,
    Layout,
    Row,
    Section,
    Style,
    cells,
    decimals_of,
    header,
)
from .markup import html, html_table, latex
from .plain import markdown, text
from .remarks import remarks
from .statistics import USUAL, statistics
from .word import write_word


class ModelTable:
    """Fits side by side: text in a terminal, HTML in a notebook, and what papers are written in.

    Made by `mixeff.table`, which says what the arguments are.

    Attributes
    ----------
    layout : Layout
        The table as text in places.
    """

    def __init__(
        self,
        fits: Sequence[FitResults] | Mapping[str, FitResults] | FitResults,
        *,
        names: Sequence[str] | None = None,
        show: Sequence[str] = ("estimate", "se"),
        level: float = 0.95,
        stars: bool = False,
        digits: int | None = None,
        statistics: Sequence[str] = USUAL,
        title: str = "",
    ) -> None:
        critical_value(level)
        self._named = _named(fits, names)
        self._entries = [entries(fit, level) for _, fit in self._named]
        self._style = Style(_words(show, "show"), level, stars, digits)
        self._statistics = _words(statistics, "statistics")
        self._title = title

    @cached_property
    def layout(self) -> Layout:
        """The table as text in places."""
        return Layout(
            self._title,
            tuple(name for name, _ in self._named),
            header(self._style, self._ratio_name()),
            (*self._parameters(), *self._whole()),
            (*remarks(self._named), *self._legend()),
        )

    def _legend(self) -> list[str]:
        show, every = self._style.show, [e for one in self._entries for e in one.values()]
        mixed = any(entry.ratio_name is None for entry in every)
        notes = [STARS_NOTE] if self._style.stars else []
        if "ratio" in show and "estimate" not in show and mixed:
            notes.append(NO_RATIO_NOTE.format(self._ratio_name().lower()))
        return notes

    def _parameters(self) -> list[Section]:
        rows: dict[str, dict[str, list[Entry | None]]] = {}
        for section, label in merged(self._entries):
            own = [one.get((section, label)) for one in self._entries]
            rows.setdefault(section, {})[label] = own
        return [self._section(title, found) for title, found in rows.items()]

    def _section(self, title: str, found: dict[str, list[Entry | None]]) -> Section:
        decimals = decimals_of([entry for row in found.values() for entry in row], self._style)
        rows = (Row(label, cells(row, self._style, decimals)) for label, row in found.items())
        return Section(title, tuple(rows))

    def _whole(self) -> list[Section]:
        found = statistics([fit for _, fit in self._named], self._statistics)
        rows = tuple(Row(label, values) for label, values in found)
        return [Section("", rows, whole=True)] if rows else []

    def _ratio_name(self) -> str:
        found = {ratio_of(fit, 0) for _, fit in self._named} - {None}
        return found.pop() or "" if len(found) == 1 else "exp(b)"

    @property
    def frame(self) -> Any:
        """The numbers of the table, a row for each parameter of each model.

        Returns
        -------
        frame
            Columns ``model, section, term, estimate, se, z, p, lower, upper, ratio, ratio_lower,
            ratio_upper``, in the library that the data of the first fit came in. NaN for what there
            is not.
        """
        keys = merged(self._entries)
        rows = [
            (name, key, one[key])
            for (name, _), one in zip(self._named, self._entries, strict=True)
            for key in keys
            if key in one
        ]
        return to_native(_columns(rows), self._named[0][1].inputs.frame_like)

    def to_text(self) -> str:
        """The table as lines for a terminal; models that do not fit a line follow below.

        Returns
        -------
        str
        """
        return text(self.layout)

    def to_markdown(self) -> str:
        """The table in pipes, as GitHub and pandoc read it.

        Returns
        -------
        str
        """
        return markdown(self.layout)

    def to_html(self, *, style: bool = True) -> str:
        """The table as a fragment of HTML.

        Parameters
        ----------
        style : bool
            Put a style sheet for the class ``mixeff-table`` before it.

        Returns
        -------
        str
        """
        return html(self.layout) if style else html_table(self.layout)

    def to_latex(self) -> str:
        r"""The table for LaTeX with the package booktabs (``\usepackage{booktabs}``).

        Returns
        -------
        str
            A ``tabular``; in a ``table`` with a caption if there is a title.
        """
        return latex(self.layout)

    def to_word(self, path: str | Path) -> None:
        """Write the table to a Word document.

        Parameters
        ----------
        path : str or Path
            Of the .docx file.

        Raises
        ------
        MissingDependencyError
            Without python-docx, which ``pip install "mixeff[report]"`` brings.
        """
        write_word(self.layout, path)

    def save(self, path: str | Path) -> None:
        """Write the table to a file, in the format that its name ends in.

        Parameters
        ----------
        path : str or Path
            Ending in .txt, .md, .html, .tex or .docx.

        Raises
        ------
        ArgumentError
            For another ending.
        """
        suffix = Path(path).suffix.lower()
        if suffix == ".docx":
            self.to_word(path)
        elif suffix in FORMATS:
            Path(path).write_text(FORMATS[suffix](self), encoding="utf-8")
        else:
            known = ", ".join([*FORMATS, ".docx"])
            raise ArgumentError(f"a table is saved as one of {known}, and {str(path)!r} is none.")

    def to_great_tables(self) -> Any:
        """The table as a ``great_tables.GT``, to change colours, fonts and footnotes there.

        Returns
        -------
        great_tables.GT

        Raises
        ------
        MissingDependencyError
            Without great_tables, which ``pip install "mixeff[report]"`` brings.
        """
        return as_great_table(self.layout)

    def __str__(self) -> str:
        return self.to_text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self.to_html()


FORMATS: dict[str, Callable[[ModelTable], str]] = {
    ".txt": ModelTable.to_text,
    ".md": ModelTable.to_markdown,
    ".html": ModelTable.to_html,
    ".tex": ModelTable.to_latex,
}
NUMBERS = ("estimate", "se", "z", "p", "lower", "upper")
RATIOS = ("ratio", "ratio_lower", "ratio_upper")


def _columns(rows: list[tuple[str, Key, Entry]]) -> dict[str, np.ndarray]:
    words = {
        "model": [name for name, _, _ in rows],
        "section": [section for _, (section, _), _ in rows],
        "term": [term for _, (_, term), _ in rows],
    }
    columns = {name: np.array(values, dtype=object) for name, values in words.items()}
    columns |= {name: np.array([getattr(e, name) for *_, e in rows]) for name in NUMBERS}
    ratios = np.array([entry.ratio for *_, entry in rows]).reshape(-1, 3)
    return columns | {name: ratios[:, j] for j, name in enumerate(RATIOS)}


def _named(
    fits: Sequence[FitResults] | Mapping[str, FitResults] | FitResults, names: Sequence[str] | None
) -> list[tuple[str, FitResults]]:
    """The fits with their names, checked."""
    if isinstance(fits, FitResults):
        fits = [fits]
    if isinstance(fits, Mapping):
        names, fits = names or [str(name) for name in fits], list(fits.values())
    found = list(fits)
    for i, fit in enumerate(found):
        if not isinstance(fit, FitResults):
            raise ArgumentError(
                f"fits[{i}] is a {type(fit).__name__}, not a fit: give what me.fit() returned."
            )
    if not found:
        raise ArgumentError("there is no fit to tabulate: give at least one.")
    usual = [f"Model {i + 1}" for i in range(len(found))] if len(found) > 1 else [""]
    return list(zip(_checked(names, len(found)) or usual, found, strict=True))


def _checked(names: Sequence[str] | None, n: int) -> list[str] | None:
    if names is None:
        return None
    found = [str(name) for name in ([names] if isinstance(names, str) else names)]
    if len(found) != n or len(set(found)) != n:
        raise ArgumentError(f"names={found} must be {n} different names, one for each fit.")
    return found


def _words(given: Sequence[str], argument: str) -> tuple[str, ...]:
    if isinstance(given, str):
        given = [given]
    found = tuple(given)
    if len(set(found)) != len(found) and argument != "show":
        raise ArgumentError(f"{argument}={found} names something twice.")
    return found
