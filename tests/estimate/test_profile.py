"""Profile likelihoods against closed forms, and against a search without gradients."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq, minimize
from tests.results.made import fitted, pupils

import mixeff as me
from mixeff.errors import ArgumentError, NotAvailableError
from mixeff.estimate.arrange import with_first
from mixeff.estimate.methods import METHODS

Z = 1.959963984540054


@pytest.fixture(scope="module")
def line():
    rng = np.random.default_rng(5)
    x = rng.normal(size=30)
    return me.fit("y ~ x", {"y": 1 + x + rng.normal(size=30), "x": x}, method="ml")


def test_a_coefficient_of_a_linear_model_has_its_closed_form(line):
    """With ``RSS(b) = RSS + (b - bhat)^2 / c`` the deviance rises by ``n log(RSS(b) / RSS)``."""
    X, y = line.design.X, line.design.y
    inverse = np.linalg.inv(X.T @ X)
    best = inverse @ X.T @ y
    rss = np.sum((y - X @ best) ** 2)
    half = np.sqrt(inverse[1, 1] * rss * np.expm1(Z**2 / len(y)))
    ours = line.plot.profile_limits("x").iloc[0]
    assert ours["lower"] == pytest.approx(best[1] - half, abs=1e-4 * half)
    assert ours["upper"] == pytest.approx(best[1] + half, abs=1e-4 * half)
    table = line.plot.profile_data("x")
    rise = len(y) * np.log1p((table["value"] - best[1]) ** 2 / inverse[1, 1] / rss)
    np.testing.assert_allclose(table["zeta"] ** 2, rise, atol=1e-5)
    assert (np.sign(table["zeta"]) == np.sign(table["value"] - best[1])).mean() > 0.9


def test_a_residual_sd_has_its_closed_form(line):
    n, s = len(line.design.y), np.exp(line.estimate.beta[-1])

    def rise(sd):
        return n * (np.log(sd**2 / s**2) + s**2 / sd**2 - 1) - Z**2

    ours = line.plot.profile_limits("sd(Residual)").iloc[0]
    assert ours["lower"] == pytest.approx(brentq(rise, 0.3 * s, s), rel=1e-4)
    assert ours["upper"] == pytest.approx(brentq(rise, s, 3 * s), rel=1e-4)


def without_gradient(fit, held, value):
    """The largest log-likelihood where ``held(beta, theta)`` puts a value in, by Nelder-Mead."""
    model = me.Model("binary ~ x + (1 + x | klass)", pd.DataFrame(pupils()), "bernoulli")

    def objective(free):
        return -model.loglik(*held(free, value), method=fit.method, nodes=fit.nodes)

    start = np.concatenate([fit.estimate.beta, fit.estimate.theta])[:4]
    options = {"xatol": 1e-6, "fatol": 1e-8, "maxiter": 4000}
    return -minimize(objective, start, method="Nelder-Mead", options=options).fun


def sd_of_slope(free, value):
    """Held by construction: the second row of the factor has length ``value``."""
    return free[:2], np.array([free[2], value * np.sin(free[3]), value * np.cos(free[3])])


def slope(free, value):
    return np.array([free[0], value]), np.array([free[1], free[2], free[3]])


@pytest.mark.parametrize(
    ("name", "held"), [("sd(x | klass)", sd_of_slope), ("x", slope)], ids=["sd", "slope"]
)
def test_points_are_the_largest_likelihoods_there(name, held):
    fit = me.fit("binary ~ x + (1 + x | klass)", pd.DataFrame(pupils()), family="bernoulli")
    table = fit.plot.profile_data(name)
    for row in (0, len(table) // 3, len(table) - 1):
        best = without_gradient(fit, held, table["value"].iloc[row])
        assert table["llf"].iloc[row] == pytest.approx(best, abs=2e-5)


def test_limits_have_the_likelihood_that_they_should():
    fit = fitted("poisson")
    limits = fit.plot.profile_limits(level=0.8)
    points = fit.plot.profile_data(level=0.8)
    for _, row in limits.iterrows():
        own = points[points["parameter"] == row["parameter"]]
        for end in ("lower", "upper"):
            at = own.iloc[(own["value"] - row[end]).abs().argmin()]
            assert 2 * (fit.llf - at["llf"]) == pytest.approx(1.6423744, abs=1e-3)  # chi2(0.8)


def test_a_variance_that_may_be_zero_has_zero_as_its_limit():
    fit = fitted("crossed")  # items do not differ in these data
    row = fit.plot.profile_limits("sd(Intercept | item)").iloc[0]
    assert row["lower"] == 0.0
    assert 0.0 < row["upper"] < 2.0


def test_a_likelihood_that_stays_flat_has_no_limit():
    data = pd.DataFrame(pupils())
    fit = me.fit("count ~ x + (1 | klass)", data, family="nb2")  # the data are Poisson
    row = fit.plot.profile_limits("dispersion:Intercept").iloc[0]
    assert row["lower"] == -np.inf
    assert np.isfinite(row["upper"])


def test_methods_without_such_a_likelihood_say_so():
    with pytest.raises(NotAvailableError, match="method='ml'"):
        fitted("nested").plot.profile()  # by REML


def test_estimates_that_are_no_maximum_have_no_profile():
    fit = fitted("poisson")
    moved = me.Model("count ~ x + (1 | klass)", pd.DataFrame(pupils()), "poisson").fit(
        "laplace", control={"penalty": 0.1}
    )
    assert abs(moved.params["x"]) < abs(fit.params["x"])
    with pytest.raises(NotAvailableError, match="do not maximise"):
        moved.plot.profile("x")


def test_unknown_parameters_are_named():
    with pytest.raises(ArgumentError, match=r"sd\(Intercept \| klass\)"):
        fitted("poisson").plot.profile("age")


# Correlations of every pair -------------------------------------------------------------------


@pytest.fixture(scope="module")
def three():
    rng, g = np.random.default_rng(1), np.arange(600) % 30
    x, z = rng.normal(size=(2, 600))
    sigma = [[1.0, 0.3, 0.2], [0.3, 0.8, -0.3], [0.2, -0.3, 0.7]]
    b = rng.multivariate_normal(np.zeros(3), sigma, 30)[g]
    mean = np.exp(0.3 + 0.5 * x + b[:, 0] + b[:, 1] * x + b[:, 2] * z)
    return pd.DataFrame({"x": x, "z": z, "one": 1.0, "g": g, "y": rng.poisson(mean)})


def test_every_correlation_has_a_profile_whatever_the_order_of_effects(three):
    fit = me.fit("y ~ x + z + (1 + x + z | g)", three, family="poisson", method="laplace")
    other = me.fit("y ~ x + z + (0 + x + z + one | g)", three, "poisson", method="laplace")
    row = fit.profile_limits("cor(x, z | g)").iloc[0, 1:].to_numpy(dtype=float)
    same = other.profile_limits("cor(x, z | g)").iloc[0, 1:].to_numpy(dtype=float)
    np.testing.assert_allclose(row, same, atol=1e-4)
    turned = other.profile_limits("cor(z, one | g)").iloc[0, 1:].to_numpy(dtype=float)
    first = fit.profile_limits("cor(Intercept, z | g)").iloc[0, 1:].to_numpy(dtype=float)
    np.testing.assert_allclose(turned, first, atol=1e-4)
    names = list(dict.fromkeys(fit.profile(level=0.5)["parameter"]))
    assert names[-3:] == ["cor(Intercept, x | g)", "cor(Intercept, z | g)", "cor(x, z | g)"]


def test_another_order_of_effects_is_the_same_model(three):
    fit = me.fit("y ~ x + z + (1 + x + z | g)", three, family="poisson", method="laplace")
    design, moved = with_first(fit.design, fit.estimate, 0, 2)
    assert design.terms[0].names == ("z", "Intercept", "x")
    llf, slope = METHODS["laplace"].loglik(design, moved.beta, moved.theta, None)
    assert llf == pytest.approx(fit.llf, abs=1e-8)
    assert slope is not None
    again = me.fit("y ~ x + z + (0 + z + one + x | g)", three, "poisson", method="laplace")
    np.testing.assert_allclose(moved.theta, again.estimate.theta, atol=1e-4)
    np.testing.assert_allclose(moved.cov, again.estimate.cov, atol=5e-5)


def test_a_term_on_the_boundary_is_unknown_in_any_order(three):
    fit = me.fit("y ~ x + z + (1 + x + z | g)", three, family="poisson", method="laplace")
    cov = fit.estimate.cov.copy()
    cov[-1, :] = cov[:, -1] = np.nan
    singular = replace(fit.estimate, cov=cov)
    moved = with_first(fit.design, singular, 0, 1)[1]
    assert np.isnan(moved.cov[3:]).all()
    np.testing.assert_allclose(moved.cov[:3, :3], cov[:3, :3])


def test_intervals_of_coefficients_are_their_profile_limits():
    fit = fitted("poisson")
    found = fit.conf_int(0.9, method="profile")
    limits = fit.profile_limits(list(found.index), level=0.9)
    np.testing.assert_array_equal(found, limits[["lower", "upper"]])
    with pytest.raises(ArgumentError, match="'wald', 'profile'"):
        fit.conf_int(method="bootstrap")
