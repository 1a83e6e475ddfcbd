"""Where each parameter sits in (beta, theta), its name, and the delta method."""

from __future__ import annotations

from itertools import accumulate, pairwise
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ArgumentError
from ..estimate.covariance import theta_slices

if TYPE_CHECKING:
    from ..estimate.values import Estimate, Floats
    from ..model.design import Design, RandomTerm


def beta_slices(design: Design) -> tuple[slice, ...]:
    """The part of beta that belongs to each linear predictor."""
    ends = [0, *accumulate(len(names) for names in design.x_names)]
    return tuple(slice(start, stop) for start, stop in pairwise(ends))


def theta_positions(design: Design) -> tuple[slice, ...]:
    """The part of (beta, theta) that belongs to each term's theta."""
    p = sum(len(names) for names in design.x_names)
    return tuple(slice(p + part.start, p + part.stop) for part in theta_slices(design))


def term_label(design: Design, term: RandomTerm) -> str:
    """A term as it is written in a formula, for instance ``1 + urban[T.Y] | district``."""
    columns = ["1" if name == "Intercept" else name for name in term.names]
    bar = "||" if term.structure == "diagonal" and len(columns) > 1 else "|"
    if columns[0].rpartition(":")[2] not in ("1", "Intercept"):
        columns = ["0", *columns]
    return f"{' + '.join(columns)} {bar} {design.factors[term.factor].name}"


def delta_se(estimate: Estimate, jacobian: Floats) -> Floats:
    """Standard errors of functions of (beta, theta) by the delta method.

    Parameters
    ----------
    jacobian : ndarray, shape (functions, parameters)

    Returns
    -------
    ndarray, shape (functions,)
        NaN for a function that depends on no parameter in the interior of its range, and where
        the covariance matrix is not positive definite.
    """
    jacobian = np.atleast_2d(jacobian)
    free = ~np.isnan(np.diag(estimate.cov))
    moving = jacobian[:, free]
    variance = np.einsum("ij,jk,ik->i", moving, estimate.cov[np.ix_(free, free)], moving)
    known = (moving != 0).any(axis=1)
    return np.sqrt(np.where(known & (variance >= 0.0), variance, np.nan))


def critical_value(level: float) -> float:
    """The normal quantile of a two-sided interval; refuses a level outside (0, 1)."""
    if not 0.0 < level < 1.0:
        raise ArgumentError(
            f"level={level!r} is not between 0 and 1: give the coverage as a share, such as 0.95."
        )
    return NormalDist().inv_cdf(0.5 + level / 2.0)


def percent(level: float) -> str:
    """A level in words: 0.95 -> '95 %'."""
    return f"{100 * level:.10g} %"
