"""The table of prior distributions, and their form as text: ``"normal(0, 2.5)"``."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ...errors import PriorError

REAL, POSITIVE, CORRELATION = "real", "positive", "correlation"


@dataclass(frozen=True)
class Row:
    """A kind of prior: what it is a distribution of, its arguments, and which must be positive."""

    support: str
    arguments: tuple[str, ...]
    positive: tuple[str, ...]


PRIORS: Mapping[str, Row] = {
    "normal": Row(REAL, ("location", "scale"), ("scale",)),
    "student_t": Row(REAL, ("df", "location", "scale"), ("df", "scale")),
    "half_normal": Row(POSITIVE, ("scale",), ("scale",)),
    "half_student_t": Row(POSITIVE, ("df", "scale"), ("df", "scale")),
    "exponential": Row(POSITIVE, ("rate",), ("rate",)),
    "lkj": Row(CORRELATION, ("eta",), ("eta",)),
}

CALL = re.compile(r"\s*(\w+)\s*\(([^()]*)\)\s*")


@dataclass(frozen=True)
class Prior:
    """A prior distribution.

    Attributes
    ----------
    name : str
        ``normal(location, scale)`` and ``student_t(df, location, scale)`` of a number;
        ``half_normal(scale)``, ``half_student_t(df, scale)`` and ``exponential(rate)`` of a
        positive number; ``lkj(eta)`` of a correlation matrix R, with density proportional to
        det(R)**(eta - 1).
    arguments : tuple of float

    Raises
    ------
    PriorError
        For an unknown name, or arguments that do not fit.

    Examples
    --------
    >>> from mixeff.estimate.bayes import Prior
    >>> str(Prior("student_t", (3, 0, 2.5)))
    'student_t(3, 0, 2.5)'
    """

    name: str
    arguments: tuple[float, ...]

    def __post_init__(self) -> None:
        if self.name not in PRIORS:
            raise PriorError(f"prior {self.name!r} is not one of {', '.join(PRIORS)}.")
        row = PRIORS[self.name]
        form = f"{self.name}({', '.join(row.arguments)})"
        if len(self.arguments) != len(row.arguments):
            raise PriorError(
                f"prior {self!s} has {len(self.arguments)} arguments, but its form is {form}."
            )
        for argument, value in zip(row.arguments, self.arguments, strict=True):
            if not math.isfinite(value) or (argument in row.positive and value <= 0):
                kind = "a positive number" if argument in row.positive else "a finite number"
                raise PriorError(f"prior {self!s}: the {argument} of {form} must be {kind}.")

    @property
    def support(self) -> str:
        """What it is a distribution of: "real", "positive" or "correlation"."""
        return PRIORS[self.name].support

    def __str__(self) -> str:
        return f"{self.name}({', '.join(f'{value:.4g}' for value in self.arguments)})"

    def exactly(self) -> str:
        """The text that gives the same prior to the last bit."""
        return f"{self.name}({', '.join(map(repr, self.arguments))})"


def as_prior(given: object) -> Prior:
    """A prior from what the user gave: one, or a text such as ``"normal(0, 2.5)"``."""
    if isinstance(given, Prior):
        return given
    found = CALL.fullmatch(given) if isinstance(given, str) else None
    if found is None:
        raise PriorError(f"{given!r} is no prior: give a text such as 'normal(0, 2.5)'.")
    name, inside = found.groups()
    try:
        arguments = tuple(float(part) for part in inside.split(",")) if inside.strip() else ()
    except ValueError:
        raise PriorError(f"prior {given!r}: the arguments must be numbers.") from None
    return Prior(name, arguments)
