"""The table of random effects."""

import numpy as np
import pytest
from tests.results.made import cbpp, hand_made

from mixeff.errors import ArgumentError
from mixeff.results.effects import random_effects


def test_rows_go_by_term_level_and_column():
    design, estimate = hand_made(
        "score ~ x + (1 + x | klass) + (1 | school)", "gaussian", [0, 0, 0], [1, 0, 1, 1]
    )
    table = random_effects(design, estimate, "mode")
    first = estimate.random[0].mode
    assert table["name"][:4].tolist() == ["Intercept", "x", "Intercept", "x"]
    assert table["level"][:4].tolist() == ["0", "0", "1", "1"]
    np.testing.assert_array_equal(table["estimate"][: first.size], first.ravel())
    assert table["group"][-1] == "school"
    assert table["level"][-1] == "s5"


def test_means_and_modes_have_their_own_standard_errors():
    fit = cbpp()
    effects = fit.estimate.random[0]
    mean, mode = fit.random_effects(), fit.random_effects(kind="mode")
    np.testing.assert_allclose(mean["estimate"], effects.mean[:, 0])
    np.testing.assert_allclose(mode["estimate"], effects.mode[:, 0])
    np.testing.assert_allclose(mean["se"], np.sqrt(effects.mean_cov[:, 0, 0]))
    np.testing.assert_allclose(mode["se"], np.sqrt(effects.mode_cov[:, 0, 0]))


def test_whole_number_levels_stay_numbers():
    assert cbpp().random_effects()["level"].tolist() == list(range(1, 16))


def test_an_unknown_kind_names_the_known():
    with pytest.raises(ArgumentError, match="'mean', 'mode'"):
        cbpp().random_effects(kind="median")
