"""The page: its parts, the numbers in it, and that it loads nothing."""

import base64
import json
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from time import process_time
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import polars as pl
import pytest
from tests.report.page.test_pictures import choices
from tests.results.made import MODELS, cbpp, fitted, pupils

import mixeff as me
from mixeff.errors import ArgumentError
from mixeff.report.page import page_html, sections
from mixeff.report.page.document import SECTIONS, as_json
from mixeff.report.page.mathml import equation
from mixeff.report.page.model import page_model
from mixeff.report.page.repeat import python_code, shell_command
from mixeff.report.page.summary import checks, column_rows, rows_words

pytestmark = pytest.mark.filterwarnings("ignore::mixeff.errors.MixeffWarning")

VOID = {"meta", "img", "br", "input", "link", "hr"}


class Page(HTMLParser):
    """Elements with their attributes, text by element, and whether they nest."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.texts = [], [], []
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append((self.open[-1] if self.open else "", data))

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    def text(self, *tags):
        return " ".join(data for tag, data in self.texts if not tags or tag in tags)

    @property
    def sections(self):
        return [attributes["id"] for attributes in self.all("section")]

    @property
    def numbers(self):
        scripts = [data for tag, data in self.texts if tag == "script"]
        return json.loads(scripts[0])


@pytest.fixture
def without_pictures(monkeypatch):
    """Drawing takes the most time of a page."""
    monkeypatch.setattr(sections, "drawn", lambda fit: [])


@pytest.fixture(scope="module")
def text():
    return page_html(fitted("bernoulli"))


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def test_it_has_its_parts_in_order(page):
    names = [section.name for section in SECTIONS if section.name != "ask"]
    assert page.sections == names
    assert [a["href"] for a in page.all("a")] == [f"#{name}" for name in names]
    assert page.text("h1") == str(fitted("bernoulli").spec.formula)


def test_it_loads_nothing(text, page):
    addresses = [
        value
        for _, attributes in page.elements
        for name, value in attributes.items()
        if name in ("src", "href", "action", "data", "poster", "srcset")
    ]
    assert addresses
    assert all(re.match(r"#|data:image/", address) for address in addresses)
    assert not page.all("link")
    css = page.text("style")
    assert "url(" not in css
    assert "@import" not in css
    readable = re.sub(r"base64,[^\"]+", "", text)
    outside = set(re.findall(r"\b[a-z]+://[^\s\"']+", readable))
    assert outside == {"http://www.w3.org/2000/svg"}  # the name of SVG's elements
    (policy,) = [m["content"] for m in page.all("meta") if "http-equiv" in m]
    assert policy.startswith("default-src 'none'")
    assert "connect-src" not in policy


def test_the_numbers_are_those_of_the_fit(page):
    fit = fitted("bernoulli")
    model = page.numbers["model"]
    assert model == json.loads(json.dumps(page_model(fit)))
    assert model["predictors"][0]["beta"] == fit.params.tolist()
    sigma = np.array(model["random"][0]["sigma"])
    assert np.sqrt(np.diag(sigma)) == pytest.approx(fit.standard_deviations()["estimate"])
    assert model["link"] == "logit"


def test_the_table_is_that_of_the_fit(text):
    fit = fitted("bernoulli")
    table = me.table(fit, show=["estimate", "se", "ratio", "ci", "p"])
    assert table.to_html(style=False) in text


def test_the_pictures_are_in_it(page):
    kinds = [image["src"].partition(",")[0] for image in page.all("img")]
    assert len(kinds) >= 4  # two effects, the random effects, Z
    assert set(kinds) <= {"data:image/svg+xml;base64", "data:image/png;base64"}
    for image in page.all("img"):
        assert image["alt"]
        content = base64.b64decode(image["src"].partition(",")[2])
        if "svg" in image["src"][:20]:
            assert ElementTree.fromstring(content).tag == "{http://www.w3.org/2000/svg}svg"
        else:
            assert content.startswith(b"\x89PNG")


def test_the_same_fit_gives_the_same_page(text):
    from matplotlib import pyplot as plt

    plt.close("all")
    assert page_html(fitted("bernoulli")) == text
    assert plt.get_fignums() == []


def test_without_matplotlib_the_page_says_what_is_missing(monkeypatch):
    for name in ("matplotlib", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)
    page = Page(page_html(fitted("poisson")))
    assert not page.all("img")
    assert "pictures need matplotlib" in page.text("p")


@pytest.mark.parametrize("name", MODELS)
def test_every_model_has_a_page(name, without_pictures):
    page = Page(page_html(fitted(name)))
    assert page.sections[:5] == ["model", "estimates", "meaning", "explore", "data"]


def pupils_fit(formula, **options):
    return me.fit(formula, pd.DataFrame(pupils()), **options)


FEW = {"chains": 2, "draws": 60, "warmup": 60}
KINDS = {
    "no random effects": lambda: pupils_fit("score ~ x * sex"),
    "no covariates": lambda: me.fit("score ~ 1 + (1 | klass)", pl.DataFrame(pupils())),
    "quasi": lambda: pupils_fit("binary ~ x + (1 | klass)", family="bernoulli", method="pql1"),
    "posterior": lambda: pupils_fit("score ~ x + (1 | klass)", method="mcmc", seed=1, control=FEW),
    "trials": cbpp,
    "zeros": lambda: pupils_fit(
        "count ~ x + (1 | klass)",
        family="nb2",
        zero_inflation="~ x + (1 | klass)",
        method="laplace",
    ),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_fit_has_a_page(name, without_pictures):
    fit = KINDS[name]()
    page = Page(page_html(fit, served=True))
    assert page.numbers["model"]["predictors"][0]["beta"]
    assert page.text("h1") == str(fit.spec.formula)
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_a_fit_that_places_no_rows_has_no_control(without_pictures):
    data = pd.DataFrame(pupils())
    fit = me.fit("binary ~ x + (1 | klass)", data, family="bernoulli", method="conditional")
    page = Page(page_html(fit))
    assert not page.all("script")
    assert "There is nothing to move here" in page.text("p")
    assert "the odds of binary = 1 are multiplied by" in page.text("dd")


def test_the_control_has_intervals_of_the_level_asked_for(without_pictures):
    page = Page(page_html(fitted("bernoulli"), 0.9))
    assert page.numbers["interval"] == "90 % CI"
    uncertainty = page.numbers["model"]["uncertainty"]
    assert uncertainty["critical"] == pytest.approx(1.6449, abs=1e-4)
    assert uncertainty["line"] == "logit"
    p = fitted("bernoulli").df_model
    assert len(uncertainty["cov"]) == p * (p + 1) // 2
    assert "The 90 % confidence intervals carry the uncertainty" in page.text("p")


def test_intervals_of_a_posterior_are_told_as_such(without_pictures):
    text = Page(page_html(KINDS["posterior"]())).text("p")
    assert "The intervals take the posterior of the coefficients and of the variances" in text
    assert "confidence intervals carry" not in text


def test_a_control_without_intervals_says_so(without_pictures):
    fit = fitted("poisson")
    unknown = replace(fit.estimate, cov=np.full_like(fit.estimate.cov, np.nan))
    page = Page(page_html(replace(fit, estimate=unknown)))
    assert page.numbers["model"]["uncertainty"] is None
    assert "Predictions have no intervals here" in page.text("p")


def test_choices_have_a_page_that_says_what_they_are(without_pictures):
    fit = choices()
    page = Page(page_html(fit, served=True))
    assert not page.all("script")
    assert "There is nothing to move here: the chance of an alternative depends" in page.text("p")
    assert "60 cases" in page.text("p")
    assert rows_words(fit).startswith("180 rows read, 180, the alternatives of 60 cases, used;")
    assert re.search(r"Rows +60 cases", me.table(fit).to_text())
    words = "the odds of choosing an alternative rather than another of its case are multiplied"
    assert f"{words} by {np.exp(fit.params['price']):.3g}" in page.text("dd")


def test_names_cannot_break_out(without_pictures):
    bad = "</script><b>&"
    data = pd.DataFrame(pupils()).rename(columns={"x": bad, "sex": "'s\""})
    fit = me.fit(f"score ~ `{bad}` + (1 | klass)", data)
    page = Page(page_html(fit))
    assert page.numbers["model"]["inputs"][0]["name"] == bad
    assert not page.all("b")
    assert as_json({"a": "</script>"}) == '{"a":"\\u003c/script\\u003e"}'


def test_a_fit_that_did_not_converge_says_so_at_the_top(without_pictures):
    fit = fitted("poisson")
    bad = replace(fit, estimate=replace(fit.estimate, converged=False, reason="it was stopped"))
    page = Page(page_html(bad))
    assert "This fit did not converge." in page.text("p")
    assert ("Convergence", False) in [(name, well) for name, _, well in checks(bad)]
    assert not any(name == "Convergence" and not well for name, _, well in checks(fit))


def test_missing_rows_are_counted():
    data: Any = pd.DataFrame(pupils())
    data.loc[:4, "x"] = np.nan
    fit = me.fit("score ~ x + sex + (1 | klass)", data)
    assert rows_words(fit) == (
        "288 rows read, 283 used; 5 dropped for missing values. Missing by column: x 5."
    )
    rows = {name: (kind, words) for name, kind, words in column_rows(fit)}
    assert rows["klass"] == ("grouping", "24 levels of 7 to 12 rows, median 12")
    kept = data["sex"][5:].value_counts()
    assert rows["sex"] == ("categorical", f"boy {kept['boy']}, girl {kept['girl']}")
    assert rows["x"][1].startswith(f"mean {np.nanmean(data['x']):.3g}".replace("-", "−"))


def test_overdispersion_is_found():
    rng, g = np.random.default_rng(1), np.repeat(np.arange(30), 10)
    data = {"calm": rng.poisson(3.0, 300), "wild": rng.negative_binomial(1, 0.25, 300), "g": g}
    calm, wild = (me.fit(f"{y} ~ 1 + (1 | g)", data, family="poisson") for y in ("calm", "wild"))
    found = [{name: well for name, _, well in checks(fit)} for fit in (calm, wild)]
    assert [one["Dispersion"] for one in found] == [True, False]
    assert "Dispersion" not in {name for name, _, _ in checks(fitted("bernoulli"))}


def test_an_unknown_integration_error_is_said():
    data = pd.DataFrame(pupils())
    fit = me.fit("binary ~ x + (1 | klass)", data, family="bernoulli", method="laplace")
    words = {name: words for name, words, _ in checks(fit)}
    assert "was not measured" in words["Integration"]


# To repeat ------------------------------------------------------------------------------------


def test_the_code_repeats_the_fit():
    data = pd.DataFrame(pupils())
    options: Any = {
        "family": "nb2",
        "zero_inflation": "~ x",
        "dispersion": "~ sex",
        "method": "laplace",
    }
    fit = me.fit("count ~ x + (1 | klass)", data, **options)
    names = {"data": data}
    exec(python_code(fit), names)
    assert names["fit"].llf == fit.llf
    assert names["fit"].spec.formula == fit.spec.formula


@pytest.mark.parametrize("fit", [fitted("probit"), cbpp(), fitted("slopes")])
def test_links_methods_and_nodes_are_repeated(fit):
    data = fit.inputs.data
    names = {"data": data}
    exec(python_code(fit), names)
    assert names["fit"].llf == pytest.approx(fit.llf, abs=1e-9)
    assert (names["fit"].spec.link, names["fit"].nodes) == (fit.spec.link, fit.nodes)


def test_the_command_is_for_a_shell():
    data = pd.DataFrame(pupils())
    fit = me.fit(
        "count ~ x + (1 | klass)", data, family="nb2", zero_inflation="~ x", method="laplace"
    )
    assert shell_command(fit) == (
        "mixeff fit 'count ~ x + (1 | klass)' DATA --family nb2 --method laplace "
        "--zero-inflation '~ x'"
    )
    weighted = me.fit("score ~ x", data, weights=np.ones(len(data)))
    assert shell_command(weighted) is None
    assert "weights=..." in python_code(weighted)


# Equations ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODELS)
def test_equations_are_well_formed(name):
    root = ElementTree.fromstring(equation(fitted(name)))
    assert root.tag == "math"
    rows = list(root[0])
    assert {len(row) for row in rows} == {3}


def words_of(fit):
    return "".join(ElementTree.fromstring(equation(fit)).itertext())


def test_the_equation_says_the_model():
    words = words_of(fitted("bernoulli"))
    assert "binaryi|b∼Bernoulli(μi)" in words
    assert "logit(μi)=β0+β1·x+β2·sex[T.girl]+b0,klass+b1,klass·x" in words
    sd = fitted("poisson").standard_deviations()["estimate"][0]
    assert f"bklass∼N(0,{sd:.3g}2)" in words_of(fitted("poisson"))
    assert words_of(fitted("nested")).count("∼N(0") == 2


def test_the_utility_of_a_choice_is_no_mean():
    words = words_of(choices()).replace("\u00a0", " ")
    assert "P(choseni=1|b)=exp(ηi)∑k in the case of iexp(ηk)" in words
    assert "ηi=β1·price+bperson·price" in words
    assert "μ" not in words


def test_the_equation_names_a_changed_distribution():
    fit = KINDS["zeros"]()
    assert "count_i|b∼zero-inflated NegBin(μi,".replace("_", "") in words_of(fit)


def test_a_long_equation_is_cut():
    fit = me.fit("score ~ C(klass) + x", pd.DataFrame(pupils()))
    words = words_of(fit)
    assert "… (13 more)" in words
    assert len(ElementTree.fromstring(equation(fit))[0]) == 5


def test_open_ends_of_censored_responses(tmp_path):
    rng, g = np.random.default_rng(1), np.repeat(np.arange(20), 10)
    y = rng.normal(size=200) + rng.normal(size=20)[g]
    low, high = np.where(y < -1, -np.inf, np.floor(y)), np.where(y > 2, np.nan, np.floor(y) + 1)
    fit = me.fit("cens(low, high) ~ 1 + (1 | g)", {"low": low, "high": high, "g": g})
    shown = {name: words for name, _, words in column_rows(fit)}
    assert shown["low"].endswith(f"from -1 to {np.floor(y).max():.0f}".replace("-", "−"))
    assert "nan" not in "".join(shown.values())
    fit.report(tmp_path / "report.html")


# Speed and errors -----------------------------------------------------------------------------


def test_a_report_of_many_rows_is_quick(tmp_path):
    rng, n = np.random.default_rng(1), 100_000
    g = rng.integers(0, 2000, n)
    x = rng.normal(size=n)
    y = rng.binomial(1, 1 / (1 + np.exp(1.0 - 0.5 * x - rng.normal(size=2000)[g])))
    fit = me.fit("y ~ x + (1 | g)", {"y": y, "x": x, "g": g}, family="bernoulli", method="laplace")
    start = process_time()
    fit.report(tmp_path / "report.html")
    assert process_time() - start < 5.0
    assert (tmp_path / "report.html").stat().st_size < 1_500_000


def test_a_level_that_is_none(tmp_path):
    with pytest.raises(ArgumentError, match="level=95"):
        fitted("poisson").report(tmp_path / "report.html", level=95)
    assert not (tmp_path / "report.html").exists()
