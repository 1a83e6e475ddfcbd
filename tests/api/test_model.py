"""What users call: ``fit``, ``Model`` and the lazy package."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from tests.results.made import differences, pupils

import mixeff as me
from mixeff.errors import (
    ConvergenceWarning,
    SingularFitWarning,
    UnknownFamilyError,
)

FORMULA = "binary ~ x + (1 + x | klass)"


@pytest.fixture(scope="module")
def model():
    return me.Model(FORMULA, pupils(), "bernoulli")


def test_a_model_shows_its_design(model):
    assert model.design.X.shape == (288, 2)
    assert model.design.Z.shape == (288, 48)
    assert repr(model) == f"<mixeff bernoulli model: {FORMULA}; 288 rows>"


def test_a_model_fits_as_fit_does(model):
    ours, theirs = (
        model.fit(method="laplace"),
        me.fit(FORMULA, pupils(), family="bernoulli", method="laplace"),
    )
    pd.testing.assert_series_equal(ours.params, theirs.params)
    assert isinstance(ours, me.Fit)


def test_loglik_at_the_estimates_is_that_of_the_fit(model):
    fit = model.fit(method="agq", nodes=5)
    again = model.loglik(fit.estimate.beta, fit.estimate.theta, method="agq", nodes=5)
    assert again == pytest.approx(fit.llf, abs=1e-8)


def test_gradient_is_the_slope_of_loglik(model):
    at = np.array([0.2, 0.4, 0.8, 0.1, 0.5])
    expected = differences(lambda v: np.array([model.loglik(v[:2], v[2:])]), at)
    np.testing.assert_allclose(model.gradient(at[:2], at[2:]), expected[0], rtol=1e-6, atol=1e-7)


def test_the_search_starts_where_start_says(model):
    beta, theta = model.start
    assert beta.shape == (2,)
    assert theta.shape == (3,)
    fit = model.fit(method="laplace", start=(beta + 0.1, theta))
    np.testing.assert_allclose(fit.record.start[:2], beta + 0.1)


def test_refit_keeps_the_model_and_changes_the_response(model):
    y = 1 - model.design.y
    fit = model.refit(y, method="laplace")
    np.testing.assert_allclose(fit.params, -model.fit(method="laplace").params, atol=1e-4)


def test_errors_are_reached_from_the_package():
    with pytest.raises(me.errors.MixeffError) as caught:
        me.fit("count ~ x + (1 | klass)", pupils(), family="poison")
    assert isinstance(caught.value, UnknownFamilyError)


def test_a_singular_fit_warns_and_returns():
    data = pupils()
    data["noise"] = np.tile([-1.0, 1.0], 144)
    with pytest.warns(SingularFitWarning, match="singular"):
        fit = me.fit("noise ~ 1 + (1 | klass)", data)
    assert fit.singular
    assert fit.variance_components["estimate"][0] == 0


def test_a_fit_that_did_not_converge_warns_and_returns(model):
    with pytest.warns(ConvergenceWarning, match="not converged: the limit"):
        fit = model.fit(method="laplace", control={"max_evaluations": 1})
    assert not fit.converged
    assert "NOT CONVERGED" in str(fit.summary())


def test_unknown_names_of_the_package_are_refused():
    with pytest.raises(AttributeError, match="no attribute 'fitt'"):
        me.fitt  # noqa: B018
    assert {"fit", "Fit", "Model", "load", "errors"} <= set(dir(me))


def test_importing_the_package_imports_nothing_heavy():
    heavy = "{'numpy', 'pandas', 'scipy', 'narwhals', 'formulaic', 'matplotlib'}"
    code = f"import sys, mixeff; print(sorted({heavy} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
