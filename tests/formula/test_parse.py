import pickle

import pytest

from mixeff.errors import FormulaError
from mixeff.formula import Group, parse


def random(text):
    return [(term.effects, term.group.columns, term.structure) for term in parse(text).random]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("y ~ x + (1 | g)", [("1", ("g",), "unstructured")]),
        ("y ~ (1|g)", [("1", ("g",), "unstructured")]),
        ("y ~ (1 + x | g)", [("1 + x", ("g",), "unstructured")]),
        ("y ~ (x | g)", [("x", ("g",), "unstructured")]),
        ("y ~ (0 + x | g)", [("0 + x", ("g",), "unstructured")]),
        ("y ~ (x - 1 | g)", [("x - 1", ("g",), "unstructured")]),
        ("y ~ (x || g)", [("x", ("g",), "diagonal")]),
        ("y ~ (1 | a:b)", [("1", ("a", "b"), "unstructured")]),
        ("y ~ (1 | (a:b))", [("1", ("a", "b"), "unstructured")]),
        ("y ~ (1 | factor(g))", [("1", ("g",), "unstructured")]),
        ("y ~ (1 | `my group`)", [("1", ("my group",), "unstructured")]),
        ("y ~ (log(x) + z:w | g)", [("log(x) + z:w", ("g",), "unstructured")]),
        (
            "y ~ (1 | a) + x + (1 | b)",
            [("1", ("a",), "unstructured"), ("1", ("b",), "unstructured")],
        ),
        (
            "y ~ (x || a/b)",
            [("x", ("a",), "diagonal"), ("x", ("a", "b"), "diagonal")],
        ),
        (
            "y ~ (1 | a/b/c)",
            [
                ("1", ("a",), "unstructured"),
                ("1", ("a", "b"), "unstructured"),
                ("1", ("a", "b", "c"), "unstructured"),
            ],
        ),
        (
            "y ~ (1 | a/(b:c))",
            [("1", ("a",), "unstructured"), ("1", ("a", "b", "c"), "unstructured")],
        ),
    ],
)
def test_bars_are_cut_out(text, expected):
    assert random(text) == expected


def test_a_group_is_named_by_its_columns():
    assert Group(("a", "b")).name == "a:b"


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("y ~ (1 | g)", "1"),
        ("y ~ x + (1 | g)", "x"),
        ("y ~ (1 | g) + x*z - 1", "x * z - 1"),
        ("y ~ 0 + x + (1 | g)", "0 + x"),
        ("y ~ -1 + x", "- 1 + x"),
        ("y ~ offset(v) + (1 | g)", "1"),
        ("y ~ I(x^2) + (a + b)^2", "I(x**2) + (a + b)**2"),
        ("y ~ factor(x) + as.factor(z)", "C(x) + C(z)"),
        ("y ~ x > 2", "I(x > 2)"),
        ("y ~ C(x, Treatment('b'))", "C(x, Treatment('b'))"),
    ],
)
def test_the_rest_is_the_fixed_effects(text, fixed):
    assert parse(text).fixed == fixed


def test_offsets_are_taken_out_with_their_expressions():
    assert parse("y ~ offset(log(v)) + x + offset(w/2)").offsets == ("log(v)", "w / 2")


@pytest.mark.parametrize(
    ("text", "kind", "parts"),
    [
        ("y ~ x", "plain", ("y",)),
        ("log(y) ~ x", "plain", ("log(y)",)),
        ("y >= 4 ~ x", "plain", ("y >= 4",)),
        ("I(y == 'a') ~ x", "plain", ("I(y == 'a')",)),
        ("cbind(s, f) ~ x", "cbind", ("s", "f")),
        (
            "cbind(incidence, size - incidence) ~ x",
            "cbind",
            ("incidence", "size - incidence"),
        ),
        ("trials(s, n) ~ x", "trials", ("s", "n")),
        ("cens(a, log(b)) ~ x", "cens", ("a", "log(b)")),
        ("cens(lower=a, upper=b) ~ x", "cens", ("a", "b")),
        ("cens(a, inf) ~ x", "cens", ("a", "")),
        ("cens(y, 0, cap) ~ x", "cens", ("y", "0", "cap")),
        ("cens(y, -inf, 9) ~ x", "cens", ("y", "", "9")),
        ("cens(y, None, 9) ~ x", "cens", ("y", "", "9")),
        ("cens(y, lower=0) ~ x", "cens", ("y", "0", "")),
        ("cens(y, upper=cap) ~ x", "cens", ("y", "", "cap")),
        ("cens(y, upper=9, lower=0) ~ x", "cens", ("y", "0", "9")),
        ("cens(y, 0, upper=9) ~ x", "cens", ("y", "0", "9")),
    ],
)
def test_the_response_has_its_parts(text, kind, parts):
    response = parse(text).response
    assert response is not None
    assert (response.kind, response.parts) == (kind, parts)


def test_a_one_sided_formula_has_no_response():
    for text in ("~ x", "x"):
        formula = parse(text, two_sided=False)
        assert (formula.response, formula.fixed) == (None, "x")


def test_a_formula_reads_as_it_was_written_and_pickles():
    formula = parse("y ~ x+(1|g)")
    assert str(formula) == "y ~ x+(1|g)"
    assert pickle.loads(pickle.dumps(formula)) == formula


@pytest.mark.parametrize(
    ("text", "bad", "says"),
    [
        ("y x", "y x", "no '~'"),
        ("y ~ x ~ z", "~", "one '~'"),
        ("~ x", "~", "no response"),
        ("y ~", "", "nothing follows"),
        ("y ~ x +", "+", "missing after"),
        ("y ~ x + + z", "+", "missing after"),
        ("y ~ .", ".", "name the columns"),
        ("y ~ x^2", "x^2", r"I\(x\*\*2\)"),
        ("y ~ x | g", "x | g", "parentheses of its own"),
        ("y ~ x*(1|g)", "x*(1|g)", "parentheses of its own"),
        ("y ~ (x + (1|g))", "(x + (1|g))", "one bar"),
        ("y ~ (1 | g | h | i)", "(1 | g | h | i)", "one bar"),
        ("y ~ (1 || g | h)", "|| g |", "one name"),
        ("y ~ (1 | g + 1 | h)", "| g + 1 |", "one name"),
        ("y ~ ( | g)", "( | g)", "write 1"),
        ("y ~ (1 | )", "|", "no grouping factor"),
        ("y ~ (1 + | g)", "+", "missing after"),
        ("y ~ (1 | a + b)", "a + b", r"\(1 \| a\) \+ \(1 \| b\)"),
        ("y ~ (1 | a*b)", "a*b", "two crossed factors"),
        ("y ~ (1 | a/)", "a/", "missing beside"),
        ("y ~ (1 | log(a))", "log(a)", "make any other factor a column"),
        ("y ~ x - (1 | g)", "(1 | g)", "leave it out"),
        ("y ~ (1 | a) + (1 | a/b)", "(1 | a) + (1 | a/b)", "twice"),
        ("y ~ x - offset(v)", "offset(v)", "taken away"),
        ("y ~ offset()", "offset()", "nothing in the offset"),
        ("s | trials(n) ~ x", "|", r"trials\(successes, n\)"),
        ("cbind(a) ~ x", "cbind(a)", "two parts, successes and failures"),
        ("trials(a, b, c) ~ x", "trials(a, b, c)", "two parts, successes and trials"),
        ("cens(a) ~ x", "cens(a)", r"cens\(y, lower=0\)"),
        ("cens() ~ x", "cens()", r"cens\(lower, upper\)"),
        ("cens(a, b, c, d) ~ x", "cens(a, b, c, d)", r"cens\(y, lower, upper\)"),
        ("cens(y, low=0) ~ x", "cens(y, low=0)", r"cens\(y, lower=0\)"),
        ("cens(y, 0, lower=0) ~ x", "cens(y, 0, lower=0)", r"cens\(y, lower=0\)"),
        ("cens(y, , 9) ~ x", "cens(y, , 9)", r"cens\(y, lower=0\)"),
    ],
)
def test_the_bad_part_is_marked(text, bad, says):
    with pytest.raises(FormulaError, match=says) as caught:
        parse(text)
    assert text[caught.value.start : caught.value.end] == bad


def test_a_dispersion_formula_has_no_response():
    with pytest.raises(FormulaError, match="no response"):
        parse("s ~ x", two_sided=False)


def test_a_formula_is_text():
    with pytest.raises(FormulaError, match="not int"):
        parse(3)  # pyright: ignore[reportArgumentType]
