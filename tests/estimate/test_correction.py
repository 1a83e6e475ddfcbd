"""The error of Laplace's approximation against dense sums, quadrature and importance sampling."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import special
from tests.estimate import dense
from tests.estimate.made import random_problem

from mixeff.estimate import estimate, gradient, loglik
from mixeff.estimate.correction import correction_of, parameter_names, with_error
from mixeff.estimate.problem import problem_of
from mixeff.model import build

STEP = 1e-3


def peak(design, beta, theta):
    """M, the modes, the curvature and the probabilities there, of a logit model; all dense."""
    m = dense.loadings(design, theta)
    offset = 0.0 if design.offset[0] is None else design.offset[0]
    fixed, u = design.X @ beta + offset, np.zeros(m.shape[1])

    def curvature(u):
        p = special.expit(fixed + m @ u)
        return p, m.T @ ((p * (1 - p))[:, None] * m) + np.eye(len(u))

    for _ in range(50):
        p, h = curvature(u)
        u = u + np.linalg.solve(h, m.T @ (design.y - p) - u)
    return m, u, *curvature(u)


def next_order(design, beta, theta):
    """E T_4 + E T_3^2 / 2 of a logit model without weights, over all pairs of rows."""
    m, _, p, curvature = peak(design, beta, theta)
    h, w = m @ np.linalg.inv(curvature) @ m.T, p * (1 - p)
    c3, c4, own = -w * (1 - 2 * p) / 6, -w * (1 - 6 * w) / 24, np.diag(h)
    pairs = 9 * (c3 * own) @ h @ (c3 * own) + 6 * c3 @ h**3 @ c3
    return 3 * (c4 * own**2).sum() + pairs / 2


@pytest.fixture(scope="module", params=["crossed", "crossed slopes", "everything", "nested slopes"])
def made(request):
    found = random_problem("bernoulli", "logit", request.param, seed=2, n=80)
    return replace(found, design=replace(found.design, weights=None))


def test_it_is_the_next_order_of_the_expansion(made):
    found = problem_of(made.design).correction(made.beta, made.theta)
    exact = next_order(made.design, made.beta, made.theta)
    # The draws' own error, less than that of the sum with later orders.
    assert found["log_likelihood"] == pytest.approx(exact, abs=4 * found["error"] + 1e-3)
    assert found["error"] < 0.2 * abs(exact) + 0.01


def test_its_gradient_is_that_of_the_dense_sum(made):
    found = problem_of(made.design).correction(made.beta, made.theta)
    p, at = len(made.beta), np.concatenate([made.beta, made.theta])

    def value(v):
        return next_order(made.design, v[:p], v[p:])

    steps = STEP * np.eye(len(at))
    exact = np.array([(value(at + h) - value(at - h)) / (2 * STEP) for h in steps])
    error = found["gradient_error"]
    assert np.all(np.abs(found["gradient"] - exact) < 5 * error + 1e-4)
    assert np.linalg.norm(error) < 0.3 * np.linalg.norm(exact)


@pytest.mark.parametrize(
    ("family", "link"), [("poisson", "log"), ("gamma", "log"), ("binomial", "probit")]
)
def test_with_one_factor_it_is_what_quadrature_adds(family, link):
    made = random_problem(family, link, "slope", seed=3, n=400)
    design, beta, theta = made.design, made.beta, made.theta
    found = problem_of(design).correction(beta, theta)
    quadrature = {"method": "agq", "nodes": 25}
    missing = loglik(design, beta, theta, **quadrature) - loglik(design, beta, theta)
    assert found["log_likelihood"] + found["rest"] == pytest.approx(
        missing, rel=0.1, abs=3 * found["error"]
    )
    slopes = gradient(design, beta, theta, **quadrature) - gradient(design, beta, theta)
    off = np.abs(found["gradient"] - slopes)
    assert np.all(off < 0.15 * np.linalg.norm(slopes) + 4 * found["gradient_error"])


def people_and_items(seed, people=60, items=12):
    rng = np.random.default_rng(seed)
    person, item = (a.ravel() for a in np.indices((people, items)))
    x = rng.normal(size=person.size)
    eta = 0.3 + 0.5 * x + 1.2 * rng.normal(size=people)[person] + rng.normal(size=items)[item]
    y = (rng.random(person.size) < special.expit(eta)).astype(float)
    data = {"y": y, "x": x, "person": person, "item": item}
    return build("y ~ x + (1 | person) + (1 | item)", data, "bernoulli")[1]


def sampled(design, beta, theta, draws=400, nodes=15):
    """The log-likelihood by importance sampling over the items, quadrature over the people."""
    _, u, _, curvature = peak(design, beta, theta)
    people = int(design.factors[0].codes.max()) + 1
    scale = np.linalg.cholesky(np.linalg.inv(curvature)[people:, people:])
    normal = np.random.default_rng(1).normal(size=(draws // 2, len(u) - people))
    normal = np.vstack([normal, -normal])
    items = u[people:] + normal @ scale.T
    values = [inside(design, beta, theta, v, nodes) - v @ v / 2 for v in items]
    weights = np.array(values) + (normal**2).sum(axis=1) / 2
    total = np.logaddexp.reduce(weights) - np.log(draws)
    return total + np.linalg.slogdet(scale)[1]


def inside(design, beta, theta, items, nodes):
    """The log-likelihood given the items, each person integrated about its own mode."""
    person, item = (f.codes for f in design.factors)
    base = design.X @ beta + theta[1] * items[item]
    z, w = np.polynomial.hermite_e.hermegauss(nodes)
    log_w = np.log(w / np.sqrt(2 * np.pi)) + z**2 / 2

    def newton(u):
        p = special.expit(base + theta[0] * u[person])
        h = theta[0] ** 2 * np.bincount(person, p * (1 - p)) + 1
        return h, u + (theta[0] * np.bincount(person, design.y - p) - u) / h

    u = np.zeros(person.max() + 1)
    for _ in range(12):
        u = newton(u)[1]
    h = newton(u)[0]
    at = u + z[:, None] / np.sqrt(h)
    eta = base + theta[0] * at[:, person]
    rows = design.y * eta - np.logaddexp(0, eta)
    inner = np.array([np.bincount(person, row) for row in rows]) - at**2 / 2 + log_w[:, None]
    return float(np.logaddexp.reduce(inner, axis=0).sum() - np.log(h).sum() / 2)


def test_crossed_factors_against_importance_sampling():
    design = people_and_items(4)
    laplace = estimate(design, method="laplace")
    correction = correction_of(design, laplace)
    assert correction is not None
    beta, theta = laplace.beta, laplace.theta
    truth = sampled(design, beta, theta) - laplace.llf
    assert truth > 0.3
    assert correction.log_likelihood == pytest.approx(truth, abs=2 * correction.uncertainty)
    assert correction.uncertainty < 0.3 * truth
    # The shift of the people's SD: its slope here, by the same draws at both points.
    step = np.array([0.02, 0.0])
    up, down = (sampled(design, beta, theta + s * step) for s in (1, -1))
    slope = (up - down) / 0.04
    found = problem_of(design).correction(beta, theta)
    assert found["gradient"][2] == pytest.approx(slope, rel=0.15)


def test_the_remark_names_the_worst_parameter_and_the_fit_stays_laplace():
    design = people_and_items(4)
    laplace, auto = estimate(design, method="laplace"), estimate(design)
    np.testing.assert_array_equal(auto.beta, laplace.beta)
    assert auto.llf == laplace.llf
    correction = correction_of(design, laplace)
    assert correction is not None
    assert auto.integration_error == np.abs(correction.shift).max()
    assert parameter_names(design)[2:] == [
        "the SD of Intercept by person",
        "the SD of Intercept by item",
    ]
    assert "the SD of Intercept by person, which is too low" in auto.notes[-1]
    assert "slowly" not in auto.notes[-1]


def test_the_same_draws_every_time():
    first, second = (
        with_error(d, estimate(d, method="laplace")) for d in map(people_and_items, (5, 5))
    )
    assert first.integration_error == second.integration_error
    assert first.notes == second.notes


def test_a_slow_expansion_says_so():
    rng = np.random.default_rng(7)
    a, b = np.repeat(np.arange(40), 2), np.tile(np.arange(4), 20)
    y = (rng.random(80) < special.expit(4 * rng.normal(size=40)[a])).astype(float)
    design = build("y ~ 1 + (1 | a) + (1 | b)", {"y": y, "a": a, "b": b}, "bernoulli")[1]
    start = (np.zeros(1), np.array([4.0, 0.3]))
    laplace = replace(
        estimate(design, method="laplace", start=start), theta=start[1], converged=True
    )
    correction = correction_of(design, replace(laplace, beta=start[0], cov=np.eye(3)))
    assert correction is not None
    assert correction.slow


def test_crossed_gamma_models_have_a_correction_too():
    made = random_problem("gamma", "log", "crossed", seed=9, n=120)
    found = problem_of(made.design).correction(made.beta, made.theta)
    assert abs(found["log_likelihood"]) > 3 * found["error"]
    assert np.isfinite(found["gradient"]).all()
