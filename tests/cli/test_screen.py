"""What stands beside the result: the clock on a terminal, remarks, and no click at all."""

import subprocess
import sys
import time
import warnings

import pytest

from mixeff.cli import screen
from mixeff.errors import MixeffWarning


class Terminal:
    """A stand-in for the error stream of a terminal."""

    def __init__(self):
        self.text = ""

    def isatty(self):
        return True

    def write(self, text):
        self.text += text
        return len(text)

    def flush(self):
        pass


def shown(monkeypatch, *, work, quiet=False):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(screen, "PATIENCE", 0.05)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    with screen.progress("Fitting y ~ x", quiet) as report:
        time.sleep(work)
        if report is not None:
            report(12, 345.678, 0.1)
        time.sleep(work)
    return terminal.text


def test_a_long_fit_shows_a_clock_and_where_it_is(monkeypatch):
    text = shown(monkeypatch, work=0.3)
    assert "Fitting y ~ x" in text
    assert "12 evaluations, log-likelihood -345.678" in text


def test_a_short_fit_shows_nothing(monkeypatch):
    assert shown(monkeypatch, work=0) == ""


def test_quiet_shows_nothing(monkeypatch):
    assert shown(monkeypatch, work=0.2, quiet=True) == ""


def test_no_clock_where_nobody_looks(capsys):
    with screen.progress("Fitting y ~ x", quiet=False):
        time.sleep(0.01)
    assert capsys.readouterr().err == ""


def test_only_our_own_warnings_are_remarks(capsys):
    with screen.remarks(quiet=False):
        warnings.warn("3 rows dropped", MixeffWarning, stacklevel=1)
        warnings.warn("somebody else's business", UserWarning, stacklevel=1)
    assert capsys.readouterr().err == "note: 3 rows dropped\n"


def test_a_defect_is_not_taken_for_bad_input():
    with pytest.raises(ZeroDivisionError), screen.clean_errors():
        raise ZeroDivisionError


@pytest.mark.parametrize("library", ["click", "rich"])
def test_without_its_libraries_the_program_says_what_to_install(library):
    code = f"import sys; sys.modules['{library}'] = None; from mixeff.cli import main; main()"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 2
    assert result.stderr == (
        f'mixeff: the command line needs {library}; pip install "mixeff[cli]"\n'
    )
