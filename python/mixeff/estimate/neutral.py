"""A second start, for searches that ended where no likelihood is.

The first start comes from the model without random effects, in which dispersions, shapes and
probabilities of zeros stand for all variation between clusters. They may run to where their
gradient vanishes, and a search does not come back from there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..model.families import LINKS
from .covariance import entries

if TYPE_CHECKING:
    from ..model.columnwise import ModelMatrix
    from ..model.design import Design, RandomTerm
    from .method import Start
    from .values import Estimate, Floats

FAR = 8.0
"""A further parameter, on a log or logit scale and relative to the response's, that is suspect."""


def has_neutral_start(design: Design) -> bool:
    """Whether there are parameters beyond the mean that could run off, and a middle of them."""
    kind = design.distribution
    return bool(kind.further) and kind.categories is None and not design.responses


def is_suspect(design: Design, estimate: Estimate) -> bool:
    """Whether a search may have been led astray by its start."""
    if not has_neutral_start(design):
        return False
    first = design.fixed[0].shape[1]
    center = _further(design)
    ends = np.cumsum([first, *(x.shape[1] for x in design.fixed[1:])])
    means = [
        float(np.mean(x.times(estimate.beta[a:b])))
        for x, a, b in zip(design.fixed[1:], ends[:-1], ends[1:], strict=True)
    ]
    lost = bool(np.any(np.abs(np.array(means) - center) > FAR))
    return lost or estimate.singular or not estimate.converged


def neutral_start(design: Design) -> Start:
    """Random effects as large as the spread of the response, all else at its middle."""
    scale = _scale(design)
    link = LINKS[design.link]
    with np.errstate(all="ignore"):
        middle = float(link.link(np.array([_mean(design)]))[0])
    targets = [middle if np.isfinite(middle) else 0.0, *_further(design)]
    beta = [_constant(x, target) for x, target in zip(design.fixed, targets, strict=True)]
    theta = [_diagonal(term, scale) for term in design.terms]
    return np.concatenate([np.zeros(0), *beta]), np.concatenate([np.zeros(0), *theta])


def _mean(design: Design) -> float:
    y = design.values if design.trials is None else design.y / design.trials
    return float(np.mean(y[np.isfinite(y)]))


def _scale(design: Design) -> float:
    """Size of a typical effect on the scale of the linear predictor."""
    if design.link != LINKS["identity"].name:
        return 1.0
    y = design.values[np.isfinite(design.values)]
    return float(np.std(y)) / np.sqrt(2.0) or 1.0


def _further(design: Design) -> Floats:
    """Of the further predictors: a dispersion in the unit of the response, and zeros."""
    center = np.zeros(len(design.distribution.further))
    center[0] = np.log(_scale(design))
    return center


def _constant(x: ModelMatrix, target: float) -> Floats:
    """Coefficients whose linear predictor is nearest to a constant."""
    if x.has_intercept:
        return np.append(target / x.columns[0][0], np.zeros(x.shape[1] - 1))
    found = np.linalg.lstsq(x.array, np.full(x.n_rows, target), rcond=None)[0]
    return np.asarray(found, dtype=np.float64)


def _diagonal(term: RandomTerm, scale: float) -> Floats:
    """Theta of independent effects, each of that size in a typical row."""
    sizes = np.ones(term.size) if term.z is None else np.sqrt(np.square(term.z).mean(axis=0))
    rows, columns = entries(term)
    sd = np.array([scale if place == 0 else 0.5 for place in term.places])
    return np.where(rows == columns, sd[rows] / np.maximum(sizes[rows], 1e-8), 0.0)
