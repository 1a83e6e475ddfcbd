"""Every block of code in the documentation and the README runs, page by page, from top to bottom.

`python` blocks are executed, `pycon` blocks are compared with the output they show, `sh` blocks are
run by a shell that stops at the first command that fails. A block with a title quotes the file it
names. `text` blocks are only shown.
"""

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
QUOTE = re.compile(r'^```\w+ title="([^"]+)"\n(.*?)^```', re.DOTALL | re.MULTILINE)
NUMBER = re.compile(r"-?\d+\.\d+|-?\d+")
TOKEN = re.compile(rf"(\.\.\.|{NUMBER.pattern})")
LINK = re.compile(r"\]\(([^)#\s]+)")


def page_name(page):
    return str(page.relative_to(ROOT))


def blocks(page):
    return [(match[1], match[2]) for match in BLOCK.finditer(page.read_text(encoding="utf-8"))]


def run_python(code, names, page):
    exec(compile(code, page_name(page), "exec"), names)


def with_blank_lines(code):
    """A blank line that more output follows is part of the output, as it is on the screen."""
    return re.sub(r"\n(?=\n(?!>>>).)", "\n<BLANKLINE>", code)


class LastDigit(doctest.OutputChecker):
    """Text as shown, up to white space and `...`; numbers up to two in the last digit shown."""

    def check_output(self, want, got, optionflags):
        tokens = TOKEN.split(" ".join(want.replace("<BLANKLINE>", "").split()))
        pattern = "".join(pattern_of(token) for token in tokens)
        match = re.fullmatch(pattern, " ".join(got.split()))
        numbers = [token for token in tokens if NUMBER.fullmatch(token)]
        return match is not None and all(map(near, numbers, match.groups()))


def pattern_of(token):
    number = NUMBER.fullmatch(token)
    return ".*" if token == "..." else f"({NUMBER.pattern})" if number else re.escape(token)


def near(want, got):
    unit = 10.0 ** -len(want.partition(".")[2]) if "." in want else 0.0
    return abs(float(want) - float(got)) <= 2.01 * unit


def test_the_comparison_of_outputs_can_fail():
    check = LastDigit().check_output
    assert check("a  1.25\n<BLANKLINE>\n(... ms)", "a 1.27\n\n(13.7 ms)", 0)
    assert not check("a 1.25", "a 1.28", 0)
    assert not check("a 1.25", "b 1.25", 0)
    assert not check("12 rows", "13 rows", 0)


def run_transcript(code, names, page):
    code = with_blank_lines(code)
    test = doctest.DocTestParser().get_doctest(code, names, page_name(page), page_name(page), 0)
    runner = doctest.DocTestRunner(LastDigit())
    report = []
    runner.run(test, out=report.append, clear_globs=False)
    names.update(test.globs)
    assert runner.failures == 0, "".join(report)


def run_shell(code, names, page):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-e"], input=code, capture_output=True, text=True, env={**os.environ, "PATH": path}
    )
    assert done.returncode == 0, f"{code}\n{done.stdout}\n{done.stderr}"


RUNNERS = {"python": run_python, "pycon": run_transcript, "sh": run_shell}


def runnable(page):
    # The README's shell block is the two commands that set everything up, this test included.
    skipped = {"sh"} if page.name == "README.md" else set()
    return [(kind, code) for kind, code in blocks(page) if kind in RUNNERS.keys() - skipped]


@pytest.mark.e2e
@pytest.mark.parametrize("page", [page for page in PAGES if runnable(page)], ids=page_name)
def test_the_code_of_a_page_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__docs__"}
    for kind, code in runnable(page):
        RUNNERS[kind](code, names, page)


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_a_quotation_is_what_the_file_says(page):
    for file, quotation in QUOTE.findall(page.read_text(encoding="utf-8")):
        assert quotation in (ROOT / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_every_block_is_of_a_known_kind(page):
    assert {kind for kind, _ in blocks(page)} <= {*RUNNERS, "text"}


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=page_name)
def test_a_link_to_a_file_leads_somewhere(page):
    links = LINK.findall(page.read_text(encoding="utf-8"))
    files = [page.parent / link for link in links if "://" not in link]
    assert [str(file) for file in files if not file.exists()] == []


def pictures_of(page):
    """The files of pictures that a page shows."""
    links = LINK.findall(page.read_text(encoding="utf-8"))
    return [(page.parent / link).resolve() for link in links if link.endswith(".png")]


@pytest.mark.parametrize("page", [p for p in PAGES if p.name != "README.md"], ids=page_name)
def test_a_picture_is_saved_by_the_code_of_its_page(page):
    code = "".join(code for kind, code in blocks(page) if kind in RUNNERS)
    assert [p.name for p in pictures_of(page) if f'savefig("{p.name}")' not in code] == []


def test_the_readme_gives_exactly_two_commands():
    shell = [code for kind, code in blocks(ROOT / "README.md") if kind == "sh"]
    commands = [line.split("#")[0].strip() for line in "".join(shell).splitlines()]
    assert commands == ["make demo", "make test"]
