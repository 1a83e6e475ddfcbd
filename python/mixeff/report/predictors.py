"""The linear predictors as readers see them: tables, their titles, the names of their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..results.tables import group_of, predictor_name, shown_predictors

if TYPE_CHECKING:
    from ..results.fit import FitResults


def grouped(fit: FitResults) -> list[list[int]]:
    """The predictors with a table of coefficients, those of one group (thresholds) together."""
    groups: dict[str, list[int]] = {}
    for d in shown_predictors(fit.design):
        if fit.design.x_names[d]:
            groups.setdefault(group_of(fit.design, d) or f"{d}", []).append(d)
    return list(groups.values())


def row_names(fit: FitResults, d: int) -> list[str]:
    """Names of coefficients; of a predictor in a group with the predictor's own."""
    names = [str(name) for name in fit.design.x_names[d]]
    if group_of(fit.design, d) is None:
        return names
    own = predictor_name(fit.design, d)
    return [own if name == "Intercept" else f"{own}: {name}" for name in names]


def title_of(fit: FitResults, d: int) -> str:
    """What a table of coefficients is about."""
    kind, name = fit.design.distribution, predictor_name(fit.design, d)
    if kind.categories is not None and not kind.categories.ordered:
        return f"Fixed effects: {name} against {fit.design.categories[0]}"
    if d == 0:
        return "Fixed effects"
    group, link = group_of(fit.design, d), kind.further[d - 1].link
    return group.capitalize() if group else f"Fixed effects of the {name} ({link} scale)"


def ratio_of(fit: FitResults, d: int) -> str | None:
    """Name of the exponential of a coefficient of a predictor; None where it has no meaning."""
    family = fit.design.distribution
    if d == 0 or family.further[d - 1].argument == "formula":  # has the model's own formula
        return family.ratio_name(fit.design.link)
    return RATIOS.get(family.further[d - 1].link)


RATIOS = {"log": "Ratio", "logit": "Odds ratio"}
