"""The tables of the verbs: what each row is, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..data import to_native
from ..errors import ArgumentError
from ..model.families import LINKS
from .gather import Estimates
from .hypotheses import contrasts, split
from .inference import ADJUST, inference
from .linearized import stacked
from .predictor import one_of
from .units import plain

if TYPE_CHECKING:
    from ..model.links import Link
    from .inference import Ends
    from .predictor import Predictor

TESTS = ("z", "p_value")
OWN = ("row", "term", "contrast", "hypothesis", "estimate", "se", *TESTS, "lower", "upper")


@dataclass(frozen=True)
class Options:
    """What a user wants to see.

    Attributes
    ----------
    level : float
    adjust : str
    hypothesis : str, mapping, matrix or None
    """

    level: float = 0.95
    adjust: str = "none"
    hypothesis: Any = None

    @property
    def keep(self) -> bool:
        """Whether the derivatives of all rows are needed."""
        one_of("adjust", self.adjust, ADJUST)
        return self.hypothesis is not None or ADJUST[self.adjust].correlated


@dataclass(frozen=True, eq=False)
class Table:
    """Numbers and what they are.

    Attributes
    ----------
    names : pandas.DataFrame
        What each row is; its columns tell rows apart.
    found : Estimates
    line : Link
        Tests and intervals are normal on its scale.
    labels : sequence of str
        The column of categories or periods, if there is one: contrasts are made within its values.
    family : sequence of str
        Columns within whose values numbers are all pairwise differences of ``means`` means.
    means : int or None
    tested : bool
        Whether zero, on that scale, is a value to test against.
    ends : callable or None
        Ends of the intervals by their critical value, where they are not normal on that scale.
    """

    names: pd.DataFrame
    found: Estimates
    line: Link
    labels: Sequence[str] = ()
    family: Sequence[str] = ()
    means: int | None = None
    tested: bool = True
    ends: Ends | None = None


def free_names(names: Sequence[str], labels: str) -> dict[str, str]:
    """Names of columns of the data that are not those of an answer's own columns."""
    taken = {*OWN, labels}
    return {name: f"{name} (data)" if name in taken else name for name in names}


def one_after_another(tables: Sequence[Table], keep: bool) -> Table:
    """Tables of the same columns as one."""
    first = tables[0]
    if len(tables) == 1:
        return first
    names = pd.concat([table.names for table in tables], ignore_index=True)
    value, se = (
        np.concatenate([getattr(table.found, name) for table in tables]) for name in ("value", "se")
    )
    kept = [t.found.derivatives for t in tables if t.found.derivatives is not None]
    found = Estimates(value, se, stacked(kept) if keep else None)
    sizes = {table.means for table in tables}
    means = sizes.pop() if len(sizes) == 1 else None
    return replace(first, names=names, found=found, means=means)


def answer(predictor: Predictor, table: Table, options: Options, like: Any) -> Any:
    """The frame that a user gets."""
    if options.hypothesis is not None:
        table = contrasted(predictor, table, options.hypothesis)
    tukey = options.adjust == "tukey"
    families = _codes(table.names, table.family if tukey else ())
    columns = inference(
        predictor,
        table.found,
        table.line,
        families,
        table.means,
        options.level,
        options.adjust,
        table.ends,
    )
    if not table.tested:
        columns = {name: values for name, values in columns.items() if name not in TESTS}
    names = {name: plain(table.names[name]) for name in table.names}
    return to_native({**names, **columns}, like)


def _codes(names: pd.DataFrame, within: Sequence[str]) -> np.ndarray:
    """Rows with the same values in some columns have the same code."""
    if not within:
        return np.zeros(len(names), dtype=np.int64)
    return names.groupby(list(within), sort=False, observed=True, dropna=False).ngroup().to_numpy()


def contrasted(predictor: Predictor, table: Table, hypothesis: Any) -> Table:
    """Contrasts between the rows of a table, category by category and within what is asked for."""
    from scipy.sparse import csr_matrix

    rule, within = split(hypothesis)
    derivatives = table.found.derivatives
    assert derivatives is not None
    within = _strata(table, within)
    codes = _codes(table.names, within)
    others = _telling(table.names, within)
    rows, parts, sizes = [], [], set()
    for code in dict.fromkeys(codes.tolist()):
        own = np.flatnonzero(codes == code)
        named = contrasts(rule, _labels(table.names.iloc[own], others))
        parts.append(_placed([weights for _, weights in named], own, len(codes)))
        same = table.names[within].iloc[[own[0]] * len(named)].reset_index(drop=True)
        rows.append(pd.concat([_hypothesis(named), same], axis=1))
        sizes.add(len(own))
    found = Estimates.of(predictor, derivatives.combine(csr_matrix(np.vstack(parts))))
    pairwise = isinstance(rule, str) and rule == "pairwise" and len(sizes) == 1
    means = sizes.pop() if pairwise else None
    names = pd.concat(rows, ignore_index=True)
    return Table(names, found, LINKS["identity"], table.labels, within, means)


def _hypothesis(named: Sequence[tuple[str, np.ndarray]]) -> pd.DataFrame:
    return pd.DataFrame({"hypothesis": np.array([name for name, _ in named], dtype=object)})


def _strata(table: Table, within: list[str]) -> list[str]:
    for name in within:
        if name not in table.names:
            raise ArgumentError(
                f"hypothesis= contrasts within {name!r}, which is no column of the answer; those "
                f"are: {', '.join(table.names)}."
            )
    return [*(name for name in table.labels if name not in within), *within]


def _telling(names: pd.DataFrame, within: Sequence[str]) -> list[str]:
    """Columns that tell rows apart; the number of a row only where no others do."""
    found = [n for n in names if n not in within and len(names[n].unique()) > 1]
    others = [name for name in found if name != "row"]
    unclear = bool(names[[*others, *within]].duplicated().to_numpy().any())
    return others if others and not unclear else found


def _labels(names: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """What tells the rows of a stratum apart, in words."""
    if not columns:
        return [f"row {k + 1}" for k in range(len(names))]
    parts = [[_word(value) for value in names[column]] for column in columns]
    joined = [", ".join(words) for words in zip(*parts, strict=True)]
    return joined if len(columns) == 1 else [f"({words})" for words in joined]


def _word(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _placed(weights: Sequence[np.ndarray], own: np.ndarray, n: int) -> np.ndarray:
    """Weights of the rows of a stratum among those of all rows."""
    full = np.zeros((len(weights), n))
    full[:, own] = np.asarray(weights).reshape(-1, len(own))
    return full
