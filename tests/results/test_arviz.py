"""Draws as ArviZ takes them."""

import builtins

import numpy as np
import pytest
from tests.estimate.simulated import grouped, numbers

import mixeff as me
from mixeff.errors import MissingDependencyError, NotAvailableError

CONTROL = {"chains": 2, "draws": 50, "warmup": 60}


@pytest.fixture(scope="module")
def fit():
    model = me.Model("y ~ x + (1 + x | g)", numbers(grouped(2, 12, 8)))
    with pytest.warns(me.errors.ConvergenceWarning):
        return model.fit("mcmc", seed=5, control=CONTROL)


def test_the_tree_holds_the_draws_with_their_places(fit):
    tree = fit.to_arviz()
    posterior = tree["posterior"]
    for name, draws in fit.draws.items():
        np.testing.assert_array_equal(posterior[name].values, draws)
    effects = posterior["1 + x | g"]
    assert effects.dims == ("chain", "draw", "g", "effect of 1 + x | g")
    assert effects.coords["effect of 1 + x | g"].values.tolist() == ["Intercept", "x"]
    assert effects.coords["g"].values.tolist() == list(range(12))
    np.testing.assert_array_equal(tree["observed_data"]["y"].values, fit.design.y)
    assert tree["sample_stats"]["diverging"].dtype == bool
    assert tree["sample_stats"]["step_size"].shape == (2, 50)


def test_without_the_library_the_error_names_it(fit, monkeypatch):
    real = builtins.__import__

    def refuse(name, *rest, **options):
        if name == "arviz_base":
            raise ModuleNotFoundError(name)
        return real(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(MissingDependencyError, match=r"mixeff\[bayes\]"):
        fit.to_arviz()


def test_a_method_without_draws_has_no_tree():
    fit = me.fit("y ~ x + (1 | g)", numbers(grouped(2, 12, 8)))
    with pytest.raises(NotAvailableError, match="has no draws"):
        fit.to_arviz()
