"""A summary for the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .content import Content
    from .values import Table

WIDTH = 88
LONGEST = 40  # a longer name is shortened in the middle


def text(content: Content) -> str:
    """The summary as lines of at most ``WIDTH`` characters."""
    return "\n".join(_lines(content))


def _lines(content: Content) -> Iterator[str]:
    yield content.title
    yield from _hang("  ", content.formula)
    yield ""
    margin = max(len(label) for label, _ in content.facts) + 2
    for label, value in content.facts:
        yield from _hang(label.ljust(margin), value)
    for table in content.tables:
        yield ""
        yield from _table(table)
    yield ""
    for sentence in content.closing:
        yield from _hang("", sentence)
    for note in content.notes:
        yield from _hang("Note: ", note)


def _hang(label: str, value: str) -> list[str]:
    return textwrap.wrap(
        value,
        WIDTH,
        initial_indent=label,
        subsequent_indent=" " * len(label),
        break_on_hyphens=False,
        drop_whitespace=True,
    ) or [label]


def _table(table: Table) -> Iterator[str]:
    rows = [tuple(shorten(cell) for cell in row) for row in table.rows]
    widths = [max(map(len, column)) for column in zip(table.header, *rows, strict=True)]
    rule = "-" * min(sum(widths) + 2 * len(widths), WIDTH)
    yield table.title
    yield rule
    yield _row(table.header, widths, table.words)
    yield rule
    for row in rows:
        yield _row(row, widths, table.words)
    yield rule


def _row(cells: tuple[str, ...], widths: list[int], words: int) -> str:
    placed = [
        cell.ljust(width) if i < words else cell.rjust(width)
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return (" " + "  ".join(placed)).rstrip()


def shorten(name: str) -> str:
    """A name of at most ``LONGEST`` characters, its middle left out."""
    if len(name) <= LONGEST:
        return name
    half = (LONGEST - 3) // 2
    return f"{name[:half]}...{name[-half:]}"
