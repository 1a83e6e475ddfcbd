"""Priors: their text, what they may stand for, and what is said where they do not fit."""

import numpy as np
import pytest
from tests.estimate.simulated import binary, counts, design_of, grouped, numbers

from mixeff.core import sample
from mixeff.errors import ArgumentError, PriorError
from mixeff.estimate.bayes import Prior, as_prior, assign
from mixeff.estimate.bayes.priors import PRIORS
from mixeff.estimate.problem import problem_of

SLOPES = "y ~ x + (1 + x | g)"


def by_name(design, given=None):
    return {row.slot.name: row for row in assign(design, given)}


@pytest.mark.parametrize("name", PRIORS)
def test_every_prior_reads_its_own_text(name):
    prior = Prior(name, tuple(1.0 / 3.0 + k for k in range(len(PRIORS[name].arguments))))
    assert as_prior(prior.exactly()) == prior
    assert as_prior(prior) is prior
    assert as_prior(f"  {name} ( {', '.join(map(repr, prior.arguments))} ) ") == prior


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("norml(0, 1)", "norml.*is not one of normal"),
        ("normal(0)", r"form is normal\(location, scale\)"),
        ("normal(0, -1)", "scale .* must be a positive number"),
        ("normal(0, x)", "must be numbers"),
        ("normal(nan, 1)", "location .* must be a finite number"),
        ("lkj()", r"form is lkj\(eta\)"),
        ("normal", "give a text such as"),
        (3, "give a text such as"),
    ],
)
def test_what_is_no_prior_is_named_with_its_term(given, words):
    design = design_of(SLOPES, numbers(grouped(1, 6, 8)))
    with pytest.raises(PriorError, match=r"priors\['x'\].*" + words):
        assign(design, {"x": given})


@pytest.mark.parametrize(
    ("priors", "words"),
    [
        ({"z": "normal(0, 1)"}, "'z' names no term.*Known: Intercept, fixed, x"),
        ({"sd(h)": "exponential(1)"}, r"Did you mean 'sd\(g\)'"),
        ({"x": "exponential(1)"}, r"'x'.*no prior of x.*normal\(location, scale\)"),
        ({"sd(g)": "normal(0, 1)"}, r"no prior of sd\(Intercept \| g\).*half_normal"),
        ({"cor": "half_normal(1)"}, r"no prior of cor\(Intercept, x \| g\).*lkj\(eta\)"),
        ({"dispersion": "lkj(2)"}, "no prior of dispersion.*half_normal"),
        ("normal(0, 1)", "must be a mapping"),
    ],
)
def test_what_does_not_fit_is_named(priors, words):
    design = design_of(SLOPES, numbers(grouped(1, 6, 8)))
    with pytest.raises(PriorError, match=words):
        assign(design, priors)
    assert issubclass(PriorError, ArgumentError)


def test_the_particular_wins_over_the_general():
    design = design_of(SLOPES, numbers(grouped(1, 6, 8)))
    given = {
        "sd(x | g)": "half_normal(3)",
        "sd": "half_normal(1)",
        "fixed": "normal(0, 1)",
        "cor(g)": "lkj(4)",
        "dispersion": "exponential(2)",
    }
    rows = by_name(design, given)
    assert str(rows["sd(Intercept | g)"].prior) == "half_normal(1)"
    assert str(rows["sd(x | g)"].prior) == "half_normal(3)"
    assert str(rows["x"].prior) == "normal(0, 1)"
    assert str(rows["cor(Intercept, x | g)"].prior) == "lkj(4)"
    assert rows["Intercept"].default
    assert not rows["dispersion"].default


def test_defaults_do_not_depend_on_the_units():
    data = numbers(grouped(2, 8, 6))
    plain = by_name(design_of(SLOPES, data))
    scaled = by_name(design_of(SLOPES, {**data, "y": 1000 * data["y"], "x": 10 * data["x"]}))

    def scale(rows, name):
        return rows[name].prior.arguments[-1]

    assert scale(scaled, "Intercept") == pytest.approx(1000 * scale(plain, "Intercept"))
    assert scale(scaled, "x") == pytest.approx(100 * scale(plain, "x"))
    assert scale(scaled, "sd(x | g)") == pytest.approx(100 * scale(plain, "sd(x | g)"))
    x = data["x"].to_numpy()
    assert scale(plain, "x") == pytest.approx(2.5 * np.std(data["y"]) / np.std(x))


def test_the_prior_of_the_intercept_is_for_mean_covariates():
    design = design_of("y ~ x + (1 | g)", binary(grouped(3, 6, 9)), "bernoulli")
    weights = by_name(design)["Intercept"].slot.weights
    assert weights is not None
    np.testing.assert_allclose(weights, design.X.mean(axis=0))


def test_a_log_link_has_no_units():
    design = design_of("y ~ x + (1 | g)", counts(grouped(4, 6, 9)), "poisson")
    assert by_name(design)["sd(Intercept | g)"].prior.arguments == (3.0, 2.5)


def test_the_core_refuses_priors_that_do_not_fit():
    design = design_of("y ~ x + (1 | g)", binary(grouped(3, 6, 9)), "bernoulli")
    settings = {"chains": 1, "draws": 4, "warmup": 10, "target_accept": 0.8, "max_depth": 5}
    rest = {**settings, "seed": 1, "keep_effects": False, "progress": None}
    for sds in ([], [("lkj", [1.0])], [("half_normal", [1.0, 2.0])]):
        with pytest.raises(ValueError, match="prior"):
            sample(problem_of(design), coefficients=[], sds=sds, etas=[1.0], **rest)
