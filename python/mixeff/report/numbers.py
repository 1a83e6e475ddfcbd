"""Numbers as a statistician prints them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def decimals_for(scale: np.ndarray) -> int | None:
    """Find decimals that leave the smallest of some numbers two digits; None for powers.

    Parameters
    ----------
    scale : ndarray
        Standard errors, or the numbers themselves where there are none.

    Returns
    -------
    int or None
        Between 3 and 6; None if no such number shows them all.
    """
    size = np.abs(scale[np.isfinite(scale) & (scale != 0.0)])
    if len(size) == 0:
        return 3
    if size.max() >= 1e6 or size.min() < 1e-5:
        return None
    return int(np.clip(1 - math.floor(math.log10(size.min())), 3, 6))


def fixed(values: Sequence[float] | np.ndarray, decimals: int | None) -> list[str]:
    """Numbers with the same number of decimals; blank where there is none."""
    return ["" if math.isnan(value) else _one(value, decimals) for value in values]


def _one(value: float, decimals: int | None) -> str:
    text = f"{value:.4g}" if decimals is None else f"{value:.{decimals}f}"
    return text if float(text) else text.removeprefix("-")


def p_value(p: float) -> str:
    """A p-value with three decimals."""
    if math.isnan(p):
        return ""
    return "<0.001" if p < 0.0005 else f"{p:.3f}"


def count(number: int) -> str:
    """A count with separated thousands."""
    return f"{number:,}"


def share(error: float) -> str:
    """A small share in percent, at least a thousandth of one: 0.0042 -> '0.42 %'."""
    return f"{max(100.0 * error, 0.001):.2g} %"


def short_time(seconds: float) -> str:
    """A duration in the unit that suits it."""
    for limit, unit, factor in ((1e-3, "us", 1e6), (1.0, "ms", 1e3), (120.0, "s", 1.0)):
        if seconds < limit:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds / 60.0:.3g} min"
