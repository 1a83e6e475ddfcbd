"""Typed stub of the extension; `mixeff.estimate` says what the numbers mean."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Term = tuple[int, Floats | None, Sequence[int], str]

class Response:
    """The distribution of a response."""

    @staticmethod
    def named(
        family: str,
        link: str,
        categories: int = 0,
        modifiers: Sequence[str] = (),
        map: tuple[Floats, Floats] | None = None,
    ) -> Response: ...
    @staticmethod
    def choice(attributes: Floats, offset: Floats | None, starts: Sequence[int]) -> Response: ...
    @staticmethod
    def mixed(responses: Sequence[Response], part: Sequence[int], extra: Floats) -> Response: ...

class Problem:
    """An immutable model, rows sorted and laid out for the algorithms."""

    def __new__(
        cls,
        *,
        response: Response,
        y: Floats,
        extra: Floats | None,
        weights: Floats | None,
        x: Sequence[Sequence[Floats]],
        offset: Sequence[Floats | None],
        factors: Sequence[tuple[NDArray[np.uint32], int]],
        terms: Sequence[Term],
        coefficients: Sequence[Sequence[int]] | None = None,
    ) -> Problem: ...
    def fit(
        self,
        *,
        nodes: Sequence[int] | None,
        adaptive: bool,
        start: tuple[Floats, Floats] | None,
        metric: Floats | None,
        penalty: Floats | None,
        max_evaluations: int,
        tolerance: float,
        progress: Callable[[int, float, float], None] | None,
        expanded: bool = False,
    ) -> dict[str, Any]: ...
    def fit_gaussian(
        self,
        *,
        reml: bool,
        start: Floats | None,
        max_evaluations: int,
        tolerance: float,
        progress: Callable[[int, float, float], None] | None,
    ) -> dict[str, Any]: ...
    def fit_quasi(
        self,
        *,
        penalized: bool,
        second: bool,
        reml: bool,
        estimate_phi: bool,
        start: tuple[Floats, Floats] | None,
        max_evaluations: int,
        tolerance: float,
        progress: Callable[[int, float, float], None] | None,
    ) -> dict[str, Any]: ...
    def evaluate(
        self,
        beta: Floats,
        theta: Floats,
        nodes: Sequence[int] | None,
        adaptive: bool,
        expanded: bool = False,
    ) -> tuple[float, Floats]: ...
    def posterior(
        self, beta: Floats, theta: Floats
    ) -> list[tuple[Floats, Floats, Floats, Floats]]: ...
    def correction(self, beta: Floats, theta: Floats) -> dict[str, Any]: ...
    def profile(self, theta: Floats, reml: bool) -> tuple[float, float, float]: ...
    def start(self) -> tuple[Floats, Floats]: ...
    def row_derivatives(self, eta: Floats) -> tuple[Floats, Floats, Floats]: ...
    @property
    def n(self) -> int: ...
    @property
    def has_variance_function(self) -> bool: ...
    @property
    def nested(self) -> bool: ...
    @property
    def effects_per_level(self) -> list[int]: ...

def fit_conditional(
    problem: Problem,
    kernel: str,
    *,
    start: Floats | None,
    penalty: Floats | None,
    max_evaluations: int,
    tolerance: float,
    progress: Callable[[int, float, float], None] | None,
) -> dict[str, Any]: ...
def evaluate_conditional(
    problem: Problem, kernel: str, beta: Floats
) -> tuple[float, Floats, Floats]: ...
def is_constant(values: Floats) -> bool: ...
def is_finite(values: Floats) -> bool: ...
def factorize_integers(
    values: NDArray[np.int64], widest: int
) -> tuple[NDArray[np.int32], NDArray[np.int64]] | None: ...
def families() -> list[tuple[str, str]]: ...
def gauss_hermite(nodes: int) -> tuple[Floats, Floats]: ...
def rule_points(nodes: int, effects: int) -> int: ...
def sample(
    problem: Problem,
    *,
    coefficients: Sequence[tuple[Floats, tuple[str, Sequence[float]], bool]],
    sds: Sequence[tuple[str, Sequence[float]]],
    etas: Sequence[float],
    chains: int,
    draws: int,
    warmup: int,
    target_accept: float,
    max_depth: int,
    seed: int,
    keep_effects: bool,
    progress: Callable[[int, float, float], None] | None,
) -> dict[str, Any]: ...
