import numpy as np
import pytest

from mixeff.model import Design, GroupingFactor, RandomTerm

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
        (x,),
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
