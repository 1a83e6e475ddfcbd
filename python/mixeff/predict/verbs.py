"""The verbs: predictions, comparisons, slopes, marginal means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..data.frames import unknown_column
from ..errors import ArgumentError, FormulaError, NotAvailableError
from ..model.families import LINKS
from .elasticities import SLOPES
from .extrapolation import note_extrapolation
from .gather import Estimates, Groups, averages, each_row
from .grid import balanced_frame, shares
from .measures import MEASURES, Measure
from .predictor import Predictor, one_of, predictor_of, require_one
from .regions import regions_of
from .table import Options, Table, answer, free_names, one_after_another
from .units import Units, column_of_fit, is_category, units_of
from .variables import Change, changes_of, checked_variables, small_step

if TYPE_CHECKING:
    from ..estimate.values import Floats
    from ..model.design import Design
    from ..results.fit import FitResults
    from .linearized import Linearized

    Parts = Sequence[Linearized]

WEIGHTS = ("equal", "proportional")


@dataclass(frozen=True, eq=False)
class Request:
    """A verb's rows, how they are predicted, and what they are averaged over.

    Attributes
    ----------
    predictor : Predictor
    units : Units
    by : list of str
        Columns within whose values rows are averaged.
    average : bool
        Whether rows are averaged at all.
    weights : ndarray or None
        Of the rows in averages.
    options : Options
    """

    predictor: Predictor
    units: Units
    by: list[str]
    average: bool
    weights: np.ndarray | None
    options: Options

    @property
    def labels(self) -> tuple[str, ...]:
        """Categories or periods of each row."""
        return self.predictor.target.labels

    @property
    def label(self) -> list[str]:
        """The column that holds them."""
        return [self.predictor.target.label_name] if self.labels else []

    def row_names(self) -> pd.DataFrame:
        """What each value of each row is."""
        names = self.units.frame.rename(columns=self._free(self.units.frame)).reset_index(drop=True)
        names.insert(0, "row", self.units.rows)
        return self._each_label(names)

    def _free(self, names: Any) -> dict[str, str]:
        return free_names(list(names), "".join(self.label))

    def groups(self) -> tuple[Groups, pd.DataFrame]:
        """The groups that are averaged, and what each value of each is."""
        if not self.by:
            codes = np.zeros(self.units.n, dtype=np.int64)
            return Groups.of(codes, 1, self.weights), self._each_label(pd.DataFrame(index=[0]))
        grouped = self.units.frame.groupby(self.by, sort=True, observed=True)
        codes = grouped.ngroup().to_numpy()
        first = np.unique(codes, return_index=True)[1]
        names = self.units.frame[self.by].iloc[first].reset_index(drop=True)
        names = names.rename(columns=self._free(self.by))
        return Groups.of(codes, len(first), self.weights), self._each_label(names)

    def _each_label(self, names: pd.DataFrame) -> pd.DataFrame:
        if not self.labels:
            return names
        k = len(self.labels)
        repeated = names.iloc[np.repeat(np.arange(len(names)), k)].reset_index(drop=True)
        words = np.tile(np.array(self.labels, dtype=object), len(names))
        return repeated.assign(**{self.predictor.target.label_name: words})

    def within(self) -> list[str]:
        """Columns that tell sets of pairwise contrasts apart."""
        return [*self._free(self.by).values(), *self.label]


def request_of(
    fit: FitResults,
    newdata: Any,
    *,
    by: Any,
    average: bool,
    weights: Any,
    kind: str | None,
    quantile: float | None,
    scale: str,
    options: Options,
) -> Request:
    """Read a verb's arguments."""
    kind = kind or ("marginal" if quantile is None else "median")
    predictor = predictor_of(fit, kind, quantile, scale)
    columns: list[str] = [by] if isinstance(by, str) else list(by or ())
    named = [weights] if isinstance(weights, str) else []
    units = units_of(fit, newdata, {"by": columns, "weights": named}, predictor.needs_groups)
    found = _weights(units, weights)
    return Request(predictor, units, columns, average or bool(columns), found, options)


def _weights(units: Units, weights: Any) -> np.ndarray | None:
    if weights is None:
        return None
    if isinstance(weights, str):
        values = units.frame[weights].to_numpy(dtype=np.float64)
    else:
        values = np.asarray(weights, dtype=np.float64)
        if values.ndim != 1 or len(values) <= units.rows.max():
            raise ArgumentError("weights= takes the name of a column, or a number for each row.")
        values = values[units.rows]
    if not (values >= 0.0).all() or not values.any():
        raise ArgumentError("weights= must not be negative, missing, or all zero.")
    return values


# Predictions ----------------------------------------------------------------------------------


def predictions(request: Request) -> Any:
    """Predictions of rows, or their averages."""
    table = _averaged(request) if request.average else _of_rows(request)
    table = replace(table, tested=request.options.hypothesis is not None)
    return answer(request.predictor, table, request.options, request.units.like)


def _averaged(request: Request) -> Table:
    predictor, design = request.predictor, request.units.design()
    groups, names = request.groups()
    (mean,) = averages(predictor, [design], groups, lambda p, rows: p, predictor.width)
    return Table(names, Estimates.of(predictor, mean), predictor.target.line, request.label)


def _of_rows(request: Request) -> Table:
    predictor, design, options = request.predictor, request.units.design(), request.options
    found = each_row(predictor, [design], lambda p, rows: p[0], options.keep)
    table = Table(request.row_names(), found, predictor.target.line, request.label)
    regions = regions_of(predictor, design) if options.hypothesis is None else None
    if regions is None:
        return table
    return replace(table, found=replace(found, se=regions.se()), ends=regions.ends)


# Comparisons ----------------------------------------------------------------------------------


def comparisons(request: Request, variables: Any, comparison: str, contrasts: str) -> Any:
    """Predictions at two values of a covariate, compared."""
    one_of("comparison", comparison, MEASURES)
    _refuse_choices(request)
    fit = request.units.fit
    asked = checked_variables(fit, variables, lambda column: True)
    changes = [
        change
        for name, wanted in asked.items()
        for change in changes_of(request.units, name, wanted, contrasts)
    ]
    tables = [_compared(request, change, comparison) for change in changes]
    if not tables:
        raise ArgumentError(f"variables={variables!r}: there is nothing to compare.")
    table = one_after_another(tables, request.options.keep)
    table = _as_family(table, request, contrasts)
    return answer(request.predictor, table, request.options, request.units.like)


def _as_family(table: Table, request: Request, contrasts: str) -> Table:
    """The table with what Tukey's test needs to know: sets of all differences of some means."""
    row = [] if request.average else ["row"]
    family = ["term", *row, *request.within()]
    sizes = table.names.groupby(family, observed=True, dropna=False).size().unique()
    m = int(sizes[0])
    k = round((1 + (1 + 8 * m) ** 0.5) / 2)
    pairwise = contrasts == "pairwise" and len(sizes) == 1 and k * (k - 1) // 2 == m
    return replace(table, family=family, means=k if pairwise else None)


def _compared(request: Request, change: Change, comparison: str) -> Table:
    measure, units = MEASURES[comparison], request.units
    for value in (change.low, change.high):
        note_extrapolation(units.fit, {change.term: value})
    high, low = (units.design({change.term: value}) for value in (change.high, change.low))
    found, names = _measured(request, [high, low], measure, comparison)
    names.insert(0, "term", change.term)
    names.insert(1, "contrast", change.label(measure.text))
    return Table(names, found, measure.line, request.label)


def _measured(
    request: Request, designs: list[Design], measure: Measure, name: str
) -> tuple[Estimates, pd.DataFrame]:
    """Averages are compared, and not comparisons averaged."""
    predictor = request.predictor
    if not request.average:
        found = each_row(
            predictor,
            designs,
            lambda parts, rows: measure.compare(parts[0], parts[1], name),
            request.options.keep,
        )
        return found, request.row_names()
    groups, names = request.groups()
    high, low = averages(predictor, designs, groups, lambda p, rows: p, predictor.width)
    return Estimates.of(predictor, measure.compare(high, low, name)), names


def _refuse_choices(request: Request) -> None:
    if request.predictor.target.by_case:
        raise NotAvailableError(
            "a covariate would change in all alternatives of a case at once, which is mostly no "
            "question: change it in a copy of the data where you want, and compare "
            "me.predictions(fit, copy) with me.predictions(fit); or take scale='link', the utility."
        )


# Slopes ---------------------------------------------------------------------------------------


def slopes(request: Request, variables: Any, slope: str) -> Any:
    """Derivatives of predictions by covariates."""
    one_of("slope", slope, SLOPES)
    _refuse_choices(request)
    fit = request.units.fit
    asked = checked_variables(fit, variables, lambda column: not is_category(fit, column))
    if not asked:
        raise ArgumentError(
            "slopes are by numeric covariates, of which the model has none: me.comparisons(fit) "
            "compares the levels of the others."
        )
    tables = [_sloped(request, name, slope) for name in asked]
    table = one_after_another(tables, request.options.keep)
    return answer(request.predictor, table, request.options, request.units.like)


def _sloped(request: Request, name: str, slope: str) -> Table:
    predictor, row = request.predictor, SLOPES[slope]
    x, high, low, designs = _around(request.units, name)
    if row.at_center:
        designs.append(request.units.design({name: x}))

    def derivative(parts: Parts, rows: slice) -> Linearized:
        at, step = (np.repeat(v[rows], predictor.width) for v in (x, high - low))
        return row.of(parts, at, step)

    if request.average:
        groups, names = request.groups()
        width = predictor.width
        (mean,) = averages(predictor, designs, groups, lambda p, r: [derivative(p, r)], width)
        found = Estimates.of(predictor, mean)
    else:
        found = each_row(predictor, designs, derivative, request.options.keep)
        names = request.row_names()
    names.insert(0, "term", name)
    names.insert(1, "contrast", row.text)
    return Table(names, found, LINKS["identity"], request.label)


def _around(units: Units, name: str) -> tuple[Floats, Floats, Floats, list[Design]]:
    """Values of a covariate, those half a step above and below, and the designs of these.

    Where a term such as a spline ends with the data, the step is taken within them.
    """
    x, step = small_step(units, name)
    high, low = x + 0.5 * step, x - 0.5 * step
    try:
        return x, high, low, [units.design({name: high}), units.design({name: low})]
    except FormulaError:
        values = column_of_fit(units.fit, name).number()
        high, low = (np.clip(v, values.min(), values.max()) for v in (high, low))
        return x, high, low, [units.design({name: high}), units.design({name: low})]


# Marginal means -------------------------------------------------------------------------------


def marginal_means(
    fit: FitResults,
    variables: Any,
    *,
    weights: str,
    kind: str | None,
    quantile: float | None,
    scale: str,
    options: Options,
) -> Any:
    """Averages of predictions over a balanced grid."""
    require_one(fit)
    one_of("weights", weights, WEIGHTS)
    asked = [variables] if isinstance(variables, str) else list(variables)
    known = fit.spec.inputs.covariates
    for name in asked:
        if name not in known:
            raise ArgumentError(f"variables= {unknown_column(name, known)}")
    frame = balanced_frame(fit, asked)
    others = frame[[name for name in frame if name not in asked]]
    request = request_of(
        fit,
        frame,
        by=asked,
        average=True,
        weights=shares(fit, others) if weights == "proportional" else None,
        kind=kind,
        quantile=quantile,
        scale=scale,
        options=options,
    )
    units = replace(request.units, like=fit.inputs.frame_like)
    return predictions(replace(request, units=units))
