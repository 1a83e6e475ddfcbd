"""Data that break lesser programs: every fit ends, and says what it is."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import special
from tests.estimate.simulated import binary, counts, design_of, grouped, is_whole, shifts

from mixeff.errors import MixeffError
from mixeff.estimate import estimate
from mixeff.estimate.covariance import covariance_matrices


@pytest.mark.parametrize("method", ["laplace", "auto"])
def test_clusters_of_one_row(method):
    rng = np.random.default_rng(1)
    g = np.concatenate([np.arange(100), 100 + np.repeat(np.arange(40), 5)])
    x = rng.normal(size=len(g))
    eta = 0.3 + 0.5 * x + rng.normal(size=140)[g]
    y = rng.binomial(1, special.expit(eta))
    done = estimate(
        design_of("y ~ x + (1 | g)", {"y": y, "x": x, "g": g}, "bernoulli"), method=method
    )
    assert is_whole(done)
    assert 0 < done.theta[0] < 3


@pytest.mark.parametrize("family", ["poisson", "gamma"])
def test_one_level_per_row(family):
    rng = np.random.default_rng(2)
    n = 400
    x = rng.normal(size=n)
    eta = 1 + 0.5 * x + 0.6 * rng.normal(size=n)
    y = rng.poisson(np.exp(eta)) if family == "poisson" else rng.gamma(20.0, np.exp(eta) / 20.0)
    data = {"y": y, "x": x, "row": np.arange(n)}
    done = estimate(design_of("y ~ x + (1 | row)", data, family))
    assert np.isfinite(done.llf)
    if family == "poisson":
        assert is_whole(done)
        np.testing.assert_allclose(done.beta, [1, 0.5], atol=0.15)
        assert done.theta[0] == pytest.approx(0.6, abs=0.1)
    else:  # the row's effect and the family's own spread are hard to tell apart
        assert done.converged or done.reason.startswith("not converged")


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog", "loglog", "cauchit"])
def test_clusters_of_nothing_but_zeros_or_ones(link):
    rng = np.random.default_rng(3)
    g = np.repeat(np.arange(60), 6)
    y = np.select([g < 20, g < 40], [0, 1], rng.integers(0, 2, len(g)))
    data = {"y": y, "x": rng.normal(size=len(g)), "g": g}
    design = design_of("y ~ x + (1 | g)", data, "bernoulli", link=link)
    done = estimate(design)
    assert is_whole(done), done.reason
    mode = done.random[0].mode[:, 0]
    assert mode[:20].max() < mode[40:].mean() < mode[20:40].min()


def test_nothing_but_zeros_and_ones():
    """Every cluster is of one kind: the variance has no finite estimate, and the fit ends."""
    g = np.repeat(np.arange(40), 5)
    y = (g < 20).astype(float)
    done = estimate(design_of("y ~ 1 + (1 | g)", {"y": y, "g": g}, "bernoulli"))
    assert np.isfinite(done.llf)
    assert done.theta[0] > 5
    assert done.reason


def test_a_true_variance_of_zero():
    g, y = np.repeat(np.arange(30), 8), np.tile([0, 1], 120)
    for family, values in [("bernoulli", y), ("poisson", y + 1), ("gamma", y + 1.0)]:
        design = design_of("y ~ 1 + (1 | g)", {"y": values, "g": g}, family)
        for method in ("auto", "laplace", "agq"):
            done = estimate(design, method=method)
            assert is_whole(done), (family, method, done.reason)
            assert done.singular
            assert done.theta[0] == 0
            assert np.isnan(done.cov[-1]).all()
            alone = estimate(replace(design, factors=(), terms=()))
            np.testing.assert_allclose(done.beta, alone.beta, atol=1e-6)
            assert done.llf == pytest.approx(alone.llf, abs=1e-8)


@pytest.mark.parametrize("method", ["reml", "ml", "laplace"])
def test_a_true_variance_of_zero_in_a_linear_model(method):
    data = {"g": np.repeat(np.arange(30), 8), "y": np.tile([-1.0, 1.0], 120)}
    done = estimate(design_of("y ~ 1 + (1 | g)", data), method=method)
    assert is_whole(done), done.reason
    assert done.singular
    assert done.theta[0] == 0
    variance = 240 / (239 if method == "reml" else 240)
    np.testing.assert_allclose(np.exp(2 * done.beta[-1]), variance, rtol=1e-8)
    assert done.beta[0] == pytest.approx(0.0, abs=1e-10)


def test_one_variance_of_two_is_zero():
    data = counts(grouped(4, 40, 12, sd=0.7))
    data["h"] = np.tile(np.arange(12), 40)
    singular = 0
    for shuffle in range(4):
        data["h"] = np.random.default_rng(shuffle).permutation(data["h"])
        done = estimate(design_of("y ~ x + (1 | g) + (1 | h)", data, "poisson"))
        assert is_whole(done), done.reason
        assert done.theta[0] > 0.3
        assert (done.theta[1] == 0) == done.singular
        singular += done.singular
    assert singular > 0


def test_a_variance_of_fifty():
    data = binary(grouped(5, 300, 20, sd=np.sqrt(50)))
    design = design_of("y ~ x + (1 | g)", data, "bernoulli")
    auto = estimate(design)
    exact = estimate(design, method="agq", nodes=101)
    laplace = estimate(design, method="laplace")
    assert is_whole(auto)
    assert auto.nodes is not None
    assert np.max(auto.nodes) > 1
    assert shifts(auto, exact).max() < 0.02
    assert abs(auto.llf - exact.llf) < 0.02
    assert shifts(laplace, exact).max() > 0.05
    assert auto.theta[0] == pytest.approx(np.sqrt(50), rel=0.15)


@pytest.mark.parametrize("rho", [-1.0, 1.0])
def test_perfectly_correlated_slopes(rho):
    """The estimate of a correlation of one is one, in about half of all samples."""
    singular = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        g, x = np.repeat(np.arange(30), 10), np.tile(np.linspace(-1, 1, 10), 30)
        b = rng.normal(size=30)[g]
        y = 1 + x + b + 0.5 * rho * b * x + 0.5 * rng.normal(size=300)
        design = design_of("y ~ x + (1 + x | g)", {"y": y, "x": x, "g": g})
        done = estimate(design)
        (sigma,) = covariance_matrices(design, done.theta)
        correlation = sigma[0, 1] / np.sqrt(sigma[0, 0] * sigma[1, 1])
        assert is_whole(done), done.reason
        assert rho * correlation > 0.8
        if done.singular:
            assert correlation == pytest.approx(rho, abs=1e-12)
        singular += done.singular
    assert singular >= 2


def test_perfectly_correlated_slopes_of_counts():
    singular = 0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        g, x = np.repeat(np.arange(30), 10), np.tile(np.linspace(-1, 1, 10), 30)
        b = 0.5 * rng.normal(size=30)[g]
        data = {"y": rng.poisson(np.exp(1 + x + b - 0.5 * b * x)), "x": x, "g": g}
        design = design_of("y ~ x + (1 + x | g)", data, "poisson")
        for method in ("auto", "laplace"):
            done = estimate(design, method=method)
            (sigma,) = covariance_matrices(design, done.theta)
            correlation = sigma[0, 1] / np.sqrt(sigma[0, 0] * sigma[1, 1])
            assert done.converged, done.reason
            assert -1 - 1e-12 <= correlation < 0
            assert done.singular == (correlation < -1 + 1e-9)
            singular += done.singular
    assert singular > 0


# Absurd data ------------------------------------------------------------------------------------

FEW = {
    "zeros": [0.0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    "extremes": [0.0, 1e9, 0, 1e9, 1, 0, 1e9, 0, 0, 1e9, 0, 3],
    "tiny": [1e-300, 1e-200, 1e-9, 1, 1e-300, 1e-200, 1e-9, 1, 1e-30, 1e-20, 1e-9, 2],
    "huge": [1e150, 1e140, 1e130, 1, 1e150, 1e140, 1e130, 1, 1e150, 1e140, 1e130, 2],
    "nearly constant": [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 + 1e-13],
}
MODELS = [
    ("y ~ 1 + (1 | g)", "gaussian", "identity"),
    ("y ~ 1 + (1 | g)", "gaussian", "log"),
    ("y ~ x + (1 + x | g)", "gaussian", "identity"),
    ("y ~ x + (1 | g) + (1 | h)", "gaussian", "identity"),
    ("y ~ x + (1 | g)", "poisson", "log"),
    ("y ~ x + (1 | g)", "poisson", "sqrt"),
    ("y ~ x + (1 | g)", "poisson", "identity"),
    ("y ~ x + (1 | g) + (1 | h)", "poisson", "log"),
    ("y ~ x + (1 | g)", "gamma", "log"),
    ("y ~ x + (1 | g)", "gamma", "inverse"),
    ("y ~ 1 + (1 | g)", "bernoulli", "logit"),
    ("y ~ 1 + (1 | g)", "bernoulli", "log"),
    ("y ~ x + (1 + x | g)", "bernoulli", "cauchit"),
]


@pytest.mark.filterwarnings("ignore::mixeff.errors.MixeffWarning")
@pytest.mark.parametrize("response", FEW)
@pytest.mark.parametrize(("formula", "family", "link"), MODELS)
def test_absurd_data_end_in_an_error_that_says_so_or_in_a_fit_that_does(
    response, formula, family, link
):
    data = {
        "y": np.array(FEW[response]),
        "x": np.array([0, 1, 0, 1, 2, 3, 5, 8, 1, 2, 1, 1e6]),
        "g": np.repeat(np.arange(4), 3),
        "h": np.tile(np.arange(3), 4),
    }
    try:
        design = design_of(formula, data, family, link=link)
        done = estimate(design)
    except MixeffError as error:
        assert len(str(error)) > 20  # noqa: PT017
        return
    assert done.reason
    assert np.isfinite(done.beta).all()
    assert np.isfinite(done.theta).all()
    assert np.isfinite(done.llf)
    if done.converged:
        assert is_whole(done)
