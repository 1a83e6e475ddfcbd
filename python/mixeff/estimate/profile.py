"""Profile likelihoods: the log-likelihood maximised with one parameter held, point by point.

The signed root ``zeta = sign(value - estimate) sqrt(2 (llf_max - llf))`` is standard normal where
the likelihood is regular, so that a parameter's limits are where it meets a normal quantile. The
path follows Bates et al. (2015, section 5.1); the gradient is exact.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ArgumentError, NotAvailableError
from .arrange import with_first
from .coordinates import Coordinates, correlation_name
from .methods import METHODS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..model.design import Design
    from .coordinates import Coordinate
    from .values import Estimate, Floats

    Place = tuple[int, int] | None

STRIDE = 0.5  # of zeta between points
LONGEST = 1.5  # stride that is accepted
FLAT = 3  # points, after which a likelihood that has not fallen is taken to be flat
LEVEL = 1e-3  # of zeta, that is no fall
MOST = 60  # maximisations on a side
BEYOND = 1.08  # how far the path goes past the limit
CLOSE = 1e-4  # of zeta, at a limit
ROUNDS = 4  # of the search for a limit
AT_MAXIMUM = 0.05  # of the gradient, in standard errors


@dataclass
class Profile:
    """The path of one parameter.

    Attributes
    ----------
    coordinate : Coordinate
    at, zeta, llf : list of float
        The coordinate, the signed root and the log-likelihood, in increasing order once finished.
    estimate : float
        The coordinate's estimate.
    """

    coordinate: Coordinate
    estimate: float
    at: list[float] = field(default_factory=list)
    zeta: list[float] = field(default_factory=list)
    llf: list[float] = field(default_factory=list)

    def table(self) -> dict[str, Floats]:
        """The points on the scale on which the parameter is shown, in increasing order."""
        value = np.asarray(self.coordinate.shown(np.array(self.at)))
        order = np.argsort(value)
        turned = -1.0 if self._falls else 1.0
        columns = {"value": value, "llf": np.array(self.llf), "zeta": turned * np.array(self.zeta)}
        return {name: column[order] for name, column in columns.items()}

    @property
    def _falls(self) -> bool:
        low, high = self.coordinate.shown(np.array([self.estimate, self.estimate + 1e-3]))
        return bool(high < low)


def profiles(
    design: Design, estimate: Estimate, names: Sequence[str] | None, crossing: float
) -> dict[str, Profile]:
    """Profiles of parameters, by name.

    Parameters
    ----------
    design : Design
    estimate : Estimate
        By a method with a likelihood and its gradient.
    names : sequence of str or None
        As in draws; None for all.
    crossing : float
        The normal quantile that the paths must pass, on both sides.

    Returns
    -------
    dict of str to Profile

    Raises
    ------
    ArgumentError
        For a name that is no parameter.
    NotAvailableError
        If the method has no likelihood of all parameters, or the estimates do not maximise it.
    """
    surface = Surface.of(design, estimate)
    known = _places(surface.coordinates)
    for name in known if names is None else names:
        if name not in known:
            raise ArgumentError(
                f"{name!r} is no parameter that can be profiled; those are: {', '.join(known)}."
            )
    surfaces: dict[Place, Surface] = {None: surface}
    found = {}
    for name in known if names is None else names:
        if (place := known[name]) not in surfaces and place is not None:
            surfaces[place] = Surface.of(*with_first(design, estimate, *place))
        own = surfaces[place]
        found[name] = _profile(own, own.coordinates.position(name), crossing)
    return found


def _places(coordinates: Coordinates) -> dict[str, Place]:
    """Names of the parameters, with the term and the effect in it that has to come first."""
    found: dict[str, Place] = {c.name: None for c in coordinates.every if c.name}
    for t, term in enumerate(coordinates.terms):
        if term.structure == "diagonal":
            continue
        group = coordinates.design.factors[term.factor].name
        for i, j in combinations(range(1, term.size), 2):
            found[correlation_name(term.names[i], term.names[j], group)] = (t, i)
    return found


@dataclass(frozen=True, eq=False)
class Surface:
    """The log-likelihood in coordinates, about its maximum.

    Attributes
    ----------
    coordinates : Coordinates
    estimate : Estimate
    peak : ndarray
        Coordinates of the estimates.
    llf : float
        The log-likelihood there.
    information : ndarray
        Minus its second derivatives there, made regular where a variance is zero.
    """

    coordinates: Coordinates
    estimate: Estimate
    peak: Floats
    llf: float
    information: Floats

    @classmethod
    def of(cls, design: Design, estimate: Estimate) -> Surface:
        """The surface of an estimate; refuses one without a likelihood or not at its maximum."""
        row = METHODS[estimate.method]
        if not row.has_likelihood or row.bayesian or _value(design, estimate)[1] is None:
            raise NotAvailableError(
                f"method={estimate.method!r} has no likelihood of all parameters to profile; fit "
                "with method='ml' for a linear model, else with 'auto', 'laplace' or 'agq'."
            )
        coordinates = Coordinates(design, with_theta=len(estimate.theta) > 0)
        peak = coordinates.of(estimate.beta, estimate.theta)
        information = _information(estimate, coordinates.parameters(peak)[2])
        surface = cls(coordinates, estimate, peak, 0.0, information)
        value, slope = surface.value(peak)
        if slope @ np.linalg.solve(information, slope) > AT_MAXIMUM**2:
            raise NotAvailableError(
                "the estimates do not maximise the likelihood, as after a penalty or a search "
                "that stopped early, so that there is no profile about them; fit again without."
            )
        return cls(coordinates, estimate, peak, value, information)

    def value(self, at: Floats) -> tuple[float, Floats]:
        """Log-likelihood and its gradient by the coordinates."""
        beta, theta, jacobian = self.coordinates.parameters(at)
        row = METHODS[self.estimate.method]
        value, slope = row.loglik(self.coordinates.design, beta, theta, self.estimate.nodes)
        return value, jacobian.T @ np.nan_to_num(np.asarray(slope))

    def highest(self, k: int, held: float, start: Floats) -> tuple[float, Floats]:
        """The largest log-likelihood where coordinate k is held, and the place."""
        from scipy.optimize import minimize

        free = np.arange(len(start)) != k
        root = np.linalg.cholesky(np.linalg.inv(self.information[np.ix_(free, free)]))
        at = start.copy()
        at[k] = held

        def objective(steps: Floats) -> tuple[float, Floats]:
            here = at.copy()
            here[free] += root @ steps
            value, slope = self.value(here)
            return -value, -root.T @ slope[free]

        if not free.any():
            return self.value(at)[0], at
        found = minimize(
            objective, np.zeros(free.sum()), jac=True, method="BFGS", options={"gtol": 1e-4}
        )
        at[free] += root @ found.x
        return -float(found.fun), at


def _value(design: Design, estimate: Estimate) -> tuple[float, Floats | None]:
    loglik = METHODS[estimate.method].loglik
    return loglik(design, estimate.beta, estimate.theta, estimate.nodes)


def _information(estimate: Estimate, jacobian: Floats) -> Floats:
    """Of the coordinates; a parameter on its boundary gets that of a standard error of 0.2."""
    free = np.isfinite(np.diag(estimate.cov))
    own = np.diag(np.where(free, 0.0, 25.0))
    own[np.ix_(free, free)] = np.linalg.inv(estimate.cov[np.ix_(free, free)])
    found = jacobian.T @ own @ jacobian
    return found + 1e-3 * np.eye(len(found))


def _profile(surface: Surface, k: int, crossing: float) -> Profile:
    coordinate = surface.coordinates.every[k]
    path = Profile(coordinate, float(surface.peak[k]), [surface.peak[k]], [0.0], [surface.llf])
    for sign in (-1.0, 1.0):
        _walk(surface, k, sign, crossing, path)
    return path


def _direction(surface: Surface, k: int) -> tuple[Floats, float]:
    """How the maximum moves with coordinate k, and its standard error."""
    column = np.linalg.inv(surface.information)[:, k]
    return column / column[k], float(np.sqrt(column[k]))


def _walk(surface: Surface, k: int, sign: float, crossing: float, path: Profile) -> None:
    """Points on one side of the estimate, until past the crossing or at the end of the range."""
    slope, se = _direction(surface, k)
    last, before, step, zeta = surface.peak, None, STRIDE * se, 0.0
    end = path.coordinate.ends[int(sign > 0)]
    for points in range(MOST):
        held = last[k] + sign * step
        at_end = sign * (held - end) >= 0.0
        held = end if at_end else held
        if held == last[k]:
            return
        if before is not None:
            slope = (last - before) / (last[k] - before[k])
        value, place = surface.highest(k, held, last + slope * (held - last[k]))
        now = _root(surface, value)
        if not now - zeta < LONGEST:
            step *= 0.3
            continue
        path.at.append(float(held))
        path.zeta.append(sign * now)
        path.llf.append(value)
        if at_end or now > BEYOND * crossing or (points >= FLAT and now < LEVEL):
            break
        step *= float(np.clip(STRIDE / max(now - zeta, 1e-3), 0.5, 2.0))
        last, before, zeta = place, last, now
    _meet(surface, k, sign * crossing, path, last, slope)


def _root(surface: Surface, value: float) -> float:
    """Size of zeta; infinite outside the domain."""
    if not np.isfinite(value):
        return np.inf
    return float(np.sqrt(max(2.0 * (surface.llf - value), 0.0)))


def _meet(
    surface: Surface, k: int, crossing: float, path: Profile, near: Floats, slope: Floats
) -> None:
    """Add a point where zeta is the crossing, if the path passes it."""
    for _ in range(ROUNDS):
        held = crossing_of(np.array(path.at), np.array(path.zeta), crossing)
        miss = np.abs(np.array(path.zeta) - crossing)
        if not np.isfinite(held) or miss.min() < CLOSE or held in path.at:
            return
        value, _ = surface.highest(k, held, near + slope * (held - near[k]))
        path.at.append(held)
        path.zeta.append(float(np.sign(crossing)) * _root(surface, value))
        path.llf.append(value)


def crossing_of(at: Floats, zeta: Floats, crossing: float) -> float:
    """Where zeta meets a value, by monotone cubics between points; NaN where it does not."""
    from scipy.interpolate import PchipInterpolator

    order = np.argsort(at)
    at, zeta = at[order], np.maximum.accumulate(zeta[order])
    if not zeta[0] <= crossing <= zeta[-1]:
        return float("nan")
    rising = np.concatenate([[True], np.diff(zeta) > 0.0])
    return float(PchipInterpolator(zeta[rising], at[rising])(crossing))


def limits(path: Profile, crossing: float) -> tuple[float, float]:
    """Profile limits on the scale on which the parameter is shown.

    Where the path does not reach the crossing, the limit is the end of the parameter's range:
    zero for a standard deviation, one for a correlation, infinity for a coefficient.
    """
    at, zeta = np.array(path.at), np.array(path.zeta)
    ends = [
        found if np.isfinite(found := crossing_of(at, zeta, sign * crossing)) else end
        for sign, end in zip((-1.0, 1.0), path.coordinate.ends, strict=True)
    ]
    low, high = sorted(np.asarray(path.coordinate.shown(np.array(ends))).tolist())
    return low, high
