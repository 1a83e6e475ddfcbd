"""More zeros than a distribution has: a mixture with zero, or a hurdle before what has none.

With the probability pi of a zero of its own kind, a family that can be zero becomes a mixture,
``P(0) = pi + (1 - pi) f(0)`` (Lambert 1992), and one that cannot a hurdle, ``P(0) = pi``
(Mullahy 1986). The predictor of ``zero_inflation=`` is the logit of pi.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .base import Array, Family, Parameter, Parameters

__all__ = ["with_zeros"]

ZERO = Parameter("zero_inflation", "logit", "zero_inflation")
MIXTURE, HURDLE = "zero_inflated", "hurdle"


@lru_cache(maxsize=64)
def with_zeros(family: Family) -> Family:
    """The family with a predictor for zeros; one that has it already stays as it is.

    Parameters
    ----------
    family : Family

    Returns
    -------
    Family
        Named ``zero_inflated(name)`` or ``hurdle(name)``.

    Examples
    --------
    >>> from mixeff.model.families import family
    >>> with_zeros(family("poisson")).name, with_zeros(family("gamma")).name
    ('zero_inflated(poisson)', 'hurdle(gamma)')
    """
    if ZERO in family.further:
        return family
    can_be_zero = bool(family.supported(np.zeros(1))[0])
    kind = MIXTURE if can_be_zero else HURDLE
    zeros = _Zeros(family, can_be_zero)
    return replace(
        family,
        name=f"{kind}({family.name})",
        core=family.core_name,
        modifiers=(*family.modifiers, kind),
        further=(*family.further, ZERO),
        values=family.values if can_be_zero else f"0 and {family.values}",
        supported=zeros.supported,
        expectation=zeros.expectation,
        variance=zeros.variance,
        simulate=zeros.simulate,
        log_density=zeros.log_density,
        cdf=zeros.cdf,
        deviance=None,
        positive=False,
        atoms=() if family.discrete else (0.0, *family.atoms),
        weighted=zeros.weighted,
        error_variance=None,
    )


@dataclass(frozen=True)
class _Zeros:
    """The functions of a family with a predictor for zeros, from those of the family."""

    inner: Family
    mixture: bool

    def split(self, p: Parameters) -> tuple[Parameters, Array]:
        """The inner parameters and pi."""
        return replace(p, further=p.further[:-1]), p.further[-1]

    def supported(self, y: Array) -> NDArray[np.bool_]:
        return self.inner.supported(y) | (y == 0)

    def expectation(self, p: Parameters) -> Array:
        inner, pi = self.split(p)
        return (1 - pi) * self.inner.mean_of_trial(inner)

    def variance(self, p: Parameters) -> Array:
        inner, pi = self.split(p)
        mean = self.inner.mean(inner)
        return (1 - pi) * (self.inner.variance(inner) + pi * np.square(mean))

    def simulate(self, rng: np.random.Generator, p: Parameters) -> Array:
        inner, pi = self.split(p)
        zero = rng.random(np.shape(p.mu)) < pi
        return np.where(zero, 0.0, self.inner.simulate(rng, inner))

    def log_density(self, y: Array, p: Parameters) -> Array:
        inner, pi = self.split(p)
        density = np.exp(self.inner.log_density(np.where(y == 0, self.stand_in, y), inner))
        with np.errstate(divide="ignore"):
            return np.log(np.where(y == 0, pi, 0.0) + (1 - pi) * self.counted(y) * density)

    def cdf(self, y: Array, p: Parameters) -> Array:
        inner, pi = self.split(p)
        below = self.inner.cdf(np.maximum(y, 0.0), inner)
        return np.where(y < 0, 0.0, pi + (1 - pi) * below)

    def weighted(self, further: tuple[Array, ...], weights: Array) -> tuple[Array, ...]:
        return (*self.inner.weighted(further[:-1], weights), further[-1])

    @property
    def stand_in(self) -> float:
        """A value in the place of a zero that the inner family cannot take."""
        return 0.0 if self.mixture else 0.5

    def counted(self, y: Array) -> Array:
        """Whether the inner family may have made the value."""
        return np.where((y == 0) & (not self.mixture), 0.0, 1.0)
