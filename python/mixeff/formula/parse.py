"""Text to `Formula`. The bars are cut out here; formulaic sees the fixed effects only."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from ..errors import FormulaError
from .terms import Formula, Group, Random, Response
from .tokens import Token, join, split, tokenize

__all__ = ["parse"]

Tokens = Sequence[Token]

# Words of R and what formulaic calls them.
_SYNONYMS = {"factor": "C", "as.factor": "C"}
_TWO_PARTS = {
    "cbind": "successes and failures",
    "trials": "successes and trials",
    "survival": "time and event",
    "choice": "what was chosen and the case",
}
_BOUNDS = ("lower", "upper")
# How an end is said to be open, or a limit not to be there.
_OPEN = {
    "lower": ("-inf", "None", "NA", "nan"),
    "upper": ("inf", "+inf", "None", "NA", "nan"),
}


@lru_cache(maxsize=256)
def parse(text: str, *, two_sided: bool = True) -> Formula:
    """Parse a model formula.

    Parameters
    ----------
    text : str
        In the language of lme4: ``y ~ x + offset(log(v)) + (1 + x | g)``, ``(x || g)``,
        ``(1 | a/b)``, ``(1 | a:b)``, ``(1 | name | g)``; the response ``y``,
        ``cbind(successes, failures)``, ``trials(successes, n)``, ``survival(time, event)``,
        ``choice(chosen, case)``, ``cens(lower, upper)`` or
        ``cens(y, lower, upper)``; the fixed effects as in formulaic.
    two_sided : bool
        Whether there is a response; a dispersion formula has none.

    Returns
    -------
    Formula

    Raises
    ------
    FormulaError
        With the bad part marked.

    Examples
    --------
    >>> formula = parse("y ~ x + (1 | a/b)")
    >>> formula.fixed, [term.text for term in formula.random]
    ('x', ['(1 | a)', '(1 | a:b)'])
    """
    if not isinstance(text, str):
        raise FormulaError(
            f"a formula is text such as 'y ~ x + (1 | g)', not {type(text).__name__}"
        )
    return _Parser(text).formula(two_sided)


class _Parser:
    """Reads the tokens of one formula; holds its text, to mark what is wrong."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)

    def fail(self, problem: str, tokens: Tokens = ()) -> FormulaError:
        end = len(self.text)
        first, last = (tokens[0].start, tokens[-1].end) if tokens else (end, end)
        return FormulaError(problem, self.text, first, last)

    def formula(self, two_sided: bool) -> Formula:
        left, right = self.sides(two_sided)
        fixed: list[str] = []
        random: list[Random] = []
        offsets: list[str] = []
        for sign, term in self.summands(right):
            if any(token.text in ("|", "||") for token in term):
                random += self.random(sign, term)
            elif _is_call(term, ("offset",)):
                offsets.append(self.offset(sign, term))
            else:
                fixed += [sign, self.fixed(term)] if fixed or sign == "-" else [self.fixed(term)]
        self.refuse_repeats(random, right)
        response = self.response(left) if two_sided else None
        return Formula(self.text, response, " ".join(fixed) or "1", tuple(random), tuple(offsets))

    def sides(self, two_sided: bool) -> tuple[Tokens, Tokens]:
        tildes = [i for i, token in enumerate(self.tokens) if token.text == "~"]
        if len(tildes) > 1:
            raise self.fail("a formula has one '~'", [self.tokens[tildes[1]]])
        if not tildes and two_sided:
            raise self.fail("there is no '~' between the response and the covariates", self.tokens)
        at = tildes[0] if tildes else -1
        left, right = self.tokens[: max(at, 0)], self.tokens[at + 1 :]
        if two_sided and not left:
            raise self.fail("there is no response before the '~'", [self.tokens[at]])
        if left and not two_sided:
            raise self.fail("this formula has no response; write only what follows the '~'", left)
        if not right:
            raise self.fail("nothing follows the '~'; write 1 for an intercept")
        return left, right

    def summands(self, tokens: Tokens) -> list[tuple[str, Tokens]]:
        """The terms with their signs."""
        found: list[tuple[str, Tokens]] = []
        for part in split(tokens, "+ -", depth=0):
            signed = bool(part) and part[0].text in "+-"
            sign, term = (part[0].text, part[1:]) if signed else ("+", part)
            if term:
                found.append((sign, term))
            elif signed:
                raise self.fail(f"a term is missing after the {sign!r}", part)
        return found

    # Fixed effects and offsets ----------------------------------------------------------------

    def fixed(self, term: Tokens) -> str:
        for token in term:
            if token.text == ".":
                raise self.fail("'.' for all other columns is not read; name the columns", [token])
        self.refuse_bare_power(term)
        text = self.expression(term)
        return f"I({text})" if _is_comparison(term) else text

    def refuse_bare_power(self, term: Tokens) -> None:
        if len(term) == 3 and term[0].is_column and term[1].text in ("**", "^"):
            name = term[0].text
            raise self.fail(
                f"the power of a term means its interactions with itself, so this is {name} "
                f"again; write I({name}**{term[2].text}) for the power of its values",
                term,
            )

    def expression(self, tokens: Tokens) -> str:
        """Text of an expression, with the words of R translated."""
        translated = [
            _renamed(token, following)
            for token, following in zip(tokens, [*tokens[1:], None], strict=True)
        ]
        return join(translated)

    def offset(self, sign: str, term: Tokens) -> str:
        if sign == "-":
            raise self.fail("an offset cannot be taken away; write offset(-(...))", term)
        if len(term) == 3:
            raise self.fail("there is nothing in the offset", term)
        return self.expression(term[2:-1])

    # The response -----------------------------------------------------------------------------

    def response(self, left: Tokens) -> Response:
        for token in left:
            if token.text in ("|", "||"):
                raise self.fail(
                    "a bar does not belong in a response; write trials(successes, n), "
                    "cbind(successes, failures) or cens(lower, upper) ~ ...",
                    [token],
                )
        text = self.expression(left)
        if _is_call(left, ("cens",)):
            return Response(text, "cens", self.censored(left))
        if not _is_call(left, tuple(_TWO_PARTS)):
            return Response(text, "plain", (text,))
        return Response(text, left[0].text, self.two_parts(left))

    def arguments(self, call: Tokens) -> list[Tokens]:
        """What stands between the commas of a call."""
        parts = split(call[2:-1], ",", depth=call[1].depth + 1)
        return [part[1:] if i else part for i, part in enumerate(parts)]

    def two_parts(self, call: Tokens) -> tuple[str, ...]:
        found = self.arguments(call)
        if len(found) != 2 or not all(found):
            name = call[0].text
            raise self.fail(f"{name}() takes two parts, {_TWO_PARTS[name]}", call)
        return tuple(self.expression(part) for part in found)

    def censored(self, call: Tokens) -> tuple[str, ...]:
        """Lower and upper end of ``cens(lower, upper)``; ``cens(y, lower, upper)`` has y first."""
        found = self.arguments(call)
        named = {part[0].text: part[2:] for part in found if _is_named(part)}
        placed = [part for part in found if not _is_named(part)]
        is_interval = len(found) == 2 and len(placed) != 1 and "y" not in named
        names = _BOUNDS if is_interval else ("y", *_BOUNDS)
        given = {**dict(zip(names, placed, strict=False)), **named}
        fits = len(given) == len(found) and set(given) <= set(names) and all(given.values())
        if len(found) < 2 or not fits:
            raise self.fail(
                "a censored response is cens(lower, upper), the ends between which it lies, or "
                "cens(y, lower, upper), a response with its detection limits, of which one may be "
                "left out: cens(y, lower=0)",
                call,
            )
        texts = {name: self.expression(tokens) for name, tokens in given.items()}
        return tuple(_unless_open(name, texts.get(name, "")) for name in names)

    # Random effects ---------------------------------------------------------------------------

    def random(self, sign: str, term: Tokens) -> list[Random]:
        if sign == "-":
            raise self.fail("a random-effects term cannot be taken away; leave it out", term)
        if not _is_enclosed(term):
            raise self.fail(
                "a random-effects term stands in parentheses of its own, joined by '+': (1 | g)",
                term,
            )
        inner = term[1:-1]
        bars = [i for i, token in enumerate(inner) if token.text in ("|", "||")]
        if len(bars) > 2 or inner[bars[0]].depth != 1:
            raise self.fail("a random-effects term has one bar, outside other parentheses", term)
        bar = bars[0]
        shared = self.shared(inner[bar : bars[1] + 1]) if len(bars) == 2 else None
        effects = self.effects(term, inner[:bar])
        return self.expand(inner[bar], effects, inner[bars[-1] + 1 :], shared)

    def shared(self, tokens: Tokens) -> str:
        """The name between the bars of ``(1 | name | g)``."""
        texts = [token.text for token in tokens]
        if len(tokens) != 3 or texts[0] != "|" or texts[2] != "|" or not tokens[1].is_column:
            raise self.fail(
                "between two bars stands one name, which terms that are to be correlated share, as "
                "in (1 | id | g)",
                tokens,
            )
        return tokens[1].text

    def effects(self, term: Tokens, tokens: Tokens) -> str:
        if not tokens:
            raise self.fail("nothing stands before the bar; write 1 for a random intercept", term)
        terms = [self.fixed_of_random(part) for part in split(tokens, "+ -", depth=1) if part]
        return " ".join(terms)

    def fixed_of_random(self, part: Tokens) -> str:
        signed = part[0].text in "+-"
        if signed and len(part) == 1:
            raise self.fail(f"a term is missing after the {part[0].text!r}", part)
        body = self.fixed(part[1:] if signed else part)
        return f"{part[0].text} {body}" if signed else body

    def expand(self, bar: Token, effects: str, tokens: Tokens, shared: str | None) -> list[Random]:
        if not tokens:
            raise self.fail("no grouping factor follows the bar", [bar])
        structure = "diagonal" if bar.text == "||" else "unstructured"
        terms: list[Random] = []
        columns: tuple[str, ...] = ()
        for part in self.nested(tokens):
            columns += tuple(name for name in self.crossed(part) if name not in columns)
            group = Group(columns)
            name = f"| {shared} " if shared else ""
            text = f"({effects} {name}{bar.text} {group.name})"
            terms.append(Random(text, effects, group, structure, shared))
        return terms

    def nested(self, tokens: Tokens) -> list[Tokens]:
        parts = split(tokens, "/", depth=tokens[0].depth)
        found = [part[1:] if i else part for i, part in enumerate(parts)]
        if not all(found):
            raise self.fail("a factor is missing beside the '/'", tokens)
        return list(found)

    def crossed(self, tokens: Tokens) -> tuple[str, ...]:
        """Columns of ``a:b``, of ``(a:b)``, of ``factor(a)``."""
        if _is_enclosed(tokens):
            return self.crossed(tokens[1:-1])
        names: tuple[str, ...] = ()
        for i, part in enumerate(split(tokens, ":", depth=tokens[0].depth)):
            names += self.factor(part[1:] if i else part, tokens)
        return names

    def factor(self, part: Tokens, whole: Tokens) -> tuple[str, ...]:
        if len(part) == 1 and part[0].is_column:
            return (part[0].column,)
        if len(part) == 4 and _is_call(part, ("factor", "as.factor", "C")) and part[2].is_column:
            return (part[2].column,)
        raise self.fail(
            "right of the bar stands a column, a:b for combinations, or a/b for b nested in a; "
            "for two crossed factors write (1 | a) + (1 | b), and make any other factor a column",
            part or whole,
        )

    def refuse_repeats(self, random: list[Random], right: Tokens) -> None:
        seen: set[tuple[str, frozenset[str]]] = set()
        for term in random:
            key = (term.effects, frozenset(term.group.columns))
            if key in seen:
                raise self.fail(f"the term {term.text} stands twice; leave one out", right)
            seen.add(key)


def _is_enclosed(tokens: Tokens) -> bool:
    """Whether one pair of parentheses holds it all."""
    if len(tokens) < 2 or tokens[0].text != "(" or tokens[-1].text != ")":
        return False
    return all(token.depth > tokens[0].depth for token in tokens[1:-1])


def _is_call(tokens: Tokens, names: tuple[str, ...]) -> bool:
    return len(tokens) > 2 and tokens[0].text in names and _is_enclosed(tokens[1:])


def _is_named(argument: Tokens) -> bool:
    """Whether this is ``name=value``."""
    return len(argument) > 1 and argument[0].is_column and argument[1].text == "="


def _unless_open(name: str, text: str) -> str:
    """The expression of an end, or nothing where the end is open."""
    return "" if text.replace(" ", "") in _OPEN.get(name, ()) else text


def _is_comparison(tokens: Tokens) -> bool:
    outside = [token.text for token in tokens if token.depth == tokens[0].depth]
    return any(text in ("==", "!=", "<", "<=", ">", ">=") for text in outside)


def _renamed(token: Token, following: Token | None) -> Token:
    text = token.text
    if token.kind == "name" and following is not None and following.text == "(":
        text = _SYNONYMS.get(text, text)
    elif text == "^":
        text = "**"
    return Token(text, token.kind, token.start, token.end, token.depth)
