"""ML and REML of linear mixed models, through the profiled criterion."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from ..core import is_constant
from ..errors import ArgumentError
from .marginal import loglik_laplace
from .method import Method, Request, checked_start, estimate_of
from .nodes import Nodes
from .problem import problem_of
from .values import Estimate

if TYPE_CHECKING:
    from ..model.design import Design
    from .values import Floats


def is_linear(design: Design) -> bool:
    """Whether the profiled criteria of linear mixed models apply."""
    plain = (design.family, design.link) == ("gaussian", "identity")
    return plain and len(design.fixed) == 2 and is_lone_intercept(design)


def is_lone_intercept(design: Design) -> bool:
    """Whether the second linear predictor is a constant."""
    dispersion = design.fixed[1]
    random = not all(term.is_of_mean for term in design.terms)
    offset = design.offset[1] is not None
    return not random and not offset and dispersion.shape[1] == 1 and _is_one(dispersion.columns[0])


def _is_one(column: Floats) -> bool:
    return is_constant(column) and column[0] == 1


def laplace_is_exact(design: Design) -> bool:
    """Whether the integrand is normal: a linear model of the mean, or no random effects."""
    linear = (design.family, design.link) == ("gaussian", "identity")
    return not design.terms or (linear and all(term.is_of_mean for term in design.terms))


def _fit_gaussian(reml: bool, name: str) -> Callable[..., Estimate]:
    def fit(design: Design, request: Request) -> Estimate:
        start, control = request.start, request.control
        theta = None if start is None else _relative(*checked_start(design, start))
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
        return estimate_of(numbers, name, None, perf_counter() - began)

    return fit


def _refuses_nonlinear(design: Design) -> str | None:
    if is_linear(design):
        return None
    return (
        "is for the gaussian family with the identity link and one residual variance, not for "
        f"{design.family} with the {design.link} link or a dispersion formula"
    )


def _relative(beta: Floats, theta: Floats) -> Floats:
    """Theta in units of the residual standard deviation, away from the stationary zero."""
    relative = theta / np.exp(beta[-1])
    return np.where(relative == 0.0, 0.05, relative)


def _loglik_reml(
    design: Design, beta: Floats, theta: Floats, nodes: Nodes | None
) -> tuple[float, None]:
    """The REML log-likelihood; of the coefficients it depends on the residual SD alone."""
    beta, theta = checked_start(design, (beta, theta))
    sigma2 = np.exp(2 * beta[-1])
    profiled, best, df = problem_of(design).profile(theta / np.sqrt(sigma2), True)
    excess = df * (np.log(sigma2 / best) + best / sigma2 - 1)
    return float(profiled - 0.5 * excess), None


ML = Method("ml", _fit_gaussian(False, "ml"), loglik_laplace, refuses=_refuses_nonlinear)
REML = Method("reml", _fit_gaussian(True, "reml"), _loglik_reml, refuses=_refuses_nonlinear)
