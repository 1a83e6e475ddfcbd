import numpy as np
import pytest

from mixeff.errors import FormulaError
from mixeff.formula import expression

COLUMNS = {
    "x": np.array([1.0, 2.0, 4.0]),
    "n": np.array([2.0, 2.0, 3.0]),
    "my x": np.array([5.0, 6.0, 7.0]),
    "Sepal.Length": np.array([1.0, 0.0, 1.0]),
    "word": np.array(["a", "b", "a"], dtype=object),
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x", [1, 2, 4]),
        ("-x + 1", [0, -1, -3]),
        ("n - x", [1, 0, -1]),
        ("x / n * 2", [1, 2, 8 / 3]),
        ("I(x ** 2)", [1, 4, 16]),
        ("x // 2 + x % 2", [1, 1, 2]),
        ("log(exp(x))", [1, 2, 4]),
        ("log2(x) + log10(x ** 0) + sqrt(x * x)", [1, 3, 6]),
        ("abs(-x) + floor(x / 2)", [1, 3, 6]),
        ("log1p(expm1(x))", [1, 2, 4]),
        ("`my x` - x", [4, 4, 3]),
        ("Sepal.Length + 1", [2, 1, 2]),
        ("word == 'b'", [False, True, False]),
        ("(x > 1) & (n < 3)", [False, True, False]),
        ("~(x > 1) | (n != 2)", [True, False, True]),
    ],
)
def test_expressions_are_computed_row_by_row(text, value):
    assert np.allclose(np.asarray(expression(text).evaluate(COLUMNS), dtype=float), value)


@pytest.mark.parametrize(
    ("text", "names", "functions"),
    [
        ("log(x) + x", ("x",), ("log",)),
        ("`my x` * Sepal.Length", ("my x", "Sepal.Length"), ()),
        ("C(x, Treatment('b.c d'))", ("x",), ("C", "Treatment")),
        ("np.log(x)", ("x",), ("np.log",)),
        ("C(x, contr.sum)", ("x",), ("C",)),
        ("Q('my x')", ("my x",), ("Q",)),
        ("bs(x, df=3)", ("x",), ("bs",)),
    ],
)
def test_the_columns_and_functions_of_an_expression_are_known(text, names, functions):
    found = expression(text)
    assert (found.names, found.functions) == (names, functions)


def test_a_single_column_is_recognised():
    assert expression("x").column == "x"
    assert expression("`my x`").column == "my x"
    assert expression("-x").column is None
    assert expression("C(x)").categorical == "x"
    assert expression("C(x, Sum)").categorical is None


def test_only_what_can_be_computed_is_rowwise():
    assert expression("log(x) + 1").is_rowwise
    for text in ("scale(x)", "x.mean()", "x[0]", "[x]", "x if n else x", "1 < x < 2 < n and x"):
        assert not expression(text).is_rowwise


def test_nothing_else_can_be_called():
    for text in ("__import__('os')", "x.clip(0)", "eval('1')", "(lambda: x)()"):
        with pytest.raises(FormulaError):
            expression(text).evaluate(COLUMNS)


def test_a_misspelt_function_is_marked():
    with pytest.raises(FormulaError, match=r"no function lgo\(\); did you mean log") as caught:
        expression("1 + lgo(x)").evaluate(COLUMNS)
    assert (caught.value.start, caught.value.end) == (4, 7)


def test_what_cannot_be_parsed_is_refused():
    with pytest.raises(FormulaError, match="cannot be read"):
        expression("x +* 2")
