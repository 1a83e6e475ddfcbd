"""Shares of variance: R-squared of Nakagawa, Johnson and Schielzeth (2017), partition of variance.

On the scale of the linear predictor the variance is that of the fixed effects, of the random ones
(averaged over the rows, Johnson 2014), and of an observation. The last is known where there is a
latent response; else it is an approximation at the response's mean m with variance V(m):

    delta      V(m) / (dm/d eta)^2
    lognormal  log(1 + V(m) / m^2)           log link: the response as if it were lognormal
    trigamma   psi_1(m^2 / V(m))             log link: as if it were gamma
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ArgumentError, NotAvailableError
from ..model.families import LINKS
from .latent import error_variance, has_error
from .levels import Levels, levels_of
from .linear import fixed_part, parameters
from .observed import Rows, spread_rows
from .parameters import beta_slices
from .quantity import SHARE, with_uncertainty
from .scope import require_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..estimate.values import Estimate, Floats
    from ..model.design import Design
    from ..model.families import Parameters
    from ..model.links import Link


def r2(
    design: Design, estimate: Estimate, level: float, variant: str | None, mean: float | None
) -> dict[str, np.ndarray]:
    """Columns of ``Fit.r2()``."""
    parts = Parts.of(design, estimate, variant, mean, "r2()")

    def shares(moved: Estimate) -> Floats:
        fixed, random, observation = parts.at(moved)
        total = fixed + random.sum() + observation
        return np.array([fixed, fixed + random.sum()]) / total

    columns = with_uncertainty(estimate, shares, level, SHARE)
    kind = {"kind": np.array(["marginal", "conditional"], dtype=object)}
    return kind | {"r2": columns.pop("estimate")} | columns


def variance_partition(
    design: Design, estimate: Estimate, level: float, variant: str | None, mean: float | None
) -> dict[str, np.ndarray]:
    """Columns of ``Fit.variance_partition()``."""
    parts = Parts.of(design, estimate, variant, mean, "variance_partition()")

    def values(moved: Estimate) -> Floats:
        fixed, random, observation = parts.at(moved)
        return np.array([fixed, *random, observation])

    def shares(moved: Estimate) -> Floats:
        return values(moved) / values(moved).sum()

    every = values(estimate)
    columns = with_uncertainty(estimate, shares, level, SHARE)
    names = ["Fixed effects", *parts.levels.names, "Residual"]
    return {
        "component": np.array(names, dtype=object),
        "variance": every,
        "share": columns.pop("estimate"),
        **columns,
        "vpc": np.array([np.nan, *(every[1:] / every[1:].sum())]),
    }


@dataclass(frozen=True)
class Parts:
    """The three parts of the variance of a model, as functions of its parameters.

    Attributes
    ----------
    design : Design
    levels : Levels
    observation : callable
        Variance of an observation at an estimate.
    """

    design: Design
    levels: Levels
    observation: Callable[[Estimate], float]

    @classmethod
    def of(
        cls, design: Design, estimate: Estimate, variant: str | None, mean: float | None, what: str
    ) -> Parts:
        """Those of a model, the variance of an observation by a variant or the usual one."""
        levels = levels_of(design, what)
        return cls(design, levels, _observation(levels, estimate, variant, mean))

    def at(self, estimate: Estimate) -> tuple[float, Floats, float]:
        """Variance of the fixed effects, of the random ones by factor, and of an observation."""
        linear = self.design.fixed[0].times(estimate.beta[beta_slices(self.design)[0]])
        return (
            float(linear.var(ddof=1)),
            self.levels.variances(estimate),
            self.observation(estimate),
        )


# The variance of an observation ---------------------------------------------------------------


def _delta(link: Link, variance: float, mean: float) -> float:
    return variance / float(link.inverse_derivative(link.link(np.array(mean)))) ** 2


def _lognormal(link: Link, variance: float, mean: float) -> float:
    return float(np.log1p(variance / mean**2))


def _trigamma(link: Link, variance: float, mean: float) -> float:
    from scipy.special import polygamma

    return float(polygamma(1, mean**2 / variance))


LATENT = "latent"
APPROXIMATIONS = {"delta": _delta, "lognormal": _lognormal, "trigamma": _trigamma}
LOG_ONLY = {_lognormal, _trigamma}


def _observation(
    levels: Levels, estimate: Estimate, variant: str | None, mean: float | None
) -> Callable[[Estimate], float]:
    design = levels.design
    variant = _usual(design, estimate) if variant is None else variant
    if variant == LATENT:
        error_variance(design, estimate)
        return lambda moved: error_variance(design, moved)
    require_rows(design, "an approximation of the variance of an observation")
    approximate = _approximation(design, variant)
    _require_mean(design, mean)
    link, chosen = LINKS[design.link], spread_rows(design, estimate)

    def variance(moved: Estimate) -> float:
        at = mean or float(Rows.of(levels, design, moved, chosen).mean().mean())
        return approximate(link, _at_mean(design, moved, at), at)

    return variance


def _usual(design: Design, estimate: Estimate) -> str:
    if has_error(design, estimate):
        return LATENT
    return "lognormal" if LINKS[design.link].multiplies else "delta"


def _approximation(design: Design, variant: str) -> Callable[[Link, float, float], float]:
    if variant not in APPROXIMATIONS:
        known = ", ".join(map(repr, (LATENT, *APPROXIMATIONS)))
        raise ArgumentError(f"variant={variant!r} is not one of {known}.")
    found = APPROXIMATIONS[variant]
    if found in LOG_ONLY and not LINKS[design.link].multiplies:
        raise NotAvailableError(
            f"variant={variant!r} goes with the log link, not with the {design.link} link: take "
            "'delta'" + (" or 'latent'." if design.distribution.error_variance else ".")
        )
    if design.distribution.expectation is not None:
        raise NotAvailableError(
            f"the mean of family {design.family!r} is not the inverse link of one linear "
            "predictor, so that its variance has no counterpart on that scale. Take "
            "fit.icc(scale='observed') for what clusters share, or a family without truncation or "
            "zeros of their own."
        )
    return found


def _require_mean(design: Design, mean: float | None) -> None:
    low, high = design.distribution.mean_range
    if mean is not None and not low < mean < high:
        raise ArgumentError(
            f"mean={mean!r} is no mean of family {design.family!r}, which lies between {low:g} "
            f"and {high:g}."
        )


def _at_mean(design: Design, estimate: Estimate, mean: float) -> float:
    """Variance of one observation of a mean, averaged over what else differs between rows."""
    plain = replace(design, weights=None)
    p: Parameters = parameters(plain, estimate, fixed_part(design, estimate))
    p = replace(p, mu=np.full(design.n, mean), extra=None)
    phi = 1.0 if estimate.scale is None else estimate.scale
    return phi * float(np.mean(design.distribution.variance(p)))
