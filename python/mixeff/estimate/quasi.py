"""Quasi-likelihood, penalized (PQL) and marginal (MQL): a linear mixed model again and again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

from ..errors import ArgumentError, NotAvailableError
from .linear import is_lone_intercept
from .method import Method, Request, checked_start, estimate_of
from .problem import problem_of

if TYPE_CHECKING:
    from ..model.design import Design
    from .nodes import Nodes
    from .values import Estimate, Floats

NO_LIKELIHOOD = (
    "Quasi-likelihood has no log-likelihood, so there is no AIC and no likelihood-ratio test. With "
    "few rows per level and a binary response its variances are too small, and its coefficients "
    "with them."
)


def _fit_quasi(name: str, penalized: bool, second: bool) -> Callable[[Design, Request], Estimate]:
    def fit(design: Design, request: Request) -> Estimate:
        start, control = request.start, request.control
        if control.penalty is not None:
            raise ArgumentError(
                f"control: penalty= is a prior for a likelihood, which method='{name}' has not; "
                "leave it out, or use method='laplace'."
            )
        began = perf_counter()
        try:
            numbers = problem_of(design).fit_quasi(
                penalized=penalized,
                second=second,
                reml=control.working == "reml",
                estimate_phi=design.overdispersed,
                start=None if start is None else checked_start(design, start),
                max_evaluations=control.max_evaluations,
                tolerance=control.tolerance,
                progress=control.progress,
            )
        except FloatingPointError:
            raise ArgumentError(
                "The working model cannot be fitted at the starting values: some mean lies outside "
                f"the domain of the {design.link} link. Give feasible values with "
                "start=(beta, theta), or use another link."
            ) from None
        estimate = estimate_of(numbers, name, None, perf_counter() - began)
        scale, scale_se = numbers["scale"], numbers["scale_se"]
        return replace(estimate, scale=scale, scale_se=scale_se, notes=(NO_LIKELIHOOD,))

    return fit


def _refuses(design: Design) -> str | None:
    if not problem_of(design).has_variance_function:
        return (
            "needs a response that is told by its mean and variance, and the family "
            f"{design.family} is not"
        )
    if len(design.fixed) > 1 and not is_lone_intercept(design):
        return "takes one dispersion for all rows and this model has a formula for it"
    return None


def _no_loglik(name: str) -> Callable[..., tuple[float, Floats | None]]:
    def loglik(
        design: Design, beta: Floats, theta: Floats, nodes: Nodes | None
    ) -> tuple[float, Floats | None]:
        raise NotAvailableError(
            f"method='{name}' has no log-likelihood; method='laplace' gives one at any parameters."
        )

    return loglik


def _row(name: str, *, penalized: bool, second: bool) -> Method:
    return Method(
        name,
        _fit_quasi(name, penalized, second),
        _no_loglik(name),
        refuses=_refuses,
        takes_overdispersion=True,
        has_likelihood=False,
    )


PQL1 = _row("pql1", penalized=True, second=False)
PQL2 = _row("pql2", penalized=True, second=True)
MQL1 = _row("mql1", penalized=False, second=False)
MQL2 = _row("mql2", penalized=False, second=True)
