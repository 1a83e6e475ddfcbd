"""A conditional fit as the user sees it: what it names, what it leaves out, what it refuses."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mixeff as me
from mixeff.errors import ConstantColumnWarning, NotAvailableError, RankDeficientWarning

FORMULA = "y ~ x + z + w + (1 | g)"


def data(levels: int = 60, rows: int = 6) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    g = np.repeat(np.arange(levels), rows)
    x, z, w = rng.normal(size=len(g)), rng.integers(0, 2, len(g)), rng.normal(size=levels)[g]
    eta = 0.8 * x - 0.5 * z + w + 1.5 * rng.normal(size=levels)[g]
    y = rng.binomial(1, 1 / (1 + np.exp(-eta)))
    count = rng.poisson(np.exp(0.5 * eta))
    return pd.DataFrame({"y": y, "count": count, "x": x, "z": z, "w": w, "g": g})


@pytest.fixture(scope="module")
def fit() -> me.Fit:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConstantColumnWarning)
        return me.fit(FORMULA, data(), family="bernoulli", method="conditional")


def test_it_names_what_it_estimates_and_what_it_drops(fit):
    assert list(fit.params.index) == ["x", "z"]
    assert fit.spec.predictors[0].names == ("x", "z")
    assert set(fit.spec.aliased) == {"Intercept", "w"}
    notes = " ".join(fit.notes)
    assert "not identified, and dropped: 'w'" in notes
    assert "Intercept" not in notes
    with pytest.warns(ConstantColumnWarning, match="'w'"):
        me.fit(FORMULA, data(), family="bernoulli", method="conditional")


def test_it_counts_what_counts(fit):
    of_level: Any = data().groupby("g")["y"].agg(["sum", "size"])
    vary = (of_level["sum"] > 0) & (of_level["sum"] < of_level["size"])
    assert fit.n_groups == {"g": int(vary.sum())}
    assert fit.nobs == int(of_level["size"][vary].sum())
    assert fit.df_model == 2
    assert f"{60 - vary.sum()} of 60 levels of 'g'" in " ".join(fit.notes)
    kept: Any = data()[data()["g"].isin(of_level.index[vary])]
    same = me.fit("y ~ x + z + (1 | g)", kept, family="bernoulli", method="conditional")
    np.testing.assert_allclose(same.params, fit.params, rtol=1e-9)
    assert same.bic == pytest.approx(fit.bic)
    assert same.nobs == fit.nobs


def test_the_summary_says_what_the_log_likelihood_is(fit):
    text = " ".join(str(fit.summary()).split())
    assert "Conditional log-likelihood" in text
    assert "conditional maximum likelihood" in text
    assert "compares with those of other conditional fits to the same rows only" in text
    assert f"{fit.nobs} used, {360 - fit.nobs} that do not count" in text
    assert f"g {fit.n_groups['g']} of 60" in text


def test_tables_without_random_effects_are_empty(fit):
    for table in (fit.random_effects(), fit.variance_components, fit.icc(), fit.correlations()):
        assert len(table) == 0
    assert list(fit.tidy()["term"]) == ["x", "z"]
    assert fit.glance()["nobs"].item() == fit.nobs
    assert list(fit.odds_ratios().columns) == ["odds_ratio", "lower", "upper"]


ASKED = {
    "predict": lambda fit: fit.predict(),
    "median": lambda fit: fit.predict(kind="median"),
    "marginal": lambda fit: fit.predict(kind="marginal", interval="prediction"),
    "new data": lambda fit: fit.predict({"x": [0.0]}),
    "fitted": lambda fit: fit.fittedvalues,
    "residuals": lambda fit: fit.resid(),
    "simulate": lambda fit: fit.simulate(),
    "augment": lambda fit: fit.augment(),
    "effects": lambda fit: fit.plot.effects("x"),
}


@pytest.mark.parametrize("name", ASKED)
def test_what_needs_an_intercept_is_refused(fit, name):
    with pytest.raises(NotAvailableError, match="neither an intercept nor random effects"):
        ASKED[name](fit)


def test_a_loaded_fit_says_the_same(fit, tmp_path):
    fit.save(tmp_path / "fit.mixeff")
    again = me.load(tmp_path / "fit.mixeff")
    assert str(again.summary()) == str(fit.summary())
    assert (again.nobs, again.n_groups) == (fit.nobs, fit.n_groups)
    np.testing.assert_array_equal(again.cov_params(), fit.cov_params())


def test_a_refit_is_of_all_rows(fit, tmp_path):
    np.testing.assert_allclose(fit.refit(data()["y"]).params, fit.params, rtol=1e-9)
    other = fit.refit(1 - data()["y"])
    np.testing.assert_allclose(other.params, -fit.params, rtol=1e-7)
    other.save(tmp_path / "other.mixeff")
    again = me.load(tmp_path / "other.mixeff")
    assert str(again.summary()) == str(other.summary())


def test_what_is_a_combination_within_levels_is_dropped():
    frame = data().assign(v=lambda d: 2 * d["x"] + d["w"])
    with pytest.warns(RankDeficientWarning, match="within levels of 'g', column 'v'"):
        fit = me.fit("y ~ x + v + (1 | g)", frame, family="bernoulli", method="conditional")
    assert list(fit.params.index) == ["x"]


def test_counts_are_the_poisson_model_with_dummies():
    frame = data()
    fit = me.fit("count ~ x + z + (1 | g)", frame, family="poisson", method="conditional")
    dummies = me.fit("count ~ 0 + x + z + C(g)", frame, family="poisson", method="laplace")
    np.testing.assert_allclose(fit.params, dummies.params[["x", "z"]], atol=1e-5)
    np.testing.assert_allclose(fit.bse, dummies.bse[["x", "z"]], rtol=1e-4)
    assert fit.odds_ratios().columns[0] == "rate_ratio"


def test_separation_within_levels_is_found_and_named():
    frame = data()
    frame["sign"] = np.where(frame["y"] == 1, 1.0, -1.0) + frame["w"] * 10  # not across levels
    with pytest.warns(me.errors.ConvergenceWarning, match="within the levels of 'g', 'sign' tells"):
        fit = me.fit("y ~ x + sign + (1 | g)", frame, family="bernoulli", method="conditional")
    assert not fit.converged
    assert "'x'" not in fit.estimate.reason
    held = me.fit(
        "y ~ x + sign + (1 | g)", frame, "bernoulli", method="conditional", control={"penalty": 2.5}
    )
    assert held.converged


def test_separation_of_counts_and_of_two_together():
    frame = data(levels=20)
    frame["zero"] = (frame["count"] == 0).astype(float)
    with pytest.warns(me.errors.ConvergenceWarning, match="'zero' tells"):
        me.fit("count ~ x + zero + (1 | g)", frame, family="poisson", method="conditional")
    a = np.random.default_rng(3).normal(size=len(frame))
    frame = frame.assign(a=a, b=frame["y"] - a + 5 * frame["w"])
    with pytest.warns(me.errors.ConvergenceWarning, match="'a' and 'b' together tell"):
        me.fit("y ~ x + a + b + (1 | g)", frame, family="bernoulli", method="conditional")


def test_ordinary_data_are_not_called_separated():
    from mixeff.model import build
    from mixeff.model.within_separation import find_within_separation

    for family, response in (("bernoulli", "y"), ("poisson", "count")):
        _, design = build(f"{response} ~ x + z + (1 | g)", data(), family)
        assert find_within_separation(design.within.design) is None


def test_a_factor_whose_reference_level_is_in_no_level_that_counts(tmp_path):
    frame = data(levels=30)
    kind = np.random.default_rng(1).choice(["b", "c"], len(frame))
    kind[frame["g"] < 3] = "a"
    frame = frame.assign(kind=kind, y=np.where(frame["g"] < 3, 1, frame["y"]))
    with pytest.warns(RankDeficientWarning):
        fit = me.fit("y ~ x + kind + (1 | g)", frame, family="bernoulli", method="conditional")
    assert list(fit.params.index) == ["x", "kind[T.b]"]
    fit.save(tmp_path / "fit.mixeff")
    assert str(me.load(tmp_path / "fit.mixeff").summary()) == str(fit.summary())
