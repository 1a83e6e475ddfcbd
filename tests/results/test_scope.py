"""Readings of censored responses, of choices, and of several responses."""

from functools import cache

import numpy as np
import pytest
from scipy import stats

import mixeff as me
from mixeff.errors import NotAvailableError

GROUP = np.repeat(np.arange(40), 10)


def scores():
    rng = np.random.default_rng(0)
    x = rng.normal(size=GROUP.size)
    y = 0.3 + 0.5 * x + rng.normal(0, 0.7, 40)[GROUP] + rng.normal(size=x.size)
    return {"y": y, "x": x, "g": GROUP, "count": rng.poisson(np.exp(0.3 * y)), "won": (y > 0) + 0}


@cache
def choices():
    rng, case = np.random.default_rng(1), np.repeat(np.arange(150), 3)
    price = rng.normal(size=450)
    slope = -0.8 + rng.normal(0, 0.9, 30)
    utility = slope[case // 5] * price + rng.gumbel(size=450)
    chosen = utility == utility.reshape(-1, 3).max(axis=1)[case]
    data = {"chosen": chosen + 0, "case": case, "price": price, "g": case // 5}
    formula = "choice(chosen, case) ~ price + (0 + price | g)"
    return me.fit(formula, data, family="choice", method="laplace")


@cache
def several():
    formulas = ["won ~ x + (1 | id | g)", "count ~ x + (1 | id | g)"]
    return me.fit(formulas, scores(), family=["bernoulli", "poisson"], method="laplace")


@pytest.mark.parametrize("kind", ["limits", "intervals"])
def test_censored_responses_have_uniform_residuals(kind):
    data = scores()
    data["low"], data["high"] = np.floor(data["y"]), np.floor(data["y"]) + 1
    left = {"limits": "cens(y, -0.5, 1.2)", "intervals": "cens(low, high)"}[kind]
    fit = me.fit(f"{left} ~ x + (1 | g)", data, method="laplace")
    residual = fit.simulated_residuals(400, seed=1)["residual"]
    assert stats.kstest(residual, "uniform").pvalue > 0.01
    assert residual.var() == pytest.approx(1 / 12, rel=0.15)


def test_the_latent_correlation_of_a_censored_response_is_that_of_the_response():
    data = scores()
    whole = me.fit("y ~ x + (1 | g)", data, method="ml")
    cut = me.fit("cens(y, -3, 3.5) ~ x + (1 | g)", data, method="agq", nodes=9)
    assert cut.icc()["icc"][0] == pytest.approx(whole.icc()["icc"][0], abs=0.03)


def test_censored_responses_have_no_dispersion_to_test():
    data = scores() | {"t": np.exp(np.clip(scores()["y"], -1, 1.5))}
    fit = me.fit(
        "cens(t, upper=4.4816890703380645) ~ x + (1 | g)", data, "lognormal", method="laplace"
    )
    for test in (fit.test_dispersion, fit.test_zeros):
        with pytest.raises(NotAvailableError, match="observed in full"):
            test(10)


@pytest.mark.parametrize(
    "reading",
    [
        lambda fit: fit.test_dispersion(10),
        lambda fit: fit.test_zeros(10),
        lambda fit: fit.simulated_residuals(10),
        lambda fit: fit.icc(scale="observed"),
        lambda fit: fit.r2(),
    ],
)
@pytest.mark.parametrize(("fit", "what"), [(choices, "alternatives"), (several, "has 2")])
def test_what_is_no_response_of_a_row_is_not_read_as_one(reading, fit, what):
    with pytest.raises(NotAvailableError, match=what):
        reading(fit())


def test_choices_have_shrunken_effects_and_ranks_only():
    with pytest.raises(NotAvailableError, match="alternatives"):
        choices().random_effects(kind="ml")
    assert choices().shrinkage()["ml"].isna().all()
    assert choices().ranks(seed=1)["expected_rank"].sum() == pytest.approx(30 * 31 / 2)


def test_effects_of_several_responses_are_maximized_together():
    fit = several()
    table = fit.shrinkage()
    counts = table[table["name"] == "count:Intercept"]
    mean = np.exp(fit.design.responses[1].X @ fit.estimate.beta[2:])
    expected = np.log(np.bincount(GROUP, scores()["count"]) / np.bincount(GROUP, mean))
    finite = np.isfinite(counts["ml"].to_numpy())
    assert finite.sum() > 10
    np.testing.assert_allclose(counts["ml"][finite], expected[finite], rtol=1e-6)
