"""Tables of the fixed-effects coefficients: Wald tests, intervals, ratios."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ArgumentError
from .credible import coefficient_draws, interval
from .parameters import beta_slices, critical_value

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from ..estimate.values import Estimate, Floats
    from ..model.design import Design


def params(design: Design, estimate: Estimate, predictor: int = 0) -> pd.Series:
    """Coefficients of one linear predictor."""
    return _series(design, estimate.beta[beta_slices(design)[predictor]], predictor)


def bse(design: Design, estimate: Estimate, predictor: int = 0) -> pd.Series:
    """Standard errors of the coefficients of one linear predictor."""
    return _series(design, standard_errors(design, estimate, predictor), predictor)


def standard_errors(design: Design, estimate: Estimate, predictor: int) -> Floats:
    """Standard errors of the coefficients of one linear predictor, without labels."""
    return np.sqrt(np.diag(estimate.cov)[beta_slices(design)[predictor]])


def wald_p_values(z: Floats) -> Floats:
    """Two-sided normal tail probabilities."""
    return np.array([math.erfc(abs(value) / math.sqrt(2.0)) for value in z])


def pvalues(design: Design, estimate: Estimate) -> pd.Series:
    """P-values of the coefficients of the mean; NaN for a posterior, which tests nothing."""
    if estimate.draws is not None:
        return _series(design, np.full(len(design.x_names[0]), np.nan), 0)
    z = params(design, estimate) / bse(design, estimate)
    return _series(design, wald_p_values(z.to_numpy()), 0)


def coefficient_table(
    design: Design, estimate: Estimate, level: float, predictor: int = 0
) -> dict[str, np.ndarray]:
    """Names, estimates, standard errors, z, p and intervals of one linear predictor."""
    value = estimate.beta[beta_slices(design)[predictor]]
    se = standard_errors(design, estimate, predictor)
    z = value / se if estimate.draws is None else np.full(len(value), np.nan)
    lower, upper = ends(design, estimate, level, predictor)
    return {
        "name": np.array(design.x_names[predictor], dtype=object),
        "estimate": value,
        "se": se,
        "z": z,
        "p": wald_p_values(z),
        "lower": lower,
        "upper": upper,
    }


def ends(design: Design, estimate: Estimate, level: float, predictor: int) -> tuple[Floats, Floats]:
    """Ends of the intervals of one linear predictor: Wald's, or quantiles of the draws."""
    if estimate.draws is not None:
        return interval(coefficient_draws(design, estimate.draws, predictor), level)
    value = estimate.beta[beta_slices(design)[predictor]]
    half = critical_value(level) * standard_errors(design, estimate, predictor)
    return value - half, value + half


def cov_params(design: Design, estimate: Estimate) -> pd.DataFrame:
    """Covariance matrix of the coefficients of the mean."""
    import pandas as pd

    part = beta_slices(design)[0]
    names = list(design.x_names[0])
    return pd.DataFrame(estimate.cov[part, part], index=names, columns=names)


def _profile_ends(
    design: Design, estimate: Estimate, level: float, predictor: int
) -> tuple[Floats, Floats]:
    from .profiles import profile_data

    found = profile_data(design, estimate, design.x_names[predictor], level)[1]
    return found["lower"], found["upper"]


INTERVALS: dict[str, Callable[[Design, Estimate, float, int], tuple[Floats, Floats]]] = {
    "wald": ends,
    "profile": _profile_ends,
}


def conf_int(
    design: Design, estimate: Estimate, level: float, method: str = "wald"
) -> pd.DataFrame:
    """Intervals of the coefficients of the mean."""
    import pandas as pd

    if method not in INTERVALS:
        raise ArgumentError(f"method={method!r} is not one of {', '.join(map(repr, INTERVALS))}.")
    lower, upper = INTERVALS[method](design, estimate, level, 0)
    return pd.DataFrame({"lower": lower, "upper": upper}, index=list(design.x_names[0]))


def odds_ratios(design: Design, estimate: Estimate, level: float) -> pd.DataFrame:
    """Exponentiated coefficients with their intervals."""
    import pandas as pd

    name = design.distribution.ratio_name(design.link)
    if name is None:
        raise ArgumentError(
            f"odds_ratios() needs a link on a log scale: the exponential of a coefficient has no "
            f"meaning under the {design.link} link. Use fit.params and fit.conf_int()."
        )
    columns = {name.lower().replace(" ", "_"): np.exp(params(design, estimate))}
    for end, values in conf_int(design, estimate, level).items():
        columns[str(end)] = np.exp(values)
    return pd.DataFrame(columns)


def _series(design: Design, values: Floats, predictor: int) -> pd.Series:
    import pandas as pd

    return pd.Series(values, index=list(design.x_names[predictor]))
