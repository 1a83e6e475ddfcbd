"""The text of a formula, cut into tokens that remember where they stood."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..errors import FormulaError

__all__ = ["Token", "join", "split", "tokenize"]

_PATTERN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<number>(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)
  | (?P<name>[^\W\d][\w.]*|\.[^\W\d][\w.]*)
  | (?P<quoted>`[^`]*`)
  | (?P<string>'[^']*'|"[^"]*")
  | (?P<open>[(\[{])
  | (?P<close>[)\]}])
  | (?P<operator>\|\||\*\*|==|!=|<=|>=|//|%in%|[-+*/:^|~,<>=%.&!])
    """,
    re.VERBOSE,
)

_CLOSERS = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True)
class Token:
    """A piece of a formula.

    Attributes
    ----------
    text : str
    kind : str
        "name", "quoted" (in backticks), "number", "string", "open", "close" or "operator".
    start, end : int
        Where it stands in the formula.
    depth : int
        Number of brackets around it; a bracket counts as outside itself.
    """

    text: str
    kind: str
    start: int
    end: int
    depth: int

    @property
    def is_column(self) -> bool:
        """Whether it can be the name of a column."""
        return self.kind in ("name", "quoted")

    @property
    def column(self) -> str:
        """The name of the column, without backticks."""
        return self.text.strip("`")


def tokenize(text: str) -> tuple[Token, ...]:
    """Cut a formula into tokens, its brackets matched.

    Parameters
    ----------
    text : str

    Returns
    -------
    tuple of Token

    Raises
    ------
    FormulaError
        At a character that no formula has, or a bracket without its partner.

    Examples
    --------
    >>> [token.text for token in tokenize("y ~ (1|g)")]
    ['y', '~', '(', '1', '|', 'g', ')']
    """
    opened: list[Token] = []
    tokens: list[Token] = []
    for kind, word, start in _words(text):
        if kind == "close":
            _match(text, opened, word, start)
        token = Token(word, kind, start, start + len(word), len(opened))
        tokens.append(token)
        if kind == "open":
            opened.append(token)
    if opened:
        last = opened[-1]
        raise FormulaError(f"{last.text!r} is never closed", text, last.start, last.end)
    return tuple(tokens)


def _words(text: str) -> Iterator[tuple[str, str, int]]:
    position = 0
    while position < len(text):
        match = _PATTERN.match(text, position)
        if match is None:
            raise FormulaError(
                f"{text[position]!r} has no meaning in a formula; a name with other characters "
                "than letters, digits, _ and . goes between backticks",
                text,
                position,
                position + 1,
            )
        kind = match.lastgroup or ""
        if kind != "space":
            yield kind, match.group(), position
        position = match.end()


def _match(text: str, opened: list[Token], closer: str, start: int) -> None:
    if not opened or _CLOSERS[opened[-1].text] != closer:
        raise FormulaError(f"{closer!r} was never opened", text, start, start + 1)
    opened.pop()


def split(tokens: Sequence[Token], separators: str, depth: int) -> list[list[Token]]:
    """Cut tokens at separators of a given depth; a separator starts the part that follows it.

    Parameters
    ----------
    tokens : sequence of Token
    separators : str
        Space-separated texts.
    depth : int

    Returns
    -------
    list of list of Token
        The first part has no separator at its head.
    """
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.depth == depth and token.kind == "operator" and token.text in separators.split():
            parts.append([])
        parts[-1].append(token)
    return parts


def join(tokens: Sequence[Token]) -> str:
    """The text of tokens, spaced evenly."""
    text = ""
    before: Token | None = None
    for token in tokens:
        text += _gap(before, token) + token.text
        before = token
    return text


def _gap(before: Token | None, token: Token) -> str:
    if before is None or ("open" in (before.kind, token.kind) and before.kind != "operator"):
        return ""
    if token.kind == "close" or token.text == ",":
        return ""
    tight = (":", "**", "^")
    return "" if token.text in tight or before.text in tight or before.kind == "open" else " "
