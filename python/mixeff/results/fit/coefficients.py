"""What a fit says of its fixed effects."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from .. import coefficients, comparison
from ..fitted import Fitted

if TYPE_CHECKING:
    import pandas as pd

    from ..comparison import Comparison


class CoefficientResults(Fitted):
    """Coefficients, their tests and intervals, and what they are as ratios."""

    @cached_property
    def params(self) -> pd.Series:
        """Coefficients of the mean's linear predictor."""
        return coefficients.params(self.design, self.estimate)

    @cached_property
    def bse(self) -> pd.Series:
        """Their standard errors, from the observed information of all parameters."""
        return coefficients.bse(self.design, self.estimate)

    @cached_property
    def zvalues(self) -> pd.Series:
        """Their Wald statistics."""
        return self.params / self.bse

    @cached_property
    def pvalues(self) -> pd.Series:
        """Two-sided p-values of the Wald statistics, from the normal distribution."""
        return coefficients.pvalues(self.design, self.estimate)

    def cov_params(self) -> pd.DataFrame:
        """Covariance matrix of the coefficients of the mean."""
        return coefficients.cov_params(self.design, self.estimate)

    def conf_int(self, level: float = 0.95, method: str = "wald") -> pd.DataFrame:
        """Confidence intervals of the coefficients.

        Parameters
        ----------
        level : float
            Coverage.
        method : {"wald", "profile"}
            Wald's, which are quantiles of the draws after "mcmc"; or where the profile likelihood
            has fallen, which takes some ten fits for each coefficient. ``profile_limits`` gives
            those of all other parameters, too.

        Returns
        -------
        pandas.DataFrame
            Columns ``lower`` and ``upper``.

        Raises
        ------
        NotAvailableError
            For profiles of a method without a likelihood of all parameters.

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1, 2, 2, 4, 3, 6, 2, 5], "x": [0, 1] * 4}
        >>> fit = me.fit("y ~ x", data, family="poisson")
        >>> fit.conf_int(method="profile").round(3)
                   lower  upper
        Intercept -0.090  1.314
        x         -0.056  1.650
        """
        return coefficients.conf_int(self.design, self.estimate, level, method)

    def odds_ratios(self, level: float = 0.95) -> pd.DataFrame:
        """Exponentiated coefficients with confidence intervals.

        Parameters
        ----------
        level : float
            Coverage.

        Returns
        -------
        pandas.DataFrame
            The first column is named for what the ratios are: ``odds_ratio``, ``rate_ratio``,
            ``hazard_ratio``, ``risk_ratio``, ``mean_ratio``; then ``lower`` and ``upper``.

        Raises
        ------
        ArgumentError
            If the link is not on a log scale.

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1, 2, 2, 4, 3, 6, 2, 5], "x": [0, 1] * 4, "g": list("aabbccdd")}
        >>> fit = me.fit("y ~ x", data, family="poisson")
        >>> fit.odds_ratios().round(3)
                   rate_ratio  lower  upper
        Intercept       2.000  1.000  3.999
        x               2.125  0.917  4.924
        """
        return coefficients.odds_ratios(self.design, self.estimate, level)

    def contextual_effects(self) -> Comparison:
        """Effects between clusters against those within them, by Wald's test.

        For a model with the columns of ``me.within_between``: a contextual effect is that of
        ``x_between`` less that of ``x_within`` (Mundlak 1978).

        Returns
        -------
        Comparison
            Its ``table`` (``term, between, within, difference, se, z, p_value``), and the joint
            ``statistic``, ``df`` and ``p_value``.

        Raises
        ------
        ArgumentError
            If the model has no such columns.

        Examples
        --------
        >>> import numpy as np
        >>> import mixeff as me
        >>> rng, g = np.random.default_rng(1), np.repeat(np.arange(40), 5)
        >>> x = rng.normal(size=40)[g] + rng.normal(size=200)
        >>> data = me.within_between({"y": rng.poisson(np.exp(0.3 * x)), "x": x, "g": g}, "x", "g")
        >>> fit = me.fit("y ~ x_within + x_between + (1 | g)", data, family="poisson")
        >>> fit.contextual_effects().df
        1
        """
        return comparison.contextual_effects(self)
