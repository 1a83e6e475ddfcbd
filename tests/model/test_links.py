import numpy as np
import pytest

from mixeff.model import LINKS

EVERY = pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)
PROBABILITY = {"logit", "probit", "cloglog", "loglog", "cauchit"}
POSITIVE = {"inverse", "sqrt"}


def etas(link):
    return np.linspace(0.2, 3.0, 15) if link.name in POSITIVE else np.linspace(-3.0, 1.2, 15)


@EVERY
def test_the_inverse_undoes_the_link(link):
    eta = etas(link)
    assert np.allclose(link.link(link.inverse(eta)), eta, rtol=1e-11, atol=1e-12)


@EVERY
def test_the_derivative_is_that_of_the_inverse(link):
    eta, h = etas(link), 1e-6
    numeric = (link.inverse(eta + h) - link.inverse(eta - h)) / (2 * h)
    assert np.allclose(link.inverse_derivative(eta), numeric, rtol=1e-7, atol=1e-9)


@EVERY
def test_values_do_not_change_their_argument(link):
    eta = etas(link)
    before = eta.copy()
    mu = link.inverse(eta)
    mu += 1.0
    assert np.array_equal(eta, before)


@pytest.mark.parametrize("name", sorted(PROBABILITY))
def test_probabilities_stay_probabilities_far_out(name):
    link = LINKS[name]
    eta = np.array([-1e4, -800.0, -40.0, 40.0, 800.0, 1e4])
    mu, slope = link.inverse(eta), link.inverse_derivative(eta)
    assert np.all((mu >= 0) & (mu <= 1))
    assert np.all(np.isfinite(slope))
    assert np.all(slope >= 0)


def test_small_probabilities_keep_their_digits():
    assert LINKS["logit"].inverse(np.array([-40.0]))[0] == pytest.approx(np.exp(-40), rel=1e-14)
    assert LINKS["cloglog"].inverse(np.array([-40.0]))[0] == pytest.approx(np.exp(-40), rel=1e-14)
    assert LINKS["cauchit"].inverse(np.array([-1e9]))[0] == pytest.approx(1e-9 / np.pi, rel=1e-14)


def test_latent_variances_are_those_of_the_latent_distributions():
    from scipy import stats

    latent = {"logit": stats.logistic, "probit": stats.norm, "cloglog": stats.gumbel_l}
    for name, distribution in latent.items():
        assert LINKS[name].latent_variance == pytest.approx(distribution.var())
        eta = np.linspace(-2, 2, 5)
        assert np.allclose(LINKS[name].inverse(eta), distribution.cdf(eta))
    assert LINKS["loglog"].latent_variance == pytest.approx(stats.gumbel_r.var())
    assert np.allclose(LINKS["loglog"].inverse(np.array([0.3])), stats.gumbel_r.cdf(0.3))
