"""What a fit says of each row."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from .. import linear, residuals
from ..fitted import Fitted

if TYPE_CHECKING:
    from ...estimate.values import Floats


class RowResults(Fitted):
    """Fitted values, residuals and simulated responses."""

    @cached_property
    def fittedvalues(self) -> Floats:
        """Mean of each row used, at the conditional modes (per trial for a binomial)."""
        return linear.fitted_mean(self.design, self.estimate)

    def resid(self, kind: str = "response") -> Floats:
        """Residuals at the conditional modes.

        Parameters
        ----------
        kind : {"response", "pearson", "deviance", "working"}
            Response minus mean (per trial for a binomial), the same over its standard deviation,
            signed square roots of the unit deviances, and on the scale of the linear predictor.

        Returns
        -------
        ndarray, shape (nobs,)

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1.0, 2.0, 2.0, 4.0, 3.0, 6.0], "g": list("aabbcc")}
        >>> fit = me.fit("y ~ 1 + (1 | g)", data)
        >>> fit.resid().round(2).tolist()
        [-1.28, -0.28, -1.0, 1.0, -0.72, 2.28]
        """
        return residuals.residuals(self.design, self.estimate, kind)

    def simulate(
        self, n: int = 1, seed: int | None = None, *, random_effects: str = "new"
    ) -> Floats:
        """Responses drawn from the fitted model.

        Parameters
        ----------
        n : int
            Number of data sets.
        seed : int, optional
            For the same draws again.
        random_effects : {"new", "given"}
            Draw new random effects for every data set, or hold them at the conditional modes.

        Returns
        -------
        ndarray, shape (nobs, n)
            Successes for a binomial; positions of the categories, counted from 0, where there are
            any; ``y[:, k]`` fits to ``refit``. Of durations ``(nobs, n, 2)``: the last period at
            risk, and whether the event happened in it.

        Notes
        -----
        Durations are censored as in the data (Davison and Hinkley 1997, algorithm 3.1): a row that
        was censored is censored in the same period; one with an event in a period drawn from the
        Kaplan-Meier estimate of the periods of censoring, given that it is not before the event,
        and the last period ends every row.

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1.0, 2.0, 2.0, 4.0, 3.0, 6.0], "g": list("aabbcc")}
        >>> fit = me.fit("y ~ 1 + (1 | g)", data)
        >>> fit.simulate(100, seed=1).shape
        (6, 100)
        """
        return residuals.simulate(self.design, self.estimate, n, seed, random_effects)
