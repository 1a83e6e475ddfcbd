"""gpboost with exact Cholesky factors (its default is a stochastic approximation).

It takes matrices, so the columns are coded here, inside the timed call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gpboost  # pyright: ignore[reportMissingImports]
import numpy as np

from .base import Bound, NotOffered, call

if TYPE_CHECKING:
    import pandas as pd

    from ..cases import Case

_LIKELIHOOD = {
    "bernoulli": "bernoulli_logit",
    "binomial": "binomial_logit",
    "poisson": "poisson",
    "gaussian": "gaussian",
}


def _design(case: Case, frame: pd.DataFrame) -> np.ndarray:
    """Intercept, numeric columns as they are, text as treatment contrasts."""
    columns = [np.ones(len(frame))]
    for name in case.fixed:
        column = frame[name]
        if column.dtype.kind in "fiub":
            columns.append(column.to_numpy(float))
            continue
        codes, levels = column.factorize(sort=True)
        columns.extend((codes == k).astype(float) for k in range(1, len(levels)))
    return np.column_stack(columns)


def _check_offered(case: Case) -> None:
    if case.method == "agq":
        raise NotOffered("no quadrature")
    if any(term.slopes for term in case.random):
        raise NotOffered("no correlated slopes")


def _with_errors(built: Any) -> Any:
    built.get_coef(std_err=True)
    built.get_cov_pars(std_err=True)
    return built


def bind(case: Case, frame: pd.DataFrame, threads: int) -> Bound:
    _check_offered(case)
    groups = [term.group for term in case.random]

    def response() -> np.ndarray:
        return frame[case.proportion or case.response].to_numpy(float)

    def model() -> Any:
        return gpboost.GPModel(
            group_data=frame[groups].to_numpy(),
            likelihood=_LIKELIHOOD[case.family],
            matrix_inversion_method="cholesky",
            num_parallel_threads=threads,
            weights=frame[case.trials].to_numpy(float) if case.trials else None,
        )

    def no_se() -> Any:
        built = model()
        built.fit(response(), _design(case, frame))
        return built

    def whole() -> Any:
        return _with_errors(no_se())

    def refit() -> Any:
        built, y, x = model(), response(), _design(case, frame)

        def run() -> Any:
            built.fit(y, x)
            return _with_errors(built)

        return run

    return Bound(
        {"whole": call(whole), "no_se": call(no_se), "refit": refit},
        lambda built: -float(built.get_current_neg_log_likelihood()),
    )
