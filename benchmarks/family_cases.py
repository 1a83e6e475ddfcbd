"""The cases of `benchmarks.families`: a model of each response distribution, simulated data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from .cases import Case, Random, Target

TRIALS = 10
CATEGORIES = 5
ROWS = {"g": 20, "h": 100}
"""Rows for each level of the first, and of the second grouping factor; at least ten levels."""
_SD = {"g": 0.5, "h": 0.3}
_SLOPES = np.array([0.4, -0.3, 0.2])
_X = ("x1", "x2", "x3")


@dataclass(frozen=True)
class Response:
    """A distribution, the linear predictors of its parameters, and how many rows are asked.

    `drawn` is the distribution that the data are drawn from, where that is not `family`.
    """

    family: str
    further: tuple[float, ...] = ()
    intercept: float = 1.0
    drawn: str = ""
    zero_inflation: str | None = None
    dispersion: str | None = None
    rows: int = 10_000
    many: int | None = None

    @property
    def name(self) -> str:
        zeros = "-zeros" if self.zero_inflation else ""
        return f"{self.family}{zeros}{'-dispersion' if self.dispersion else ''}"

    @property
    def title(self) -> str:
        parts = (self.drawn or self.family, self.dispersion and f"dispersion {self.dispersion}")
        return ", ".join(part for part in parts if part)


RESPONSES = (
    Response("poisson", many=100_000),
    Response("nb2", (-0.7,), many=100_000),
    Response("nb1", (0.4,)),
    Response("genpois", (0.6,)),
    Response("compois", (0.4,), rows=400),
    Response("truncated_poisson"),
    Response("truncated_nb2", (-0.7,)),
    Response("poisson", (-1.0,), drawn="zero_inflated(poisson)", zero_inflation="~ 1"),
    Response("nb2", (-0.7, -1.0), drawn="zero_inflated(nb2)", zero_inflation="~ 1"),
    Response("truncated_poisson", (-1.0,), drawn="hurdle(truncated_poisson)", zero_inflation="~ 1"),
    Response("truncated_nb2", (-0.7, -1.0), drawn="hurdle(truncated_nb2)", zero_inflation="~ 1"),
    Response("gamma", (-0.7,), many=100_000),
    Response("beta", (1.5,), 0.0),
    Response("beta_binomial", (1.5,), 0.0),
    Response("tweedie", (0.0, 0.0), rows=5_000),
    Response("student", (0.0, 1.5)),
    Response("lognormal", (0.0,), many=100_000),
    Response("ordered_beta", (1.5, -1.5, 1.1), 0.0),
    Response("gaussian", (0.0,), dispersion="~ x1", many=100_000),
    Response("nb2", (-0.7,), dispersion="~ x1"),
)
ORDERED = Response("cumulative", (-1.5, -0.5, 0.5, 1.5), 0.0)


def simulated(response: Response, rows: int, groups: tuple[str, ...]) -> pd.DataFrame:
    """Three covariates, the levels of the factors at random, and the response."""
    rng = np.random.default_rng([20_265, rows, len(groups)])
    x = rng.standard_normal((rows, len(_X)))
    codes = {g: rng.integers(max(rows // ROWS[g], 10), size=rows) for g in groups}
    effects = (_SD[g] * rng.standard_normal(at.max() + 1)[at] for g, at in codes.items())
    eta = response.intercept + x @ _SLOPES + sum(effects)
    further = [np.full(rows, value) for value in response.further]
    if response.dispersion:
        further[0] = further[0] + 0.3 * x[:, 0]
    y = _drawn(response, rng, eta, tuple(further))
    frame = pd.DataFrame(x, columns=list(_X)).assign(y=y, **codes)
    return frame.assign(n=float(TRIALS), failures=TRIALS - y) if _is_binomial(response) else frame


def _drawn(
    response: Response, rng: np.random.Generator, eta: np.ndarray, further: tuple[np.ndarray, ...]
) -> np.ndarray:
    """Random responses, by mixeff's own functions, which are not those of its fits."""
    from mixeff.model.families import expanded, family, link

    row = expanded(family(response.drawn or response.family), tuple(range(CATEGORIES)))
    parameters = row.parameters(link(row), eta, further)
    if row.takes_trials:
        parameters = row.with_extra(parameters, np.full(len(eta), float(TRIALS)))
    return row.simulate(rng, parameters)


def _is_binomial(response: Response) -> bool:
    return response.family == "beta_binomial"


Setting = tuple[Response, int, tuple[str, ...], str, int]
"""A response, rows, grouping factors, the peer, and quadrature points."""


def _of(response: Response) -> Iterator[Setting]:
    """With one and with two factors, and with one in more rows."""
    yield response, response.rows, ("g",), "glmmTMB", 1
    yield response, response.rows, ("g", "h"), "glmmTMB", 1
    if response.many is not None:
        yield response, response.many, ("g",), "glmmTMB", 1


SETTINGS: tuple[Setting, ...] = (
    *(setting for response in RESPONSES for setting in _of(response)),
    (ORDERED, ORDERED.rows, ("g",), "ordinal", 1),
    (ORDERED, ORDERED.rows, ("g",), "ordinal", 9),
    (ORDERED, ORDERED.rows, ("g", "h"), "ordinal", 1),
)


def _data(response: Response, rows: int, groups: tuple[str, ...]) -> str:
    return f"{response.name}-{rows}-{len(groups)}"


def _case(response: Response, rows: int, groups: tuple[str, ...], peer: str, nodes: int) -> Case:
    data, title = _data(response, rows, groups), f"{response.title}, {rows:,} rows"
    factors = "one factor" if len(groups) == 1 else "two factors"
    return Case(
        f"{data}-agq{nodes}" if nodes > 1 else data,
        f"{title}, {factors}{f', agq {nodes}' if nodes > 1 else ''}",
        data, "y", _X, tuple(Random(g) for g in groups), response.family,
        (Target("whole", 0.1, against=peer),),
        method="agq" if nodes > 1 else "laplace", nodes=nodes,
        trials="n" if _is_binomial(response) else None,
        failures="failures" if _is_binomial(response) else None,
        dispersion=response.dispersion, zero_inflation=response.zero_inflation,
    )  # fmt: skip


CASES = tuple(_case(*setting) for setting in SETTINGS)
BY_NAME = {case.name: case for case in CASES}
SIMULATED: dict[str, Callable[[], pd.DataFrame]] = {
    _data(response, rows, groups): partial(simulated, response, rows, groups)
    for response, rows, groups, _, _ in SETTINGS
}
