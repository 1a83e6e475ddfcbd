"""A table of fits as text for a terminal, and as Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..text import WIDTH, shorten
from .layout import Row, Section

if TYPE_CHECKING:
    from .layout import Layout

GAP = "  "


def text(layout: Layout) -> str:
    """Lines of at most 88 characters where one model fits; models that do not fit stand below."""
    blocks = list(_blocks(_stars_hang(layout)))
    lines = [layout.title] if layout.title else []
    for i, block in enumerate(blocks):
        lines += ([""] if i else []) + list(_block(block))
    for note in layout.notes:
        lines += textwrap.wrap(note, WIDTH, initial_indent="Note: ", subsequent_indent=" " * 6)
    return "\n".join(line.rstrip() for line in lines)


def _stars_hang(layout: Layout) -> Layout:
    """The table with blanks in the place of stars, so that the digits stand below each other."""
    columns = zip(*(r.cells for s in layout.sections if not s.whole for r in s.rows), strict=True)
    stars = [max(map(_stars, column)) for column in columns]

    def padded(row: Row) -> Row:
        cells = (_pad(cell, n) for cell, n in zip(row.cells, stars, strict=True))
        return replace(row, cells=tuple(cells))

    sections = (
        section if section.whole else replace(section, rows=tuple(map(padded, section.rows)))
        for section in layout.sections
    )
    return replace(layout, sections=tuple(sections))


def _stars(cell: str) -> int:
    return len(cell) - len(cell.rstrip("*"))


def _pad(cell: str, stars: int) -> str:
    return cell + " " * (stars - _stars(cell)) if cell else cell


def _blocks(layout: Layout) -> Iterator[Layout]:
    """Parts of the table, each with as many models as fit a line."""
    labels = _label_width(layout)
    first, n = 0, len(layout.models)
    while first < n:
        last = first + 1
        while last < n and labels + sum(_model_widths(layout)[first : last + 1]) <= WIDTH:
            last += 1
        yield part_of(layout, first, last)
        first = last


def part_of(layout: Layout, first: int, last: int) -> Layout:
    """The table of some of the models."""

    def cut(section: Section) -> Section:
        k = 1 if section.whole else layout.width
        rows = (replace(row, cells=row.cells[first * k : last * k]) for row in section.rows)
        return replace(section, rows=tuple(row for row in rows if any(row.cells)))

    sections = tuple(s for s in map(cut, layout.sections) if s.rows)
    return replace(layout, models=layout.models[first:last], sections=sections)


def _label_width(layout: Layout) -> int:
    return max(len(shorten(row.label)) + 1 for section in layout.sections for row in section.rows)


def _widths(layout: Layout) -> list[int]:
    """Widths of the columns; the last of a model takes what its name and whole cells need."""
    k, n = layout.width, len(layout.models)
    widths = [len(layout.header[j % k]) for j in range(k * n)]
    for section in layout.sections:
        for row in section.rows if not section.whole else ():
            widths = [max(w, len(c)) for w, c in zip(widths, row.cells, strict=True)]
    for i in range(n):
        wide = [len(layout.models[i])]
        wide += [len(r.cells[i]) for s in layout.sections if s.whole for r in s.rows]
        have = sum(widths[i * k : (i + 1) * k]) + len(GAP) * (k - 1)
        widths[(i + 1) * k - 1] += max(0, max(wide) - have)
    return widths


def _model_widths(layout: Layout) -> list[int]:
    widths, k = _widths(layout), layout.width
    return [sum(widths[i : i + k]) + len(GAP) * k for i in range(0, len(widths), k)]


def _block(layout: Layout) -> Iterator[str]:
    labels, widths = _label_width(layout), _widths(layout)
    spans = [total - len(GAP) for total in _model_widths(layout)]
    rule = "-" * (labels + sum(widths) + len(GAP) * len(widths))
    yield rule
    names = zip(layout.models, spans, strict=True)
    if any(layout.models):
        yield " " * labels + _line([name.center(w) for name, w in names])
    heads = layout.header * len(layout.models)
    yield " " * labels + _line([h.rjust(w) for h, w in zip(heads, widths, strict=True)])
    for section in layout.sections:
        yield rule
        yield from [section.title] if section.title else []
        for row in section.rows:
            at = spans if section.whole else widths
            yield f" {shorten(row.label)}".ljust(labels) + _line(
                [cell.rjust(w) for cell, w in zip(row.cells, at, strict=True)]
            )
    yield rule


def _line(cells: Sequence[str]) -> str:
    return "".join(GAP + cell for cell in cells)


# Markdown -------------------------------------------------------------------------------------


def markdown(layout: Layout) -> str:
    """A table in pipes: titles in bold; what is of a whole model stands in its first column."""
    k, n = layout.width, len(layout.models)
    names = [f"{name}<br>{head}" if n > 1 or name else head for name, head in _heads(layout)]
    lines = [f"**{_escape(layout.title)}**", ""] if layout.title else []
    lines += [_pipes(["", *names]), _pipes([":--", *["--:"] * (k * n)])]
    for section in layout.sections:
        if section.title:
            lines.append(_pipes([f"**{_escape(section.title)}**", *[""] * (k * n)]))
        lines += [_pipes([_escape(r.label), *spread(r, section, k)]) for r in section.rows]
    lines += [part for note in layout.notes for part in ("", _escape(note))]
    return "\n".join(lines)


def _heads(layout: Layout) -> list[tuple[str, str]]:
    return [(_escape(name), _escape(head)) for name in layout.models for head in layout.header]


def spread(row: Row, section: Section, k: int) -> list[str]:
    """The cells of a row column by column; a whole cell in the first column of its model."""
    if not section.whole:
        return [_escape(cell) for cell in row.cells]
    return [_escape(cell) if j == 0 else "" for cell in row.cells for j in range(k)]


def _pipes(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _escape(text: str) -> str:
    for mark in "\\|*_<`[":
        text = text.replace(mark, f"\\{mark}")
    return text
