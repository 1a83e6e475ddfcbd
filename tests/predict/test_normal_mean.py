"""The mean of the inverse link over a normal linear predictor."""

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from mixeff.errors import NotAvailableError
from mixeff.model.families import LINKS
from mixeff.predict.normal_mean import CLOSED, POLE_AT_ZERO, normal_mean

pytestmark = pytest.mark.property
SMOOTH = [name for name in LINKS if name not in POLE_AT_ZERO]


def integral(link, eta: float, s: float) -> float:
    """By adaptive quadrature in pieces."""
    cuts = np.linspace(-10, 10, 81)
    pieces = [
        quad(lambda z: float(link.inverse(np.array(eta + s * z))) * norm.pdf(z), a, b)[0]
        for a, b in pairwise(cuts)
    ]
    return math.fsum(pieces)


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("s", [0.0, 0.01, 0.7, 2.0])
@pytest.mark.parametrize("eta", [-4.0, -0.3, 1.5])
def test_against_adaptive_quadrature(name, eta, s):
    link = LINKS[name]
    mean = normal_mean(link, np.array([eta]), np.array([s])).value
    assert mean == pytest.approx([integral(link, eta, s)], rel=1e-8, abs=1e-13)


@pytest.mark.parametrize("name", ["logit", "cauchit", "cloglog", "loglog"])
def test_a_variance_of_fifty(name):
    s = math.sqrt(50)
    mean = normal_mean(LINKS[name], np.array([-5.0]), np.array([s])).value
    assert mean == pytest.approx([integral(LINKS[name], -5.0, s)], rel=1e-8)


@pytest.mark.parametrize("name", SMOOTH)
def test_derivatives_against_differences(name):
    link = LINKS[name]
    eta, s = np.array([-1.0, 0.2, 0.9]), np.array([0.4, 1.3, 0.8])
    mean, h = normal_mean(link, eta, s), 1e-5
    by_eta = normal_mean(link, eta + h, s).value - normal_mean(link, eta - h, s).value
    by_s = normal_mean(link, eta, s + h).value - normal_mean(link, eta, s - h).value
    np.testing.assert_allclose(mean.d_eta, by_eta / (2 * h), rtol=1e-6)
    np.testing.assert_allclose(mean.d_s, by_s / (2 * h), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", sorted(set(SMOOTH) - set(CLOSED)))
def test_the_spread_of_one_row_does_not_change_another(name):
    link = LINKS[name]
    alone = normal_mean(link, np.array([0.3]), np.array([0.5])).value[0]
    beside = normal_mean(link, np.array([0.3, 0.3]), np.array([0.5, 6.0])).value[0]
    assert beside == pytest.approx(alone, rel=1e-9)


def test_no_rows():
    assert normal_mean(LINKS["logit"], np.empty(0), np.empty(0)).value.shape == (0,)


def test_many_rows_agree_with_one():
    rng = np.random.default_rng(1)
    eta, s = rng.normal(size=10_000), rng.gamma(1, size=10_000)
    value = normal_mean(LINKS["logit"], eta, s).value
    for i in (0, 4096, 9999):
        assert value[i] == pytest.approx(integral(LINKS["logit"], eta[i], s[i]), rel=1e-8)


def test_the_inverse_link_has_a_mean_only_away_from_zero():
    link = LINKS["inverse"]
    near = normal_mean(link, np.array([2.0]), np.array([0.1])).value
    assert near == pytest.approx([integral(link, 2.0, 0.1)], rel=1e-8)
    with pytest.raises(NotAvailableError, match="inverse link"):
        normal_mean(link, np.array([2.0]), np.array([0.5]))
