"""The fit that users get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import (
    ConvergenceWarning,
    LengthError,
    ResponseSupportError,
    SamplingWarning,
    SingularFitWarning,
    warn,
)
from ..estimate import estimate, part_of
from ..model.censoring import require_ends
from ..model.notices import tell
from ..results import FitResults, Inputs
from ..results.comparison import hausman

if TYPE_CHECKING:
    from pathlib import Path

    from ..estimate import Nodes
    from ..estimate.values import Floats
    from ..model.design import Design
    from ..model.spec import ModelSpec
    from ..plot import Plots
    from ..report import Summary
    from ..results.comparison import Comparison


class Fit(FitResults):
    """A fitted model.

    All tables are computed when asked for. Frames come back in the library that the data came in;
    ``params``, ``bse``, ``zvalues``, ``pvalues``, ``conf_int()``, ``cov_params()`` and
    ``odds_ratios()`` are pandas.
    """

    def summary(self, level: float = 0.95) -> Summary:
        """The fit as a statistician's table.

        Parameters
        ----------
        level : float
            Coverage of the confidence intervals.

        Returns
        -------
        Summary
            Text in a terminal, HTML in a notebook.
        """
        from ..report import Summary

        return Summary(self, level)

    def predict(
        self,
        data: Any = None,
        *,
        kind: str = "cluster",
        quantile: float | None = None,
        scale: str = "response",
        interval: str | None = None,
        level: float = 0.95,
        new_levels: str = "error",
    ) -> Any:
        """Predict the mean of each row, with an interval if wanted.

        Parameters
        ----------
        data : frame, optional
            New data; by default the rows used in the fit.
        kind : {"cluster", "median", "marginal"}
            ``cluster`` plugs in the conditional modes of each row's own random effects;
            ``median`` sets the random effects to zero; ``marginal`` integrates them out on the
            scale of the response, over the normal distribution of each row's ``z'b``.
        quantile : float, optional
            Hold the random part ``z'b`` of each row, in each linear predictor, at this percentile
            of its distribution (of the sum, where there are several terms), so that 0.5 is
            ``median``.
        scale : {"response", "link", "hazard", "survival"}
            The mean (per trial for a binomial), or its linear predictor; of a marginal mean, its
            link. A response with categories has their probabilities on the scale of the response; a
            duration also the hazard and the survival curve.
        interval : {"confidence", "prediction"}, optional
            For the mean, or for a new response (of a new cluster if marginal).
        level : float
            Coverage of the interval.
        new_levels : {"error", "population"}
            What to do with a level that was not in the data of the fit when ``kind`` is
            ``cluster``: refuse, or predict with its random effects at zero.

        Returns
        -------
        ndarray or frame
            Without ``interval`` an array with a value per row of the data; NaN where the row has a
            missing value. With it, a frame: ``estimate, se, lower, upper`` for ``"confidence"``,
            ``estimate, lower, upper`` for ``"prediction"``. Of categories a frame with a column
            for each; with an interval one with a row for each category of each row:
            ``row`` (its position), ``category`` (of a duration ``period``), ``estimate, se, lower,
            upper``.

        Raises
        ------
        UnseenLevelError
            For a new level under ``new_levels="error"``.
        NotAvailableError
            If the marginal mean does not exist; for a prediction interval of categories.

        Warns
        -----
        ExtrapolationWarning
            If a covariate lies beyond its range in the data of the fit by more than the width of
            that range.

        Notes
        -----
        Confidence intervals are by the delta method from the joint covariance of the coefficients
        of all linear predictors and the variance parameters. They are normal on the scale of the
        link, for marginal probabilities, hazards and survival on that of the logit, so that their
        ends stay in the range. Those of ``cluster`` count that the modes move with the parameters,
        and their own posterior variance. A variance of zero is taken as known.
        Where a value is a curved function of the linear predictors of its row, as a probability of
        a category is under ``cluster``, ``median`` and ``quantile``, its interval is its range over
        their confidence ellipsoid, and its standard error that over their normal distribution: near
        its largest value its slope would say too little.
        Prediction intervals hold the quantiles of a new response, its distribution averaged over
        that of the linear predictor, if marginal also over random effects in further predictors,
        as of a dispersion or of zeros; for counts, at least the level. Coefficients of further
        predictors are taken as known.

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1.0, 2.0, 2.0, 4.0, 3.0, 6.0], "g": list("aabbcc")}
        >>> fit = me.fit("y ~ 1 + (1 | g)", data)
        >>> fit.predict({"g": ["a", "c"]}).round(3).tolist()
        [2.278, 3.722]
        >>> fit.predict({"g": ["z"]}, new_levels="population", interval="prediction").round(2)
           estimate  lower  upper
        0       3.0   -1.0    7.0
        """
        from ..predict import predict

        return predict(
            self,
            data,
            kind=kind,
            quantile=quantile,
            scale=scale,
            interval=interval,
            level=level,
            new_levels=new_levels,
        )

    def to_arviz(self) -> Any:
        """The draws of ``method="mcmc"`` for ArviZ, its plots and comparisons.

        Returns
        -------
        xarray.DataTree
            ArviZ's own form, with the groups ``posterior`` (names as in ``draws``),
            ``sample_stats`` and ``observed_data``. It needs the library ``arviz-base``, which
            ``pip install "mixeff[bayes]"`` brings.

        Raises
        ------
        MissingDependencyError
            Without that library.
        NotAvailableError
            For another method.
        """
        from ..bridges.arviz import to_arviz

        return to_arviz(self)

    @property
    def plot(self) -> Plots:
        """Pictures: ``fit.plot.effects("x")``, ``.clusters("x")``, ``.caterpillar()``, and more."""
        from ..plot import Plots

        return Plots(self)

    @property
    def responses(self) -> Mapping[str, Fit]:
        """The responses by name: this fit's only one, or those of a joint fit."""
        return {self.spec.response: self}

    def refit(self, y: Any, *, start: tuple[Floats, Floats] | None = None) -> Fit:
        """Fit the same model by the same method to another response.

        Parameters
        ----------
        y : array-like, shape (nobs,)
            For the rows used; successes for a binomial. A column of ``simulate()`` fits.
        start : tuple of ndarray, optional
            ``(beta, theta)``; by default these estimates. ``"mcmc"`` takes none, and samples with
            the same priors, settings and seed.

        Returns
        -------
        Fit
        """
        design, inputs = with_response(self.design, self.inputs, y)
        draws = self.estimate.draws
        if draws is not None:
            again = (draws.settings, draws.priors, draws.seed)
            return run(self.spec, design, inputs, self.method, None, start, *again)
        start = start or (self.estimate.beta, self.estimate.theta)
        return run(self.spec, design, inputs, self.method, self.nodes, start, None)

    def hausman(self, within: Fit | None = None) -> Comparison:
        """Conditional estimates against these, to test that the random effects are independent.

        If the clusters' effects depend on the covariates, the random-effects estimates are biased
        and the conditional ones are not; if they do not, both estimate the same effects and the
        difference has the covariance ``V_conditional - V_random`` (Hausman 1978).

        Parameters
        ----------
        within : Fit, optional
            A fit of the same formula by ``method="conditional"``; made here if not given.

        Returns
        -------
        Comparison
            Its ``table`` (``term, within, random, difference, se, z, p_value``) of the covariates
            that vary within clusters, and the joint ``statistic``, ``df`` and ``p_value``: NaN,
            with a ``note``, where the difference of the covariances is not positive definite.

        Raises
        ------
        NotAvailableError
            If the model cannot be fitted conditionally; it says why.

        See Also
        --------
        contextual_effects : the same question, by a test that always exists.

        Examples
        --------
        >>> import numpy as np
        >>> import mixeff as me
        >>> rng, g = np.random.default_rng(1), np.repeat(np.arange(60), 6)
        >>> b = rng.normal(size=60)[g]
        >>> x = b + rng.normal(size=360)  # the covariate depends on the cluster's effect
        >>> y = rng.binomial(1, 1 / (1 + np.exp(-(0.5 * x + b))))
        >>> fit = me.fit("y ~ x + (1 | g)", {"y": y, "x": x, "g": g}, family="bernoulli")
        >>> fit.hausman().p_value < 0.01
        True
        """
        if within is None:
            within = run(self.spec, self.design, self.inputs, "conditional", None, None, None)
        return hausman(self, within)

    def report(self, path: str | Path, *, level: float = 0.95, command: str | None = None) -> None:
        """Write the fit as one page of HTML, to read in any browser, to print, and to send.

        The model in words and as an equation, the table, what each coefficient means, pictures
        (with matplotlib), the data, checks, the code to repeat it, and a control that moves
        covariates and the percentile of the random effects and shows how predictions follow. The
        page loads nothing.

        Parameters
        ----------
        path : str or Path
            Of the .html file.
        level : float
            Coverage of the intervals.
        command : str, optional
            The command line to print under "To repeat it"; by default that of this fit.

        Examples
        --------
        >>> import mixeff as me
        >>> data = {"y": [1.0, 2.0, 2.0, 4.0, 3.0, 6.0], "g": list("aabbcc")}
        >>> fit = me.fit("y ~ 1 + (1 | g)", data)
        >>> fit.report("growth.html")  # doctest: +SKIP
        """
        from ..report.page import write_report

        write_report(self, path, level, command=command)

    def save(self, path: str | Path) -> None:
        """Write the fit to one file, with the rows it used; read it with ``mixeff.load``.

        Parameters
        ----------
        path : str or Path
            The file is a zip of JSON and arrays and holds no code.
        """
        from ..results.store import save

        save(self, path)


def run(
    spec: ModelSpec,
    design: Design,
    inputs: Inputs,
    method: str,
    nodes: Nodes | None,
    start: tuple[Floats, Floats] | None,
    control: Mapping[str, Any] | None,
    priors: Mapping[str, Any] | None = None,
    seed: int | None = None,
) -> Fit:
    """Estimate a design's parameters and warn of what the user should know."""
    spec, design, notices = part_of(spec, design, method)
    tell(notices)
    found = estimate(
        design,
        method=method,
        nodes=nodes,
        start=start,
        control=control,
        priors=priors,
        seed=seed,
    )
    if not found.converged:
        warn(found.reason, ConvergenceWarning)
    if found.draws is not None and found.draws.diverging.any():
        warn(found.notes[-1], SamplingWarning)
    if found.singular:
        warn(
            "the fit is singular: a variance is zero or random effects are perfectly correlated; "
            "the model may have more random effects than the data support",
            SingularFitWarning,
        )
    return Fit(spec, design, found, inputs)


def with_response(design: Design, inputs: Inputs, y: Any) -> tuple[Design, Inputs]:
    """Put another response, checked, in the place of a design's own."""
    values = np.array(y, dtype=np.float64, order="C")
    family, columns = design.distribution, _columns(design)
    shape = (design.n, 2) if columns else (design.n,)
    if values.shape != shape:
        each = f"{' and '.join(columns)} in two columns" if columns else "one value"
        raise LengthError(
            f"y has shape {values.shape}, but the model uses {design.n} rows and takes {shape}: "
            f"give {each} for each row used (fit.augment() shows them)."
        )
    if columns and family.takes_interval:
        ends = values[:, 0], values[:, 1]
        values = np.column_stack(require_ends(ends, family, "y[{}]".format))
    else:
        _require_possible(design, values)
    return design.with_response(values), replace(inputs, response=values)


def _columns(design: Design) -> tuple[str, ...]:
    """What the two columns of a response are, where it has two."""
    family = design.distribution
    if family.takes_interval and design.limits is None:
        return "lower end", "upper end"
    return () if family.observation is None else family.observation.columns


def _require_possible(design: Design, values: Floats) -> None:
    family, kind, most = (
        design.distribution,
        design.distribution.observation,
        len(design.categories),
    )
    takes = family.values if kind is None else kind.values
    if kind is None:
        possible = family.supported(values) & (values < most if most else True)
    else:
        possible = kind.possible(values[:, 0], values[:, 1], most)
    if design.trials is not None:
        possible &= values <= design.trials
    if family.has_cases:
        possible &= design.cases.have_one(values)
    if not possible.all():
        row = int(np.argmin(possible))
        shown = " and ".join(f"{value:g}" for value in np.atleast_1d(values[row]))
        raise ResponseSupportError(
            f"y[{row}] = {shown} is no value of a {family.name} response, which takes {takes}."
        )


def snapshot(data: Any) -> Any:
    """The data as they are now: a later change of the user's frame must not reach the fit.

    The arrays of a mapping are not copied; nothing but what shows the data again reads them.
    """
    import pandas as pd

    if isinstance(data, pd.DataFrame):
        return data.copy(deep=False)  # copied on write
    return dict(data) if isinstance(data, Mapping) else data
