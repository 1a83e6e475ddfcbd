"""Several methods on one model: what each makes of it, in tables."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import to_native
from ..estimate import METHODS
from ..estimate.nodes import as_text
from ..estimate.scale import Scale, common_scale
from .tables import tidy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..estimate.values import Floats
    from ..model.design import Design
    from ..model.spec import ModelSpec
    from .fit import FitResults
    from .tables import Columns

PARAMETER = ("effect", "component", "group", "term")


@dataclass(frozen=True, eq=False)
class Attempt:
    """A method and what came of it.

    Attributes
    ----------
    method : str
        The method asked for.
    fit : FitResults or None
        The fit; None if the method refused the model or broke off.
    seconds : float
        Wall-clock time of the estimation.
    reason : str
        Why there is no fit, or why the fit did not converge; else empty.
    """

    method: str
    fit: FitResults | None
    seconds: float
    reason: str

    @property
    def converged(self) -> bool:
        """Whether there is a fit and it met its criteria."""
        return self.fit is not None and self.fit.converged

    @property
    def nodes(self) -> str:
        """Numbers of nodes: ``15``, ``9 x 15``; empty if there are none."""
        return "" if self.fit is None else as_text(self.fit.estimate.nodes)

    @property
    def on_scale(self) -> bool:
        """Whether the estimates have a marginal likelihood."""
        fit = self.fit
        if fit is None or fit.design.overdispersed:
            return False
        return METHODS[fit.method].places_rows


@dataclass(frozen=True, eq=False)
class MethodResults:
    """The estimates of one model by several methods.

    Attributes
    ----------
    spec : ModelSpec
        What was learned from the data.
    design : Design
        The model as arrays, which the methods share.
    attempts : tuple of Attempt
        One for each method.
    like : frame
        A frame of the library in which tables are given.
    """

    spec: ModelSpec
    design: Design
    attempts: tuple[Attempt, ...]
    like: Any = None

    @property
    def fits(self) -> Mapping[str, FitResults]:
        """The fits by method, without the methods that refused."""
        return {a.method: a.fit for a in self.attempts if a.fit is not None}

    @cached_property
    def scale(self) -> Scale:
        """The integration behind ``marginal_llf``, its values and its error."""
        estimates = [a.fit.estimate for a in self.attempts if a.fit and a.on_scale]
        return common_scale(self.design, [(e.beta, e.theta) for e in estimates])

    @cached_property
    def marginal_llf(self) -> Floats:
        """Marginal log-likelihood at the estimates of each attempt; NaN where there is none."""
        values = np.full(len(self.attempts), np.nan)
        values[[a.on_scale for a in self.attempts]] = self.scale.values
        return values

    @property
    def table(self) -> Any:
        """The estimates of all methods in one frame, a row for each method and parameter.

        Returns
        -------
        frame
            Columns ``method``; ``effect`` ("fixed", "random"), ``component`` (the linear
            predictor), ``group`` and ``term`` as in ``Fit.tidy``, random effects by their standard
            deviations and correlations; ``estimate, se``; and, the same in all rows of a method,
            ``llf, marginal_llf, seconds`` as in `methods`.
        """
        columns, methods = self.parameters(), self._methods()
        row = {method: i for i, method in enumerate(methods["method"])}
        rows = np.array([row[method] for method in columns["method"]], dtype=np.int64)
        kept = {name: columns[name] for name in ("method", *PARAMETER, "estimate", "se")}
        shared = {name: methods[name][rows] for name in ("llf", "marginal_llf", "seconds")}
        return self.frame(kept | shared)

    @property
    def methods(self) -> Any:
        """The methods, a row for each.

        Returns
        -------
        frame
            Columns ``method``; ``used``, the method that made the numbers, which ``auto`` chooses;
            ``nodes``, as text; ``converged, singular``; ``llf``, the method's own log-likelihood;
            ``marginal_llf``, the marginal log-likelihood at its estimates, integrated for all in
            the one way that ``integration`` says; ``seconds``; ``reason``, why there is no fit or
            why it did not converge.
        """
        return self.frame(self._methods())

    def _methods(self) -> Columns:
        fits = [a.fit for a in self.attempts]
        on = [a.on_scale for a in self.attempts]
        return {
            "method": _words(a.method for a in self.attempts),
            "used": _words("" if fit is None else fit.method for fit in fits),
            "nodes": _words(a.nodes for a in self.attempts),
            "converged": np.array([a.converged for a in self.attempts]),
            "singular": np.array([fit is not None and fit.singular for fit in fits]),
            "llf": np.array([np.nan if fit is None else fit.llf for fit in fits]),
            "marginal_llf": self.marginal_llf,
            "integration": _words(self.scale.integration if yes else "" for yes in on),
            "seconds": np.array([a.seconds for a in self.attempts]),
            "reason": _words(a.reason for a in self.attempts),
        }

    def parameters(self, level: float = 0.95) -> Columns:
        """The estimates of all methods with intervals, method by method.

        Parameters
        ----------
        level : float
            Coverage of the intervals.
        """
        parts = [_estimates(a.method, a.fit, level) for a in self.attempts if a.fit is not None]
        if not parts:
            words = {name: _words([]) for name in ("method", *PARAMETER)}
            return words | {name: np.empty(0) for name in ("estimate", "se", "lower", "upper")}
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    @property
    def best(self) -> str | None:
        """The method whose estimates have the highest marginal likelihood; None without one."""
        values = self.marginal_llf
        if not np.isfinite(values).any():
            return None
        return self.attempts[int(np.nanargmax(values))].method

    def frame(self, columns: Mapping[str, np.ndarray]) -> Any:
        """Columns as a frame of the library that the data came in."""
        return to_native(columns, self.like)


def _estimates(method: str, fit: FitResults, level: float) -> Columns:
    table = tidy(fit.design, fit.estimate, level)
    return {
        "method": np.full(len(table["term"]), method, dtype=object),
        **{name: table[name] for name in PARAMETER},
        "estimate": table["estimate"],
        "se": table["std_error"],
        "lower": table["conf_low"],
        "upper": table["conf_high"],
    }


def by_parameter(columns: Columns) -> dict[tuple[str, ...], np.ndarray]:
    """The rows of each parameter, in the order of their first appearance among all methods.

    A method that leaves some parameters out does not change the order: fixed effects first.
    """
    keys = list(zip(*(columns[name].tolist() for name in PARAMETER), strict=True))
    order = sorted(dict.fromkeys(keys), key=lambda key: key[0] != "fixed")
    return {key: np.array([i for i, k in enumerate(keys) if k == key]) for key in order}


def parameter_label(key: tuple[str, ...]) -> str:
    """A parameter in words: ``urban[T.Y]``, ``sd(Intercept) | district``, ``dispersion: x``."""
    _, component, group, term = key
    if group:
        return f"{term} | {group}"
    return term if component == "mean" else f"{component}: {term}"


def _words(values: Any) -> np.ndarray:
    return np.array(list(values), dtype=object)
