"""The variance partition: what share of the variance lies where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import NotAvailableError
from ..estimate.covariance import covariance_matrices
from ..model.families import LINKS
from ..predict import predict
from ..results.linear import fixed_part, parameters, quadratic_form, require_places
from ..results.variance import residual_component
from . import canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..results.fit import FitResults

    Columns = dict[str, np.ndarray]

COVARIATES, RESIDUAL = "Covariates", "Residual"


def variance_data(fit: FitResults, covariates: bool) -> Columns:
    """Variance of the linear predictor by source, and of the response given it, with shares.

    A random slope counts by the mean of ``z' Sigma z`` over the rows. The residual is that of the
    latent response of a binary or cumulative model (``pi^2/3`` for the logit), the residual
    variance of a linear one, and ``log(1 + V(mu)/mu^2)`` at the mean response under a log link
    (Nakagawa, Johnson and Schielzeth 2017).
    """
    require_places(fit.estimate)
    parts: dict[str, float] = {}
    if covariates:
        parts[COVARIATES] = float(np.var(fixed_part(fit.design, fit.estimate)))
    sigmas = covariance_matrices(fit.design, fit.estimate.theta)
    for term, sigma in zip(fit.design.terms, sigmas, strict=True):
        name = fit.design.factors[term.factor].name
        if own := term.effects_of(0):
            share = float(np.mean(quadratic_form(term, sigma, own)))
            parts[name] = parts.get(name, 0.0) + share
    parts[RESIDUAL] = residual_variance(fit)
    variance = np.array(list(parts.values()))
    return {
        "component": np.array(list(parts), dtype=object),
        "variance": variance,
        "share": variance / variance.sum(),
    }


def residual_variance(fit: FitResults) -> float:
    """Variance of the response given the linear predictor, on the scale of the latter."""
    family, link = fit.design.distribution, LINKS[fit.design.link]
    latent = family.is_binary or (family.categories is not None and family.categories.latent)
    if latent and link.latent_variance is not None:
        return link.latent_variance
    residual = residual_component(fit.design, fit.estimate)
    if residual is not None and link.name == "identity":
        return residual.value
    if link.exponentiated and link.name == "log" and not family.is_binary:
        return _of_a_log_mean(fit)
    raise NotAvailableError(
        f"the linear predictor of family {fit.design.family!r} with link {fit.design.link!r} has "
        "no residual variance to compare with; binary and cumulative models have one (logit, "
        "probit, cloglog, loglog), the linear model, and models with a log link."
    )


def _of_a_log_mean(fit: FitResults) -> float:
    mean = np.full(fit.design.n, np.mean(predict(fit, kind="marginal")))
    p = parameters(fit.design, fit.estimate, np.log(mean))
    return float(
        np.mean(
            np.log1p(fit.design.distribution.variance(p) / fit.design.distribution.mean(p) ** 2)
        )
    )


def draw_variance(table: Columns, ax: Any = None) -> Figure:
    """One bar of parts that add up to one, each with its name and share."""
    figure, (axis,) = canvas.panels(1, canvas.COLUMN, 1.1, ax=ax)
    left = 0.0
    with canvas.styled():
        for name, share, colour in zip(
            table["component"], table["share"], _colours(table), strict=True
        ):
            text = f"{name} {100 * share:.0f} %"
            axis.barh(0.0, share, left=left, color=colour, ec="white", lw=0.8, label=text)
            left += share
        axis.set_xlim(0.0, 1.0)
        axis.set_yticks([])
        axis.spines["left"].set_visible(False)
        axis.set_xlabel("Share of the variance")
        above = {"loc": "lower left", "bbox_to_anchor": (0.0, 1.0), "borderaxespad": 0.2}
        axis.legend(ncols=2, handlelength=1.0, handleheight=1.0, **above)
    return figure


def _colours(table: Columns) -> list[str]:
    """Groups in colours, covariates in black, the residual in grey."""
    fixed = {COVARIATES: "#4D4D4D", RESIDUAL: "#D6D6D6"}
    groups = [name for name in table["component"] if name not in fixed]
    return [
        fixed.get(str(name)) or canvas.COLOURS[groups.index(name) % 6]
        for name in table["component"]
    ]
