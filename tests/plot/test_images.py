"""Pictures against stored ones, block by block, so that a pixel's shade does not count.

`MIXEFF_WRITE_IMAGES=1 pytest tests/plot/test_images.py` stores them anew: then look at each.
"""

import os
from functools import cache
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import image
from matplotlib import pyplot as plt
from tests.plot.test_curves import ordered
from tests.results.made import fitted, pupils

import mixeff as me

pytestmark = pytest.mark.e2e

IMAGES = Path(__file__).parent / "images"
BLOCK = 4  # pixels on a side
TOLERANCE = 0.02  # root mean square difference of blocks, of shades between 0 and 1
DPI = 64


@cache
def words(family="cumulative"):
    return me.fit("word ~ x + sex + (1 | klass)", ordered(), family=family, method="laplace")


@cache
def spells():
    data = pd.DataFrame(pupils())
    data["time"] = np.clip(data["count"] + 1, 1, 5)
    data["event"] = data["time"] < 5
    formula = "survival(time, event) ~ x + sex + (1 | klass)"
    return me.fit(formula, data, family="duration", link="cloglog", baseline="polynomial(2)")


@cache
def compared():
    return me.compare_methods(
        "binary ~ x + (1 | klass)", pupils(), "bernoulli", methods=["laplace", "agq", "pql2"]
    )


PICTURES = {
    "effects": lambda: fitted("bernoulli").plot.effects("x", by="sex"),
    "effects_both": lambda: fitted("bernoulli").plot.effects("x", bands="both"),
    "effects_levels": lambda: fitted("bernoulli").plot.effects("sex"),
    "clusters": lambda: fitted("bernoulli").plot.clusters("x"),
    "latent": lambda: fitted("probit").plot.latent("x"),
    "latent_ordered": lambda: words().plot.latent("x"),
    "histograms": lambda: fitted("bernoulli").plot.histograms(),
    "caterpillar": lambda: fitted("bernoulli").plot.caterpillar(),
    "shrinkage": lambda: fitted("bernoulli").plot.shrinkage(),
    "variance": lambda: fitted("bernoulli").plot.variance(),
    "sparsity": lambda: fitted("crossed").plot.sparsity(),
    "profile": lambda: fitted("bernoulli").plot.profile(),
    "categories": lambda: words().plot.categories("x", by="sex"),
    "categories_nominal": lambda: words("multinomial").plot.categories("sex"),
    "categories_bands": lambda: words().plot.categories("x", interval="confidence"),
    "categories_bands_levels": lambda: words("multinomial").plot.categories(
        "sex", interval="confidence", level=0.8
    ),
    "survival": lambda: spells().plot.survival("sex"),
    "hazard": lambda: spells().plot.hazard("sex"),
    "residuals": lambda: fitted("poisson").plot.residuals(),
    "methods": lambda: compared().plot(),
}


@pytest.fixture(autouse=True)
def _as_matplotlib_comes():
    with mpl.rc_context():
        mpl.rcdefaults()
        yield
    plt.close("all")


def drawn(name, folder):
    path = folder / f"{name}.png"
    PICTURES[name]().savefig(path, dpi=DPI, pil_kwargs={"optimize": True})
    return path


def blocks(path):
    """Mean colours of squares of pixels."""
    pixels = np.asarray(image.imread(path))[..., :3]
    down, across = (size - size % BLOCK for size in pixels.shape[:2])
    pixels = pixels[:down, :across].reshape(down // BLOCK, BLOCK, across // BLOCK, BLOCK, 3)
    return pixels.mean(axis=(1, 3))


def difference(a, b):
    first, second = blocks(a), blocks(b)
    if first.shape != second.shape:
        return np.inf
    return float(np.sqrt(np.mean((first - second) ** 2)))


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_the_stored_one(name, tmp_path):
    if os.environ.get("MIXEFF_WRITE_IMAGES"):
        drawn(name, IMAGES)
    assert difference(drawn(name, tmp_path), IMAGES / f"{name}.png") < TOLERANCE


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("effects", lambda: fitted("bernoulli").plot.effects("x", by="sex", bands="none")),
        ("clusters", lambda: fitted("bernoulli").plot.clusters("x", at={"sex": "boy"}, most=9)),
        ("profile", lambda: fitted("bernoulli").plot.profile(level=0.8)),
        ("categories", lambda: words().plot.categories("x", by="sex", kind="median")),
    ],
)
def test_another_picture_is_not(name, other, tmp_path):
    other().savefig(tmp_path / "other.png", dpi=DPI)
    assert difference(tmp_path / "other.png", IMAGES / f"{name}.png") > TOLERANCE


def test_stored_pictures_are_small_and_all_in_use():
    stored = {path.stem: path.stat().st_size for path in IMAGES.glob("*.png")}
    assert set(stored) == set(PICTURES)
    assert max(stored.values()) <= 30_000
