"""A fit as text: the table for people, JSON for programs."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

__all__ = ["as_json", "as_table", "records"]


def as_table(fit: Any, level: float) -> str:
    """Return the summary as plain text."""
    return str(fit.summary(level=level))


def as_json(fit: Any, level: float) -> str:
    """Return the fit as JSON: how it was made, one line of statistics, one row per parameter."""
    content = {
        "formula": str(fit.spec.formula),
        "converged": bool(fit.converged),
        "singular": bool(fit.singular),
        "notes": list(fit.notes),
        "glance": records(fit.glance())[0],
        "parameters": records(fit.tidy(level=level)),
    }
    return json.dumps(content, indent=2, allow_nan=False)


def records(frame: Any) -> list[dict[str, Any]]:
    """Return the rows of a pandas or polars frame, with None for what is missing or not finite."""
    columns = {name: map(_plain, frame[name].to_list()) for name in frame.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    return None if value is None or value is pd.NA else value
