"""How the modes move with the parameters, also where several responses share them."""

import numpy as np
from tests.predict.made import Dense, parameters_of
from tests.results.made import differences

import mixeff as me
from mixeff.results.modes import mode_system


def test_modes_of_several_responses_move_as_they_should():
    rng, g = np.random.default_rng(8), np.arange(120) % 15
    b = rng.multivariate_normal([0, 0], [[0.5, 0.3], [0.3, 0.6]], 15)[g]
    data = {"y": rng.poisson(np.exp(b[:, 0])), "z": b[:, 1] + rng.normal(size=120), "g": g}
    formulas = ["y ~ 1 + (1 | i | g)", "z ~ 1 + (1 | i | g)"]
    fit = me.fit(formulas, data, family=["poisson", "gaussian"], method="laplace")
    expected = differences(lambda v: Dense(fit).solve(v)[0], parameters_of(fit))
    found = mode_system(fit.design, fit.estimate).gradient
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-6)
