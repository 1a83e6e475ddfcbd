"""The fit as a whole."""

import numpy as np
import pandas as pd
import pytest
from tests.results.made import cbpp, fitted, pupils

import mixeff as me
from mixeff.errors import LengthError, ResponseSupportError


def test_information_criteria():
    fit = cbpp()
    assert fit.df_model == 5
    assert fit.deviance == -2 * fit.llf
    assert fit.aic == pytest.approx(-2 * fit.llf + 10)
    assert fit.bic == pytest.approx(-2 * fit.llf + 5 * np.log(56))
    assert fit.llf == pytest.approx(-91.98337, abs=1e-4)


def test_counts():
    assert cbpp().nobs == 56
    assert cbpp().n_groups == {"herd": 15}
    assert fitted("nested").n_groups == {"school": 6, "school:klass": 24}


def test_the_fit_knows_how_it_was_made():
    fit = cbpp()
    assert (fit.method, fit.nodes, fit.converged, fit.singular) == ("agq", 9, True, False)
    assert fit.record.evaluations > 0


def test_tables_are_made_when_asked_for():
    fit = cbpp().refit(cbpp().design.y)
    assert not {"params", "bse", "fittedvalues"} & set(vars(fit))
    assert fit.params is fit.params


def test_repr_is_one_line():
    assert repr(cbpp()).startswith("<mixeff binomial fit: cbind(incidence")
    assert "herd 15" in repr(cbpp())
    assert "\n" not in repr(cbpp())


def test_refit_to_the_same_response_stays():
    fit = cbpp()
    again = fit.refit(fit.design.y)
    np.testing.assert_allclose(again.params, fit.params, atol=1e-5)
    assert (again.method, again.nodes) == (fit.method, fit.nodes)


def test_refit_to_another_response():
    fit = cbpp()
    y = fit.design.trials - fit.design.y
    again = fit.refit(y)
    np.testing.assert_allclose(again.params, -fit.params, atol=1e-4)


def test_refit_checks_the_response():
    fit = cbpp()
    with pytest.raises(LengthError, match="56 rows"):
        fit.refit(fit.design.y[:10])
    with pytest.raises(ResponseSupportError, match=r"y\[0\] = 15"):
        fit.refit(fit.design.trials + 1)
    with pytest.raises(ResponseSupportError, match=r"0\.5"):
        fit.refit(np.full(56, 0.5))


@pytest.mark.parametrize(
    ("formula", "family"), [("binary ~ x", "bernoulli"), ("score ~ x", "gaussian")]
)
def test_a_model_without_random_effects_has_all_tables(formula, family, tmp_path):
    fit = me.fit(formula, pd.DataFrame(pupils()), family=family)
    assert len(fit.random_effects()) == 0
    assert len(fit.icc()) == 0
    assert fit.n_groups == {}
    table = fit.predict(interval="confidence")
    np.testing.assert_allclose(table, fit.predict(kind="median", interval="confidence"))
    fit.save(tmp_path / "fit")
    assert str(me.load(tmp_path / "fit").summary()) == str(fit.summary())
