"""The log-likelihood against dense computations that share nothing with the core."""

from dataclasses import replace

import numpy as np
import pytest
from tests.estimate import dense
from tests.estimate.made import (
    CENTRES,
    NESTED,
    ONE_FACTOR,
    ROWS,
    STRUCTURES,
    cases,
    linear_predictors,
    random_problem,
    without_random_effects,
)

from mixeff.estimate import loglik
from mixeff.model import ModelMatrix

pytestmark = pytest.mark.property

# Where the domain of the linear predictor ends, the tails of the integrand do too.
NODES = {"intercept": 61, "slope": 35, "diagonal": 35}
NESTED_NODES = {"nested": (25, 35), "three levels": (21, 21, 21), "nested slopes": (11, 11)}
NESTED_ERROR = {"nested": 2e-6, "three levels": 1e-6, "nested slopes": 1e-4}
NESTED_GRID = {"nested": (161, 8.0), "three levels": (51, 7.0), "nested slopes": (23, 6.0)}
GRID = {"intercept": (2001, 10.0), "slope": (161, 8.0), "diagonal": (161, 8.0)}


@pytest.mark.parametrize(("family", "link"), ROWS)
def test_without_random_effects_it_is_the_sum_of_the_densities(family, link):
    made = random_problem(family, link, "intercept")
    eta, *others = linear_predictors(made.design, made.beta)
    expected = dense.row_densities(made.design, eta, others).sum()
    alone = loglik(without_random_effects(made.design), made.beta, np.zeros(0))
    assert alone == pytest.approx(expected, rel=1e-11, abs=1e-10)
    assert loglik(made.design, made.beta, np.zeros(1)) == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize(("family", "link", "structure"), cases(STRUCTURES))
def test_laplace_is_that_of_dense_matrices(family, link, structure):
    made = random_problem(family, link, structure, seed=3)
    expected = dense.laplace(made.design, made.beta, made.theta)
    ours = loglik(made.design, made.beta, made.theta)
    assert ours == pytest.approx(expected, rel=1e-8, abs=1e-8)


@pytest.mark.parametrize(("family", "link", "structure"), cases((*ONE_FACTOR, *NESTED)))
def test_one_node_is_laplace(family, link, structure):
    made = random_problem(family, link, structure, seed=4)
    laplace = loglik(made.design, made.beta, made.theta)
    agq = loglik(made.design, made.beta, made.theta, method="agq", nodes=1)
    assert agq == pytest.approx(laplace, rel=1e-13)


@pytest.mark.parametrize(("family", "link", "structure"), cases(tuple(NODES)))
def test_quadrature_is_the_integral_over_a_dense_grid(family, link, structure):
    made = random_problem(family, link, structure, seed=5)
    points, reach = GRID[structure]
    expected = dense.integral(made.design, made.beta, made.theta, points=points, reach=reach)
    nodes = NODES[structure]
    ours = loglik(made.design, made.beta, made.theta, method="agq", nodes=nodes)
    assert ours == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("family", "link", "structure"), cases(tuple(NESTED_NODES)))
def test_nested_quadrature_is_the_integral_over_dense_grids(family, link, structure):
    made = random_problem(family, link, structure, seed=5)
    points, reach = NESTED_GRID[structure]
    expected = dense.nested_integral(made.design, made.beta, made.theta, points=points, reach=reach)
    nodes = NESTED_NODES[structure]
    ours = loglik(made.design, made.beta, made.theta, method="agq", nodes=nodes)
    laplace = loglik(made.design, made.beta, made.theta)
    assert abs(ours - expected) < max(NESTED_ERROR[structure], 0.02 * abs(laplace - expected))


@pytest.mark.parametrize(("family", "link"), [r for r in ROWS if r not in CENTRES])
def test_ordinary_and_adaptive_quadrature_meet(family, link):
    for structure, few, many in [("intercept", 41, 81), ("nested", [21, 31], [41, 81])]:
        made = random_problem(family, link, structure, seed=9)
        at = (made.design, made.beta, made.theta)
        exact = loglik(*at, method="agq", nodes=few)
        off = [abs(loglik(*at, method="ghq", nodes=k) - exact) for k in (5, 15, many)]
        assert off[0] > off[1] > off[2] or off[1] < 1e-9, off
        assert off[2] < 1e-6 + 0.02 * off[0]


@pytest.mark.parametrize(("family", "link"), [r for r in ROWS if r not in CENTRES])
def test_more_nodes_come_nearer_to_the_integral(family, link):
    made = random_problem(family, link, "intercept", seed=6)
    theta = 3 * made.theta
    expected = dense.integral(made.design, made.beta, theta, points=4001, reach=12.0)
    values = [
        loglik(made.design, made.beta, theta, method="agq", nodes=k) for k in (1, 5, 15, 41, 101)
    ]
    errors = np.abs(np.array(values) - expected)
    rounding = 1e-9 * abs(expected)
    assert np.all(errors[1:] <= errors[:-1] + rounding), errors
    assert errors[-1] < 1e-5


@pytest.mark.parametrize("structure", STRUCTURES)
def test_the_reml_criterion_is_that_of_dense_matrices(structure):
    made = random_problem("gaussian", "identity", structure, seed=8)
    x, offset = made.design.fixed, made.design.offset
    design = replace(
        made.design,
        weights=None,
        fixed=(x[0], ModelMatrix.of(np.ones((x[0].n_rows, 1)))),
        offset=(offset[0], None),
    )
    beta = made.beta[:3]
    expected = dense.restricted(design, beta, made.theta)
    assert loglik(design, beta, made.theta, method="reml") == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(("family", "link"), ROWS)
def test_doubling_the_weights_of_rows_doubles_the_rows(family, link):
    made = random_problem(family, link, "crossed slopes", seed=7)
    twice = replace(made.design, weights=np.full(made.design.n, 2.0))
    rows = np.repeat(np.arange(made.design.n), 2)
    assert loglik(twice, made.beta, made.theta) == pytest.approx(
        loglik(_take(made.design, rows), made.beta, made.theta), rel=1e-11
    )


def _take(design, rows):
    factors = tuple(replace(f, codes=f.codes[rows]) for f in design.factors)
    terms = tuple(
        replace(t, z=None if t.z is None else np.asfortranarray(t.z[rows])) for t in design.terms
    )
    return replace(
        design,
        y=design.y[rows],
        extra=None if design.extra is None else design.extra[rows],
        weights=None,
        fixed=tuple(ModelMatrix.of(x.rows(rows)) for x in design.fixed),
        offset=tuple(None if o is None else o[rows] for o in design.offset),
        factors=factors,
        terms=terms,
    )
