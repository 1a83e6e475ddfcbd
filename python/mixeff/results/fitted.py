"""What a fit holds, and the numbers about the whole of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..estimate.nodes import named
from ..model.inputs import Arguments
from .linear import scale

if TYPE_CHECKING:
    from ..estimate.values import Estimate, Floats, Record
    from ..model.design import Design
    from ..model.spec import ModelSpec


@dataclass(frozen=True, eq=False)
class Inputs:
    """What a model was built from, as the user gave it.

    Attributes
    ----------
    data : frame
        A data frame of any library, or a dict of arrays.
    arguments : Arguments
        Weights, offset, and the formulas of further parameters.
    like : frame or None
        A frame of the library in which answers are given; None for that of the data.
    response : ndarray or None
        The response of the rows used, where a refit replaced that of the data.
    """

    data: Any
    arguments: Arguments = field(default_factory=Arguments)
    like: Any = None
    response: Floats | None = None

    @property
    def frame_like(self) -> Any:
        """A frame of the library in which answers are given."""
        return self.data if self.like is None else self.like


@dataclass(frozen=True, eq=False)
class Fitted:
    """A specification, a design and estimates.

    Attributes
    ----------
    spec : ModelSpec
        What was learned from the data.
    design : Design
        The arrays.
    estimate : Estimate
        The numbers.
    inputs : Inputs
        The data as given.
    """

    spec: ModelSpec
    design: Design
    estimate: Estimate
    inputs: Inputs

    @property
    def llf(self) -> float:
        """Log-likelihood with all constants (minus half the REML criterion under REML)."""
        return self.estimate.llf

    @property
    def df_model(self) -> int:
        """Number of estimated parameters: coefficients, variances, dispersions."""
        return len(self.estimate.beta) + len(self.estimate.theta) + self.design.overdispersed

    @property
    def scale(self) -> float:
        """Dispersion phi: the factor on the variance of the response.

        The residual variance of a gaussian response, phi of a gamma one, phi of
        ``dispersion="estimate"``; 1 where the family leaves nothing to estimate, NaN where it
        differs between rows.
        """
        return scale(self.design, self.estimate)

    @property
    def deviance(self) -> float:
        """Minus twice the log-likelihood."""
        return -2.0 * self.llf

    @property
    def aic(self) -> float:
        """Akaike's information criterion."""
        return self.deviance + 2.0 * self.df_model

    @property
    def bic(self) -> float:
        """Schwarz's information criterion, with the number of rows as sample size."""
        return self.deviance + float(np.log(self.nobs)) * self.df_model

    @property
    def nobs(self) -> int:
        """Number of rows used; of choices, the number of cases."""
        used = self.estimate.used
        return self.design.n_observations if used is None else used.rows

    @property
    def n_groups(self) -> dict[str, int]:
        """Number of levels of each grouping factor."""
        factors, used = self.design.factors, self.estimate.used
        levels = [factor.n_levels for factor in factors] if used is None else used.levels
        return {factor.name: n for factor, n in zip(factors, levels, strict=True)}

    @property
    def converged(self) -> bool:
        """Whether the optimizer met its criteria."""
        return self.estimate.converged

    @property
    def singular(self) -> bool:
        """Whether a covariance matrix of random effects is singular."""
        return self.estimate.singular

    @property
    def method(self) -> str:
        """The method that made the estimates."""
        return self.estimate.method

    @property
    def nodes(self) -> int | dict[str, int] | None:
        """Quadrature points per random effect, by grouping factor where the numbers differ."""
        return named(self.design, self.estimate.nodes)

    @property
    def record(self) -> Record:
        """What the optimizer did."""
        return self.estimate.record

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks on the data and on the estimation, as in the summary."""
        return tuple(dict.fromkeys((*self.spec.notes, *self.design.notes, *self.estimate.notes)))

    def __repr__(self) -> str:
        groups = ", ".join(f"{name} {count}" for name, count in self.n_groups.items())
        likelihood = "" if np.isnan(self.llf) else f"log-likelihood {self.llf:.2f}, "
        return (
            f"<mixeff {self.spec.family} fit: {self.spec.formula}; {self.method}, "
            f"{likelihood}{self.nobs} rows, {groups or 'no groups'}>"
        )
