"""The covariates of a model as controls of a page: what they may be, and where they start."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ...data import from_any
from ...formula import expression
from ...formula.engine import terms
from ...model.inputs import GIVEN

if TYPE_CHECKING:
    from ...data import Column, Columns
    from ...formula import Expression
    from ...model.matrix import MatrixSpec
    from ...results.fit import FitResults

FEW = 12  # whole numbers that are listed one by one where they stand for levels
STEPS = 200  # of a slider, about
OFFSET = "(offset)"


@dataclass(frozen=True, eq=False)
class Covariates:
    """The covariates of a fit, and the rows they were seen in.

    Parameters
    ----------
    fit : FitResults
    """

    fit: FitResults

    @cached_property
    def columns(self) -> Columns:
        """The rows used, of the columns that fixed effects, random effects and offsets read."""
        names = list(self.fit.spec.inputs.covariates)
        columns = from_any(self.fit.inputs.data, names)
        rows = self.fit.design.rows
        return columns if rows is None else columns.take(rows)

    @cached_property
    def matrices(self) -> list[MatrixSpec]:
        """Everything that has columns."""
        spec = self.fit.spec
        return [*spec.predictors, *(m for term in spec.random for _, m in term.pieces)]

    @cached_property
    def as_levels(self) -> set[str]:
        """Columns of numbers that the formula takes for levels, as ``C(period)``."""
        factors = (factor for m in self.matrices for term in terms(m.text) for factor in term)
        return {name for factor in factors if "C" in factor.functions for name in factor.names}

    def offsets(self, d: int) -> list[Expression]:
        """The offsets of a linear predictor; one given as an array is a covariate of its own."""
        spec = self.fit.spec
        texts = list(spec.parts[d].offsets) if d < len(spec.parts) else []
        found = [expression(text) for text in texts]
        if d == 0 and spec.offset is not None:
            found.append(expression(f"`{OFFSET}`" if self.has_array else spec.offset))
        return found

    @property
    def has_array(self) -> bool:
        """Whether the offset was given as an array."""
        return self.fit.spec.offset == GIVEN

    def inputs(self) -> list[dict[str, Any]]:
        """What a page must know of each covariate, in the order of the formula."""
        found = [self._input(name, column) for name, column in self.columns.items()]
        if self.has_array and self.fit.design.offset[0] is not None:
            found.append(number(OFFSET, self.fit.design.offset[0], whole=False))
        return found

    def _input(self, name: str, column: Column) -> dict[str, Any]:
        if column.is_factor:
            return of_levels(name, *_counted(column))
        if column.kind == "boolean" or name in self.as_levels:
            values, counts = np.unique(column.values, return_counts=True)
            return of_levels(name, values.tolist(), counts)
        return number(name, column.number(), whole=column.kind == "integer")

    def typical(self) -> dict[str, Any]:
        """Where the controls start: mean or commonest level of each covariate."""
        return {one["name"]: one["value"] for one in self.inputs()}


def _counted(column: Column) -> tuple[list[Any], np.ndarray]:
    levels = [] if column.levels is None else column.levels.tolist()
    known = column.values[column.values >= 0]
    return levels, np.bincount(known, minlength=len(levels))


def of_levels(name: str, levels: list[Any], counts: np.ndarray) -> dict[str, Any]:
    """A list to choose from, at its commonest level."""
    plain = [plain_level(level) for level in levels]
    return {
        "name": name, "kind": "levels", "levels": plain, "value": plain[int(np.argmax(counts))],
    }  # fmt: skip


def plain_level(level: Any) -> Any:
    """A level as JSON can say it."""
    return level if isinstance(level, bool | int | float | str) else str(level)


def number(name: str, values: np.ndarray, *, whole: bool) -> dict[str, Any]:
    """A slider in round steps within the range of the data, near the mean."""
    low, high = float(values.min()), float(values.max())
    step = round_step((high - low) / STEPS)
    step = max(1.0, round(step)) if whole else step
    digits = max(0, -math.floor(math.log10(step))) if step > 0 else 6
    first, last = math.ceil(low / step) * step, math.floor(high / step) * step
    return {
        "name": name,
        "kind": "number",
        "low": round(min(first, last), digits),
        "high": round(max(first, last), digits),
        "range": [low, high],
        "step": step,
        "digits": digits,
        "value": round(round(float(values.mean()) / step) * step, digits),
    }


def round_step(size: float) -> float:
    """The next 1, 2 or 5 times a power of ten; 1 for nothing."""
    if not size > 0.0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(size))
    return next(k * power for k in (1.0, 2.0, 5.0, 10.0) if k * power >= 0.999 * size)
