"""What a formula says, as values."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Formula", "Group", "Random", "Response"]


@dataclass(frozen=True)
class Response:
    """The left side of a formula.

    Attributes
    ----------
    text : str
        As written.
    kind : str
        "plain", "cbind" (successes, failures), "trials" (successes, trials), "survival" (time,
        event), "choice" (chosen, case) or "cens" (lower, upper; or y, lower, upper).
    parts : tuple of str
        The expressions: one for "plain", two or three for the others. An empty one is a bound that
        there is not.
    """

    text: str
    kind: str
    parts: tuple[str, ...]

    @property
    def bounds(self) -> tuple[str, ...]:
        """The parts that may be missing or infinite: the ends of a censored response."""
        return self.parts[-2:] if self.kind == "cens" else ()


@dataclass(frozen=True)
class Group:
    """A grouping factor: one column, or the combinations of several.

    Attributes
    ----------
    columns : tuple of str
    """

    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        """The columns joined by colons."""
        return ":".join(self.columns)


@dataclass(frozen=True)
class Random:
    """One random-effects term.

    Attributes
    ----------
    text : str
        Such as "(1 + x | g)"; a nested term is written out, "(1 | a:b)".
    effects : str
        Left of the bar.
    group : Group
        Right of the bar.
    structure : str
        "unstructured" for ``|``, "diagonal" for ``||``.
    shared : str or None
        The name in ``(1 | name | g)``: terms of all linear predictors with the same name and group
        are correlated.
    """

    text: str
    effects: str
    group: Group
    structure: str
    shared: str | None = None


@dataclass(frozen=True)
class Formula:
    """A parsed formula.

    Attributes
    ----------
    text : str
        As written.
    response : Response or None
        None for a one-sided formula.
    fixed : str
        The fixed effects, in the language of formulaic.
    random : tuple of Random
        Nested terms written out.
    offsets : tuple of str
        The expressions inside ``offset()``; they add up.
    """

    text: str
    response: Response | None
    fixed: str
    random: tuple[Random, ...]
    offsets: tuple[str, ...]

    def __str__(self) -> str:
        return self.text
