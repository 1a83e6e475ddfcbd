"""From the priors a user gives, by term, to the prior of every slot, and to the core's form."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import PriorError
from .priors import POSITIVE, Prior, as_prior
from .slots import COEFFICIENT, COR, SD, Slot, has_correlations, slots

if TYPE_CHECKING:
    from ...model.design import Design

SUITABLE = {
    "real": "normal(location, scale) or student_t(df, location, scale)",
    "positive": "half_normal(scale), half_student_t(df, scale) or exponential(rate)",
    "correlation": "lkj(eta)",
}


@dataclass(frozen=True, eq=False)
class Assigned:
    """A slot and its prior."""

    slot: Slot
    prior: Prior
    default: bool


def assign(design: Design, given: Mapping[str, Any] | None) -> tuple[Assigned, ...]:
    """The prior of every slot: the most particular of those given, or the default.

    Parameters
    ----------
    design : Design
    given : mapping of str to Prior or str, optional
        Keys as in `Slot.keys`.

    Raises
    ------
    PriorError
        For a key that names nothing in the model, or a prior that its slot cannot take.
    """
    own = slots(design)
    priors = _checked(given, own)
    return tuple(_assigned(slot, priors) for slot in own)


def _checked(given: Mapping[str, Any] | None, own: tuple[Slot, ...]) -> dict[str, Prior]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise PriorError(f"priors must be a mapping of terms to priors, not {given!r}.")
    known = list(dict.fromkeys(key for slot in own for key in slot.keys))
    for key in given:
        if key not in known:
            close = difflib.get_close_matches(str(key), known, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise PriorError(
                f"priors: {key!r} names no term of this model.{hint} Known: {', '.join(known)}."
            )
    try:
        return {key: as_prior(prior) for key, prior in given.items()}
    except PriorError as error:
        key = next(k for k, prior in given.items() if _fails(prior))
        raise PriorError(f"priors[{key!r}]: {error}") from None


def _fails(prior: object) -> bool:
    try:
        as_prior(prior)
    except PriorError:
        return True
    return False


def _assigned(slot: Slot, priors: Mapping[str, Prior]) -> Assigned:
    for key in reversed(slot.keys):
        if key in priors:
            _require_fit(key, slot, priors[key])
            return Assigned(slot, priors[key], False)
    return Assigned(slot, slot.default, True)


def _require_fit(key: str, slot: Slot, prior: Prior) -> None:
    if prior.support not in slot.supports:
        suitable = " or ".join(SUITABLE[support] for support in slot.supports)
        raise PriorError(
            f"priors[{key!r}]: {prior} is no prior of {slot.name}; it takes {suitable}."
        )


def core_arguments(design: Design, assigned: tuple[Assigned, ...]) -> dict[str, Any]:
    """The priors as the core takes them."""
    of = {kind: [a for a in assigned if a.slot.kind == kind] for kind in (COEFFICIENT, SD, COR)}
    etas = iter(a.prior.arguments[0] for a in of[COR])
    return {
        "coefficients": [
            (a.slot.weights, _named(a.prior), a.prior.support == POSITIVE) for a in of[COEFFICIENT]
        ],
        "sds": [_named(a.prior) for a in of[SD]],
        "etas": [next(etas) if has_correlations(term) else 1.0 for term in design.terms],
    }


def _named(prior: Prior) -> tuple[str, list[float]]:
    return prior.name, [float(value) for value in prior.arguments]
