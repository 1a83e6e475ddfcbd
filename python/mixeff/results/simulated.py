"""Where each response lies among responses drawn from the model: simulated residuals.

They are uniform on (0, 1) if the model holds, whatever the family (Dunn and Smyth 1996; Hartig
2022, DHARMa). Ties, as of counts, are broken at random.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import NotAvailableError
from .linear import conditional_eta, fixed_part, mean_at
from .residuals import EFFECTS, drawing
from .scope import require_rows

if TYPE_CHECKING:
    from ..estimate.values import Estimate, Floats
    from ..model.design import Design


def simulated_residuals(
    design: Design, estimate: Estimate, n: int, seed: int | None, effects: str
) -> dict[str, np.ndarray]:
    """Columns of ``Fit.simulated_residuals()``."""
    from scipy.special import ndtri

    require_rows(design, "simulated_residuals()")
    _require_order(design)
    draw, rng = drawing(design, estimate, n, effects), np.random.default_rng(seed)
    least, most = _interval(design)
    below, among = np.zeros(design.n), np.zeros(design.n)
    for _ in range(n):
        drawn = draw(rng)
        below += drawn < least
        among += (drawn >= least) & (drawn <= most)
    residual = (below + rng.random(design.n) * (among + 1.0)) / (n + 1.0)
    eta = _predictor(design, estimate, effects)
    return {
        "row": np.arange(design.n) if design.rows is None else design.rows,
        "linear_predictor": eta,
        "fitted": _mean(design, estimate, eta, effects),
        "residual": residual,
        "score": ndtri(residual),
    }


def _interval(design: Design) -> tuple[Floats, Floats]:
    """The least and the largest response, as draws are, that the observed one may have been."""
    family, extra = design.distribution, design.extra
    if extra is not None and family.takes_interval:
        return design.y, extra
    if extra is None or family.observation is None:
        return design.y, design.y
    return family.observation.interval(design.y, extra)


def _predictor(design: Design, estimate: Estimate, effects: str) -> Floats:
    new = EFFECTS[effects] is EFFECTS["new"]
    return fixed_part(design, estimate) if new else conditional_eta(design, estimate)


def _mean(design: Design, estimate: Estimate, eta: Floats, effects: str) -> Floats:
    """Mean response (per trial); NaN where it is not observed in full."""
    if design.distribution.observation is not None:
        return np.full(design.n, np.nan)
    return mean_at(design, estimate, eta)


def _require_order(design: Design) -> None:
    kind = design.distribution.categories
    if kind is not None and not kind.ordered:
        raise NotAvailableError(
            f"categories of family {design.family!r} have no order, so that a response has no "
            "place among simulated ones. Fit a bernoulli model to one category, as in I(y == 'a'), "
            "and look at its residuals."
        )
