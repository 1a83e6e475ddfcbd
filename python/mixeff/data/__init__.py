"""Any data frame to typed columns, and back."""

from .between import within_between
from .columns import Column, Columns, Schema
from .factorize import encode, factorize
from .frames import (
    column_names,
    empty_frame,
    from_any,
    library_of,
    n_rows_of,
    to_native,
    with_columns,
)

__all__ = [
    "Column",
    "Columns",
    "Schema",
    "column_names",
    "empty_frame",
    "encode",
    "factorize",
    "from_any",
    "library_of",
    "n_rows_of",
    "to_native",
    "with_columns",
    "within_between",
]
