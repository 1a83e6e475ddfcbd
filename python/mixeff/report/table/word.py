"""The only door to python-docx: a table of fits in a Word document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import MissingDependencyError
from .markup import minus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .layout import Layout, Section

SIZE = 9  # points
LINE = {"top": "8", "bottom": "4"}  # eighths of a point


def write_word(layout: Layout, path: str | Path) -> None:
    """Write a document that holds the title, a table with three rules, and the notes."""
    document = _library("docx").Document()
    if layout.title:
        document.add_paragraph(layout.title).runs[0].bold = True
    table = document.add_table(rows=0, cols=1 + layout.width * len(layout.models))
    table.autofit = True
    for line in _lines(layout):
        _add(table, *line)
    _rules(table, layout)
    for note in layout.notes:
        _sized(document.add_paragraph(note))
    document.save(str(path))


Cells = list[tuple[str, int]]  # with the number of columns that each reaches over


def _lines(layout: Layout) -> Iterator[tuple[Cells, bool]]:
    """Rows of the table, and whether they are set in bold."""
    n = len(layout.models)
    if any(layout.models):
        yield [("", 1), *((name, layout.width) for name in layout.models)], True
    yield [("", 1), *((head, 1) for head in layout.header * n)], True
    for section in layout.sections:
        yield from _section(section, layout)


def _section(section: Section, layout: Layout) -> Iterator[tuple[Cells, bool]]:
    if section.title:
        yield [(section.title, 1 + layout.width * len(layout.models))], True
    span = layout.width if section.whole else 1
    for row in section.rows:
        yield [(row.label, 1), *((minus(cell), span) for cell in row.cells)], False


def _add(table: Any, cells: Cells, bold: bool) -> None:
    places, start = table.add_row().cells, 0
    for text, span in cells:
        cell = places[start].merge(places[start + span - 1]) if span > 1 else places[start]
        paragraph = cell.paragraphs[0]
        paragraph.add_run(text).bold = bold
        paragraph.alignment = 0 if start == 0 else 1 if span > 1 else 2  # left, centre, right
        _sized(paragraph)
        start += span


def _sized(paragraph: Any) -> None:
    points = _library("docx.shared").Pt
    paragraph.paragraph_format.space_after = points(0)
    for run in paragraph.runs:
        run.font.size = points(SIZE)


def _rules(table: Any, layout: Layout) -> None:
    """A line above the table, under its head, and below it, as in books."""
    head = 2 if any(layout.models) else 1
    for row, edge in ((0, "top"), (head - 1, "bottom"), (len(table.rows) - 1, "bottom")):
        for cell in table.rows[row].cells:
            _border(cell, edge)


def _border(cell: Any, edge: str) -> None:
    oxml, ns = _library("docx.oxml"), _library("docx.oxml.ns")
    properties = cell._tc.get_or_add_tcPr()
    borders = properties.find(ns.qn("w:tcBorders"))
    if borders is None:
        borders = oxml.OxmlElement("w:tcBorders")
        properties.append(borders)
    line = oxml.OxmlElement(f"w:{edge}")
    for name, value in (("val", "single"), ("sz", LINE[edge]), ("color", "000000")):
        line.set(ns.qn(f"w:{name}"), value)
    borders.append(line)


def _library(name: str) -> Any:
    from importlib import import_module

    try:
        import docx  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            'Word documents need python-docx, which is not installed: pip install "mixeff[report]"'
        ) from error
    return import_module(name)
