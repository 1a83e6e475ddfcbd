"""Small random problems of every family, link and structure, for the tests of the estimation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise, product

import numpy as np
from numpy.typing import NDArray

from mixeff.estimate.covariance import theta_slices
from mixeff.model import ModelMatrix
from mixeff.model.design import Design, GroupingFactor, RandomTerm
from mixeff.model.families import FAMILIES

Floats = NDArray[np.float64]
Parts = tuple[tuple[GroupingFactor, ...], tuple[RandomTerm, ...]]

MODEL_FAMILIES = ("gaussian", "bernoulli", "binomial", "poisson", "gamma")
ROWS = [(name, link) for name in MODEL_FAMILIES for link in FAMILIES[name].links]
"""Families with each of their links, for every structure; `test_more_families.py` has the rest."""

CENTRES = {
    ("bernoulli", "log"): (-2.0, 0.1),
    ("binomial", "log"): (-2.0, 0.1),
    ("poisson", "identity"): (3.0, 0.1),
    ("poisson", "sqrt"): (2.0, 0.1),
    ("gamma", "inverse"): (2.0, 0.1),
}
"""Intercept and scale of the other parameters where the linear predictor has a bounded domain."""


@dataclass(frozen=True)
class Problem:
    """A design and a point in its parameter space."""

    design: Design
    beta: Floats
    theta: Floats


@dataclass(frozen=True)
class Shape:
    """What the structures are made from: rows, two covariates, random codes."""

    rng: np.random.Generator
    n: int
    x: Floats
    z: Floats

    def factor(self, name: str, levels: int) -> GroupingFactor:
        # Every level occurs: the front never hands over an empty one.
        codes = self.rng.permutation(np.arange(self.n) % levels)
        return GroupingFactor(name, codes.astype(np.int32), tuple(range(levels)))

    def columns(self, *columns: Floats) -> Floats:
        return np.asfortranarray(np.column_stack(columns))

    def intercept(self, factor: int) -> RandomTerm:
        return RandomTerm(factor, ("Intercept",))

    def slope(self, factor: int, structure: str = "unstructured") -> RandomTerm:
        z = self.columns(np.ones(self.n), self.x)
        return RandomTerm(factor, ("Intercept", "x"), z, structure=structure)

    def three(self, factor: int) -> RandomTerm:
        z = self.columns(np.ones(self.n), self.x, self.z)
        return RandomTerm(factor, ("Intercept", "x", "z"), z)


def _outer(inner: GroupingFactor, name: str, size: int) -> GroupingFactor:
    codes = inner.codes // size
    return GroupingFactor(name, codes.astype(np.int32), tuple(range(codes.max() + 1)))


def _nested(shape: Shape) -> Parts:
    inner = shape.factor("a:b", 6)
    terms = (shape.intercept(0), shape.intercept(1))
    return (inner, _outer(inner, "a", 2)), terms


def _nested_slopes(shape: Shape) -> Parts:
    inner = shape.factor("a:b", 6)
    return (_outer(inner, "a", 3), inner), (shape.slope(0), shape.slope(1, "diagonal"))


def _three_levels(shape: Shape) -> Parts:
    inner = shape.factor("a:b:c", 12)
    middle = _outer(inner, "a:b", 3)
    factors = (_outer(middle, "a", 2), middle, inner)
    return factors, tuple(shape.intercept(f) for f in range(3))


def _three_levels_slopes(shape: Shape) -> Parts:
    inner = shape.factor("a:b:c", 12)
    middle = _outer(inner, "a:b", 2)
    factors = (inner, _outer(middle, "a", 3), middle)
    return factors, (shape.slope(0), shape.slope(1, "diagonal"), shape.intercept(2))


def _crossed(shape: Shape) -> Parts:
    factors = (shape.factor("a", 5), shape.factor("b", 4))
    return factors, (shape.intercept(0), shape.intercept(1))


def _crossed_slopes(shape: Shape) -> Parts:
    factors = (shape.factor("a", 5), shape.factor("b", 4))
    return factors, (shape.slope(0), shape.slope(1, "diagonal"))


def _everything(shape: Shape) -> Parts:
    inner, crossed = shape.factor("a:b", 6), shape.factor("c", 4)
    factors = (inner, _outer(inner, "a", 3), crossed)
    return factors, (shape.intercept(0), shape.slope(1), shape.slope(2))


def _two_terms(shape: Shape) -> Parts:
    lone = RandomTerm(0, ("z",), shape.columns(shape.z))
    return (shape.factor("a", 5),), (shape.slope(0), lone)


def _one(term: Callable[[Shape], RandomTerm]) -> Callable[[Shape], Parts]:
    return lambda shape: ((shape.factor("a", 5),), (term(shape),))


STRUCTURES: dict[str, Callable[[Shape], Parts]] = {
    "intercept": _one(lambda shape: shape.intercept(0)),
    "slope": _one(lambda shape: shape.slope(0)),
    "diagonal": _one(lambda shape: shape.slope(0, "diagonal")),
    "three": _one(lambda shape: shape.three(0)),
    "two terms": _two_terms,
    "nested": _nested,
    "nested slopes": _nested_slopes,
    "three levels": _three_levels,
    "three levels slopes": _three_levels_slopes,
    "crossed": _crossed,
    "crossed slopes": _crossed_slopes,
    "everything": _everything,
}
ONE_FACTOR = ("intercept", "slope", "diagonal", "three", "two terms")
NESTED = ("nested", "nested slopes", "three levels", "three levels slopes")


def random_problem(family: str, link: str, structure: str, seed: int = 1, n: int = 30) -> Problem:
    """A random design with trials, offsets and prior weights, and a point in its domain."""
    rng = np.random.default_rng(seed)
    centre, scale = CENTRES.get((family, link), (0.2, 0.5))
    shape = Shape(rng, n, rng.uniform(-1, 1, n), rng.uniform(-1, 1, n))
    factors, terms = STRUCTURES[structure](shape)
    row = FAMILIES[family]
    trials = rng.integers(1, 6, n).astype(float) if row.takes_trials else None
    x = [shape.columns(np.ones(n), shape.x)]
    x += [shape.columns(np.ones(n), shape.z) for _ in row.predictors[1:]]
    design = Design(
        family=family,
        link=link,
        y=_response(family, rng, n, trials),
        extra=trials,
        weights=rng.uniform(0.5, 1.5, n),
        fixed=tuple(map(ModelMatrix.of, x)),
        x_names=tuple(("Intercept", "x") for _ in x),
        offset=(scale * rng.normal(size=n) / 2, *(rng.normal(size=n) / 4 for _ in x[1:])),
        factors=factors,
        terms=terms,
    )
    beta = scale * rng.uniform(-1, 1, 2 * len(x))
    beta[0] += centre
    slices = theta_slices(design)
    theta = scale * rng.uniform(0.5, 1.5, slices[-1].stop) * rng.choice([-1, 1, 1], slices[-1].stop)
    return Problem(design, beta, theta)


def _response(family: str, rng: np.random.Generator, n: int, trials: Floats | None) -> Floats:
    counts = np.ones(n, dtype=int) if trials is None else trials.astype(int)
    draws: dict[str, Callable[[], NDArray]] = {
        "gaussian": lambda: rng.normal(1.5, 1.0, n),
        "gamma": lambda: rng.uniform(0.3, 2.5, n),
        "poisson": lambda: rng.integers(0, 6, n),
        "bernoulli": lambda: rng.integers(0, 2, n),
        "binomial": lambda: rng.binomial(counts, 0.4),
    }
    return draws[family]().astype(float)


def without_random_effects(design: Design) -> Design:
    return replace(design, factors=(), terms=())


def linear_predictors(design: Design, beta: Floats) -> list[Floats]:
    """X beta + offset of every predictor."""
    ends = [0, *accumulate(x.shape[1] for x in design.fixed)]
    fixed = [x.array @ beta[a:b] for x, (a, b) in zip(design.fixed, pairwise(ends), strict=True)]
    return [f if o is None else f + o for f, o in zip(fixed, design.offset, strict=True)]


def cases(structures: Iterable[str]) -> list[tuple[str, str, str]]:
    """Family, link and structure, all with all."""
    return [(*row, structure) for row, structure in product(ROWS, structures)]
