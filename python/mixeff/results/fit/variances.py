"""What a fit says of variances, and of how much responses depend on each other."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from .. import icc, variance
from ..fitted import Fitted


class VarianceResults(Fitted):
    """Variances of the random effects and what follows from them."""

    @cached_property
    def variance_components(self) -> Any:
        """Variances and covariances of the random effects, and the residual variance.

        Returns
        -------
        frame
            Columns ``term, group, name, estimate, se, sd, corr``. A row per variance (with its
            ``sd``) and per covariance, named ``cov(a, b)`` (with its ``corr``). Standard errors
            by the delta method; NaN for a variance of zero.

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1.0, 2.0, 2.0, 4.0, 3.0, 6.0], "g": list("aabbcc")}
        >>> fit = me.fit("y ~ 1 + (1 | g)", data)
        >>> fit.variance_components[["group", "name", "estimate"]].round(3)
              group       name  estimate
        0         g  Intercept     1.083
        1  Residual                2.333
        """
        return self.frame(variance.variance_components(self.design, self.estimate))

    def standard_deviations(self, level: float = 0.95) -> Any:
        """Standard deviations of the random effects, and of the residual.

        Parameters
        ----------
        level : float
            Coverage of the intervals, which are symmetric on the log scale.

        Returns
        -------
        frame
            Columns ``term, group, name, estimate, se, lower, upper``.
        """
        return self.frame(variance.standard_deviations(self.design, self.estimate, level))

    def correlations(self, level: float = 0.95) -> Any:
        """Correlations of the random effects.

        Parameters
        ----------
        level : float
            Coverage of the intervals, which are symmetric on Fisher's z scale.

        Returns
        -------
        frame
            Columns ``term, group, name, other, estimate, se, lower, upper``.
        """
        return self.frame(variance.correlations(self.design, self.estimate, level))

    def icc(self, level: float = 0.95, *, scale: str = "latent", data: Any = None) -> Any:
        """Intraclass correlation of each grouping factor.

        The correlation between two responses that share a level of the factor (and so the levels
        it lies within) and have the same covariates.

        Parameters
        ----------
        level : float
            Coverage of the intervals, which are symmetric on the logit scale.
        scale : {"latent", "observed"}
            Of latent responses, the linear predictor plus an error of the link's distribution
            (logistic, normal or extreme value), which thresholds cut; for a linear model that is
            the response itself, for a lognormal or Weibull one its logarithm. Sequential and
            duration models have a latent response for each step. Or of the responses as they are
            observed, by integration: of one trial, or of the positions of ordered categories.
        data : frame, optional
            Covariates at which the correlation is taken; by default those of the rows used.
            Variances are averaged over the rows (Johnson 2014, Methods in Ecology and Evolution
            5:944), on the observed scale over at most 1000 of them.

        Returns
        -------
        frame
            Columns ``group, icc, se, lower, upper``.

        Raises
        ------
        NotAvailableError
            Without random effects, or with some in another predictor; on the latent scale without
            a latent response.

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1.0, 2.0, 2.0, 4.0, 3.0, 6.0], "g": list("aabbcc")}
        >>> fit = me.fit("y ~ 1 + (1 | g)", data)
        >>> fit.icc()[["group", "icc"]].round(3)
          group    icc
        0     g  0.317
        """
        at = None if data is None else self.rows_of(data)
        return self.frame(icc.icc(self.design, self.estimate, level, scale, at))
