"""The table of estimation methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentError, NotAvailableError
from .problem import problem_of
from .values import Estimate, RandomEffects, Record

if TYPE_CHECKING:
    from ..model.design import Design
    from .control import Control
    from .values import Floats

Start = tuple["Floats", "Floats"]

MOST_EFFECTS = 5
"""Random effects per level up to which quadrature is offered."""

DEFAULT_NODES = (15, 9, 7, 5, 5)
"""Nodes of ``method="agq"`` for 1 to 5 random effects per level."""

MOST_POINTS = 20_000
"""Points of a product rule beyond which a fit would take days."""


@dataclass(frozen=True)
class Method:
    """A way to estimate.

    Attributes
    ----------
    name : str
        The word for it.
    fit : callable
        ``fit(design, nodes, start, control) -> Estimate``.
    takes_nodes : bool
        Whether ``nodes=`` means something.
    loglik : callable
        ``loglik(design, beta, theta, nodes)``: value and gradient by (beta, theta), or the value
        alone where there is no gradient.
    """

    name: str
    fit: Callable[[Design, int | None, Start | None, Control], Estimate]
    takes_nodes: bool
    loglik: Callable[[Design, Floats, Floats, int | None], tuple[float, Floats | None]]


def effects_per_level(design: Design) -> int:
    """Random effects per level of the only grouping factor; 0 if there is none or several."""
    return problem_of(design).quadrature_dimension


def is_linear(design: Design) -> bool:
    """Whether the profiled criteria of linear mixed models apply."""
    plain = (design.family, design.link) == ("gaussian", "identity")
    return plain and len(design.x) == 2 and _is_lone_intercept(design)


def _is_lone_intercept(design: Design) -> bool:
    dispersion = design.x[1]
    random = any(term.predictor for term in design.terms)
    offset = design.offset[1] is not None
    return not random and not offset and dispersion.shape[1] == 1 and bool(np.all(dispersion == 1))


def fit_marginal(
    design: Design,
    nodes: int,
    start: Start | None,
    control: Control,
    *,
    method: str,
    metric: Floats | None = None,
) -> tuple[Estimate, Floats]:
    """Fit by Laplace (one node) or adaptive quadrature; the estimate and its final metric."""
    began = perf_counter()
    try:
        numbers = problem_of(design).fit(
            nodes=nodes,
            start=None if start is None else _checked(design, start),
            metric=metric,
            penalty=penalty_precisions(design, control.penalty),
            max_evaluations=control.max_evaluations,
            tolerance=control.tolerance,
            progress=control.progress,
        )
    except FloatingPointError:
        raise ArgumentError(
            "The likelihood cannot be evaluated at the starting values: some mean lies outside the "
            f"domain of the {design.link} link. Give feasible values with start=(beta, theta), or "
            "use another link."
        ) from None
    used = nodes if method == "agq" else None
    return _estimate(numbers, method, used, perf_counter() - began), numbers["metric"]


def penalty_precisions(design: Design, penalty: float | None) -> Floats | None:
    """Precisions of the normal prior on the coefficients that ``Control.penalty`` stands for.

    Gelman et al. (2008): a covariate is scaled to standard deviation 1/2 before the prior with
    standard deviation `penalty` applies; constants, and all other predictors, are left free.
    """
    if penalty is None:
        return None
    free = sum(x.shape[1] for x in design.x[1:])
    sd = design.x[0].std(axis=0)
    return np.concatenate([(2 * sd / penalty) ** 2, np.zeros(free)])


def _checked(design: Design, start: Start) -> Start:
    try:
        beta, theta = (np.ascontiguousarray(part, dtype=np.float64) for part in start)
    except (TypeError, ValueError):
        raise ArgumentError("start must be a pair (beta, theta) of arrays of numbers.") from None
    n_beta = sum(x.shape[1] for x in design.x)
    if beta.shape != (n_beta,) or theta.shape != (n_theta(design),):
        raise ArgumentError(
            f"start must be a pair (beta, theta) with {n_beta} and {n_theta(design)} entries, not "
            f"{beta.size} and {theta.size}."
        )
    return beta, theta


def n_theta(design: Design) -> int:
    """Number of covariance parameters."""
    from .covariance import theta_slices

    slices = theta_slices(design)
    return slices[-1].stop if slices else 0


def _estimate(
    numbers: Mapping[str, Any], method: str, nodes: int | None, seconds: float
) -> Estimate:
    path = {
        "evaluation": numbers["path_evaluation"].astype(np.int64),
        "objective": numbers["path_objective"],
        "gradient_norm": numbers["path_gradient"],
        "step": numbers["path_step"],
    }
    norm = path["gradient_norm"][-1] if len(path["gradient_norm"]) else float("nan")
    return Estimate(
        method=method,
        requested=method,
        nodes=nodes,
        integration_error=None,
        beta=numbers["beta"],
        theta=numbers["theta"],
        cov=numbers["cov"],
        llf=numbers["llf"],
        random=tuple(RandomEffects(*parts) for parts in numbers["random"]),
        converged=numbers["converged"],
        singular=numbers["singular"],
        reason=numbers["reason"],
        record=Record(numbers["start"], path, numbers["evaluations"], float(norm), seconds),
    )


def _fit_laplace(
    design: Design, nodes: int | None, start: Start | None, control: Control
) -> Estimate:
    return fit_marginal(design, 1, start, control, method="laplace")[0]


def _fit_agq(design: Design, nodes: int | None, start: Start | None, control: Control) -> Estimate:
    nodes = quadrature_nodes(design, nodes)
    return fit_marginal(design, nodes, start, control, method="agq")[0]


def quadrature_nodes(design: Design, nodes: int | None) -> int:
    """The number of nodes to use, or an error that says why quadrature cannot be had."""
    p = effects_per_level(design)
    if p == 0:
        raise NotAvailableError(
            f"method='agq' needs exactly one grouping factor and this model has "
            f"{len(design.factors)}; use method='laplace'."
        )
    if p > MOST_EFFECTS:
        raise NotAvailableError(
            f"method='agq' takes up to {MOST_EFFECTS} random effects per level and this model has "
            f"{p}; use method='laplace'."
        )
    nodes = DEFAULT_NODES[p - 1] if nodes is None else nodes
    if nodes**p > MOST_POINTS:
        most = int(MOST_POINTS ** (1 / p))
        raise ArgumentError(
            f"nodes={nodes} makes {nodes**p:,} points for {p} random effects per level; at most "
            f"{most} nodes are sensible."
        )
    return nodes


def _fit_gaussian(reml: bool, name: str) -> Callable[..., Estimate]:
    def fit(design: Design, nodes: int | None, start: Start | None, control: Control) -> Estimate:
        _require_linear(design, name)
        theta = None if start is None else _relative(*_checked(design, start))
        began = perf_counter()
        try:
            numbers = problem_of(design).fit_gaussian(
                reml=reml,
                start=theta,
                max_evaluations=control.max_evaluations,
                tolerance=control.tolerance,
                progress=control.progress,
            )
        except FloatingPointError:
            raise ArgumentError(
                "The residual variance is zero: the fixed effects reproduce the response exactly, "
                "so that there is nothing left to estimate a variance from."
            ) from None
        return _estimate(numbers, name, None, perf_counter() - began)

    return fit


def _require_linear(design: Design, name: str) -> None:
    if not is_linear(design):
        raise NotAvailableError(
            f"method='{name}' is for the gaussian family with the identity link and one residual "
            f"variance, not for {design.family} with the {design.link} link or a dispersion "
            "formula; use method='laplace' (exact for gaussian identity models), 'agq' or 'auto'."
        )


def _relative(beta: Floats, theta: Floats) -> Floats:
    """Theta in units of the residual standard deviation, away from the stationary zero."""
    relative = theta / np.exp(beta[-1])
    return np.where(relative == 0.0, 0.05, relative)


def _loglik_marginal(
    design: Design, beta: Floats, theta: Floats, nodes: int | None
) -> tuple[float, Floats]:
    try:
        return problem_of(design).evaluate(*_checked(design, (beta, theta)), nodes or 1)
    except FloatingPointError:
        return -np.inf, np.full(len(beta) + len(theta), np.nan)


def _loglik_agq(
    design: Design, beta: Floats, theta: Floats, nodes: int | None
) -> tuple[float, Floats]:
    return _loglik_marginal(design, beta, theta, quadrature_nodes(design, nodes))


def _loglik_reml(
    design: Design, beta: Floats, theta: Floats, nodes: int | None
) -> tuple[float, None]:
    """The REML log-likelihood; of the coefficients it depends on the residual SD alone."""
    _require_linear(design, "reml")
    beta, theta = _checked(design, (beta, theta))
    sigma2 = np.exp(2 * beta[-1])
    profiled, best, df = problem_of(design).profile(theta / np.sqrt(sigma2), True)
    excess = df * (np.log(sigma2 / best) + best / sigma2 - 1)
    return float(profiled - 0.5 * excess), None


METHODS: Mapping[str, Method] = {
    row.name: row
    for row in (
        Method("laplace", _fit_laplace, takes_nodes=False, loglik=_loglik_marginal),
        Method("agq", _fit_agq, takes_nodes=True, loglik=_loglik_agq),
        Method("ml", _fit_gaussian(False, "ml"), takes_nodes=False, loglik=_loglik_marginal),
        Method("reml", _fit_gaussian(True, "reml"), takes_nodes=False, loglik=_loglik_reml),
    )
}
