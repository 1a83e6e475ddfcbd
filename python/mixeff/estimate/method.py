"""What a method of estimation is, and what all of them share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentError
from ..model.separation import find_separation
from .control import Control
from .nodes import Nodes
from .values import Estimate, RandomEffects, Record

if TYPE_CHECKING:
    from ..model.design import Design
    from ..model.notices import Notice
    from .values import Floats

Start = tuple["Floats", "Floats"]


@dataclass(frozen=True)
class Request:
    """What the user asks of a method, beyond its name.

    Attributes
    ----------
    nodes : int, mapping, sequence or None
        Quadrature points per random effect.
    start : tuple of ndarray or None
        ``(beta, theta)`` to begin from.
    control : Control or SamplerControl
        Limits and tolerances, of the class that the method names.
    priors : mapping or None
        Priors by term, for a Bayesian method.
    seed : int or None
        Seed of the random numbers, for a Bayesian method.
    """

    nodes: Nodes | None = None
    start: Start | None = None
    control: Any = field(default_factory=Control)
    priors: Mapping[str, Any] | None = None
    seed: int | None = None


def takes_all(design: Design) -> None:
    """For a method that takes every model."""


def whole(design: Design) -> Design:
    """For a method that estimates all parameters of a model."""
    return design


def nothing_left_out(design: Design) -> Sequence[Notice]:
    """For a method that estimates all parameters of a model."""
    return ()


@dataclass(frozen=True)
class Method:
    """A way to estimate.

    Attributes
    ----------
    name : str
        The word for it.
    fit : callable
        ``fit(design, request) -> Estimate``; called for models that the method takes only.
    loglik : callable
        ``loglik(design, beta, theta, nodes)``: value and gradient by (beta, theta), or the value
        alone where there is no gradient.
    takes_nodes : bool
        Whether ``nodes=`` means something.
    takes_overdispersion : bool
        Whether it can estimate phi for ``dispersion="estimate"``.
    has_likelihood : bool
        Whether its estimates come with a log-likelihood.
    refuses : callable
        ``refuses(design)``: why it cannot take a model, as the end of a sentence that begins with
        its name ("needs exactly one grouping factor and this model has 2"); None if it can.
    part : callable
        ``part(design) -> Design``: what it estimates of a model that it takes; all by default.
    notices : callable
        ``notices(design)``: what it leaves out, and why.
    separation : callable
        ``separation(design)``: in words (by ``str``), the covariates whose estimates are infinite;
        None if there are none.
    places_rows : bool
        Whether the estimates say where the linear predictor of a row lies, so that there are
        fitted values and predictions.
    control : type
        The class of its settings.
    bayesian : bool
        Whether it takes priors and a seed, and hands back draws.
    """

    name: str
    fit: Callable[[Design, Request], Estimate]
    loglik: Callable[[Design, Floats, Floats, Nodes | None], tuple[float, Floats | None]]
    takes_nodes: bool = False
    takes_overdispersion: bool = False
    has_likelihood: bool = True
    refuses: Callable[[Design], str | None] = takes_all
    part: Callable[[Design], Design] = whole
    notices: Callable[[Design], Sequence[Notice]] = nothing_left_out
    separation: Callable[[Design], object | None] = find_separation
    places_rows: bool = True
    control: type = Control
    bayesian: bool = False


def checked_start(design: Design, start: Start) -> Start:
    """Starting values as arrays of the right lengths, or an error that says the lengths."""
    try:
        beta, theta = (np.ascontiguousarray(part, dtype=np.float64) for part in start)
    except (TypeError, ValueError):
        raise ArgumentError("start must be a pair (beta, theta) of arrays of numbers.") from None
    n_beta = design.n_beta
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


def estimate_of(
    numbers: Mapping[str, Any],
    method: str,
    nodes: int | tuple[int, ...] | None,
    seconds: float,
) -> Estimate:
    """The `Estimate` in the numbers that the core hands back."""
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
