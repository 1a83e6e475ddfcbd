"""Several responses in one model, against single models and integrals that are the same."""

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, gammaln

import mixeff as me
from mixeff.errors import ArgumentError, FormulaError, NotAvailableError


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    g = np.repeat(np.arange(60), 5)
    b = rng.multivariate_normal([0, 0], [[1.0, 0.6], [0.6, 0.8]], 60)
    x = rng.normal(size=len(g))
    return pd.DataFrame(
        {
            "g": g,
            "x": x,
            "y": rng.binomial(1, expit(-0.5 + 0.8 * x + b[g, 0])),
            "c": rng.poisson(np.exp(0.3 - 0.4 * x + b[g, 1])),
            "v": 1.0 - x + b[g, 0] + rng.normal(size=len(g)) * 0.5,
            "w": 1e4 + x + b[g, 1] + rng.normal(size=len(g)) * 0.7,
        }
    )


SHARED = ["y ~ x + (1 | id | g)", "c ~ x + (1 | id | g)"]
FAMILIES = ["bernoulli", "poisson"]


@pytest.fixture(scope="module")
def fit(data):
    return me.fit(SHARED, data, family=FAMILIES)


def test_without_a_shared_name_it_is_the_sum_of_its_parts(data):
    formulas = ["y ~ x + (1 | g)", "c ~ x + (1 | g)"]
    both = me.fit(formulas, data, family=FAMILIES, method="laplace")
    parts = [
        me.fit(formula, data, family=family, method="laplace")
        for formula, family in zip(formulas, FAMILIES, strict=True)
    ]
    assert both.llf == pytest.approx(sum(part.llf for part in parts), abs=1e-7)
    np.testing.assert_allclose(
        both.params, np.concatenate([part.params for part in parts]), rtol=1e-5
    )
    np.testing.assert_allclose(both.bse, np.concatenate([part.bse for part in parts]), rtol=1e-4)


def test_two_normal_responses_are_one_long_response(data):
    both = me.fit(["v ~ x + (1 | i | g)", "w ~ x + (1 | i | g)"], data, family="gaussian")
    long = pd.concat(
        [data.assign(y=data["v"], r="v"), data.assign(y=data["w"], r="w")], ignore_index=True
    )
    one = me.fit("y ~ 0 + r + r:x + (0 + r | g)", long, dispersion="~ 0 + r")
    assert both.llf == pytest.approx(one.llf, abs=1e-5)
    wanted = one.params[["r[v]", "r[v]:x", "r[w]", "r[w]:x"]]
    np.testing.assert_allclose(both.params, wanted, rtol=1e-5)
    mine, other = both.variance_components, one.variance_components
    np.testing.assert_allclose(mine["estimate"], other["estimate"], rtol=1e-3)


def test_the_likelihood_is_that_of_a_dense_integral(data, fit):
    few = data[data["g"] < 20]
    model = me.fit(SHARED, few, family=FAMILIES, method="agq", nodes=25)
    beta, covariance = model.params.to_numpy(), _covariance(model)
    z = np.linspace(-8, 8, 161)
    grid = np.stack(np.meshgrid(z, z, indexing="ij"), -1).reshape(-1, 2)
    weight = np.exp(-0.5 * (grid**2).sum(1)) * (z[1] - z[0]) ** 2 / (2 * np.pi)
    values, vectors = np.linalg.eigh(covariance)
    b = grid @ (vectors * np.sqrt(np.maximum(values, 0))).T
    total = 0.0
    for _, rows in few.groupby("g"):
        x, y, c = (rows[name].to_numpy() for name in ("x", "y", "c"))
        logit = beta[0] + beta[1] * x + b[:, :1]
        log = beta[2] + beta[3] * x + b[:, 1:]
        density = (y * logit - np.logaddexp(0, logit)).sum(1)
        density += (c * log - np.exp(log) - gammaln(c + 1)).sum(1)
        total += np.log(weight @ np.exp(density))
    assert model.llf == pytest.approx(total, abs=1e-5)


def _covariance(fit) -> np.ndarray:
    a, b, ab = fit.variance_components["estimate"]
    return np.array([[a, ab], [ab, b]])


def test_coefficients_bear_the_name_of_their_response(fit):
    assert list(fit.params.index) == ["y:Intercept", "y:x", "c:Intercept", "c:x"]
    assert fit.converged
    assert fit.nobs == 600
    assert "y:x" in str(fit.summary())


def test_a_response_predicts_as_its_own_model_would(fit):
    count = fit.responses["c"]
    new = pd.DataFrame({"x": [0.0, 1.0]})
    mean = np.exp(count.params["Intercept"] + count.params["x"] * new["x"])
    np.testing.assert_allclose(count.predict(new, kind="median"), mean, rtol=1e-12)
    variance = _covariance(fit)[1, 1]
    marginal = count.predict(new, kind="marginal", interval="confidence")
    np.testing.assert_allclose(marginal["estimate"], mean * np.exp(variance / 2), rtol=1e-8)
    assert np.all(marginal["lower"] < marginal["estimate"])
    assert np.all(marginal["estimate"] < marginal["upper"])


def test_each_response_uses_its_own_random_effects(data, fit):
    modes = fit.random_effects(kind="mode")
    own = modes[modes["name"] == "c:Intercept"]["estimate"].to_numpy()
    count = fit.responses["c"]
    eta = count.params["Intercept"] + count.params["x"] * data["x"] + own[data["g"]]
    np.testing.assert_allclose(count.fittedvalues, np.exp(eta), rtol=1e-10)
    np.testing.assert_allclose(count.predict(data.head(9)), np.exp(eta)[:9], rtol=1e-10)


def test_correlation_lends_strength_to_the_other_response(data):
    holes = data.assign(c=data["c"].where(data["g"] > 9))
    with pytest.warns(me.errors.MissingRowsWarning):
        fit = me.fit(SHARED, holes, family=FAMILIES)
    modes = fit.random_effects(kind="mode")
    unseen = modes[(modes["name"] == "c:Intercept") & (modes["level"] < 10)]
    seen = modes[(modes["name"] == "y:Intercept") & (modes["level"] < 10)]
    assert np.corrcoef(unseen["estimate"], seen["estimate"])[0, 1] > 0.99


def test_responses_with_and_without_a_dispersion(data):
    fit = me.fit(
        ["y ~ x + (1 | id | g)", "w ~ x + (1 | id | g)"], data, family=["bernoulli", "gaussian"]
    )
    assert fit.converged
    table = fit.tidy()
    assert "w:dispersion" in list(table["term"])
    assert fit.responses["w"].scale == pytest.approx(0.5, abs=0.1)


def test_an_ordinal_response_beside_a_count(data):
    graded = data.assign(o=np.digitize(data["v"], [-0.5, 1.0, 2.0]))
    fit = me.fit(
        ["o ~ x + (1 | id | g)", "c ~ x + (1 | id | g)"], graded, family=["cumulative", "poisson"]
    )
    assert fit.converged
    chances = fit.responses["o"].predict(kind="marginal")
    np.testing.assert_allclose(chances.sum(axis=1), 1.0, atol=1e-9)


def test_lists_of_arguments_are_one_for_each_response(data):
    fit = me.fit(
        SHARED, data, family=FAMILIES, offset=[None, np.full(len(data), 0.5)], method="laplace"
    )
    plain = me.fit(SHARED, data, family=FAMILIES, method="laplace")
    moved = (plain.params - fit.params).loc["c:Intercept"]
    assert float(moved) == pytest.approx(0.5, abs=1e-5)


def test_a_joint_fit_survives_pickling(fit):
    again = pickle.loads(pickle.dumps(fit))
    assert again.llf == fit.llf
    new = {"x": [0.3]}
    before = fit.responses["y"].predict(new, kind="marginal")
    np.testing.assert_array_equal(again.responses["y"].predict(new, kind="marginal"), before)


def test_a_joint_fit_is_saved_with_all_its_responses(data, fit, tmp_path):
    holes = data.assign(c=data["c"].where(data["g"] > 3))
    with pytest.warns(me.errors.MissingRowsWarning):
        part = me.fit(SHARED, holes, family=FAMILIES, offset=[None, np.full(len(data), 0.2)])
    for saved in (fit, part):
        saved.save(tmp_path / "fit.zip")
        again = me.load(tmp_path / "fit.zip")
        assert again.llf == saved.llf
        assert again.notes == saved.notes
        assert str(again.summary()) == str(saved.summary())
    new = {"x": [0.3], "g": [5]}
    np.testing.assert_array_equal(
        again.responses["y"].predict(new), part.responses["y"].predict(new)
    )


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"family": ["bernoulli"]}, ArgumentError, "family= has 1 entries for 2 formulas"),
        ({"method": "pql1"}, NotAvailableError, "takes one response"),
        ({"weights": "x"}, ArgumentError, "weights= is a list"),
        ({"priors": {"fixed": "normal(0, 1)"}}, ArgumentError, "priors= goes with method='mcmc'"),
        ({"seed": 1}, ArgumentError, "seed= goes with method='mcmc'"),
    ],
)
def test_wrong_arguments_are_named(data, change, error, words):
    with pytest.raises(error, match=words):
        me.fit(SHARED, data, **{"family": FAMILIES, **change})


@pytest.mark.parametrize("group", ["g", "g:h"])
def test_a_level_of_another_response_has_effects_on_this_one(data, group):
    holes = data.assign(h="a", c=data["c"].where(data["g"] < 50))
    formulas = [f"y ~ x + (1 | id | {group})", f"c ~ x + (1 | id | {group})"]
    with pytest.warns(me.errors.MissingRowsWarning):
        fit = me.fit(formulas, holes, family=FAMILIES, method="laplace")
    modes = fit.random_effects(kind="mode")
    own = modes[(modes["name"] == "c:Intercept") & modes["level"].isin([55, "55:a"])]
    count = fit.responses["c"]
    predicted = count.predict({"x": [0.0], "g": [55], "h": ["a"]}, scale="link")
    assert predicted == pytest.approx(count.params["Intercept"] + own["estimate"].to_numpy())
    assert own["estimate"].to_numpy() != 0


def test_formulas_are_some_and_a_model_has_one(data):
    with pytest.raises(ArgumentError, match="list of formulas is empty"):
        me.fit([], data, family=[])
    with pytest.raises(ArgumentError, match="one response"):
        me.Model(SHARED, data, family=FAMILIES)  # type: ignore[arg-type]


def test_a_response_has_one_formula(data):
    with pytest.raises(FormulaError, match="'y' stands in two formulas"):
        me.fit(["y ~ x + (1 | g)", "y ~ 1 + (1 | g)"], data, family="bernoulli")


@pytest.mark.parametrize("what", ["refit", "report"])
def test_what_knows_one_response_only_is_refused(fit, what):
    for one in (fit, fit.responses["c"]):
        with pytest.raises(NotAvailableError, match="one"):
            getattr(one, what)("x")


@pytest.mark.parametrize(
    "what", ["predict", "resid", "augment", "fittedvalues", "odds_ratios", "hausman", "plot"]
)
def test_what_is_about_one_response_says_where_to_ask(fit, what):
    with pytest.raises(NotAvailableError, match=rf"ask fit.responses\['y'\].{what}"):
        getattr(fit, what)


def test_criteria_of_a_response_are_those_of_the_whole(fit):
    count = fit.responses["c"]
    assert fit.bic == pytest.approx(-2 * fit.llf + fit.df_model * np.log(600))
    assert (count.llf, count.aic, count.bic) == (fit.llf, fit.aic, fit.bic)


def test_intervals_of_a_clusters_own_predictions_are_refused(fit):
    with pytest.raises(NotAvailableError, match="kind='marginal'"):
        fit.responses["y"].predict(interval="confidence")
