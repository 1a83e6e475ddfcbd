"""A fit against data sets drawn from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import dispersion, simulated
from ..fitted import Fitted

if TYPE_CHECKING:
    from ..dispersion import SimulationTest


class CheckResults(Fitted):
    """Residuals and tests by simulation."""

    def simulated_residuals(
        self, n: int = 250, seed: int | None = None, *, random_effects: str = "new"
    ) -> Any:
        """Place of each response among responses drawn from the model.

        They are uniform on (0, 1) if the model holds, for every family: DHARMa's scaled residuals
        (Hartig 2022; Dunn and Smyth 1996), of which plots show what is wrong.

        Parameters
        ----------
        n : int
            Number of data sets drawn.
        seed : int, optional
            For the same residuals again.
        random_effects : {"new", "given"}
            Draw new random effects for every data set, so that all of the model is looked at, the
            distribution of the random effects included, and residuals of a cluster depend on one
            another; or hold them at the conditional modes.

        Returns
        -------
        frame
            One row for each row used: ``row`` (its position in the data), ``linear_predictor`` and
            ``fitted`` (the mean, per trial) with the random effects at zero or at the modes,
            ``residual``, and ``score``, its normal quantile. A censored duration has a residual
            drawn from those of all later events.

        Raises
        ------
        NotAvailableError
            For categories without an order, and for ``dispersion="estimate"``.

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1, 2, 2, 4, 3, 6, 2, 5], "x": [0, 1] * 4, "g": list("aabbccdd")}
        >>> fit = me.fit("y ~ x", data, family="poisson")
        >>> len(fit.simulated_residuals(seed=1))
        8
        """
        found = simulated.simulated_residuals(self.design, self.estimate, n, seed, random_effects)
        return self.frame(found)

    def test_dispersion(
        self,
        n: int = 250,
        seed: int | None = None,
        *,
        alternative: str = "two-sided",
        random_effects: str = "new",
    ) -> SimulationTest:
        """Test for over- and underdispersion, by simulation.

        The mean square of Pearson's residuals at the conditional modes over its mean in data sets
        drawn from the model: above 1 responses vary more than the family lets them.

        Parameters
        ----------
        n : int
            Number of data sets drawn.
        seed : int, optional
            For the same test again.
        alternative : {"two-sided", "greater", "less"}
            Either, overdispersion, or underdispersion.
        random_effects : {"new", "given"}
            Draw new random effects for every data set, the default, with which the test keeps its
            size; or hold them at the conditional modes, which finds more where levels have many
            rows each, and too much where they have few.

        Returns
        -------
        SimulationTest
            ``statistic`` (the ratio), ``p_value``, ``observed``, ``simulated``; ``further`` has
            ratio and p-value of the variance of the plain residuals, DHARMa's statistic, in which
            rows with large means count most; ``note`` what to know.

        Raises
        ------
        NotAvailableError
            Where there is no over- or underdispersion: for responses of 0 and 1, for categories,
            for gaussian ones, and with ``dispersion="estimate"``.

        Notes
        -----
        The modes are found anew for each data set, at the estimated parameters, so that simulated
        residuals are as small as the observed ones. A chi-square on rows less parameters, as is
        often computed, does not allow for that, and finds too little overdispersion. The sum of the
        observed squares is divided by rows less coefficients.

        Examples
        --------
        >>> import numpy as np
        >>> import mixeff as me
        >>> rng, g = np.random.default_rng(1), np.repeat(np.arange(40), 6)
        >>> mean = np.exp(1 + rng.normal(0, 0.5, 40)[g])
        >>> data = {"y": rng.poisson(rng.gamma(3, mean / 3)), "g": g}
        >>> fit = me.fit("y ~ 1 + (1 | g)", data, family="poisson")
        >>> fit.test_dispersion(seed=1).p_value < 0.01
        True
        """
        return dispersion.dispersion_test(
            self.design, self.estimate, n, seed, alternative, random_effects
        )

    def test_zeros(
        self,
        n: int = 250,
        seed: int | None = None,
        *,
        alternative: str = "two-sided",
        random_effects: str = "new",
    ) -> SimulationTest:
        """Test for more or fewer zeros than the model expects, by simulation.

        Parameters
        ----------
        n : int
            Number of data sets drawn.
        seed : int, optional
            For the same test again.
        alternative : {"two-sided", "greater", "less"}
            Either, excess zeros, or too few.
        random_effects : {"new", "given"}
            Draw new random effects for every data set, the default, or hold them at the conditional
            modes, which are closer together than the effects are, so that fewer zeros are expected.

        Returns
        -------
        SimulationTest
            ``statistic`` is the number of zeros over its mean in the simulations.

        Raises
        ------
        NotAvailableError
            For responses that are never zero, and for categories and responses of 0 and 1.

        Notes
        -----
        Counts that are overdispersed have more zeros than Poisson ones, too: test the dispersion,
        and prefer the model that explains both.

        Examples
        --------
        >>> import numpy as np
        >>> import mixeff as me
        >>> rng, g = np.random.default_rng(1), np.repeat(np.arange(40), 6)
        >>> mean = np.exp(1 + rng.normal(0, 0.5, 40)[g])
        >>> data = {"y": rng.poisson(mean) * (rng.random(240) < 0.7), "g": g}
        >>> fit = me.fit("y ~ 1 + (1 | g)", data, family="poisson")
        >>> fit.test_zeros(seed=1).p_value < 0.01
        True
        """
        return dispersion.zeros_test(
            self.design, self.estimate, n, seed, alternative, random_effects
        )
