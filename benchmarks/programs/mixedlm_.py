"""mixedlm: `lmer` and `glmer` after lme4; its model object is refitted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mixedlm  # pyright: ignore[reportMissingImports]
from mixedlm.families import Binomial, Poisson  # pyright: ignore[reportMissingImports]

from .base import Bound, NotOffered, call

if TYPE_CHECKING:
    import pandas as pd

    from ..cases import Case

_FAMILY = {"bernoulli": Binomial, "binomial": Binomial, "poisson": Poisson}


def _with_errors(fit: Any) -> Any:
    fit.vcov()
    return fit


def bind(case: Case, frame: pd.DataFrame, threads: int) -> Bound:
    del threads  # RAYON_NUM_THREADS
    if case.nodes > 1 and any(term.slopes for term in case.random):
        raise NotOffered("quadrature for one scalar random effect only")
    formula = f"{case.proportion or case.response} ~ {case.right}"
    weights = frame[case.trials].to_numpy(float) if case.trials else None
    linear = case.family == "gaussian"

    def whole() -> Any:
        if linear:
            return _with_errors(mixedlm.lmer(formula, frame, REML=False))
        family = _FAMILY[case.family]()
        return _with_errors(mixedlm.glmer(formula, frame, family, nAGQ=case.nodes, weights=weights))

    def refit() -> Any:
        if linear:
            lmer = mixedlm.LmerMod(formula, frame, REML=False)
            return lambda: _with_errors(lmer.fit())
        glmer = mixedlm.GlmerMod(formula, frame, _FAMILY[case.family](), weights=weights)
        return lambda: _with_errors(glmer.fit(nAGQ=case.nodes))

    return Bound({"whole": call(whole), "refit": refit}, lambda fit: float(fit.logLik().value))
