"""What each method says of itself, what ``auto`` chooses, and what is refused."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.estimate.made import Problem, random_problem
from tests.results.made import pupils

from mixeff.errors import ArgumentError, MixeffError, NotAvailableError
from mixeff.estimate import Control, estimate, gradient, loglik, start
from mixeff.estimate.auto import LADDERS
from mixeff.model import build


def design_of(formula: str, family: str, data: Any = None, **options):
    return build(formula, pupils() if data is None else data, family, **options)[1]


@pytest.fixture(scope="module")
def binary():
    return design_of("binary ~ x + (1 | klass)", "bernoulli")


@pytest.fixture(scope="module")
def nested():
    return design_of("binary ~ x + (1 | school) + (1 | klass)", "bernoulli")


@pytest.fixture(scope="module")
def crossed():
    return design_of("binary ~ x + (1 | klass) + (1 | item)", "bernoulli")


@pytest.fixture(scope="module")
def linear():
    return design_of("score ~ x + (1 + x | klass)", "gaussian")


# What auto chooses ----------------------------------------------------------------------------


def test_a_linear_model_gets_reml(linear):
    auto, reml = estimate(linear), estimate(linear, method="reml")
    assert (auto.requested, auto.method, auto.nodes) == ("auto", "reml", None)
    assert auto.notes == ()
    np.testing.assert_array_equal(auto.beta, reml.beta)


@pytest.mark.parametrize(
    ("formula", "family", "options"),
    [
        ("score ~ x + (1 | klass)", "gaussian", {"dispersion": "~ x"}),
        ("score ~ x + (1 | klass) + (1 | item)", "gaussian", {"dispersion": "~ x"}),
        ("binary ~ x", "bernoulli", {}),
    ],
)
def test_where_laplace_is_exact_there_is_no_error_left(formula, family, options):
    auto = estimate(design_of(formula, family, **options))
    assert (auto.method, auto.nodes, auto.integration_error) == ("laplace", None, 0.0)
    assert auto.converged
    assert auto.notes == ()


def test_crossed_factors_keep_laplace_and_say_how_far_off_it_is(crossed):
    auto = estimate(crossed)
    assert (auto.requested, auto.method, auto.nodes) == ("auto", "laplace", None)
    assert auto.integration_error is not None
    assert auto.integration_error > 0.01
    assert len(auto.notes) == 1
    assert "standard errors in the SD of" in auto.notes[0]
    assert "log-likelihood is" in auto.notes[0]


def many_slopes(effects: int):
    """Counts with so many independent effects per level."""
    rng = np.random.default_rng(2)
    x = {f"x{k}": rng.normal(size=600) for k in range(effects - 1)}
    g = np.repeat(np.arange(30), 20)
    eta = 0.3 + sum(0.3 * rng.normal(size=30)[g] * v for v in x.values())
    data = {**x, "g": g, "y": rng.poisson(np.exp(eta))}
    return design_of(f"y ~ 1 + ({' + '.join(x)} || g)", "poisson", data)


def test_thirteen_effects_per_level_keep_laplace_and_say_how_far_off_it_is():
    auto = estimate(many_slopes(13))
    assert auto.method == "laplace"
    assert auto.integration_error is not None
    assert 0 < auto.integration_error < 0.5


def test_six_effects_per_level_get_a_sparse_grid_whose_error_is_told():
    design = many_slopes(6)
    auto = estimate(design)
    assert auto.method == "agq"
    assert auto.integration_error is not None
    assert auto.integration_error < 0.01
    fit = estimate(design, method="agq", nodes=3)
    assert fit.integration_error is not None
    assert fit.integration_error < 0.2
    fine = loglik(design, fit.beta, fit.theta, method="agq", nodes=7)
    laplace = loglik(design, fit.beta, fit.theta)
    assert abs(fit.llf - fine) < 0.3 * abs(laplace - fine)


@pytest.mark.parametrize("term", ["1", "1 + x", "x", "0 + x", "x + sex"])
def test_one_factor_climbs_until_more_nodes_change_nothing(term):
    design = design_of(f"binary ~ x + sex + ({term} | klass)", "bernoulli")
    auto = estimate(design)
    assert auto.method == "agq"
    assert auto.nodes in LADDERS[design.terms[0].size - 1]
    assert auto.integration_error is not None
    assert auto.integration_error <= 0.01
    finer = estimate(design, method="agq", nodes=auto.nodes + 4)
    shift = (finer.beta - auto.beta) / np.sqrt(np.diag(finer.cov))[: len(auto.beta)]
    assert np.abs(shift).max() < 0.015
    assert abs(finer.llf - auto.llf) < 0.02


def test_a_finer_tolerance_takes_more_nodes(binary):
    coarse = estimate(binary, control={"auto_tolerance": 0.5})
    fine = estimate(binary, control=Control(auto_tolerance=1e-5))
    assert np.max(coarse.nodes or 1) < np.max(fine.nodes or 1)
    assert fine.integration_error is not None
    assert fine.integration_error <= 1e-5


def test_a_tolerance_beyond_the_ladder_is_said_not_hidden():
    design = design_of("binary ~ x + (1 + x + sex | klass)", "bernoulli")
    auto = estimate(design, control={"auto_tolerance": 1e-14})
    assert auto.nodes == LADDERS[2][-1]
    assert auto.integration_error is not None
    assert auto.integration_error > 1e-14
    assert any("more nodes are not affordable" in note for note in auto.notes)


def test_nodes_alone_mean_quadrature(binary):
    auto = estimate(binary, nodes=7)
    assert (auto.method, auto.nodes, auto.integration_error) == ("agq", 7, None)
    assert estimate(binary, method="agq").nodes == 15


def test_one_node_gives_the_estimates_of_laplace(binary):
    laplace = estimate(binary, method="laplace")
    one = estimate(binary, method="agq", nodes=1)
    assert (laplace.method, laplace.nodes) == ("laplace", None)
    assert (one.method, one.nodes) == ("agq", 1)
    np.testing.assert_allclose(one.beta, laplace.beta, rtol=1e-9)
    np.testing.assert_allclose(one.theta, laplace.theta, rtol=1e-9)
    assert one.llf == pytest.approx(laplace.llf, rel=1e-13)


@pytest.mark.reference
def test_auto_reaches_gold_on_ohio():
    """Four rows per child, a variance of five: Laplace is off by most of a standard error."""
    from validation.compare import beside, fit, numbers, sources

    found = [s for s in sources() if s.model == "ohio" and s.program == "gold"]
    gold = beside(max(found, key=lambda s: (s.file != "given", s.nodes)))
    auto = numbers(fit("ohio", "auto", 1)).reindex(gold.index)
    shift = ((auto["ours"] - gold["estimate"]) / gold["se"]).drop("logLik").abs()
    assert shift.max() <= 0.01
    assert auto.loc["logLik", "ours"] == pytest.approx(gold.loc["logLik", "estimate"], abs=0.01)


def test_auto_agrees_with_many_nodes_for_gamma_and_poisson():
    for formula, family in [
        ("time ~ x + (x | klass)", "gamma"),
        ("count ~ x + (1 | klass)", "poisson"),
    ]:
        design = design_of(formula, family)
        auto, fine = estimate(design), estimate(design, method="agq", nodes=21)
        se = np.sqrt(np.diag(fine.cov))
        shift = np.concatenate([auto.beta - fine.beta, auto.theta - fine.theta]) / se
        assert np.abs(shift).max() < 0.02


# What an estimate holds -----------------------------------------------------------------------


@pytest.mark.parametrize("method", ["laplace", "agq", "auto"])
def test_an_estimate_is_a_maximum_of_its_log_likelihood(binary, method):
    done = estimate(binary, method=method)
    options: dict[str, Any] = {"method": done.method, "nodes": done.nodes}
    again = loglik(binary, done.beta, done.theta, **options)
    slope = gradient(binary, done.beta, done.theta, **options)
    assert again == pytest.approx(done.llf, abs=1e-9)
    assert np.sqrt(slope @ done.cov @ slope) < 1e-4
    assert done.converged
    assert done.reason.startswith("converged")
    assert 2 <= done.record.evaluations < 60
    assert done.record.gradient_norm < 1e-2


@pytest.mark.parametrize("method", ["ml", "laplace"])
def test_ml_and_laplace_are_the_same_for_a_linear_model(linear, method):
    ml, other = estimate(linear, method="ml"), estimate(linear, method=method)
    np.testing.assert_allclose(other.beta, ml.beta, atol=1e-6)
    np.testing.assert_allclose(other.theta, ml.theta, atol=1e-5)
    se = np.sqrt(np.diag(ml.cov))
    np.testing.assert_allclose(other.cov / np.outer(se, se), ml.cov / np.outer(se, se), atol=1e-3)
    assert other.llf == pytest.approx(ml.llf, abs=1e-8)
    assert loglik(linear, ml.beta, ml.theta, method="ml") == pytest.approx(ml.llf, abs=1e-8)


def test_the_reml_criterion_at_the_estimates_is_that_of_the_fit(linear):
    reml = estimate(linear, method="reml")
    at = loglik(linear, reml.beta, reml.theta, method="reml")
    assert at == pytest.approx(reml.llf, abs=1e-8)


def test_a_given_start_leads_to_the_same_end(binary):
    beta, theta = start(binary)
    usual = estimate(binary, method="laplace")
    other = estimate(binary, method="laplace", start=(beta + 1.0, theta * 3))
    np.testing.assert_allclose(other.beta, usual.beta, atol=1e-5)
    np.testing.assert_allclose(other.theta, usual.theta, atol=1e-5)


def test_a_start_at_zero_variance_is_left(binary):
    usual = estimate(binary, method="laplace")
    other = estimate(binary, method="laplace", start=(usual.beta, np.zeros(1)))
    np.testing.assert_allclose(other.theta, usual.theta, atol=1e-5)


def test_progress_tells_evaluations_objective_and_gradient():
    design = design_of("binary ~ x + (1 + x + sex | klass)", "bernoulli")
    told: list[tuple[int, float, float]] = []
    control = Control(progress=lambda *point: told.append(point))
    done = estimate(design, method="agq", nodes=27, control=control)
    assert told
    evaluations, objective, _ = told[-1]
    assert evaluations <= done.record.evaluations
    assert objective == pytest.approx(-done.llf, rel=0.05)


def test_what_progress_raises_ends_the_fit():
    design = design_of("binary ~ x + (1 + x + sex | klass)", "bernoulli")

    def stop(*_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        estimate(design, method="agq", nodes=27, control={"progress": stop})


# What is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"method": "agk"}, NotAvailableError, "not one of the methods: auto, laplace, agq, ghq"),
        ({"method": "ml"}, NotAvailableError, "not for bernoulli with the logit link"),
        ({"method": "reml"}, NotAvailableError, "take this model: 'laplace', 'agq'"),
        (
            {"method": "laplace", "nodes": 9},
            ArgumentError,
            "nodes= goes with method='agq' or method='ghq'",
        ),
        ({"method": "agq", "nodes": 0}, ArgumentError, "at least 1, not 0"),
        ({"method": "agq", "nodes": 2.5}, ArgumentError, "whole number"),
        ({"method": "agq", "nodes": True}, ArgumentError, "whole number"),
        ({"nodes": -3}, ArgumentError, "at least 1, not -3"),
        ({"method": "agq", "nodes": 30_000}, ArgumentError, "at most 20000 nodes"),
        ({"start": (np.zeros(3), np.ones(1))}, ArgumentError, "2 and 1 entries, not 3 and 1"),
        ({"start": (np.zeros(2), np.ones(2))}, ArgumentError, "2 and 1 entries, not 2 and 2"),
        ({"start": (np.zeros((2, 1)), np.ones(1))}, ArgumentError, "start must be a pair"),
        ({"start": np.zeros(2)}, ArgumentError, "start must be a pair"),
        ({"start": (np.zeros(2),)}, ArgumentError, "start must be a pair"),
        ({"start": 3.0}, ArgumentError, "start must be a pair"),
        ({"start": ("ab", "c")}, ArgumentError, "pair .* of arrays of numbers"),
        ({"start": ([np.nan, 0.0], [1.0])}, ArgumentError, "start"),
        ({"control": {"maxiter": 5}}, ArgumentError, "keys max_evaluations, tolerance"),
        ({"control": 5}, ArgumentError, "control must be a mixeff Control or a mapping"),
        ({"control": {"max_evaluations": 0}}, ArgumentError, "must be positive"),
        ({"control": {"max_evaluations": 2.5}}, ArgumentError, "max_evaluations"),
        ({"control": {"tolerance": np.nan}}, ArgumentError, "must be positive"),
        ({"control": {"progress": 3}}, ArgumentError, "progress"),
        ({"control": {"tolerance": -1.0}}, ArgumentError, "must be positive"),
        ({"control": {"tolerance": "small"}}, ArgumentError, "tolerance"),
        ({"control": {"penalty": 0.0}}, ArgumentError, "must be positive"),
    ],
)
def test_arguments_that_cannot_be(binary, options, error, message):
    with pytest.raises(error, match=message):
        estimate(binary, **options)


@pytest.mark.parametrize("method", ["agq", "ghq"])
def test_quadrature_is_refused_for_crossed_factors(crossed, method):
    with pytest.raises(NotAvailableError, match=r"are crossed \(klass, item\)"):
        estimate(crossed, method=method, nodes=5)
    with pytest.raises(NotAvailableError, match="methods that take this model: 'laplace'"):
        loglik(crossed, np.zeros(2), np.ones(2), method=method)


def test_quadrature_is_refused_for_no_factor():
    with pytest.raises(NotAvailableError, match="this model has none"):
        estimate(design_of("binary ~ x", "bernoulli"), method="agq")


def test_quadrature_is_refused_for_thirteen_effects():
    with pytest.raises(NotAvailableError, match=r"up to 12 .* this model has 13"):
        estimate(many_slopes(13), method="agq")


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ((5, 7, 9), "nodes has 3 numbers and the model 2 grouping factors"),
        ({"klass": 5}, "give a number for each grouping factor of the model: 'school', 'klass'"),
        ({"klass": 5, "item": 7}, "nodes names 'klass', 'item'"),
        ((5, 2.5), "whole number of at least 1, not 2.5"),
        ({"klass": 0, "school": 3}, "at least 1, not 0"),
        ("57", "whole number"),
        ((200, 200), r"nodes=200 makes 40,000 points .*1 in school, 1 in klass.* at most 141"),
    ],
)
def test_nodes_by_level_that_cannot_be(nested, nodes, message):
    with pytest.raises(ArgumentError, match=message):
        estimate(nested, method="agq", nodes=nodes)


def test_nodes_by_level_are_the_same_however_given(nested):
    at = (nested, np.array([0.1, 0.3]), np.array([0.8, 0.5]))
    by_name = loglik(*at, method="agq", nodes={"klass": 5, "school": 9})
    assert loglik(*at, method="agq", nodes=(9, 5)) == by_name
    assert loglik(*at, method="agq", nodes=[9, 5]) == by_name
    assert loglik(*at, method="agq", nodes=[5, 9]) != by_name
    assert loglik(*at, method="agq", nodes=[7, 7]) == loglik(*at, method="agq", nodes=7)


def test_ml_is_refused_for_a_dispersion_formula():
    design = design_of("score ~ x + (1 | klass)", "gaussian", dispersion="~ x")
    with pytest.raises(NotAvailableError, match="dispersion formula"):
        estimate(design, method="ml")


@pytest.mark.parametrize("function", [loglik, gradient])
@pytest.mark.parametrize(("beta", "theta"), [(np.zeros(1), np.ones(1)), (np.zeros(2), np.ones(0))])
def test_parameters_of_a_wrong_length_are_refused(binary, function, beta, theta):
    with pytest.raises(MixeffError, match=r"2 .* 1 "):
        function(binary, beta, theta)


def test_outside_the_domain_the_log_likelihood_is_minus_infinity():
    made: Problem = random_problem("poisson", "identity", "intercept")
    outside = np.array([-5.0, 0.0])
    assert loglik(made.design, outside, made.theta) == -np.inf
    assert np.isnan(gradient(made.design, outside, made.theta)).all()


def test_an_infeasible_start_is_named():
    made = random_problem("poisson", "identity", "intercept")
    with pytest.raises(ArgumentError, match="domain of the identity link"):
        estimate(made.design, start=(np.array([-5.0, 0.0]), made.theta))


def test_a_response_without_any_residual_is_named():
    data = pd.DataFrame({"x": np.arange(20.0), "g": np.arange(20) % 5})
    data["y"] = 1 + 2 * data["x"]
    with pytest.raises(ArgumentError, match="residual variance is zero"):
        estimate(design_of("y ~ x + (1 | g)", "gaussian", data))
