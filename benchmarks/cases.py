"""The cases: one row each, every program composes its own call from the row."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Random:
    """One random-effects term: an intercept and perhaps correlated slopes."""

    group: str
    slopes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return f"({' + '.join(('1', *self.slopes))} | {self.group})"


@dataclass(frozen=True)
class Target:
    """An upper limit for the ratio of mixeff's time to a peer's.

    `against` is the peer, or `None` for the fastest one that reaches the log-likelihood;
    `peer_metric` is the peer's time that is compared with mixeff's, by default the same one.
    Where no peer offers the method, `seconds` is the limit for mixeff's own time.
    """

    metric: str
    limit: float
    against: str | None = None
    peer_metric: str | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Case:
    """A data set, a model, a method, and what is asked of mixeff there.

    `speedup` is the least gain from a second thread. A one-sided formula of the dispersion or of
    zeros of their own is the same for mixeff and R.
    """

    name: str
    title: str
    data: str
    response: str
    fixed: tuple[str, ...]
    random: tuple[Random, ...]
    family: str
    targets: tuple[Target, ...]
    method: str = "laplace"
    nodes: int = 1
    trials: str | None = None
    failures: str | None = None
    proportion: str | None = None
    dispersion: str | None = None
    zero_inflation: str | None = None
    speedup: float | None = None
    full_only: bool = False
    skip: tuple[str, ...] = ()

    @property
    def right(self) -> str:
        """The right-hand side of the formula, the same for every program."""
        fixed = ("1",) if not self.fixed else self.fixed
        return " + ".join((*fixed, *(term.text for term in self.random)))

    @property
    def formula(self) -> str:
        if self.failures is None:
            return f"{self.response} ~ {self.right}"
        return f"cbind({self.response}, {self.failures}) ~ {self.right}"

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the case needs, once."""
        slopes = (s for term in self.random for s in term.slopes)
        groups = (term.group for term in self.random)
        counts = (c for c in (self.trials, self.failures, self.proportion) if c)
        return tuple(dict.fromkeys((self.response, *counts, *self.fixed, *slopes, *groups)))


_X5 = tuple(f"x{j}" for j in range(1, 6))
_X50 = tuple(f"x{j}" for j in range(1, 51))
_R = ("lme4", "glmmTMB")
_LOSERS = ("mixedlm", "lme-python")
_CONTRACEPTION = ("age", "urban", "livch")
_GUIMMUN = (
    "kid2p", "mom25p", "ord", "ethn", "momEd", "husEd", "momWork", "rural", "pcInd81",
)  # fmt: skip


def _whole(limit: float) -> tuple[Target, ...]:
    return (Target("whole", limit),)


def _cbpp(name: str, title: str, method: str, nodes: int) -> Case:
    return Case(
        name, title, "cbpp", "incidence", ("period",), (Random("herd"),), "binomial",
        (Target("refit", 1.0), Target("whole", 0.2, against="lme4")),
        method=method, nodes=nodes, trials="size", failures="failures", proportion="prop",
    )  # fmt: skip


def _contraception(name: str, title: str, slope: bool, targets: tuple[Target, ...], nodes: int):
    return Case(
        name, title, "contraception", "y", _CONTRACEPTION,
        (Random("district", ("urban",) if slope else ()),), "bernoulli", targets,
        method="laplace" if nodes == 1 else "agq", nodes=nodes,
    )  # fmt: skip


CASES: tuple[Case, ...] = (
    _cbpp("cbpp", "cbpp, Laplace", "laplace", 1),
    _cbpp("cbpp-agq9", "cbpp, agq 9", "agq", 9),
    _contraception(
        "contraception", "Contraception, random intercept", False,
        (Target("refit", 0.3), Target("whole", 1.0)), 1,
    ),
    _contraception(
        "contraception-agq15", "Contraception, random intercept, agq 15", False, _whole(0.3), 15
    ),
    _contraception("urban-slope", "Contraception, urban slope", True, _whole(0.7), 1),
    _contraception(
        "urban-slope-agq15", "Contraception, urban slope, agq 15", True, _whole(0.3), 15
    ),
    Case(
        "ohio-agq15", "ohio, four rows a child, agq 15", "ohio", "resp", ("age", "smoke"),
        (Random("id"),), "bernoulli", _whole(0.5), method="agq", nodes=15,
    ),
    Case(
        "clusters-1e5-agq15", "simulated logit, 100,000 rows in 5,000 clusters, agq 15",
        "clusters_1e5", "y", _X5, (Random("g"),), "bernoulli", _whole(0.5), method="agq", nodes=15,
        speedup=1.6, skip=_LOSERS,
    ),
    Case(
        "guimmun-agq12", "guImmun, children in mothers in communities, agq 12 x 12", "guimmun",
        "y", _GUIMMUN, (Random("mom"), Random("comm")), "bernoulli",
        (Target("whole", 1.0, seconds=0.3),), method="agq", nodes=12,
    ),
    Case(
        "grouseticks", "grouseticks, poisson, three factors", "grouseticks", "TICKS",
        ("YEAR", "cHEIGHT"), (Random("BROOD"), Random("INDEX"), Random("LOCATION")), "poisson",
        (Target("whole", 0.5, peer_metric="no_se"),),
    ),
    Case(
        "verbagg", "VerbAgg, logit, crossed 316 x 24", "verbagg", "y",
        ("Anger", "Gender", "btype", "situ"), (Random("id"), Random("item")), "bernoulli",
        _whole(0.25),
    ),
    Case(
        "chem97-logit", "Chem97, score >= 8, logit, school in LEA", "chem97", "y",
        ("gender", "age", "gcsecnt"), (Random("lea"), Random("school")), "bernoulli", _whole(0.25),
    ),
    Case(
        "chem97-linear", "Chem97, linear ML, school in LEA", "chem97", "score",
        ("gender", "age", "gcsecnt"), (Random("lea"), Random("school")), "gaussian", _whole(1.0),
        method="ml",
    ),
    Case(
        "insteval-linear", "InstEval, linear ML, three crossed factors", "insteval", "rating",
        ("service",), (Random("s"), Random("d"), Random("dept")), "gaussian", _whole(0.5),
        method="ml",
    ),
    Case(
        "insteval-logit", "InstEval, y >= 4, logit, students x lecturers", "insteval", "y",
        ("service",), (Random("s"), Random("d")), "bernoulli", _whole(0.4),
    ),
    Case(
        "crossed", "simulated crossed logit, 10,000 rows, 1,000 x 1,000 levels", "crossed", "y",
        _X5, (Random("a"), Random("b")), "bernoulli", _whole(0.3),
    ),
    Case(
        "clusters-1e6", "simulated logit, 1e6 rows in 20,000 clusters", "clusters", "y",
        _X5, (Random("g"),), "bernoulli", _whole(0.1), speedup=1.6, skip=(*_R, *_LOSERS),
    ),
    Case(
        "clusters-1e6-shuffled", "the same, rows in random order", "shuffled_clusters", "y",
        _X5, (Random("g"),), "bernoulli", _whole(0.1), full_only=True, skip=(*_R, *_LOSERS),
    ),
    Case(
        "clusters-1e7", "simulated logit, 1e7 rows in 20,000 clusters", "clusters_1e7", "y",
        _X5, (Random("g"),), "bernoulli", _whole(0.1), full_only=True, skip=(*_R, *_LOSERS),
    ),
    Case(
        "poisson-slope-1e6", "poisson, random intercept and slope, 1e6 rows", "poisson_slope", "y",
        ("x1",), (Random("g", ("x1",)),), "poisson", _whole(0.1), skip=(*_R, *_LOSERS),
    ),
    Case(
        "many-covariates", "logit, 20,000 rows, 400 clusters, 50 covariates", "many_covariates",
        "y", _X50, (Random("g"),), "bernoulli", _whole(0.5),
    ),
)  # fmt: skip

BY_NAME = {case.name: case for case in CASES}
