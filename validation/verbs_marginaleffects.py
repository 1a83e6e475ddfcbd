"""Comparisons, slopes and predictions by the marginaleffects package, of models by statsmodels.

    python -m validation.verbs_marginaleffects OUT.csv

The models have no random effects, so that both programs define the same thing. The package
(0.6.0) needs polars < 2. Its intervals of a unit's change are centred on x, ours begin at x.
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Any

import pandas as pd

from .datasets import contraception, epil

MODELS = {
    "logit": "use ~ age + I(age**2) + urban + livch",
    "poisson": "y ~ lbase * trt + lage",
}

CALLS: dict[str, tuple[tuple[str, str, dict[str, Any]], ...]] = {
    "logit": (
        ("predictions urban", "avg_predictions", {"by": "urban"}),
        ("pairs of predictions", "avg_predictions", {"by": "livch", "hypothesis": "~pairwise"}),
        ("difference", "avg_comparisons", {"variables": {"livch": "pairwise"}}),
        ("difference urban", "avg_comparisons", {"variables": "urban", "by": "livch"}),
        ("ratio", "avg_comparisons", {"variables": "livch", "comparison": "ratio"}),
        ("lnratio", "avg_comparisons", {"variables": "livch", "comparison": "lnratio"}),
        ("lnor", "avg_comparisons", {"variables": "livch", "comparison": "lnor"}),
        ("lift", "avg_comparisons", {"variables": "urban", "comparison": "lift"}),
        ("sequential", "avg_comparisons", {"variables": {"livch": "sequential"}}),
        ("pair", "avg_comparisons", {"variables": {"age": [-5, 5]}}),
        ("sd", "avg_comparisons", {"variables": {"age": "sd"}}),
        ("iqr", "avg_comparisons", {"variables": {"age": "iqr"}}),
        ("minmax", "avg_comparisons", {"variables": {"age": "minmax"}}),
        ("dydx", "avg_slopes", {"variables": "age"}),
        ("dydx urban", "avg_slopes", {"variables": "age", "by": "urban"}),
    ),
    "poisson": (
        ("difference", "avg_comparisons", {"variables": "trt"}),
        ("dydx", "avg_slopes", {"variables": "lbase", "by": "trt"}),
        ("eyex", "avg_slopes", {"variables": "lbase", "slope": "eyex", "by": "trt"}),
        ("eydx", "avg_slopes", {"variables": "lbase", "slope": "eydx"}),
        ("dyex", "avg_slopes", {"variables": "lbase", "slope": "dyex"}),
    ),
}


def models() -> dict[str, Any]:
    """The fitted models."""
    import statsmodels.formula.api as smf

    logit = smf.logit(MODELS["logit"], contraception()).fit(disp=0, tol=1e-14)
    poisson = smf.poisson(MODELS["poisson"], epil()).fit(disp=0, tol=1e-14, maxiter=200)
    return {"logit": logit, "poisson": poisson}


def rows(model: Any, name: str, call: tuple[str, str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of one table."""
    import marginaleffects

    what, function, arguments = call
    table = getattr(marginaleffects, function)(model, **arguments).to_pandas()
    by = arguments.get("by")
    return [
        {
            "model": name,
            "what": what,
            "contrast": row.get("contrast", row.get("hypothesis", "")),
            "group": row.get(by, "") if by else "",
            "estimate": f"{row['estimate']:.10g}",
            "se": f"{row['std_error']:.7g}",
            "program": f"marginaleffects {version('marginaleffects')}",
        }
        for row in table.to_dict("records")
    ]


def main(path: str) -> None:
    fitted = models()
    tables = [rows(fitted[name], name, call) for name, calls in CALLS.items() for call in calls]
    pd.DataFrame([row for table in tables for row in table]).to_csv(path, index=False)


if __name__ == "__main__":
    main(sys.argv[1])
