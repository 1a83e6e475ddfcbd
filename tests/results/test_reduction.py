"""Reduction of variances between two models."""

import math

import numpy as np
import pytest
from tests.results.made import pupils

import mixeff as me
from mixeff.errors import ArgumentError


def test_reductions_of_a_linear_model_by_hand():
    data = pupils()
    null = me.fit("score ~ 1 + (1 | klass)", data, method="ml")
    full = me.fit("score ~ x + (1 | klass)", data, method="ml")
    table = me.variance_reduction(null, full)
    before, after = (fit.variance_components["estimate"] for fit in (null, full))
    assert table["group"].tolist() == ["klass", "Residual"]
    np.testing.assert_allclose(table["reduction"], 1 - after / before)
    np.testing.assert_allclose(table["rescaled"], table["reduction"])


def test_a_latent_scale_is_brought_back_to_that_of_the_first_model():
    """With half of the latent variance between rows explained, that between clusters stays."""
    rng, g = np.random.default_rng(1), np.repeat(np.arange(300), 20)
    x = rng.normal(size=g.size)
    latent = 2.0 * x + rng.normal(0, 1.0, 300)[g] + rng.logistic(size=g.size)
    data = {"y": (latent > 0) + 0, "x": x, "g": g}
    null = me.fit("y ~ 1 + (1 | g)", data, family="bernoulli", method="laplace")
    full = me.fit("y ~ x + (1 | g)", data, family="bernoulli", method="laplace")
    table = me.variance_reduction(null, full)
    variances = [fit.variance_components["estimate"][0] for fit in (null, full)]
    fixed = np.var(full.predict(kind="median", scale="link"), ddof=1)
    totals = variances[0] + math.pi**2 / 3, fixed + variances[1] + math.pi**2 / 3
    expected = 1 - variances[1] * totals[0] / totals[1] / variances[0]
    assert table["rescaled"][0] == pytest.approx(expected)
    assert table["reduction"][0] < -0.5
    assert table["rescaled"][0] == pytest.approx(0, abs=0.1)


def test_a_variance_that_one_model_lacks_is_missing():
    data = pupils()
    null = me.fit("score ~ x + (1 | klass)", data, method="ml")
    full = me.fit("score ~ x + (1 + x | klass)", data, method="ml")
    table = me.variance_reduction(null, full).set_index("name")
    assert math.isnan(table.loc["x", "variance_0"])
    assert math.isnan(table.loc["x", "reduction"])
    assert table.loc["Intercept", "reduction"] == pytest.approx(
        1 - table.loc["Intercept", "variance_1"] / table.loc["Intercept", "variance_0"]
    )


def test_models_must_be_of_the_same_responses():
    data = pupils()
    fit = me.fit("score ~ 1 + (1 | klass)", data)
    with pytest.raises(ArgumentError, match="288 and 200 rows"):
        me.variance_reduction(
            fit, me.fit("score ~ 1 + (1 | klass)", {k: v[:200] for k, v in data.items()})
        )
    with pytest.raises(ArgumentError, match="different kinds"):
        me.variance_reduction(fit, me.fit("binary ~ 1 + (1 | klass)", data, family="bernoulli"))
