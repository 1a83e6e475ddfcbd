"""Second-order quasi-likelihood where the random effects matter, against dense matrices."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import special
from tests.estimate.fixed_point import SECOND, assert_fixed_point, drawn
from tests.estimate.made import CENTRES, ROWS, STRUCTURES
from tests.estimate.simulated import binary, design_of, grouped

from mixeff.estimate import estimate
from mixeff.estimate.values import Estimate

CURVED = [row for row in ROWS if row not in CENTRES and row[1] != "identity"]


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("method", sorted(SECOND))
def test_the_estimates_are_a_fixed_point_in_every_structure(structure, method):
    design = drawn("binomial", "logit", structure, n=72)
    done = estimate(design, method=method)
    assert done.converged, done.reason
    assert_fixed_point(design, done, reml=False)


@pytest.mark.parametrize(("family", "link"), CURVED)
@pytest.mark.parametrize("method", sorted(SECOND))
def test_the_estimates_are_a_fixed_point_in_every_family(family, link, method):
    design = drawn(family, link, "nested")
    done = estimate(design, method=method)
    assert done.converged, done.reason
    assert_fixed_point(design, done, reml=False)


@pytest.mark.parametrize(("family", "link"), [("binomial", "logit"), ("bernoulli", "probit")])
@pytest.mark.parametrize("structure", ["slope", "nested", "crossed"])
@pytest.mark.parametrize("method", sorted(SECOND))
@pytest.mark.parametrize("working", ["ml", "reml"])
def test_a_fixed_point_with_an_estimated_phi(family, link, structure, method, working):
    design = replace(drawn(family, link, structure, n=60), overdispersed=True)
    done = estimate(design, method=method, control={"working": working})
    assert done.converged, done.reason
    assert_fixed_point(design, done, working == "reml")


def effects(method: str, sd: float, seed: int = 2) -> Estimate:
    made = binary(grouped(seed, levels=200, size=4, sd=sd))
    return estimate(design_of("y ~ x + (1 | g)", made, "bernoulli"), method=method)


def test_the_second_order_makes_up_for_part_of_what_the_first_loses():
    sds = [abs(effects(m, 1.5).theta[0]) for m in ("mql1", "mql2", "pql1", "pql2", "agq")]
    assert sds[0] < sds[1] < sds[2] < sds[3] < sds[4]


@pytest.mark.parametrize("method", sorted(SECOND))
def test_the_orders_agree_where_effects_are_small(method):
    first, second = (effects(m, 0.0) for m in (method.replace("2", "1"), method))
    np.testing.assert_allclose(second.beta, first.beta, atol=1e-2)


def test_large_effects_end_the_marginal_expansion_of_counts_with_what_it_has():
    rng = np.random.default_rng(0)
    g = np.repeat(np.arange(100), 30)
    counts = rng.poisson(np.exp(2.5 * rng.normal(size=100)[g]))
    done = estimate(design_of("y ~ 1 + (1 | g)", {"y": counts, "g": g}, "poisson"), method="mql2")
    assert not done.converged
    assert "diverges" in done.reason
    assert np.isfinite(done.beta).all()
    assert done.theta[0] < 100


def test_large_effects_of_a_binary_response_need_short_steps():
    rng = np.random.default_rng(0)
    g, x = np.repeat(np.arange(100), 30), rng.normal(size=3000)
    eta = 0.3 + x + 5 * rng.normal(size=100)[g]
    data = {"y": (rng.uniform(size=3000) < special.expit(eta)).astype(int), "x": x, "g": g}
    design = design_of("y ~ x + (1 | g)", data, "bernoulli")
    done = estimate(design, method="pql2", control={"max_evaluations": 2000})
    assert done.converged, done.reason
