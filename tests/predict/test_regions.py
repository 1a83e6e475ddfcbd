"""Intervals from the ellipsoids of the linear predictors, against brute force and closed forms."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import expit, logit
from tests.predict.made import categorical, zeros

import mixeff as me
from mixeff.model.families import LINKS
from mixeff.predict.predictor import predictor_of
from mixeff.predict.rows import rows_of
from mixeff.predict.surfaces import Sums
from mixeff.predict.targets import Target

Z = 1.959963984540054
FAMILIES = ["cumulative", "adjacent", "sequential", "multinomial", "duration"]


def distribution(fit, kind, row):
    """Mean and a root of the covariance of the linear predictors of a row."""
    design = rows_of(fit.design, [row])
    each = Sums(tuple((d,) for d in range(len(design.fixed))))
    predictor = predictor_of(fit, kind, None, "response")
    located = replace(predictor, target=Target(lambda _: each, LINKS["identity"]))
    found = located.natural(design)
    lengths, axes = np.linalg.eigh(located.covariance(found))
    return found.value, axes * np.sqrt(np.maximum(lengths, 0.0))


def values_at(fit, kind, row, points):
    """What is predicted of a row at linear predictors, shape (points, values)."""
    target = predictor_of(fit, kind, None, "response").target
    design = rows_of(fit.design, np.full(len(points), row))
    return target.surface(design).at(list(points.T))


def normal_points(fit, kind, row, draws=40_000):
    mean, root = distribution(fit, kind, row)
    return mean + np.random.default_rng(2).standard_normal((draws, len(mean))) @ root.T


def extreme(fit, kind, row, k, sign):
    """The smallest or largest value over the ellipsoid, by a constrained search."""
    mean, root = distribution(fit, kind, row)
    inside = {"type": "ineq", "fun": lambda u: Z**2 - u @ u}

    def height(u):
        return -sign * values_at(fit, kind, row, (mean + root @ u)[None])[0, k]

    starts = (np.full(len(mean), step / len(mean)) for step in (-1.0, 1.0))
    found = [minimize(height, u, method="SLSQP", constraints=inside).fun for u in starts]
    return -sign * min(found)


@pytest.mark.parametrize("kind", ["cluster", "median"])
@pytest.mark.parametrize("family", FAMILIES[:4])
def test_an_interval_is_the_range_over_the_ellipsoid(family, kind):
    """To a part of its width, since values are taken as linear across the longest axis."""
    fit = categorical(family)
    table = fit.predict(kind=kind, interval="confidence")
    for row in (0, 57, 121):
        own = table[table["row"] == row]
        width = (own["upper"] - own["lower"]).to_numpy()
        for column, sign in (("lower", -1.0), ("upper", 1.0)):
            expected = [extreme(fit, kind, row, k, sign) for k in range(len(own))]
            assert (np.abs(own[column] - expected) < 0.065 * width).all()


@pytest.mark.parametrize("kind", ["cluster", "median"])
@pytest.mark.parametrize("family", FAMILIES)
def test_it_holds_normal_linear_predictors_as_often_as_it_says(family, kind):
    fit = categorical(family)
    table = fit.predict(kind=kind, interval="confidence")
    for row in (0, 57, 121):
        values = values_at(fit, kind, row, normal_points(fit, kind, row))
        own = table[table["row"] == row]
        held = (values > own["lower"].to_numpy()) & (values < own["upper"].to_numpy())
        assert held.mean(axis=0).min() > 0.935
        assert held.mean(axis=0).max() < 0.975
        np.testing.assert_allclose(own["se"], values.std(axis=0), rtol=0.1, atol=3e-3)


def test_the_first_and_last_category_have_the_interval_of_the_delta_method():
    """Their logits are linear in the linear predictors."""
    fit = categorical("cumulative")
    table = fit.predict(interval="confidence")
    for label, k in (("0", 1), ("3", 3)):
        own = table[table["category"] == label]
        for row in (0, 57, 121):
            mean, root = distribution(fit, "cluster", row)
            contrast = np.eye(len(mean))[k] - np.eye(len(mean))[0]
            line = (contrast @ mean) * (1 if k == 1 else -1)
            half = Z * float(np.linalg.norm(contrast @ root))
            ends = logit(own[["lower", "upper"]].to_numpy()[row])
            np.testing.assert_allclose(ends, [line - half, line + half], atol=2e-3 * half)


def test_a_probability_at_its_peak_can_only_be_smaller():
    """Where nothing but the random effect is uncertain; its slope says that nothing is."""
    fit = categorical("cumulative")
    known = replace(fit, estimate=replace(fit.estimate, cov=np.zeros_like(fit.estimate.cov)))
    kappa, x = fit.estimate.beta[1:], fit.estimate.beta[0]
    effects = fit.random_effects(kind="mode").iloc[0]
    peak = {"x": [(0.5 * (kappa[0] + kappa[1]) - effects["estimate"]) / x], "g": [0]}
    table = known.predict(peak, interval="confidence").iloc[1]
    ends = 0.5 * (kappa[1] - kappa[0]) + np.array([0.0, 1.0]) * Z * effects["se"]
    top, bottom = expit(ends) - expit(ends - (kappa[1] - kappa[0]))
    assert table["estimate"] == pytest.approx(top, abs=1e-8)
    assert table["upper"] == pytest.approx(top, abs=1e-8)
    assert table["lower"] == pytest.approx(bottom, abs=1e-8)


def test_means_of_several_predictors_have_them_too():
    fit = zeros("zero_inflated")
    table = fit.predict(interval="confidence")
    values = values_at(fit, "cluster", 11, normal_points(fit, "cluster", 11))[:, 0]
    held = (values > table["lower"].iloc[11]) & (values < table["upper"].iloc[11])
    assert 0.945 < held.mean() < 0.98


def test_a_row_has_the_interval_that_it_has_alone():
    fit = zeros("zero_inflated")
    rows = [{"x": x} for x in (-300.0, 0.0, 300.0)]  # from all zeros to none by far
    options: dict[str, Any] = {"kind": "median", "interval": "confidence"}
    together = np.asarray(fit.predict(pd.DataFrame(rows), **options))
    alone = [np.asarray(fit.predict(pd.DataFrame([row]), **options))[0] for row in rows]
    np.testing.assert_allclose(together, alone, rtol=1e-9)


def test_without_standard_errors_there_are_none():
    fit = categorical("cumulative")
    unknown = replace(
        fit, estimate=replace(fit.estimate, cov=np.full_like(fit.estimate.cov, np.nan))
    )
    table = unknown.predict(interval="confidence")
    assert table[["se", "lower", "upper"]].isna().all(axis=None)
    np.testing.assert_allclose(table["estimate"], fit.predict().to_numpy().ravel())


@pytest.mark.parametrize("kind", ["cluster", "median", "marginal"])
def test_unit_predictions_have_the_intervals_of_predict(kind):
    fit = categorical("cumulative")
    table = me.predictions(fit, kind=kind, level=0.9)
    expected = fit.predict(kind=kind, interval="confidence", level=0.9)
    np.testing.assert_allclose(table[expected.columns[2:]], expected.iloc[:, 2:])
