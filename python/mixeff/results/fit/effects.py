"""What a fit says of its random effects."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from ...errors import NotAvailableError
from .. import effects
from ..credible import NamedDraws
from ..fitted import Fitted


class EffectResults(Fitted):
    """Predicted random effects, and their draws from the posterior."""

    def random_effects(self, kind: str = "mean") -> Any:
        """Predicted random effects with their standard errors.

        Parameters
        ----------
        kind : {"mean", "mode"}
            Posterior means (by quadrature where the method has it, else equal to the modes), or
            conditional modes. Both at the estimated parameters.

        Returns
        -------
        frame
            Columns ``group, term, name, level, estimate, se``; the standard error is the
            posterior standard deviation (of a mode: from the inverse curvature).

        Raises
        ------
        NotAvailableError
            For ``kind="ml"``, which comes later.
        ArgumentError
            For another kind.

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
