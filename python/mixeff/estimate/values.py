"""What an estimation method hands back: numbers only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .bayes import Draws

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Record:
    """What the optimizer did.

    Attributes
    ----------
    start : ndarray
        The parameters (beta, theta) the search began from.
    path : dict of str to ndarray
        One entry per accepted step: ``evaluation``, ``objective``, ``gradient_norm``, ``step``.
    evaluations : int
        Number of evaluations of the objective with its gradient.
    gradient_norm : float
        Scaled norm of the gradient at the last point.
    seconds : float
        Wall-clock time of the estimation.
    """

    start: Floats
    path: dict[str, np.ndarray] = field(default_factory=dict)
    evaluations: int = 0
    gradient_norm: float = float("nan")
    seconds: float = float("nan")


@dataclass(frozen=True)
class RandomEffects:
    """Predicted random effects of one term, on the scale of the linear predictor.

    Attributes
    ----------
    mode : ndarray, shape (levels, columns)
        Conditional modes given the estimated parameters.
    mode_cov : ndarray, shape (levels, columns, columns)
        Inverse curvature at the modes.
    mean : ndarray, shape (levels, columns)
        Posterior means, by quadrature where the method has it, else the modes.
    mean_cov : ndarray, shape (levels, columns, columns)
        Posterior covariances.
    """

    mode: Floats
    mode_cov: Floats
    mean: Floats
    mean_cov: Floats


@dataclass(frozen=True)
class Used:
    """What counts for an estimate, where some of the data do not.

    Attributes
    ----------
    rows : int
        Rows that the likelihood depends on.
    levels : tuple of int
        Levels of each grouping factor that it depends on.
    """

    rows: int
    levels: tuple[int, ...]


@dataclass(frozen=True)
class Estimate:
    """The estimates of one model by one method.

    Attributes
    ----------
    method, requested : str
        The method that made the numbers, and the one asked for (``"auto"``, ...).
    nodes : int, tuple of int or None
        Quadrature points per random effect; one number for each grouping factor where they differ.
    integration_error : float or None
        Largest change of an estimate, in standard errors, between the last two numbers of nodes,
        or by the next order of Laplace's expansion; None where it was not measured.
    beta : ndarray
        Coefficients of all linear predictors, in order. Of a gaussian model the last is the log of
        the residual standard deviation, of a gamma model the log of the dispersion.
    theta : ndarray
        Entries of the Cholesky factors of the terms' covariances, absolute scale, diagonals >= 0:
        the lower triangle column by column, or the diagonal of a diagonal term.
    cov : ndarray
        Covariance matrix of (beta, theta): inverse observed information. NaN for a theta on the
        boundary.
    llf : float
        The full, normalised log-likelihood (minus half the REML criterion for ``"reml"``); NaN for
        quasi-likelihood, which has none.
    random : tuple of RandomEffects
        One per random-effects term.
    converged, singular : bool
        Whether the optimizer met its criteria; whether a covariance matrix is singular.
    reason : str
        Why the optimizer stopped, in words.
    record : Record
        What the optimizer did.
    notes : tuple of str
        Remarks for the reader of the summary.
    used : Used or None
        What counts, where that is not every row and level.
    scale, scale_se : float or None
        Quasi-likelihood's phi, the factor on the variance of the response, with its standard error,
        which is NaN where phi is not estimated; None for other methods.
    draws : Draws or None
        Draws from the posterior, of a Bayesian method.
    """

    method: str
    requested: str
    nodes: int | tuple[int, ...] | None
    integration_error: float | None
    beta: Floats
    theta: Floats
    cov: Floats
    llf: float
    random: tuple[RandomEffects, ...]
    converged: bool
    singular: bool
    reason: str
    record: Record
    notes: tuple[str, ...] = ()
    used: Used | None = None
    scale: float | None = None
    scale_se: float | None = None
    draws: Draws | None = None
