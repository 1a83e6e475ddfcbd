"""Every family with every link and every structure of random effects can be estimated."""

import numpy as np
import pytest
from tests.estimate.made import CENTRES, ROWS, STRUCTURES, random_problem

from mixeff.estimate import estimate, loglik

pytestmark = pytest.mark.property

SEEDS = (21, 22, 23)
FREE = [row for row in ROWS if row not in CENTRES]
BOUNDED = [row for row in ROWS if row in CENTRES]


# Slopes at three levels are more than ninety rows can tell from one another.
FITTED = [structure for structure in STRUCTURES if structure != "three levels slopes"]


@pytest.mark.parametrize("structure", FITTED)
@pytest.mark.parametrize(("family", "link"), FREE)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_search_ends_at_a_maximum(family, link, structure, seed):
    """The responses know nothing of the groups, so about half of these fits are singular."""
    design = random_problem(family, link, structure, seed, n=90).design
    done = estimate(design)
    assert done.converged, done.reason
    assert done.record.evaluations < 100
    free = np.isfinite(np.diag(done.cov))
    assert free.all() != done.singular
    assert np.linalg.eigvalsh(done.cov[np.ix_(free, free)]).min() > 0
    at = loglik(design, done.beta, done.theta, method=done.method, nodes=done.nodes)
    assert at == pytest.approx(done.llf, abs=1e-8)


@pytest.mark.parametrize("structure", FITTED)
@pytest.mark.parametrize(("family", "link"), BOUNDED)
@pytest.mark.parametrize("seed", SEEDS)
def test_where_the_mean_is_bounded_the_search_ends_with_what_it_has(family, link, structure, seed):
    """The maximum may lie on the edge of the domain, where no criterion of convergence holds."""
    done = estimate(random_problem(family, link, structure, seed, n=90).design)
    assert np.isfinite(done.beta).all()
    assert np.isfinite(done.theta).all()
    assert np.isfinite(done.llf), done.reason
    assert done.reason.startswith("converged") == done.converged
