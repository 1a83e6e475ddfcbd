from dataclasses import replace

import numpy as np
import pytest

from mixeff.estimate import gradient, loglik
from mixeff.model import Design, GroupingFactor, ModelMatrix, RandomTerm, build

CODES = np.array([0, 1, 1, 0, 2], dtype=np.int32)
Z = np.asfortranarray(np.column_stack([np.ones(5), np.arange(5.0)]))


def design(*terms, codes=CODES):
    x = np.ones((5, 1), order="F")
    factors = (GroupingFactor("g", codes, ("a", "b", "c")),)
    return Design(
        "poisson",
        "log",
        np.arange(5.0),
        None,
        None,
        (ModelMatrix.of(x),),
        (("Intercept",),),
        (None,),
        factors,
        terms,
    )


def test_z_of_an_intercept_marks_the_level():
    assert np.array_equal(design(RandomTerm(0, ("Intercept",))).Z.toarray(), np.eye(3)[CODES])


def test_z_goes_term_by_term_level_by_level_effect_by_effect():
    found = design(RandomTerm(0, ("Intercept", "x"), Z), RandomTerm(0, ("Intercept",))).Z.toarray()
    expected = np.zeros((5, 6))
    for row, code in enumerate(CODES):
        expected[row, 2 * code : 2 * code + 2] = Z[row]
    assert np.array_equal(found, np.hstack([expected, np.eye(3)[CODES]]))


def test_a_row_of_unknown_level_has_no_random_effects():
    codes = np.array([0, -1, 1, 0, -1], dtype=np.int32)
    z = design(RandomTerm(0, ("Intercept", "x"), Z), codes=codes).Z.toarray()
    assert not z[[1, 4]].any()
    assert z[[0, 2, 3]].any(axis=1).all()


def test_a_design_without_random_effects_has_an_empty_z():
    assert design().Z.shape == (5, 0)


def test_counts():
    made = design(RandomTerm(0, ("Intercept", "x"), Z))
    assert (made.n, made.X.shape, made.factors[0].n_levels, made.terms[0].size) == (5, (5, 1), 3, 2)


def test_a_design_cannot_be_changed():
    with pytest.raises(AttributeError):
        design().y = np.zeros(5)  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("order", ["as they come", "shuffled"])
def test_a_frozen_matrix_is_the_same_to_the_core_as_one_that_it_copies(order):
    rng = np.random.default_rng(3)
    n = 3000
    codes = np.repeat(np.arange(3, dtype=np.int32), n // 3)
    x = np.asfortranarray(np.column_stack([np.ones(n), rng.normal(size=(n, 2))]))
    if order == "shuffled":
        codes = rng.permutation(codes)
    y = rng.poisson(1.0, n).astype(float)
    found = []
    for in_place in (True, False):
        matrix = ModelMatrix.of(x)
        if not in_place:
            matrix.columns = tuple(np.array(column) for column in matrix.columns)
        made = replace(design(RandomTerm(0, ("Intercept",)), codes=codes), y=y, fixed=(matrix,))
        beta, theta = np.array([0.1, 0.2, -0.3]), np.array([0.7])
        found.append((loglik(made, beta, theta), *gradient(made, beta, theta)))
    assert found[0] == pytest.approx(found[1], rel=1e-14)


def test_what_build_makes_cannot_be_written_to():
    data = {"y": [1, 0, 2, 5, 3, 4], "x": [1, 2, 3, 4, 5, 6], "g": [1, 1, 2, 2, 3, 3]}
    _, made = build("y ~ x + (1 | g)", data, "poisson")
    with pytest.raises(ValueError, match="read-only"):
        made.X[0, 0] = 2.0
