"""The model that users build, fit, and load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentError
from ..estimate import gradient, loglik, start
from ..model import build
from ..model.families import FLEXIBLE
from ..model.inputs import Arguments
from ..results import Inputs
from .joint import fit_jointly, restored
from .result import Fit, run, snapshot, with_response

if TYPE_CHECKING:
    from pathlib import Path

    from ..estimate import Nodes
    from ..estimate.values import Floats
    from ..model.design import Design
    from ..model.spec import ModelSpec


def fit(
    formula: str | Sequence[str],
    data: Any,
    family: str | Sequence[str] = "gaussian",
    *,
    link: str | Sequence[str | None] | None = None,
    method: str = "auto",
    nodes: Nodes | None = None,
    weights: Any = None,
    offset: Any = None,
    dispersion: str | None = None,
    zero_inflation: str | None = None,
    category_specific: str | None = None,
    thresholds: str = "flexible",
    baseline: str = "flexible",
    start: tuple[Floats, Floats] | None = None,
    control: Mapping[str, Any] | None = None,
    priors: Mapping[str, Any] | None = None,
    seed: int | None = None,
) -> Fit:
    """Fit a generalized linear mixed model.

    Parameters
    ----------
    formula : str, or a list of them
        In lme4's language: ``"y ~ x + (1 + x | g)"``; also ``(x || g)``, ``(1 | a/b)``,
        ``(1 | a:b)``, ``(0 + x | g)``, ``offset(v)``, and the responses
        ``cbind(successes, failures)``, ``trials(successes, n)``, ``survival(time, event)``,
        ``choice(chosen, case)`` and, of censored ones, ``cens(lower, upper)`` and
        ``cens(y, lower, upper)``. A list of formulas is one model of several responses, tied by
        random effects under a shared name, ``(1 | id | g)``; then `family`, `link` and the other
        arguments about a response are lists, too, and the result is a `JointFit`.
    data : frame
        A pandas, polars or pyarrow frame, or a mapping of names to arrays. Numbers of a frame of
        pandas 3 are read where they are: what is done to the frame afterwards does not reach the
        fit, but do not write to an array that you shared with the frame by ``copy=False``.
    family : str
        ``"gaussian"``, ``"bernoulli"``, ``"binomial"``, ``"poisson"``, ``"nb2"``, ``"gamma"``,
        ``"beta"``, ``"cumulative"``, ``"multinomial"``, ``"duration"``, ... The documentation has
        all of them with their densities; an unknown name lists them.
    link : str, optional
        The family's first by default.
    method : str
        ``"auto"``, ``"laplace"``, ``"agq"`` (adaptive Gauss-Hermite quadrature), ``"ghq"`` (the
        ordinary one), ``"laplace6"`` (the sixth-order expansion), ``"ml"``, ``"reml"``,
        ``"conditional"`` (given the clusters' totals),
        ``"pql1"``, ``"pql2"``, ``"mql1"``, ``"mql2"`` (penalized and marginal quasi-likelihood of
        first and second order), ``"mcmc"`` (the posterior). ``"auto"`` is REML for a linear model;
        otherwise it raises the numbers of nodes until more move no estimate by
        more than 1 % of its standard error, as far as the model allows.
    nodes : int, mapping or sequence, optional
        Quadrature points per random effect, for ``"agq"`` and ``"ghq"``: one number, or one for
        each grouping factor, as a mapping from its name or in the order of the model
        (``(1 | a/b)`` is ``a``, then ``a:b``).
    weights : str or array, optional
        Prior weights, which multiply the log-density; with a proportion as binomial response, the
        numbers of trials.
    offset : str or array, optional
        Added to the linear predictor of the mean, next to ``offset()`` terms.
    dispersion : str, optional
        A one-sided formula for the log dispersion of a family that has one, random effects
        included: ``"~ x + (1 | g)"``. For a family that has none, ``"estimate"`` lets the variance
        be phi times the family's, and estimates phi (``fit.scale``); methods of quasi-likelihood
        only.
    zero_inflation : str, optional
        A one-sided formula, random effects included, for the logit of the probability of a zero of
        its own kind: ``"~ x + (1 | g)"``. A family that can be zero becomes a mixture, one that
        cannot, such as ``"truncated_poisson"`` or ``"gamma"``, a hurdle model.
    category_specific : str, optional
        A one-sided formula of the covariates whose effects differ between the thresholds of an
        ordinal response (partial parallelism), or between the periods of a duration.
    thresholds : str
        Of an ordinal response: ``"flexible"``, ``"equidistant"`` or ``"symmetric"``.
    baseline : str
        Of the hazard of a duration: ``"flexible"`` with a parameter for each period,
        ``"polynomial(3)"`` or ``"spline(3)"``, a natural cubic spline with so many degrees of
        freedom.
    start : tuple of ndarray, optional
        ``(beta, theta)`` to start from.
    control : mapping, optional
        Settings of the optimizer (`mixeff.estimate.Control`) or, for ``"mcmc"``, of the sampler
        (`mixeff.estimate.SamplerControl`: ``chains``, ``draws``, ``warmup``, ...).
    priors : mapping of str to str, optional
        Priors by term, for ``"mcmc"``: coefficients by name, ``"Intercept"``, ``"fixed"`` for all
        others; ``"sd"``, ``"sd(g)"`` or ``"sd(x | g)"``; ``"cor"`` or ``"cor(g)"``;
        ``"dispersion"``. Such as ``{"fixed": "normal(0, 1)", "sd(g)": "exponential(1)"}``. What
        is not named keeps its weakly informative default, which the summary shows.
    seed : int, optional
        Seed of ``"mcmc"``: the same draws for any number of threads.

    Returns
    -------
    Fit

    Raises
    ------
    MixeffError
        If the input is wrong; `mixeff.errors` has a class for every case.

    Warns
    -----
    ConvergenceWarning
        If the optimizer, or the sampler, did not meet its criteria. The fit is returned, and says
        why.
    SamplingWarning
        If trajectories of the sampler diverged.
    SingularFitWarning
        If a variance is zero or a correlation one.

    Examples
    --------
    >>> import numpy as np
    >>> import mixeff as me
    >>> rng = np.random.default_rng(1)
    >>> g, x = np.repeat(np.arange(30), 10), np.tile(np.arange(10.0), 30)
    >>> eta = -1 + 0.3 * x + rng.normal(size=30)[g]
    >>> data = {"y": rng.binomial(1, 1 / (1 + np.exp(-eta))), "x": x, "g": g}
    >>> fit = me.fit("y ~ x + (1 | g)", data, family="bernoulli")
    >>> list(fit.params.index)
    ['Intercept', 'x']
    >>> fit.converged
    True
    """
    if not (isinstance(formula, str) and isinstance(family, str) and isinstance(link, str | None)):
        given = Arguments(
            weights, offset, dispersion, zero_inflation, category_specific, thresholds, baseline
        )
        formulas = [formula] if isinstance(formula, str) else formula
        how = (method, nodes, start, control, priors, seed)
        return fit_jointly(formulas, data, family, link, given, *how)
    model = Model(
        formula,
        data,
        family,
        link=link,
        weights=weights,
        offset=offset,
        dispersion=dispersion,
        zero_inflation=zero_inflation,
        category_specific=category_specific,
        thresholds=thresholds,
        baseline=baseline,
    )
    return model.fit(method, nodes, start=start, control=control, priors=priors, seed=seed)


def load(path: str | Path) -> Fit:
    """Load a fit from a file written by ``Fit.save``.

    The log-likelihood is computed again from the stored data and estimates.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Fit

    Raises
    ------
    StoredFitError
        If the file is no such file, or if its log-likelihood does not come out again.
    """
    from ..results.store import load as read

    return read(path, Fit, restored)


class Model:
    """A model and its data, to look at before the fit and to fit again.

    Parameters
    ----------
    formula, data, family, link, weights, offset, dispersion, zero_inflation, category_specific, \
thresholds, baseline
        As in `fit`.

    Attributes
    ----------
    spec : ModelSpec
        What was learned from the data.
    design : Design
        The arrays: ``design.X``, ``design.Z`` (scipy sparse), ``design.y``, ...

    Examples
    --------
    >>> import mixeff as me
    >>> data = {"y": [1.0, 2.0, 2.0, 4.0, 3.0, 6.0], "g": list("aabbcc")}
    >>> model = me.Model("y ~ 1 + (1 | g)", data)
    >>> model.design.Z.toarray()[:3]
    array([[1., 0., 0.],
           [1., 0., 0.],
           [0., 1., 0.]])
    """

    def __init__(
        self,
        formula: str,
        data: Any,
        family: str = "gaussian",
        *,
        link: str | None = None,
        weights: Any = None,
        offset: Any = None,
        dispersion: str | None = None,
        zero_inflation: str | None = None,
        category_specific: str | None = None,
        thresholds: str = FLEXIBLE,
        baseline: str = FLEXIBLE,
    ) -> None:
        if isinstance(formula, list | tuple):
            raise ArgumentError("a Model has one response; give several formulas to mixeff.fit()")
        arguments = Arguments(
            weights, offset, dispersion, zero_inflation, category_specific, thresholds, baseline
        )
        spec, design = build(formula, data, family, link=link, **vars(arguments))
        self.spec: ModelSpec = spec
        self.design: Design = design
        self._inputs = Inputs(snapshot(data), arguments)

    def fit(
        self,
        method: str = "auto",
        nodes: Nodes | None = None,
        *,
        start: tuple[Floats, Floats] | None = None,
        control: Mapping[str, Any] | None = None,
        priors: Mapping[str, Any] | None = None,
        seed: int | None = None,
    ) -> Fit:
        """Estimate the parameters; the arguments are those of `fit`."""
        data = self.spec, self.design, self._inputs
        return run(*data, method, nodes, start, control, priors, seed)

    def refit(
        self,
        y: Any,
        method: str = "auto",
        nodes: Nodes | None = None,
        *,
        start: tuple[Floats, Floats] | None = None,
        control: Mapping[str, Any] | None = None,
        priors: Mapping[str, Any] | None = None,
        seed: int | None = None,
    ) -> Fit:
        """Fit the same model to another response.

        Parameters
        ----------
        y : array-like, shape (nobs,)
            For the rows used; successes for a binomial.
        method, nodes, start, control, priors, seed
            As in `fit`.

        Returns
        -------
        Fit
        """
        design, inputs = with_response(self.design, self._inputs, y)
        return run(self.spec, design, inputs, method, nodes, start, control, priors, seed)

    def loglik(
        self, beta: Any, theta: Any, *, method: str = "laplace", nodes: Nodes | None = None
    ) -> float:
        """Log-likelihood at given parameters.

        Parameters
        ----------
        beta : array-like
            Coefficients of all linear predictors; the last of a gaussian model is the log of the
            residual standard deviation, of a gamma model the log dispersion.
        theta : array-like
            Entries of the Cholesky factors of the terms' covariance matrices: lower triangle
            column by column.
        method : str
        nodes : int, mapping or sequence, optional

        Returns
        -------
        float
        """
        return loglik(self.design, *_parameters(beta, theta), method=method, nodes=nodes)

    def gradient(
        self, beta: Any, theta: Any, *, method: str = "laplace", nodes: Nodes | None = None
    ) -> Floats:
        """Gradient of `loglik` in (beta, theta); the arguments are the same."""
        return gradient(self.design, *_parameters(beta, theta), method=method, nodes=nodes)

    @cached_property
    def start(self) -> tuple[Floats, Floats]:
        """Parameters (beta, theta) from which the optimizer starts."""
        return start(self.design)

    def __repr__(self) -> str:
        return f"<mixeff {self.spec.family} model: {self.spec.formula}; {self.design.n} rows>"


def _parameters(beta: Any, theta: Any) -> tuple[Floats, Floats]:
    return np.asarray(beta, dtype=np.float64), np.asarray(theta, dtype=np.float64)
