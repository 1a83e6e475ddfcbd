"""Separation ends, is named, and a penalty is its remedy."""

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats
from tests.estimate.simulated import binary, design_of, grouped, is_whole

from mixeff.estimate import estimate, loglik


def separated(kind: str) -> pd.DataFrame:
    """Rows in groups where a covariate, or two together, tell the outcomes apart."""
    rng = np.random.default_rng(19)
    n = 240
    data = pd.DataFrame({"x": rng.normal(size=n), "w": rng.normal(size=n), "g": np.arange(n) % 24})
    drug = rng.integers(0, 2, n)
    eta = 0.4 * data["x"] + 0.5 * rng.normal(size=24)[data["g"]]
    y = rng.binomial(1, special.expit(eta))
    draws = {
        "complete": data["x"] > 0.2,
        "quasi": np.where(drug == 1, 1, y),
        "together": data["x"] + data["w"] > 0.1,
    }
    return data.assign(drug=drug, y=np.asarray(draws[kind]).astype(int))


SEPARATED = [
    ("complete", "y ~ x + (1 | g)", "'x' separates"),
    ("quasi", "y ~ x + drug + (1 | g)", "'drug' separates"),
    ("together", "y ~ x + w + (1 | g)", "'x' and 'w' together separate"),
]


@pytest.mark.filterwarnings("ignore::mixeff.errors.SeparationWarning")
@pytest.mark.parametrize(("kind", "formula", "named"), SEPARATED)
@pytest.mark.parametrize("link", ["logit", "probit", "cloglog", "cauchit"])
@pytest.mark.parametrize("method", ["auto", "laplace"])
def test_separation_ends_and_is_named(kind, formula, named, link, method):
    done = estimate(design_of(formula, separated(kind), "bernoulli", link=link), method=method)
    assert any(named in note for note in done.notes), (done.reason, done.notes, done.beta)
    assert any("penalty" in note for note in done.notes)
    assert np.isfinite(done.llf)
    assert done.reason


@pytest.mark.filterwarnings("ignore::mixeff.errors.SeparationWarning")
@pytest.mark.parametrize(("kind", "formula", "named"), SEPARATED)
@pytest.mark.parametrize("method", ["auto", "laplace", "agq"])
def test_a_penalty_gives_finite_estimates_in_spite_of_separation(kind, formula, named, method):
    design = design_of(formula, separated(kind), "bernoulli")
    done = estimate(design, method=method, control={"penalty": 2.5})
    assert is_whole(done), done.reason
    assert np.abs(done.beta).max() < 20
    assert any("Penalised" in note for note in done.notes)


def test_a_wide_penalty_is_none():
    design = design_of("y ~ x + (1 | g)", binary(grouped(20, 30, 10)), "bernoulli")
    wide = estimate(design, method="laplace", control={"penalty": 1e6})
    plain = estimate(design, method="laplace")
    np.testing.assert_allclose(wide.beta, plain.beta, atol=1e-5)
    assert wide.llf == pytest.approx(plain.llf, abs=1e-8)


def test_a_penalised_estimate_is_the_posterior_mode():
    design = design_of("y ~ x + (1 | g)", binary(grouped(20, 30, 10)), "bernoulli")
    done = estimate(design, method="laplace", control={"penalty": 0.3})
    sd = design.X[:, 1].std()

    def posterior(slope: float) -> float:
        beta = np.array([done.beta[0], slope])
        return loglik(design, beta, done.theta) + float(stats.norm.logpdf(slope * 2 * sd, 0, 0.3))

    best = posterior(done.beta[1])
    assert best > max(posterior(done.beta[1] - 1e-3), posterior(done.beta[1] + 1e-3))
    assert done.llf == pytest.approx(loglik(design, done.beta, done.theta), abs=1e-9)
