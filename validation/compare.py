"""mixeff's numbers beside the frozen ones, parameter by parameter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import mixeff as me

from .datasets import DATASETS
from .freeze import FROZEN
from .models import BY_ID

if TYPE_CHECKING:
    from collections.abc import Iterator

Frame = Any
"""A pandas frame; pandas' own annotations are too loose to check against."""

_COVARIANCE = re.compile(r"cov\((?P<a>.+), (?P<b>.+)\)")
OTHERS = ("columns", "emmeans", "families", "profile", "quasi", "reading", "survival", "verbs")
"""Files of another kind, which a test of their own reads."""

_METHODS = ("laplace", "agq", "ml", "reml", "conditional")


@dataclass(frozen=True)
class Source:
    """Where frozen rows come from: a program, what it ran, and the file that keeps them."""

    file: str
    model: str
    program: str
    method: str
    nodes: int

    def __str__(self) -> str:
        nodes = f"-{self.nodes}" if self.method == "agq" else ""
        return f"{self.file}-{self.model}-{self.program}-{self.method}{nodes}"


@cache
def frozen() -> Frame:
    """Every frozen row of a model and method that mixeff has now."""
    files = [path for path in sorted(FROZEN.glob("*.csv")) if path.stem not in OTHERS]
    table = pd.concat([pd.read_csv(path).assign(file=path.stem) for path in files])
    return table[table["model"].isin(BY_ID) & table["method"].isin(_METHODS)]


def sources() -> list[Source]:
    """Every program and method that has frozen rows, once."""
    names = ["file", "model", "program", "method", "nodes"]
    unique = frozen()[names].drop_duplicates()
    return [Source(*row) for row in unique.itertuples(index=False, name=None)]


@cache
def fit(model: str, method: str, nodes: int) -> Any:
    """mixeff's fit of a reference model by the method of the frozen rows."""
    made = BY_ID[model]
    points = nodes if method == "agq" else None
    data = DATASETS[made.dataset]()
    return me.fit(made.formula, data, made.family, link=made.link, method=method, nodes=points)


def r_name(name: str) -> str:
    """R's name of a coefficient: `urban[T.Y]` is `urbanY`, `Intercept` is `(Intercept)`."""
    return "(Intercept)" if name == "Intercept" else re.sub(r"\[T\.([^]]*)\]", r"\1", name)


def canonical(parameter: str) -> str:
    """The same name however the parts of an interaction are ordered."""
    kind, colon, rest = parameter.partition(":")
    if kind not in ("vc", "sd"):
        return ":".join(sorted(parameter.split(":")))
    group, _, effect = rest.rpartition(":")
    return f"{kind}{colon}{':'.join(sorted(group.split(':')))}:{effect}"


def _variance_names(group: str, name: str) -> str:
    if group == "Residual":
        return "vc:Residual"
    if (pair := _COVARIANCE.fullmatch(name)) is not None:
        return f"vc:{group}:{r_name(pair['a'])},{r_name(pair['b'])}"
    return f"vc:{group}:{r_name(name)}"


def _numbers(fit: Any) -> Iterator[tuple[str, float, float]]:
    for name, value, se in zip(fit.params.index, fit.params, fit.bse, strict=True):
        yield r_name(str(name)), float(value), float(se)
    for row in fit.variance_components.itertuples():
        yield _variance_names(row.group, row.name), row.estimate, row.se
    for row in fit.standard_deviations().itertuples():
        yield _variance_names(row.group, row.name).replace("vc:", "sd:"), row.estimate, row.se
    yield "logLik", float(fit.llf), np.nan


def numbers(fit: Any) -> Frame:
    """A fit's estimates under R's names; a dispersion by its predictor's coefficient, phi."""
    rows = list(_numbers(fit))
    tidy = fit.tidy()
    extra = tidy[tidy["component"] == "dispersion"]
    if len(extra) == 1:
        value, se = extra["estimate"].item(), extra["std_error"].item()
        rows.append(("phi", float(np.exp(value)), float(np.exp(value) * se)))
    table: Frame = pd.DataFrame(rows, columns=["parameter", "ours", "our_se"])
    return table.assign(parameter=table["parameter"].map(canonical)).set_index("parameter")


def beside(source: Source) -> Frame:
    """The frozen rows of a source with mixeff's numbers; `shift` is in standard errors.

    The standard error is the frozen one, or mixeff's where the other program gives none.
    """
    table = frozen()
    for column in ("file", "model", "program", "method", "nodes"):
        table = table[table[column] == getattr(source, column)]
    table = table[table["parameter"] != "logLik without constants"]
    table = table.assign(parameter=table["parameter"].map(canonical)).set_index("parameter")
    ours = numbers(fit(source.model, source.method, source.nodes))
    both = table.join(ours, how="left")
    scale = both["se"].fillna(both["our_se"])
    return both.assign(shift=(both["ours"] - both["estimate"]) / scale)
