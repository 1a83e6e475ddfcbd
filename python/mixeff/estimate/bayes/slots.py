"""What a model's priors are about: one slot for each coefficient, SD and correlation matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...model.families import LINKS
from .priors import CORRELATION, POSITIVE, REAL, Prior

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model.design import Design, RandomTerm
    from ..values import Floats

INTERCEPT = "Intercept"
DF, SCALE = 3.0, 2.5
"""Degrees of freedom and scale of the defaults (rstanarm, brms)."""

LKJ = 1.0
"""The default LKJ parameter: all correlation matrices alike."""

OWN_UNITS = frozenset({"identity", "sqrt", "inverse"})
"""Links whose linear predictor has the units of the response."""

COEFFICIENT, SD, COR = "coefficient", "sd", "cor"


@dataclass(frozen=True, eq=False)
class Slot:
    """Something that has a prior.

    Attributes
    ----------
    name : str
        Such as "Intercept", "x", "sd(x | g)", "cor(Intercept, x | g)", "dispersion".
    kind : str
        "coefficient", "sd" or "cor".
    keys : tuple of str
        What a user may call it, from the general to the particular.
    supports : tuple of str
        The supports of the priors it takes.
    default : Prior
    weights : ndarray or None
        Of a coefficient: the linear combination of all coefficients that the prior is about.
    """

    name: str
    kind: str
    keys: tuple[str, ...]
    supports: tuple[str, ...]
    default: Prior
    weights: Floats | None = None

    def about(self, prior: Prior) -> str:
        """The name, and the scale of a prior where that is not plain."""
        logged = POSITIVE in self.supports and self.kind == COEFFICIENT and prior.support == REAL
        name = f"log {self.name}" if logged else self.name
        centred = self.weights is not None and np.count_nonzero(self.weights) > 1
        return f"{name}, covariates at their means" if centred else name


def slots(design: Design) -> tuple[Slot, ...]:
    """The slots of a model: coefficients, SDs, correlations, in the core's order."""
    return (*_coefficients(design), *_sds(design), *_correlations(design))


def _coefficients(design: Design) -> Iterator[Slot]:
    first, total = 0, design.n_beta
    for d, (x, names) in enumerate(zip(design.fixed, design.x_names, strict=True)):
        predictor = design.distribution.predictors[d]
        unit = unit_of(design) if d == 0 else 1.0
        for k, name in enumerate(names):
            weights = np.zeros(total)
            weights[first + k] = 1.0
            if name == INTERCEPT:
                weights[first : first + len(names)] = [column.mean() for column in x.columns]
                yield _intercept(design, d, predictor, unit, weights)
                continue
            label = name if d == 0 else f"{predictor}:{name}"
            default = Prior("normal", (0.0, SCALE * unit / _spread(x.columns[k])))
            keys = ("fixed", label) if d == 0 else (label,)
            yield Slot(label, COEFFICIENT, keys, (REAL,), default, weights)
        first += len(names)


def _intercept(design: Design, d: int, predictor: str, unit: float, weights: Floats) -> Slot:
    if d == 0:
        default = Prior("student_t", (DF, _location(design), SCALE * unit))
        return Slot(INTERCEPT, COEFFICIENT, (INTERCEPT,), (REAL,), default, weights)
    family = design.distribution
    centre = np.log(_spread(design.values)) if family.constant_variance else 0.0
    default = Prior("student_t", (DF, _rounded(centre), SCALE))
    keys = (predictor, f"{predictor}:{INTERCEPT}")
    # A family's lone dispersion may also have a prior on its own, positive, scale.
    lone = len(design.x_names[d]) == 1
    supports = (REAL, POSITIVE) if lone else (REAL,)
    return Slot(predictor, COEFFICIENT, keys, supports, default, weights)


def _sds(design: Design) -> Iterator[Slot]:
    for term in design.terms:
        group = design.factors[term.factor].name
        unit = unit_of(design) if term.is_of_mean else 1.0
        for k, name in enumerate(term.names):
            spread = 1.0 if term.z is None else _spread(term.z[:, k])
            default = Prior("half_student_t", (DF, SCALE * unit / spread))
            label = f"sd({name} | {group})"
            yield Slot(label, SD, ("sd", group, f"sd({group})", label), (POSITIVE,), default)


def _correlations(design: Design) -> Iterator[Slot]:
    for term in design.terms:
        if has_correlations(term):
            group = design.factors[term.factor].name
            label = f"cor({', '.join(term.names)} | {group})"
            keys = ("cor", f"cor({group})", label)
            yield Slot(label, COR, keys, (CORRELATION,), Prior("lkj", (LKJ,)))


def has_correlations(term: RandomTerm) -> bool:
    """Whether a term's effects are correlated."""
    return term.structure != "diagonal" and len(term.names) > 1


def unit_of(design: Design) -> float:
    """The unit of the mean's linear predictor: that of the response, or one on a log-like scale."""
    if design.link not in OWN_UNITS:
        return 1.0
    mu = np.array([_mean(design)])
    slope = LINKS[design.link].inverse_derivative(LINKS[design.link].link(mu))
    unit = _spread(design.values) / abs(float(slope[0]))
    return unit if np.isfinite(unit) and unit > 0 else 1.0


def _location(design: Design) -> float:
    """The link of the mean response, to one digit after the point of its unit."""
    with np.errstate(all="ignore"):
        value = float(LINKS[design.link].link(np.array([_mean(design)]))[0])
    unit = unit_of(design)
    return _rounded(value / unit) * unit if np.isfinite(value) else 0.0


def _mean(design: Design) -> float:
    trials = 1.0 if design.trials is None else design.trials
    return float(np.average(design.values / trials, weights=trials * np.ones(design.n)))


def _rounded(value: float) -> float:
    return float(np.round(value, 1))


def _spread(values: Floats) -> float:
    """Standard deviation; one for a constant."""
    spread = float(np.std(values))
    return spread if spread > 0 else 1.0
