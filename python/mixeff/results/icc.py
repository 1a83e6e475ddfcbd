"""Intraclass correlations on the latent-response scale."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ..errors import NotAvailableError
from ..estimate.covariance import covariance_jacobians, covariance_matrices
from ..model.families import LINKS
from .parameters import critical_value, delta_se, theta_positions
from .variance import residual_component

if TYPE_CHECKING:
    from ..estimate.values import Estimate, Floats
    from ..model.design import Design, GroupingFactor, RandomTerm


def icc(design: Design, estimate: Estimate, level: float) -> dict[str, np.ndarray]:
    """Columns of ``Fit.icc()``: one row per grouping factor that carries random effects."""
    residual, residual_gradient = _residual(design, estimate)
    variance, gradient = _factor_variances(design, estimate)
    total = sum(variance.values(), residual)
    total_gradient = sum(gradient.values(), residual_gradient)
    rows = []
    for g in variance:
        above = [f for f in variance if f == g or nested(design.factors[g], design.factors[f])]
        part = sum(variance[f] for f in above)
        part_gradient = np.sum([gradient[f] for f in above], axis=0)
        slope = (part_gradient - part / total * total_gradient) / total
        se = float(delta_se(estimate, slope)[0])
        rows.append(
            (design.factors[g].name, part / total, se, *_logit_interval(part / total, se, level))
        )
    names = ("group", "icc", "se", "lower", "upper")
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    kinds = (object, float, float, float, float)
    return {
        name: np.array(column, dtype=kind)
        for name, column, kind in zip(names, columns, kinds, strict=True)
    }


def nested(inner: GroupingFactor, outer: GroupingFactor) -> bool:
    """True if every level of one factor lies within a single level of the other."""
    parent = np.empty(inner.n_levels, dtype=np.int64)
    parent[inner.codes] = outer.codes
    return bool((parent[inner.codes] == outer.codes).all())


def _residual(design: Design, estimate: Estimate) -> tuple[float, Floats]:
    family, link = design.distribution, LINKS[design.link]
    if family.is_binary and link.latent_variance is not None:
        return link.latent_variance, np.zeros(len(estimate.cov))
    component = residual_component(design, estimate)
    if component is not None and (design.family, design.link) in RESIDUAL_IS_LATENT:
        return component.value, component.gradient
    raise NotAvailableError(
        f"icc() is defined on the scale of a latent response, which a {design.family} model with "
        f"{design.link} link does not have; it has one for binary families (logit, probit, "
        "cloglog, loglog) and for the linear model with one residual variance."
    )


RESIDUAL_IS_LATENT = {("gaussian", "identity"), ("censored_gaussian", "identity")}


def _factor_variances(
    design: Design, estimate: Estimate
) -> tuple[dict[int, float], dict[int, Floats]]:
    """Mean over the rows of z' Sigma z, by grouping factor, with its gradient."""
    variance: dict[int, float] = {}
    gradient: dict[int, Floats] = {}
    blocks = zip(
        design.terms,
        covariance_matrices(design, estimate.theta),
        covariance_jacobians(design, estimate.theta),
        theta_positions(design),
        strict=True,
    )
    for term, sigma, jacobian, part in blocks:
        second_moment = _second_moment(term, design.n)
        slope = np.zeros(len(estimate.cov))
        slope[part] = np.einsum("kij,ij->k", jacobian, second_moment)
        g = term.factor
        variance[g] = variance.get(g, 0.0) + float((sigma * second_moment).sum())
        gradient[g] = gradient.get(g, 0.0) + slope
    return variance, gradient


def _second_moment(term: RandomTerm, n: int) -> Floats:
    """Mean of z z' over the rows, the effects in other predictors left out."""
    if term.z is None:
        return np.array([[float(term.is_of_mean)]])
    z = term.z * (np.array(term.places) == 0)
    return z.T @ z / n


def _logit_interval(share: float, se: float, level: float) -> tuple[float, float]:
    if not 0.0 < share < 1.0:
        return math.nan, math.nan
    center, half = (
        math.log(share / (1.0 - share)),
        critical_value(level) * se / (share * (1.0 - share)),
    )
    return _expit(center - half), _expit(center + half)


def _expit(x: float) -> float:
    return 0.5 * (1.0 + math.tanh(0.5 * x))
