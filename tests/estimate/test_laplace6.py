"""The sixth-order expansion against dense sums and quadrature."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import special
from tests.estimate import dense
from tests.estimate.made import random_problem
from tests.estimate.simulated import binary, design_of, grouped
from tests.estimate.test_correction import peak
from tests.estimate.test_gradients import check

from mixeff.errors import NotAvailableError
from mixeff.estimate import estimate, loglik
from mixeff.model import build

NESTED = ("intercept", "slope", "three", "two terms", "nested", "nested slopes")


@pytest.mark.property
@pytest.mark.parametrize("structure", NESTED)
@pytest.mark.parametrize(("family", "link"), [("bernoulli", "logit"), ("gamma", "log")])
def test_the_gradient_is_exact(family, link, structure):
    check(random_problem(family, link, structure, seed=21, n=60), method="laplace6")


def coefficients(p):
    """c_3, c_4 and c_6 of a Bernoulli response with the logit link."""
    w = p * (1 - p)
    return -w * (1 - 2 * p) / 6, -w * (1 - 6 * w) / 24, -w * (1 - 30 * w + 120 * w**2) / 720


def shares(p, below, above, h):
    """Parts of x by rows and by pairs: what comes with one factor, given h with and without it."""
    c3, c4, c6 = coefficients(p)
    own, rest, whole = np.diag(below), np.diag(above), np.diag(h)
    row = 3 * c4 * (own**2 - rest**2) + 15 * c6 * (own**3 - rest**3)
    pairs = 9 * np.outer(c3 * whole, c3 * whole) * (below - above)
    pairs = pairs + 6 * np.outer(c3, c3) * (below**3 - above**3)
    return row, pairs / 2


@pytest.mark.parametrize("structure", ["intercept", "slope", "three"])
def test_one_level_is_the_formula_of_the_paper(structure):
    made = random_problem("bernoulli", "logit", structure, seed=4, n=80)
    design = replace(made.design, weights=None)
    m, _, p, curvature = peak(design, made.beta, made.theta)
    h = m @ np.linalg.inv(curvature) @ m.T
    row, pairs = shares(p, h, np.zeros_like(h), h)
    codes = design.factors[0].codes
    x = [row[codes == c].sum() + pairs[np.ix_(codes == c, codes == c)].sum() for c in set(codes)]
    missing = loglik(design, made.beta, made.theta, method="laplace6") - loglik(
        design, made.beta, made.theta
    )
    assert missing == pytest.approx(np.log1p(x).sum(), rel=1e-9)


def test_two_levels_are_the_shares_of_the_levels():
    made = random_problem("bernoulli", "logit", "nested slopes", seed=5, n=80)
    design = replace(made.design, weights=None)
    outer, inner = (f.codes for f in design.factors)
    m, _, p, curvature = peak(design, made.beta, made.theta)
    inverse = np.linalg.inv(curvature)
    whole = m @ inverse @ m.T
    # Without the inner levels: their rows given the outer effects, by the Schur complement.
    q = 2 * (outer.max() + 1)
    down = np.linalg.solve(curvature[q:, q:], curvature[q:, :q])
    reduced = m[:, :q] - m[:, q:] @ down
    above = reduced @ inverse[:q, :q] @ reduced.T
    zero = np.zeros_like(above)
    gain = 0.0
    for codes, with_it, without in ((inner, whole, above), (outer, above, zero)):
        row, pairs = shares(p, with_it, without, whole)
        for c in set(codes):
            rows = codes == c
            gain += np.log1p(row[rows].sum() + pairs[np.ix_(rows, rows)].sum())
    ours = loglik(design, made.beta, made.theta, method="laplace6")
    assert ours - loglik(design, made.beta, made.theta) == pytest.approx(gain, rel=1e-9)


def clusters(trials):
    """One count for each cluster, so that its information grows with the trials."""
    share = np.array([0.2, 0.35, 0.5, 0.65, 0.8, 0.3])
    data = {"y": np.round(share * trials), "n": np.full(6, trials), "g": np.arange(6)}
    return build("trials(y, n) ~ 1 + (1 | g)", data, "binomial")[1]


def test_the_error_is_of_second_order_where_laplace_has_the_first():
    trials = np.array([80, 160, 320, 640])
    beta, theta = np.array([0.1]), np.array([1.0])
    errors = {"laplace": [], "laplace6": []}
    for n in trials:
        exact = loglik(clusters(n), beta, theta, method="agq", nodes=61)
        for method, found in errors.items():
            found.append(abs(loglik(clusters(n), beta, theta, method=method) - exact))
    slopes = {k: np.polyfit(np.log(trials), np.log(v), 1)[0] for k, v in errors.items()}
    assert slopes["laplace"] == pytest.approx(-1, abs=0.15)
    assert slopes["laplace6"] == pytest.approx(-2, abs=0.2)


def test_a_linear_model_has_nothing_to_add():
    made = random_problem("gaussian", "identity", "nested slopes", seed=6)
    six, laplace = (
        loglik(made.design, made.beta, made.theta, method=m) for m in ("laplace6", "laplace")
    )
    assert six == pytest.approx(laplace, rel=1e-13)


def test_crossed_factors_are_refused():
    made = random_problem("bernoulli", "logit", "crossed")
    with pytest.raises(NotAvailableError, match="needs nested grouping factors"):
        estimate(made.design, method="laplace6")


def test_where_it_has_no_value_the_fit_says_so():
    made = random_problem("poisson", "log", "intercept", seed=1, n=10)
    design = replace(made.design, y=np.zeros(10), weights=None, offset=(None,))
    theta = np.array([8.0])
    assert loglik(design, np.zeros(2), theta, method="laplace6") == -np.inf
    done = estimate(design, method="laplace6", start=(np.zeros(2), theta))
    assert not done.converged
    assert "sixth-order expansion has no value" in done.notes[-1]


@pytest.mark.reference
@pytest.mark.parametrize("model", ["cbpp", "contraception-slope", "epil-slope"])
def test_it_is_nearer_to_quadrature_than_laplace(model):
    from validation.compare import beside, fit, numbers, sources

    found = [s for s in sources() if s.model == model and s.program == "gold"]
    best = max(found, key=lambda s: (s.file != "given", s.nodes))
    gold = beside(best)

    def off(method):
        ours = numbers(fit(best.model, method, 1)).reindex(gold.index)["ours"]
        return ((ours - gold["estimate"]) / gold["se"]).drop("logLik").abs().max()

    assert off("laplace6") < 0.1 * off("laplace")


def test_it_repairs_most_of_laplace_with_few_rows_per_level():
    rng = np.random.default_rng(3)
    g = np.repeat(np.arange(150), 8)
    y = rng.random(g.size) < special.expit(0.2 + 1.2 * rng.normal(size=150)[g])
    design = build("y ~ 1 + (1 | g)", {"y": y.astype(float), "g": g}, "bernoulli")[1]
    laplace, six, exact = (
        estimate(design, method=m, nodes=n)
        for m, n in (("laplace", None), ("laplace6", None), ("agq", 25))
    )
    assert six.converged
    assert abs(six.theta[0] - exact.theta[0]) < 0.3 * abs(laplace.theta[0] - exact.theta[0])
    assert dense.integral(design, six.beta, six.theta, points=201, reach=8.0) > dense.integral(
        design, laplace.beta, laplace.theta, points=201, reach=8.0
    )


@pytest.mark.parametrize(("size", "too_few"), [(2, True), (10, False)])
def test_terms_too_large_for_an_expansion_are_noted(size, too_few):
    made = binary(grouped(1, levels=200, size=size, sd=2.5))
    done = estimate(design_of("y ~ x + (1 | g)", made, "bernoulli"), method="laplace6")
    assert done.converged
    assert any("too much for an expansion" in note for note in done.notes) == too_few
