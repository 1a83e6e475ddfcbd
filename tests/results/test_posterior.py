"""The tables of a posterior: means, standard deviations and quantiles of its draws."""

import json

import numpy as np
import pytest
from tests.estimate.simulated import binary, grouped, numbers

import mixeff as me

CONTROL = {"chains": 4, "draws": 400, "warmup": 200}


@pytest.fixture(scope="module")
def slopes():
    data = numbers(grouped(2, 12, 8))
    return me.fit("y ~ x + (1 + x | g)", data, method="mcmc", seed=5, control=CONTROL)


@pytest.fixture(scope="module")
def clusters():
    data = binary(grouped(3, 15, 8))
    given = {"x": "normal(0, 1)", "sd(g)": "exponential(1)"}
    return me.fit(
        "y ~ x + (1 | g)", data, "bernoulli", method="mcmc", seed=5, control=CONTROL, priors=given
    )


def test_draws_have_the_names_of_the_tables(slopes):
    assert list(slopes.draws) == [
        "Intercept",
        "x",
        "sd(Residual)",
        "sd(Intercept | g)",
        "sd(x | g)",
        "cor(Intercept, x | g)",
        "1 + x | g",
    ]
    assert slopes.draws["x"].shape == (4, 400)
    assert slopes.draws["1 + x | g"].shape == (4, 400, 12, 2)
    assert "4 chains of 400 draws" in repr(slopes.draws)


def test_coefficients_are_moments_and_quantiles(slopes):
    draws = slopes.draws["x"]
    assert slopes.params["x"] == pytest.approx(draws.mean())
    assert slopes.bse["x"] == pytest.approx(draws.std(ddof=1))
    low, high = np.quantile(draws, [0.05, 0.95])
    assert slopes.conf_int(0.9).loc["x"].tolist() == pytest.approx([low, high])
    assert slopes.pvalues.isna().all()


def test_standard_deviations_are_those_of_their_draws(slopes):
    table = slopes.standard_deviations(0.9)
    for row, name in enumerate(["sd(Intercept | g)", "sd(x | g)", "sd(Residual)"]):
        draws = slopes.draws[name]
        low, high = np.quantile(draws, [0.05, 0.95])
        assert table["se"][row] == pytest.approx(draws.std(ddof=1))
        assert (table["lower"][row], table["upper"][row]) == pytest.approx((low, high))
    exact = [slopes.draws[f"sd({name} | g)"].mean() for name in ("Intercept", "x")]
    assert table["estimate"][:2].tolist() == pytest.approx(exact)
    assert table["estimate"][2] == pytest.approx(slopes.draws["sd(Residual)"].mean(), rel=0.01)


def test_correlations_and_covariances_are_those_of_their_draws(slopes):
    corr = slopes.draws["cor(Intercept, x | g)"]
    row = slopes.correlations(0.8).iloc[0]
    assert row["estimate"] == pytest.approx(corr.mean())
    assert (row["lower"], row["upper"]) == pytest.approx(tuple(np.quantile(corr, [0.1, 0.9])))
    sd = slopes.draws["sd(Intercept | g)"], slopes.draws["sd(x | g)"]
    found = slopes.variance_components["se"].to_numpy()
    products = [sd[0] ** 2, sd[1] ** 2, corr * sd[0] * sd[1], slopes.draws["sd(Residual)"] ** 2]
    np.testing.assert_allclose(found, [values.std(ddof=1) for values in products])


def test_tidy_says_how_far_to_trust_each_row(slopes):
    table = slopes.tidy()
    assert (table["r_hat"] < 1.05).all()
    assert (table["ess_bulk"] > 100).all()
    assert (table["ess_tail"] > 100).all()
    assert table["p_value"].isna().all()


def test_the_summary_shows_the_priors_and_which_were_given(clusters):
    text = str(clusters.summary())
    assert "4 chains of 400 draws after 200 of warm-up, seed 5" in text
    assert "by Laplace at the posterior means" in text
    lines = [line.split() for line in text.splitlines()]
    assert ["x", "normal(0,", "1)", "given"] in lines
    assert ["sd(Intercept", "|", "g)", "exponential(1)", "given"] in lines
    assert any(line[:1] == ["Intercept,"] and line[-1] == "default" for line in lines)
    assert "R-hat" in clusters.summary()._repr_html_()


def test_a_saved_posterior_comes_back(slopes, tmp_path):
    slopes.save(tmp_path / "fit")
    again = me.load(tmp_path / "fit")
    assert str(again.summary()) == str(slopes.summary())
    for name in slopes.draws:
        np.testing.assert_array_equal(again.draws[name], slopes.draws[name])
    assert again.draws.raw.diverging.dtype == bool


def test_a_refit_takes_the_same_priors_settings_and_seed(clusters):
    again = clusters.refit(clusters.design.y)
    np.testing.assert_array_equal(again.draws["x"], clusters.draws["x"])
    other = clusters.refit(1.0 - clusters.design.y)
    assert other.draws.raw.priors == clusters.draws.raw.priors
    assert other.params["x"] * clusters.params["x"] < 0


def test_predictions_are_those_of_any_fit(clusters):
    table = clusters.predict(interval="confidence")
    assert ((table["lower"] < table["estimate"]) & (table["estimate"] < table["upper"])).all()
    likely = me.fit("y ~ x + (1 | g)", binary(grouped(3, 15, 8)), "bernoulli", method="laplace")
    assert np.abs(clusters.predict() - likely.predict()).max() < 0.12
    assert clusters.simulate(2, seed=1).shape == (len(table), 2)


def test_the_command_line_samples(tmp_path, monkeypatch):
    testing = pytest.importorskip("click.testing")
    from mixeff.cli.commands import program

    binary(grouped(3, 15, 8)).to_csv(tmp_path / "data.csv", index=False)
    monkeypatch.chdir(tmp_path)
    words = ["fit", "y ~ x + (1 | g)", "data.csv", "--family", "bernoulli", "--method", "mcmc"]
    words += ["--seed", "5", "--chains", "4", "--draws", "400", "--warmup", "200", "--json"]
    words += ["--prior", "x=normal(0, 1)", "--prior", "sd(g)=exponential(1)"]
    done = testing.CliRunner().invoke(program, words)
    assert done.exit_code in (0, 3)
    parameters = {row["term"]: row for row in json.loads(done.stdout)["parameters"]}
    assert parameters["x"]["r_hat"] < 1.05
    wrong = testing.CliRunner().invoke(program, [*words[:-1], "sd(g)"])
    assert wrong.exit_code == 2
    assert "TERM=PRIOR" in wrong.output
