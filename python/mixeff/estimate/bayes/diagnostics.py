"""What draws are worth: R-hat and effective sample sizes.

Vehtari, Gelman, Simpson, Carpenter and Buerkner (2021), Rank-normalization, folding, and
localization: an improved R-hat for assessing convergence of MCMC, Bayesian Analysis 16:667.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..values import Floats


def r_hat(draws: Floats) -> float:
    """Rank-normalised split R-hat: the larger of those of the draws and of their folds.

    Parameters
    ----------
    draws : ndarray, shape (chains, draws)

    Returns
    -------
    float
        Ratio of the pooled to the within-chain standard deviation; 1 where the chains agree.
        NaN for draws that do not vary.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(1).normal(size=(4, 1000))
    >>> bool(r_hat(x) < 1.01), bool(r_hat(x + np.arange(4)[:, None]) > 1.1)
    (True, True)
    """
    split = _split(draws)
    folded = np.abs(split - np.median(split))
    return max(_r_hat(_normal_scores(split)), _r_hat(_normal_scores(folded)))


def ess_bulk(draws: Floats) -> float:
    """Effective sample size for the centre of the distribution, of rank-normalised split chains.

    Parameters
    ----------
    draws : ndarray, shape (chains, draws)

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(1).normal(size=(4, 1000))
    >>> 3500 < ess_bulk(x) < 4500
    True
    """
    return _ess(_normal_scores(_split(draws)))


def ess_tail(draws: Floats) -> float:
    """The smaller effective sample size of the 5 % and 95 % quantiles.

    Parameters
    ----------
    draws : ndarray, shape (chains, draws)

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(1).normal(size=(4, 1000))
    >>> 3000 < ess_tail(x) < 4500
    True
    """
    low, high = np.quantile(draws, (0.05, 0.95))
    return min(_ess(_split((draws <= q).astype(float))) for q in (low, high))


def _split(draws: Floats) -> Floats:
    """Halves of chains as chains; the middle one of an odd number of draws is left out."""
    half = draws.shape[1] // 2
    return np.concatenate([draws[:, :half], draws[:, -half:]])


def _normal_scores(draws: Floats) -> Floats:
    """Normal quantiles of the average ranks (equation 14)."""
    from scipy.special import ndtri

    _, inverse, counts = np.unique(draws, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = (last - (counts - 1) / 2)[inverse].reshape(draws.shape)
    return ndtri((ranks - 0.375) / (draws.size + 0.25))


def _r_hat(draws: Floats) -> float:
    n = draws.shape[1]
    between = n * np.var(draws.mean(axis=1), ddof=1)
    within = np.mean(np.var(draws, axis=1, ddof=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.sqrt((between / within + n - 1) / n))


def _ess(draws: Floats) -> float:
    """Draws over the autocorrelation time, by Geyer's (1992) initial monotone sequence."""
    chains, n = draws.shape
    if np.ptp(draws) < np.finfo(float).resolution:
        return float(draws.size)
    covariance = _autocovariance(draws).mean(axis=0)
    within = covariance[0] * n / (n - 1)
    between = np.var(draws.mean(axis=1), ddof=1) if chains > 1 else 0.0
    rho = 1 - (within - covariance) / (covariance[0] + between)
    rho[0] = 1.0
    time = max(_autocorrelation_time(rho), 1 / np.log10(draws.size))
    return float(draws.size / time)


def _autocorrelation_time(rho: Floats) -> float:
    count = (len(rho) - 1) // 2
    even = rho[: 2 * count : 2]
    pairs = even + rho[1 : 2 * count : 2]
    negative = np.flatnonzero(pairs < 0)
    end = negative[0] if len(negative) else len(pairs) - 1
    monotone = np.minimum.accumulate(pairs[:end])
    return float(-1 + 2 * monotone.sum() + max(even[end], 0.0))


def _autocovariance(draws: Floats) -> Floats:
    n = draws.shape[1]
    centred = draws - draws.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(centred, 2 * n, axis=1)
    return np.fft.irfft(spectrum * np.conj(spectrum), axis=1)[:, :n] / n
