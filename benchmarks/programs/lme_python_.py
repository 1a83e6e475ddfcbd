"""lme-python: takes polars frames; its prepared model is refitted.

Its log-likelihood leaves out the constants of counts, which are added here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lme_python  # pyright: ignore[reportMissingImports]
import polars as pl

from .base import Bound, NotOffered, call, saturated

if TYPE_CHECKING:
    import pandas as pd

    from ..cases import Case


def _as_polars(case: Case, frame: pd.DataFrame) -> pl.DataFrame:
    """Grouping factors as text, which is what it takes for them."""
    groups = [term.group for term in case.random]
    made = pl.DataFrame(pl.from_pandas(frame.loc[:, list(case.columns)]))
    return made.with_columns(pl.col(groups).cast(pl.String))


def bind(case: Case, frame: pd.DataFrame, threads: int) -> Bound:
    del threads  # RAYON_NUM_THREADS
    if case.nodes > 1 and any(term.slopes for term in case.random):
        raise NotOffered("quadrature for one scalar random effect only")
    data = _as_polars(case, frame)
    formula = f"{case.proportion or case.response} ~ {case.right}"
    weights = frame[case.trials].astype(float).tolist() if case.trials else None
    family = "binomial" if case.family == "bernoulli" else case.family
    constant = saturated(case, frame)

    def whole() -> Any:
        if case.family == "gaussian":
            return lme_python.lmer(formula, data, False)
        return lme_python.glmer_weighted(formula, data, family, case.nodes, weights=weights)

    def refit() -> Any:
        if case.family == "gaussian":
            lmer = lme_python.prepare_lmer(formula, data)
            return lambda: lme_python.fit_prepared(lmer, False)
        glmer = lme_python.prepare_glmer(formula, data, family, case.nodes, weights=weights)
        return lambda: lme_python.fit_prepared_glmer(glmer)

    return Bound(
        {"whole": call(whole), "refit": refit}, lambda fit: float(fit.log_likelihood) + constant
    )
