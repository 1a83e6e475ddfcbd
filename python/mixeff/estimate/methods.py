"""The table of estimation methods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..errors import NotAvailableError
from .conditional import CONDITIONAL
from .linear import ML, REML
from .marginal import LAPLACE
from .method import Method
from .quadrature import AGQ, GHQ

if TYPE_CHECKING:
    from ..model.design import Design

METHODS: Mapping[str, Method] = {
    row.name: row for row in (LAPLACE, AGQ, GHQ, ML, REML, CONDITIONAL)
}


def method_for(name: str, design: Design) -> Method:
    """The method of that name, if it takes the model.

    Raises
    ------
    NotAvailableError
        For an unknown name, and for a model that the method cannot take; then it says why and
        names the methods that can.
    """
    if name not in METHODS:
        known = ", ".join(["auto", *METHODS])
        raise NotAvailableError(f"method={name!r} is not one of the methods: {known}.")
    why = METHODS[name].refuses(design)
    if why is not None:
        others = [f"'{row.name}'" for row in METHODS.values() if row.refuses(design) is None]
        raise NotAvailableError(
            f"method='{name}' {why}; methods that take this model: {', '.join(others)}."
        )
    return METHODS[name]
