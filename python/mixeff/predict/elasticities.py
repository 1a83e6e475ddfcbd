"""Slopes and elasticities: derivatives of predictions, or of their logarithms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .linearized import Linearized, of_two

if TYPE_CHECKING:
    from ..estimate.values import Floats

    Parts = Sequence[Linearized]


@dataclass(frozen=True)
class Slope:
    """A derivative by a covariate.

    Attributes
    ----------
    of : callable
        ``of(parts, x, step)``, from the predictions half a step above and below x, and at x where
        they are needed.
    text : str
    at_center : bool
        Whether predictions at x are needed.
    """

    of: Callable[[Parts, Floats, Floats], Linearized]
    text: str
    at_center: bool = False


def _plain(parts: Parts, x: Floats, step: Floats) -> Linearized:
    by = 1.0 / step
    return of_two((parts[0].value - parts[1].value) / step, parts[0], parts[1], (by, -by))


def _by_log(parts: Parts, x: Floats, step: Floats) -> Linearized:
    slope = _plain(parts, x, step)
    return slope.through(slope.value * x, x)


def _of_log(parts: Parts, x: Floats, step: Floats) -> Linearized:
    slope, y = _plain(parts, x, step), parts[2]
    share = slope.value / y.value
    return of_two(share, slope, y, (1.0 / y.value, -share / y.value))


def _elasticity(parts: Parts, x: Floats, step: Floats) -> Linearized:
    share = _of_log(parts, x, step)
    return share.through(share.value * x, x)


SLOPES: dict[str, Slope] = {
    "dydx": Slope(_plain, "dy/dx"),
    "dyex": Slope(_by_log, "dy/ex"),
    "eydx": Slope(_of_log, "ey/dx", True),
    "eyex": Slope(_elasticity, "ey/ex", True),
}
