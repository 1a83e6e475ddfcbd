"""Full Bayesian estimation: priors, the sampler, draws and what they are worth."""

from __future__ import annotations

from .assign import assign
from .control import SamplerControl
from .draws import Draws
from .priors import Prior, as_prior

__all__ = ["Draws", "Prior", "SamplerControl", "as_prior", "assign"]
