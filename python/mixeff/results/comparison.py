"""Within against between: whether effects differ within and between clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import to_native
from ..errors import ArgumentError, NotAvailableError
from .coefficients import wald_p_values

if TYPE_CHECKING:
    from ..estimate.values import Floats
    from .fit.coefficients import CoefficientResults

DIFFERS = (
    "the difference of the two covariance matrices is not positive definite, as happens in samples "
    "too small for the test or when the random-effects model does not hold: there is no "
    "chi-square; put within_between() columns in the model and see fit.contextual_effects()"
)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two estimates of the same effects, and a test that they are equal.

    Attributes
    ----------
    title : str
        What is compared.
    labels : tuple of str
        Names of the two estimates.
    terms : tuple of str
    first, second : ndarray
        The estimates.
    cov : ndarray
        Covariance matrix of their differences, first minus second.
    statistic : float
        Chi-square of Wald's test that all differences are zero; NaN where there is none.
    df : int
        Its degrees of freedom.
    p_value : float
    note : str
        What to know about the test; empty if nothing.
    like : frame
        A frame of the library in which `table` is given.
    """

    title: str
    labels: tuple[str, str]
    terms: tuple[str, ...]
    first: Floats
    second: Floats
    cov: Floats
    statistic: float
    df: int
    p_value: float
    note: str
    like: Any = None

    @property
    def table(self) -> Any:
        """The comparison, a row for each term.

        Returns
        -------
        frame
            Columns ``term``, the two estimates, ``difference, se, z, p_value``; NaN where the
            variance of a difference is not positive.
        """
        return to_native(self._columns(), self.like)

    def _columns(self) -> dict[str, np.ndarray]:
        difference, variance = self.first - self.second, np.diag(self.cov)
        se = np.sqrt(np.where(variance > 0, variance, np.nan))
        return {
            "term": np.array(self.terms, dtype=object),
            self.labels[0]: self.first,
            self.labels[1]: self.second,
            "difference": difference,
            "se": se,
            "z": difference / se,
            "p_value": wald_p_values(difference / se),
        }

    def __str__(self) -> str:
        import pandas as pd

        table = pd.DataFrame(self._columns()).to_string(index=False, float_format="{:.4f}".format)
        test = f"chi-square {self.statistic:.3f} on {self.df} df, p = {self.p_value:.4g}"
        return f"{self.title}\n{table}\n{test if not self.note else 'Note: ' + self.note}"

    __repr__ = __str__


def hausman(random: CoefficientResults, within: CoefficientResults) -> Comparison:
    """Conditional against random-effects estimates (Hausman 1978): see ``Fit.hausman``."""
    if np.isnan(random.llf):
        raise NotAvailableError(
            f"hausman() compares maximum-likelihood fits, and method={random.method!r} is none: "
            "fit with method='auto'."
        )
    terms = tuple(name for name in _names(within) if name in random.params.index)
    if not terms:
        raise ArgumentError(
            "the two fits have no coefficient in common: give conditional and random-effects fits "
            "of one formula."
        )
    pick = list(terms)
    cov = (within.cov_params().loc[pick, pick] - random.cov_params().loc[pick, pick]).to_numpy()
    first, second = (fit.params[pick].to_numpy() for fit in (within, random))
    return _compared(
        f"Hausman test: conditional against random-effects estimates ({random.method})",
        ("within", "random"), terms, first, second, cov, random.inputs.frame_like,
    )  # fmt: skip


def contextual_effects(fit: CoefficientResults) -> Comparison:
    """Between against within effects of one model: see ``Fit.contextual_effects``."""
    pairs = [
        (between, f"{base}_within")
        for base in _bases(fit)
        for between in _names(fit)
        if between == f"{base}_between" or between.startswith(f"{base}_between_")
    ]
    if not pairs:
        raise ArgumentError(
            "the model has no columns x_within and x_between to compare: make them with "
            "me.within_between(data, columns, group) and put both into the formula."
        )
    between, inside = (list(names) for names in zip(*pairs, strict=True))
    cov = fit.cov_params()
    difference = sum(
        sign * cov.loc[a, b].to_numpy()
        for a, b, sign in (
            (between, between, 1.0), (inside, inside, 1.0),
            (between, inside, -1.0), (inside, between, -1.0),
        )
    )  # fmt: skip
    return _compared(
        "Contextual effects: between against within",
        ("between", "within"), tuple(between), fit.params[between].to_numpy(),
        fit.params[inside].to_numpy(), np.asarray(difference), fit.inputs.frame_like,
    )  # fmt: skip


def _names(fit: CoefficientResults) -> tuple[str, ...]:
    return fit.design.x_names[0]


def _bases(fit: CoefficientResults) -> list[str]:
    names = (name for name in _names(fit) if name.endswith("_within"))
    return [name.removesuffix("_within") for name in names]


def _compared(
    title: str,
    labels: tuple[str, str],
    terms: tuple[str, ...],
    first: Floats,
    second: Floats,
    cov: Floats,
    like: Any,
) -> Comparison:
    from scipy.special import chdtrc

    statistic, note = _wald(first - second, cov), ""
    if np.isnan(statistic):
        note = DIFFERS
    p_value = float(chdtrc(len(terms), statistic))
    return Comparison(
        title, labels, terms, first, second, cov, statistic, len(terms), p_value, note, like
    )


def _wald(difference: Floats, cov: Floats) -> float:
    """``d' V^-1 d``; NaN if V is not positive definite."""
    scale = np.sqrt(np.abs(np.diag(cov)))
    if not np.all(np.diag(cov) > 0):
        return float("nan")
    try:
        root = np.linalg.cholesky(cov / np.outer(scale, scale))
    except np.linalg.LinAlgError:
        return float("nan")
    return float(np.sum(np.linalg.solve(root, difference / scale) ** 2))
