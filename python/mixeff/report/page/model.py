"""A fit as the numbers that a page predicts from; `assets/predict.js` says how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import NotAvailableError
from ...estimate.covariance import covariance_matrices, entries, theta_slices
from ...model.families import FAMILIES, LINKS
from ...predict.targets import target_of
from ...results.linear import fixed_part, random_variance, require_places
from ...results.parameters import beta_slices, critical_value
from ...results.tables import predictor_name
from .inputs import Covariates
from .phrases import core_of
from .plans import Plans, of_expression, short

if TYPE_CHECKING:
    from ...model.families import Family
    from ...results.fit import FitResults

Json = dict[str, Any]

# What predict.js knows: families whose mean is not their first parameter, counts whose probability
# of zero it has in closed form, what may be done to a family, families with categories.
MEANS = {"lognormal", "weibull", "ordered_beta", "zero_one_inflated_beta"}
ZEROS = {"poisson", "nb2", "nb1", "genpois"}
MODIFIERS = {"zero_truncated", "zero_inflated", "hurdle"}
CATEGORIES = {
    "cumulative", "adjacent", "sequential", "sequential_backward", "multinomial", "duration",
}  # fmt: skip
CURVE_POINTS = 801
MOST_PARAMETERS = 150  # whose covariance matrix a page holds


def page_model(fit: FitResults, level: float = 0.95) -> Json:
    """All that a page needs to predict.

    Parameters
    ----------
    fit : FitResults
    level : float
        Coverage of the intervals.

    Returns
    -------
    dict
        ``inputs`` (the covariates), ``predictors`` (columns, coefficients, offsets), ``random``
        (columns and covariance matrix of each term), ``link``, ``response``, ``held`` (covariates
        that cannot be moved), ``uncertainty`` (for intervals; None where there are none).

    Raises
    ------
    NotAvailableError
        For a fit that does not place rows, and for a response whose mean a page cannot compute.
    """
    require_places(fit.estimate)
    if fit.design.distribution.has_cases:
        raise NotAvailableError(
            "the chance of an alternative depends on the others of its case; "
            "fit.predict(data, kind='marginal') compares cases."
        )
    answer = _response(fit)
    if answer is None:
        raise NotAvailableError(
            f"a page cannot compute the mean of a {fit.spec.family} response with such predictors; "
            "fit.predict() does."
        )
    covariates = Covariates(fit)
    plans = Plans(covariates)
    predictors = _predictors(fit, covariates, plans)
    random = _random(fit, plans)
    inputs = [one for one in covariates.inputs() if one["name"] not in plans.held]
    return {
        "inputs": inputs,
        "held": {name: covariates.typical()[name] for name in sorted(plans.held)},
        "predictors": predictors,
        "random": random,
        "link": fit.design.link,
        "response": answer,
        "uncertainty": _uncertainty(fit, level) if answer["kind"] != "curve" else None,
    }


def _uncertainty(fit: FitResults, level: float) -> Json | None:
    """Covariances of (beta, theta), those of parameters on the boundary zero, and the intervals'.

    Rows of the lower triangle, one after the other.
    """
    cov = fit.estimate.cov
    if np.isnan(cov).all() or len(cov) > MOST_PARAMETERS:
        return None
    lower = np.nan_to_num(cov, nan=0.0)[np.tril_indices(len(cov))]
    line = target_of(fit.design, "response", averaged=True).line
    return {"cov": short(lower), "critical": critical_value(level), "line": line.name}


def _predictors(fit: FitResults, covariates: Covariates, plans: Plans) -> list[Json]:
    family, found = fit.design.distribution, []
    for d, part in enumerate(beta_slices(fit.design)):
        parameter = family.further[d - 1] if d else None
        found.append(
            {
                "name": predictor_name(fit.design, d),
                "columns": plans.of(fit.spec.predictors[d]),
                "beta": fit.estimate.beta[part].tolist(),
                "offset": [of_expression(one) for one in covariates.offsets(d)],
                "link": "identity" if parameter is None else parameter.link,
                "shift": 0.0 if parameter is None else parameter.shift,
            }
        )
    return found


def _random(fit: FitResults, plans: Plans) -> list[Json]:
    matrices = covariance_matrices(fit.design, fit.estimate.theta)
    parts = theta_slices(fit.design)
    return [
        {
            "columns": [column for _, matrix in spec.pieces for column in plans.of(matrix)],
            "places": list(term.places),
            "sigma": sigma.tolist(),
            "theta": fit.estimate.theta[part].tolist(),
            "entries": np.column_stack(entries(term)).tolist(),
            "group": fit.design.factors[term.factor].name,
        }
        for spec, term, sigma, part in zip(
            fit.spec.random, fit.design.terms, matrices, parts, strict=True
        )
    ]


# The response ---------------------------------------------------------------------------------


def _response(fit: FitResults) -> Json | None:
    family = fit.design.distribution
    core = core_of(family)
    answer: Json = {"core": core, "modifiers": [], "mapping": None}
    if family.categories is not None:
        answer |= {"kind": "categories", "mapping": family.mapping, "labels": _labels(fit)}
        answer["ordered"] = family.categories.ordered
        return answer if core in CATEGORIES else None
    if family.expectation is None:
        return answer | {"kind": "mean", "core": ""}
    if _is_known(family, core):
        return answer | {"kind": "mean", "modifiers": list(family.modifiers)}
    return _curve(fit)


def _labels(fit: FitResults) -> list[str]:
    kind, labels = fit.design.distribution.categories, [str(x) for x in fit.design.categories]
    return [*labels, "later"] if kind is not None and kind.timed else labels


def _is_known(family: Family, core: str) -> bool:
    """Whether predict.js computes the mean."""
    plain = FAMILIES.get(core)
    if plain is None or not set(family.modifiers) <= MODIFIERS:
        return False
    mean = plain.expectation is None or core in MEANS
    return mean and ("zero_truncated" not in family.modifiers or core in ZEROS)


def _curve(fit: FitResults) -> Json | None:
    """The mean tabulated along the first linear predictor, where nothing else moves it."""
    design, beta = fit.design, fit.estimate.beta
    lone = all(len(names) == 1 for names in design.x_names[1:]) and not any(
        o is not None for o in design.offset[1:]
    )
    if not lone or any(not term.is_of_mean for term in design.terms):
        return None
    s = float(np.sqrt(random_variance(design, fit.estimate).max(initial=0.0)))
    eta = fixed_part(design, fit.estimate)
    grid = np.linspace(eta.min() - 9.0 * s - 1.0, eta.max() + 9.0 * s + 1.0, CURVE_POINTS)
    others = tuple(np.full(CURVE_POINTS, beta[p.start]) for p in beta_slices(design)[1:])
    family, link = design.distribution, LINKS[design.link]
    values = family.mean_of_trial(family.parameters(link, grid, others))
    axes = [{"name": "eta", "points": grid.tolist(), "exact": False}]
    return {"kind": "curve", "table": {"axes": axes, "values": values.tolist()}}
