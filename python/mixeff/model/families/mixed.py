"""Several responses in one model: what is known of them together.

Each row is of one response and has the density of its family, in the core. The whole has no mean,
variance or random draws of its own: these are asked of its responses.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

from .base import Family, Parameter
from .gaussian import any_number

__all__ = ["MIXED", "mixed"]


def _of_one(*_: object) -> NoReturn:
    raise TypeError("several responses have no distribution in common; take one of them")


MIXED = Family(
    name="mixed",
    links=("identity",),
    values="the values of its responses",
    supported=any_number,
    variance=_of_one,
    simulate=_of_one,
    log_density=_of_one,
    cdf=_of_one,
)


def mixed(families: tuple[Family, ...]) -> Family:
    """The family of a model of several responses.

    Parameters
    ----------
    families : tuple of Family
        Of the responses.

    Returns
    -------
    Family
        With as many linear predictors as the one that has most; each is named for what it is in
        any of them.
    """
    depth = max(len(family.predictors) for family in families)
    return replace(MIXED, further=tuple(_parameter(families, d) for d in range(depth - 1)))


def _parameter(families: tuple[Family, ...], d: int) -> Parameter:
    found = [family.further[d] for family in families if d < len(family.further)]
    names = dict.fromkeys(parameter.name for parameter in found)
    links = dict.fromkeys(parameter.link for parameter in found)
    return Parameter(" or ".join(names), " or ".join(links))
