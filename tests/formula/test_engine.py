import numpy as np
import pandas as pd
import pytest

from mixeff.errors import FormulaError, UnseenLevelError
from mixeff.formula.engine import learn, recode, terms

FRAME = pd.DataFrame(
    {
        "x": [1.0, 2.0, 4.0, 8.0, 3.0, 5.0],
        "k": [1, 2, 3, 1, 2, 3],
        "g": pd.Categorical(["a", "b", "c", "a", "b", "c"]),
    }
)


def texts(formula):
    return [":".join(factor.text for factor in term) for term in terms(formula)]


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("1", [""]),
        ("x", ["", "x"]),
        ("0 + x", ["x"]),
        ("a * b", ["", "a", "b", "a:b"]),
        ("a / b", ["", "a", "a:b"]),
        ("(a + b + c)**2 - a:b", ["", "a", "b", "c", "a:c", "b:c"]),
        ("b:a + log(x)", ["", "log(x)", "b:a"]),
    ],
)
def test_terms_are_multiplied_out(formula, expected):
    assert texts(formula) == expected


def test_splines_keep_their_knots_for_new_data():
    coded, matrix = learn("bs(x, df=4) + scale(x)", FRAME)
    assert np.array_equal(recode(coded, "bs(x, df=4) + scale(x)", FRAME.iloc[2:4]), matrix[2:4])


def test_contrasts_are_those_of_formulaic():
    coded, matrix = learn("C(g, Treatment('b'))", FRAME)
    assert coded.names == (
        "Intercept",
        "C(g, Treatment('b'))[T.a]",
        "C(g, Treatment('b'))[T.c]",
    )
    assert matrix[:, 1].tolist() == [1, 0, 0, 1, 0, 0]
    assert matrix.flags.f_contiguous


@pytest.mark.parametrize("formula", ["sqrt(x)", "log1p(x)", "exp10(x)", "abs(x)"])
def test_our_functions_are_known_beside_those_of_formulaic(formula):
    _, matrix = learn(f"{formula} + bs(x, df=3)", FRAME)
    x = FRAME["x"].to_numpy()
    expected = {"sqrt": np.sqrt(x), "log1p": np.log1p(x), "exp10": 10.0**x, "abs": x}
    assert np.allclose(matrix[:, 1], expected[formula.split("(")[0]])


def test_an_unseen_level_is_an_error_and_no_row_of_zeros():
    coded, _ = learn("C(k, Sum)", FRAME)
    with pytest.raises(UnseenLevelError, match="9"):
        recode(coded, "C(k, Sum)", FRAME.assign(k=9))


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        ("x & z", "Unknown operator"),
        ("lgo(x)", r"no function lgo\(\); did you mean log"),
        ("2 + x", "literals"),
        ("I(x >)", "cannot be read"),
    ],
)
def test_what_formulaic_cannot_read_is_refused(formula, says):
    with pytest.raises(FormulaError, match=says):
        terms(formula)


def test_what_formulaic_cannot_compute_is_refused():
    with pytest.raises(FormulaError, match="bs"):
        learn("bs(x, df=3, degree=9)", FRAME)
