"""Maximum likelihood with the random effects integrated out, by Laplace or by quadrature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ArgumentError
from .method import Method, Request, checked_start, estimate_of
from .neutral import has_neutral_start, is_suspect, neutral_start
from .nodes import shortest
from .problem import problem_of
from .values import Estimate

if TYPE_CHECKING:
    from ..model.design import Design
    from .control import Control
    from .method import Start
    from .nodes import Nodes
    from .values import Floats


BETTER = 1e-6
"""Log-likelihood by which a second search must be better."""


def fit_marginal(
    design: Design,
    nodes: Sequence[int] | None,
    start: Start | None,
    control: Control,
    *,
    method: str,
    adaptive: bool = True,
    metric: Floats | None = None,
    expanded: bool = False,
) -> tuple[Estimate, Floats]:
    """Fit by Laplace (``nodes=None``) or quadrature; the estimate and its final metric.

    Parameters
    ----------
    design : Design
        The model as arrays.
    nodes : sequence of int, optional
        Points per random effect, one number for each grouping factor.
    start : pair of ndarray, optional
        Coefficients of all predictors, and theta, to begin from.
    control : Control
        Limits and tolerances.
    method : str
        Name for the estimate to bear.
    adaptive : bool, default True
        Whether the nodes lie about the mode; else about zero.
    metric : ndarray, optional
        Approximate Hessian at the start.
    expanded : bool, default False
        Whether Laplace's approximation has its terms of sixth order.
    """

    def search(start: Start | None) -> tuple[Estimate, Floats]:
        began = perf_counter()
        try:
            numbers = problem_of(design).fit(
                nodes=nodes,
                adaptive=adaptive,
                start=None if start is None else checked_start(design, start),
                metric=metric,
                penalty=penalty_precisions(design, control.penalty),
                max_evaluations=control.max_evaluations,
                tolerance=control.tolerance,
                progress=control.progress,
                expanded=expanded,
            )
        except FloatingPointError:
            raise ArgumentError(
                "The likelihood cannot be evaluated at the starting values: some mean lies outside "
                f"the domain of the {design.link} link. Give feasible values with start=(beta, "
                "theta), or use another link."
            ) from None
        used = None if nodes is None else shortest(nodes)
        return estimate_of(numbers, method, used, perf_counter() - began), numbers["metric"]

    return search(start) if start is not None else _searched(design, search)


def _searched(
    design: Design, search: Callable[[Start | None], tuple[Estimate, Floats]]
) -> tuple[Estimate, Floats]:
    """From the usual start; where that may have led astray, from a neutral one, too."""
    try:
        found = search(None)
    except ArgumentError:
        if not has_neutral_start(design):
            raise
        return search(neutral_start(design))
    if not is_suspect(design, found[0]):
        return found
    try:
        again = search(neutral_start(design))
    except ArgumentError:
        return found
    return again if again[0].llf > found[0].llf + BETTER else found


def penalty_precisions(design: Design, penalty: float | None) -> Floats | None:
    """Precisions of the normal prior on the coefficients that ``Control.penalty`` stands for.

    Gelman et al. (2008): a covariate is scaled to standard deviation 1/2 before the prior with
    standard deviation `penalty` applies; constants, and all other predictors, are left free.
    """
    if penalty is None:
        return None
    free = design.n_beta - design.fixed[0].shape[1]
    sd = np.array([column.std() for column in design.fixed[0].columns])
    return np.concatenate([(2 * sd / penalty) ** 2, np.zeros(free)])


def loglik_marginal(
    design: Design,
    beta: Floats,
    theta: Floats,
    nodes: Sequence[int] | None = None,
    *,
    adaptive: bool = True,
    expanded: bool = False,
) -> tuple[float, Floats]:
    """Log-likelihood and gradient; minus infinity outside the domain."""
    beta, theta = checked_start(design, (beta, theta))
    try:
        return problem_of(design).evaluate(beta, theta, nodes, adaptive, expanded)
    except FloatingPointError:
        return -np.inf, np.full(len(beta) + len(theta), np.nan)


def _fit_laplace(design: Design, request: Request) -> Estimate:
    return fit_marginal(design, None, request.start, request.control, method="laplace")[0]


def loglik_laplace(
    design: Design, beta: Floats, theta: Floats, _: Nodes | None
) -> tuple[float, Floats]:
    """Laplace's log-likelihood with its gradient."""
    return loglik_marginal(design, beta, theta)


LAPLACE = Method("laplace", _fit_laplace, loglik_laplace)
