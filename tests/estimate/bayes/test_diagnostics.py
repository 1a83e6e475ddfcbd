"""R-hat and effective sample sizes against arviz 0.23.4 (`az.rhat`, `az.ess`)."""

import numpy as np
import pytest

from mixeff.estimate.bayes.diagnostics import ess_bulk, ess_tail, r_hat


def autoregressive(
    seed: int, chains: int = 4, n: int = 400, phi: float = 0.6, shift: float = 0.0
) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(chains, n))
    x = noise.copy()
    for t in range(1, n):
        x[:, t] = phi * x[:, t - 1] + noise[:, t]
    return x + shift * np.arange(chains)[:, None]


def cauchy() -> np.ndarray:
    return np.tan(np.pi * (np.random.default_rng(4).random((4, 500)) - 0.5))


# Draws, R-hat, bulk and tail effective sample sizes by arviz 0.23.4.
FROZEN = {
    "correlated": (autoregressive(1), 1.0093306651015588, 398.9379767078527, 621.919815402928),
    "antithetic": (
        autoregressive(2, phi=-0.4),
        1.000289659401515,
        4645.299097604033,
        1604.7702563269204,
    ),
    "chains apart": (
        autoregressive(3, shift=0.4),
        1.0837688855683711,
        38.898542425021674,
        599.4687140201717,
    ),
    "heavy tails": (cauchy(), 1.0015124646853588, 2244.400097641436, 2012.2392878710239),
    "odd length": (
        autoregressive(5, n=301),
        1.0104106076624997,
        255.87714421297264,
        540.8751328514531,
    ),
}


@pytest.mark.reference
@pytest.mark.parametrize("name", FROZEN)
def test_diagnostics_agree_with_arviz(name):
    draws, *frozen = FROZEN[name]
    found = [r_hat(draws), ess_bulk(draws), ess_tail(draws)]
    np.testing.assert_allclose(found, frozen, rtol=1e-10)


def test_one_chain_is_split_in_two():
    draws = autoregressive(6, chains=1)
    assert 1.0 <= r_hat(draws) < 1.05
    assert ess_bulk(draws) == pytest.approx(107.73113866808194)


def test_draws_that_do_not_vary_say_so():
    constant = np.ones((4, 100))
    assert np.isnan(r_hat(constant))
    assert ess_bulk(constant) == constant.size
