"""`mixeff demo`, whole, and the simulation whose truth it should find again."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import mixeff as me
from mixeff.cli.demo import STUDIES
from mixeff.cli.doctors import TRUTH, simulate_doctors

TABLES = [
    "data.csv",
    "coefficients.csv",
    "odds_ratios.csv",
    "variance_components.csv",
    "random_effects.csv",
    "statistics.csv",
    "rows.csv",
    "summary.txt",
    "summary.html",
    "report.html",
]
PICTURES = ["effects.png", "random_effects.png", "design.png"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    out = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "mixeff.cli", "demo", "--out", str(out)]
    result = subprocess.run(command, capture_output=True, text=True)
    return out, result


@pytest.mark.e2e
def test_the_demo_says_what_it_does_and_where(demo):
    out, result = demo
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert str(out) in result.stdout
    for study in STUDIES:
        assert study.title in result.stdout


@pytest.mark.e2e
@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_the_demo_leaves_tables_and_pictures(demo, study):
    folder = demo[0] / study.name
    for name in TABLES:
        assert (folder / name).stat().st_size > 100, name
    for name in PICTURES:
        assert (folder / name).read_bytes().startswith(b"\x89PNG"), name


@pytest.mark.e2e
def test_the_saved_fit_is_the_one_in_the_table(demo):
    folder = demo[0] / "doctors"
    table = pd.read_csv(folder / "coefficients.csv")
    fit = me.load(folder / "fit.mixeff")
    fixed = table.loc[table["effect"] == "fixed", "estimate"]
    assert fixed.tolist() == pytest.approx(fit.params.tolist())


def test_the_simulated_study_has_the_announced_size():
    frame = simulate_doctors()
    assert len(frame) == 8525
    assert len(set(frame["doctor"])) == 407
    assert np.bincount(frame["doctor"])[1:].min() >= 2


def test_the_same_seed_gives_the_same_study():
    pd.testing.assert_frame_equal(simulate_doctors(1), simulate_doctors(1))
    assert simulate_doctors(1)["age"].tolist() != simulate_doctors(2)["age"].tolist()


def test_the_truth_is_within_the_intervals():
    fit = me.fit(STUDIES[1].formula, simulate_doctors(), family="bernoulli")
    intervals = fit.conf_int(level=0.999)
    truth = np.array([TRUTH[str(name)] for name in intervals.index])
    low, high = np.asarray(intervals).T
    assert np.all((low < truth) & (truth < high))
    sd = fit.variance_components["sd"].to_list()[0]
    assert sd == pytest.approx(TRUTH["sd(doctor)"], abs=0.2)
