"""The parameters of several fits, matched row by row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...results.coefficients import coefficient_table
from ...results.variance import RESIDUAL, correlations, standard_deviations
from ..predictors import grouped, ratio_of, row_names, title_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...results.fit import FitResults

Key = tuple[str, str]
"""The title of a section and the label of a row."""

NAN = float("nan")


@dataclass(frozen=True)
class Entry:
    """One parameter of one fit.

    Attributes
    ----------
    estimate, se, z, p, lower, upper : float
        NaN for what there is not.
    ratio_name : str or None
        What the exponential of the estimate is; None where it has no meaning.
    """

    estimate: float
    se: float
    z: float
    p: float
    lower: float
    upper: float
    ratio_name: str | None = None

    @property
    def ratio(self) -> tuple[float, float, float]:
        """The exponentials of the estimate and of the ends of its interval."""
        if self.ratio_name is None:
            return NAN, NAN, NAN
        with np.errstate(over="ignore"):
            estimate, lower, upper = np.exp([self.estimate, self.lower, self.upper])
        return float(estimate), float(lower), float(upper)

    def on(self, scale: str) -> tuple[float, float, float]:
        """Estimate and interval on the scale of "estimate", or of "ratio" where there is one."""
        if scale == "ratio" and self.ratio_name is not None:
            return self.ratio
        return self.estimate, self.lower, self.upper


def entries(fit: FitResults, level: float) -> dict[Key, Entry]:
    """Every parameter of a fit: coefficients by linear predictor, then SDs and correlations."""
    found: dict[Key, Entry] = {}
    for group in grouped(fit):
        for d in group:
            found.update(_coefficients(fit, d, title_of(fit, group[0]), level))
    for key, entry in [*_deviations(fit, level), *_correlations(fit, level)]:
        section, label = key
        found[key if key not in found else (section, f"{label} (2)")] = entry
    return _by_section(found)


def _coefficients(
    fit: FitResults, d: int, section: str, level: float
) -> Iterator[tuple[Key, Entry]]:
    table, ratio = coefficient_table(fit.design, fit.estimate, level, d), ratio_of(fit, d)
    columns = (table[name] for name in ("estimate", "se", "z", "p", "lower", "upper"))
    for name, *numbers in zip(row_names(fit, d), *columns, strict=True):
        yield (section, name), Entry(*map(float, numbers), ratio_name=ratio)


def _deviations(fit: FitResults, level: float) -> Iterator[tuple[Key, Entry]]:
    table = standard_deviations(fit.design, fit.estimate, level)
    for group, name, entry in zip(table["group"], table["name"], _random(table), strict=True):
        yield (("Residual", "SD") if group == RESIDUAL else (_section(group), f"SD {name}")), entry


def _correlations(fit: FitResults, level: float) -> Iterator[tuple[Key, Entry]]:
    table = correlations(fit.design, fit.estimate, level)
    labels = [f"Corr. {a}, {b}" for a, b in zip(table["name"], table["other"], strict=True)]
    for group, label, entry in zip(table["group"], labels, _random(table), strict=True):
        yield (_section(group), label), entry


def _section(group: str) -> str:
    return f"Random effects of {group}"


def _random(table: Mapping[str, np.ndarray]) -> list[Entry]:
    columns = (table[name] for name in ("estimate", "se", "lower", "upper"))
    rows = zip(*columns, strict=True)
    return [Entry(float(e), float(se), NAN, NAN, float(a), float(b)) for e, se, a, b in rows]


def _by_section(found: dict[Key, Entry]) -> dict[Key, Entry]:
    """The same, the rows of each section together."""
    sections = list(dict.fromkeys(section for section, _ in found))
    return dict(sorted(found.items(), key=lambda item: sections.index(item[0][0])))


def merged(every: Sequence[Mapping[Key, Entry]]) -> list[Key]:
    """The rows of all fits: those of the first, the others after what they follow in theirs."""
    order: list[Key] = []
    for one in every:
        place = 0
        for key in one:
            if key in order:
                place = order.index(key)
            else:
                known = any(key[0] == section for section, _ in order)
                place = place if known else len(order)
                order.insert(place, key)
            place += 1
    sections = list(dict.fromkeys(section for section, _ in _random_last(order)))
    return sorted(order, key=lambda key: sections.index(key[0]))


def _random_last(order: list[Key]) -> list[Key]:
    """Coefficients first, then random effects, then the residual."""

    def rank(key: Key) -> int:
        return 2 if key[0] == "Residual" else int(key[0].startswith(_section("")))

    return sorted(order, key=rank)
