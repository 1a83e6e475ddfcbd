"""The design of new data, with what predictions need of the response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..data import column_names
from ..errors import NewDataError
from ..formula import expression
from ..model import design_for_new_data
from ..model.choices import case_column
from ..model.inputs import GIVEN

if TYPE_CHECKING:
    from ..model.design import Design
    from ..results.fit import FitResults


def new_design(fit: FitResults, data: Any, new_levels: str, trials: bool = False) -> Design:
    """The design of new data.

    Parameters
    ----------
    fit : FitResults
    data : frame
    new_levels : {"error", "population"}
    trials : bool
        Whether numbers of trials, which stand with the response, are wanted where they are there.

    Returns
    -------
    Design

    Raises
    ------
    NewDataError
        For choices without their cases.
    """
    case = case_column(fit.spec.formula.response)
    if case is not None and case not in column_names(data):
        raise NewDataError(
            f"chances depend on the alternatives of a case: new data need the column {case!r}, "
            "which tells the cases apart, with a row for each alternative."
        )
    with_trials = trials and fit.design.trials is not None and _has_outcome(fit, data)
    return design_for_new_data(fit.spec, data, new_levels=new_levels, need_response=with_trials)


def _has_outcome(fit: FitResults, data: Any) -> bool:
    texts = fit.spec.formula.response.parts if fit.spec.formula.response else ()
    weights = fit.spec.weights
    if weights == GIVEN:
        return False
    names = [name for text in (*texts, weights) if text for name in expression(text).names]
    return set(names) <= set(column_names(data))
