"""A fit as broom's three tables."""

from __future__ import annotations

from typing import Any

from ...data import with_columns
from .. import tables
from ..fitted import Fitted


class TableResults(Fitted):
    """Tidy, glance and augment."""

    def tidy(self, level: float = 0.95) -> Any:
        """One row per parameter, in broom's layout.

        Parameters
        ----------
        level : float
            Coverage of the intervals.

        Returns
        -------
        frame
            Columns ``effect`` ("fixed", "random"), ``component`` (the linear predictor; of a
            correlation across two, both, as ``"mean and dispersion"``),
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
            (Pearson; NaN where the response may be censored), ``.linear_predictor`` and ``.fixed``
            (its part without random effects).
        """
        columns = tables.augment(self.design, self.estimate)
        rows = with_columns(self.inputs.data, self.design.rows, columns)
        if self.inputs.like is None:
            return rows
        return self.frame({name: rows[name].to_numpy() for name in rows})
