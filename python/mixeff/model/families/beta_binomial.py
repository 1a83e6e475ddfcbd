"""Successes among trials whose probability varies by a beta distribution with mean mu.

The precision is ``phi = a + b``; the variance ``n mu (1 - mu) (n + phi) / (1 + phi)``.
"""

from __future__ import annotations

import numpy as np

from .base import Array, Family, Parameter, Parameters, ones_unless
from .counts import is_count
from .discrete import cdf_of

__all__ = ["BETA_BINOMIAL", "PRECISION"]

PRECISION = Parameter("precision", "log", "dispersion")


def _variance(p: Parameters) -> Array:
    n, phi = ones_unless(p.extra), p.further[0]
    return n * p.mu * (1 - p.mu) * (n + phi) / (1 + phi)


def _draw(rng: np.random.Generator, p: Parameters) -> Array:
    phi = p.further[0]
    share = rng.beta(p.mu * phi, (1 - p.mu) * phi, size=np.shape(p.mu))
    count = np.asarray(ones_unless(p.extra)).astype(np.int64)
    return rng.binomial(count, share).astype(np.float64)


def _log_density(y: Array, p: Parameters) -> Array:
    from scipy.special import betaln, gammaln

    n, phi = ones_unless(p.extra), p.further[0]
    a, b = p.mu * phi, (1 - p.mu) * phi
    with np.errstate(invalid="ignore"):
        choose = gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1)
        value = choose + betaln(y + a, n - y + b) - betaln(a, b)
    return np.where(y <= n, value, -np.inf)


BETA_BINOMIAL = Family(
    name="beta_binomial",
    links=("logit", "probit", "cloglog"),
    values="whole numbers of successes from 0 to the number of trials",
    supported=is_count,
    variance=_variance,
    simulate=_draw,
    log_density=_log_density,
    cdf=cdf_of(_log_density),
    further=(PRECISION,),
    mean_range=(0.0, 1.0),
    discrete=True,
    takes_trials=True,
    is_binary=True,
)
