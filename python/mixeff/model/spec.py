"""All that was learned from the data of a fit, and all that predictions for new data need."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass

from ..data import Schema
from ..formula import Formula
from .design import Design
from .families import FLEXIBLE
from .grouping import GroupingSpec
from .inputs import Inputs, Part
from .matrix import MatrixSpec

__all__ = ["ModelSpec", "RandomSpec"]


@dataclass(frozen=True)
class RandomSpec:
    """One random-effects term.

    Attributes
    ----------
    text : str
        As in the formula.
    factor : int
        Index into `ModelSpec.grouping`.
    pieces : tuple of (int, MatrixSpec)
        A linear predictor that it enters, and the columns of its covariates there; more than one
        where predictors share the term.
    structure : str
        "unstructured" or "diagonal".
    """

    text: str
    factor: int
    pieces: tuple[tuple[int, MatrixSpec], ...]
    structure: str


@dataclass(frozen=True)
class ModelSpec:
    """A model without its data: small, and pickles.

    Attributes
    ----------
    formula : Formula
        The parsed formula; ``str(spec.formula)`` is its text.
    family, link : str
        Names in the tables.
    predictors : tuple of MatrixSpec
        Fixed effects of each linear predictor of the family; `MatrixSpec.aliased` are the columns
        that were dropped because they depend on earlier ones.
    random : tuple of RandomSpec
    grouping : tuple of GroupingSpec
        Grouping factors and their levels.
    schema : mapping of str to Schema
        Kind and levels of every column used.
    weights, offset : str or None
        The arguments `weights=` and `offset=`: an expression, or "<array>" if arrays were given.
    response_levels : tuple or None
        The two levels of a response of words, of which the second counts as success; or the
        categories.
    n_rows_read, n_rows : int
        Rows in the data, and rows left after those with missing values were dropped.
    dropped : mapping of str to int
        Missing values by column, in the rows that were dropped.
    notes : tuple of str
        What the reader of a result should know, in sentences.
    parts : tuple of Part
        What each linear predictor is made of.
    structure : str
        How thresholds or the baseline are constrained.
    place : callable or None
        For one of several responses: a design of it alone to one with the effects of all.
    """

    formula: Formula
    family: str
    link: str
    predictors: tuple[MatrixSpec, ...]
    random: tuple[RandomSpec, ...]
    grouping: tuple[GroupingSpec, ...]
    schema: Mapping[str, Schema]
    weights: str | None
    offset: str | None
    response_levels: tuple[Hashable, ...] | None
    n_rows_read: int
    n_rows: int
    dropped: Mapping[str, int]
    notes: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    structure: str = FLEXIBLE
    place: Callable[[Design], Design] | None = None

    @property
    def response(self) -> str:
        """The response as written."""
        return self.formula.response.text if self.formula.response else ""

    @property
    def variables(self) -> tuple[str, ...]:
        """Every column of the data that the model reads."""
        return self.inputs.variables

    @property
    def dispersion(self) -> str | None:
        """Fixed effects of the log dispersion, for a family that has one."""
        return self.predictors[1].text if len(self.predictors) > 1 else None

    @property
    def inputs(self) -> Inputs:
        """The formula and the arguments, without the arrays among them."""
        return Inputs(self.formula, self.parts, self.weights, self.offset)

    @property
    def aliased(self) -> tuple[str, ...]:
        """Columns of the mean's linear predictor that were dropped."""
        return self.predictors[0].aliased

    @property
    def n_rows_dropped(self) -> int:
        """Rows that were dropped for missing values."""
        return self.n_rows_read - self.n_rows
