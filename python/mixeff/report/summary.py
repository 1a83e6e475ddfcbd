"""The summary of a fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .content import Content, content
from .html import html
from .text import text

if TYPE_CHECKING:
    from ..results.fit import FitResults


class Summary:
    """A summary: text in a terminal, HTML in a notebook.

    Parameters
    ----------
    fit : FitResults
    level : float
        Coverage of the confidence intervals.

    Attributes
    ----------
    content : Content
        What it says: title, formula, facts, tables, closing sentences and notes.
    """

    def __init__(self, fit: FitResults, level: float = 0.95) -> None:
        self.content: Content = content(fit, level)

    def __str__(self) -> str:
        return text(self.content)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html(self.content)
