"""Pictures of predictions: curves, categories, durations, the latent response, histograms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .categories import categories_data, draw_categories
from .clusters import clusters_data, draw_clusters, group_name
from .curves import mean_label, response_name
from .durations import draw_durations, durations_data
from .effects import draw_effects, effects_data
from .histograms import draw_histograms, histograms_data, histograms_label
from .latent import draw_latent, latent_data, latent_density

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
            For a response with categories; `categories` or `survival` draw those.

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1, 2, 2, 4, 3, 6, 2, 5], "x": [0, 1] * 4, "g": list("aabbccdd")}
        >>> fit = me.fit("y ~ x", data, family="poisson")
        >>> fit.plot.effects("x").axes[0].get_ylabel()
        'Mean of y'
        """
        table = effects_data(self.fit, variable, by, at, level)
        return draw_effects(table, variable, by, mean_label(self.fit), level, bands, ax)

    def effects_data(
        self,
        variable: str,
        by: str | None = None,
        *,
        at: Mapping[str, Any] | None = None,
        level: float = 0.95,
    ) -> Any:
        """Give the numbers of `effects`, a row per value and kind.

        Returns
        -------
        frame
            The covariate, ``by``, then ``kind, estimate, lower, upper``.
        """
        return self.fit.frame(effects_data(self.fit, variable, by, at, level))

    def clusters(
        self,
        variable: str,
        group: str | None = None,
        *,
        at: Mapping[str, Any] | None = None,
        most: int = 100,
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
        name, label = group_name(self.fit, group), mean_label(self.fit)
        table = clusters_data(self.fit, variable, group, at, most)
        return draw_clusters(table, variable, name, label, ax)

    def clusters_data(
        self,
        variable: str,
        group: str | None = None,
        *,
        at: Mapping[str, Any] | None = None,
        most: int = 100,
    ) -> Any:
        """Give the numbers of `clusters`, a row per curve and value.

        Returns
        -------
        frame
            The covariate, then ``kind`` ("cluster", "marginal", "median"), ``level, estimate``.
        """
        return self.fit.frame(clusters_data(self.fit, variable, group, at, most))

    def latent(
        self,
        variable: str,
        *,
        at: Mapping[str, Any] | None = None,
        points: Sequence[float] | None = None,
        ax: Any = None,
    ) -> Figure:
        """Draw the latent response of a binary or cumulative model, and what it makes.

        Left the regression of the latent response with its density at some points, coloured where
        it lies above the threshold, or between two; right the probabilities, which are the areas.
        Both are for a cluster with random effects at zero.

        Parameters
        ----------
        variable : str
            A number, on the horizontal axis.
        at : mapping, optional
            Values at which to hold other columns.
        points : sequence of float, optional
            Where densities stand; at a tenth, a half and nine tenths of the range by default.
        ax : sequence of two Axes, optional
            Where to draw; a new figure by default.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        NotAvailableError
            If the model has no latent response with thresholds.

        Examples
        --------
        >>> import numpy as np
        >>> import mixeff as me
        >>> x = np.linspace(-2, 2, 40)
        >>> fit = me.fit("y ~ x", {"y": (np.sin(9 * x) + x > 0) * 1, "x": x}, family="bernoulli")
        >>> table = fit.plot.latent_data("x")
        >>> table.groupby("x")["probability"].sum().round(6).unique().tolist()
        [1.0]
        """
        table = latent_data(self.fit, variable, at, points)
        return draw_latent(table, variable, latent_density(self.fit), mean_label(self.fit), ax)

    def latent_data(
        self,
        variable: str,
        *,
        at: Mapping[str, Any] | None = None,
        points: Sequence[float] | None = None,
    ) -> Any:
        """Give the numbers of `latent`, a row per value and category.

        Returns
        -------
        frame
            The covariate, then ``latent`` (the mean), ``category``, its thresholds ``lower,
            upper``, ``probability``, and ``point``, whether a density stands there.
        """
        return self.fit.frame(latent_data(self.fit, variable, at, points))

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
        label = histograms_label(self.fit, mean_label(self.fit), category)
        return draw_histograms(table, label, ax)

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

    def categories(
        self,
        variable: str,
        by: str | None = None,
        *,
        kind: str = "marginal",
        at: Mapping[str, Any] | None = None,
        ax: Any = None,
    ) -> Figure:
        """Draw the probabilities of the categories along a covariate, stacked.

        Parameters
        ----------
        variable : str
            The covariate on the horizontal axis; areas along a number, bars for levels.
        by : str, optional
            A second one, a panel for each of its levels, values, or quartiles.
        kind : {"marginal", "median"}
            Averaged over the random effects, or for a cluster with random effects at zero.
        at : mapping, optional
            Values at which to hold other columns; for ``by``, the values to draw.
        ax : Axes or sequence of Axes, optional
            Where to draw, one for each panel; a new figure by default.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        NotAvailableError
            If the response has no categories.

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1, 2, 2, 3, 3, 2, 1, 3] * 3, "x": [0, 1, 0, 1, 1, 1, 0, 0] * 3}
        >>> fit = me.fit("y ~ x", data, family="cumulative")
        >>> fit.plot.categories_data("x").groupby("x")["estimate"].sum().round(6).tolist()
        [1.0, 1.0]
        """
        table = categories_data(self.fit, variable, by, kind, at)
        name, kinds = response_name(self.fit), self.fit.design.distribution.categories
        return draw_categories(table, variable, by, name, bool(kinds and kinds.ordered), ax)

    def categories_data(
        self,
        variable: str,
        by: str | None = None,
        *,
        kind: str = "marginal",
        at: Mapping[str, Any] | None = None,
    ) -> Any:
        """Give the numbers of `categories`, a row per value and category.

        Returns
        -------
        frame
            The covariate, ``by``, then ``category, kind, estimate``.
        """
        return self.fit.frame(categories_data(self.fit, variable, by, kind, at))

    def survival(
        self, by: str | None = None, *, at: Mapping[str, Any] | None = None, ax: Any = None
    ) -> Figure:
        """Draw the share without the event up to each period: marginal, and for a median cluster.

        Parameters
        ----------
        by : str, optional
            A covariate, a curve for each of its levels, values, or quartiles.
        at : mapping, optional
            Values at which to hold other columns; for ``by``, the values to draw.
        ax : Axes, optional
            Where to draw; a new figure by default.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        NotAvailableError
            If the response is no duration.

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"t": [1, 2, 3, 3, 2, 1, 2, 3], "d": [1, 1, 1, 0, 1, 1, 0, 1]}
        >>> data["x"] = [0, 0, 1, 1, 1, 0, 0, 1]
        >>> fit = me.fit("survival(t, d) ~ x", data, family="duration")
        >>> fit.plot.survival_data()["period"].unique().tolist()
        [0, 1, 2, 3]
        """
        return self._duration(by, at, "survival", ax)

    def survival_data(self, by: str | None = None, *, at: Mapping[str, Any] | None = None) -> Any:
        """Give the numbers of `survival`, a row per period and kind; survival is one in period 0.

        Returns
        -------
        frame
            ``by``, then ``period, kind, estimate``.
        """
        return self.fit.frame(durations_data(self.fit, by, at, "survival"))

    def hazard(
        self, by: str | None = None, *, at: Mapping[str, Any] | None = None, ax: Any = None
    ) -> Figure:
        """Draw the probability of the event in each period, given that there was none before.

        The marginal hazard is that of the population, from which those at high risk leave first;
        so it falls off against that of a median cluster. The arguments are those of `survival`.

        Returns
        -------
        matplotlib.figure.Figure
        """
        return self._duration(by, at, "hazard", ax)

    def hazard_data(self, by: str | None = None, *, at: Mapping[str, Any] | None = None) -> Any:
        """Give the numbers of `hazard`, a row per period and kind, as `survival_data` does."""
        return self.fit.frame(durations_data(self.fit, by, at, "hazard"))

    def _duration(
        self, by: str | None, at: Mapping[str, Any] | None, scale: str, ax: Any
    ) -> Figure:
        table = durations_data(self.fit, by, at, scale)
        return draw_durations(table, by, response_name(self.fit), scale, ax)
