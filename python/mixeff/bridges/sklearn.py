"""Mixed models as scikit-learn's estimators, for its pipelines, searches and cross-validation.

What fits is put in on the floor above, in ``mixeff.api.estimators``, where the public classes are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from ..data import from_any
from ..errors import ArgumentError, MissingDependencyError
from ..model.families import FAMILIES
from ..predict import predict

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import (
        check_array,
        check_consistent_length,
        check_is_fitted,
        column_or_1d,
        validate_data,
    )
except ModuleNotFoundError as error:
    raise MissingDependencyError(
        'this bridge needs the library scikit-learn: pip install "mixeff[bridges]"'
    ) from error

if TYPE_CHECKING:
    from ..estimate.values import Floats

__all__ = ["Classifier", "Regressor"]

RESPONSE = "response"


class _GLMM(BaseEstimator):
    """What both estimators do: columns by name, a formula, a fit."""

    formula: str | None
    family: str
    link: str | None
    method: str
    kind: str
    fit_: Any
    fitter: ClassVar[Callable[..., Any]]

    def _columns(self, X: Any, reset: bool) -> dict[str, Any]:
        """Columns of the data by name; those of an array are called x0, x1, ..."""
        if hasattr(X, "columns") and all(isinstance(name, str) for name in X.columns):
            validate_data(self, X, reset=reset, skip_check_array=True)
            return {name: X[name] for name in X.columns}
        array: Any = validate_data(self, X, reset=reset, dtype="float64")
        return {f"x{k}": column for k, column in enumerate(array.T)}

    def _read(self, X: Any, y: Any) -> dict[str, Any]:
        """The columns of X, once it is clear that there is something to fit."""
        if y is None:
            name = type(self).__name__
            raise ArgumentError(f"{name} requires y to be passed, but the target y is None.")
        columns = self._columns(X, reset=True)
        check_consistent_length(*columns.values(), y)
        if len(next(iter(columns.values()))) < 2:
            raise ArgumentError("X has 1 sample, where a model needs more.")
        return columns

    def _fit(self, columns: Any, y: Any, family: str, sample_weight: Any) -> None:
        if RESPONSE in columns:
            raise ArgumentError(f"X has a column named {RESPONSE!r}, which is y here: rename it.")
        weights = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        self.fit_ = type(self).fitter(
            f"{RESPONSE} ~ {self._right_side(columns)}",
            {**columns, RESPONSE: y},
            family,
            link=self.link,
            method=self.method,
            weights=weights,
        )

    def _right_side(self, columns: dict[str, Any]) -> str:
        if self.formula is None:
            names = (name if name.isidentifier() else f"`{name}`" for name in columns)
            return " + ".join(names) or "1"
        if "~" in self.formula:
            raise ArgumentError(
                f"formula={self.formula!r} has a response, which is y here: give the part after "
                "the ~ alone."
            )
        return self.formula

    def _predicted(self, X: Any) -> Any:
        check_is_fitted(self)
        columns = self._columns(X, reset=False)
        return predict(self.fit_, columns, kind=self.kind, new_levels="population")


class Regressor(RegressorMixin, _GLMM):
    """A number or a count."""

    def __init__(
        self,
        formula: str | None = None,
        family: str = "gaussian",
        *,
        link: str | None = None,
        method: str = "auto",
        kind: str = "cluster",
    ) -> None:
        self.formula = formula
        self.family = family
        self.link = link
        self.method = method
        self.kind = kind

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : frame or array, shape (n, columns)
            Grouping factors and words included.
        y : array, shape (n,)
        sample_weight : array, shape (n,), optional
            Factors on the log-density of the rows.

        Returns
        -------
        self
        """
        columns = self._read(X, y)
        values = column_or_1d(check_array(y, ensure_2d=False, dtype="float64"), warn=True)
        self._fit(columns, values, self.family, sample_weight)
        return self

    def predict(self, X: Any) -> Floats:
        """Mean of each row."""
        return np.asarray(self._predicted(X))


def _require_classes(name: Any) -> None:
    """Refuse a family whose response has no classes."""
    classes = {
        key
        for key, family in FAMILIES.items()
        if family.is_binary or (family.categories is not None and not family.categories.timed)
    }
    if name in FAMILIES and name not in classes:
        raise ArgumentError(
            f"family={name!r} has a response without classes: take GLMMRegressor, or one of "
            f"{', '.join(sorted(classes))}."
        )


def _ordered_words(y: Any, labels: Any) -> Any:
    """Words in the order that they were declared to have; None for classes that are numbers.

    Without a declared order they stay words, which an ordinal family refuses.
    """
    import pandas as pd

    column = from_any({RESPONSE: y if np.ndim(y) == 1 else labels}, [RESPONSE])[RESPONSE]
    if column.levels is None:
        return None
    if not column.has_order:
        return np.asarray(labels, dtype=object)
    present = set(labels)
    kept = [level for level in column.levels.tolist() if level in present]
    return pd.Categorical(labels, categories=kept, ordered=True)


class Classifier(ClassifierMixin, _GLMM):
    """Two classes, or more."""

    def __init__(
        self,
        formula: str | None = None,
        family: str | None = None,
        *,
        link: str | None = None,
        method: str = "auto",
        kind: str = "cluster",
    ) -> None:
        self.formula = formula
        self.family = family  # type: ignore[assignment]
        self.link = link
        self.method = method
        self.kind = kind

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : frame or array, shape (n, columns)
        y : array, shape (n,)
            Classes.
        sample_weight : array, shape (n,), optional
            Factors on the log-density of the rows.

        Returns
        -------
        self
        """
        columns = self._read(X, y)
        labels = column_or_1d(y, warn=True)
        check_classification_targets(labels)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ArgumentError(
                f"y has one class, {self.classes_[0]}: a classifier needs at least two."
            )
        binary = len(self.classes_) == 2
        family = self.family or ("bernoulli" if binary else "multinomial")
        _require_classes(family)
        words = None if binary else _ordered_words(y, labels)
        self._fit(
            columns, codes.astype(np.int64) if words is None else words, family, sample_weight
        )
        known = [str(label) for label in self.fit_.design.categories]
        own = range(len(known)) if words is None else self.classes_
        self.places_ = [known.index(str(label)) for label in own]
        return self

    def predict_proba(self, X: Any) -> Floats:
        """Probabilities of the classes, shape (n, classes)."""
        found = self._predicted(X)
        if hasattr(found, "columns"):
            return found.to_numpy()[:, self.places_]
        return np.column_stack([1.0 - found, found])

    def predict(self, X: Any) -> Any:
        """The most probable class of each row."""
        chances = self.predict_proba(X)
        return self.classes_[np.argmax(chances, axis=1)]
