"""glmm: no model object, so the refit is its native call on columns already prepared.

Optional passes that the others do not make are off: the Satterthwaite degrees of freedom and the
likelihood-ratio refits of Poisson models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import glmm  # pyright: ignore[reportMissingImports]

from .base import Bound, NotOffered, call

if TYPE_CHECKING:
    import pandas as pd

    from ..cases import Case


def _family(case: Case) -> str:
    return "binomial" if case.family == "bernoulli" else case.family


def _native(case: Case, frame: pd.DataFrame) -> Any:
    """The compiled call that `glmm.fit` makes, its arguments ready."""
    store: list[Any] = []
    numeric, factors, weights, offset = glmm._prepare_columns(
        frame, [case.formula], None, None, store
    )
    reml = False if case.family == "gaussian" else None
    link = glmm._check_call(case.formula, _family(case), None)

    def run() -> Any:
        raw = glmm._native.fit(
            case.formula, numeric, factors, _family(case), link, "hessian", case.nodes, None,
            weights, offset, None, False, reml, "Wald",
        )  # fmt: skip
        return glmm._fit_from_native(
            raw, case.formula, _family(case), link, case.nodes, None, store
        )

    return run


def bind(case: Case, frame: pd.DataFrame, threads: int) -> Bound:
    del threads  # RAYON_NUM_THREADS
    if case.method == "agq" and len(case.random) > 1:
        raise NotOffered("quadrature with more than one grouping factor")
    frame = frame.loc[:, list(case.columns)]
    prepared: list[Any] = []

    def whole() -> Any:
        return glmm.fit(
            frame,
            case.formula,
            _family(case),
            nagq=case.nodes,
            satterthwaite=False,
            anova_test="Wald",
            reml=False if case.family == "gaussian" else None,
        )

    def refit() -> Any:
        if not prepared:
            prepared.append(_native(case, frame))
        return prepared[0]

    return Bound({"whole": call(whole), "refit": refit}, lambda fit: float(fit.loglik))
