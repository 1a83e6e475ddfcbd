"""What a fit says of its random effects."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ...errors import NotAvailableError
from .. import effects, joint, league, ranks
from ..credible import NamedDraws
from ..fitted import Fitted

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence


class EffectResults(Fitted):
    """Predicted random effects, and their draws from the posterior."""

    def random_effects(self, kind: str = "mean") -> Any:
        """Predicted random effects with their standard errors.

        Parameters
        ----------
        kind : {"mean", "mode", "ml"}
            Posterior means (by quadrature where the method has it, else equal to the modes), or
            conditional modes, or the values that maximize the likelihood of each cluster's rows,
            without a prior distribution and so without shrinkage. All at the estimated parameters.

        Returns
        -------
        frame
            Columns ``group, term, name, level, estimate, se, diagnostic_se``. ``se`` is the
            posterior standard deviation (of a mode: from the inverse curvature), which is the
            comparative standard error: that of the prediction minus the effect. For ``"ml"`` it is
            from the information of the cluster's rows. ``diagnostic_se`` is the standard deviation
            of the prediction itself over data sets, to find outlying clusters (Goldstein 2011;
            Skrondal and Rabe-Hesketh 2009): prior less posterior variance, exact for linear models.

        Raises
        ------
        NotAvailableError
            For ``kind="ml"`` with several grouping factors.
        ArgumentError
            For another kind.

        Warns
        -----
        SeparationWarning
            If levels have no finite ``"ml"`` effect: infinite for a single effect, as of a cluster
            whose responses are all 0; NaN where several effects share that, or the rows do not tell
            them apart.

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

    def shrinkage(self) -> Any:
        """Maximum-likelihood effects of each cluster against the shrunken ones, and why.

        Returns
        -------
        frame
            Columns ``group, term, name, level, rows, ml, ml_se, mean, se, reliability``: the number
            of rows of the level; ``"ml"`` effects as of ``random_effects`` (NaN if there are
            several grouping factors); posterior means; and the reliability of these, one less
            posterior over prior variance: the factor by which a linear model shrinks.

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1.0, 2.0, 2.0, 4.0, 3.0, 6.0], "g": list("aabbcc")}
        >>> fit = me.fit("y ~ 1 + (1 | g)", data)
        >>> fit.shrinkage().iloc[[0, 2]][["level", "ml", "mean", "reliability"]].round(3)
          level   ml   mean  reliability
        0     a -1.5 -0.722        0.481
        2     c  1.5  0.722        0.481
        """
        return self.frame(effects.shrinkage(self.design, self.estimate))

    def ranks(
        self,
        group: str | None = None,
        name: str | None = None,
        *,
        first: str = "largest",
        top: int = 1,
        level: float = 0.95,
        n: int = 4000,
        seed: int | None = None,
    ) -> Any:
        """Ranks of the levels by a random effect, with their uncertainty.

        Parameters
        ----------
        group, name : str, optional
            Grouping factor and random effect; the first ones by default.
        first : {"largest", "smallest"}
            Which effect has rank 1.
        top : int
            ``p_top`` is the probability of a rank of at most this.
        level : float
            Coverage of the intervals of the ranks.
        n : int
            Number of draws from the joint posterior of the effects, which is taken as normal, the
            parameters drawn each time from their normal distribution; all draws of
            ``method="mcmc"`` are taken as they are.
        seed : int, optional
            For the same ranks again.

        Returns
        -------
        frame
            Columns ``group, name, level, estimate, se, rank`` (of the posterior means),
            ``expected_rank`` (its posterior mean, the one to report: Laird and Louis 1989),
            ``lower, upper, p_top``. ``se`` is that of ``random_effects``, at the estimated
            parameters.

        Raises
        ------
        ArgumentError
            For a group without random effects, an effect that it does not have, or `top` beyond the
            number of levels.

        Notes
        -----
        To first order the posterior covariance of the effects is ``C + G V G'``, with C that at the
        estimated parameters, V the covariance of these and G the derivatives of the modes by them
        (Kass and Steffey 1989). Of a handful of clusters, whose variance is hardly known, that
        says somewhat too much of the uncertainty. A variance of zero is taken as known, and so are
        all parameters of choices and of one of several responses.

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1.0, 2.0, 2.0, 4.0, 3.0, 6.0], "g": list("aabbcc")}
        >>> fit = me.fit("y ~ 1 + (1 | g)", data)
        >>> fit.ranks(seed=1)[["level", "rank", "expected_rank", "lower", "upper"]].round(1)
          level  rank  expected_rank  lower  upper
        0     a     3            2.4      1      3
        1     b     2            2.0      1      3
        2     c     1            1.6      1      3
        """
        found = joint.posterior(self.design, self.estimate, group, name)
        if self.spec.place is not None:  # other responses tell of the effects, too
            found = replace(found, drift=None)
        return self.frame(ranks.ranks(found, n, seed, level, top, first))

    def compare_levels(
        self,
        group: str | None = None,
        name: str | None = None,
        *,
        levels: Sequence[Hashable] | None = None,
        adjust: str = "simultaneous",
        level: float = 0.95,
        n: int = 4000,
        seed: int | None = None,
    ) -> Any:
        """Differences of a random effect between all pairs of levels.

        Parameters
        ----------
        group, name : str, optional
            Grouping factor and random effect; the first ones by default.
        levels : sequence, optional
            The levels to compare; all, up to 200, by default.
        adjust : {"simultaneous", "bonferroni", "sidak", "none"}
            How p-values and intervals allow for the number of pairs: by the distribution of the
            largest standardized error, simulated with `n` draws and `seed`, or by a bound on it.
        level : float
            Coverage of the intervals: of all of them together, unless `adjust` is "none".
        n : int
            Number of draws.
        seed : int, optional
            For the same numbers again.

        Returns
        -------
        frame
            Columns ``group, name, level_1, level_2, difference, se, z, p_value, lower, upper``.

        Raises
        ------
        ArgumentError
            For more than 200 levels, or one that there is not.

        Notes
        -----
        Posterior means and their covariance, at the estimated parameters. As they are shrunk, their
        differences are smaller than those of unbiased estimates, which by itself guards against
        false claims (Gelman, Hill and Yajima 2012).

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1.0, 2.0, 2.0, 4.0, 3.0, 6.0], "g": list("aabbcc")}
        >>> fit = me.fit("y ~ 1 + (1 | g)", data)
        >>> columns = ["level_1", "level_2", "difference", "se", "p_value"]
        >>> fit.compare_levels(adjust="bonferroni")[columns].round(2)
          level_1 level_2  difference    se  p_value
        0       a       b       -0.72  1.06     1.00
        1       a       c       -1.44  1.06     0.52
        2       b       c       -0.72  1.06     1.00
        """
        found = joint.posterior(self.design, self.estimate, group, name)
        return self.frame(league.differences(found, levels, adjust, n, seed, level))

    def overlap_intervals(
        self, group: str | None = None, name: str | None = None, *, level: float = 0.95
    ) -> Any:
        """Intervals of which two that do not overlap tell of a difference.

        Parameters
        ----------
        group, name : str, optional
            Grouping factor and random effect; the first ones by default.
        level : float
            One less the chance that the intervals of two equal levels miss each other, averaged
            over the pairs.

        Returns
        -------
        frame
            Columns ``group, name, level, estimate, se, factor, lower, upper``. The factor on the
            comparative standard errors is 1.39 for 0.95 where these are equal (Goldstein and Healy
            1995); 1.96 would be for the comparison with zero.

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1.0, 2.0, 2.0, 4.0, 3.0, 6.0], "g": list("aabbcc")}
        >>> fit = me.fit("y ~ 1 + (1 | g)", data)
        >>> fit.overlap_intervals()["factor"].round(3).tolist()
        [1.386, 1.386, 1.386]
        """
        found = joint.posterior(self.design, self.estimate, group, name)
        return self.frame(league.overlap_intervals(found, level))

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
