"""Grouping factors: codes from one column, or from the combinations of several."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from ..data import Column, factorize
from ..errors import FormulaError
from ..formula import Group
from .design import GroupingFactor

__all__ = ["GroupingSpec", "Labels", "joined_grouping", "learn_grouping", "recode_grouping"]

Codes = NDArray[np.int32]


class Labels(Sequence[Hashable]):
    """Labels of the levels of a grouping factor, written out when first looked at.

    Parameters
    ----------
    levels : tuple of ndarray
        Levels of each column.
    places : tuple of ndarray
        For each column, the position of its level in each level of the factor.
    """

    def __init__(self, levels: tuple[NDArray[Any], ...], places: tuple[NDArray[Any], ...]) -> None:
        self.levels = levels
        self.places = places

    @cached_property
    def all(self) -> tuple[Hashable, ...]:
        """All labels."""
        parts = [lv[at].tolist() for lv, at in zip(self.levels, self.places, strict=True)]
        if len(parts) == 1:
            return tuple(parts[0])
        return tuple(":".join(map(str, label)) for label in zip(*parts, strict=True))

    def __len__(self) -> int:
        return len(self.places[0])

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self.all)

    @overload
    def __getitem__(self, index: int) -> Hashable: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Hashable, ...]: ...
    def __getitem__(self, index: int | slice) -> Hashable | tuple[Hashable, ...]:
        return self.all[index]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self.all, dtype=dtype)

    def __repr__(self) -> str:
        return f"Labels({len(self)} levels)"


@dataclass(frozen=True, eq=False)
class GroupingSpec:
    """A grouping factor without its rows.

    Attributes
    ----------
    name : str
        Its columns joined by colons.
    columns : tuple of str
    levels : tuple of ndarray
        Levels of each column.
    keys : ndarray of int64 or None
        The combinations that occur, each as one number in mixed radix, increasing; None for a
        single column.
    """

    name: str
    columns: tuple[str, ...]
    levels: tuple[NDArray[Any], ...]
    keys: NDArray[np.int64] | None = None

    @property
    def labels(self) -> Labels:
        """Labels of the levels."""
        if self.keys is None:
            return Labels(self.levels, (np.arange(len(self.levels[0])),))
        sizes = tuple(len(level) for level in self.levels)
        return Labels(self.levels, np.unravel_index(self.keys, sizes))

    @property
    def n_levels(self) -> int:
        """Number of levels."""
        return len(self.levels[0] if self.keys is None else self.keys)


def learn_grouping(
    group: Group, columns: Mapping[str, Column]
) -> tuple[GroupingSpec, GroupingFactor]:
    """Code a grouping factor and learn its levels.

    Parameters
    ----------
    group : Group
    columns : mapping of str to Column
        Without missing values.

    Returns
    -------
    spec : GroupingSpec
    factor : GroupingFactor

    Raises
    ------
    FormulaError
        If the columns have more combinations than there are integers.
    """
    coded = [columns[name].codes() for name in group.columns]
    levels = tuple(level for _, level in coded)
    if math.prod(len(level) for level in levels) >= 2**63:
        raise FormulaError(
            f"the columns of {group.name!r} have too many combinations; make the factor a column"
        )
    codes, keys = coded[0][0], None
    if len(coded) > 1:
        codes, keys = factorize(_combine([c for c, _ in coded], levels))
    spec = GroupingSpec(group.name, group.columns, levels, keys)
    return spec, GroupingFactor(group.name, codes, spec.labels)


def recode_grouping(spec: GroupingSpec, columns: Mapping[str, Column]) -> GroupingFactor:
    """Code new rows by the levels of the fit.

    Parameters
    ----------
    spec : GroupingSpec
    columns : mapping of str to Column

    Returns
    -------
    GroupingFactor
        With code -1 where a level was not in the data of the fit, or is missing.
    """
    coded = [columns[n].codes_among(lv) for n, lv in zip(spec.columns, spec.levels, strict=True)]
    codes = coded[0] if spec.keys is None else _find(_combine(coded, spec.levels), spec.keys)
    return GroupingFactor(spec.name, codes, spec.labels)


def joined_grouping(specs: Sequence[GroupingSpec]) -> GroupingSpec:
    """One grouping factor with the levels that any of several data sets had.

    Parameters
    ----------
    specs : sequence of GroupingSpec
        Of the same columns.

    Returns
    -------
    GroupingSpec
    """
    first = specs[0]
    every = zip(*(spec.levels for spec in specs), strict=True)
    levels = tuple(factorize(np.concatenate(own))[1] for own in every)
    if first.keys is None:
        return GroupingSpec(first.name, first.columns, levels)
    keys = [_combine(_codes_in(spec, levels), levels) for spec in specs]
    return GroupingSpec(first.name, first.columns, levels, np.unique(np.concatenate(keys)))


def _codes_in(spec: GroupingSpec, levels: tuple[NDArray[Any], ...]) -> list[Codes]:
    """The columns of each combination of a factor, coded by more levels."""
    labels = spec.labels
    pairs = zip(labels.levels, labels.places, levels, strict=True)
    return [np.searchsorted(every, own)[at].astype(np.int32) for own, at, every in pairs]


def _combine(codes: Sequence[Codes], levels: tuple[NDArray[Any], ...]) -> NDArray[np.int64]:
    """One number for each combination; -1 where any of them is unknown."""
    combined = codes[0].astype(np.int64)
    for code, level in zip(codes[1:], levels[1:], strict=True):
        unknown = (combined < 0) | (code < 0)
        combined = combined * len(level) + code
        combined[unknown] = -1
    return combined


def _find(keys: NDArray[np.int64], known: NDArray[np.int64]) -> Codes:
    place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[place] == keys, place, -1).astype(np.int32)
