"""Standard deviations and intervals from draws, in the order of the tables they stand in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ..estimate.bayes import Draws
from ..estimate.bayes.diagnostics import ess_bulk, ess_tail, r_hat
from ..estimate.bayes.posterior import RESIDUAL_SD, parameter_draws, term_factors
from ..estimate.covariance import theta_slices
from .parameters import beta_slices, critical_value, term_label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..estimate.values import Floats
    from ..model.design import Design

DIAGNOSTICS = ("r_hat", "ess_bulk", "ess_tail")


def interval(draws: Floats, level: float) -> tuple[Floats, Floats]:
    """Central quantile intervals of draws of shape (chains, draws, parameters)."""
    critical_value(level)
    tails = (0.5 - level / 2.0, 0.5 + level / 2.0)
    ends = [np.quantile(draws[:, :, k], tails) for k in range(draws.shape[2])]
    lower, upper = np.array(ends).reshape(-1, 2).T
    return lower, upper


def spread(draws: Floats) -> Floats:
    """Posterior standard deviations of draws of shape (chains, draws, parameters)."""
    return draws.std(axis=(0, 1), ddof=1)


def coefficient_draws(design: Design, draws: Draws, predictor: int) -> Floats:
    """Draws of the coefficients of one linear predictor."""
    return draws.beta[:, :, beta_slices(design)[predictor]]


def sd_draws(design: Design, draws: Draws) -> Floats:
    """Draws of the standard deviations, in the order of ``standard_deviations``."""
    return _stacked(draws, (x for name, x in _named(design, draws) if name.startswith("sd(")))


def correlation_draws(design: Design, draws: Draws) -> Floats:
    """Draws of the correlations, in the order of ``correlations``."""
    return _stacked(draws, (x for name, x in _named(design, draws) if name.startswith("cor(")))


def covariance_draws(design: Design, draws: Draws) -> Floats:
    """Draws of variances and covariances, in the order of ``variance_components``."""
    return _stacked(draws, _covariances(design, draws))


def _named(design: Design, draws: Draws) -> list[tuple[str, Floats]]:
    """Standard deviations and correlations by name, the residual's last as in the tables."""
    named = parameter_draws(design, draws)
    residual = [(RESIDUAL_SD, named[RESIDUAL_SD])] if RESIDUAL_SD in named else []
    return [*list(named.items())[draws.beta.shape[2] :], *residual]


def _covariances(design: Design, draws: Draws) -> Iterator[Floats]:
    for term, part in zip(design.terms, theta_slices(design), strict=True):
        factors = term_factors(term, draws.theta[:, :, part])
        sigma = factors @ np.swapaxes(factors, 2, 3)
        p = len(term.names)
        yield from (sigma[:, :, i, i] for i in range(p))
        if term.structure != "diagonal":
            yield from (sigma[:, :, i, j] for i in range(p) for j in range(i + 1, p))
    named = parameter_draws(design, draws)
    if RESIDUAL_SD in named:
        yield named[RESIDUAL_SD] ** 2


def _stacked(draws: Draws, parts: Iterator[Floats]) -> Floats:
    found = list(parts)
    empty = np.zeros((*draws.beta.shape[:2], 0))
    return np.stack(found, axis=2) if found else empty


def diagnosed(draws: Floats) -> dict[str, Floats]:
    """R-hat and effective sample sizes of draws of shape (chains, draws, parameters)."""
    columns = [draws[:, :, k] for k in range(draws.shape[2])]
    rows = [(r_hat(x), ess_bulk(x), ess_tail(x)) for x in columns]
    values = np.array(rows).reshape(-1, 3).T
    return dict(zip(DIAGNOSTICS, values, strict=True))


class NamedDraws(Mapping[str, np.ndarray]):
    """Draws by name: parameters (chains, draws), random effects (chains, draws, levels, effects).

    Parameters are named as in ``params``, then ``sd(x | g)``, ``cor(a, b | g)``, ``sd(Residual)``,
    ``dispersion:x``; the random effects of a term as the term, ``1 + x | g``, where they were kept.

    Attributes
    ----------
    raw : Draws
        The arrays as they came from the sampler, the seed, the priors, and what each draw cost.
    """

    def __init__(self, design: Design, raw: Draws) -> None:
        self.raw = raw
        self._arrays: dict[str, np.ndarray] = dict(parameter_draws(design, raw))
        labels = [term_label(design, term) for term in design.terms]
        self._arrays.update(zip(labels, raw.effects or (), strict=False))

    def __getitem__(self, name: str) -> np.ndarray:
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def __repr__(self) -> str:
        chains, draws = self.raw.beta.shape[:2]
        return f"<{chains} chains of {draws} draws: {', '.join(self)}>"
