"""Chances of alternatives, which depend on those of the same case."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.results.made import differences

import mixeff as me
from mixeff.errors import NewDataError, NotAvailableError
from mixeff.predict.predictor import predictor_of


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(2)
    taste = 0.9 * rng.normal(size=20)
    rows = []
    for case in range(60):
        person, size = case // 3, 2 + case % 3
        price, quality = rng.normal(size=(2, size))
        utility = 0.6 * quality - (1 + taste[person]) * price + rng.gumbel(size=size)
        rows += [
            (person, case, price[j], quality[j], int(j == utility.argmax())) for j in range(size)
        ]
    names = ["person", "case", "price", "quality", "chosen"]
    return pd.DataFrame(rows, columns=names).sample(frac=1, random_state=1, ignore_index=True)


@pytest.fixture(scope="module")
def fit(data):
    formula = "choice(chosen, case) ~ price + quality + (0 + price | person)"
    return me.fit(formula, data, family="choice", method="laplace")


def softmax(utility, case):
    odds = np.exp(utility)
    return odds / pd.Series(odds).groupby(np.asarray(case)).transform("sum").to_numpy()


def test_chances_at_the_median_and_for_each_person(fit, data):
    fixed = data[["price", "quality"]].to_numpy() @ fit.params.to_numpy()
    median = softmax(fixed, data["case"])
    np.testing.assert_allclose(fit.predict(kind="median"), median, rtol=1e-12)
    taste = fit.estimate.random[0].mode[data["person"], 0]
    own = softmax(fixed + data["price"] * taste, data["case"])
    np.testing.assert_allclose(fit.predict(), own, rtol=1e-12)
    np.testing.assert_allclose(fit.predict(data, kind="median"), median, rtol=1e-12)


def test_marginal_chances_against_draws(fit, data):
    fixed = data[["price", "quality"]].to_numpy() @ fit.params.to_numpy()
    draws = fit.estimate.theta[0] * np.random.default_rng(1).normal(size=3000)
    price = data["price"].to_numpy()
    sample = np.array([softmax(fixed + b * price, data["case"]) for b in draws])
    error = fit.predict(kind="marginal") - sample.mean(axis=0)
    assert (np.abs(error) < 5 * sample.std(axis=0) / np.sqrt(3000) + 1e-4).all()


@pytest.mark.parametrize("kind", ["median", "marginal"])
def test_gradients_against_differences(fit, kind):
    def at(v):
        estimate = replace(fit.estimate, beta=v[:2], theta=v[2:])
        moved = replace(fit, estimate=estimate)
        return predictor_of(moved, kind, None, "response").natural(fit.design).value

    at_estimates = np.concatenate([fit.estimate.beta, fit.estimate.theta])
    found = predictor_of(fit, kind, None, "response").natural(fit.design).jacobian
    np.testing.assert_allclose(found, differences(at, at_estimates), rtol=1e-6, atol=1e-8)


def test_intervals_surround_the_chances(fit):
    table = fit.predict(kind="marginal", interval="confidence")
    assert ((table["lower"] < table["estimate"]) & (table["estimate"] < table["upper"])).all()
    assert table["lower"].min() > 0
    assert table["upper"].max() < 1


def test_new_data_need_no_choice(fit, data):
    new = data.drop(columns="chosen").assign(person=999)
    wanted = fit.predict(data, kind="marginal")
    np.testing.assert_allclose(fit.predict(new, kind="marginal"), wanted, rtol=1e-12)
    np.testing.assert_allclose(me.predictions(fit, new)["estimate"], wanted, rtol=1e-12)
    alone = {"price": [0.3], "quality": [0.0], "case": ["of one alternative"]}
    assert fit.predict(alone, kind="median") == pytest.approx(1.0)


def test_what_cannot_be_asked(fit):
    with pytest.raises(NewDataError, match="the column 'case'"):
        fit.predict({"price": [0.0], "quality": [0.0]}, kind="median")
    for scale in ("response", "link"):
        with pytest.raises(NotAvailableError, match="of choices"):
            fit.predict(interval="confidence", scale=scale)
    for kind in ("cluster", "median", "marginal"):
        with pytest.raises(NotAvailableError, match="chances of its alternatives"):
            fit.predict(interval="prediction", kind=kind)
    with pytest.raises(NotAvailableError, match="no curve along a covariate"):
        fit.plot.effects("price")
    with pytest.raises(NotAvailableError, match="all alternatives of a case at once"):
        me.comparisons(fit, "price")
    utility = me.comparisons(fit, "price", kind="median", scale="link", average=True)
    np.testing.assert_allclose(utility["estimate"], fit.params["price"])
