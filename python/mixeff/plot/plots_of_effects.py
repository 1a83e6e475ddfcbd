"""Pictures of random effects: caterpillar, shrinkage, where the variance lies, and Z."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .caterpillar import caterpillar_data, draw_caterpillar
from .shrinkage import draw_shrinkage, shrinkage_data
from .sparsity import draw_sparsity, shape_of_z, sparsity_data
from .variance import draw_variance, variance_data

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..results.fit import FitResults


@dataclass(frozen=True)
class EffectPlots:
    """Pictures of the random effects."""

    fit: FitResults

    def caterpillar(
        self,
        group: str | None = None,
        *,
        kind: str = "mean",
        level: float = 0.95,
        ax: Any = None,
    ) -> Figure:
        """Draw the predicted random effects of a grouping factor in increasing order.

        Intervals that leave zero out stand in colour.

        Parameters
        ----------
        group : str, optional
            The grouping factor; that of the first term by default.
        kind : {"mean", "mode"}
            As in ``Fit.random_effects``.
        level : float
            Coverage of the intervals.
        ax : Axes or sequence of Axes, optional
            Where to draw, one for each effect; a new figure by default.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        ArgumentError
            If the model has no such grouping factor.

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1.0, 2.0, 2.0, 4.0, 3.0, 6.0], "g": list("aabbcc")}
        >>> fit = me.fit("y ~ 1 + (1 | g)", data)
        >>> fit.plot.caterpillar_data()["level"].tolist()
        ['a', 'b', 'c']
        """
        return draw_caterpillar(caterpillar_data(self.fit, group, kind, level), level, ax)

    def caterpillar_data(
        self, group: str | None = None, *, kind: str = "mean", level: float = 0.95
    ) -> Any:
        """Give the numbers of `caterpillar`, a row per level and effect.

        Returns
        -------
        frame
            Columns ``group, term, name, level, estimate, se, lower, upper, rank``.
        """
        return self.fit.frame(caterpillar_data(self.fit, group, kind, level))

    def shrinkage(self, *, ax: Any = None) -> Figure:
        """Draw each cluster's own estimate against its predicted effect, shrunken towards zero.

        The area of a point grows with the rows of the cluster. Clusters whose own estimate is
        infinite, as where all responses are the same, stand at the side.

        Parameters
        ----------
        ax : Axes or sequence of Axes, optional
            Where to draw, one for each effect; a new figure by default.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        NotAvailableError
            For several grouping factors, whose effects have no estimates of their own.
        ArgumentError
            If the model has no random effects.

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1.0, 2.0, 2.0, 4.0, 3.0, 6.0], "g": list("aabbcc")}
        >>> fit = me.fit("y ~ 1 + (1 | g)", data)
        >>> fit.plot.shrinkage_data()[["level", "ml", "mean", "reliability"]].round(2)
          level   ml  mean  reliability
        0     a -1.5 -0.72         0.48
        1     b  0.0  0.00         0.48
        2     c  1.5  0.72         0.48
        """
        return draw_shrinkage(shrinkage_data(self.fit), ax)

    def shrinkage_data(self) -> Any:
        """Give the numbers of `shrinkage`, a row per level and effect, as ``Fit.shrinkage`` does.

        Returns
        -------
        frame
            Columns ``group, term, name, level, rows, ml, ml_se, mean, se, reliability``.
        """
        return self.fit.frame(shrinkage_data(self.fit))

    def variance(
        self,
        *,
        covariates: bool = True,
        variant: str | None = None,
        mean: float | None = None,
        ax: Any = None,
    ) -> Figure:
        """Draw what share of the variance lies where, on the scale of the linear predictor.

        Parameters
        ----------
        covariates : bool
            Whether the variance of the fixed part counts; without it the shares are variance
            partition coefficients.
        variant : {"latent", "delta", "lognormal", "trigamma"}, optional
            Variance of an observation, as in ``Fit.variance_partition``.
        mean : float, optional
            The mean at which it is taken, as there.
        ax : Axes, optional
            Where to draw; a new figure by default.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        NotAvailableError
            If a variance of an observation on that scale is not known.

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1.0, 2.0, 2.0, 4.0, 3.0, 6.0], "g": list("aabbcc")}
        >>> fit = me.fit("y ~ 1 + (1 | g)", data)
        >>> fit.plot.variance_data(covariates=False).round(3)
          component  variance    vpc
        0         g     1.083  0.317
        1  Residual     2.333  0.683
        """
        return draw_variance(variance_data(self.fit, 0.95, variant, mean, covariates), ax)

    def variance_data(
        self,
        *,
        covariates: bool = True,
        level: float = 0.95,
        variant: str | None = None,
        mean: float | None = None,
    ) -> Any:
        """Give the numbers of `variance`, a row per source, as ``Fit.variance_partition`` does.

        Returns
        -------
        frame
            Columns ``component, variance, share, se, lower, upper, vpc``; without covariates
            ``component, variance, vpc``.
        """
        return self.fit.frame(variance_data(self.fit, level, variant, mean, covariates))

    def sparsity(self, clusters: int = 5, *, ax: Any = None) -> Figure:
        """Draw where Z is not zero: the whole, and the rows of the first clusters.

        Parameters
        ----------
        clusters : int
            Clusters of the first term in the zoom, with at most 24 rows of each.
        ax : sequence of two Axes, optional
            Where to draw; a new figure by default.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        ArgumentError
            If the model has no random effects.

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1.0, 2.0, 2.0, 4.0, 3.0, 6.0], "g": list("aabbcc")}
        >>> fit = me.fit("y ~ 1 + (1 | g)", data)
        >>> fit.plot.sparsity_data(2)["effect"].tolist()
        ['a Intercept', 'a Intercept', 'b Intercept', 'b Intercept']
        """
        whole, zoom = sparsity_data(self.fit, None), sparsity_data(self.fit, clusters)
        return draw_sparsity(whole, zoom, shape_of_z(self.fit), clusters, ax)

    def sparsity_data(self, clusters: int | None = 5) -> Any:
        """Give the nonzero entries of Z, in the order drawn.

        Parameters
        ----------
        clusters : int or None
            Only the rows of so many first clusters; None for all rows.

        Returns
        -------
        frame
            Columns ``row, column, group, effect, value, term``.
        """
        return self.fit.frame(sparsity_data(self.fit, clusters))

    z = sparsity
    z_data = sparsity_data
