"""The table of estimation methods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..errors import ArgumentError, NotAvailableError
from .bayes.method import MCMC
from .conditional import CONDITIONAL
from .laplace6 import LAPLACE6
from .linear import ML, REML
from .marginal import LAPLACE
from .method import Method
from .quadrature import AGQ, GHQ
from .quasi import MQL1, MQL2, PQL1, PQL2

if TYPE_CHECKING:
    from ..model.design import Design

_ROWS = (LAPLACE, AGQ, GHQ, LAPLACE6, ML, REML, CONDITIONAL, PQL1, PQL2, MQL1, MQL2, MCMC)

METHODS: Mapping[str, Method] = {row.name: row for row in _ROWS}


def method_for(name: str, design: Design) -> Method:
    """The method of that name, if it takes the model.

    Raises
    ------
    NotAvailableError
        For an unknown name, and for a model that the method cannot take; then it says why and
        names the methods that can.
    ArgumentError
        For ``dispersion="estimate"`` with a method that has no place for it.
    """
    if name not in METHODS:
        known = ", ".join(["auto", *METHODS])
        raise NotAvailableError(f"method={name!r} is not one of the methods: {known}.")
    check_overdispersion(name, design)
    why = METHODS[name].refuses(design)
    if why is not None:
        others = [f"'{row.name}'" for row in METHODS.values() if row.refuses(design) is None]
        raise NotAvailableError(
            f"method='{name}' {why}; methods that take this model: {', '.join(others)}."
        )
    return METHODS[name]


def takes(name: str, design: Design) -> bool:
    """Whether the method of that name takes the model."""
    row = METHODS[name]
    fits = row.takes_overdispersion or not design.overdispersed
    return fits and row.refuses(design) is None


def check_overdispersion(name: str, design: Design) -> None:
    """Raise for ``dispersion="estimate"`` where the method goes by a likelihood."""
    takes = [row.name for row in METHODS.values() if row.takes_overdispersion]
    if design.overdispersed and name not in takes:
        raise ArgumentError(
            'dispersion="estimate" multiplies the variance of the response by phi, which leaves no '
            f"likelihood for method='{name}'; methods that take it: {', '.join(takes)}."
        )
