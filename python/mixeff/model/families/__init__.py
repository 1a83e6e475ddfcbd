"""The response distributions: one row of the table `FAMILIES` each, one file for each kind."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from ...errors import UnknownFamilyError, UnknownLinkError
from ..links import LINKS, Link
from .base import Family, Optional, Parameter, Parameters
from .beta_binomial import BETA_BINOMIAL
from .binary import BERNOULLI, BINOMIAL
from .categories import CATEGORICAL, expanded
from .censored import censored_family
from .choice import CHOICE
from .counts import POISSON
from .curves import FLEXIBLE
from .dispersed_counts import COMPOIS, GENPOIS
from .gamma import GAMMA
from .gaussian import GAUSSIAN
from .negative_binomial import NB1, NB2
from .positive import POSITIVE
from .proportions import PROPORTIONS
from .robust import SKEW_NORMAL, STUDENT
from .truncated import truncated
from .zeros import with_zeros

__all__ = [
    "FAMILIES",
    "FLEXIBLE",
    "LINKS",
    "Family",
    "Link",
    "Parameter",
    "Parameters",
    "censored",
    "expanded",
    "family",
    "link",
    "of_outcome",
    "with_zeros",
]

_CENSORED = tuple(censored_family(inner) for inner in (GAUSSIAN, *POSITIVE) if inner.censored)

_ROWS = (
    GAUSSIAN,
    BERNOULLI,
    BINOMIAL,
    POISSON,
    NB2,
    NB1,
    GENPOIS,
    COMPOIS,
    *(truncated(inner) for inner in (POISSON, NB2, NB1, GENPOIS, COMPOIS)),
    BETA_BINOMIAL,
    GAMMA,
    *POSITIVE,
    *_CENSORED,
    STUDENT,
    SKEW_NORMAL,
    *PROPORTIONS,
    *CATEGORICAL,
    CHOICE,
)

FAMILIES: dict[str, Family] = {row.name: row for row in _ROWS}


def family(name: str) -> Family:
    """The family of a name.

    Parameters
    ----------
    name : str
        A key of `FAMILIES`, in any case.

    Returns
    -------
    Family

    Raises
    ------
    UnknownFamilyError
        If there is none; the message lists what there is.

    Examples
    --------
    >>> family("poisson").links
    ('log', 'sqrt', 'identity')
    """
    found = _found(name.lower()) if isinstance(name, str) else None
    if found is None:
        raise UnknownFamilyError(f"there is no family {name!r}{_choices(name, FAMILIES)}")
    return found


def _found(name: str) -> Family | None:
    """The family of a name, that of one with a predictor for zeros included."""
    _, bracket, inner = name.removesuffix(")").partition("(")
    if not bracket:
        return FAMILIES.get(name)
    plain = FAMILIES.get(inner)
    made = None if plain is None else with_zeros(plain)
    return made if made is not None and made.name == name else None


def of_outcome(family: Family, trials: Optional) -> Family:
    """The family that fits the outcomes: a binomial whose trials are all one is a bernoulli.

    Parameters
    ----------
    family : Family
    trials : ndarray or None
        None means ones.

    Returns
    -------
    Family
    """
    if trials is not None or family.unit_trials is None:
        return family
    return FAMILIES[family.unit_trials]


def censored(family: Family) -> Family | None:
    """The family of a censored response: that of the response if it were not, or itself.

    Parameters
    ----------
    family : Family

    Returns
    -------
    Family or None
        None where there is none.

    Examples
    --------
    >>> made = censored(FAMILIES["weibull"])
    >>> made.name, censored(made) is made, censored(FAMILIES["poisson"])
    ('censored_weibull', True, None)
    """
    if family.takes_interval:
        return family
    return None if family.censored is None else FAMILIES[family.censored]


def link(family: Family, name: str | None = None) -> Link:
    """The link of a name, or the family's default.

    Parameters
    ----------
    family : Family
    name : str, optional
        One of `family.links`; the first of them by default.

    Returns
    -------
    Link

    Raises
    ------
    UnknownLinkError
        If the family has no such link; the message lists those it has.
    """
    if name is None:
        return LINKS[family.links[0]]
    wanted = name.lower() if isinstance(name, str) else name
    if wanted not in family.links:
        raise UnknownLinkError(
            f"family {family.name!r} has no link {name!r}{_choices(wanted, family.links)}"
        )
    return LINKS[wanted]


def _choices(name: object, known: Mapping[str, object] | tuple[str, ...]) -> str:
    close = difflib.get_close_matches(str(name), list(known), n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ";"
    return f"{hint} there are: {', '.join(known)}"
