"""A summary for notebooks: plain HTML that follows the notebook's own colours."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .content import Content
    from .values import Table

STYLE = """
.mixeff{font-size:.92em;line-height:1.35}
.mixeff table{border-collapse:collapse;margin:.4em 0 1em 0;border-top:1.5px solid;
border-bottom:1.5px solid}
.mixeff caption{caption-side:top;text-align:left;font-weight:600;padding:.2em 0}
.mixeff th,.mixeff td{padding:.12em .7em;text-align:right;background:none;border:0;
font-variant-numeric:tabular-nums}
.mixeff thead th{border-bottom:1px solid}
.mixeff .word{text-align:left;font-weight:400}
.mixeff dl{display:grid;grid-template-columns:max-content auto;gap:.1em 1em;margin:.4em 0 1em 0}
.mixeff dt{font-weight:600}.mixeff dd{margin:0}
"""


def html(content: Content) -> str:
    """The summary as a fragment of HTML."""
    facts = "".join(f"<dt>{escape(a)}</dt><dd>{escape(b)}</dd>" for a, b in content.facts)
    sentences = [*content.closing, *(f"Note: {note}" for note in content.notes)]
    return (
        f'<div class="mixeff"><style>{STYLE}</style>'
        f"<p><strong>{escape(content.title)}</strong><br><code>{escape(content.formula)}</code></p>"
        f"<dl>{facts}</dl>"
        + "".join(_table(table) for table in content.tables)
        + "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
        + "</div>"
    )


def _table(table: Table) -> str:
    head = "".join(_cell("th", cell, i < table.words) for i, cell in enumerate(table.header))
    body = "".join(f"<tr>{_row(row, table.words)}</tr>" for row in table.rows)
    return (
        f"<table><caption>{escape(table.title)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _row(row: tuple[str, ...], words: int) -> str:
    return "".join(
        _cell("th" if i < words else "td", cell, i < words) for i, cell in enumerate(row)
    )


def _cell(tag: str, cell: str, word: bool) -> str:
    attribute = ' class="word"' if word else ""
    return f"<{tag}{attribute}>{escape(cell)}</{tag}>"
