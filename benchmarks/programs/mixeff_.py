"""mixeff: `me.fit` for the whole call, `Model.fit` for the refit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mixeff as me

from .base import Bound, call

if TYPE_CHECKING:
    import pandas as pd

    from ..cases import Case


def _options(case: Case) -> dict[str, Any]:
    nodes = {"nodes": case.nodes} if case.method == "agq" else {}
    return {"method": case.method, **nodes}


def _formulas(case: Case) -> dict[str, Any]:
    return {"dispersion": case.dispersion, "zero_inflation": case.zero_inflation}


def _with_errors(fit: Any) -> Any:
    """Ask for the standard errors, in case they are made on demand."""
    assert fit.bse is not None
    return fit


def bind(case: Case, frame: pd.DataFrame, threads: int) -> Bound:
    del threads  # RAYON_NUM_THREADS
    options, formulas = _options(case), _formulas(case)
    models: list[Any] = []

    def whole() -> Any:
        return _with_errors(me.fit(case.formula, frame, case.family, **formulas, **options))

    def refit() -> Any:
        if not models:
            models.append(me.Model(case.formula, frame, case.family, **formulas))
        return lambda: _with_errors(models[0].fit(**options))

    return Bound({"whole": call(whole), "refit": refit}, lambda fit: float(fit.llf))
