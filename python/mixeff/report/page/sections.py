"""The sections of the page, each from the fit to HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

from ...errors import NotAvailableError
from ...results.parameters import percent
from ..content import method_words, observations
from ..numbers import count
from ..table import ModelTable
from . import meaning as meanings
from .inputs import Covariates
from .mathml import equation
from .model import page_model
from .phrases import DURATION, OF_PROBABILITY, event_of, kind_of, response_of
from .pictures import pictures as drawn
from .repeat import python_code, shell_command, version_of, versions
from .summary import checks as checked
from .summary import column_rows, rows_words
from .words import listed, model_words

if TYPE_CHECKING:
    from ...results.fit import FitResults
    from .meaning import Meaning


@dataclass(frozen=True)
class Subject:
    """A fit and how it is to be shown; see `page_html`."""

    fit: FitResults
    level: float
    command: str | None
    served: bool

    @cached_property
    def page_model(self) -> dict[str, Any] | None:
        """What the page predicts from; None if it cannot."""
        return None if isinstance(self._made, NotAvailableError) else self._made

    @property
    def why_not(self) -> str:
        """Why the page cannot predict."""
        return str(self._made)

    @cached_property
    def _made(self) -> dict[str, Any] | NotAvailableError:
        try:
            return page_model(self.fit, self.level)
        except NotAvailableError as error:
            return error

    @cached_property
    def numbers(self) -> dict[str, Any]:
        """The data of the page's programs."""
        spec = self.fit.spec
        return {
            "model": self.page_model,
            "inputs": Covariates(self.fit).inputs(),
            "quantity": quantity(self.fit),
            "groups": list(dict.fromkeys(spec.inputs.groups)),
            "covariates": list(spec.inputs.covariates),
            "level": self.level,
            "interval": f"{percent(self.level)} CI",
        }


def quantity(fit: FitResults) -> str:
    """What is predicted, for the vertical axis."""
    kind = kind_of(fit.design.distribution)
    if kind == DURATION:
        return f"Probability of the event in each period of {response_of(fit)}"
    if fit.design.distribution.categories is not None:
        return f"Probability of each category of {response_of(fit)}"
    if kind in OF_PROBABILITY:
        return f"Probability of {event_of(fit)}"
    return f"Mean of {response_of(fit)}"


PIXELS = 100  # to the inch of a picture
BROAD = 4.6  # inches, from which on it has a line of a printed page to itself

# Pieces ---------------------------------------------------------------------------------------


def paragraphs(sentences: Sequence[str], style: str = "") -> str:
    """Sentences as one paragraph."""
    kind = f' class="{style}"' if style else ""
    return f"<p{kind}>{escape(' '.join(sentences))}</p>" if any(sentences) else ""


def facts(pairs: Sequence[tuple[str, str]]) -> str:
    """Terms and what they are."""
    inside = "".join(f"<dt>{escape(a)}</dt><dd>{escape(b)}</dd>" for a, b in pairs)
    return f"<dl>{inside}</dl>"


def code(text: str) -> str:
    """Something to type."""
    return f"<pre><code>{escape(text)}</code></pre>"


# Sections -------------------------------------------------------------------------------------


def head(subject: Subject) -> str:
    """The formula, and what was fitted, in one line."""
    fit = subject.fit
    levels = [f"{count(k)} levels of {name}" for name, k in fit.n_groups.items()]
    line = [
        f"{fit.spec.family} response",
        f"{fit.spec.link} link",
        observations(fit),
        *levels,
    ]
    warning = "" if fit.converged else '<p class="warning">This fit did not converge.</p>'
    return (
        f'<p class="kicker">Mixed model</p><h1>{escape(str(fit.spec.formula))}</h1>'
        f'<p class="line">{escape(" · ".join(line))}</p>{warning}'
    )


def foot(subject: Subject) -> str:
    """What made the page."""
    return f"Made by mixeff {escape(version_of('mixeff'))}. This page holds everything it shows."


def model(subject: Subject) -> str:
    """In words and as an equation."""
    return f"{paragraphs(model_words(subject.fit))}<figure>{equation(subject.fit)}</figure>"


def estimates(subject: Subject) -> str:
    """The table of the fit."""
    fit = subject.fit
    show = ["estimate", "se", "ci", "p"]
    if fit.design.distribution.ratio_name(fit.design.link) is not None:
        show = ["estimate", "se", "ratio", "ci", "p"]
    made = ModelTable(fit, show=show, level=subject.level)
    method = facts([("Method", method_words(fit))])
    return f'<div class="wide">{made.to_html(style=False)}</div>{method}'


def meaning(subject: Subject) -> str:
    """A sentence for each coefficient and variance."""
    fit = subject.fit
    fixed = _meanings(meanings.coefficients(fit, subject.level))
    caveat = paragraphs([meanings.general_caveat(fit)], "caveat")
    random = meanings.variances(fit)
    varying = f"<h3>What varies</h3>{_meanings(random)}" if random else ""
    return f"{caveat}{fixed}{varying}"


def _meanings(found: Sequence[Meaning]) -> str:
    items = "".join(
        f"<dt><code>{escape(m.name)}</code></dt><dd>{escape(m.sentence)}"
        + (f' <span class="caveat">{escape(m.caveat)}</span>' if m.caveat else "")
        + "</dd>"
        for m in found
    )
    return f'<dl class="meanings">{items}</dl>' if items else ""


def explore(subject: Subject) -> str:
    """The frame of the control; `control.js` fills it in."""
    found = subject.page_model
    if found is None:
        return paragraphs([f"There is nothing to move here: {subject.why_not}"], "caveat")
    held = _held(found["held"])
    return (
        '<div id="control"><form class="inputs" autocomplete="off"></form>'
        '<div class="shown"><div class="chart"></div><div class="answers" aria-live="polite"></div>'
        "</div></div>"
        '<noscript><p class="caveat">Moving the covariates needs JavaScript.</p></noscript>'
        f"{held}{paragraphs([_legend(subject)], 'caveat')}"
    )


def _legend(subject: Subject) -> str:
    if not subject.fit.design.terms:
        return _uncertain(subject)
    return (
        "The average over the random effects is the population's mean. With random effects at zero "
        "it is that of a median level; the percentile is of the sum of a row's random effects. "
        f"{_uncertain(subject)}"
    )


def _uncertain(subject: Subject) -> str:
    """What the intervals are, or why there are none."""
    assert subject.page_model is not None
    if subject.page_model["uncertainty"] is None:
        return 'Predictions have no intervals here; fit.predict(interval="confidence") has them.'
    varies = " and of the variances" if subject.fit.design.terms else ""
    if subject.fit.estimate.draws is not None:
        return f"The intervals take the posterior of the coefficients{varies} as normal."
    return (
        f"The {percent(subject.level)} confidence intervals carry the uncertainty of the "
        f"coefficients{varies}."
    )


def _held(held: dict[str, Any]) -> str:
    if not held:
        return ""
    words = listed([f"{name} = {value}" for name, value in held.items()])
    return paragraphs([f"Held, because its columns have no short form: {words}."], "caveat")


def ask(subject: Subject) -> str:
    """The frame of the questions to a server; `ask.js` fills it in."""
    if not subject.served:
        return ""
    return (
        "<p>Values typed in here are predicted by the fit itself, with intervals.</p>"
        '<form id="question" autocomplete="off"></form>'
        '<div id="answer" aria-live="polite"></div>'
    )


def pictures(subject: Subject) -> str:
    """All pictures that the fit has."""
    found = []
    for picture in drawn(subject.fit):
        caption = escape(picture.caption)
        if picture.uri:
            pixels = round(PIXELS * picture.width)
            image = f'<img alt="{caption}" width="{pixels}" src="{picture.uri}">'
            style = f'style="width:{pixels}px"'
            style += ' class="broad"' if picture.width > BROAD else ""
            found.append(f"<figure {style}>{image}<figcaption>{caption}</figcaption></figure>")
        else:
            found.append(f'<p class="caveat">No picture: {escape(picture.problem)}</p>')
    return f'<div class="pictures">{"".join(found)}</div>' if found else ""


def data(subject: Subject) -> str:
    """Rows and columns."""
    rows = "".join(
        f"<tr><th scope='row'><code>{escape(name)}</code></th><td>{escape(kind)}</td>"
        f"<td>{escape(words)}</td></tr>"
        for name, kind, words in column_rows(subject.fit)
    )
    return (
        f"{paragraphs([rows_words(subject.fit)])}"
        '<div class="wide"><table class="columns"><thead><tr>'
        '<th scope="col">Column</th><th scope="col">Kind</th><th scope="col">In the rows used</th>'
        f"</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def checks(subject: Subject) -> str:
    """What was checked, and the notes of the fit."""
    rows = "".join(
        f"<dt>{escape(name)}</dt><dd class='{'good' if well else 'poor'}'>{escape(words)}</dd>"
        for name, words, well in checked(subject.fit)
    )
    notes = "".join(f"<dt>Note</dt><dd>{escape(note)}</dd>" for note in subject.fit.notes)
    return f'<dl class="checks">{rows}{notes}</dl>'


def repeat(subject: Subject) -> str:
    """Code, command and versions."""
    shell = subject.command or shell_command(subject.fit)
    command = f"<p>or, from a shell:</p>{code(shell)}" if shell else ""
    return f"{code(python_code(subject.fit))}{command}{facts([('Versions', versions())])}"
