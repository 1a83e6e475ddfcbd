"""`mixeff fit` from the file to the table, JSON, the exit code, and the one line of an error."""

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import mixeff as me
from mixeff.cli.commands import program
from mixeff.cli.doctors import simulate_doctors

FORMULA = "conforms ~ severity + teaching + (1 | doctor)"


@pytest.fixture(scope="module")
def doctors():
    frame = simulate_doctors()
    return frame[frame["doctor"] <= 60]


@pytest.fixture(scope="module")
def path(doctors, tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "doctors.csv"
    doctors.to_csv(path, index=False)
    return str(path)


def run(*arguments):
    return CliRunner().invoke(program, [str(a) for a in arguments])


def run_fit(*arguments):
    return run("fit", *arguments, "--family", "bernoulli")


def fixed(content):
    return [row for row in content["parameters"] if row["effect"] == "fixed"]


def rows_about(name, table):
    return [line for line in table.splitlines() if name in line]


def test_the_table_is_the_summary(path, doctors):
    result = run_fit(FORMULA, path)
    assert result.exit_code == 0, result.stderr
    expected = str(me.fit(FORMULA, doctors, family="bernoulli").summary())
    assert rows_about("severity", result.stdout) == rows_about("severity", expected) != []


def test_json_has_every_parameter(path, doctors):
    result = run_fit(FORMULA, path, "--json")
    content = json.loads(result.stdout)
    fit = me.fit(FORMULA, doctors, family="bernoulli")
    assert {row["term"]: row["estimate"] for row in fixed(content)} == pytest.approx(
        dict(fit.params)
    )
    assert len(content["parameters"]) == len(fit.params) + 1
    assert content["converged"] is True
    assert content["formula"] == FORMULA


@pytest.mark.parametrize("level", [0.5, 0.99])
def test_level_moves_the_interval(path, doctors, level):
    content = json.loads(run_fit(FORMULA, path, "--json", "--level", level).stdout)
    limits = next(row for row in fixed(content) if row["term"] == "severity")
    expected = me.fit(FORMULA, doctors, family="bernoulli").conf_int(level=level)
    assert [limits["conf_low"], limits["conf_high"]] == pytest.approx(
        expected.loc["severity"].tolist()
    )


def test_the_model_options_reach_the_fit(path, doctors):
    options = ["--link", "probit", "--method", "agq", "--nodes", "5"]
    content = json.loads(run_fit(FORMULA, path, "--json", *options).stdout)
    fit = me.fit(FORMULA, doctors, "bernoulli", link="probit", method="agq", nodes=5)
    assert content["glance"]["llf"] == pytest.approx(fit.llf)


def test_columns_serve_as_weights_and_offset(tmp_path, doctors):
    frame = doctors.assign(twice=2.0, known=0.1)
    frame.to_csv(tmp_path / "weighted.csv", index=False)
    options = ["--weights", "twice", "--offset", "known", "--json"]
    content = json.loads(run_fit(FORMULA, tmp_path / "weighted.csv", *options).stdout)
    fit = me.fit(FORMULA, frame, "bernoulli", weights="twice", offset="known")
    assert content["glance"]["llf"] == pytest.approx(fit.llf)


def test_a_dispersion_formula(path):
    arguments = ["fit", "age ~ severity + (1 | doctor)", path, "--dispersion", "~ female"]
    rows = fixed(json.loads(run(*arguments, "--json").stdout))
    dispersion = [row["term"] for row in rows if row["component"] == "dispersion"]
    assert dispersion == ["Intercept", "female"]


def test_a_saved_fit_loads(path, tmp_path):
    saved = tmp_path / "doctors.fit"
    assert run_fit(FORMULA, path, "--quiet", "--save", saved).stdout == ""
    assert str(me.load(saved).spec.formula) == FORMULA


@pytest.mark.parametrize("ending", [".parquet", ".dta"])
def test_the_format_of_the_file_does_not_matter(tmp_path, path, doctors, ending):
    other = tmp_path / f"doctors{ending}"
    if ending == ".dta":
        doctors.to_stata(other, write_index=False)
    else:
        doctors.to_parquet(other)
    assert run_fit(FORMULA, other, "--json").stdout == run_fit(FORMULA, path, "--json").stdout


def test_a_remark_goes_to_the_error_stream(tmp_path, doctors):
    frame = doctors.astype({"severity": float})
    frame.iloc[:3, frame.columns.get_loc("severity")] = None
    frame.to_csv(tmp_path / "holes.csv", index=False)
    result = run_fit(FORMULA, tmp_path / "holes.csv", "--json")
    assert result.stderr.startswith("note: ")
    assert "severity" in result.stderr
    assert json.loads(result.stdout)["glance"]["nobs"] == len(frame) - 3
    assert run_fit(FORMULA, tmp_path / "holes.csv", "--quiet").stderr == ""


BAD_INPUT = {
    "unknown column": (["conforms ~ severty + (1 | doctor)"], "severty"),
    "formula": (["conforms ~ (1 | doctor"], "formula|bracket|parenthes|closed"),
    "family": ([FORMULA, "--family", "bernouli"], "bernouli"),
    "link": ([FORMULA, "--link", "lgit"], "lgit"),
    "method": ([FORMULA, "--method", "guess"], "guess"),
    "weights": ([FORMULA, "--weights", "heavy"], "heavy"),
    "response": (["age ~ severity + (1 | doctor)"], "age"),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_is_one_line_and_code_2(path, case):
    (formula, *options), named = BAD_INPUT[case]
    result = run("fit", formula, path, "--family", "bernoulli", *options)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert pd.Series([result.stderr]).str.contains(f"^mixeff: .*(?:{named})").all()


@pytest.mark.parametrize("data", ["absent.csv", "duckdb:absent.db?table=x", "notes.docx"])
def test_an_unreadable_file_is_one_line_and_code_2(data):
    result = run_fit(FORMULA, data)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert "there is no such file" in result.stderr


def test_no_convergence_is_code_3_with_the_table(path, monkeypatch):
    class Stopped:
        converged = False

        def summary(self, level):
            return "the table so far"

    monkeypatch.setattr(me, "fit", lambda *_, **__: Stopped(), raising=False)
    result = run_fit(FORMULA, path)
    assert result.exit_code == 3
    assert result.stdout == "the table so far\n"


def test_formulas_of_further_predictors_reach_the_fit(tmp_path):
    rng = np.random.default_rng(2)
    g = np.repeat(np.arange(20), 12)
    counts = rng.poisson(np.exp(0.6 + rng.normal(0, 0.4, 20)[g])) * (rng.random(g.size) > 0.3)
    frame = pd.DataFrame({"y": counts, "x": rng.normal(size=g.size), "g": g})
    frame["rank"] = np.minimum(frame["y"], 3)
    path = tmp_path / "counts.csv"
    frame.to_csv(path, index=False)
    common = [path, "--method", "laplace", "--json", "--family"]
    zeros = run("fit", "y ~ x + (1 | g)", *common, "poisson", "--zero-inflation", "~ x")
    assert zeros.exit_code == 0, zeros.stderr
    components = {row["component"] for row in json.loads(zeros.stdout)["parameters"]}
    assert components == {"mean", "zero_inflation"}
    ranks = run("fit", "rank ~ x + (1 | g)", *common, "cumulative", "--thresholds", "equidistant")
    names = [row["component"] for row in fixed(json.loads(ranks.stdout))]
    assert names == ["location", "first", "spacing"]
