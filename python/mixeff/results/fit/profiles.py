"""What the likelihood says of each parameter by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..fitted import Fitted
from ..profiles import profile_data

if TYPE_CHECKING:
    from collections.abc import Sequence


class ProfileResults(Fitted):
    """Profile likelihoods and their limits."""

    def profile(self, parameters: Sequence[str] | str | None = None, *, level: float = 0.95) -> Any:
        """Profile likelihoods: the largest log-likelihood with one parameter held.

        Parameters
        ----------
        parameters : str or sequence of str, optional
            Coefficients by name, ``sd(x | g)``, ``cor(a, b | g)``, ``sd(Residual)``,
            ``dispersion:x``; all by default, which may take a while.
        level : float
            The curves go a little further than the limits of this coverage.

        Returns
        -------
        frame
            Columns ``parameter, value, llf, zeta``: the value held, the largest log-likelihood,
            and the signed root ``sign(value - estimate) sqrt(2 (max llf - llf))``, a straight line
            where the likelihood is quadratic.

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
        >>> fit.profile("x", level=0.5).round(3)
          parameter  value     llf   zeta
        0         x  0.328 -13.790 -1.016
        1         x  0.469 -13.501 -0.675
        2         x  0.469 -13.501 -0.674
        3         x  0.539 -13.401 -0.506
        4         x  0.754 -13.273  0.000
        5         x  0.968 -13.395  0.493
        6         x  1.049 -13.501  0.674
        7         x  1.049 -13.501  0.675
        8         x  1.185 -13.752  0.978
        """
        return self.frame(profile_data(self.design, self.estimate, parameters, level)[0])

    def profile_limits(
        self, parameters: Sequence[str] | str | None = None, *, level: float = 0.95
    ) -> Any:
        """Profile-likelihood confidence limits, to 1e-4 of the signed root.

        Parameters
        ----------
        parameters : str or sequence of str, optional
            As in ``profile``.
        level : float
            Coverage.

        Returns
        -------
        frame
            Columns ``parameter, estimate, lower, upper``. Where the likelihood does not fall far
            enough, a limit is the end of the range: zero, one, or infinity.

        Raises
        ------
        ArgumentError, NotAvailableError
            As ``profile``.

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1, 2, 2, 4, 3, 6, 2, 5], "x": [0, 1] * 4}
        >>> fit = me.fit("y ~ x", data, family="poisson")
        >>> fit.profile_limits().round(3)
           parameter  estimate  lower  upper
        0  Intercept     0.693 -0.090  1.314
        1          x     0.754 -0.056  1.650
        """
        return self.frame(profile_data(self.design, self.estimate, parameters, level)[1])
