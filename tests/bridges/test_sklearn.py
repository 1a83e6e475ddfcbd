"""Mixed models as scikit-learn's estimators."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator
from tests.predict.made import people
from tests.results.made import pupils

import mixeff as me
from mixeff import GLMMClassifier, GLMMRegressor
from mixeff.errors import ArgumentError, ResponseLevelsError

EXACT = "its data are reproduced exactly by the fixed effects, so that there is no likelihood"
FEW = "its data have as many rows as a multinomial model has coefficients"
EXPECTED = {
    GLMMRegressor: {
        "check_sample_weights_shape": EXACT,
        "check_sample_weights_not_overwritten": EXACT,
        "check_sample_weight_equivalence_on_dense_data": EXACT,
        "check_regressors_no_decision_function": EXACT,
    },
    GLMMClassifier: {"check_sample_weight_equivalence_on_dense_data": FEW},
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", EXPECTED)
def test_the_checks_of_scikit_learn_pass_but_those_that_are_expected_to_fail(kind):
    checks = check_estimator(kind(), expected_failed_checks=EXPECTED[kind], on_skip=None)
    failed = {check["check_name"] for check in checks if check["status"] == "xfail"}
    assert failed == set(EXPECTED[kind])
    assert sum(check["status"] == "passed" for check in checks) > 50


def frame():
    return pd.DataFrame({k: pupils()[k] for k in ("x", "sex", "klass")})


def test_a_classifier_with_groups_is_the_fit():
    y = np.where(pupils()["binary"] == 1, "yes", "no")
    model = GLMMClassifier("x + sex + (1 | klass)").fit(frame(), y)
    fit = me.fit("binary ~ x + sex + (1 | klass)", pupils(), "bernoulli")
    assert model.classes_.tolist() == ["no", "yes"]
    np.testing.assert_allclose(model.predict_proba(frame())[:, 1], fit.predict())
    np.testing.assert_allclose(model.fit_.params, fit.params)
    assert ((fit.predict() > 0.5) == (model.predict(frame()) == "yes")).all()


@pytest.mark.parametrize("kind", ["median", "marginal"])
def test_unseen_groups_are_predicted_for_the_population(kind):
    model = GLMMRegressor("x + (1 | klass)", "poisson", kind=kind).fit(frame(), pupils()["count"])
    new = pd.DataFrame({"x": [0.0], "sex": ["boy"], "klass": [999]})
    expected = model.fit_.predict({"x": [0.0]}, kind=kind)
    np.testing.assert_allclose(model.predict(new), expected)
    again: Any = clone(model)
    by_cluster = again.set_params(kind="cluster").fit(frame(), pupils()["count"])
    np.testing.assert_allclose(by_cluster.predict(new), model.fit_.predict(new, kind="median"))


def test_three_classes_and_ordered_ones():
    data = people(groups=12, size=8)
    nominal = GLMMClassifier().fit(data[["x"]], data["choice"])
    assert nominal.fit_.design.family == "multinomial"
    chances = nominal.predict_proba(data[["x"]])
    np.testing.assert_allclose(chances.sum(axis=1), 1.0)
    assert chances.shape == (96, 3)
    ordered = GLMMClassifier("x + (1 | g)", "cumulative", method="laplace")
    ordered.fit(data[["x", "g"]], data["y"])
    np.testing.assert_allclose(ordered.predict_proba(data[["x", "g"]]), ordered.fit_.predict())


def test_weights_are_those_of_the_fit():
    weights = 1.0 + pupils()["item"]
    model = GLMMRegressor("x").fit(frame(), pupils()["score"], sample_weight=weights)
    fit = me.fit("score ~ x", pupils(), weights=weights)
    np.testing.assert_allclose(model.fit_.params, fit.params)


def test_pipelines_and_cross_validation_by_group():
    steps = make_pipeline(
        FunctionTransformer(lambda X: X.assign(x2=X["x"] ** 2)),
        GLMMClassifier("x + x2 + (1 | klass)", method="laplace", kind="marginal"),
    )
    data, y = frame(), pupils()["binary"]
    scores = cross_val_score(
        steps, data, y, cv=GroupKFold(3), groups=data["klass"], scoring="neg_log_loss"
    )
    assert (scores > np.log(0.45)).all()


def test_frames_of_polars():
    data = pl.from_pandas(frame())
    model = GLMMRegressor("x + (1 | klass)").fit(data, pupils()["score"])
    np.testing.assert_allclose(model.predict(data), model.predict(frame()))


def test_what_is_wrong_is_said():
    with pytest.raises(ArgumentError, match="has a response"):
        GLMMRegressor("y ~ x").fit(frame(), pupils()["score"])
    with pytest.raises(ArgumentError, match="rename it"):
        GLMMRegressor("x").fit(frame().rename(columns={"sex": "response"}), pupils()["score"])
    with pytest.raises(ArgumentError, match="one class, 1"):
        GLMMClassifier("x").fit(frame(), np.ones(len(frame()), dtype=int))


def test_an_ordinal_classifier_keeps_the_order_of_its_categories():
    data = pd.DataFrame(pupils())
    levels = ["never", "at times", "always"]  # whose alphabet is another order
    codes = np.digitize(data["score"], np.quantile(data["score"], [0.3, 0.7]))
    y = pd.Series(pd.Categorical.from_codes(codes, levels, ordered=True))
    model = GLMMClassifier("x + (1 | klass)", "cumulative", method="laplace").fit(frame(), y)
    fit = me.fit("y ~ x + (1 | klass)", data.assign(y=y), "cumulative", method="laplace")
    assert model.fit_.llf == pytest.approx(fit.llf)
    assert model.classes_.tolist() == sorted(levels)
    wanted = fit.predict()[sorted(levels)]
    np.testing.assert_allclose(model.predict_proba(frame()), wanted)
    found = model.predict(frame())
    assert (found == wanted.idxmax(axis=1)).all()


def test_words_without_an_order_are_refused_by_an_ordinal_family():
    y = np.array(["low", "middle", "high"])[np.arange(len(frame())) % 3]
    with pytest.raises(ResponseLevelsError, match="whose order is not known"):
        GLMMClassifier("x", "cumulative").fit(frame(), y)


def test_a_classifier_has_a_family_with_classes():
    with pytest.raises(
        ArgumentError, match=r"take GLMMRegressor, or one of .*bernoulli.*cumulative"
    ):
        GLMMClassifier("x", "poisson").fit(frame(), pupils()["binary"])
