"""Models of several responses that share random effects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentError, NotAvailableError
from ..estimate.joint import joint_start
from ..formula import Formula
from ..model import build
from ..model.inputs import Arguments
from ..model.joint import Layout, layout_of, levels_of_all, stacked
from ..model.spec import ModelSpec
from ..results.fitted import Inputs
from .result import Fit, run, snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from ..estimate import Nodes
    from ..estimate.values import Estimate, Floats
    from ..model.design import Design

__all__ = ["JointFit", "ResponseFit", "fit_jointly"]

# Methods that know one response only.
REFUSED = ("pql1", "pql2", "mql1", "mql2", "conditional", "mcmc", "ml", "reml")


@dataclass(frozen=True, eq=False, repr=False)
class ResponseFit(Fit):
    """One response of a joint fit: its own coefficients, and the random effects of all.

    Log-likelihood, AIC and BIC are those of the whole.
    """

    df_whole: int = 0
    bic_whole: float = field(default=np.nan)

    @property
    def df_model(self) -> int:
        """Number of estimated parameters of the whole."""
        return self.df_whole

    @property
    def bic(self) -> float:
        """Schwarz's information criterion of the whole, with all rows as sample size."""
        return self.bic_whole

    def predict(self, data: Any = None, **options: Any) -> Any:
        """Predictions as of any fit, but for confidence intervals of ``kind="cluster"``."""
        own = options.get("kind", "cluster") == "cluster" and options.get("quantile") is None
        if own and options.get("interval") is not None:
            raise NotAvailableError(
                "intervals of a cluster's own predictions are not available where several "
                "responses share its effects; leave out interval=, or take kind='median' or "
                "kind='marginal'."
            )
        return super().predict(data, **options)

    def save(self, path: Any) -> None:
        """Not of one response alone."""
        raise NotAvailableError("one of several responses cannot be saved by itself; save them all")

    def report(self, path: Any, *, level: float = 0.95, command: str | None = None) -> None:
        """Not of one response alone."""
        raise NotAvailableError(_CANNOT_REPORT)

    def refit(self, y: Any, *, start: Any = None) -> Fit:
        """Not of one response alone."""
        raise NotAvailableError("one of several responses cannot be fitted again by itself")


@dataclass(frozen=True, eq=False, repr=False)
class JointFit(Fit):
    """A fitted model of several responses.

    Coefficients bear the name of their response, ``"y:x"``; so do the random effects. What is about
    one response (predictions, residuals, pictures) is asked of ``fit.responses["y"]``.

    Attributes
    ----------
    responses : mapping of str to ResponseFit
        By the response as written in its formula.
    """

    parts: tuple[tuple[ModelSpec, Inputs], ...] = field(default=())

    @property
    def responses(self) -> Mapping[str, Fit]:
        """Each response, as a fit of its own."""
        return self._responses

    @cached_property
    def _responses(self) -> dict[str, ResponseFit]:
        return {
            spec.response: ResponseFit(
                spec,
                design,
                _estimate_of(self.design, self.estimate, k),
                inputs,
                self.df_model,
                self.bic,
            )
            for k, ((spec, inputs), design) in enumerate(
                zip(self.parts, self.design.responses, strict=True)
            )
        }

    def refit(self, y: Any, *, start: Any = None) -> Fit:
        """Not by one response: fit the model again to other data."""
        raise NotAvailableError(
            "refit() takes one response, and this model has several: put the new values into the "
            "data, and fit again with me.fit(...)"
        )

    def save(self, path: str | Path) -> None:
        """Write the fit to one file, to be read with ``mixeff.load``."""
        from ..results.store import save

        save(self, path, tuple(self._responses.values()))

    def report(self, path: Any, *, level: float = 0.95, command: str | None = None) -> None:
        """Not of several responses."""
        raise NotAvailableError(_CANNOT_REPORT)


_CANNOT_REPORT = (
    "report() writes a page about a model of one response; of several use fit.summary(), "
    "mixeff.table(fit), and the pictures of fit.responses[name].plot."
)

# Attributes of a fit that are about one response.
OF_ONE = (
    "augment",
    "contextual_effects",
    "fittedvalues",
    "hausman",
    "median_odds_ratio",
    "odds_ratios",
    "plot",
    "predict",
    "resid",
    "simulate",
)


def _of_one(name: str) -> property:
    """What a joint fit has in the place of such an attribute: where to ask for it."""

    def refuse(fit: JointFit) -> Any:
        first = next(iter(fit.responses))
        raise NotAvailableError(
            f"{name} is about one response: ask fit.responses[{first!r}].{name}, for instance."
        )

    return property(refuse, doc=f"Of one response: ``fit.responses[name].{name}``.")


for _name in OF_ONE:
    setattr(JointFit, _name, _of_one(_name))


def _estimate_of(design: Design, estimate: Estimate, k: int) -> Estimate:
    """The coefficients of one response, and theta."""
    own = [x.fixed for x in design.responses]
    positions, first = [], 0
    for d, x in enumerate(design.fixed):
        before = sum(x[d].shape[1] for x in own[:k] if d < len(x))
        if d < len(own[k]):
            positions.append(first + before + np.arange(own[k][d].shape[1]))
        first += x.shape[1]
    n_beta = len(estimate.beta)
    beta = np.concatenate(positions)
    every = np.concatenate([beta, np.arange(n_beta, len(estimate.cov))])
    return replace(estimate, beta=estimate.beta[beta], cov=estimate.cov[np.ix_(every, every)])


def fit_jointly(
    formulas: Sequence[str],
    data: Any,
    family: str | Sequence[str],
    link: str | Sequence[str | None] | None,
    arguments: Arguments,
    method: str,
    nodes: Nodes | None,
    start: tuple[Floats, Floats] | None,
    control: Mapping[str, Any] | None,
    priors: Mapping[str, Any] | None,
    seed: int | None,
) -> JointFit:
    """Fit a model of several responses; the arguments are those of `mixeff.fit`."""
    if not formulas:
        raise ArgumentError("the list of formulas is empty; give one for each response")
    if method in REFUSED:
        raise NotAvailableError(
            f"method={method!r} takes one response; models of several are fitted by 'auto', "
            "'laplace', 'agq' or 'ghq'."
        )
    n = len(formulas)
    families = _each("family", family, n)
    links = _each("link", link, n)
    every = [_arguments(arguments, k, n) for k in range(n)]
    built = [
        build(formula, data, family, link=link, **vars(given))
        for formula, family, link, given in zip(formulas, families, links, every, strict=True)
    ]
    specs, design = _joined(built)
    inputs = Inputs(snapshot(data))
    begin = joint_start(design) if start is None else start
    whole = run(_whole(specs), design, inputs, method, nodes, begin, control, priors, seed)
    parts = tuple(
        (spec, replace(inputs, arguments=a)) for spec, a in zip(specs, every, strict=True)
    )
    return JointFit(whole.spec, whole.design, whole.estimate, inputs, parts)


def restored(
    models: list[tuple[ModelSpec, Design, Inputs]],
) -> Callable[[Estimate], Fit]:
    """What makes a stored fit of several responses from its estimate."""
    specs, design = _joined([(spec, own) for spec, own, _ in models])
    parts = tuple((spec, inputs) for spec, (_, _, inputs) in zip(specs, models, strict=True))
    first = models[0][2]
    return lambda estimate: JointFit(_whole(specs), design, estimate, first, parts)


def _joined(built: Sequence[tuple[ModelSpec, Design]]) -> tuple[list[ModelSpec], Design]:
    """The responses, each knowing its place among the others, and their design as a whole."""
    layout = layout_of([spec for spec, _ in built], [design for _, design in built])
    known = levels_of_all([spec for spec, _ in built])
    specs = [replace(spec, place=_Place(layout, k)) for k, spec in enumerate(known)]
    placed = [layout.place(k, design) for k, (_, design) in enumerate(built)]
    return specs, stacked(layout, placed)


@dataclass(frozen=True)
class _Place:
    """`Layout.place` of one response."""

    layout: Layout
    response: int

    def __call__(self, design: Design) -> Design:
        return self.layout.place(self.response, design)


def _each(name: str, value: Any, n: int) -> list[Any]:
    """A value for each response, from one for all or a list."""
    if not isinstance(value, list | tuple):
        return [value] * n
    if len(value) != n:
        raise ArgumentError(f"{name}= has {len(value)} entries for {n} formulas; give one for each")
    return list(value)


def _arguments(arguments: Arguments, k: int, n: int) -> Arguments:
    """Those of one response: of lists the k-th entry; a formula or an array must be in a list."""
    given = {}
    for entry in fields(Arguments):
        value = getattr(arguments, entry.name)
        listed = isinstance(value, list | tuple)
        if not listed and value is not None and value != entry.default:
            raise ArgumentError(
                f"{entry.name}= is a list with an entry for each response, None where one has "
                "none, when there are several formulas"
            )
        given[entry.name] = _each(entry.name, value, n)[k]
        if given[entry.name] is None:
            given[entry.name] = entry.default
    return Arguments(**given)


def _whole(specs: Sequence[ModelSpec]) -> ModelSpec:
    """What is to be said of all responses together."""
    text = "; ".join(str(spec.formula) for spec in specs)
    dropped: dict[str, int] = {}
    for spec in specs:
        dropped |= spec.dropped
    return ModelSpec(
        formula=Formula(text, None, "", (), ()),
        family=" and ".join(spec.family for spec in specs),
        link=" and ".join(spec.link for spec in specs),
        predictors=(),
        random=(),
        grouping=(),
        schema={},
        weights=None,
        offset=None,
        response_levels=None,
        n_rows_read=sum(spec.n_rows_read for spec in specs),
        n_rows=sum(spec.n_rows for spec in specs),
        dropped=dropped,
        notes=tuple(f"{spec.response}: {note}" for spec in specs for note in spec.notes),
    )
