"""The response distributions, one row of the table `FAMILIES` each.

The densities and derivatives that fitting needs are in the compiled core. Here is what the front
and the results need of a family: its predictors and links, the values its response may take, and
its mean, variance, deviance and random draws.

Conventions: `mu` is the mean of one trial, `dispersion` the second predictor on its natural scale
(the residual standard deviation of "gaussian"; phi of "gamma", whose variance is phi mu**2), and a
response of "binomial" counts the successes among `trials`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..errors import UnknownFamilyError, UnknownLinkError
from .links import LINKS, Link

__all__ = ["FAMILIES", "LINKS", "Family", "Link", "family", "link", "of_outcome"]

Array = NDArray[np.float64]
Optional = Array | None


@dataclass(frozen=True)
class Family:
    """A response distribution.

    Attributes
    ----------
    name : str
    predictors : tuple of str
        The linear predictors; the first is the mean's.
    links : tuple of str
        Links of the mean; the first is the default. A dispersion has the log link.
    values : str
        The values the response may take, in words.
    supported : callable
        ``supported(y)``: True where a value is possible.
    variance : callable
        ``variance(mu, dispersion, trials)`` of the response.
    simulate : callable
        ``simulate(rng, mu, dispersion, trials)``: random responses.
    deviance : callable
        ``deviance(y, mu, trials)``: unit deviance of every row.
    log_density : callable
        ``log_density(y, mu, dispersion, trials)``, normalised.
    mean_range : tuple of float
        Open interval of `mu`.
    takes_trials : bool
        Whether the response counts successes among trials.
    is_binary : bool
        Whether every trial has two outcomes, so that there may be separation.
    constant_variance : bool
        Whether the variance does not depend on the mean: dispersion**2, the residual variance.
    per_row_effects : bool
        Whether one random effect per row can be told from the family's own spread.
    unit_trials : str or None
        The family that this one is when every number of trials is one.
    ratio_names : mapping
        Names of exp(beta), by link, where the link's own is not the usual one.
    """

    name: str
    predictors: tuple[str, ...]
    links: tuple[str, ...]
    values: str
    supported: Callable[[Array], NDArray[np.bool_]]
    variance: Callable[[Array, Optional, Optional], Array]
    simulate: Callable[[np.random.Generator, Array, Optional, Optional], Array]
    deviance: Callable[[Array, Array, Optional], Array]
    log_density: Callable[[Array, Array, Optional, Optional], Array]
    mean_range: tuple[float, float] = (-np.inf, np.inf)
    takes_trials: bool = False
    is_binary: bool = False
    constant_variance: bool = False
    per_row_effects: bool = True
    unit_trials: str | None = None
    ratio_names: Mapping[str, str] = field(default_factory=dict)
    dispersion_link: str = "log"

    @property
    def has_dispersion(self) -> bool:
        """Whether the second linear predictor is a log dispersion."""
        return "dispersion" in self.predictors

    def ratio_name(self, link: str) -> str | None:
        """Name of exp(beta) under a link, such as "Odds ratio"; None where it has no meaning."""
        return self.ratio_names.get(link, LINKS[link].ratio_name)

    def mean(self, mu: Array, trials: Optional = None) -> Array:
        """Expected response: `mu`, times the trials for a family that has them."""
        return mu * trials if self.takes_trials and trials is not None else mu


# Gaussian -------------------------------------------------------------------------------------


def _any_number(y: Array) -> NDArray[np.bool_]:
    return np.isfinite(y)


def _gaussian_variance(mu: Array, dispersion: Optional, trials: Optional) -> Array:
    return np.square(_given(dispersion)) + np.zeros_like(mu)


def _gaussian_draw(
    rng: np.random.Generator, mu: Array, dispersion: Optional, trials: Optional
) -> Array:
    return rng.normal(mu, _given(dispersion))


def _gaussian_deviance(y: Array, mu: Array, trials: Optional) -> Array:
    return np.square(y - mu)


def _gaussian_log_density(y: Array, mu: Array, dispersion: Optional, trials: Optional) -> Array:
    sd = _given(dispersion)
    return -0.5 * np.square((y - mu) / sd) - np.log(sd) - 0.5 * np.log(2 * np.pi)


# Bernoulli and binomial -----------------------------------------------------------------------


def _zero_or_one(y: Array) -> NDArray[np.bool_]:
    return (y == 0) | (y == 1)


def _binomial_variance(mu: Array, dispersion: Optional, trials: Optional) -> Array:
    return _ones_unless(trials) * mu * (1 - mu)


def _binomial_draw(
    rng: np.random.Generator, mu: Array, dispersion: Optional, trials: Optional
) -> Array:
    count = np.asarray(_ones_unless(trials)).astype(np.int64)
    return rng.binomial(count, mu, size=np.shape(mu)).astype(np.float64)


def _binomial_deviance(y: Array, mu: Array, trials: Optional) -> Array:
    from scipy.special import xlogy

    n = _ones_unless(trials)
    with np.errstate(divide="ignore", invalid="ignore"):
        hit, miss = xlogy(y, y / (n * mu)), xlogy(n - y, (n - y) / (n * (1 - mu)))
    return 2 * (hit + miss)


def _binomial_log_density(y: Array, mu: Array, dispersion: Optional, trials: Optional) -> Array:
    from scipy.special import gammaln, xlog1py, xlogy

    n = _ones_unless(trials)
    choose = gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1)
    return choose + xlogy(y, mu) + xlog1py(n - y, -mu)


# Poisson --------------------------------------------------------------------------------------


def _count(y: Array) -> NDArray[np.bool_]:
    return (y >= 0) & (np.floor(y) == y)


def _poisson_variance(mu: Array, dispersion: Optional, trials: Optional) -> Array:
    return mu


def _poisson_draw(
    rng: np.random.Generator, mu: Array, dispersion: Optional, trials: Optional
) -> Array:
    return rng.poisson(mu).astype(np.float64)


def _poisson_deviance(y: Array, mu: Array, trials: Optional) -> Array:
    from scipy.special import xlogy

    return 2 * (xlogy(y, y / mu) - (y - mu))


def _poisson_log_density(y: Array, mu: Array, dispersion: Optional, trials: Optional) -> Array:
    from scipy.special import gammaln, xlogy

    return xlogy(y, mu) - mu - gammaln(y + 1)


# Gamma ----------------------------------------------------------------------------------------


def _positive(y: Array) -> NDArray[np.bool_]:
    return y > 0


def _gamma_variance(mu: Array, dispersion: Optional, trials: Optional) -> Array:
    return _given(dispersion) * np.square(mu)


def _gamma_draw(
    rng: np.random.Generator, mu: Array, dispersion: Optional, trials: Optional
) -> Array:
    phi = _given(dispersion)
    return rng.gamma(1 / phi, phi * mu)


def _gamma_deviance(y: Array, mu: Array, trials: Optional) -> Array:
    return 2 * ((y - mu) / mu - np.log(y / mu))


def _gamma_log_density(y: Array, mu: Array, dispersion: Optional, trials: Optional) -> Array:
    from scipy.special import gammaln

    shape = 1 / _given(dispersion)
    return shape * np.log(shape * y / mu) - shape * y / mu - np.log(y) - gammaln(shape)


def _given(dispersion: Optional) -> Array:
    if dispersion is None:
        raise TypeError("this family needs its dispersion")
    return np.asarray(dispersion, dtype=np.float64)


def _ones_unless(trials: Optional) -> Array | float:
    return 1.0 if trials is None else trials


_BINARY_LINKS = ("logit", "probit", "cloglog", "loglog", "cauchit", "log")

_ROWS = (
    Family(
        name="gaussian",
        predictors=("mean", "dispersion"),
        links=("identity", "log"),
        values="numbers",
        supported=_any_number,
        variance=_gaussian_variance,
        simulate=_gaussian_draw,
        deviance=_gaussian_deviance,
        log_density=_gaussian_log_density,
        constant_variance=True,
        per_row_effects=False,
        ratio_names={"log": "Mean ratio"},
    ),
    Family(
        name="bernoulli",
        predictors=("mean",),
        links=_BINARY_LINKS,
        values="0 and 1 (or False and True, or two words)",
        supported=_zero_or_one,
        variance=_binomial_variance,
        simulate=_binomial_draw,
        deviance=_binomial_deviance,
        log_density=_binomial_log_density,
        mean_range=(0.0, 1.0),
        is_binary=True,
        per_row_effects=False,
        ratio_names={"log": "Risk ratio"},
    ),
    Family(
        name="binomial",
        predictors=("mean",),
        links=_BINARY_LINKS,
        values="whole numbers of successes from 0 to the number of trials",
        supported=_count,
        variance=_binomial_variance,
        simulate=_binomial_draw,
        deviance=_binomial_deviance,
        log_density=_binomial_log_density,
        mean_range=(0.0, 1.0),
        takes_trials=True,
        is_binary=True,
        unit_trials="bernoulli",
        ratio_names={"log": "Risk ratio"},
    ),
    Family(
        name="poisson",
        predictors=("mean",),
        links=("log", "sqrt", "identity"),
        values="whole numbers from 0 up",
        supported=_count,
        variance=_poisson_variance,
        simulate=_poisson_draw,
        deviance=_poisson_deviance,
        log_density=_poisson_log_density,
        mean_range=(0.0, np.inf),
        ratio_names={"log": "Rate ratio"},
    ),
    Family(
        name="gamma",
        predictors=("mean", "dispersion"),
        links=("log", "inverse"),
        values="numbers above 0",
        supported=_positive,
        variance=_gamma_variance,
        simulate=_gamma_draw,
        deviance=_gamma_deviance,
        log_density=_gamma_log_density,
        mean_range=(0.0, np.inf),
        ratio_names={"log": "Mean ratio"},
    ),
)

FAMILIES: dict[str, Family] = {row.name: row for row in _ROWS}


def family(name: str) -> Family:
    """The family of a name.

    Parameters
    ----------
    name : str
        A key of `FAMILIES`, in any case.

    Returns
    -------
    Family

    Raises
    ------
    UnknownFamilyError
        If there is none; the message lists what there is.

    Examples
    --------
    >>> family("poisson").links
    ('log', 'sqrt', 'identity')
    """
    found = FAMILIES.get(name.lower()) if isinstance(name, str) else None
    if found is None:
        raise UnknownFamilyError(f"there is no family {name!r}{_choices(name, FAMILIES)}")
    return found


def of_outcome(family: Family, trials: Optional) -> Family:
    """The family that fits the outcomes: a binomial whose trials are all one is a bernoulli.

    Parameters
    ----------
    family : Family
    trials : ndarray or None
        None means ones.

    Returns
    -------
    Family
    """
    if trials is not None or family.unit_trials is None:
        return family
    return FAMILIES[family.unit_trials]


def link(family: Family, name: str | None = None) -> Link:
    """The link of a name, or the family's default.

    Parameters
    ----------
    family : Family
    name : str, optional
        One of `family.links`; the first of them by default.

    Returns
    -------
    Link

    Raises
    ------
    UnknownLinkError
        If the family has no such link; the message lists those it has.
    """
    if name is None:
        return LINKS[family.links[0]]
    wanted = name.lower() if isinstance(name, str) else name
    if wanted not in family.links:
        raise UnknownLinkError(
            f"family {family.name!r} has no link {name!r}{_choices(wanted, family.links)}"
        )
    return LINKS[wanted]


def _choices(name: object, known: Mapping[str, object] | tuple[str, ...]) -> str:
    close = difflib.get_close_matches(str(name), list(known), n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ";"
    return f"{hint} there are: {', '.join(known)}"
