"""The only door to great_tables: a table of fits to style further there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import MissingDependencyError
from .markup import minus

if TYPE_CHECKING:
    from .layout import Layout


def as_great_table(layout: Layout) -> Any:
    """The table as a ``great_tables.GT``, a spanner over the columns of each model."""
    try:
        import great_tables
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            'this needs great_tables, which is not installed: pip install "mixeff[report]"'
        ) from error
    k, n = layout.width, len(layout.models)
    columns = [f"{i}.{j}" for i in range(n) for j in range(k)]
    table: Any = great_tables.GT(_frame(layout, columns), rowname_col="", groupname_col="section")
    table = table.cols_label({c: layout.header[i % k] for i, c in enumerate(columns)})
    table = table.cols_align(align="right", columns=columns)
    for i, name in enumerate(layout.models if any(layout.models) else ()):
        table = table.tab_spanner(name, columns=columns[i * k : (i + 1) * k], id=f"model {i}")
    if layout.title:
        table = table.tab_header(title=layout.title)
    for note in layout.notes:
        table = table.tab_source_note(note)
    return table


def _frame(layout: Layout, columns: list[str]) -> Any:
    import pandas as pd

    rows = []
    for section in layout.sections:
        for row in section.rows:
            cells = row.cells
            if section.whole:
                cells = tuple(c if j == 0 else "" for c in cells for j in range(layout.width))
            rows.append([section.title or " ", row.label, *map(minus, cells)])
    return pd.DataFrame(rows, columns=["section", "", *columns])
