"""Every method on one model."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from time import perf_counter
from typing import TYPE_CHECKING, Any

from ..data import empty_frame, library_of
from ..errors import ArgumentError, MixeffError, MixeffWarning, NotAvailableError
from ..estimate import METHODS
from ..estimate.bayes.method import checked_seed
from ..estimate.control import Control, as_control
from ..estimate.methods import takes
from ..estimate.nodes import nodes_per_factor
from ..estimate.problem import problem_of
from ..results.methods import Attempt, MethodResults
from .model import Model

if TYPE_CHECKING:
    from ..estimate import Nodes
    from ..estimate.method import Method
    from ..model.design import Design


def compare_methods(
    formula: str,
    data: Any,
    family: str = "gaussian",
    methods: Sequence[str] | None = None,
    *,
    link: str | None = None,
    nodes: Nodes | None = None,
    weights: Any = None,
    offset: Any = None,
    dispersion: str | None = None,
    priors: Mapping[str, Any] | None = None,
    seed: int | None = None,
    control: Mapping[str, Any] | None = None,
) -> MethodComparison:
    """Fit one model by several methods and set the results side by side.

    The data are prepared once. A method that refuses the model, or breaks off, is a row that says
    why; warnings of the single fits are in the columns ``converged``, ``singular`` and ``reason``.

    Parameters
    ----------
    formula, data, family, link, weights, offset, dispersion
        As in `fit`.
    methods : sequence of str, optional
        Names as for `fit`; by default ``"auto"`` and all that take the model but ``"mcmc"``, which
        takes longer.
    nodes : int, mapping or sequence, optional
        Quadrature points per random effect, for ``"agq"`` and ``"ghq"``, as in `fit`. ``"auto"``
        finds its own.
    priors : mapping of str to str, optional
        Priors of ``"mcmc"``, as in `fit`.
    seed : int, optional
        Seed of ``"mcmc"``.
    control : mapping, optional
        Settings as in `fit`; each method gets those that it knows.

    Returns
    -------
    MethodComparison
        Prints as tables; frames in ``table`` and ``methods``; a picture by ``plot()``.

    Raises
    ------
    NotAvailableError
        For a name that is no method.
    MixeffError
        If the model itself is wrong, as in `fit`.

    Examples
    --------
    >>> import numpy as np
    >>> import mixeff as me
    >>> rng, g = np.random.default_rng(1), np.repeat(np.arange(60), 5)
    >>> eta = 2 * rng.normal(size=60)[g]
    >>> data = {"y": rng.binomial(1, 1 / (1 + np.exp(-eta))), "g": g}
    >>> names = ["pql1", "laplace", "agq"]
    >>> compared = me.compare_methods("y ~ 1 + (1 | g)", data, "bernoulli", names)
    >>> sd = compared.table[compared.table["effect"] == "random"]
    >>> sd[["method", "term", "estimate"]].round(1)
        method           term  estimate
    1     pql1  sd(Intercept)       1.5
    3  laplace  sd(Intercept)       2.0
    5      agq  sd(Intercept)       2.1
    >>> compared.best
    'agq'
    """
    model = Model(
        formula,
        data,
        family,
        link=link,
        weights=weights,
        offset=offset,
        dispersion=dispersion,
    )
    names = _names(model.design, methods)
    options = _options(model.design, names, nodes, priors, seed, control)
    problem_of(model.design)  # made before the clock of the first method starts
    attempts = tuple(_attempt(model, name, options[name]) for name in names)
    return MethodComparison(model.spec, model.design, attempts, empty_frame(library_of(data)))


class MethodComparison(MethodResults):
    """One model by several methods: tables in a terminal and in a notebook, frames, a picture."""

    def plot(self, level: float = 0.95, *, ax: Any = None) -> Any:
        """Draw the estimates of all methods with their intervals, a panel for each parameter.

        Parameters
        ----------
        level : float
            Coverage of the intervals.
        ax : sequence of Axes, optional
            Where to draw, one for each parameter; a new figure by default.

        Returns
        -------
        matplotlib.figure.Figure
            A dotted line marks the estimate with the highest marginal likelihood; hollow points
            are of fits that did not converge.
        """
        from ..plot.methods import draw_methods

        return draw_methods(self, level, ax)

    def plot_data(self, level: float = 0.95) -> Any:
        """Give the numbers of `plot`, a row for each method and parameter.

        Parameters
        ----------
        level : float
            Coverage of the intervals.

        Returns
        -------
        frame
            Columns ``method, effect, component, group, term, estimate, se, lower, upper``.
        """
        return self.frame(self.parameters(level))

    def __str__(self) -> str:
        from ..report.methods import content
        from ..report.text import text

        return text(content(self))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from ..report.html import html
        from ..report.methods import content

        return html(content(self))


def _names(design: Design, methods: Sequence[str] | None) -> list[str]:
    """The methods asked for, each once; or all that take the model."""
    if methods is None:
        names = [n for n, row in METHODS.items() if not row.bayesian and takes(n, design)]
        return names if design.overdispersed else ["auto", *names]
    if isinstance(methods, str) or not methods:
        raise ArgumentError(
            f"methods must be a list of names, such as ['laplace', 'agq'], not {methods!r}."
        )
    unknown = [name for name in methods if name != "auto" and name not in METHODS]
    if unknown:
        raise NotAvailableError(
            f"methods names {', '.join(map(repr, unknown))}; the methods are: "
            f"{', '.join(['auto', *METHODS])}."
        )
    return list(dict.fromkeys(methods))


# What each method is given --------------------------------------------------------------------


def _options(
    design: Design,
    names: Sequence[str],
    nodes: Nodes | None,
    priors: Mapping[str, Any] | None,
    seed: int | None,
    control: Mapping[str, Any] | None,
) -> dict[str, dict[str, Any]]:
    """For each method those of the options that it takes; an option for none is an error."""
    settings = _settings(names, control)
    options: dict[str, dict[str, Any]] = {name: {"control": settings[name]} for name in names}
    if nodes is not None:
        nodes_per_factor(design, nodes)
        for name in _that_take("nodes", lambda row: row.takes_nodes, names):
            options[name]["nodes"] = nodes
    if priors is not None:
        for name in _that_take("priors", lambda row: row.bayesian, names):
            options[name]["priors"] = priors
    if seed is not None:
        for name in _that_take("seed", lambda row: row.bayesian, names):
            options[name]["seed"] = checked_seed(seed)
    return options


def _that_take(option: str, takes_it: Callable[[Method], bool], names: Sequence[str]) -> list[str]:
    able = [name for name, row in METHODS.items() if takes_it(row)]
    found = [name for name in names if name in able]
    if not found:
        goes_with = " and ".join(map(repr, able))
        raise ArgumentError(f"{option}= goes with {goes_with}, which methods= does not name.")
    return found


def _settings(names: Sequence[str], control: Mapping[str, Any] | None) -> dict[str, dict[str, Any]]:
    """For each method those of the settings that its class of settings has."""
    if control is not None and not isinstance(control, Mapping):
        raise ArgumentError(f"control must be a mapping of settings, not {control!r}.")
    kinds = {name: METHODS[name].control if name in METHODS else Control for name in names}
    known = {name: [field.name for field in fields(kind)] for name, kind in kinds.items()}
    given = dict(control or {})
    unknown = set(given).difference(*known.values())
    if unknown:
        every = ", ".join(dict.fromkeys(key for keys in known.values() for key in keys))
        raise ArgumentError(
            f"control: {', '.join(sorted(unknown))} is no setting of these methods; they have: "
            f"{every}."
        )
    settings = {name: {k: v for k, v in given.items() if k in known[name]} for name in names}
    for name in names:
        as_control(settings[name], kinds[name])
    return settings


def _attempt(model: Model, name: str, options: Mapping[str, Any]) -> Attempt:
    began = perf_counter()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MixeffWarning)
            fit = model.fit(name, **options)
    except MixeffError as error:
        return Attempt(name, None, float("nan"), str(error))
    seconds = perf_counter() - began
    return Attempt(name, fit, seconds, "" if fit.converged else fit.estimate.reason)
