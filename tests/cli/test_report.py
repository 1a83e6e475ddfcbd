"""`mixeff fit ... --report`: the page of `fit.report`, with the command as it was typed."""

import html

import pandas as pd
import pytest
from click.testing import CliRunner
from tests.results.made import pupils

import mixeff as me
from mixeff.cli.commands import program
from mixeff.report.page import sections

FORMULA = "binary ~ x + (1 | klass)"


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setattr(sections, "drawn", lambda fit: [])
    pd.DataFrame(pupils()).to_csv(tmp_path / "my pupils.csv", index=False)
    return tmp_path / "my pupils.csv"


def test_the_report_is_written_with_its_command(path):
    out = path.parent / "out.html"
    typed = [FORMULA, str(path), "--family", "bernoulli", "--level", "0.9", "--report", str(out)]
    result = CliRunner().invoke(program, ["fit", *typed])
    assert result.exit_code == 0, result.stderr
    assert "Fixed effects" in result.stdout
    text = html.unescape(out.read_text(encoding="utf-8"))
    assert "90 % CI" in text
    command = f"mixeff fit '{FORMULA}' '{path}' --family bernoulli --level 0.9 --report {out}"
    assert command in text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (["--report", "nowhere/out.html"], "there is no folder 'nowhere'"),
        (["--save", "nowhere/out.fit"], "there is no folder 'nowhere'"),
        (["--report", "."], "is a directory"),
        (["--level", "95"], "95.0 is not in the range 0.0<x<1.0"),
    ],
)
def test_what_cannot_be_written_is_said_before_the_fit(path, monkeypatch, wrong, words):
    monkeypatch.setattr(me, "fit", lambda *args, **options: pytest.fail("was fitted"))
    result = CliRunner().invoke(program, ["fit", FORMULA, str(path), *wrong])
    assert result.exit_code == 2
    assert words in result.stderr
