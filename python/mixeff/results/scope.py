"""What some readings of a fit cannot be of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import NotAvailableError

if TYPE_CHECKING:
    from ..model.design import Design


def require_one_response(design: Design, what: str) -> None:
    """Raise for a model of several responses."""
    if design.responses:
        raise NotAvailableError(
            f"{what} is about one response, and the model has {len(design.responses)}: fit the one "
            "in question by itself."
        )


def require_rows(design: Design, what: str) -> None:
    """Raise where the rows are not responses of their own."""
    require_one_response(design, what)
    if design.distribution.has_cases:
        raise NotAvailableError(
            f"{what} is about responses of single rows, and each choice of family "
            f"{design.family!r} is one response of several rows, its alternatives."
        )


def require_seen(design: Design, what: str) -> None:
    """Raise where rows are no responses, or these are not all observed in full."""
    require_rows(design, what)
    family = design.distribution
    if family.takes_interval or family.observation is not None:
        raise NotAvailableError(
            f"{what} needs responses that are all observed in full, and those of family "
            f"{design.family!r} may be censored; fit.simulated_residuals() allows for that."
        )
