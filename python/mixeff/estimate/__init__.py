"""From a design to an estimate: methods, options, progress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentError, NotAvailableError
from ..model.separation import find_separation
from .auto import fit_auto
from .bayes import Draws, Prior, SamplerControl
from .control import Control, as_control
from .explain import explained
from .method import Method, Request
from .methods import METHODS, check_overdispersion, method_for
from .nodes import Nodes, nodes_per_factor
from .problem import problem_of
from .values import Estimate, RandomEffects, Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..model.design import Design
    from ..model.notices import Notice
    from ..model.spec import ModelSpec
    from .method import Start
    from .values import Floats

__all__ = [
    "METHODS",
    "Control",
    "Draws",
    "Estimate",
    "Nodes",
    "Prior",
    "RandomEffects",
    "Record",
    "SamplerControl",
    "conditional_modes",
    "estimate",
    "gradient",
    "loglik",
    "pair",
    "part_of",
    "row_derivatives",
    "start",
]


def estimate(
    design: Design,
    *,
    method: str = "auto",
    nodes: Nodes | None = None,
    start: Start | None = None,
    control: Control | SamplerControl | Mapping[str, Any] | None = None,
    priors: Mapping[str, Any] | None = None,
    seed: int | None = None,
) -> Estimate:
    """Estimate a model.

    Parameters
    ----------
    design : Design
        The model as arrays.
    method : str, default "auto"
        "auto" or a name in the table of methods.
    nodes : int, mapping or sequence, optional
        Quadrature points per random effect, for "agq" and "ghq": one number, or one for each
        grouping factor (`nodes_per_factor`). Given with "auto" it means "agq".
    start : pair of ndarray, optional
        Coefficients of all predictors, and theta, to begin from.
    control : Control, SamplerControl or mapping, optional
        Limits and tolerances.
    priors : mapping of str to str, optional
        Priors by term, for "mcmc".
    seed : int, optional
        Seed of the random numbers, for "mcmc".

    Returns
    -------
    Estimate

    Raises
    ------
    ArgumentError, NotAvailableError
        For an unknown method, or one that cannot take this model.
    """
    automatic = method == "auto" and nodes is None
    row = None if automatic else method_for("agq" if method == "auto" else method, design)
    _check_bayesian(row, method, priors=priors, seed=seed)
    kind = Control if row is None else row.control
    request = Request(nodes, start, as_control(control, kind), priors, seed)
    if row is None:
        check_overdispersion(method, design)
        return explained(design, fit_auto(design, request), request.control, find_separation)
    _check_nodes(row, design, nodes)
    if row.bayesian and start is not None:
        raise ArgumentError(
            "start= goes with a method that searches: chains of 'mcmc' begin at draws from an "
            "approximation of the posterior. Leave it out."
        )
    design = row.part(design)
    found = row.fit(design, request)
    if row.bayesian:
        return found
    return explained(design, found, request.control, row.separation)


def _check_bayesian(row: Method | None, method: str, **given: object) -> None:
    if row is not None and row.bayesian:
        return
    for name, value in given.items():
        if value is not None:
            raise ArgumentError(f"{name}= goes with method='mcmc', not with method='{method}'.")


def part_of(
    spec: ModelSpec, design: Design, method: str
) -> tuple[ModelSpec, Design, Sequence[Notice]]:
    """The part of a model whose parameters a method estimates: for most methods all of it.

    Parameters
    ----------
    spec : ModelSpec
    design : Design
    method : str

    Returns
    -------
    spec : ModelSpec
        Without the columns of the mean that are left out; its notes say why.
    design : Design
    notices : sequence of Notice
        The same, to be told once.

    Raises
    ------
    NotAvailableError
        If the method cannot take the model.
    """
    row = method_for(method, design) if method in METHODS else None
    part = design if row is None else row.part(design)
    if row is None or part is design:
        return spec, design, ()
    left = tuple(i for i, name in enumerate(design.x_names[0]) if name not in part.x_names[0])
    predictors = (spec.predictors[0].without(left), *spec.predictors[1:])
    notices = row.notices(design)
    notes = (*spec.notes, *(notice.sentence for notice in notices))
    return replace(spec, predictors=predictors, notes=notes), part, notices


def _check_nodes(row: Method, design: Design, nodes: Nodes | None) -> None:
    if nodes is None:
        return
    if not row.takes_nodes:
        able = " or ".join(f"method='{m.name}'" for m in METHODS.values() if m.takes_nodes)
        raise ArgumentError(f"nodes= goes with {able}, not with method='{row.name}'.")
    nodes_per_factor(design, nodes)


def loglik(
    design: Design,
    beta: Floats,
    theta: Floats,
    *,
    method: str = "laplace",
    nodes: Nodes | None = None,
) -> float:
    """Log-likelihood at given parameters; minus infinity outside the domain.

    Parameters
    ----------
    design : Design
        The model as arrays.
    beta, theta : ndarray
        Coefficients of all predictors; entries of the Cholesky factors, absolute scale.
    method : str, default "laplace"
        How the random effects are integrated out.
    nodes : int, mapping or sequence, optional
        Quadrature points per random effect, for "agq" and "ghq".
    """
    row = method_for(method, design)
    _check_nodes(row, design, nodes)
    return row.loglik(row.part(design), beta, theta, nodes)[0]


def gradient(
    design: Design,
    beta: Floats,
    theta: Floats,
    *,
    method: str = "laplace",
    nodes: Nodes | None = None,
) -> Floats:
    """Exact gradient of `loglik` by (beta, theta).

    Raises
    ------
    NotAvailableError
        For "reml", whose criterion is profiled.
    """
    row = method_for(method, design)
    _check_nodes(row, design, nodes)
    result = row.loglik(row.part(design), beta, theta, nodes)[1]
    if result is None:
        raise NotAvailableError(f"method='{method}' has no gradient by (beta, theta).")
    return result


def start(design: Design) -> Start:
    """Starting values (beta, theta) by penalized quasi-likelihood."""
    return problem_of(design).start()


def conditional_modes(design: Design, beta: Floats, theta: Floats) -> tuple[Floats, ...]:
    """Conditional modes of the random effects at given parameters.

    Parameters
    ----------
    design : Design
        The model as arrays.
    beta, theta : ndarray
        Coefficients of all predictors; entries of the Cholesky factors, absolute scale.

    Returns
    -------
    tuple of ndarray, shape (levels, columns)
        One for each random-effects term.
    """
    if not design.terms:
        return ()
    found = problem_of(design).posterior(beta, theta)
    return tuple(
        mode.reshape(design.factors[term.factor].n_levels, term.size)
        for term, (mode, *_) in zip(design.terms, found, strict=True)
    )


def pair(predictors: int, a: Any, b: Any) -> Any:
    """Where the weight of two linear predictors stands in the packed upper triangle."""
    low, high = np.minimum(a, b), np.maximum(a, b)
    return low * predictors - low * (low + 1) // 2 + high


def row_derivatives(design: Design, etas: tuple[Floats, ...]) -> tuple[Floats, Floats, Floats]:
    """Log-density, scores and observed weights of every row at given linear predictors.

    Parameters
    ----------
    design : Design
        The model as arrays.
    etas : tuple of ndarray, shape (n,) each
        One linear predictor per predictor of the family.

    Returns
    -------
    l : ndarray, shape (n,)
        Log-density without the terms free of the parameters, times the prior weight.
    score : ndarray, shape (D, n)
        Derivatives by the linear predictors.
    weight : ndarray, shape (D (D + 1) / 2, n)
        Minus the second derivatives, upper triangle row by row.
    """
    value, score, weight = problem_of(design).row_derivatives(np.concatenate(etas))
    n = len(value)
    return value, score.reshape(-1, n), weight.reshape(-1, n)
