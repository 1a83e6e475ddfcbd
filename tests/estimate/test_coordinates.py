"""Coordinates: there and back, and their derivatives."""

import numpy as np
import pytest
from tests.results.made import differences, pupils

from mixeff.estimate.coordinates import Coordinates
from mixeff.model import build

TERMS = ("(1 | klass)", "(1 + x | klass)", "(1 + x || klass)", "(1 + x + w | klass) + (1 | item)")


def coordinates(term):
    data = pupils()
    data["w"] = np.random.default_rng(1).normal(size=len(data["x"]))
    return Coordinates(build(f"binary ~ x + {term}", data, "bernoulli")[1])


def some(made, seed=2):
    rng = np.random.default_rng(seed)
    terms = sum(
        t.size * (t.size + 1) // 2 if t.structure != "diagonal" else t.size
        for t in made.design.terms
    )
    return rng.normal(size=2), np.abs(rng.normal(size=terms))


@pytest.mark.parametrize("term", TERMS)
def test_there_and_back(term):
    made = coordinates(term)
    beta, theta = some(made)
    again = made.parameters(made.of(beta, theta))
    np.testing.assert_allclose(again[0], beta)
    np.testing.assert_allclose(again[1], theta, atol=1e-14)


@pytest.mark.parametrize("term", TERMS)
def test_the_jacobian_is_that_of_differences(term):
    made = coordinates(term)
    at = made.of(*some(made))
    numeric = differences(lambda x: np.concatenate(made.parameters(x)[:2]), at, 1e-6)
    np.testing.assert_allclose(made.parameters(at)[2], numeric, atol=1e-8)


def test_coordinates_are_standard_deviations_and_correlations():
    made = coordinates("(1 + x + w | klass)")
    rng = np.random.default_rng(3)
    root = np.tril(rng.normal(size=(3, 3)))
    root[np.diag_indices(3)] = np.abs(np.diag(root))
    sigma = root @ root.T
    at = made.of(np.zeros(2), root.T[np.triu_indices(3)])
    sd = np.sqrt(np.diag(sigma))
    named = {c.name: float(c.shown(np.array(v))) for c, v in zip(made.every, at, strict=True)}
    assert named["sd(w | klass)"] == pytest.approx(sd[2])
    assert named["cor(Intercept, x | klass)"] == pytest.approx(sigma[0, 1] / sd[0] / sd[1])
    assert named["cor(Intercept, w | klass)"] == pytest.approx(sigma[0, 2] / sd[0] / sd[2])


def test_a_variance_of_zero_has_a_place():
    made = coordinates("(1 + x | klass)")
    at = made.of(np.zeros(2), np.array([0.5, 0.0, 0.0]))
    np.testing.assert_allclose(made.parameters(at)[1], [0.5, 0.0, 0.0], atol=1e-16)
