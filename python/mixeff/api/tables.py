"""Fits side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..report.table import ModelTable
from ..report.table.statistics import USUAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .result import Fit


def table(
    fits: Sequence[Fit] | Mapping[str, Fit] | Fit,
    *,
    names: Sequence[str] | None = None,
    show: Sequence[str] = ("estimate", "se"),
    level: float = 0.95,
    stars: bool = False,
    digits: int | None = None,
    statistics: Sequence[str] = USUAL,
    title: str = "",
) -> ModelTable:
    """Set fits side by side in one table.

    Coefficients are matched by name within each linear predictor (mean, dispersion, zero inflation,
    thresholds), standard deviations and correlations of random effects by grouping factor.

    Parameters
    ----------
    fits : sequence of Fit, mapping of str to Fit, or Fit
        A mapping gives the models their names.
    names : sequence of str, optional
        Names of the models; ``"Model 1"``, ... by default.
    show : sequence of str
        Columns of each model, in order, of ``"estimate"``, ``"se"``, ``"z"``, ``"p"``, ``"ratio"``
        (the exponential: odds ratio, rate ratio, ...) and ``"ci"``, the interval of the estimate or
        ratio that stands before it.
    level : float
        Coverage of the intervals.
    stars : bool
        Mark p-values below 0.05, 0.01 and 0.001.
    digits : int, optional
        Decimals; by default as many as show two digits of each standard error, at least three.
    statistics : sequence of str
        What is said of each fit as a whole: ``"response"``, ``"family"``, ``"link"``, ``"nobs"``,
        ``"groups"``, ``"llf"``, ``"aic"``, ``"bic"``, ``"df"``, ``"method"``, ``"nodes"``,
        ``"converged"``, ``"singular"``.
    title : str
        Stands above the table.

    Returns
    -------
    ModelTable
        Prints as text and shows as HTML; ``to_text()``, ``to_markdown()``, ``to_html()``,
        ``to_latex()``, ``to_word(path)``, ``to_great_tables()`` and ``frame``. Notes say where
        models do not compare: other responses, other rows, other links, REML.

    Raises
    ------
    ArgumentError
        For something that is no fit, names that are not one for each, an unknown column.

    Examples
    --------
    >>> import mixeff as me
    >>> data = {"y": [1, 2, 2, 4, 3, 6, 2, 5], "x": [0, 1] * 4, "g": list("aabbccdd")}
    >>> small = me.fit("y ~ 1", data, family="poisson")
    >>> large = me.fit("y ~ x", data, family="poisson")
    >>> print(me.table({"small": small, "large": large}, statistics=["nobs", "llf"]))
    -------------------------------------------------
                           small            large
                      Estimate     SE  Estimate     SE
    -------------------------------------------------
    Fixed effects
     Intercept           1.139  0.200     0.693  0.354
     x                                    0.754  0.429
    -------------------------------------------------
     Rows                           8                8
     Log-likelihood            -14.93           -13.27
    -------------------------------------------------
    """
    return ModelTable(
        fits,
        names=names,
        show=show,
        level=level,
        stars=stars,
        digits=digits,
        statistics=statistics,
        title=title,
    )
