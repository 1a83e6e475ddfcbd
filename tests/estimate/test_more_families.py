"""All other families: the core's likelihood against the integral of Python's densities."""

import numpy as np
import pandas as pd
import pytest
from tests.estimate.made import MODEL_FAMILIES

import mixeff as me
from mixeff.model.families import FAMILIES, LINKS, Family, Parameters, with_zeros

pytestmark = pytest.mark.property

CENTRES = {"dispersion": -0.4, "precision": 1.2, "df": 3.0, "shape": 0.8, "power": 0.3}
ZEROS = ("poisson", "nb2", "gamma", "truncated_nb1")
# Choices have rows of another kind, and tests of their own in test_choices.py.
PLAIN = [n for n, row in FAMILIES.items() if n not in MODEL_FAMILIES and not row.has_cases]
NAMES = [*PLAIN, *(with_zeros(FAMILIES[name]).name for name in ZEROS)]
N, GROUPS = 60, 6


def family_of(name: str) -> Family:
    inner = name.partition("(")[2].removesuffix(")")
    return with_zeros(FAMILIES[inner]) if inner else FAMILIES[name]


def data_of(name: str, seed: int = 2) -> pd.DataFrame:
    """Responses drawn from the family itself, or from all of its categories."""
    rng, kind = np.random.default_rng(seed), family_of(name)
    data = pd.DataFrame({"x": rng.uniform(-1, 1, N), "g": np.arange(N) % GROUPS})
    data["h"] = (np.arange(N) * 5) % 7
    if kind.categories is not None:
        y = np.concatenate([np.arange(4), rng.integers(0, 4, N - 4)])
        return data.assign(y=y, time=y + 1, event=np.where(np.arange(N) < 4, 1, y % 2))
    eta = 0.3 + 0.4 * data["x"].to_numpy()
    centres = CENTRES | ({"dispersion": 0.8} if "genpois" in name else {})  # overdispersed
    further = tuple(
        parameter.value(np.full(N, centres.get(parameter.name, -0.7))) for parameter in kind.further
    )
    trials = rng.integers(1, 9, N).astype(float)
    p = Parameters(
        LINKS[kind.links[0]].inverse(eta), further, trials if kind.takes_trials else None
    )
    data = data.assign(y=kind.simulate(rng, p), n=trials)
    return data if not kind.takes_interval else data.assign(**_ends(data["y"].to_numpy()))


def _ends(y: np.ndarray) -> dict[str, np.ndarray]:
    """A quarter of the responses each exact, censored from the left, the right, in an interval."""
    part, step = np.arange(len(y)) % 4, 0.3 * np.abs(y)
    low, high = np.where(part > 1, y - step, y), np.where(part % 2 == 1, y + step, y)
    high = np.where(part == 2, np.inf, high)
    return {"low": np.where(part == 1, -np.inf, low), "high": high}


def model_of(name: str, random: str) -> me.Model:
    kind = family_of(name)
    left = "trials(y, n)" if kind.takes_trials else "y"
    if kind.categories is not None and kind.categories.timed:
        left = "survival(time, event)"
    if kind.takes_interval:
        left = "cens(low, high)"
    return me.Model(f"{left} ~ x + {random}", data_of(name), name)


def point_of(model: me.Model, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Parameters near the start, where thresholds are in order."""
    rng = np.random.default_rng(seed)
    beta, theta = model.start
    return beta + rng.uniform(-0.05, 0.05, len(beta)), 0.4 + rng.uniform(0, 0.2, len(theta))


def log_density(model: me.Model, beta: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Python's log-density of every row where the first predictor is moved by b."""
    design, kind, etas, start = model.design, model.design.distribution, [], 0
    for x in design.fixed:
        etas.append(x.array @ beta[start : start + x.shape[1]])
        start += x.shape[1]
    link = LINKS[design.link]
    if kind.categories is not None and kind.categories.timed:
        return _duration(model, etas, b)
    p = kind.parameters(link, etas[0] + b, tuple(etas[1:]))
    return kind.log_density(design.y, kind.with_extra(p, design.extra))


def _duration(model: me.Model, etas: list[np.ndarray], b: np.ndarray) -> np.ndarray:
    design = model.design
    chances = design.distribution.probabilities(LINKS[design.link], (etas[0] + b, *etas[1:]))
    survived = 1 - np.cumsum(chances, axis=1)
    last = design.y.astype(int)[:, None] - 1
    own = np.take_along_axis(chances, last, axis=1)[:, 0]
    beyond = np.take_along_axis(survived, last, axis=1)[:, 0]
    return np.log(np.where(design.extra == 1, own, beyond))


@pytest.mark.parametrize("name", [n for n in NAMES if n != "multinomial"])
def test_quadrature_is_the_integral_of_pythons_density(name):
    model = model_of(name, "(1 | g)")
    beta, theta = point_of(model)
    nodes = np.linspace(-9, 9, 1_201)
    weights = np.exp(-0.5 * nodes**2) * (nodes[1] - nodes[0]) / np.sqrt(2 * np.pi)
    rows = np.array([log_density(model, beta, np.full(N, theta[0] * z)) for z in nodes])
    codes = model.design.factors[0].codes
    total = 0.0
    for level in range(GROUPS):
        inside = rows[:, codes == level].sum(axis=1)
        top = inside.max()
        total += top + np.log(weights @ np.exp(inside - top))
    found = model.loglik(beta, theta, method="agq", nodes=61)
    assert found == pytest.approx(total, abs=1e-6 * (1 + abs(total)))


@pytest.mark.parametrize("random", ["(1 + x | g)", "(1 | g) + (1 | h)"])
@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_is_exact(name, random):
    model = model_of(name, random)
    beta, theta = point_of(model)
    at = np.concatenate([beta, theta])

    def value(x):
        return model.loglik(x[: len(beta)], x[len(beta) :])

    exact = model.gradient(beta, theta)
    for k in range(len(at)):
        step = np.zeros_like(at)
        step[k] = 1e-4
        near = (value(at + step) - value(at - step)) / 2e-4
        far = (value(at + 2 * step) - value(at - 2 * step)) / 4e-4
        difference = (4 * near - far) / 3
        assert exact[k] == pytest.approx(difference, rel=2e-5, abs=2e-5 * np.abs(exact).max())


@pytest.mark.parametrize("name", ["nb2", "beta", "cumulative", "zero_inflated(poisson)"])
def test_random_effects_in_a_further_predictor(name):
    kind = family_of(name)
    formulas = {"dispersion": "~ (1 | g)"} if "dispersion" in kind.arguments else {}
    if "zero_inflation" in kind.arguments:
        formulas = {"zero_inflation": "~ x + (1 | id | g)"}
    if kind.categories is not None:
        formulas = {"category_specific": "~ (1 | h)"}
    data = data_of(name)
    model = me.Model("y ~ x + (1 | id | g)", data, name.partition("(")[2][:-1] or name, **formulas)
    beta, theta = point_of(model)
    at, size = np.concatenate([beta, theta]), len(beta)
    exact = model.gradient(beta, theta)
    for k in range(len(at)):
        step = np.zeros_like(at)
        step[k] = 1e-4
        ahead, behind = ((at + s)[:size] for s in (step, -step))
        difference = (
            model.loglik(ahead, (at + step)[size:]) - model.loglik(behind, (at - step)[size:])
        ) / 2e-4
        assert exact[k] == pytest.approx(difference, rel=1e-4, abs=1e-4 * np.abs(exact).max())


def test_extra_zeros_are_found_beside_overdispersion():
    """Data whose start without random effects has no extra zeros; the number is glmmTMB's."""
    rng = np.random.default_rng(1)
    g = np.repeat(np.arange(40), 15)
    x = rng.normal(size=g.size)
    mu = np.exp(0.5 + 0.4 * x + rng.normal(0, 0.5, 40)[g])
    y = rng.poisson(rng.gamma(2.0, mu / 2.0)) * (rng.random(g.size) > 0.2)
    data = {"y": y, "x": x, "g": g}
    fit = me.fit("y ~ x + (1 | g)", data, "nb2", zero_inflation="~ x", method="laplace")
    assert fit.converged
    assert fit.llf == pytest.approx(-1009.862, abs=1e-3)


def test_a_dispersion_without_end_is_told():
    rng = np.random.default_rng(1)
    data = {"y": rng.binomial(6, 0.4, 300), "g": np.repeat(np.arange(30), 10)}
    fit = me.fit("y ~ 1", data, family="nb2")
    assert any("dispersion is at the end of its range" in note for note in fit.notes)
    assert fit.llf == pytest.approx(me.fit("y ~ 1", data, family="poisson").llf, abs=1e-4)
