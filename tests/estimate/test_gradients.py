"""Every exact gradient against differences of the log-likelihood, as the user can ask for them."""

from collections.abc import Callable

import numpy as np
import pytest
from tests.estimate.made import NESTED, ONE_FACTOR, STRUCTURES, Problem, cases, random_problem
from tests.results.made import MODELS, pupils

from mixeff.errors import NotAvailableError
from mixeff.estimate import estimate, gradient, loglik
from mixeff.model import build

pytestmark = pytest.mark.property

NODES = {
    "intercept": 9,
    "slope": 5,
    "diagonal": 4,
    "three": 3,
    "two terms": 3,
    "nested": [5, 4],
    "nested slopes": {"a": 3, "a:b": 2},
    "three levels": [3, 4, 2],
    "three levels slopes": [2, 2, 3],
}
STEP = 2e-3


def differences(value: Callable[[np.ndarray], float], at: np.ndarray) -> np.ndarray:
    """Central differences, extrapolated to error of fourth order."""

    def central(k: int, step: float) -> float:
        move = np.zeros(len(at))
        move[k] = step
        return (value(at + move) - value(at - move)) / (2 * step)

    return np.array([(4 * central(k, STEP / 2) - central(k, STEP)) / 3 for k in range(len(at))])


def check(made: Problem, **options) -> None:
    p = len(made.beta)
    at = np.concatenate([made.beta, made.theta])
    exact = gradient(made.design, made.beta, made.theta, **options)
    expected = differences(lambda v: loglik(made.design, v[:p], v[p:], **options), at)
    assert np.abs(exact - expected).max() < 1e-6 * max(1.0, np.abs(exact).max())


@pytest.mark.parametrize(("family", "link", "structure"), cases(STRUCTURES))
@pytest.mark.parametrize("seed", [11, 12])
def test_laplace(family, link, structure, seed):
    check(random_problem(family, link, structure, seed))


@pytest.mark.parametrize(("family", "link", "structure"), cases((*ONE_FACTOR, *NESTED)))
@pytest.mark.parametrize("method", ["agq", "ghq"])
def test_quadrature(family, link, structure, method):
    made = random_problem(family, link, structure, seed=13)
    check(made, method=method, nodes=NODES[structure])


@pytest.mark.parametrize("structure", STRUCTURES)
def test_at_zero_variance_the_slope_by_theta_vanishes(structure):
    made = random_problem("poisson", "log", structure, seed=14)
    zero = np.zeros_like(made.theta)
    slope = gradient(made.design, made.beta, zero)
    np.testing.assert_array_equal(slope[len(made.beta) :], 0.0)


def test_the_reml_criterion_has_no_gradient_by_the_coefficients():
    made = random_problem("bernoulli", "logit", "intercept")
    with pytest.raises(NotAvailableError, match="gaussian"):
        gradient(made.design, made.beta, made.theta, method="reml")


@pytest.mark.parametrize("name", [name for name in MODELS if name not in ("crossed", "nested")])
@pytest.mark.parametrize("method", ["laplace", "auto"])
def test_the_covariance_is_the_inverse_of_the_observed_information(name, method):
    formula, family, options = MODELS[name]
    method = options.get("method", method)
    _, design = build(formula, pupils(), family, link=options.get("link"))
    done = estimate(design, method=method)
    p, se = len(done.beta), np.sqrt(np.diag(done.cov))

    def slope(v: np.ndarray) -> np.ndarray:
        return gradient(design, v[:p], v[p:], method=done.method, nodes=done.nodes)

    at, steps = np.concatenate([done.beta, done.theta]), np.diag(1e-3 * se)
    columns = [(slope(at + h) - slope(at - h)) / (2 * h.max()) for h in steps]
    exact = np.linalg.inv(-np.array(columns))
    np.testing.assert_allclose(done.cov / np.outer(se, se), exact / np.outer(se, se), atol=1e-3)
