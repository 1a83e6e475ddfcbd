"""R-squared and the partition of variance."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import polygamma
from tests.results.made import fitted, hand_made, pupils

import mixeff as me
from mixeff.errors import ArgumentError, NotAvailableError
from mixeff.results.r2 import r2, variance_partition

X = np.asarray(pupils()["x"])


def parts(design, estimate, variant=None, mean=None):
    table = variance_partition(design, estimate, 0.95, variant, mean)
    return dict(zip(table["component"], table["variance"], strict=True))


def test_r2_of_a_linear_model_with_slopes_by_hand():
    beta, theta = [0.2, 0.7, math.log(0.6)], [0.9, -0.4, 0.6]
    design, estimate = hand_made("score ~ x + (1 + x | klass)", "gaussian", beta, theta)
    factor = np.array([[0.9, 0.0], [-0.4, 0.6]])
    z = np.column_stack([np.ones_like(X), X])
    fixed, random = np.var(0.7 * X, ddof=1), np.mean(np.square(z @ factor).sum(axis=1))
    total = fixed + random + 0.36
    table = r2(design, estimate, 0.95, None, None)
    assert table["r2"].tolist() == pytest.approx([fixed / total, (fixed + random) / total])


@pytest.mark.parametrize(
    ("formula", "family", "beta", "options", "expected"),
    [
        ("binary ~ x + (1 | klass)", "bernoulli", [0.1, 0.5], {}, math.pi**2 / 3),
        ("binary ~ x + (1 | klass)", "bernoulli", [0.1, 0.5], {"link": "probit"}, 1.0),
        ("time ~ x + (1 | klass)", "lognormal", [0.1, 0.5, math.log(0.7)], {}, 0.49),
        ("time ~ x + (1 | klass)", "weibull", [0.1, 0.5, math.log(0.7)], {}, 0.49 * math.pi**2 / 6),
        ("time ~ x + (1 | klass)", "exponential", [0.1, 0.5], {}, math.pi**2 / 6),
    ],
)
def test_the_latent_error_is_the_residual(formula, family, beta, options, expected):
    found = parts(*hand_made(formula, family, beta, [0.8], **options))
    assert list(found) == ["Fixed effects", "klass", "Residual"]
    assert list(found.values()) == pytest.approx([np.var(0.5 * X, ddof=1), 0.64, expected])


def test_a_weibull_error_is_that_of_the_logarithm():
    rng = np.random.default_rng(1)
    logs = np.log(rng.weibull(1 / 0.7, 400_000))
    assert logs.var() == pytest.approx(0.49 * math.pi**2 / 6, rel=0.01)


# V(m) / m^2 at m = 2, with phi = 0.5.
SQUARED = {
    "poisson": 1 / 2,
    "nb2": 1 / 2 + 0.5,
    "nb1": 1.5 / 2,
    "genpois": 0.5 / 2,
    "gamma": 0.5,
}


@pytest.mark.parametrize("family", SQUARED)
def test_variance_of_an_observation_under_the_log_link(family):
    beta = [0.1, 0.5] + [math.log(0.5)] * (family != "poisson")
    y = "time" if family == "gamma" else "count"
    made = hand_made(f"{y} ~ x + (1 | klass)", family, beta, [0.8])
    squared = SQUARED[family]
    expected = {
        "delta": squared,
        "lognormal": math.log1p(squared),
        "trigamma": float(polygamma(1, 1 / squared)),
    }
    for variant, value in expected.items():
        assert parts(*made, variant, 2.0)["Residual"] == pytest.approx(value)
    assert parts(*made, None, 2.0)["Residual"] == pytest.approx(expected["lognormal"])


def test_variance_of_an_observation_under_other_links():
    made = hand_made("binary ~ x + (1 | klass)", "bernoulli", [0.1, 0.5], [0.8])
    assert parts(*made, "delta", 0.3)["Residual"] == pytest.approx(1 / (0.3 * 0.7))
    root = hand_made("count ~ x + (1 | klass)", "poisson", [1.0, 0.1], [0.2], link="sqrt")
    assert parts(*root)["Residual"] == pytest.approx(0.25)


def test_the_mean_is_that_of_the_response_over_the_rows():
    design, estimate = hand_made("count ~ x + (1 | klass)", "poisson", [0.1, 0.5], [0.8])
    mean = np.mean(np.exp(0.1 + 0.5 * X + 0.32))
    found = parts(design, estimate)["Residual"]
    assert found == pytest.approx(math.log1p(1 / mean), rel=1e-6)


def test_the_binomial_variance_is_that_of_a_trial():
    rng = np.random.default_rng(1)
    data = {"y": rng.binomial(9, 0.4, 60), "n": np.full(60, 9), "g": np.repeat(np.arange(12), 5)}
    fit = me.fit("trials(y, n) ~ 1 + (1 | g)", data, family="binomial", method="laplace")
    table = fit.variance_partition(variant="delta", mean=0.4)
    assert table["variance"].iloc[-1] == pytest.approx(1 / 0.24)


def test_an_estimated_phi_is_a_factor_on_the_variance():
    data = {"y": pupils()["count"], "x": X, "g": pupils()["klass"]}
    fit = me.fit("y ~ x + (1 | g)", data, family="poisson", method="pql1", dispersion="estimate")
    table = fit.variance_partition(variant="delta", mean=2.0)
    assert table["variance"].iloc[-1] == pytest.approx(fit.scale / 2)


def test_standard_errors_are_the_delta_methods():
    design, estimate = hand_made("count ~ x + (1 | klass)", "poisson", [0.1, 0.5], [0.8])
    spread = np.var(X, ddof=1)

    def shares(beta, theta):
        mean = np.mean(np.exp(beta[0] + beta[1] * X + theta[0] ** 2 / 2))
        fixed, random, rest = beta[1] ** 2 * spread, theta[0] ** 2, math.log1p(1 / mean)
        return np.array([fixed, fixed + random]) / (fixed + random + rest)

    at, rows = np.array([0.1, 0.5, 0.8]), []
    for j in range(3):
        step = np.zeros(3)
        step[j] = 1e-6
        up, down = at + step, at - step
        rows.append((shares(up[:2], up[2:]) - shares(down[:2], down[2:])) / 2e-6)
    jacobian = np.array(rows).T
    expected = np.sqrt(np.diag(jacobian @ estimate.cov @ jacobian.T))
    table = r2(design, estimate, 0.95, None, None)
    np.testing.assert_allclose(table["r2"], shares(at[:2], at[2:]), rtol=1e-6)
    np.testing.assert_allclose(table["se"], expected, rtol=1e-5)
    assert ((table["lower"] < table["r2"]) & (table["r2"] < table["upper"])).all()


def test_a_posterior_has_quantiles():
    fit = me.fit(
        "binary ~ x + (1 | klass)", pupils(), family="bernoulli", method="mcmc", seed=1,
        control={"draws": 250, "warmup": 250, "chains": 2},
    )  # fmt: skip
    slope, sd = fit.draws["x"].ravel(), fit.draws["sd(Intercept | klass)"].ravel()
    fixed = slope**2 * np.var(X, ddof=1)
    shares = fixed / (fixed + sd**2 + math.pi**2 / 3)
    table = fit.r2(level=0.8)
    assert table["se"][0] == pytest.approx(shares.std(ddof=1))
    assert table["lower"][0] == pytest.approx(np.quantile(shares, 0.1))
    assert table["upper"][0] == pytest.approx(np.quantile(shares, 0.9))


def test_what_is_held_on_the_boundary_has_no_part_in_the_error():
    design, estimate = hand_made("score ~ x + (1 | klass)", "gaussian", [0, 0.5, 0.1], [0.0])
    cov = estimate.cov.copy()
    cov[3, :], cov[:, 3] = np.nan, np.nan
    table = r2(design, replace(estimate, cov=cov), 0.95, None, None)
    assert table["r2"][0] == table["r2"][1]
    assert np.isfinite(table["se"]).all()


def test_a_model_without_random_effects_has_one_r2():
    fit = me.fit("score ~ x", pupils(), method="ml")
    table = fit.r2()
    y = np.asarray(pupils()["score"])
    explained = 1 - np.sum(fit.resid() ** 2) / np.sum((y - y.mean()) ** 2)
    assert table["r2"].tolist() == pytest.approx([explained, explained], abs=2e-3)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"variant": "gamma"}, ArgumentError, "'latent', 'delta', 'lognormal', 'trigamma'"),
        ({"variant": "lognormal"}, NotAvailableError, "goes with the log link"),
        ({"variant": "delta", "mean": 1.5}, ArgumentError, "between 0 and 1"),
    ],
)
def test_requests_are_checked(options, error, message):
    with pytest.raises(error, match=message):
        fitted("bernoulli").r2(**options)


def test_zeros_of_their_own_are_not_on_the_scale_of_the_predictor():
    data = {"y": pupils()["count"], "x": X, "g": pupils()["klass"]}
    fit = me.fit("y ~ x + (1 | g)", data, family="poisson", zero_inflation="~ 1", method="laplace")
    with pytest.raises(NotAvailableError, match="zeros of their own"):
        fit.r2()
    assert 0 < fit.icc(scale="observed")["icc"][0] < 1


def test_effects_on_the_dispersion_are_refused():
    data = {"y": pupils()["score"], "g": pupils()["klass"]}
    fit = me.fit("y ~ 1 + (1 | g)", data, dispersion="~ 1 + (1 | g)", method="laplace")
    for reading in (fit.r2, fit.icc, fit.variance_partition):
        with pytest.raises(NotAvailableError, match="outside the mean"):
            reading()
