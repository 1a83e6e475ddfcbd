"""How much smaller variances become from one model to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentError
from ..model.families.base import error_of_link
from .r2 import LATENT, Parts
from .variance import components

if TYPE_CHECKING:
    from .fitted import Fitted


def variance_reduction(fit0: Fitted, fit1: Fitted) -> Any:
    """Proportional change of each variance from one model to a larger one.

    Parameters
    ----------
    fit0, fit1 : Fit
        Fits of the same responses, as of a model without and with covariates.

    Returns
    -------
    frame
        Columns ``group, name, variance_0, variance_1, reduction``, and ``rescaled``, the reduction
        where the second model is brought to the scale of the first: a binary or ordinal model fixes
        the variance of its latent error, so that all else grows when covariates explain some of
        it (Hox 2010, section 6.5; Fielding 2004). For other models it is ``reduction`` itself. A
        variance that only one of the models has is NaN in the other.

    Raises
    ------
    ArgumentError
        If the fits are of different responses, families or links.

    Notes
    -----
    A reduction may be negative: a covariate that varies within clusters may uncover variance
    between them (Snijders and Bosker 2012, section 7.1).

    Examples
    --------
    >>> import numpy as np
    >>> import mixeff as me
    >>> rng, g = np.random.default_rng(1), np.repeat(np.arange(60), 5)
    >>> size = rng.normal(size=60)
    >>> y = size[g] + rng.normal(0, 0.5, 60)[g] + rng.normal(size=300)
    >>> data = {"y": y, "size": size[g], "g": g}
    >>> fit0, fit1 = me.fit("y ~ 1 + (1 | g)", data), me.fit("y ~ size + (1 | g)", data)
    >>> me.variance_reduction(fit0, fit1)[["group", "reduction"]].round(2)
          group  reduction
    0         g       0.89
    1  Residual      -0.00
    """
    _require_same(fit0, fit1)
    before, after = _variances(fit0), _variances(fit1)
    keys = list(dict.fromkeys([*before, *after]))
    first, second = (np.array([part.get(key, np.nan) for key in keys]) for part in (before, after))
    with np.errstate(divide="ignore", invalid="ignore"):
        reduction, rescaled = 1.0 - second / first, 1.0 - _factor(fit0, fit1) * second / first
    columns = {
        "group": np.array([group for group, _ in keys], dtype=object),
        "name": np.array([name for _, name in keys], dtype=object),
        "variance_0": first,
        "variance_1": second,
        "reduction": reduction,
        "rescaled": rescaled,
    }
    return fit0.frame(columns)


def _require_same(fit0: Fitted, fit1: Fitted) -> None:
    a, b = fit0.design, fit1.design
    if (a.family, a.link) != (b.family, b.link):
        raise ArgumentError(
            f"the fits are of different kinds, {a.family} with {a.link} link and {b.family} with "
            f"{b.link} link: variances compare within one family and link."
        )
    if a.n != b.n or not np.array_equal(a.y, b.y):
        raise ArgumentError(
            f"the fits are of different responses, {a.n} and {b.n} rows: drop the rows with "
            "missing values in any covariate of the two before both fits."
        )


def _variances(fit: Fitted) -> dict[tuple[str, str], float]:
    found = components(fit.design, fit.estimate)
    return {(row.group, row.name): row.value for row in found if row.other is None}


def _factor(fit0: Fitted, fit1: Fitted) -> float:
    """From the scale of the second model to that of the first."""
    if fit0.design.distribution.error_variance is not error_of_link:
        return 1.0
    totals = []
    for fit in (fit0, fit1):
        parts = Parts.of(fit.design, fit.estimate, LATENT, None, "variance_reduction()")
        fixed_part, random, error = parts.at(fit.estimate)
        totals.append(fixed_part + random.sum() + error)
    return totals[0] / totals[1]
