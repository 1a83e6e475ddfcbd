"""What an estimate cannot say by itself: why it ran away."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..model.design import Design
    from .control import Control
    from .values import Estimate

ENDLESS = ("log", "logit")
"""Links under which a parameter's limits are infinitely far."""

LOST = 50.0
"""Standard error on such a scale from which on a parameter is not told from its limit."""

RUNAWAY = 10.0
"""Effect of one standard deviation of a covariate, on the link scale, that no data support."""


def explained(
    design: Design,
    estimate: Estimate,
    control: Control,
    find: Callable[[Design], object | None],
) -> Estimate:
    """The estimate, with notes on a penalty and on the separation that `find` finds, if any."""
    notes = [*estimate.notes, *_at_their_limits(design, estimate)]
    if control.penalty is not None:
        notes.append(
            f"Penalised estimates: a normal prior with standard deviation {control.penalty:g} on "
            "the coefficients of covariates scaled to standard deviation 1/2."
        )
    elif _ran_away(design, estimate):
        separation = find(design)
        if separation is not None:
            notes.append(str(separation))
            reason = f"not converged: {separation}"
            return replace(estimate, converged=False, reason=reason, notes=tuple(notes))
    return replace(estimate, notes=tuple(notes))


def _at_their_limits(design: Design, estimate: Estimate) -> list[str]:
    """Sentences on dispersions and the like that the data do not tell from a limit."""
    kind, first = design.distribution, design.fixed[0].shape[1]
    notes = []
    for parameter, names in zip(kind.further, design.x_names[1:], strict=True):
        at = first + np.arange(len(names))
        first += len(names)
        if parameter.link not in ENDLESS or tuple(names) != ("Intercept",):
            continue
        value, se = float(estimate.beta[at[0]]), float(np.sqrt(estimate.cov[at[0], at[0]]))
        if se > LOST:
            notes.append(
                f"The {parameter.name} is at the end of its range ({value:.1f} on the "
                f"{parameter.link} scale, SE {se:.0f}): a family without it fits as well."
            )
    return notes


def _ran_away(design: Design, estimate: Estimate) -> bool:
    """Whether an effect, or its standard error, is beyond what the link can tell apart.

    A likelihood that only levels out far away may do so at a modest effect: under probit and
    cloglog at 4 or 6, where the standard error already is in the tens.
    """
    columns, n = design.fixed[0].columns, design.n
    errors = np.sqrt(np.diag(estimate.cov))[: len(columns)]
    effects = np.fmax(np.abs(estimate.beta[: len(columns)]), errors)
    # A length is at least the standard deviation, and needs no second matrix; one in a sample tells
    # for which columns it matters, unless their values are rare: then the effect itself is large.
    sample = design.fixed[0].rows(slice(None, None, max(1, n // 4096)))
    lengths = np.maximum(np.sqrt(np.square(sample).mean(axis=0)), 1.0)
    suspects = np.flatnonzero(~(effects * lengths < RUNAWAY / 10))
    bounds = [effects[j] * np.sqrt(columns[j] @ columns[j] / n) for j in suspects]
    if estimate.converged and not np.any(np.array(bounds) > RUNAWAY):
        return False
    return not estimate.converged or bool(
        np.any(effects * [column.std() for column in columns] > RUNAWAY)
    )
