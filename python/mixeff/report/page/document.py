"""The page: its sections in order, and the document around them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...results.parameters import critical_value
from . import sections

if TYPE_CHECKING:
    from ...results.fit import FitResults
    from .sections import Subject


@dataclass(frozen=True)
class Section:
    """A part of the page; `write` gives nothing where the fit has none."""

    name: str
    title: str
    write: Callable[[Subject], str]


SECTIONS: tuple[Section, ...] = (
    Section("model", "The model", sections.model),
    Section("estimates", "Estimates", sections.estimates),
    Section("meaning", "What the coefficients mean", sections.meaning),
    Section("explore", "Move the covariates", sections.explore),
    Section("ask", "Ask the fit", sections.ask),
    Section("pictures", "Pictures", sections.pictures),
    Section("data", "The data", sections.data),
    Section("checks", "Checks", sections.checks),
    Section("repeat", "To repeat it", sections.repeat),
)


def page_html(
    fit: FitResults, level: float = 0.95, *, command: str | None = None, served: bool = False
) -> str:
    """The page as text.

    Parameters
    ----------
    fit : FitResults
    level : float
        Coverage of the intervals.
    command : str, optional
        The command line that made the fit; put together from the fit by default.
    served : bool
        Whether a server answers the page's questions.
    """
    critical_value(level)
    served = served and not fit.design.distribution.has_cases  # which one typed-in row is not
    subject = sections.Subject(fit, level, command, served)
    found = [(s, html) for s in SECTIONS if (html := s.write(subject))]
    body = "".join(
        f'<section id="{s.name}"><h2>{escape(s.title)}</h2>{html}</section>' for s, html in found
    )
    links = "".join(f'<a href="#{s.name}">{escape(s.title)}</a>' for s, _ in found)
    title = escape(str(fit.spec.formula))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(served)}">'
        f"<title>{title}</title><style>{asset('page.css')}</style></head><body>"
        f"<header>{sections.head(subject)}</header><nav>{links}</nav><main>{body}</main>"
        f"<footer>{sections.foot(subject)}</footer>{_scripts(subject)}</body></html>\n"
    )


def write_report(
    fit: FitResults, path: str | Path, level: float = 0.95, *, command: str | None = None
) -> None:
    """Write the page to a file."""
    Path(path).write_text(page_html(fit, level, command=command), encoding="utf-8")


def _policy(served: bool) -> str:
    """What a browser may load: nothing from elsewhere."""
    ask = "connect-src 'self'; " if served else ""
    inline = "style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "
    return f"default-src 'none'; {inline}{ask}base-uri 'none'; form-action 'none'"


def _scripts(subject: Subject) -> str:
    """The numbers and the programs; nothing where there is nothing to move."""
    if subject.page_model is None and not subject.served:
        return ""
    names = ["predict.js", "chart.js", "control.js"] if subject.page_model is not None else []
    names += ["ask.js"] if subject.served else []
    programs = "".join(f"<script>{asset(name)}</script>" for name in names)
    numbers = as_json(subject.numbers)
    return f'<script type="application/json" id="numbers">{numbers}</script>{programs}'


def as_json(value: Any) -> str:
    """JSON that cannot end the element it stands in."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def asset(name: str) -> str:
    """A file of the folder ``assets``."""
    return (files(__package__ or "") / "assets" / name).read_text(encoding="utf-8")
