"""Fits of censored responses: what they say, simulate, refit and store."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import mixeff as me
from mixeff.errors import CensoringError, LengthError, NotAvailableError, ResponseSupportError


def made(n: int = 60, size: int = 6) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    g = np.repeat(np.arange(n), size)
    x = rng.normal(size=len(g))
    latent = 1.0 + 0.5 * x + rng.normal(0, 0.7, n)[g] + rng.normal(0, 1.0, len(g))
    return pd.DataFrame(
        {
            "latent": latent,
            "y": np.clip(latent, 0.0, 3.0),
            "low": np.where(latent < 0, -np.inf, np.floor(latent)),
            "high": np.where(latent > 3, np.inf, np.where(latent < 0, 0.0, np.floor(latent) + 1)),
            "time": np.exp(latent),
            "x": x,
            "g": g,
        }
    )


DATA = made()
LIMITED: Any = me.fit("cens(y, 0, 3) ~ x + (1 | g)", DATA)
GROUPED: Any = me.fit("cens(low, high) ~ x + (1 | g)", DATA)


def test_the_latent_response_is_found_again():
    for fit in (LIMITED, GROUPED):
        assert fit.converged
        assert np.all(np.abs(fit.params - [1.0, 0.5]) < 3 * fit.bse)
        sds = fit.standard_deviations()
        assert np.all(np.abs(sds["estimate"] - [0.7, 1.0]) < 3 * sds["se"])


def test_ignoring_the_limits_would_not():
    biased = me.fit("y ~ x + (1 | g)", DATA)
    assert biased.params.iloc[1] < LIMITED.params.iloc[1] - biased.bse.iloc[1]


def test_observed_responses_make_the_ordinary_model():
    plain = me.fit("latent ~ x + (1 | g)", DATA, method="ml")
    exact = me.fit("cens(latent, -99, 99) ~ x + (1 | g)", DATA, method="laplace")
    assert exact.llf == pytest.approx(plain.llf, abs=1e-6)
    assert np.allclose(exact.params, plain.params, atol=1e-5)
    assert np.allclose(exact.resid(), plain.resid(), atol=1e-4)


def test_predictions_are_of_the_latent_response():
    new = {"x": [0.0, 2.0], "g": [3, 4]}
    assert np.array_equal(LIMITED.predict(new), LIMITED.predict(new, scale="link"))
    assert LIMITED.predict({"x": [9.0]}, kind="median")[0] > 3
    table = LIMITED.predict(new, kind="marginal", interval="prediction")
    sds = LIMITED.standard_deviations()["estimate"]
    half = (table["upper"] - table["lower"]) / 2
    assert np.all(half > 1.96 * np.sqrt(np.sum(np.square(sds))))


def test_residuals_are_of_the_expectation_between_the_ends():
    resid, mean = LIMITED.resid(), LIMITED.fittedvalues
    y = DATA["y"].to_numpy()
    seen = (y > 0) & (y < 3)
    assert np.allclose(resid[seen], (y - mean)[seen])
    assert np.all(resid[y == 0] < 0 - mean[y == 0])
    assert np.all(resid[y == 3] > 3 - mean[y == 3])
    sd = LIMITED.standard_deviations()["estimate"].iloc[-1]
    assert np.allclose(LIMITED.resid("pearson"), resid / sd)
    assert np.allclose(LIMITED.augment()[".resid"], resid / sd)
    with pytest.raises(NotAvailableError, match="no deviance"):
        LIMITED.resid("deviance")


def test_simulated_responses_are_recorded_as_the_limits_say():
    draws = LIMITED.simulate(200, seed=1)
    assert (draws.min(), draws.max()) == (0.0, 3.0)
    y = DATA["y"].to_numpy()
    for limit in (0.0, 3.0):
        assert np.mean(draws == limit) == pytest.approx(np.mean(y == limit), abs=0.05)
    again = LIMITED.refit(draws[:, 0])
    assert again.notes[0].startswith("360 responses: ")
    assert again.notes != LIMITED.notes
    same = LIMITED.refit(y)
    assert same.llf == pytest.approx(LIMITED.llf, abs=1e-6)


def test_of_intervals_alone_nothing_can_be_simulated():
    with pytest.raises(NotAvailableError, match=r"cens\(y, lower, upper\)"):
        GROUPED.simulate(seed=1)


def test_intervals_are_refitted_by_their_ends():
    ends = DATA[["low", "high"]].to_numpy()
    assert GROUPED.refit(ends).llf == pytest.approx(GROUPED.llf, abs=1e-6)
    with pytest.raises(LengthError, match="lower and upper end in two columns"):
        GROUPED.refit(DATA["latent"])
    with pytest.raises(CensoringError, match=r"y\[0\] has the lower end"):
        GROUPED.refit(ends[:, ::-1])
    times = me.fit("cens(time, upper=15) ~ x + (1 | g)", DATA, family="weibull")
    with pytest.raises(ResponseSupportError, match=r"y\[0\] = 0"):
        times.refit(np.zeros(len(DATA)))


@pytest.mark.parametrize("fit", [LIMITED, GROUPED], ids=["limits", "ends"])
def test_a_stored_fit_comes_back(fit, tmp_path):
    other = fit.refit(DATA["latent"] if fit is LIMITED else DATA[["low", "high"]].to_numpy()[::-1])
    for each in (fit, other):
        each.save(tmp_path / "fit.mixeff")
        again: Any = me.load(tmp_path / "fit.mixeff")
        assert str(again.summary()) == str(each.summary())
        assert np.array_equal(again.design.y, each.design.y)
        assert again.design.extra.tolist() == each.design.extra.tolist()


def test_a_polars_frame_with_missing_ends():
    frame = pl.from_pandas(DATA).with_columns(
        pl.when(pl.col("low").is_infinite()).then(None).otherwise("low").alias("low")
    )
    fit = me.fit("cens(low, high) ~ x + (1 | g)", frame)
    assert fit.llf == pytest.approx(GROUPED.llf, abs=1e-8)
    assert isinstance(fit.tidy(), pl.DataFrame)
    assert fit.augment()["low"].null_count() == np.isinf(DATA["low"]).sum()


def test_the_summary_counts_what_is_censored():
    text = str(LIMITED.summary())
    y = DATA["y"].to_numpy()
    left, right = np.sum(y == 0), np.sum(y == 3)
    assert f"{360 - left - right} observed, {left} censored from the left" in text
    assert f"{right} censored from the right" in text


def test_the_latent_intraclass_correlation():
    variances = LIMITED.variance_components["estimate"]
    assert LIMITED.icc()["icc"][0] == pytest.approx(variances[0] / variances.sum())


def test_sampling_and_no_random_effects():
    bayes = me.fit("cens(y, 0, 3) ~ x + (1 | g)", DATA, method="mcmc", seed=2)
    assert np.allclose(bayes.params, LIMITED.params, atol=0.3 * LIMITED.bse.max())
    alone = me.fit("cens(low, high) ~ x", DATA)
    assert alone.n_groups == {}
    assert np.abs(alone.params["x"] - 0.5) < 3 * alone.bse["x"]


def test_the_command_line(tmp_path):
    from click.testing import CliRunner

    from mixeff.cli.commands import program

    path = str(tmp_path / "data.csv")
    DATA.to_csv(path, index=False)
    found = CliRunner().invoke(program, ["fit", "cens(low, high) ~ x + (1 | g)", path])
    assert found.exit_code == 0, found.output
    assert f"{GROUPED.llf:.3f}" in found.output
    crossed = CliRunner().invoke(program, ["fit", "cens(high, low) ~ x + (1 | g)", path])
    assert crossed.exit_code == 2
    assert "which cross" in crossed.output
