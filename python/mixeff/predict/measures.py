"""How two predictions are compared, a row of the table `MEASURES` each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ArgumentError
from ..model.families import LINKS
from .linearized import Linearized, of_two

if TYPE_CHECKING:
    from ..estimate.values import Floats
    from ..model.links import Link

    Found = tuple[Floats, tuple[Floats, Floats]]


@dataclass(frozen=True)
class Measure:
    """A comparison of a prediction with another.

    Attributes
    ----------
    function : callable
        ``function(high, low)``: the comparison, and its derivatives by both.
    text : str
        How it is written, with ``{high}`` and ``{low}``.
    line : Link
        Tests and intervals are normal on its scale, on which no difference is zero.
    lowest, highest : float
        Open interval in which predictions must lie.
    """

    function: Callable[[Floats, Floats], Found]
    text: str
    line: Link
    lowest: float = -np.inf
    highest: float = np.inf

    def compare(self, high: Linearized, low: Linearized, name: str) -> Linearized:
        """The comparison of two predictions of the same rows.

        Raises
        ------
        ArgumentError
            If they are no values that can be compared so.
        """
        for value in (high.value, low.value):
            outside = ~((value > self.lowest) & (value < self.highest))
            if outside.any():
                raise ArgumentError(
                    f"comparison={name!r} compares predictions between {self.lowest:g} and "
                    f"{self.highest:g}, and there is one of {value[np.argmax(outside)]:g}: take "
                    "comparison='difference'."
                )
        value, slopes = self.function(high.value, low.value)
        return of_two(value, high, low, slopes)


def _difference(high: Floats, low: Floats) -> Found:
    one = np.ones_like(high)
    return high - low, (one, -one)


def _ratio(high: Floats, low: Floats) -> Found:
    ratio = high / low
    return ratio, (1.0 / low, -ratio / low)


def _log_ratio(high: Floats, low: Floats) -> Found:
    return np.log(high / low), (1.0 / high, -1.0 / low)


def _lift(high: Floats, low: Floats) -> Found:
    ratio, slopes = _ratio(high, low)
    return ratio - 1.0, slopes


def _log_odds_ratio(high: Floats, low: Floats) -> Found:
    by_high, by_low = 1.0 / (high * (1.0 - high)), -1.0 / (low * (1.0 - low))
    return np.log(high / (1.0 - high)) - np.log(low / (1.0 - low)), (by_high, by_low)


def _odds_ratio(high: Floats, low: Floats) -> Found:
    value, (by_high, by_low) = _log_odds_ratio(high, low)
    ratio = np.exp(value)
    return ratio, (ratio * by_high, ratio * by_low)


IDENTITY, LOG = LINKS["identity"], LINKS["log"]

MEASURES: dict[str, Measure] = {
    "difference": Measure(_difference, "{high} - {low}", IDENTITY),
    "ratio": Measure(_ratio, "{high} / {low}", LOG, 0.0),
    "lnratio": Measure(_log_ratio, "ln({high} / {low})", IDENTITY, 0.0),
    "lift": Measure(_lift, "{high} / {low} - 1", IDENTITY, 0.0),
    "or": Measure(_odds_ratio, "odds({high}) / odds({low})", LOG, 0.0, 1.0),
    "lnor": Measure(_log_odds_ratio, "ln(odds({high}) / odds({low}))", IDENTITY, 0.0, 1.0),
}
