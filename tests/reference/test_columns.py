"""The data sets are, in Python, what R fitted the reference models to."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from validation.datasets import DATASETS
from validation.freeze import FROZEN

pytestmark = pytest.mark.reference

COLUMNS: Any = pd.read_csv(FROZEN / "columns.csv", keep_default_na=False, dtype={"levels": str})
MADE_IN_PYTHON = {
    ("chem97", "high"),
    ("contraception", "use"),
    ("verbagg", "r2"),
    ("bacteria", "y"),
}
"""Responses that are factors in R, or made by the model's own code on both sides."""


@pytest.fixture(scope="module", params=sorted(COLUMNS["dataset"].unique()))
def dataset(request: pytest.FixtureRequest) -> str:
    return request.param


def _levels(column: Any) -> str:
    values = list(column.cat.categories) if column.dtype == "category" else sorted(column.unique())
    return "|".join(str(v) for v in values) if len(values) <= 12 else str(len(values))


def _codes(column: Any, kind: str) -> np.ndarray:
    if kind == "factor":
        return pd.factorize(column)[0] + 1.0
    return column.to_numpy(float)


def test_columns_are_those_of_r(dataset: str) -> None:
    frame: Any = DATASETS[dataset]()
    for row in COLUMNS[COLUMNS["dataset"] == dataset].itertuples():
        column, codes = frame[row.column], _codes(frame[row.column], row.kind)
        weighted = np.sum(codes * np.arange(1, len(codes) + 1))
        assert len(codes) == row.rows, row.column
        np.testing.assert_allclose(codes.sum(), row.total, rtol=1e-9, atol=1e-6, err_msg=row.column)
        np.testing.assert_allclose(weighted, row.weighted, rtol=1e-9, atol=1e-5, err_msg=row.column)
        if row.kind == "factor" and (dataset, row.column) not in MADE_IN_PYTHON:
            assert _levels(column) in (row.levels, *_unordered(row)), row.column


def _unordered(row: Any) -> tuple[str, ...]:
    """A grouping factor's levels need not come in R's order."""
    return ("|".join(sorted(str(row.levels).split("|"))),)


def test_responses_are_the_second_level() -> None:
    """R models the probability of the second level: Y, y, and a score of at least 8."""
    successes = {"contraception": ("use", 759), "bacteria": ("y", 177), "verbagg": ("r2", 3611)}
    for name, (response, count) in successes.items():
        frame: Any = DATASETS[name]()
        assert frame[response].sum() == count
