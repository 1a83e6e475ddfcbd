"""The result of a fit: a specification, a design and estimates, read through tables."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import to_native, with_columns
from ..errors import NotAvailableError
from . import coefficients, comparison, effects, icc, linear, residuals, tables, variance
from .credible import NamedDraws
from .fitted import Fitted

if TYPE_CHECKING:
    import pandas as pd

    from ..estimate.values import Floats
    from .comparison import Comparison


class FitResults(Fitted):
    """A fitted model, read through tables that are computed when they are asked for."""

    # Coefficients -----------------------------------------------------------------------------

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

    def conf_int(self, level: float = 0.95) -> pd.DataFrame:
        """Confidence intervals of the coefficients: Wald's, or quantiles of the draws of "mcmc".

        Parameters
        ----------
        level : float
            Coverage.

        Returns
        -------
        pandas.DataFrame
            Columns ``lower`` and ``upper``.
        """
        return coefficients.conf_int(self.design, self.estimate, level)

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

    # Random effects ---------------------------------------------------------------------------

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

    def random_effects(self, kind: str = "mean") -> Any:
        """Predicted random effects with their standard errors.

        Parameters
        ----------
        kind : {"mean", "mode"}
            Posterior means (by quadrature where the method has it, else equal to the modes), or
            conditional modes. Both at the estimated parameters.

        Returns
        -------
        frame
            Columns ``group, term, name, level, estimate, se``; the standard error is the
            posterior standard deviation (of a mode: from the inverse curvature).

        Raises
        ------
        NotAvailableError
            For ``kind="ml"``, which comes later.
        ArgumentError
            For another kind.

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1.0, 2.0, 2.0, 4.0, 3.0, 6.0], "g": list("aabbcc")}
        >>> fit = me.fit("y ~ 1 + (1 | g)", data)
        >>> fit.random_effects().iloc[[0, 2]][["level", "estimate", "se"]].round(3)
          level  estimate     se
        0     a    -0.722  0.749
        2     c     0.722  0.749
        """
        return self.frame(effects.random_effects(self.design, self.estimate, kind))

    def icc(self, level: float = 0.95) -> Any:
        """Intraclass correlation of each grouping factor.

        The correlation between two responses that share a level of the factor (and so the levels
        it lies within), on the scale of the latent response of a binary family, or of the
        response of a linear model. With random slopes, variances are averaged over the rows
        (Johnson 2014, Methods in Ecology and Evolution 5:944).

        Parameters
        ----------
        level : float
            Coverage of the intervals, which are symmetric on the logit scale.

        Returns
        -------
        frame
            Columns ``group, icc, se, lower, upper``.

        Raises
        ------
        NotAvailableError
            For a model without a latent response.

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1.0, 2.0, 2.0, 4.0, 3.0, 6.0], "g": list("aabbcc")}
        >>> fit = me.fit("y ~ 1 + (1 | g)", data)
        >>> fit.icc()[["group", "icc"]].round(3)
          group    icc
        0     g  0.317
        """
        return self.frame(icc.icc(self.design, self.estimate, level))

    # Draws ------------------------------------------------------------------------------------

    @cached_property
    def draws(self) -> NamedDraws:
        """Draws from the posterior by name, of ``method="mcmc"``.

        Returns
        -------
        mapping of str to ndarray
            Parameters (chains, draws): names as in ``params``, ``sd(x | g)``, ``cor(a, b | g)``,
            ``sd(Residual)``. Random effects (chains, draws, levels, effects) by their term, such as
            ``1 + x | g``. ``draws.raw`` has the arrays of the sampler, its seed and the priors.

        Raises
        ------
        NotAvailableError
            For another method.

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1.0, 2.0, 2.0, 4.0, 3.0, 6.0], "g": list("aabbcc")}
        >>> fit = me.fit("y ~ 1 + (1 | g)", data, method="mcmc", seed=1)
        >>> list(fit.draws)
        ['Intercept', 'sd(Residual)', 'sd(Intercept | g)', '1 | g']
        >>> fit.draws["1 | g"].shape
        (4, 1000, 3, 1)
        """
        if self.estimate.draws is None:
            raise NotAvailableError(
                f"method='{self.method}' has no draws: fit with method='mcmc' to get some."
            )
        return NamedDraws(self.design, self.estimate.draws)

    # Rows -------------------------------------------------------------------------------------

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
            Successes for a binomial; columns fit to ``refit``.

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1.0, 2.0, 2.0, 4.0, 3.0, 6.0], "g": list("aabbcc")}
        >>> fit = me.fit("y ~ 1 + (1 | g)", data)
        >>> fit.simulate(100, seed=1).shape
        (6, 100)
        """
        return residuals.simulate(self.design, self.estimate, n, seed, random_effects)

    # Tables -----------------------------------------------------------------------------------

    def tidy(self, level: float = 0.95) -> Any:
        """One row per parameter, in broom's layout.

        Parameters
        ----------
        level : float
            Coverage of the intervals.

        Returns
        -------
        frame
            Columns ``effect`` ("fixed", "random"), ``component`` (the linear predictor),
            ``group, term, estimate, std_error, statistic, p_value, conf_low, conf_high``. Random
            effects by their standard deviations and correlations. For ``"mcmc"`` posterior means,
            standard deviations and quantiles, no tests, and ``r_hat, ess_bulk, ess_tail``.

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1.0, 2.0, 2.0, 4.0, 3.0, 6.0], "g": list("aabbcc")}
        >>> fit = me.fit("y ~ 1 + (1 | g)", data)
        >>> fit.tidy()[["effect", "group", "term", "estimate"]].round(3)
           effect     group           term  estimate
        0   fixed               Intercept     3.000
        1  random         g  sd(Intercept)     1.041
        2  random  Residual             sd     1.528
        """
        return self.frame(tables.tidy(self.design, self.estimate, level))

    def glance(self) -> Any:
        """One row of statistics about the fit, in broom's layout."""
        return self.frame(tables.glance(self))

    def augment(self) -> Any:
        """The rows used, with what the fit says of each.

        Returns
        -------
        frame
            The data with the columns ``.fitted`` (mean at the conditional modes), ``.resid``
            (Pearson), ``.linear_predictor`` and ``.fixed`` (its part without random effects).
        """
        columns = tables.augment(self.design, self.estimate)
        rows = with_columns(self.inputs.data, self.design.rows, columns)
        if self.inputs.like is None:
            return rows
        return self.frame({name: rows[name].to_numpy() for name in rows})

    def frame(self, columns: dict[str, np.ndarray]) -> Any:
        """Columns as a frame of the library that the data came in."""
        return to_native(columns, self.inputs.frame_like)
