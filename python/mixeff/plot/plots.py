"""The pictures of a fit, as methods of ``fit.plot``."""

from __future__ import annotations

from dataclasses import dataclass

from .plots_of_effects import EffectPlots
from .plots_of_fit import FitPlots
from .plots_of_outcomes import OutcomePlots
from .plots_of_predictions import PredictionPlots


@dataclass(frozen=True)
class Plots(PredictionPlots, OutcomePlots, EffectPlots, FitPlots):
    """Pictures of a fit; each has a ``*_data()`` frame with the numbers drawn.

    Every picture is a new figure of the width of one column (84 mm) or of a page (174 mm) of a
    journal, in colours that are told apart with any colour vision. ``ax=`` draws in axes of your
    own instead: one, or a sequence where a picture has several panels.

    Parameters
    ----------
    fit : Fit

    Examples
    --------
    >>> import numpy as np
    >>> import mixeff as me
    >>> rng, g = np.random.default_rng(1), np.repeat(np.arange(20), 8)
    >>> x = rng.normal(size=160)
    >>> y = rng.poisson(np.exp(0.3 * x + 0.5 * rng.normal(size=20)[g]))
    >>> fit = me.fit("y ~ x + (1 | g)", {"y": y, "x": x, "g": g}, family="poisson")
    >>> figure = fit.plot.effects("x")
    >>> sorted(fit.plot.effects_data("x"))
    ['estimate', 'kind', 'lower', 'upper', 'x']
    """
