"""Residuals at the conditional modes, and responses simulated from the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import ArgumentError, NotAvailableError
from ..estimate.covariance import cholesky_factors
from ..model.families import LINKS
from .linear import (
    conditional_eta,
    fitted_mean,
    fixed_part,
    modes,
    parameters,
    random_part,
)
from .scope import require_one_response

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..estimate.values import Estimate, Floats
    from ..model.design import Design


def residuals(design: Design, estimate: Estimate, kind: str) -> Floats:
    """Residuals of a kind, shape (n,)."""
    if kind not in KINDS:
        raise ArgumentError(f"kind={kind!r} is not one of {', '.join(map(repr, KINDS))}.")
    require_whole(design, "resid()")
    return KINDS[kind](design, estimate)


def require_whole(design: Design, what: str) -> None:
    """Raise where a response is not always observed in full, so that it has no residual."""
    if design.distribution.observation is not None:
        raise NotAvailableError(
            f"{what} compares responses with their means, and a {design.family} response may be "
            "censored; fit.simulated_residuals() has residuals that allow for it."
        )


def _response(design: Design, estimate: Estimate) -> Floats:
    p = parameters(design, estimate, conditional_eta(design, estimate))
    y = design.distribution.response(design.y, p)
    return per_trial(design, y) - fitted_mean(design, estimate)


def _pearson(design: Design, estimate: Estimate) -> Floats:
    family, p = design.distribution, parameters(design, estimate, conditional_eta(design, estimate))
    weight = _weights(design) if not family.further else 1.0
    y = family.response(design.y, p)
    return (y - family.mean(p)) * np.sqrt(weight / family.variance(p))


def _deviance(design: Design, estimate: Estimate) -> Floats:
    family, p = design.distribution, parameters(design, estimate, conditional_eta(design, estimate))
    if family.deviance is None:
        raise NotAvailableError(
            f"family {family.name!r} has no deviance; take resid('pearson') or resid('response')."
        )
    unit = np.maximum(family.deviance(design.y, p), 0.0)
    return np.sign(design.y - family.mean(p)) * np.sqrt(unit * _weights(design))


def _working(design: Design, estimate: Estimate) -> Floats:
    slope = LINKS[design.link].inverse_derivative(conditional_eta(design, estimate))
    return _response(design, estimate) / slope


KINDS: dict[str, Callable[[Design, Estimate], Floats]] = {
    "response": _response,
    "pearson": _pearson,
    "deviance": _deviance,
    "working": _working,
}


def per_trial(design: Design, y: Floats) -> Floats:
    """The response on the scale of the mean: a proportion where there are trials."""
    return y if design.trials is None else y / design.trials


def _weights(design: Design) -> Floats | float:
    return 1.0 if design.weights is None else design.weights


def simulate(design: Design, estimate: Estimate, n: int, seed: int | None, effects: str) -> Floats:
    """Simulated responses as they are observed, shape (rows, n) or (rows, n, 2)."""
    _require_limits(design)
    draw = drawing(design, estimate, n, effects)
    rng = np.random.default_rng(seed)
    columns = [observed(rng, design, draw(rng)) for _ in range(n)]
    return np.stack(columns, axis=1)


def drawing(
    design: Design, estimate: Estimate, n: int, effects: str
) -> Callable[[np.random.Generator], Floats]:
    """What draws a response in full, shape (rows,), once the request for n of them is checked."""
    if n < 1:
        raise ArgumentError(f"n={n!r}: ask for at least one simulated response.")
    if effects not in EFFECTS:
        raise ArgumentError(
            f"random_effects={effects!r} is not one of {', '.join(map(repr, EFFECTS))}."
        )
    require_distribution(design)
    require_one_response(design, "simulation")
    draw, fixed = EFFECTS[effects], fixed_part(design, estimate)
    return lambda rng: _response_draw(design, estimate, fixed, draw(design, estimate, rng), rng)


def observed(rng: np.random.Generator, design: Design, drawn: Floats) -> Floats:
    """A response drawn in full as it is observed, shape (rows,) or (rows, 2)."""
    kind = design.distribution.observation
    if kind is None or design.extra is None:
        return design.recorded(drawn)
    return kind.draw(rng, drawn, design.y, design.extra)


def require_distribution(design: Design) -> None:
    """Raise where the response has a variance but no distribution."""
    if design.overdispersed:
        raise NotAvailableError(
            'dispersion="estimate" gives the response a variance but no distribution, so that none '
            "can be drawn or predicted from; fit without it, or let each row have a random effect."
        )


def _require_limits(design: Design) -> None:
    """Raise where it is not known how another response would have been recorded."""
    if design.distribution.takes_interval and design.limits is None:
        raise NotAvailableError(
            "the response says between which ends each observation lies, and not how another would "
            "have been recorded, so that none can be simulated; write the response as cens(y, "
            "lower, upper), with its detection limits, where it has such."
        )


def _response_draw(
    design: Design,
    estimate: Estimate,
    fixed: Floats,
    effects: tuple[Floats, ...],
    rng: np.random.Generator,
) -> Floats:
    eta = fixed + random_part(design, effects)
    p = parameters(design, estimate, eta, effects)
    _require_range(design, p.mu)
    return design.distribution.simulate(rng, p)


def _require_range(design: Design, mu: Floats) -> None:
    """Raise where random effects have led a link that allows it to a mean that cannot be."""
    low, high = design.distribution.mean_range
    outside = (mu < low) | (mu > high)
    if outside.any():
        raise NotAvailableError(
            f"with random effects as they may be, the {design.link} link gives a mean of "
            f"{mu[np.argmax(outside)]:.3g}, which a response of family {design.family!r} cannot "
            "have, so that none can be drawn: take random_effects='given', or another link."
        )


def _new_effects(
    design: Design, estimate: Estimate, rng: np.random.Generator
) -> tuple[Floats, ...]:
    return tuple(
        rng.standard_normal((design.factors[term.factor].n_levels, len(factor))) @ factor.T
        for term, factor in zip(design.terms, cholesky_factors(design, estimate.theta), strict=True)
    )


def _given_effects(
    design: Design, estimate: Estimate, rng: np.random.Generator
) -> tuple[Floats, ...]:
    return modes(estimate)


EFFECTS = {"new": _new_effects, "given": _given_effects}
