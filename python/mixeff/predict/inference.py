"""Tests and intervals of many numbers, with adjustments for their multiplicity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ArgumentError
from ..results.parameters import critical_value
from .intervals import around
from .predictor import one_of

if TYPE_CHECKING:
    from ..estimate.values import Floats
    from ..model.links import Link
    from .gather import Estimates
    from .predictor import Predictor

    Ends = Callable[[float], tuple[Floats, Floats]]

DRAWS = 100_000  # of the largest of correlated normal numbers; always the same
ENTRIES = 20_000_000  # at most, in all of them


@dataclass(frozen=True, eq=False)
class Family:
    """Tests that are adjusted together.

    Attributes
    ----------
    z : ndarray, shape (m,)
        Their statistics.
    means : int or None
        Number of means of which they are all the pairwise differences.
    correlation : callable
        Their correlation matrix.
    """

    z: Floats
    means: int | None
    correlation: Callable[[], Floats]


@dataclass(frozen=True)
class Adjustment:
    """A row of the table `ADJUST`.

    Attributes
    ----------
    p_values : callable
        ``p_values(family)``.
    critical : callable or None
        ``critical(family, level)`` of simultaneous intervals; None where there are none.
    correlated : bool
        Whether it needs the correlations of the tests.
    """

    p_values: Callable[[Family], Floats]
    critical: Callable[[Family, float], float] | None
    correlated: bool = False


def _two_sided(z: Floats) -> Floats:
    from scipy.special import erfc

    return erfc(np.abs(z) / np.sqrt(2.0))


def _counted(family: Family) -> int:
    return max(int(np.isfinite(family.z).sum()), 1)


def _bonferroni(family: Family) -> Floats:
    return np.minimum(_counted(family) * _two_sided(family.z), 1.0)


def _sidak(family: Family) -> Floats:
    with np.errstate(divide="ignore"):
        return -np.expm1(_counted(family) * np.log1p(-_two_sided(family.z)))


def _holm(family: Family) -> Floats:
    return _stepped(family, lambda p, m: np.maximum.accumulate(p * np.arange(m, 0, -1)))


def _fdr(family: Family) -> Floats:
    """Benjamini and Hochberg (1995)."""

    def up(p: Floats, m: int) -> Floats:
        scaled = p * m / np.arange(1, m + 1)
        return np.minimum.accumulate(scaled[::-1])[::-1]

    return _stepped(family, up)


def _stepped(family: Family, steps: Callable[[Floats, int], Floats]) -> Floats:
    """A procedure on the ordered p-values; those that are none stay so."""
    p = _two_sided(family.z)
    order = np.argsort(p)[: int(np.isfinite(p).sum())]
    p[order] = np.minimum(steps(p[order], len(order)), 1.0)
    return p


def _tukey(family: Family) -> Floats:
    from scipy.stats import studentized_range

    q = np.abs(family.z) * np.sqrt(2.0)
    return np.asarray(studentized_range.sf(q, _means(family), np.inf))


def _means(family: Family) -> int:
    if family.means is None:
        raise ArgumentError(
            "adjust='tukey' is for all pairwise differences of means: give contrasts='pairwise' or "
            "hypothesis='pairwise', or take adjust='mvt', which is for any contrasts."
        )
    return family.means


def _largest(family: Family) -> Floats:
    """Draws of the largest absolute value of normal numbers so correlated."""
    correlation = family.correlation()
    known = np.isfinite(np.diag(correlation))
    values, vectors = np.linalg.eigh(correlation[np.ix_(known, known)])
    kept = values > 1e-10 * values.max(initial=1.0)
    root = vectors[:, kept] * np.sqrt(values[kept])
    n = min(DRAWS, ENTRIES // max(len(root), 1))
    draws = np.random.default_rng(1).standard_normal((n, root.shape[1]))
    return np.abs(draws @ root.T).max(axis=1)


def _mvt(family: Family) -> Floats:
    largest = np.sort(_largest(family))
    above = len(largest) - np.searchsorted(largest, np.abs(family.z))
    return np.where(np.isfinite(family.z), above / len(largest), np.nan)


def _tukey_critical(family: Family, level: float) -> float:
    from scipy.stats import studentized_range

    return float(studentized_range.ppf(level, _means(family), np.inf)) / np.sqrt(2.0)


ADJUST: dict[str, Adjustment] = {
    "none": Adjustment(lambda f: _two_sided(f.z), lambda f, level: critical_value(level)),
    "bonferroni": Adjustment(
        _bonferroni, lambda f, level: critical_value(1.0 - (1.0 - level) / _counted(f))
    ),
    "sidak": Adjustment(_sidak, lambda f, level: critical_value(level ** (1.0 / _counted(f)))),
    "holm": Adjustment(_holm, None),
    "fdr": Adjustment(_fdr, None),
    "tukey": Adjustment(_tukey, _tukey_critical),
    "mvt": Adjustment(_mvt, lambda f, level: float(np.quantile(_largest(f), level)), True),
}


def inference(
    predictor: Predictor,
    found: Estimates,
    line: Link,
    families: np.ndarray,
    means: int | None,
    level: float,
    adjust: str,
    ends: Ends | None = None,
) -> dict[str, Floats]:
    """Columns ``estimate, se, z, p_value, lower, upper``.

    Parameters
    ----------
    predictor : Predictor
    found : Estimates
    line : Link
        Tests and intervals are normal on its scale, and against zero there.
    families : ndarray of int, shape (N,)
        Which numbers are adjusted together.
    means : int or None
        Number of means of which those of a family are all the differences.
    level : float
        Coverage of the intervals, of all of a family for an adjustment that has them.
    adjust : str
        A key of `ADJUST`.
    ends : callable, optional
        Ends of the intervals by the critical value, of numbers that are one family.
    """
    one_of("adjust", adjust, ADJUST)
    critical_value(level)
    row = ADJUST[adjust]
    with np.errstate(divide="ignore", invalid="ignore"):
        eta = line.link(found.value)
        z = eta / (found.se / np.abs(line.inverse_derivative(eta)))
    p_values, critical = np.full(len(z), np.nan), np.full(len(z), critical_value(level))
    for code in np.unique(families):
        own = np.flatnonzero(families == code)
        family = Family(z[own], means, lambda own=own: _correlation(predictor, found, own))
        p_values[own] = row.p_values(family)
        if row.critical is not None:
            critical[own] = row.critical(family, level)
    normal = around(line, found.value, found.se, critical)
    lower, upper = normal if ends is None else ends(float(critical[0]))
    return {
        "estimate": found.value,
        "se": found.se,
        "z": z,
        "p_value": p_values,
        "lower": lower,
        "upper": upper,
    }


def _correlation(predictor: Predictor, found: Estimates, own: np.ndarray) -> Floats:
    assert found.derivatives is not None
    covariance = predictor.covariance(found.derivatives.rows(own))
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 1.0 / np.sqrt(np.diag(covariance))
    return covariance * np.outer(scale, scale)
