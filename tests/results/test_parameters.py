"""Where parameters sit, and the delta method."""

from dataclasses import replace

import numpy as np
import pytest
from tests.results.made import hand_made

from mixeff.errors import ArgumentError
from mixeff.results.parameters import (
    beta_slices,
    critical_value,
    delta_se,
    percent,
    term_label,
    theta_positions,
)


@pytest.fixture
def made():
    return hand_made(
        "score ~ x + (1 + x | klass) + (1 | school)", "gaussian", [0, 1, 0], [1, 0.5, 0.3, 0.2]
    )


def test_beta_and_theta_follow_each_other(made):
    design, _ = made
    assert beta_slices(design) == (slice(0, 2), slice(2, 3))
    assert theta_positions(design) == (slice(3, 6), slice(6, 7))


@pytest.mark.parametrize(
    ("formula", "label"),
    [
        ("score ~ x + (1 + x | klass)", "1 + x | klass"),
        ("score ~ x + (1 + x || klass)", "1 + x || klass"),
        ("score ~ x + (0 + x | klass)", "0 + x | klass"),
        ("score ~ x + (1 | school:klass)", "1 | school:klass"),
    ],
)
def test_a_term_is_written_as_in_a_formula(formula, label):
    theta = [1.0] * {"1 + x | klass": 3, "1 + x || klass": 2}.get(label, 1)
    design, _ = hand_made(formula, "gaussian", [0, 1, 0], theta)
    assert term_label(design, design.terms[0]) == label


def test_standard_error_of_a_linear_function(made):
    _, estimate = made
    weights = np.array([1.0, -2.0, 0.0, 0.5, 0.0, 0.0, 3.0])
    expected = np.sqrt(weights @ estimate.cov @ weights)
    assert delta_se(estimate, weights) == pytest.approx([expected])


def test_a_parameter_on_the_boundary_is_taken_as_known(made):
    _, estimate = made
    cov = estimate.cov.copy()
    cov[6, :] = cov[:, 6] = np.nan
    estimate = replace(estimate, cov=cov)
    jacobian = np.eye(7)[[0, 6]] + np.eye(7)[[6, 6]]
    first, second = delta_se(estimate, jacobian)
    assert first == pytest.approx(np.sqrt(cov[0, 0]))
    assert np.isnan(second)


def test_an_indefinite_covariance_gives_no_standard_error(made):
    _, estimate = made
    estimate = replace(estimate, cov=-estimate.cov)
    assert np.isnan(delta_se(estimate, np.eye(7))).all()


def test_critical_value_is_the_normal_quantile():
    assert critical_value(0.95) == pytest.approx(1.959963984540054)


@pytest.mark.parametrize("level", [0.0, 1.0, 95, -0.1])
def test_a_level_is_a_share(level):
    with pytest.raises(ArgumentError, match="between 0 and 1"):
        critical_value(level)


def test_percent_has_no_needless_digits():
    assert [percent(v) for v in (0.95, 0.999, 1 - 0.975)] == ["95 %", "99.9 %", "2.5 %"]
