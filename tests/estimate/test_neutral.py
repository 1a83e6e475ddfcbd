"""The second start of a search that the first one led astray."""

import numpy as np
import pytest

import mixeff as me
from mixeff.estimate.control import Control
from mixeff.estimate.marginal import fit_marginal
from mixeff.estimate.neutral import is_suspect, neutral_start

CLUSTERS, EACH = 150, 8


def clusters(seed: int, sd: float) -> tuple[np.random.Generator, dict[str, np.ndarray]]:
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(CLUSTERS), EACH)
    x = rng.normal(size=g.size)
    return rng, {"g": g, "x": x, "mu": np.exp(1 + 0.4 * x + sd * rng.normal(size=CLUSTERS)[g])}


def inverse_gaussian(seed: int) -> me.Model:
    rng, data = clusters(seed, 2.5)
    data["y"] = rng.wald(data["mu"], 1 / 0.5)
    return me.Model("y ~ x + (1 | g)", data, "inverse_gaussian")


def truncated(seed: int) -> me.Model:
    rng, data = clusters(seed, 2.0)
    y = rng.negative_binomial(2, 2 / (2 + data["mu"]))
    data = {name: values[y > 0] for name, values in data.items()} | {"y": y[y > 0]}
    return me.Model("y ~ x + (1 | g)", data, "truncated_nb2")


TRUTHS = {
    inverse_gaussian: (np.array([1, 0.4, np.log(0.5)]), np.array([2.5])),
    truncated: (np.array([1, 0.4, np.log(0.5)]), np.array([2.0])),
}


@pytest.mark.parametrize("made", list(TRUTHS), ids=lambda made: made.__name__)
def test_large_random_effects_are_found_from_the_own_start(made):
    for seed in range(6):
        model = made(seed)
        own, best = model.fit("laplace"), model.fit("laplace", start=TRUTHS[made])
        assert own.llf == pytest.approx(best.llf, abs=1e-3)
        assert own.converged


def test_the_usual_start_alone_would_not_do():
    """Else the second start is not needed, and should go."""
    lower = 0
    for made, truth in TRUTHS.items():
        for seed in range(6):
            design = made(seed).design
            best = fit_marginal(design, None, truth, Control(), method="laplace")[0]
            start = made(seed).start
            first = fit_marginal(design, None, start, Control(), method="laplace")[0]
            lower += best.llf - first.llf > 1.0
            assert best.llf - first.llf < 1.0 or is_suspect(design, first)
    assert lower > 0


def test_a_neutral_start_is_in_the_unit_of_the_response():
    rng, data = clusters(1, 0.5)
    data["y"] = 1e4 * rng.standard_t(4, size=data["x"].size)
    design = me.Model("y ~ x + (1 | g)", data, "student").design
    beta, theta = neutral_start(design)
    assert beta[0] == pytest.approx(np.mean(data["y"]))
    assert np.exp(beta[2]) == pytest.approx(theta[0])
    assert theta[0] == pytest.approx(np.std(data["y"]) / np.sqrt(2))
