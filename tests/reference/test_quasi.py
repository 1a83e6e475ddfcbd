"""Penalized quasi-likelihood against MASS::glmmPQL, iterated to the end."""

import numpy as np
import pandas as pd
import pytest
from validation.compare import Frame, canonical, r_name
from validation.datasets import DATASETS
from validation.freeze import FROZEN

import mixeff as me

pytestmark = pytest.mark.reference

TABLE = pd.read_csv(FROZEN / "quasi.csv")
FORMULAS = list(dict.fromkeys(TABLE["formula"]))


def ours(rows: Frame) -> me.Fit:
    first = rows.iloc[0]
    family, link = first["family"], first["link"]
    dispersion = None if family == "gamma" else "estimate"
    data = DATASETS[first["dataset"]]()
    return me.fit(first["formula"], data, family, link=link, method="pql1", dispersion=dispersion)


def random_parameters(fit: me.Fit) -> list[float]:
    """Term by term the standard deviations, then the covariances."""
    table = fit.variance_components
    is_variance = table["sd"].notna()
    return np.where(is_variance, table["sd"], table["estimate"]).tolist()


@pytest.mark.parametrize("formula", FORMULAS)
def test_glmm_pql(formula):
    rows = TABLE[TABLE["formula"] == formula]
    fit = ours(rows)
    assert fit.converged, fit.estimate.reason
    parameter = rows["parameter"]
    fixed = rows[~parameter.isin(["random", "phi"])].set_index("parameter")
    fixed.index = [canonical(name) for name in fixed.index]
    names = [canonical(r_name(str(name))) for name in fit.params.index]
    assert set(names) == set(fixed.index)
    np.testing.assert_allclose(fit.params, fixed["estimate"].loc[names], atol=1e-4)
    np.testing.assert_allclose(fit.bse, fixed["se"].loc[names], atol=1e-4)
    theirs = sorted(rows.loc[parameter == "random", "estimate"])
    np.testing.assert_allclose(sorted(random_parameters(fit)), theirs, atol=1e-4)
    assert fit.scale == pytest.approx(rows.loc[parameter == "phi", "estimate"].item(), abs=1e-4)
