"""High-precision log-densities and their derivatives, for tests of the core.

A script of a group of families (``densities_counts.py``, ..) lists its cases and calls ``write``,
which makes a table in ``crates/mixeff-core/tests/densities``. The test ``density_reference.rs``
reads every table there. Columns:

- ``family``, ``link``, ``categories`` (0 if none): a row of the core's registry;
- ``zeros``: the modifiers of zeros, innermost first, separated by spaces;
- ``y``, ``extra``, ``eta``: the response, its second column, and the linear predictors;
- ``l``: the log-density with all constants;
- ``first``, ``second``, ``third``: its derivatives, for ``a``, ``a <= b`` and ``a <= b <= c`` in
  lexicographic order.

Derivatives are differences of the densities as written in the scripts, not of the formulas of the
core. Needs mpmath 1.3 or later.
"""

import csv
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import mpmath as mp

FOLDER = Path(__file__).parents[1] / "crates/mixeff-core/tests/densities"
FIELDS = [
    "family",
    "link",
    "zeros",
    "categories",
    "y",
    "extra",
    "eta",
    "l",
    "first",
    "second",
    "third",
]


@dataclass(frozen=True)
class Case:
    """A point of a density ``density(y, extra, *eta)``, all arguments numbers of mpmath."""

    family: str
    link: str
    density: Callable[..., mp.mpf]
    y: float
    eta: Sequence[float]
    extra: float = 0
    zeros: str = ""
    categories: int = 0
    digits: int = 450


def difference(f, point, order, step, digits=450):
    """Central difference, recursively by variable; error of order step^2 relative."""
    with mp.workdps(digits):
        total = mp.mpf(0)
        for shifts in itertools.product(*(range(k + 1) for k in order)):
            sign, at = 1, []
            for k, j, x in zip(order, shifts, point, strict=True):
                sign *= (-1) ** j * mp.binomial(k, j)
                at.append(x + (mp.mpf(k) / 2 - j) * step)
            total += sign * f(*at)
        return total / step ** sum(order)


def step_at(point):
    """A step that is small beside every number of the point."""
    sizes = [abs(x) for x in point]
    step = mp.mpf(10) ** -30 * max(1, *sizes)
    return step * min(1, *sizes) if min(sizes) > 0 else step


def write(name: str, cases: Iterable[Case]) -> None:
    """Write the table ``name`` with a row for each case."""
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / f"{name}.csv").open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([FIELDS, *map(row, cases)])


def row(case: Case) -> list[str]:
    names = [case.family, case.link, case.zeros, str(case.categories)]
    point = [repr(float(case.y)), repr(float(case.extra)), listed(map(float, case.eta), repr)]
    numbers = (listed(derivatives(case, order), digits) for order in range(4))
    return [*names, *point, *numbers]


def derivatives(case: Case, order: int):
    y, extra, point = mp.mpf(case.y), mp.mpf(case.extra), [mp.mpf(x) for x in case.eta]
    size, step = len(point), step_at(point)
    for entry in itertools.combinations_with_replacement(range(size), order):
        powers = [entry.count(d) for d in range(size)]
        yield difference(
            lambda *eta: case.density(y, extra, *eta), point, powers, step, case.digits
        )


def digits(x):
    return mp.nstr(x, 20)


def listed(numbers, text):
    return " ".join(map(text, numbers))
