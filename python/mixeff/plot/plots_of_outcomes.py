"""Pictures of responses with categories: the latent response, stacked shares, durations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError
from .categories import categories_data, draw_categories
from .category_bands import draw_bands
from .curves import mean_label, response_name
from .durations import draw_durations, durations_data
from .latent import draw_latent, latent_data, latent_density

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..results.fit import FitResults


@dataclass(frozen=True)
class OutcomePlots:
    """Pictures of how probable the categories of a response are."""

    fit: FitResults

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

    def categories(
        self,
        variable: str,
        by: str | None = None,
        *,
        kind: str = "marginal",
        interval: str | None = None,
        level: float = 0.95,
        at: Mapping[str, Any] | None = None,
        ax: Any = None,
    ) -> Figure:
        """Draw the probabilities of the categories along a covariate: stacked, or with intervals.

        Parameters
        ----------
        variable : str
            The covariate on the horizontal axis; areas along a number, bars for levels.
        by : str, optional
            A second one, with a panel for each of its levels, values, or quartiles; with
            intervals, a colour for each.
        kind : {"marginal", "median"}
            Averaged over the random effects, or for a cluster with random effects at zero.
        interval : {None, "confidence"}
            None stacks the categories, whose areas add up to one. "confidence" gives each category
            a panel of its own, with the confidence interval of its probability.
        level : float
            Coverage of the intervals.
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
        >>> len(fit.plot.categories("x", interval="confidence").axes)
        3
        """
        if interval not in (None, "confidence"):
            raise ArgumentError(f"interval={interval!r} is neither None nor 'confidence'.")
        table = categories_data(self.fit, variable, by, kind, at, level)
        name, kinds = response_name(self.fit), self.fit.design.distribution.categories
        if interval is not None:
            return draw_bands(table, variable, by, name, level, ax)
        return draw_categories(table, variable, by, name, bool(kinds and kinds.ordered), ax)

    def categories_data(
        self,
        variable: str,
        by: str | None = None,
        *,
        kind: str = "marginal",
        at: Mapping[str, Any] | None = None,
        level: float = 0.95,
    ) -> Any:
        """Give the numbers of `categories`, a row per value and category.

        Returns
        -------
        frame
            The covariate, ``by``, then ``category, kind, estimate, lower, upper``; no ends where
            there are no intervals.
        """
        return self.fit.frame(categories_data(self.fit, variable, by, kind, at, level))

    def survival(
        self,
        by: str | None = None,
        *,
        at: Mapping[str, Any] | None = None,
        level: float = 0.95,
        ax: Any = None,
    ) -> Figure:
        """Draw the share without the event up to each period: marginal, and for a median cluster.

        Parameters
        ----------
        by : str, optional
            A covariate, a curve for each of its levels, values, or quartiles.
        at : mapping, optional
            Values at which to hold other columns; for ``by``, the values to draw.
        level : float
            Coverage of the confidence intervals.
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
        return self._duration(by, at, "survival", level, ax)

    def survival_data(
        self, by: str | None = None, *, at: Mapping[str, Any] | None = None, level: float = 0.95
    ) -> Any:
        """Give the numbers of `survival`, a row per period and kind; survival is one in period 0.

        Returns
        -------
        frame
            ``by``, then ``period, kind, estimate, lower, upper``; no ends where there are no
            intervals.
        """
        return self.fit.frame(durations_data(self.fit, by, at, "survival", level))

    def hazard(
        self,
        by: str | None = None,
        *,
        at: Mapping[str, Any] | None = None,
        level: float = 0.95,
        ax: Any = None,
    ) -> Figure:
        """Draw the probability of the event in each period, given that there was none before.

        The marginal hazard is that of the population, which those at high risk leave first; so it
        falls off against that of a median cluster. The arguments are those of `survival`.

        Returns
        -------
        matplotlib.figure.Figure
        """
        return self._duration(by, at, "hazard", level, ax)

    def hazard_data(
        self, by: str | None = None, *, at: Mapping[str, Any] | None = None, level: float = 0.95
    ) -> Any:
        """Give the numbers of `hazard`, a row per period and kind, as `survival_data` does."""
        return self.fit.frame(durations_data(self.fit, by, at, "hazard", level))

    def _duration(
        self, by: str | None, at: Mapping[str, Any] | None, scale: str, level: float, ax: Any
    ) -> Figure:
        table = durations_data(self.fit, by, at, scale, level)
        return draw_durations(table, by, response_name(self.fit), scale, level, ax)
