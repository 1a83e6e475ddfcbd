"""Pictures of the fit as such: profile likelihoods and simulated residuals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..results.profiles import profile_data
from .profile import draw_profile
from .residuals import dispersion_data, dispersion_if_any, draw_residuals, residuals_data

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..results.fit import FitResults


@dataclass(frozen=True)
class FitPlots:
    """Pictures of how well the estimates are known, and how well the model fits."""

    fit: FitResults

    def profile(
        self,
        parameters: Sequence[str] | str | None = None,
        *,
        level: float = 0.95,
        ax: Any = None,
    ) -> Figure:
        """Draw the profile likelihood of parameters, as its signed root.

        Each point is a fit with the parameter held. Where the curve is a straight line the
        likelihood is quadratic, and Wald's interval right; the vertical lines are the profile
        limits.

        Parameters
        ----------
        parameters : str or sequence of str, optional
            Coefficients by name, ``sd(x | g)``, ``cor(a, b | g)``, ``sd(Residual)``,
            ``dispersion:x``; all by default, which may take a while.
        level : float
            Coverage of the intervals.
        ax : Axes or sequence of Axes, optional
            Where to draw, one for each parameter; a new figure by default.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        ArgumentError
            For a name that is no parameter; the message lists them.
        NotAvailableError
            If the method has no likelihood of all parameters ("reml", quasi-likelihood, "mcmc"),
            or the estimates do not maximise it.

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1, 2, 2, 4, 3, 6, 2, 5], "x": [0, 1] * 4}
        >>> fit = me.fit("y ~ x", data, family="poisson")
        >>> fit.plot.profile_limits().round(3)
           parameter  estimate  lower  upper
        0  Intercept     0.693 -0.090  1.314
        1          x     0.754 -0.056  1.650
        """
        fit = self.fit
        curves = profile_data(fit.design, fit.estimate, parameters, level)
        return draw_profile(*curves, level, ax)

    def profile_data(
        self, parameters: Sequence[str] | str | None = None, *, level: float = 0.95
    ) -> Any:
        """Give the points of `profile`.

        Returns
        -------
        frame
            Columns ``parameter, value, llf, zeta``: the parameter held, the largest log-likelihood,
            and ``sign(value - estimate) sqrt(2 (max llf - llf))``.
        """
        return self.fit.profile(parameters, level=level)

    def profile_limits(
        self, parameters: Sequence[str] | str | None = None, *, level: float = 0.95
    ) -> Any:
        """Give the profile-likelihood confidence limits, to 1e-4 of the signed root.

        Returns
        -------
        frame
            Columns ``parameter, estimate, lower, upper``. Where the likelihood does not fall far
            enough, a limit is the end of the range: zero, one, or infinity.
        """
        return self.fit.profile_limits(parameters, level=level)

    def residuals(
        self,
        n: int = 250,
        seed: int | None = 1,
        *,
        random_effects: str = "new",
        ax: Any = None,
    ) -> Figure:
        """Draw where the responses stand among responses simulated from the fit.

        If the model holds, these residuals (``Fit.simulated_residuals``) are uniform, whatever the
        family: their quantiles follow the diagonal within the band, their quartiles lie flat along
        the linear predictor, and the dispersion of the data lies among that of the simulations
        (``Fit.test_dispersion``), a panel that is left out for responses without one.

        Parameters
        ----------
        n : int
            Simulated data sets.
        seed : int, optional
            For the same picture again.
        random_effects : {"new", "given"}
            As in ``Fit.simulate``: drawn anew for each data set, or held at the modes.
        ax : sequence of three Axes, or two, optional
            Where to draw; a new figure by default.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        NotAvailableError
            For categories without an order, whose simulations cannot be ranked.

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1, 2, 2, 4, 3, 6, 2, 5], "x": [0, 1] * 4}
        >>> fit = me.fit("y ~ x", data, family="poisson")
        >>> bool(fit.plot.residuals_data(n=100)["residual"].between(0, 1).all())
        True
        """
        request = (self.fit, n, seed, random_effects)
        return draw_residuals(residuals_data(*request), dispersion_if_any(*request), ax)

    def residuals_data(
        self, n: int = 250, seed: int | None = 1, *, random_effects: str = "new"
    ) -> Any:
        """Give the numbers of the first two panels of `residuals`, a row per row of the data.

        Returns
        -------
        frame
            The columns of ``Fit.simulated_residuals``, then ``expected, lower, upper`` (the
            quantile, and the band of simulations about it) and ``rank`` of the linear predictor.
        """
        return self.fit.frame(residuals_data(self.fit, n, seed, random_effects))

    def dispersion_data(
        self, n: int = 250, seed: int | None = 1, *, random_effects: str = "new"
    ) -> Any:
        """Give the numbers of the third panel of `residuals`, a row per data set, at most 100.

        Returns
        -------
        frame
            Columns ``kind`` ("data", "simulated") and ``dispersion``: the mean square of Pearson's
            residuals over its mean in the simulations, as in ``Fit.test_dispersion``.

        Raises
        ------
        NotAvailableError
            For a response that cannot be over- or underdispersed.
        """
        return self.fit.frame(dispersion_data(self.fit, n, seed, random_effects))
