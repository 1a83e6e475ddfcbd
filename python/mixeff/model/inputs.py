"""What a model reads: the formula, the other arguments, and the columns they need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import Column, Columns, from_any
from ..errors import ArgumentError, FormulaError, InfiniteValueError, LengthError
from ..formula import Formula, Random, expression, parse
from .families import FLEXIBLE, Family
from .matrix import required
from .values import number

__all__ = [
    "CATEGORY_SPECIFIC",
    "GIVEN",
    "Arguments",
    "Inputs",
    "Part",
    "inputs_of",
    "offsets_of",
    "read",
]

Array = NDArray[np.float64]

ESTIMATE = "estimate"
"""What ``dispersion=`` says where phi is to be estimated, and not modelled."""

CATEGORY_SPECIFIC = "category_specific"
"""The argument of thresholds and of a baseline."""

OWN = "formula"
"""The argument of a parameter that has the model's own formula."""

GIVEN = "<array>"
"""Stands for an argument that was an array and no expression."""


@dataclass(frozen=True, eq=False)
class Arguments:
    """What a model takes beside formula, data, family and link; as in `mixeff.fit`.

    Attributes
    ----------
    weights, offset : str, array or None
    dispersion, zero_inflation, category_specific : str or None
        One-sided formulas.
    thresholds, baseline : str
        How they are constrained.
    """

    weights: Any = None
    offset: Any = None
    dispersion: str | None = None
    zero_inflation: str | None = None
    category_specific: str | None = None
    thresholds: str = FLEXIBLE
    baseline: str = FLEXIBLE

    def structure_of(self, family: Family) -> str:
        """How the family's thresholds, or its baseline, are constrained."""
        kind = family.categories
        self._refuse("baseline", kind is not None and kind.timed, family)
        self._refuse("thresholds", kind is not None and kind.ordered and not kind.timed, family)
        return self.baseline if kind is not None and kind.timed else self.thresholds

    def _refuse(self, name: str, has_any: bool, family: Family) -> None:
        """Raise for a constraint on what the family does not have."""
        if not has_any and getattr(self, name) != FLEXIBLE:
            raise FormulaError(
                f"{name}={getattr(self, name)!r} constrains what family {family.name!r} does not "
                f"have; leave out {name}="
            )

    @property
    def overdispersed(self) -> bool:
        """Whether phi is to be estimated."""
        return self.dispersion == ESTIMATE

    def formula_of(self, argument: str | None) -> str | None:
        """The formula in an argument, if there is one."""
        text = None if argument is None else getattr(self, argument)
        return None if text == ESTIMATE else text


@dataclass(frozen=True)
class Part:
    """What one linear predictor is made of.

    Attributes
    ----------
    fixed : str
        Fixed effects.
    random : tuple of Random
    offsets : tuple of str
        Expressions, which add up.
    """

    fixed: str = "1"
    random: tuple[Random, ...] = ()
    offsets: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Inputs:
    """A formula and the arguments beside it.

    Attributes
    ----------
    formula : Formula
    parts : tuple of Part
        The linear predictors of the family.
    weights, offset : str or None
        Expressions, or `GIVEN`.
    arrays : mapping of str to ndarray
        The arguments that were arrays.
    overdispersed : bool
        Whether phi is to be estimated.
    """

    formula: Formula
    parts: tuple[Part, ...]
    weights: str | None = None
    offset: str | None = None
    arrays: dict[str, Array] = field(default_factory=dict)
    overdispersed: bool = False

    @property
    def random(self) -> tuple[tuple[int, Random], ...]:
        """The random-effects terms, each with its linear predictor."""
        return tuple((d, term) for d, part in enumerate(self.parts) for term in part.random)

    @property
    def covariates(self) -> tuple[str, ...]:
        """Columns of the fixed effects, the random effects and the offsets."""
        texts = [part.fixed for part in self.parts] + [term.effects for _, term in self.random]
        names = [name for text in texts for name in required(text)]
        offsets = [text for part in self.parts for text in part.offsets]
        return tuple(dict.fromkeys([*names, *_read_by([*offsets, self.offset])]))

    @property
    def groups(self) -> tuple[str, ...]:
        """Columns of the grouping factors."""
        return tuple(dict.fromkeys(n for _, term in self.random for n in term.group.columns))

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Columns of the response and the weights."""
        parts = self.formula.response.parts if self.formula.response else ()
        return tuple(dict.fromkeys([*_read_by(parts), *_read_by([self.weights])]))

    @property
    def bounds(self) -> tuple[str, ...]:
        """Columns that are nothing but the ends of a censored response, which may be open."""
        response = self.formula.response
        if response is None or not response.bounds:
            return ()
        exact = _read_by([*response.parts[: -len(response.bounds)], self.weights])
        others = {*exact, *self.covariates, *self.groups}
        return tuple(name for name in _read_by(response.bounds) if name not in others)

    @property
    def variables(self) -> tuple[str, ...]:
        """Every column that is read."""
        return tuple(dict.fromkeys([*self.outcomes, *self.covariates, *self.groups]))

    def weights_in(self, columns: Columns) -> Array | None:
        """The weights, if there are any."""
        return None if self.weights is None else _argument("weights", self.weights, columns)


def _read_by(texts: Iterable[str | None]) -> list[str]:
    return [name for text in texts if text and text != GIVEN for name in expression(text).names]


def inputs_of(formula: str, family: Family, arguments: Arguments) -> Inputs:
    """Parse the formula and sort the arguments into expressions and arrays.

    Parameters
    ----------
    formula : str
    family : Family
    arguments : Arguments

    Returns
    -------
    Inputs

    Raises
    ------
    FormulaError
        If a formula cannot be read, or the family has no such parameter to model.
    """
    parsed = parse(formula)
    _refuse_what_it_has_not(family, arguments)
    values = {"weights": arguments.weights, "offset": arguments.offset}
    arrays = {
        name: _as_array(name, value)
        for name, value in values.items()
        if value is not None and not isinstance(value, str)
    }
    texts = {name: GIVEN if name in arrays else value for name, value in values.items()}
    mean = Part(parsed.fixed, parsed.random, parsed.offsets)
    if any(parameter.argument == OWN for parameter in family.further):
        mean = replace(mean, random=tuple(_shared(term) for term in mean.random))
    further = (
        mean if parameter.argument == OWN else _part(arguments.formula_of(parameter.argument))
        for parameter in family.further
    )
    return Inputs(
        parsed,
        (mean, *further),
        texts["weights"],
        texts["offset"],
        arrays,
        arguments.overdispersed,
    )


def _shared(term: Random) -> Random:
    """The term under a name of its own, so that its effects in all predictors are correlated."""
    return term if term.shared else replace(term, shared=term.text)


def _part(text: str | None) -> Part:
    if text is None:
        return Part()
    parsed = parse(text, two_sided=False)
    return Part(parsed.fixed, parsed.random, parsed.offsets)


def _refuse_what_it_has_not(family: Family, arguments: Arguments) -> None:
    """Raise for an argument about a parameter that the family does not have."""
    has = "dispersion" in family.arguments
    if arguments.overdispersed and has:
        raise ArgumentError(
            f"family {family.name!r} has a dispersion of its own, which is always estimated; leave "
            'out dispersion="estimate", or give a formula such as "~ x".'
        )
    if arguments.formula_of("dispersion") is not None and not has:
        raise FormulaError(
            f"family {family.name!r} has no dispersion to model; leave out dispersion=, or say "
            'dispersion="estimate" with a method of quasi-likelihood'
        )
    for argument, words in _ONLY_FOR.items():
        if arguments.formula_of(argument) is not None and argument not in family.arguments:
            raise FormulaError(f"family {family.name!r} {words}; leave out {argument}=")


_ONLY_FOR = {
    "zero_inflation": "has no probability of zero to model",
    "category_specific": "has neither thresholds nor periods for effects to differ between",
}


def _as_array(name: str, values: Any) -> Array:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ArgumentError(f"{name}= takes the name of a column, or numbers") from None
    if array.ndim != 1:
        raise LengthError(f"{name}= has {array.ndim} dimensions; give one number for each row")
    if np.isinf(array).any():
        row = int(np.argmax(np.isinf(array)))
        raise InfiniteValueError(f"{name}= is infinite in row {row} (counting from 0)")
    return array


def read(inputs: Inputs, data: Any) -> Columns:
    """Read the columns that a model needs.

    Parameters
    ----------
    inputs : Inputs
    data : frame

    Returns
    -------
    Columns
        With the arguments that were arrays under the names "weights=" and "offset=".
    """
    columns = from_any(data, inputs.variables, inputs.bounds)
    n_rows = columns.n_rows
    added = {f"{name}=": _as_column(f"{name}=", a, n_rows) for name, a in inputs.arrays.items()}
    return replace(columns, columns={**columns.columns, **added})


def _as_column(name: str, values: Array, n_rows: int) -> Column:
    if len(values) != n_rows:
        raise LengthError(f"{name} has {len(values)} values for {n_rows} rows of data")
    missing = np.isnan(values)
    return Column(name, "number", values, missing=missing if missing.any() else None)


def offsets_of(inputs: Inputs, columns: Columns) -> tuple[Array | None, ...]:
    """The offset of each linear predictor, the sum of all its parts; None where there are none."""
    found = [[number(text, columns) for text in part.offsets] for part in inputs.parts]
    if inputs.offset is not None:
        found[0].append(_argument("offset", inputs.offset, columns))
    return tuple(sum(parts[1:], start=parts[0]) if parts else None for parts in found)


def _argument(name: str, text: str, columns: Columns) -> Array:
    return columns[f"{name}="].own() if text == GIVEN else number(text, columns)
