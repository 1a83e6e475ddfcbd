"""Simulation-based calibration of ``method="mcmc"`` on a logistic random-intercept model.

Parameters are drawn from the priors, data from the model, and the posterior is sampled; the rank of
the true value among draws is then uniform (Talts et al. 2018). Writes a table and a picture beside
this file:

    python -m validation.calibration
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from scipy import special, stats

import mixeff as me
from mixeff.errors import MixeffWarning

SETS = 500
CLUSTERS, SIZE = 12, 8
RANKS = 99  # draws that a true value is ranked among
BINS = 20
CONTROL = {"chains": 1, "draws": 990, "warmup": 300}
PRIORS = {"Intercept": "normal(0, 1)", "x": "normal(0, 1)", "sd(g)": "half_normal(1)"}
NAMES = ("Intercept", "x", "sd(Intercept | g)", "effect of the first cluster")
HERE = Path(__file__).parent


def simulate(rng: np.random.Generator) -> tuple[dict[str, np.ndarray], list[float]]:
    """Data of a model drawn from the priors, and its parameters in the order of ``NAMES``."""
    g = np.repeat(np.arange(CLUSTERS), SIZE)
    x = np.tile(np.linspace(-1.0, 1.0, SIZE), CLUSTERS)  # of mean zero
    intercept, slope, sd = rng.normal(), rng.normal(), abs(rng.normal())
    b = sd * rng.normal(size=CLUSTERS)
    y = rng.binomial(1, special.expit(intercept + slope * x + b[g]))
    return {"y": y, "x": x, "g": g}, [intercept, slope, sd, b[0]]


def ranks_of(rng: np.random.Generator, seed: int) -> list[int] | None:
    """Ranks of the true values among thinned draws; None for a response that does not vary."""
    data, truth = simulate(rng)
    if np.ptp(data["y"]) == 0:
        return None
    fit = me.Model("y ~ x + (1 | g)", data, "bernoulli").fit(
        "mcmc", seed=seed, control=CONTROL, priors=PRIORS
    )
    thin = CONTROL["draws"] // RANKS
    draws = [fit.draws[name][0] for name in NAMES[:3]] + [fit.draws["1 | g"][0, :, 0, 0]]
    return [int((x[::thin][:RANKS] < true).sum()) for x, true in zip(draws, truth, strict=True)]


def calibrate(sets: int = SETS) -> np.ndarray:
    """Ranks of all parameters, shape (data sets, parameters)."""
    rng = np.random.default_rng(2018)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MixeffWarning)
        found = [ranks_of(rng, seed) for seed in range(sets)]
    return np.array([ranks for ranks in found if ranks is not None])


def table(ranks: np.ndarray) -> str:
    """Chi-squared and Kolmogorov-Smirnov tests of uniformity."""
    lines = [
        "| parameter | chi-squared, 19 df | p | Kolmogorov-Smirnov p | mean rank / 99 |",
        "|---|---|---|---|---|",
    ]
    for k, name in enumerate(NAMES):
        counts = np.bincount(ranks[:, k] * BINS // (RANKS + 1), minlength=BINS)
        chi2, p = stats.chisquare(counts)
        ks = stats.kstest((ranks[:, k] + 0.5) / (RANKS + 1), "uniform").pvalue
        mean = ranks[:, k].mean() / RANKS
        label = name.replace("|", "\\|")
        lines.append(f"| {label} | {chi2:.1f} | {p:.2f} | {ks:.2f} | {mean:.3f} |")
    return "\n".join(lines)


def draw(ranks: np.ndarray, path: Path) -> None:
    """Rank histograms with the band in which 99 % of the bars of a calibrated sampler lie."""
    from matplotlib.figure import Figure

    low, high = stats.binom(len(ranks), 1.0 / BINS).ppf([0.005, 0.995])
    figure = Figure(figsize=(9.0, 2.4), layout="constrained")
    for axes, values, name in zip(figure.subplots(1, 4, sharey=True), ranks.T, NAMES, strict=True):
        axes.axhspan(low, high, color="0.88")
        axes.hist(values, bins=np.linspace(-0.5, RANKS + 0.5, BINS + 1), color="#4477aa")
        axes.set_title(name, fontsize=9)
        axes.set_xlabel("rank", fontsize=8)
    figure.savefig(path, dpi=100)


def main() -> None:
    """Calibrate, and write table and picture."""
    ranks = calibrate()
    draw(ranks, HERE / "calibration.png")
    text = (
        "# Simulation-based calibration of the sampler\n\n"
        f"`python -m validation.calibration`: {len(ranks)} data sets of {CLUSTERS} clusters of "
        f"{SIZE} rows, a logistic model with a random intercept,\nparameters drawn from the priors "
        + ", ".join(f"`{term}: {prior}`" for term, prior in PRIORS.items())
        + f".\nThe rank of each true value among {RANKS} thinned draws is uniform if the posterior "
        "is right (Talts et al. 2018).\nData sets whose response does not vary are left out.\n\n"
        f"{table(ranks)}\n\n![Rank histograms; the band holds 99 % of the bars](calibration.png)\n"
    )
    (HERE / "calibration.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
