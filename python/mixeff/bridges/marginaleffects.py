"""Fits for the `marginaleffects` package, whose functions take them as they take its own models.

    from marginaleffects import avg_comparisons
    from mixeff.bridges.marginaleffects import as_model
    avg_comparisons(as_model(fit), variables="x")

The package moves the coefficients by small steps to find derivatives. Here these are all
parameters, those of variances included, so that population-averaged results carry their
uncertainty.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import Column, column_names, from_any
from ..errors import DependencyWarning, MissingDependencyError, NotAvailableError, warn
from ..model import design_for_new_data
from ..predict.predictor import Predictor, predictor_of
from ..predict.rows import rows_of
from ..predict.units import as_pandas, column_of_fit
from ..results.parameters import term_label, theta_positions

if TYPE_CHECKING:
    from ..estimate.values import Floats
    from ..model.design import Design
    from ..results.fit import FitResults

__all__ = ["as_model"]


def as_model(
    fit: FitResults,
    *,
    kind: str | None = None,
    quantile: float | None = None,
    scale: str = "response",
) -> Any:
    """A fit as a model of the `marginaleffects` package.

    Parameters
    ----------
    fit : Fit
    kind : {"marginal", "median"}, optional
        What is done with the random effects: integrated out (the default), or held at zero.
    quantile : float, optional
        Hold them at this percentile instead.
    scale : str
        As in ``Fit.predict``.

    Returns
    -------
    marginaleffects.classes.ModelAbstract
        For ``predictions``, ``comparisons``, ``slopes``, ``datagrid`` and the others. A response
        with categories has them as groups.

    Raises
    ------
    MissingDependencyError
        If the package is not installed.
    NotAvailableError
        For ``kind="cluster"``, as the package has no place for the uncertainty of random effects.

    Warns
    -----
    DependencyWarning
        For categorical covariates, which its release 0.6.0 reads only with polars before 2.
    """
    if kind == "cluster" and quantile is None:
        raise NotAvailableError(
            "kind='cluster' would take the random effects as known, since the marginaleffects "
            "package has no place for their uncertainty: me.predictions(fit, kind='cluster') and "
            "the other verbs count it."
        )
    kind = kind or ("marginal" if quantile is None else "median")
    made = _adapter()
    _note_words(fit)
    return made(fit, predictor_of(fit, kind, quantile, scale))


def _note_words(fit: FitResults) -> None:
    """Warn where the package cannot read categorical covariates."""
    words = [n for n in fit.spec.inputs.covariates if _types(fit).get(n) == "character"]
    installed = [version("marginaleffects"), version("polars")]
    if words and installed[0] == "0.6.0" and int(installed[1].partition(".")[0]) > 1:
        warn(
            f"marginaleffects {installed[0]} cannot compare categorical columns ({words[0]!r}) "
            f"with polars {installed[1]}: pip install 'polars<2', or take me.comparisons and the "
            "other verbs",
            DependencyWarning,
        )


@dataclass(frozen=True, eq=False)
class _Exog:
    """A design that can be cut as arrays are."""

    design: Design

    def __getitem__(self, rows: slice) -> _Exog:
        return _Exog(rows_of(self.design, rows))

    @property
    def shape(self) -> tuple[int, int]:
        return self.design.n, self.design.n_beta


@cache
def _adapter() -> Any:
    """The class, made when the package is there."""
    base = _classes().ModelAbstract
    return type(base)("MixeffModel", (_Methods, base), {"__doc__": _Methods.__doc__})


def _classes() -> Any:
    try:
        from marginaleffects import classes
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            'this bridge needs the library marginaleffects: pip install "mixeff[bridges]"'
        ) from error
    return classes


class _Methods:
    """Coefficients, covariance, data and predictions of a fit."""

    vault: Any
    model: FitResults

    def __init__(self, fit: FitResults, predictor: Predictor) -> None:
        self.predictor = predictor
        vault = _classes().ModelVault(
            coef=np.concatenate([fit.estimate.beta, fit.estimate.theta]),
            coefnames=np.array(_names(fit.design), dtype=object),
            formula=_formula(fit),
            modeldata=_model_data(fit),
            package="mixeff",
            vcov=np.nan_to_num(fit.estimate.cov, nan=0.0),
        )
        super().__init__(fit, vault)  # type: ignore[call-arg]

    def validation(self) -> None:
        """The data are right already; the types of the columns are those of the fit."""
        self.coef, self.formula = self.vault.coef, self.vault.formula
        self.vault.variables_type = _types(self.model)

    def get_vcov(self, vcov: Any = True) -> Floats | None:
        """The covariance of all parameters."""
        if vcov is False:
            return None
        if vcov is not True:
            raise NotAvailableError(f"vcov={vcov!r} is not available for a mixeff fit: use True.")
        return self.vault.vcov

    def get_exog(self, newdata: Any) -> _Exog:
        """The design of new data."""
        frame = _plain_frame(self.model, newdata)
        return _Exog(design_for_new_data(self.model.spec, frame, new_levels="population"))

    def get_predict(self, params: Any, newdata: Any) -> Any:
        """Predictions at given parameters."""
        exog = newdata if isinstance(newdata, _Exog) else self.get_exog(newdata)
        values = _moved(self.predictor, np.asarray(params)).values(exog.design)
        return _predicted(self.predictor, values)


def _names(design: Design) -> list[str]:
    """Names of the parameters: coefficients, then entries of the Cholesky factors."""
    predictors = design.distribution.predictors
    beta = [
        name if d == 0 else f"{predictors[d]}: {name}"
        for d, names in enumerate(design.x_names)
        for name in names
    ]
    parts = zip(design.terms, theta_positions(design), strict=True)
    theta = [
        f"theta({term_label(design, term)}) {k + 1}"
        for term, part in parts
        for k in range(part.stop - part.start)
    ]
    return [*beta, *theta]


def _moved(predictor: Predictor, parameters: Floats) -> Predictor:
    """The predictor at other parameters."""
    fit = predictor.fit
    n = len(fit.estimate.beta)
    estimate = replace(fit.estimate, beta=parameters[:n], theta=parameters[n:])
    return replace(predictor, fit=replace(fit, estimate=estimate))


def _predicted(predictor: Predictor, values: Floats) -> Any:
    import polars as pl

    n, labels = len(values), predictor.target.labels
    rowid = np.arange(n, dtype=np.int32)
    if not labels:
        return pl.DataFrame({"rowid": rowid, "estimate": values[:, 0]})
    groups = [label for label in labels for _ in range(n)]
    return pl.DataFrame(
        {"rowid": np.tile(rowid, len(labels)), "group": groups, "estimate": values.T.ravel()}
    )


def _formula(fit: FitResults) -> str:
    """A formula of the same columns; what stands in it is the fit's own business."""
    names = fit.spec.inputs.covariates
    response = fit.spec.inputs.outcomes
    covariates = " + ".join(f"`{n}`" if not n.isidentifier() else n for n in names)
    return f"{response[0] if response else 'y'} ~ {covariates or '1'}"


def _types(fit: FitResults) -> dict[str, str]:
    """The package's words for the kinds of columns."""
    known = column_names(fit.inputs.data)
    names = [name for name in fit.spec.inputs.variables if name in known]
    return {name: _type(column_of_fit(fit, name)) for name in names}


def _type(column: Column) -> str:
    if column.is_factor:
        return "character"
    if column.kind == "boolean":
        return "boolean"
    if np.isin(column.values, [0, 1]).all():
        return "binary"
    return "integer" if column.kind == "integer" else "numeric"


def _model_data(fit: FitResults) -> Any:
    """The rows used, words as enumerations, which the package asks for."""
    import polars as pl

    known = column_names(fit.inputs.data)
    names = [name for name in fit.spec.inputs.variables if name in known]
    return pl.DataFrame({name: _series(column_of_fit(fit, name)) for name in names})


def _series(column: Column) -> Any:
    import polars as pl

    if column.levels is None:
        return pl.Series(column.name, column.values)
    words = [None if label is None else str(label) for label in column.labels().tolist()]
    levels = [str(level) for level in column.levels.tolist()]
    return pl.Series(column.name, words, dtype=pl.Enum(levels))


def _plain_frame(fit: FitResults, newdata: Any) -> dict[str, Any]:
    """The columns that the model reads, with the levels of the fit in their own type."""
    names = [name for name in fit.spec.inputs.covariates if name in column_names(newdata)]
    columns = from_any(newdata, names)
    return {name: _as_in_fit(fit, name, as_pandas(columns[name])) for name in names}


def _as_in_fit(fit: FitResults, name: str, values: Any) -> Any:
    levels = fit.spec.schema[name].levels
    if levels is None:
        return values
    back = {str(level): level for level in levels}
    return np.array([back.get(str(value), value) for value in values], dtype=object)
