import pytest

from mixeff.errors import FormulaError
from mixeff.formula.tokens import join, split, tokenize


def test_tokens_remember_where_they_stood():
    text = "y ~ log(`my x`) + (1 | g)"
    for token in tokenize(text):
        assert text[token.start : token.end] == token.text


def test_depth_counts_the_brackets_around():
    depths = {token.text: token.depth for token in tokenize("a(b[c])")}
    assert (depths["a"], depths["("], depths["b"], depths["c"], depths[")"]) == (0, 0, 1, 2, 0)


@pytest.mark.parametrize("word", ["x", "x_1", "x.1", ".hidden", "größe", "`a b`", "1.5e-3", "'s'"])
def test_a_word_is_one_token(word):
    assert [token.text for token in tokenize(f" {word} ")] == [word]


@pytest.mark.parametrize("text", ["a||b", "a**b", "a %in% b", "a >= b", "a == b"])
def test_operators_of_several_characters_are_one_token(text):
    assert len(tokenize(text)) == 3


@pytest.mark.parametrize(
    ("text", "bad"), [("y ~ x $ z", "$"), ("y ~ (x", "("), ("y ~ x)", ")"), ("y ~ (x]", "]")]
)
def test_what_is_wrong_is_marked(text, bad):
    with pytest.raises(FormulaError) as caught:
        tokenize(text)
    assert text[caught.value.start : caught.value.end] == bad
    last = str(caught.value).splitlines()[-1]
    assert last.index("^") == 4 + text.index(bad)


def test_split_keeps_the_separator_at_the_head_of_its_part():
    parts = split(tokenize("a + f(b + c) - d"), "+ -", depth=0)
    assert [join(part) for part in parts] == ["a", "+ f(b + c)", "- d"]


def test_join_spaces_evenly():
    assert join(tokenize("C( x,Treatment( 'b' ) )*z**2:w")) == "C(x, Treatment('b')) * z**2:w"
