"""The verb ``predict``: arguments, new data, forms of the answer."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from tests.results.made import cbpp, fitted, pupils

import mixeff as me
from mixeff.errors import ArgumentError, UnknownColumnError, UnseenLevelError


def expit(x):
    return 1 / (1 + np.exp(-x))


@pytest.fixture
def new():
    return pd.DataFrame({"x": [0.5, -1.0, 2.0], "sex": ["girl", "boy", "girl"], "klass": [0, 5, 9]})


@pytest.mark.parametrize("kind", ["cluster", "median", "marginal"])
def test_the_data_of_the_fit_are_the_default(kind):
    fit = fitted("bernoulli")
    again = fit.predict(pd.DataFrame(pupils()), kind=kind)
    np.testing.assert_allclose(fit.predict(kind=kind), again, rtol=1e-12)


def test_cluster_is_the_default_and_uses_the_modes(new):
    fit = fitted("bernoulli")
    b = fit.estimate.random[0].mode[new["klass"]]
    fixed = fit.params["Intercept"] + fit.params["x"] * new["x"]
    fixed += fit.params["sex[T.girl]"] * (new["sex"] == "girl")
    expected = expit(fixed + b[:, 0] + b[:, 1] * new["x"])
    np.testing.assert_allclose(fit.predict(new), expected)
    np.testing.assert_allclose(fit.predict(), fit.fittedvalues)


def test_link_scale_is_the_link_of_the_mean(new):
    for kind in ("cluster", "median", "marginal"):
        fit = fitted("bernoulli")
        link = fit.predict(new, kind=kind, scale="link")
        np.testing.assert_allclose(expit(link), fit.predict(new, kind=kind))


def test_quantiles_are_in_order(new):
    fit = fitted("bernoulli")
    rows = [fit.predict(new, quantile=q) for q in (0.1, 0.5, 0.9)]
    assert (np.diff(rows, axis=0) > 0).all()
    np.testing.assert_allclose(rows[1], fit.predict(new, kind="median"))


def test_new_levels(new):
    fit = fitted("bernoulli")
    new["klass"] = [0, 5, 777]
    with pytest.raises(UnseenLevelError, match="777"):
        fit.predict(new)
    found = fit.predict(new, new_levels="population")
    np.testing.assert_allclose(found[2], fit.predict(new, kind="median")[2])
    np.testing.assert_allclose(found[:2], fit.predict(new.head(2)))


def test_only_cluster_needs_the_groups(new):
    fit = fitted("bernoulli")
    groupless = new.drop(columns="klass")
    for kind in ("median", "marginal"):
        np.testing.assert_allclose(fit.predict(groupless, kind=kind), fit.predict(new, kind=kind))
    with pytest.raises(UnknownColumnError, match="klass"):
        fit.predict(groupless)


def test_an_unseen_level_widens_the_interval(new):
    fit = fitted("bernoulli")
    new["klass"] = [0, 5, 777]
    cluster = fit.predict(new, new_levels="population", interval="confidence", scale="link")
    median = fit.predict(new, kind="median", interval="confidence", scale="link")
    z, theta = np.array([1.0, 2.0]), fit.estimate.theta
    factor = np.array([[theta[0], 0.0], [theta[1], theta[2]]])
    expected = np.sqrt(median["se"][2] ** 2 + ((z @ factor) ** 2).sum())
    assert cluster["se"][2] == pytest.approx(expected)


@pytest.mark.parametrize("interval", [None, "confidence", "prediction"])
def test_rows_with_missing_values_stay_as_nan(new, interval):
    new.loc[1, "x"] = np.nan
    found = fitted("bernoulli").predict(new, interval=interval)
    values = found if interval is None else found["estimate"].to_numpy()
    np.testing.assert_array_equal(np.isnan(values), [False, True, False])


def test_intervals_come_in_the_library_of_the_new_data(new):
    found = fitted("bernoulli").predict(pl.from_pandas(new), interval="confidence")
    assert isinstance(found, pl.DataFrame)
    assert found.columns == ["estimate", "se", "lower", "upper"]


def test_binomial_predictions_are_per_trial():
    fit = cbpp()
    new = pd.DataFrame({"period": [1, 4], "herd": [1, 1]})
    assert (fit.predict(new) < 1).all()
    np.testing.assert_allclose(fit.predict(new)[0], fit.predict()[0])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"kind": "mean"}, "kind='mean' is not one of 'cluster', 'median', 'marginal'"),
        ({"scale": "log"}, "scale='log'"),
        ({"interval": "credible"}, "interval='credible'"),
        ({"new_levels": "zero"}, "new_levels='zero'"),
        ({"quantile": 80}, "quantile=80 is not between"),
        ({"quantile": 0.8, "kind": "marginal"}, "takes no quantile"),
        ({"interval": "confidence", "level": 95}, "level=95"),
        ({"interval": "prediction", "level": 0}, "level=0"),
        ({"interval": "prediction", "scale": "link"}, "about a response"),
    ],
)
def test_wrong_arguments_are_named(arguments, words):
    with pytest.raises(ArgumentError, match=words):
        fitted("bernoulli").predict(**arguments)


def test_an_offset_shifts_the_linear_predictor():
    data = pupils()
    data["size"] = np.exp(data["x"])
    fit = me.fit("count ~ offset(log(size)) + (1 | klass)", data, family="poisson")
    new = {"size": [1.0, np.e], "klass": [0, 0]}
    assert np.diff(fit.predict(new, scale="link")) == pytest.approx([1.0])
