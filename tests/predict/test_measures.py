"""Comparisons of predictions, elasticities, and hazards: values and derivatives."""

import numpy as np
import pytest
from scipy.sparse import eye

from mixeff.errors import ArgumentError
from mixeff.predict.elasticities import SLOPES
from mixeff.predict.linearized import Linearized
from mixeff.predict.measures import MEASURES
from mixeff.predict.targets import _hazard, _survival

HIGH, LOW = np.array([0.3, 0.6, 0.9]), np.array([0.2, 0.7, 0.4])

EXPECTED = {
    "difference": HIGH - LOW,
    "ratio": HIGH / LOW,
    "lnratio": np.log(HIGH / LOW),
    "lift": (HIGH - LOW) / LOW,
    "or": (HIGH / (1 - HIGH)) / (LOW / (1 - LOW)),
    "lnor": np.log(HIGH / (1 - HIGH)) - np.log(LOW / (1 - LOW)),
}


@pytest.mark.parametrize("name", MEASURES)
def test_values_and_slopes(name):
    function, step = MEASURES[name].function, 1e-6
    value, (by_high, by_low) = function(HIGH, LOW)
    np.testing.assert_allclose(value, EXPECTED[name])
    up, down = function(HIGH + step, LOW)[0], function(HIGH - step, LOW)[0]
    np.testing.assert_allclose(by_high, (up - down) / (2 * step), rtol=1e-7)
    up, down = function(HIGH, LOW + step)[0], function(HIGH, LOW - step)[0]
    np.testing.assert_allclose(by_low, (up - down) / (2 * step), rtol=1e-7)


def linearized(value):
    """Values that are the parameters themselves."""
    return Linearized(np.asarray(value), np.eye(len(value)))


@pytest.mark.parametrize("name", ["ratio", "lnratio", "lift", "or", "lnor"])
def test_values_that_cannot_be_compared_so_are_refused(name):
    with pytest.raises(ArgumentError, match=f"comparison='{name}'"):
        MEASURES[name].compare(linearized([0.5]), linearized([-0.1]), name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dydx", lambda y, x: 3 * x**2),
        ("dyex", lambda y, x: 3 * x**2 * x),
        ("eydx", lambda y, x: 3 * x**2 / y),
        ("eyex", lambda y, x: 3 * x**2 * x / y),
    ],
)
def test_elasticities_of_a_cube(name, expected):
    x, step = np.array([1.0, 2.0]), np.full(2, 1e-4)
    parts = [linearized((x + step / 2) ** 3), linearized((x - step / 2) ** 3), linearized(x**3)]
    found = SLOPES[name].of(parts, x, step)
    np.testing.assert_allclose(found.value, expected(x**3, x), rtol=1e-7)


@pytest.mark.parametrize("function", [_hazard, _survival])
def test_slopes_of_hazards_and_survival(function):
    chances = np.random.default_rng(1).dirichlet([1.0, 2.0, 1.0, 3.0], size=5)
    _, slopes = function(chances)
    for k in range(4):
        step = np.eye(4)[k] * 1e-6
        change = (function(chances + step)[0] - function(chances - step)[0]) / 2e-6
        np.testing.assert_allclose(slopes[:, :, k], change, rtol=1e-6, atol=1e-9)


def test_own_variances_are_not_shared():
    values = Linearized(np.ones(2), np.zeros((2, 1)), None, np.array([1.0, 4.0]))
    own = values.combine(0.5 * eye(2).tocsr()).own
    assert own is not None
    np.testing.assert_allclose(own, [0.25, 1.0])
