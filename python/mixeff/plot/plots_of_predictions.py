"""Pictures of predictions: curves along a covariate, and histograms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .clusters import clusters_data, draw_clusters, group_name
from .curves import mean_label
from .effects import draw_effects, effects_data
from .histograms import draw_histograms, histograms_data

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..results.fit import FitResults

PERCENTILES = (0.2, 0.4, 0.6, 0.8)


@dataclass(frozen=True)
class PredictionPlots:
    """Pictures of what the fit predicts."""

    fit: FitResults

    def effects(
        self,
        variable: str,
        by: str | None = None,
        *,
        at: Mapping[str, Any] | None = None,
        level: float = 0.95,
        bands: str = "marginal",
        category: Any = None,
        ax: Any = None,
    ) -> Figure:
        """Draw the predicted mean along a covariate: marginal, and for a median cluster.

        The marginal mean, solid, averages over the random effects; the median cluster, dashed, has
        them at zero. Other columns are held at their mean, or their commonest level.

        Parameters
        ----------
        variable : str
            The covariate on the horizontal axis.
        by : str, optional
            A second one, a curve for each of its levels, values, or quartiles.
        at : mapping, optional
            Values at which to hold other columns; for ``by``, the values to draw.
        level : float
            Coverage of the confidence intervals.
        bands : {"marginal", "median", "both", "none"}
            The curves whose intervals are drawn.
        category : optional
            The category whose probability to draw, where the response has categories.
        ax : Axes, optional
            Where to draw; a new figure by default.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        ArgumentError
            For a name that is no covariate, a value that is no level.
        NotAvailableError
            For a response with categories, unless one is named; for a duration, which `survival`
            draws.

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1, 2, 2, 4, 3, 6, 2, 5], "x": [0, 1] * 4, "g": list("aabbccdd")}
        >>> fit = me.fit("y ~ x", data, family="poisson")
        >>> fit.plot.effects("x").axes[0].get_ylabel()
        'Mean of y'
        """
        table = effects_data(self.fit, variable, by, at, level, category)
        label = mean_label(self.fit, category)
        return draw_effects(table, variable, by, label, level, bands, ax)

    def effects_data(
        self,
        variable: str,
        by: str | None = None,
        *,
        at: Mapping[str, Any] | None = None,
        level: float = 0.95,
        category: Any = None,
    ) -> Any:
        """Give the numbers of `effects`, a row per value and kind.

        Returns
        -------
        frame
            The covariate, ``by``, then ``kind, estimate, lower, upper``; no ends where there are no
            intervals.
        """
        return self.fit.frame(effects_data(self.fit, variable, by, at, level, category))

    def clusters(
        self,
        variable: str,
        group: str | None = None,
        *,
        at: Mapping[str, Any] | None = None,
        most: int = 100,
        category: Any = None,
        ax: Any = None,
    ) -> Figure:
        """Draw a curve for each cluster, with the marginal and the median one over them.

        The average of curves is not the curve of the average: under most links the marginal curve
        is flatter than that of any cluster.

        Parameters
        ----------
        variable : str
            The covariate on the horizontal axis.
        group : str, optional
            The grouping factor; that of the first term by default. Effects of factors that its
            levels lie in are added, those of others are zero.
        at : mapping, optional
            Values at which to hold other columns.
        most : int
            Curves at most, spread evenly over the clusters by height.
        category : optional
            The category whose probability to draw, where the response has categories.
        ax : Axes, optional
            Where to draw; a new figure by default.

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
        >>> data = {"y": [1, 2, 2, 4, 3, 6, 2, 9], "x": [0, 1] * 4, "g": list("aabbccdd")}
        >>> fit = me.fit("y ~ x + (1 | g)", data)
        >>> list(fit.plot.clusters_data("x")["level"].unique())
        ['a', 'b', 'c', 'd', '']
        """
        name, label = group_name(self.fit, group), mean_label(self.fit, category)
        table = clusters_data(self.fit, variable, group, at, most, category)
        return draw_clusters(table, variable, name, label, ax)

    def clusters_data(
        self,
        variable: str,
        group: str | None = None,
        *,
        at: Mapping[str, Any] | None = None,
        most: int = 100,
        category: Any = None,
    ) -> Any:
        """Give the numbers of `clusters`, a row per curve and value.

        Returns
        -------
        frame
            The covariate, then ``kind`` ("cluster", "marginal", "median"), ``level, estimate``.
        """
        return self.fit.frame(clusters_data(self.fit, variable, group, at, most, category))

    def histograms(
        self,
        quantiles: Sequence[float] = PERCENTILES,
        *,
        category: Any = None,
        ax: Any = None,
    ) -> Figure:
        """Draw the predictions of all rows with random effects at percentiles, and at their own.

        Parameters
        ----------
        quantiles : sequence of float
            Percentiles at which each row's random part is held, a panel for each.
        category : optional
            The category whose probability to draw, where the response has categories.
        ax : sequence of Axes, optional
            Where to draw, one more than there are quantiles; a new figure by default.

        Returns
        -------
        matplotlib.figure.Figure
            A dotted line marks the mean of each.

        Raises
        ------
        ArgumentError
            If there are no random effects, or ``category`` is none of the response.

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1, 2, 2, 4, 3, 6, 2, 9], "x": [0, 1] * 4, "g": list("aabbccdd")}
        >>> fit = me.fit("y ~ x + (1 | g)", data)
        >>> len(fit.plot.histograms([0.2, 0.8]).axes)
        3
        """
        table = histograms_data(self.fit, quantiles, category)
        label = mean_label(self.fit, category)
        return draw_histograms(table, f"Predicted {label[0].lower()}{label[1:]}", ax)

    def histograms_data(
        self, quantiles: Sequence[float] = PERCENTILES, *, category: Any = None
    ) -> Any:
        """Give the numbers of `histograms`, a row per row of the data and panel.

        Returns
        -------
        frame
            Columns ``row, effects`` ("20 %", ..., "own"), ``estimate``.
        """
        return self.fit.frame(histograms_data(self.fit, quantiles, category))
