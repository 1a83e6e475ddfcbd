"""What the front and the results need to know of a response distribution.

The densities and derivatives that fitting needs are in the compiled core. Here are a family's
predictors and links, the values its response may take, and its mean, variance, deviance,
distribution function and random draws, as functions of the `Parameters` of each row.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..links import LINKS, Link

__all__ = [
    "Array",
    "Categories",
    "Family",
    "Observation",
    "Parameter",
    "Parameters",
    "error_of_link",
    "given",
    "ones_unless",
]

Array = NDArray[np.float64]
Optional = Array | None


@dataclass(frozen=True)
class Parameter:
    """A parameter with a linear predictor of its own, beyond the mean's.

    Attributes
    ----------
    name : str
        Such as "dispersion".
    link : str
        From the parameter to its linear predictor.
    argument : str or None
        The argument of `mixeff.fit` that gives its formula, "formula" for the model's own; None for
        a constant parameter.
    group : str or None
        What it is one of, such as "thresholds".
    shift : float
        Added to what the link gives.
    """

    name: str
    link: str = "log"
    argument: str | None = None
    group: str | None = None
    shift: float = 0.0

    def value(self, eta: Array) -> Array:
        """The parameter on its natural scale."""
        return self.shift + LINKS[self.link].inverse(eta)


DISPERSION = Parameter("dispersion", "log", "dispersion")


@dataclass(frozen=True)
class Parameters:
    """The parameters of the response in each row, on their natural scales.

    Attributes
    ----------
    mu : ndarray
        The first one: the inverse link of the first linear predictor, the mean of one trial.
    further : tuple of ndarray
        In the order of `Family.further`.
    extra : ndarray or None
        The second column of the response, such as the numbers of trials.
    probabilities : ndarray, shape (n, categories), or None
        Of the categories of the response, where it has any.
    """

    mu: Array
    further: tuple[Array, ...] = ()
    extra: Optional = None
    probabilities: Optional = None

    @property
    def dispersion(self) -> Array:
        """The second parameter."""
        return given(self.further[0] if self.further else None)

    def at(self, index: object) -> Parameters:
        """Those of some rows, or with another axis, as arrays are indexed."""

        def part(value: Array) -> Array:
            return value[index]  # type: ignore[index]

        given = (self.extra, self.probabilities)
        extra, probabilities = (None if v is None else part(v) for v in given)
        further = tuple(part(value) for value in self.further)
        return Parameters(part(self.mu), further, extra, probabilities)


def _unweighted(further: tuple[Array, ...], weights: Array) -> tuple[Array, ...]:
    return further


def _all(n: int) -> float:
    return 1.0


@dataclass(frozen=True)
class Categories:
    """What makes a family one of responses with categories.

    Attributes
    ----------
    expand : callable
        ``expand(family, labels, structure)``: the family for the categories of a response.
    probabilities : callable
        ``probabilities(link, first, others)`` of the categories, shape (n, J), at the first linear
        predictor, shape (n,), and the others, shape (n, D - 1).
    slopes : callable
        ``slopes(link, first, others)``: their derivatives, shape (n, J, D).
    intercept : bool
        Whether the first linear predictor has an intercept.
    ordered : bool
        Whether the categories have an order.
    timed : bool
        Whether they are periods, and the response a duration.
    strip : callable
        ``strip(J)``: how much of the strip around the real line in which the inverse link is
        analytic the probabilities of J categories share.
    """

    expand: Callable[[Family, tuple[Hashable, ...], str], Family]
    probabilities: Callable[[Link, Array, Array], Array]
    slopes: Callable[[Link, Array, Array], Array]
    intercept: bool = False
    ordered: bool = True
    timed: bool = False
    strip: Callable[[int], float] = _all


@dataclass(frozen=True)
class Observation:
    """How a response is observed that is not always seen in full: as two columns.

    Attributes
    ----------
    columns : tuple of str
        What the two columns are.
    values : str
        The values they may take, in words.
    draw : callable
        ``draw(rng, drawn, first, second)``: the two columns, shape (n, 2), of a response drawn in
        full, from the two that were observed.
    possible : callable
        ``possible(first, second, categories)``: True where the two values are possible, among so
        many categories.
    interval : callable
        ``interval(first, second)``: the least and the largest response, as a draw gives it, that
        would have been observed so.
    """

    columns: tuple[str, str]
    values: str
    draw: Callable[[np.random.Generator, Array, Array, Array], Array]
    possible: Callable[[Array, Array, int], NDArray[np.bool_]]
    interval: Callable[[Array, Array], tuple[Array, Array]]


def error_of_link(link: Link, p: Parameters) -> Array | float | None:
    """Variance of a latent error of the link's distribution."""
    return link.latent_variance


@dataclass(frozen=True)
class Family:
    """A response distribution.

    Attributes
    ----------
    name : str
    links : tuple of str
        Links of the first parameter; the first is the default.
    values : str
        The values the response may take, in words.
    supported : callable
        ``supported(y)``: True where a value is possible.
    variance : callable
        ``variance(p)`` of the response.
    simulate : callable
        ``simulate(rng, p)``: random responses.
    log_density : callable
        ``log_density(y, p)``, normalised.
    cdf : callable
        ``cdf(y, p)``: probability of a response of at most y.
    deviance : callable or None
        ``deviance(y, p)``: unit deviance of every row; None where there is no such thing.
    expectation : callable or None
        ``expectation(p)`` of one trial, where that is not `mu`.
    further : tuple of Parameter
        Parameters beyond the mean.
    first : str
        Name of the first parameter.
    core : str
        The core's name of the distribution; the same by default.
    modifiers : tuple of str
        What the core does to it, such as "zero_inflated".
    categories : Categories or None
        What there is to a response with categories.
    mapping : tuple of tuple of float, or None
        Matrix from the linear predictors to those of the core, where these are more.
    mean_range : tuple of float
        Open interval of `mu`.
    discrete, positive : bool
        Whether the response is a whole number from 0 up; whether it is positive.
    atoms : tuple of float
        Values of a continuous response that have probabilities of their own.
    takes_trials : bool
        Whether the response counts successes among trials.
    has_cases : bool
        Whether rows are alternatives, of which each case has one chosen.
    takes_interval : bool
        Whether the response is known to lie between two ends, `y` and `extra`; exactly, where they
        are equal.
    is_binary : bool
        Whether every trial has two outcomes, so that there may be separation.
    constant_variance : bool
        Whether the variance does not depend on the mean: dispersion**2, the residual variance.
    per_row_effects : bool
        Whether one random effect per row can be told from the family's own spread.
    unit_trials : str or None
        The family that this one is when every number of trials is one.
    censored : str or None
        The family that this one is when the response is censored.
    located : callable or None
        ``located(y, p)``: the response as a number, where `y` is not that.
    ratio_names : mapping
        Names of exp(beta), by link, where the link's own is not the usual one.
    weighted : callable
        ``weighted(further, weights)``: the parameters of a response whose log-density is multiplied
        by weights.
    error_variance : callable or None
        ``error_variance(link, p)``: variance of the error whose sum with the linear predictor makes
        the response, its logarithm, or a latent response that thresholds cut; it gives None under a
        link without one.
    observation : Observation or None
        How the response is observed, where that is not always in full.
    """

    name: str
    links: tuple[str, ...]
    values: str
    supported: Callable[[Array], NDArray[np.bool_]]
    variance: Callable[[Parameters], Array]
    simulate: Callable[[np.random.Generator, Parameters], Array]
    log_density: Callable[[Array, Parameters], Array]
    cdf: Callable[[Array, Parameters], Array]
    deviance: Callable[[Array, Parameters], Array] | None = None
    expectation: Callable[[Parameters], Array] | None = None
    further: tuple[Parameter, ...] = ()
    first: str = "mean"
    core: str = ""
    modifiers: tuple[str, ...] = ()
    categories: Categories | None = None
    mapping: tuple[tuple[float, ...], ...] | None = None
    mean_range: tuple[float, float] = (-np.inf, np.inf)
    discrete: bool = False
    positive: bool = False
    atoms: tuple[float, ...] = ()
    takes_trials: bool = False
    has_cases: bool = False
    takes_interval: bool = False
    is_binary: bool = False
    constant_variance: bool = False
    per_row_effects: bool = True
    unit_trials: str | None = None
    censored: str | None = None
    located: Callable[[Array, Parameters], Array] | None = None
    ratio_names: Mapping[str, str] = field(default_factory=dict, hash=False)
    weighted: Callable[[tuple[Array, ...], Array], tuple[Array, ...]] = _unweighted
    error_variance: Callable[[Link, Parameters], Array | float | None] | None = None
    observation: Observation | None = None

    @property
    def core_name(self) -> str:
        """The core's name of the distribution."""
        return self.core or self.name

    @property
    def predictors(self) -> tuple[str, ...]:
        """Names of the linear predictors."""
        return (self.first, *(parameter.name for parameter in self.further))

    def effect_name(self, column: str, predictor: int) -> str:
        """A random effect under its predictor's name; plain in the only predictor of its kind.

        Where further predictors have the model's own formula, as the logits of a multinomial
        response, the first is one of them.
        """
        alone = all(parameter.argument != "formula" for parameter in self.further)
        return column if predictor == 0 and alone else f"{self.predictors[predictor]}:{column}"

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments of `mixeff.fit` that give formulas of further parameters."""
        return tuple(p.argument for p in self.further if p.argument is not None)

    @property
    def has_intercept(self) -> bool:
        """Whether the first linear predictor has an intercept."""
        return not self.has_cases and (self.categories is None or self.categories.intercept)

    @property
    def may_have_zeros(self) -> bool:
        """Whether zeros of their own can be told: from counts, or where there are none else."""
        if (
            self.categories
            or self.has_cases
            or self.takes_interval
            or "zero_inflation" in self.arguments
        ):
            return False
        return self.discrete or not self.supported(np.zeros(1))[0]

    def ratio_name(self, link: str) -> str | None:
        """Name of exp(beta) under a link, such as "Odds ratio"; None where it has no meaning."""
        return self.ratio_names.get(link, LINKS[link].ratio_name)

    def mean(self, p: Parameters) -> Array:
        """Expected response: that of one trial, times the trials for a family that has them."""
        one = self.mean_of_trial(p)
        return one * p.extra if self.takes_trials and p.extra is not None else one

    def response(self, y: Array, p: Parameters) -> Array:
        """The response as a number: of a censored one, its expectation between the ends."""
        return y if self.located is None else self.located(y, p)

    def mean_of_trial(self, p: Parameters) -> Array:
        """Expected response of one trial."""
        return p.mu if self.expectation is None else self.expectation(p)

    def parameters(self, link: Link, eta: Array, further: tuple[Array, ...]) -> Parameters:
        """The parameters at linear predictors."""
        if self.categories is not None:
            return Parameters(eta, further, None, self.probabilities(link, (eta, *further)))
        values = tuple(p.value(e) for p, e in zip(self.further, further, strict=True))
        return Parameters(link.inverse(eta), values)

    def probabilities(self, link: Link, etas: tuple[Array, ...]) -> Array:
        """Probabilities of the categories at linear predictors, shape (n, J)."""
        first, others = self._of_core(etas)
        return self._categories.probabilities(link, first, others)

    def probability_slopes(self, link: Link, etas: tuple[Array, ...]) -> Array:
        """Their derivatives by the linear predictors, shape (n, J, D)."""
        slopes = self._categories.slopes(link, *self._of_core(etas))
        if self.mapping is None:
            return slopes
        rows_last = np.moveaxis(slopes, 0, -1)  # few large products for many small ones
        return np.moveaxis(np.array(self.mapping).T @ rows_last, -1, 0)

    @property
    def _categories(self) -> Categories:
        if self.categories is None:
            raise TypeError(f"family {self.name!r} has no categories")
        return self.categories

    def _of_core(self, etas: tuple[Array, ...]) -> tuple[Array, Array]:
        """The core's first linear predictor and its others, shape (n, m)."""
        every = np.column_stack(etas)
        if self.mapping is not None:
            every = every @ np.array(self.mapping).T
        return every[:, 0], every[:, 1:]

    def with_extra(self, p: Parameters, extra: Optional) -> Parameters:
        """The parameters with the second column of the response."""
        return replace(p, extra=extra)


def given(value: Optional) -> Array:
    """A parameter that must be there."""
    if value is None:
        raise TypeError("this family needs its dispersion")
    return np.asarray(value, dtype=np.float64)


def ones_unless(trials: Optional) -> Array | float:
    """Numbers of trials."""
    return 1.0 if trials is None else trials
