"""The pictures of a fit, as methods of ``fit.plot``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .caterpillar import caterpillar_data, draw_caterpillar
from .effects import draw_effects, effects_data, mean_label
from .sparsity import draw_sparsity, shape_of_z, sparsity_data

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..results.fit import FitResults


@dataclass(frozen=True)
class Plots:
    """Pictures of a fit; each has a ``*_data()`` frame with the numbers drawn.

    Parameters
    ----------
    fit : Fit
    """

    fit: FitResults

    def caterpillar(
        self, group: str | None = None, *, kind: str = "mean", level: float = 0.95
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

        Returns
        -------
        matplotlib.figure.Figure
        """
        return draw_caterpillar(caterpillar_data(self.fit, group, kind, level), level)

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

    def effects(
        self,
        variable: str,
        by: str | None = None,
        *,
        at: Mapping[str, Any] | None = None,
        level: float = 0.95,
    ) -> Figure:
        """Draw the predicted mean along a covariate: marginal, and for a median cluster.

        The marginal mean averages over the random effects; the median cluster has them at zero.
        Other columns are held at their mean, or their commonest level.

        Parameters
        ----------
        variable : str
            The covariate on the horizontal axis.
        by : str, optional
            A second one, a curve for each of its levels, values, or quartiles.
        at : mapping, optional
            Values at which to hold other columns.
        level : float
            Coverage of the confidence intervals.

        Returns
        -------
        matplotlib.figure.Figure
        """
        table = effects_data(self.fit, variable, by, at, level)
        return draw_effects(table, variable, by, mean_label(self.fit), level)

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

    def sparsity(self, clusters: int = 5) -> Figure:
        """Draw where Z is not zero: the whole, and the rows of the first clusters.

        Parameters
        ----------
        clusters : int
            Clusters of the first term in the zoom, with at most 24 rows of each.

        Returns
        -------
        matplotlib.figure.Figure
        """
        whole, zoom = sparsity_data(self.fit, None), sparsity_data(self.fit, clusters)
        return draw_sparsity(whole, zoom, shape_of_z(self.fit), clusters)

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
