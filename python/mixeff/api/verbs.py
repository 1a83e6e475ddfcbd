"""What a fit means: predictions, comparisons, slopes and marginal means, on a scale of choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import predict

if TYPE_CHECKING:
    from ..results.fit import FitResults


def grid(
    fit: FitResults,
    values: Mapping[str, Any] | None = None,
    /,
    *,
    others: str = "typical",
    **x: Any,
) -> Any:
    """Rows to predict for: all combinations of the values given.

    Parameters
    ----------
    fit : Fit
    values : mapping, optional
        Values by covariate, for names that are no Python words.
    others : {"typical", "observed", "balanced"}
        Covariates that are not given: numbers at their mean and words at their commonest level
        (``typical``); numbers at their mean and words at every level (``balanced``); or every row
        of the data with its own values, once for each combination (``observed``, a counterfactual
        grid, with the column ``row``).
    **x
        Values by covariate: one, a list, a function of the column, or for numbers the name of a
        summary: "mean", "median", "min", "max", "range", "quartiles", "fivenum", "sd" (the mean,
        and one standard deviation below and above). A grouping factor may be given, too; it is
        needed for ``kind="cluster"``.

    Returns
    -------
    frame
        In the library of the data.

    Raises
    ------
    UnknownColumnError
        For a name that the model does not use.
    UnseenLevelError
        For a level that the data of the fit do not have.

    Examples
    --------
    >>> import mixeff as me
    >>> y, g = [1, 2, 4, 6, 9, 14, 0, 1, 3, 4, 5, 9], list("aaabbbcccddd")
    >>> data = {"y": y, "x": [0, 1, 2] * 4, "g": g}
    >>> fit = me.fit("y ~ x + (1 | g)", data, family="poisson", method="laplace")
    >>> me.grid(fit, x="range")
         x
    0  0.0
    1  2.0
    """
    return predict.grid(fit, {**(values or {}), **x}, others)


def predictions(
    fit: FitResults,
    newdata: Any = None,
    *,
    by: str | Sequence[str] | None = None,
    average: bool = False,
    weights: Any = None,
    kind: str | None = None,
    quantile: float | None = None,
    scale: str = "response",
    hypothesis: Any = None,
    adjust: str = "none",
    level: float = 0.95,
) -> Any:
    """Predictions with intervals, row by row or averaged.

    Parameters
    ----------
    fit : Fit
    newdata : frame, optional
        Rows to predict for, as from `grid`; by default the rows used in the fit. Rows with missing
        values are left out.
    by : str or list of str, optional
        Columns within whose values rows are averaged.
    average : bool
        Whether to average over all rows.
    weights : str or array, optional
        Weights of the rows of newdata in averages.
    kind : {"marginal", "median", "cluster"}, optional
        What is done with the random effects: integrated out (population-averaged, the default),
        held at zero, or those of each row's own clusters, as in ``Fit.predict``.
    quantile : float, optional
        Hold them at this percentile instead.
    scale : {"response", "link", "hazard", "survival"}
        As in ``Fit.predict``; a response with categories has a row for each.
    hypothesis : str, mapping or matrix, optional
        Contrasts between the rows of the answer in their place: "pairwise" (later less earlier),
        "reference" (against the first), "sequential" (against the one before), "mean" (against the
        mean of all); a mapping from names to weights of the rows; or a matrix with a column of
        weights for each contrast. Categories and periods are contrasted each on its own;
        ``"pairwise | sex"`` does so within the values of further columns.
    adjust : {"none", "bonferroni", "sidak", "holm", "fdr", "tukey", "mvt"}
        For the multiplicity of the rows of the answer: "tukey" for pairwise differences, within
        each set of them; "mvt" for any numbers, by their joint normal distribution (100 000 draws,
        always the same). Intervals become simultaneous, too, except for "holm" and "fdr", which
        leave them as they are.
    level : float
        Coverage of the intervals.

    Returns
    -------
    frame
        Columns of what a row is (``row``, its position, and its covariates; or those of ``by``;
        ``category`` or ``period``), then ``estimate, se, lower, upper``. With ``hypothesis`` also
        ``z`` and ``p_value``.

    Raises
    ------
    ArgumentError
        For an argument that has a value it cannot have, or names no column.

    Warns
    -----
    ExtrapolationWarning
        For covariates far outside the data of the fit.

    Notes
    -----
    Standard errors are by the delta method from the joint covariance of all coefficients and
    variance parameters. Intervals are normal on the scale of the link (of probabilities, hazards
    and survival on that of the logit), those of contrasts on their own; of single rows as in
    ``Fit.predict``.

    Examples
    --------
    >>> import mixeff as me
    >>> y, g = [1, 2, 4, 6, 9, 14, 0, 1, 3, 4, 5, 9], list("aaabbbcccddd")
    >>> data = {"y": y, "x": [0, 1, 2] * 4, "g": g}
    >>> fit = me.fit("y ~ x + (1 | g)", data, family="poisson", method="laplace")
    >>> me.predictions(fit, me.grid(fit, x=[0, 2]), kind="median").round(2)
       row  x  estimate    se  lower  upper
    0    0  0      2.11  0.95   0.87   5.12
    1    1  2      5.89  2.40   2.65  13.07
    """
    request = predict.request_of(
        fit,
        newdata,
        by=by,
        average=average,
        weights=weights,
        kind=kind,
        quantile=quantile,
        scale=scale,
        options=predict.Options(level, adjust, hypothesis),
    )
    return predict.predictions(request)


def comparisons(
    fit: FitResults,
    variables: Any = None,
    newdata: Any = None,
    *,
    comparison: str = "difference",
    contrasts: str = "reference",
    by: str | Sequence[str] | None = None,
    average: bool = False,
    weights: Any = None,
    kind: str | None = None,
    quantile: float | None = None,
    scale: str = "response",
    hypothesis: Any = None,
    adjust: str = "none",
    level: float = 0.95,
) -> Any:
    """Predictions at two values of a covariate, compared.

    Parameters
    ----------
    fit : Fit
    variables : str, list of str, or mapping, optional
        Covariates, by default all. A mapping says how each changes: a number is a step from each
        row's own value (1 by default); "sd" and "2sd" are such steps around it; "iqr" and "minmax"
        go from one quartile, or end, to the other; a pair of values, or of levels, from the first
        to the second. Words, true and false, and numbers that are only 0 and 1 or are coded by
        ``C(x)`` are compared level by level.
    newdata : frame, optional
        Rows at which to compare; by default those of the fit.
    comparison : {"difference", "ratio", "lnratio", "lift", "or", "lnor"}
        Of the prediction at the second value (high) with that at the first: ``high - low``,
        ``high / low``, its logarithm, ``high / low - 1``, the ratio of their odds, its logarithm.
        "ratio" and "or" are tested against 1, on the scale of the logarithm, on which their
        intervals are normal.
    contrasts : {"reference", "pairwise", "sequential"}
        Of levels: each against the first, all pairs, each against the one before.
    by, average, weights
        As in `predictions`. Averages are compared, and not comparisons averaged: a ratio of average
        risks, not an average of risk ratios. For differences it is the same.
    kind, quantile, scale, hypothesis, adjust, level
        As in `predictions`. On the scale of the link with ``kind="median"``, differences are those
        of a linear predictor: conditional effects.

    Returns
    -------
    frame
        Columns ``term, contrast``, what a row is, as in `predictions`, and ``estimate, se, z,
        p_value, lower, upper``.

    Raises
    ------
    ArgumentError
        For a name that is no covariate, or an argument that has a value it cannot have.

    Examples
    --------
    >>> import mixeff as me
    >>> y, g = [1, 2, 4, 6, 9, 14, 0, 1, 3, 4, 5, 9], list("aaabbbcccddd")
    >>> data = {"y": y, "x": [0, 1, 2] * 4, "g": g}
    >>> fit = me.fit("y ~ x + (1 | g)", data, family="poisson", method="laplace")
    >>> table = me.comparisons(fit, "x", comparison="ratio", average=True)
    >>> table[["term", "contrast", "estimate", "p_value"]].round(3)
      term contrast  estimate  p_value
    0    x       +1      1.67    0.003
    """
    request = predict.request_of(
        fit,
        newdata,
        by=by,
        average=average,
        weights=weights,
        kind=kind,
        quantile=quantile,
        scale=scale,
        options=predict.Options(level, adjust, hypothesis),
    )
    return predict.comparisons(request, variables, comparison, contrasts)


def slopes(
    fit: FitResults,
    variables: Any = None,
    newdata: Any = None,
    *,
    slope: str = "dydx",
    by: str | Sequence[str] | None = None,
    average: bool = False,
    weights: Any = None,
    kind: str | None = None,
    quantile: float | None = None,
    scale: str = "response",
    hypothesis: Any = None,
    adjust: str = "none",
    level: float = 0.95,
) -> Any:
    """Derivatives of predictions by numeric covariates.

    Parameters
    ----------
    fit : Fit
    variables : str or list of str, optional
        Numeric covariates, by default all.
    newdata : frame, optional
        Rows at which to take them; by default those of the fit.
    slope : {"dydx", "eyex", "eydx", "dyex"}
        The derivative; of the logarithm of the prediction by that of the covariate (elasticity); of
        the logarithm of the prediction; by the logarithm of the covariate.
    by, average, weights
        As in `predictions`: averages of the slopes.
    kind, quantile, scale, hypothesis, adjust, level
        As in `predictions`.

    Returns
    -------
    frame
        As from `comparisons`.

    Raises
    ------
    ArgumentError
        For a name that is no covariate, or one of a categorical covariate.

    Notes
    -----
    The covariate may enter through any function of the formula, so derivatives by it are central
    differences over 1e-4 of its standard deviation, of predictions and of their exact derivatives
    in the parameters; their relative error is about 1e-9.

    Examples
    --------
    >>> import mixeff as me
    >>> y, g = [1, 2, 4, 6, 9, 14, 0, 1, 3, 4, 5, 9], list("aaabbbcccddd")
    >>> data = {"y": y, "x": [0, 1, 2] * 4, "g": g}
    >>> fit = me.fit("y ~ x + (1 | g)", data, family="poisson", method="laplace")
    >>> me.slopes(fit, "x", average=True)[["term", "contrast", "estimate", "se"]].round(2)
      term contrast  estimate    se
    0    x    dy/dx      2.52  1.35
    """
    request = predict.request_of(
        fit,
        newdata,
        by=by,
        average=average,
        weights=weights,
        kind=kind,
        quantile=quantile,
        scale=scale,
        options=predict.Options(level, adjust, hypothesis),
    )
    return predict.slopes(request, variables, slope)


def marginal_means(
    fit: FitResults,
    variables: str | Sequence[str],
    *,
    weights: str = "equal",
    kind: str | None = None,
    quantile: float | None = None,
    scale: str = "response",
    hypothesis: Any = None,
    adjust: str = "none",
    level: float = 0.95,
) -> Any:
    """Predictions for the levels of factors, averaged over the levels of the others.

    They are the estimated marginal means of a balanced grid: every combination of the levels of all
    categorical covariates, numeric ones at their mean.

    Parameters
    ----------
    fit : Fit
    variables : str or list of str
        Covariates of whose combinations there is a row each.
    weights : {"equal", "proportional"}
        Of the levels of the other factors: the same, or their shares in the data.
    kind, quantile, scale, hypothesis, adjust, level
        As in `predictions`. ``kind="median", scale="link"`` are the means of R's emmeans; the
        hypothesis ``"pairwise | b"`` is its ``pairwise ~ a | b``.

    Returns
    -------
    frame
        Columns of the variables, then as from `predictions`.

    Raises
    ------
    ArgumentError
        For a name that is no covariate.

    Examples
    --------
    >>> import mixeff as me
    >>> y, g = [1, 2, 4, 6, 9, 14, 0, 1, 3, 4, 5, 9], list("aaabbbcccddd")
    >>> data = {"y": y, "a": list("uvw") * 4, "g": g}
    >>> fit = me.fit("y ~ a + (1 | g)", data, family="poisson", method="laplace")
    >>> table = me.marginal_means(fit, "a", hypothesis="pairwise", kind="median", scale="link")
    >>> table[["hypothesis", "estimate", "se"]].round(3)
      hypothesis  estimate     se
    0      v - u     0.435  0.387
    1      w - u     1.003  0.352
    2      w - v     0.568  0.304
    """
    return predict.marginal_means(
        fit,
        variables,
        weights=weights,
        kind=kind,
        quantile=quantile,
        scale=scale,
        options=predict.Options(level, adjust, hypothesis),
    )
