"""Whether responses vary more or less, or are zero more or less often, than the model lets them.

Both tests compare the data with data sets drawn from the model, as DHARMa's do (Hartig 2022). For
the dispersion, the conditional modes of each data set are found anew, at the estimated parameters,
so that its residuals are as small as those of the data, whose modes were found from them, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ArgumentError, NotAvailableError
from ..estimate import conditional_modes
from ..model.families.base import DISPERSION
from .latent import require_finite
from .linear import fixed_part, parameters, random_part
from .residuals import EFFECTS, drawing
from .scope import require_seen

if TYPE_CHECKING:
    from ..estimate.values import Estimate, Floats
    from ..model.design import Design

FITTED = (
    "the dispersion of family {!r} was estimated from these data, so that the test asks only "
    "whether its variance changes with the mean as it should"
)
SHRUNK = (
    "the given random effects of {!r}, with {:.1f} rows a level, are shrunk so much that data sets "
    "drawn with them vary too little; take random_effects='new'"
)
NEVER = (
    "a response of family {!r} is never zero here, so that there are no zeros to count. Test "
    "counts, successes among trials, or a model with zero_inflation="
)
FEW = 4  # rows per level below which that matters


@dataclass(frozen=True, eq=False)
class SimulationTest:
    """A statistic of the data among those of data sets drawn from the model.

    Attributes
    ----------
    title : str
        What is tested.
    statistic : float
        The statistic of the data over its mean in the simulations: 1 is as expected.
    p_value : float
        Share of the data sets, the observed one included, that are as extreme.
    alternative : str
        "two-sided", "greater" or "less".
    observed : float
        The statistic of the data.
    simulated : ndarray, shape (n,)
        Those of the simulations.
    further : tuple of (str, float, float)
        Other statistics of the same simulations: name, ratio and p-value.
    note : str
        What to know about the test; empty if nothing.
    """

    title: str
    statistic: float
    p_value: float
    alternative: str
    observed: float
    simulated: Floats
    further: tuple[tuple[str, float, float], ...] = ()
    note: str = ""

    def __str__(self) -> str:
        lines = [
            f"{self.title}: {self.observed:.4g}, {self.statistic:.3f} times the mean of "
            f"{len(self.simulated)} simulations, p = {self.p_value:.4g} ({self.alternative})"
        ]
        lines += [f"{name}: ratio {ratio:.3f}, p = {p:.4g}" for name, ratio, p in self.further]
        lines += [f"Note: {self.note}."] if self.note else []
        return "\n".join(lines)

    __repr__ = __str__


# P-values -------------------------------------------------------------------------------------


def _greater(observed: float, simulated: Floats) -> float:
    return float((1.0 + np.sum(simulated >= observed)) / (1.0 + len(simulated)))


def _less(observed: float, simulated: Floats) -> float:
    return float((1.0 + np.sum(simulated <= observed)) / (1.0 + len(simulated)))


def _two_sided(observed: float, simulated: Floats) -> float:
    return min(1.0, 2.0 * min(_greater(observed, simulated), _less(observed, simulated)))


ALTERNATIVES: dict[str, Callable[[float, Floats], float]] = {
    "two-sided": _two_sided,
    "greater": _greater,
    "less": _less,
}


def _p_value(alternative: str) -> Callable[[float, Floats], float]:
    if alternative not in ALTERNATIVES:
        raise ArgumentError(
            f"alternative={alternative!r} is not one of {', '.join(map(repr, ALTERNATIVES))}."
        )
    return ALTERNATIVES[alternative]


# Dispersion -----------------------------------------------------------------------------------


def dispersion_test(
    design: Design, estimate: Estimate, n: int, seed: int | None, alternative: str, effects: str
) -> SimulationTest:
    """See ``Fit.test_dispersion``."""
    p_value = _p_value(alternative)
    _require_dispersion(design)
    draw, rng = drawing(design, estimate, n, effects), np.random.default_rng(seed)
    lost = design.n / max(design.n - len(design.x_names[0]), 1)
    observed = lost * np.array(_spread(design, estimate))
    drawn = (replace(design, y=draw(rng)) for _ in range(n))
    simulated = np.array([_spread(data, estimate) for data in drawn])
    ratio = observed / simulated.mean(axis=0)
    p = [p_value(observed[k], simulated[:, k]) for k in range(2)]
    return SimulationTest(
        title="Mean square of Pearson residuals",
        statistic=float(ratio[0]),
        p_value=float(p[0]),
        alternative=alternative,
        observed=float(observed[0]),
        simulated=simulated[:, 0],
        further=(("Variance of the residuals", float(ratio[1]), float(p[1])),),
        note="; ".join(_notes(design, effects)),
    )


def _notes(design: Design, effects: str) -> Iterator[str]:
    if DISPERSION.argument in design.distribution.arguments:
        yield FITTED.format(design.family)
    for factor in design.factors:
        if EFFECTS[effects] is not EFFECTS["new"] and design.n < FEW * factor.n_levels:
            yield SHRUNK.format(factor.name, design.n / factor.n_levels)


def _spread(design: Design, estimate: Estimate) -> tuple[float, float]:
    """Mean square of Pearson's residuals at the modes, and variance of the residuals."""
    effects = conditional_modes(design, estimate.beta, estimate.theta)
    eta = fixed_part(design, estimate) + random_part(design, effects)
    family, p = design.distribution, parameters(design, estimate, eta, effects)
    residual, variance = design.y - family.mean(p), family.variance(p)
    require_finite(design, variance)
    return float(np.mean(np.square(residual) / variance)), float(residual.var())


def _require_dispersion(design: Design) -> None:
    require_seen(design, "test_dispersion()")
    family = design.distribution
    for cannot, why in (
        (family.constant_variance, "its residual variance is estimated from these data"),
        (family.categories is not None, "its mean gives the probabilities of its categories"),
    ):
        if cannot:
            raise NotAvailableError(
                f"family {design.family!r} cannot be over- or underdispersed, as {why}. Look at "
                "fit.simulated_residuals()."
            )
    if family.is_binary and design.trials is None:
        raise NotAvailableError(
            "responses of 0 and 1 cannot be over- or underdispersed, as their mean gives their "
            "variance. Count the successes of the rows that share covariates and group, fit "
            "trials(successes, n) with family 'binomial', and test that; or look at "
            "fit.simulated_residuals()."
        )


# Zeros ----------------------------------------------------------------------------------------


def zeros_test(
    design: Design, estimate: Estimate, n: int, seed: int | None, alternative: str, effects: str
) -> SimulationTest:
    """See ``Fit.test_zeros``."""
    p_value = _p_value(alternative)
    _require_zeros(design)
    draw, rng = drawing(design, estimate, n, effects), np.random.default_rng(seed)
    observed = float(np.sum(design.y == 0))
    simulated = np.array([np.sum(draw(rng) == 0) for _ in range(n)], dtype=np.float64)
    _require_some(design, observed, simulated)
    mean = float(simulated.mean())
    return SimulationTest(
        title="Number of zeros",
        statistic=observed / mean if mean > 0 else float("nan" if observed == 0 else "inf"),
        p_value=p_value(observed, simulated),
        alternative=alternative,
        observed=observed,
        simulated=simulated,
    )


def _require_zeros(design: Design) -> None:
    require_seen(design, "test_zeros()")
    family = design.distribution
    single = family.is_binary and design.trials is None
    if single or family.categories is not None:
        raise NotAvailableError(
            f"the number of zeros of family {design.family!r} is what its mean was fitted to: there"
            " are neither more nor fewer than expected. Test counts, or successes among trials."
        )
    if not family.supported(np.zeros(1)).all():
        raise NotAvailableError(NEVER.format(design.family))


def _require_some(design: Design, observed: float, simulated: Floats) -> None:
    """Raise where numbers are zero with probability zero."""
    if not (design.distribution.discrete or observed or simulated.any()):
        raise NotAvailableError(NEVER.format(design.family))
