"""``method="mcmc"``: the posterior by the no-U-turn sampler, summarised as an estimate."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from ...core import sample
from ...errors import ArgumentError
from ..covariance import entries, theta_slices
from ..marginal import loglik_laplace
from ..method import Method, Request
from ..problem import problem_of
from ..values import Estimate, RandomEffects, Record
from .assign import Assigned, assign, core_arguments
from .control import SamplerControl
from .diagnostics import ess_bulk, ess_tail, r_hat
from .draws import Draws
from .posterior import parameter_draws

if TYPE_CHECKING:
    from ...model.design import Design, RandomTerm
    from ..values import Floats

R_HAT, ESS = 1.01, 400.0
"""Limits of Vehtari et al. (2021)."""

MOST_NUMBERS = 20_000_000
"""Draws of random effects that are kept unless the user says otherwise."""


def _fit_mcmc(design: Design, request: Request) -> Estimate:
    control = request.control
    assert isinstance(control, SamplerControl)
    began = perf_counter()
    assigned = assign(design, request.priors)
    seed = checked_seed(request.seed)
    numbers = _sampled(design, assigned, control, seed)
    draws = _draws(numbers, assigned, control, seed)
    return _summarised(design, draws, numbers, began)


def checked_seed(seed: int | None) -> int:
    """The seed given, or a fresh one."""
    if seed is None:
        return secrets.randbits(48)
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or not 0 <= seed < 2**63:
        raise ArgumentError(f"seed must be a whole number of at least 0, not {seed!r}.")
    return int(seed)


def _sampled(
    design: Design, assigned: tuple[Assigned, ...], control: SamplerControl, seed: int
) -> dict[str, Any]:
    try:
        return sample(
            problem_of(design),
            **core_arguments(design, assigned),
            chains=control.chains,
            draws=control.draws,
            warmup=control.warmup,
            target_accept=control.target_accept,
            max_depth=control.max_depth,
            seed=seed,
            keep_effects=_keeps(design, control),
            progress=control.progress,
        )
    except FloatingPointError:
        raise ArgumentError(
            "The posterior density cannot be evaluated anywhere near the data: some mean lies "
            f"outside the domain of the {design.link} link. Use another link, or priors that keep "
            "the linear predictor inside."
        ) from None


def _keeps(design: Design, control: SamplerControl) -> bool:
    if control.keep_effects is not None:
        return control.keep_effects
    effects = sum(design.factors[t.factor].n_levels * len(t.names) for t in design.terms)
    return effects * control.chains * control.draws <= MOST_NUMBERS


def _draws(
    numbers: dict[str, Any], assigned: tuple[Assigned, ...], control: SamplerControl, seed: int
) -> Draws:
    settings = {k: v for k, v in asdict(control).items() if k != "progress"}
    return Draws(
        beta=numbers["beta"],
        theta=numbers["theta"],
        effects=None if numbers["effects"] is None else tuple(numbers["effects"]),
        diverging=numbers["diverging"].astype(bool),
        steps=numbers["steps"].astype(np.int64),
        step_size=numbers["step_size"],
        seed=seed,
        priors={a.slot.keys[-1]: a.prior.exactly() for a in assigned},
        settings=settings,
    )


# The summary ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """Whether draws are to be trusted: yes or no, why, and what else to say."""

    converged: bool
    reason: str
    notes: tuple[str, ...]


def verdict(design: Design, draws: Draws) -> Verdict:
    """Judge draws by R-hat, effective sample sizes and divergences."""
    named = parameter_draws(design, draws)
    worst = {name: r_hat(x) for name, x in named.items()}
    least = {name: min(ess_bulk(x), ess_tail(x)) for name, x in named.items()}
    troubles = []
    bad = max(worst, key=lambda k: np.nan_to_num(worst[k], nan=np.inf))
    if not worst[bad] <= R_HAT:
        troubles.append(f"R-hat of {bad} is {worst[bad]:.3f}, above {R_HAT:g}")
    few = min(least, key=lambda k: least[k])
    if not least[few] >= ESS:
        troubles.append(f"the effective sample size of {few} is {least[few]:.0f}, below {ESS:.0f}")
    notes = tuple(_divergences(draws))
    if troubles:
        reason = f"not converged: {'; '.join(troubles)}. Take more draws, or look at the model"
        return Verdict(False, reason, notes)
    reason = (
        f"converged: R-hat at most {worst[bad]:.3f}, effective sample sizes at least "
        f"{least[few]:.0f}"
    )
    return Verdict(True, reason, notes)


def _divergences(draws: Draws) -> list[str]:
    count = int(draws.diverging.sum())
    if not count:
        return []
    return [
        f"{count} of {draws.diverging.size} trajectories diverged: the posterior has a region that "
        "the sampler cannot follow. Raise target_accept in control=, say to 0.95; if they stay, "
        "give narrower priors or a simpler model."
    ]


def _summarised(design: Design, draws: Draws, numbers: dict[str, Any], began: float) -> Estimate:
    beta = draws.beta.mean(axis=(0, 1))
    theta = _mean_theta(design, draws)
    judged = verdict(design, draws)
    return Estimate(
        method="mcmc",
        requested="mcmc",
        nodes=None,
        integration_error=None,
        beta=beta,
        theta=theta,
        cov=np.atleast_2d(np.cov(draws.flat, rowvar=False)),
        llf=loglik_laplace(design, beta, theta, None)[0],
        random=_random(design, beta, theta, numbers["random"]),
        converged=judged.converged,
        singular=False,
        reason=judged.reason,
        record=Record(
            numbers["start"],
            evaluations=int(draws.steps.sum()) + numbers["warmup_steps"] + numbers["evaluations"],
            seconds=perf_counter() - began,
        ),
        notes=judged.notes,
        draws=draws,
    )


def _mean_theta(design: Design, draws: Draws) -> Floats:
    """The Cholesky factors of D R D: posterior means of the SDs and of the correlations."""
    parts = [
        _mean_factor(term, draws.theta[:, :, part].reshape(-1, part.stop - part.start))
        for term, part in zip(design.terms, theta_slices(design), strict=True)
    ]
    return np.concatenate(parts) if parts else np.zeros(0)


def _mean_factor(term: RandomTerm, theta: Floats) -> Floats:
    p = len(term.names)
    factors = np.zeros((len(theta), p, p))
    factors[:, *entries(term)] = theta
    sd = np.sqrt((factors**2).sum(axis=2))
    rows = factors / sd[:, :, None]
    correlation = np.einsum("sik,sjk->ij", rows, rows) / len(theta)
    mean = sd.mean(axis=0)
    return np.linalg.cholesky(correlation * np.outer(mean, mean))[entries(term)]


def _random(
    design: Design, beta: Floats, theta: Floats, sampled: list[Any]
) -> tuple[RandomEffects, ...]:
    """Modes at the posterior means of the parameters, and means over the draws."""
    modes = problem_of(design).posterior(beta, theta)
    return tuple(
        RandomEffects(mode[0], mode[1], drawn[2], drawn[3])
        for mode, drawn in zip(modes, sampled, strict=True)
    )


MCMC = Method("mcmc", _fit_mcmc, loglik_laplace, control=SamplerControl, bayesian=True)
