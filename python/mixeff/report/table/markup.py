"""A table of fits as HTML and as LaTeX."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .layout import Layout, Section

STYLE = """
.mixeff-table{border-collapse:collapse;border-top:1.5px solid;border-bottom:1.5px solid;
font-size:.92em;line-height:1.35;margin:.4em 0}
.mixeff-table caption{caption-side:top;text-align:left;font-weight:600;padding:.2em 0}
.mixeff-table th,.mixeff-table td{padding:.14em .7em;text-align:right;background:none;border:0;
font-weight:400;font-variant-numeric:tabular-nums;white-space:nowrap}
.mixeff-table thead th{font-weight:600}
.mixeff-table thead tr:last-child th{border-bottom:1px solid}
.mixeff-table thead .model{text-align:center;border-bottom:1px solid}
.mixeff-table tbody th{text-align:left}
.mixeff-table tbody .title{font-weight:600;padding-top:.6em}
.mixeff-table tbody.whole td{text-align:center}
.mixeff-table tbody.whole{border-top:1px solid}
.mixeff-table tfoot td{text-align:left;white-space:normal;border-top:1px solid;padding-top:.4em}
"""


def html(layout: Layout) -> str:
    """A fragment of HTML: a style and a table."""
    return f"<style>{STYLE}</style>{html_table(layout)}"


def html_table(layout: Layout) -> str:
    """The table alone, of the class ``mixeff-table``."""
    caption = f"<caption>{escape(layout.title)}</caption>" if layout.title else ""
    body = "".join(_html_section(section, layout) for section in layout.sections)
    notes = "<br>".join(escape(note) for note in layout.notes)
    columns = 1 + layout.width * len(layout.models)
    foot = f'<tfoot><tr><td colspan="{columns}">{notes}</td></tr></tfoot>' if notes else ""
    return f'<table class="mixeff-table">{caption}{_html_head(layout)}{body}{foot}</table>'


def _html_head(layout: Layout) -> str:
    spans = "".join(
        f'<th scope="colgroup" class="model" colspan="{layout.width}">{escape(name)}</th>'
        for name in layout.models
    )
    names = f"<tr><td></td>{spans}</tr>" if any(layout.models) else ""
    heads = "".join(f'<th scope="col">{escape(h)}</th>' for h in layout.header)
    return f"<thead>{names}<tr><td></td>{heads * len(layout.models)}</tr></thead>"


def _html_section(section: Section, layout: Layout) -> str:
    columns = 1 + layout.width * len(layout.models)
    span = f' colspan="{layout.width}"' if section.whole and layout.width > 1 else ""
    rows = "".join(
        f'<tr><th scope="row">{escape(row.label)}</th>'
        + "".join(f"<td{span}>{_typeset(cell)}</td>" for cell in row.cells)
        + "</tr>"
        for row in section.rows
    )
    title = f'<tr><th class="title" colspan="{columns}">{escape(section.title)}</th></tr>'
    kind = ' class="whole"' if section.whole else ""
    return f"<tbody{kind}>{title if section.title else ''}{rows}</tbody>"


def minus(cell: str) -> str:
    """A cell with true minus signs before its numbers."""
    return _HYPHEN.sub("−", cell)


_HYPHEN = re.compile(r"(?<![\w.])-(?=\d)")


def _typeset(cell: str) -> str:
    return escape(minus(cell))


# LaTeX ----------------------------------------------------------------------------------------

SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"$<$",
    ">": r"$>$",
    "|": r"$\mid$",
    "−": r"$-$",
    **{mark: f"\\{mark}" for mark in "&%$#_"},
}


def latex(layout: Layout) -> str:
    """A ``tabular`` for the package booktabs, in a ``table`` if there is a title."""
    rows = "\n".join(_latex_lines(layout))
    columns = "l" + "r" * (layout.width * len(layout.models))
    tabular = f"\\begin{{tabular}}{{{columns}}}\n{rows}\n\\end{{tabular}}"
    notes = "".join(f"\n\n{{\\footnotesize {_tex(note)}}}" for note in layout.notes)
    if not layout.title:
        return tabular + notes
    head = f"\\begin{{table}}\n\\centering\n\\caption{{{_tex(layout.title)}}}\n"
    return f"{head}{tabular}{notes}\n\\end{{table}}"


def _latex_lines(layout: Layout) -> Iterator[str]:
    k, n = layout.width, len(layout.models)
    yield r"\toprule"
    if any(layout.models):
        yield _tex_row("", [_multicolumn(k, "c", name) for name in layout.models])
        ends = [(2 + i * k, 1 + (i + 1) * k) for i in range(n)]
        yield " ".join(f"\\cmidrule(lr){{{a}-{b}}}" for a, b in ends)
    yield _tex_row("", [_tex(head) for head in layout.header * n])
    for section in layout.sections:
        yield r"\midrule"
        if section.title:
            yield f"{_multicolumn(1 + k * n, 'l', section.title, 'textbf')} \\\\"
        for row in section.rows:
            whole = section.whole and k > 1
            cells = [_multicolumn(k, "c", c) if whole else _tex(minus(c)) for c in row.cells]
            yield _tex_row(_tex(row.label), cells)
    yield r"\bottomrule"


def _tex_row(label: str, cells: Sequence[str]) -> str:
    return " & ".join([label, *cells]) + r" \\"


def _multicolumn(columns: int, place: str, text: str, style: str = "") -> str:
    inside = f"\\{style}{{{_tex(text)}}}" if style else _tex(minus(text))
    return f"\\multicolumn{{{columns}}}{{{place}}}{{{inside}}}"


def _tex(text: str) -> str:
    return "".join(SPECIAL.get(mark, mark) for mark in text)
