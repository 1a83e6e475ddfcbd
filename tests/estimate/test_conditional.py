"""The likelihood given the totals of clusters, against full enumeration and against differences."""

from dataclasses import replace
from itertools import product
from math import comb, factorial

import numpy as np
import pytest
from tests.estimate.test_gradients import differences

from mixeff.core import evaluate_conditional
from mixeff.errors import NotAvailableError
from mixeff.estimate import estimate, gradient, loglik
from mixeff.estimate.conditional import TOTALS
from mixeff.estimate.problem import problem_of
from mixeff.model import ModelMatrix
from mixeff.model.design import Design, GroupingFactor, RandomTerm

pytestmark = pytest.mark.property

CASES = list(TOTALS)
MOST = {"bernoulli": 1, "binomial": 4, "poisson": 5}
"""The largest response of a row made here."""


def made(family: str, link: str, seed: int = 1, levels: int = 6, n: int = 27, p: int = 3) -> Design:
    """A design with offsets, weights by level, and rows of a level apart from each other."""
    rng = np.random.default_rng(seed)
    codes = rng.permutation(np.arange(n) % levels).astype(np.int32)
    x = np.asfortranarray(rng.normal(size=(n, p)) + rng.normal(size=levels)[codes][:, None])
    trials = rng.integers(1, MOST[family] + 1, n).astype(float)
    return Design(
        family=family,
        link=link,
        y=np.floor(rng.uniform(size=n) * (trials + 1)),
        extra=trials if family == "binomial" else None,
        weights=rng.uniform(0.5, 2.0, levels)[codes],
        fixed=(ModelMatrix.of(x),),
        x_names=(tuple("abcdefgh"[:p]),),
        offset=(rng.normal(size=n) / 2,),
        factors=(GroupingFactor("g", codes, tuple(range(levels))),),
        terms=(RandomTerm(0, ("Intercept",)),),
    )


def information(design: Design, beta: np.ndarray) -> np.ndarray:
    kernel = TOTALS[design.family, design.link].kernel
    return evaluate_conditional(problem_of(design.within.design), kernel, beta)[2]


def ways(family: str, y: int, trials: int) -> float:
    """How many sequences of trials, or a Poisson density's denominator, stand behind a count."""
    return 1 / factorial(y) if family == "poisson" else comb(trials, y)


def enumerated(design: Design, beta: np.ndarray) -> float:
    """Each cluster's probability among all responses with the same total."""
    eta = design.X @ beta + (0 if design.offset[0] is None else design.offset[0])
    trials = np.ones(design.n) if design.trials is None else design.trials
    total = 0.0
    for level in range(design.factors[0].n_levels):
        rows = np.flatnonzero(design.factors[0].codes == level)
        y = design.y[rows].astype(int)
        most = np.full(len(rows), y.sum()) if design.family == "poisson" else trials[rows]

        def term(other: tuple[int, ...], rows=rows) -> float:
            pairs = zip(other, trials[rows], strict=True)
            number = np.prod([ways(design.family, k, int(t)) for k, t in pairs])
            return float(number * np.exp(np.dot(other, eta[rows])))

        terms = {
            other: term(other)
            for other in product(*(range(int(m) + 1) for m in most))
            if sum(other) == y.sum()
        }
        weight = 1.0 if design.weights is None else design.weights[rows[0]]
        total += weight * np.log(terms[tuple(y)] / sum(terms.values()))
    return float(total)


@pytest.mark.parametrize(("family", "link"), CASES)
@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_probability_among_all_responses_of_the_same_total(family, link, seed):
    design = made(family, link, seed)
    beta = np.random.default_rng(seed).normal(size=3)
    ours = loglik(design, beta, np.zeros(0), method="conditional")
    assert ours == pytest.approx(enumerated(design, beta), rel=1e-12)


@pytest.mark.parametrize(("family", "link"), CASES)
@pytest.mark.parametrize("seed", range(4))
def test_gradient_and_information_are_those_of_differences(family, link, seed):
    design = made(family, link, 10 + seed, n=60)
    beta, none = np.random.default_rng(seed).normal(size=3), np.zeros(0)

    def slope(v: np.ndarray) -> np.ndarray:
        return gradient(design, v, none, method="conditional")

    first = differences(lambda v: loglik(design, v, none, method="conditional"), beta)
    second = [-differences(lambda v, k=k: slope(v)[k], beta) for k in range(3)]
    np.testing.assert_allclose(slope(beta), first, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(information(design, beta), second, rtol=1e-7, atol=1e-7)


def brute_moments(design: Design, beta: np.ndarray) -> float:
    """One cluster of 0 and 1: the symmetric polynomial by convolution of logs."""
    eta = design.X @ beta
    log_e = np.full(int(design.y.sum()) + 1, -np.inf)
    log_e[0] = 0.0
    for value in eta:
        log_e[1:] = np.logaddexp(log_e[1:], log_e[:-1] + value)
    return float(design.y @ eta - log_e[-1])


def one_cluster(n: int, successes: int, scale: float = 1.0) -> Design:
    rng = np.random.default_rng(n)
    y = np.zeros(n)
    y[rng.permutation(n)[:successes]] = 1.0
    design = made("bernoulli", "logit", levels=1, n=n, p=2)
    x = np.asfortranarray(scale * rng.normal(size=(n, 2)))
    return replace(design, y=y, fixed=(ModelMatrix.of(x),), weights=None, offset=(None,))


@pytest.mark.parametrize(("n", "successes"), [(64, 1), (65, 64), (130, 40), (2000, 900)])
def test_large_clusters_neither_overflow_nor_lose_digits(n, successes):
    design, beta = one_cluster(n, successes), np.array([1.0, -2.0])
    value = loglik(design, beta, np.zeros(0), method="conditional")
    assert value == pytest.approx(brute_moments(design, beta), rel=1e-11)


def test_a_cluster_of_thousands_has_the_right_derivatives():
    design, beta, none = one_cluster(3000, 1000), np.array([0.5, -0.3]), np.zeros(0)

    def slope(v: np.ndarray) -> np.ndarray:
        return gradient(design, v, none, method="conditional")

    exact = information(design, beta)
    second = [(slope(beta - h) - slope(beta + h)) / 2e-4 for h in np.diag([1e-4, 1e-4])]
    np.testing.assert_allclose(exact, second, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(exact, exact.T, rtol=1e-12)


def test_predictors_of_hundreds_stay_finite_and_beyond_is_refused():
    design, none = one_cluster(40, 20), np.zeros(0)
    for size in (20.0, 100.0):
        beta = np.array([size, -size])
        ours = loglik(design, beta, none, method="conditional")
        assert ours == pytest.approx(brute_moments(design, beta), rel=1e-9)
    assert loglik(design, np.array([1e5, 0.0]), none, method="conditional") == -np.inf


@pytest.mark.parametrize(("family", "link"), CASES)
def test_neither_an_intercept_of_each_cluster_nor_the_order_of_rows_matters(family, link):
    design, beta, none = made(family, link), np.array([0.3, -0.2, 0.5]), np.zeros(0)
    value = loglik(design, beta, none, method="conditional")
    shift = np.linspace(-3, 3, 6)[design.factors[0].codes]
    assert design.offset[0] is not None
    moved = replace(design, offset=(design.offset[0] + shift,))
    assert loglik(moved, beta, none, method="conditional") == pytest.approx(value, rel=1e-12)
    back = np.arange(design.n)[::-1]
    turned = replace(
        design,
        y=design.y[back],
        extra=None if design.extra is None else design.extra[back],
        weights=None if design.weights is None else design.weights[back],
        fixed=(ModelMatrix.of(design.X[back]),),
        offset=(design.offset[0][back],),
        factors=(replace(design.factors[0], codes=design.factors[0].codes[back]),),
    )
    assert loglik(turned, beta, none, method="conditional") == pytest.approx(value, rel=1e-12)


def test_trials_are_as_many_rows():
    design = made("binomial", "logit", n=40)
    assert design.trials is not None
    rows = np.repeat(np.arange(design.n), design.trials.astype(int))
    place = np.concatenate([np.arange(t) for t in design.trials])
    assert design.weights is not None
    assert design.offset[0] is not None
    single = replace(
        design,
        family="bernoulli",
        y=(place < design.y[rows]).astype(float),
        extra=None,
        weights=design.weights[rows],
        fixed=(ModelMatrix.of(design.X[rows]),),
        offset=(design.offset[0][rows],),
        factors=(replace(design.factors[0], codes=design.factors[0].codes[rows]),),
    )
    together, apart = (estimate(d, method="conditional") for d in (design, single))
    np.testing.assert_allclose(together.beta, apart.beta, rtol=1e-9)
    np.testing.assert_allclose(together.cov, apart.cov, rtol=1e-9)


def test_a_weight_of_two_is_the_cluster_twice():
    design = replace(made("bernoulli", "logit", n=40), weights=np.full(40, 2.0))
    twice = np.tile(np.arange(40), 2)
    codes = design.factors[0].codes
    assert design.offset[0] is not None
    doubled = replace(
        design,
        y=design.y[twice],
        weights=None,
        fixed=(ModelMatrix.of(design.X[twice]),),
        offset=(design.offset[0][twice],),
        factors=(GroupingFactor("g", np.append(codes, codes + 6).astype(np.int32), range(12)),),
    )
    heavy, double = (estimate(d, method="conditional") for d in (design, doubled))
    np.testing.assert_allclose(heavy.beta, double.beta, rtol=1e-9)
    assert heavy.llf == pytest.approx(double.llf, rel=1e-12)


def test_a_penalty_pulls_towards_zero():
    design = made("poisson", "log", n=60)
    free = estimate(design, method="conditional")
    held = estimate(design, method="conditional", control={"penalty": 0.1})
    assert np.linalg.norm(held.beta) < 0.7 * np.linalg.norm(free.beta)
    assert held.llf < free.llf
    assert held.converged
    assert "Penalised" in " ".join(held.notes)


def test_a_start_leads_to_the_same_place():
    design = made("bernoulli", "logit", n=60)
    free = estimate(design, method="conditional")
    again = estimate(design, method="conditional", start=(free.beta + 1.0, np.zeros(0)))
    np.testing.assert_allclose(again.beta, free.beta, rtol=1e-8)
    assert estimate(design, method="conditional", control={"max_evaluations": 2}).converged is False


REFUSED = {
    "link": (lambda d: replace(d, link="probit"), "logit link"),
    "family": (lambda d: replace(d, family="poisson", link="sqrt"), "log link"),
    "slopes": (
        lambda d: replace(d, terms=(RandomTerm(0, ("Intercept", "a"), d.X[:, :2]),)),
        "random slopes of 'a'",
    ),
    "two factors": (lambda d: replace(d, factors=d.factors * 2), "has 2 grouping factors"),
    "none": (lambda d: replace(d, factors=(), terms=()), "has no grouping factors"),
    "weights": (lambda d: replace(d, weights=np.arange(d.n) + 1.0), "the same for all rows"),
    "response": (lambda d: replace(d, y=np.ones(d.n)), "varies within levels of 'g'"),
    "covariates": (
        lambda d: replace(
            d, fixed=(ModelMatrix.of(np.tile(d.factors[0].codes.astype(float), (3, 1)).T),)
        ),
        "a covariate that varies",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_it_cannot_take_is_refused_with_the_reason(name):
    change, reason = REFUSED[name]
    design = change(made("bernoulli", "logit"))
    with pytest.raises(NotAvailableError, match=f"method='conditional' .*{reason}") as error:
        estimate(design, method="conditional")
    assert "methods that take this model: '" in str(error.value)
