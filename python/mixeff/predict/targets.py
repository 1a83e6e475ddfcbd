"""What can be predicted: means, linear predictors, probabilities of categories, hazards, survival.

A target is a surface, what is made of its values once random effects are dealt with, and the link
on whose scale its intervals are normal, so that their ends stay in its range.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ArgumentError
from ..model.families import LINKS
from .choices import shares
from .surfaces import Location, Probabilities, mean_surface

if TYPE_CHECKING:
    from ..estimate.values import Floats
    from ..model.design import Design
    from ..model.families import Family
    from ..model.links import Link
    from .choices import shares
    from .linearized import Linearized
from .surfaces import Surface

Readout = Callable[["Linearized", "Design"], "Linearized"]


def _itself(values: Linearized, design: Design) -> Linearized:
    return values


@dataclass(frozen=True)
class Target:
    """Something to predict of each row.

    Attributes
    ----------
    surface : callable
        ``surface(design)`` for the rows of a design.
    line : Link
        Intervals are normal on its scale.
    starts_on_line : bool
        Whether the surface's values are on that scale already.
    readout : callable
        ``readout(values, design)``: what is made of the values of the surface.
    labels : tuple of str
        Of the categories or periods; empty where each row has one value.
    label_name : str
        What they are.
    of_response : bool
        Whether it is the mean response.
    by_case : bool
        Whether values depend on the other rows of their case, too.
    """

    surface: Callable[[Design], Surface]
    line: Link
    starts_on_line: bool = False
    readout: Readout = _itself
    labels: tuple[str, ...] = ()
    label_name: str = "category"
    of_response: bool = False
    by_case: bool = False


def target_of(design: Design, scale: str, averaged: bool) -> Target:
    """The target of a scale.

    Parameters
    ----------
    design : Design
        Of the fit.
    scale : str
        "response" or "link"; of a duration also "hazard" and "survival".
    averaged : bool
        Whether random effects are averaged over.

    Returns
    -------
    Target

    Raises
    ------
    ArgumentError
        For a scale that the family does not have.
    """
    known = _scales(design)
    if scale not in known:
        raise ArgumentError(
            f"scale={scale!r} is not one of {', '.join(map(repr, known))} for family "
            f"{design.family!r}."
        )
    return known[scale](design, averaged)


def _scales(design: Design) -> dict[str, Maker]:
    kind = design.distribution.categories
    if design.distribution.has_cases:
        return CHOICES
    return PLAIN if kind is None else TIMED if kind.timed else CATEGORIES


# Means ----------------------------------------------------------------------------------------


def _mean(design: Design, averaged: bool) -> Target:
    family, link = design.distribution, LINKS[design.link]
    if family.expectation is not None:
        return Target(mean_surface, _line_of_mean(family), of_response=True)
    if averaged:
        return Target(mean_surface, link, of_response=True)
    return Target(lambda _: Location(), link, starts_on_line=True, of_response=True)


def _line_of_mean(family: Family) -> Link:
    """A link whose range is that of the mean: a share, a positive number, or any."""
    if family.mean_range[1] == 1.0:
        return LINKS["logit"]
    positive = not family.supported(np.array([-1.0]))[0]
    return LINKS["log" if positive else "identity"]


def _link(design: Design, averaged: bool) -> Target:
    if not averaged:
        return _location(design, averaged)
    link = LINKS[design.link]
    return Target(mean_surface, LINKS["identity"], readout=lambda x, rows: x.to_line(link))


def _location(design: Design, averaged: bool) -> Target:
    return Target(lambda _: Location(), LINKS["identity"], starts_on_line=True)


# Categories -----------------------------------------------------------------------------------


def _probabilities(design: Design, averaged: bool) -> Target:
    labels = tuple(str(label) for label in design.categories)
    return Target(Probabilities, LINKS["logit"], labels=labels)


def _chances(design: Design, averaged: bool) -> Target:
    target = _probabilities(design, averaged)
    return replace(target, labels=(*target.labels, "later"), label_name="period")


def _hazards(design: Design, averaged: bool) -> Target:
    target = _probabilities(design, averaged)
    return replace(target, readout=_per_row(design, _hazard), label_name="period")


def _survivals(design: Design, averaged: bool) -> Target:
    target = _probabilities(design, averaged)
    return replace(target, readout=_per_row(design, _survival), label_name="period")


def _survival(chances: Floats) -> tuple[Floats, Floats]:
    """Probability of no event up to and including each period, and its derivatives."""
    later = np.triu(np.ones((chances.shape[1],) * 2), 1)[:-1]
    return chances @ later.T, np.broadcast_to(later, (len(chances), *later.shape))


def _hazard(chances: Floats) -> tuple[Floats, Floats]:
    """Probability of the event in each period, given that there was none before."""
    from_here = np.triu(np.ones((chances.shape[1],) * 2))[:-1]
    at_risk = chances @ from_here.T
    hazard = chances[:, :-1] / at_risk
    slopes = np.eye(chances.shape[1])[:-1] - hazard[:, :, None] * from_here
    return hazard, slopes / at_risk[:, :, None]


def _per_row(design: Design, function: Callable[[Floats], tuple[Floats, Floats]]) -> Readout:
    """Apply a function of the probabilities of each row to all of them."""
    size = len(design.categories) + 1

    def readout(values: Linearized, design: Design) -> Linearized:
        from scipy.sparse import bsr_matrix

        found, slopes = function(values.value.reshape(-1, size))
        n = len(found)
        matrix = bsr_matrix((slopes, np.arange(n), np.arange(n + 1)))
        return values.follow(found.ravel(), matrix.tocsr())

    return readout


# Choices --------------------------------------------------------------------------------------


def _shares(design: Design, averaged: bool) -> Target:
    return Target(
        lambda _: Location(), LINKS["logit"], readout=shares, of_response=True, by_case=True
    )


Maker = Callable[["Design", bool], Target]

PLAIN: dict[str, Maker] = {"response": _mean, "link": _link}
CATEGORIES: dict[str, Maker] = {"response": _probabilities, "link": _location}
CHOICES: dict[str, Maker] = {"response": _shares, "link": _location}
TIMED: dict[str, Maker] = {
    "response": _chances,
    "link": _location,
    "hazard": _hazards,
    "survival": _survivals,
}
