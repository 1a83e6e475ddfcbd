"""What a fit says of variances, and of how much responses depend on each other."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from .. import icc, r2, ratios, variance
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

    def median_odds_ratio(self, level: float = 0.95) -> Any:
        """Variances between clusters as ratios: median odds, rate or hazard ratios.

        For two subjects with the same covariates, drawn from two clusters at random, the median of
        the ratio of the larger odds (rate, hazard) to the smaller,
        ``exp(sqrt(2 variance) Phi^-1(0.75))`` (Larsen and Merlo 2005; Austin and others 2018).

        Parameters
        ----------
        level : float
            Coverage of the intervals, which are those of the standard deviations.

        Returns
        -------
        frame
            Columns ``group``, the ratio, named for what it is of (``median_odds_ratio``,
            ``median_rate_ratio``, ...), ``se, lower, upper``. A row for each factor, and one for
            factors within one another together, ``school + school:class``, which compares two
            subjects who share neither. With random slopes variances are averaged over the rows.

        Raises
        ------
        NotAvailableError
            If the link is not on a log scale.

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1, 2, 2, 4, 9, 6, 2, 5], "g": list("aabbccdd")}
        >>> fit = me.fit("y ~ 1 + (1 | g)", data, family="poisson")
        >>> fit.median_odds_ratio()[["group", "median_rate_ratio"]].round(2)
          group  median_rate_ratio
        0     g               1.51
        """
        return self.frame(ratios.median_ratios(self.design, self.estimate, level))

    def r2(
        self, level: float = 0.95, *, variant: str | None = None, mean: float | None = None
    ) -> Any:
        """Marginal and conditional R-squared (Nakagawa, Johnson and Schielzeth 2017).

        Shares of the variance on the scale of the linear predictor: of the fixed effects, and of
        the fixed and the random ones.

        Parameters
        ----------
        level : float
            Coverage of the intervals, symmetric for Fisher's z of the root of R-squared; the
            covariates are taken as they are.
        variant : {"latent", "delta", "lognormal", "trigamma"}, optional
            Variance of an observation: that of the latent error, such as pi^2 / 3, the default
            where there is one (see ``icc``); else an approximation by the variance of the response
            at its mean, under the log link "lognormal" by default, "delta" under others.
        mean : float, optional
            The mean (of one trial) at which that is taken: by default the model's own, its random
            effects integrated out, averaged over at most 1000 rows.

        Returns
        -------
        frame
            Columns ``kind`` ("marginal", "conditional"), ``r2, se, lower, upper``.

        Raises
        ------
        NotAvailableError
            For random effects outside the mean; for truncated families and zeros of their own,
            whose mean is not on the scale of the linear predictor.

        Examples
        --------
        >>> import mixeff as me
        >>> x = [0.0, 1.0, 0.0, 1.0, 0.0, 1.0]
        >>> data = {"y": [1.0, 2.0, 2.0, 4.0, 3.0, 6.0], "x": x, "g": list("aabbcc")}
        >>> fit = me.fit("y ~ x + (1 | g)", data, method="ml")
        >>> fit.r2()[["kind", "r2"]].round(2)
                  kind    r2
        0     marginal  0.42
        1  conditional  0.88
        """
        return self.frame(r2.r2(self.design, self.estimate, level, variant, mean))

    def variance_partition(
        self, level: float = 0.95, *, variant: str | None = None, mean: float | None = None
    ) -> Any:
        """The variance of the response on the scale of the linear predictor, part by part.

        Parameters
        ----------
        level : float
            Coverage of the intervals of the shares.
        variant : {"latent", "delta", "lognormal", "trigamma"}, optional
            Variance of an observation, as in ``r2``.
        mean : float, optional
            As in ``r2``.

        Returns
        -------
        frame
            Columns ``component`` ("Fixed effects", each grouping factor, "Residual"), ``variance``,
            its ``share`` with ``se, lower, upper``, and ``vpc``, the share of what the fixed
            effects leave: the variance partition coefficient.

        Examples
        --------
        >>> import mixeff as me
        >>> x = [0.0, 1.0, 0.0, 1.0, 0.0, 1.0]
        >>> data = {"y": [1.0, 2.0, 2.0, 4.0, 3.0, 6.0], "x": x, "g": list("aabbcc")}
        >>> fit = me.fit("y ~ x + (1 | g)", data, method="ml")
        >>> fit.variance_partition()[["component", "share", "vpc"]].round(2)
               component  share  vpc
        0  Fixed effects   0.42  NaN
        1              g   0.47  0.8
        2       Residual   0.12  0.2
        """
        return self.frame(r2.variance_partition(self.design, self.estimate, level, variant, mean))
