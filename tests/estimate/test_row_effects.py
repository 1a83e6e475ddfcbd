"""A random effect for each row: overdispersion by a normal number in the linear predictor."""

import numpy as np
import pytest
from scipy.special import xlogy
from scipy.stats import binom, poisson

import mixeff as me

Z, WEIGHT = np.polynomial.hermite_e.hermegauss(120)
WEIGHT = WEIGHT / WEIGHT.sum()
DRAW = {
    "poisson": (lambda rng, eta: rng.poisson(np.exp(eta)), "y ~ x + (1 | row)"),
    "binomial": (
        lambda rng, eta: rng.binomial(12, 1 / (1 + np.exp(-eta))),
        "trials(y, n) ~ x + (1 | row)",
    ),
}
MASS = {
    "poisson": lambda y, eta: poisson.pmf(y, np.exp(eta)),
    "binomial": lambda y, eta: binom.pmf(y, 12, 1 / (1 + np.exp(-eta))),
}


def made(family, n=300, sd=0.9):
    rng = np.random.default_rng(7)
    x = rng.normal(size=n)
    eta = 0.4 + 0.5 * x + rng.normal(0, sd, n)
    draw, formula = DRAW[family]
    data = {"y": draw(rng, eta), "x": x, "n": np.full(n, 12), "row": np.arange(n)}
    return formula, data


@pytest.mark.parametrize("family", DRAW)
def test_the_likelihood_is_the_product_of_integrals_over_rows(family):
    formula, data = made(family)
    fit = me.fit(formula, data, family=family, method="agq", nodes=25)
    sd = fit.standard_deviations()["estimate"][0]
    eta = fit.params["Intercept"] + fit.params["x"] * data["x"]
    mass = MASS[family](data["y"][:, None], eta[:, None] + sd * Z) @ WEIGHT
    assert fit.converged
    assert fit.llf == pytest.approx(np.log(mass).sum(), abs=1e-6)
    # The maximum: no step in any parameter goes higher.
    at = np.array([*fit.params, sd])
    for j in range(3):
        for step in (-0.02, 0.02):
            moved = at.copy()
            moved[j] += step
            eta = moved[0] + moved[1] * data["x"]
            mass = MASS[family](data["y"][:, None], eta[:, None] + moved[2] * Z) @ WEIGHT
            assert np.log(mass).sum() < fit.llf


@pytest.mark.parametrize("family", DRAW)
def test_the_spread_is_found_and_auto_does_not_stay_with_laplace(family):
    formula, data = made(family, n=1500)
    fit = me.fit(formula, data, family=family)
    table = fit.standard_deviations()
    assert abs(table["estimate"][0] - 0.9) < 3 * table["se"][0]
    assert fit.method == "agq"
    plain = me.fit(formula.replace(" + (1 | row)", ""), data, family=family)
    assert fit.llf > plain.llf + 20
    assert fit.bse["x"] > 1.2 * plain.bse["x"]


def test_rows_without_spread_give_a_variance_of_zero():
    rng = np.random.default_rng(3)
    y = np.round(np.exp(1 + 0.3 * rng.normal(size=200))).astype(int)  # underdispersed
    data = {"y": y, "row": np.arange(200)}
    with pytest.warns(me.errors.SingularFitWarning):
        fit = me.fit("y ~ 1 + (1 | row)", data, family="poisson")
    expected = np.sum(xlogy(y, y.mean()) - y.mean()) - np.sum(
        [np.log(np.arange(1, k + 1)).sum() for k in y]
    )
    assert fit.singular
    assert fit.llf == pytest.approx(expected)
