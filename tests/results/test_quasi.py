"""What a fit by quasi-likelihood says, and what it cannot."""

import numpy as np
import pandas as pd
import pytest

import mixeff as me
from mixeff.errors import NotAvailableError


def data() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    g = np.repeat(np.arange(20), 8)
    x = rng.normal(size=160)
    mu = np.exp(1 + 0.4 * x + 0.5 * rng.normal(size=20)[g])
    return pd.DataFrame({"y": rng.negative_binomial(2, 2 / (2 + mu)), "x": x, "g": g})


def fitted(dispersion: str | None = "estimate", family: str = "poisson") -> me.Fit:
    return me.fit("y ~ x + (1 | g)", data(), family, method="pql1", dispersion=dispersion)


def test_the_summary_names_phi_and_the_missing_likelihood():
    text = " ".join(str(fitted().summary()).split())
    assert "penalized quasi-likelihood, first order" in text
    assert "none (quasi-likelihood) parameters 4" in text
    assert "phi = " in text
    assert "no AIC" in text
    assert "phi" not in str(fitted(None).summary())
    assert "log-likelihood" not in repr(fitted())


def test_scale():
    fit = fitted()
    assert fit.scale > 1.5
    assert fit.glance()["scale"].item() == fit.scale
    assert fitted(None).scale == 1.0
    assert np.isnan(fit.llf)
    assert np.isnan(fit.aic)
    assert fit.df_model == fitted(None).df_model + 1


def test_scale_of_families_with_a_dispersion():
    positive = data().assign(y=lambda d: d["y"] + 0.5)
    gamma = me.fit("y ~ x + (1 | g)", positive, "gamma", method="pql1")
    assert gamma.scale == pytest.approx(np.exp(gamma.estimate.beta[-1]))
    gaussian = me.fit("y ~ x + (1 | g)", positive, method="reml")
    residual = gaussian.variance_components["estimate"].iloc[-1]
    assert gaussian.scale == pytest.approx(residual)
    sloped = me.fit("y ~ x + (1 | g)", positive, method="laplace", dispersion="~ x")
    assert np.isnan(sloped.scale)


@pytest.mark.parametrize("dispersion", [None, "estimate"])
def test_it_comes_back_from_a_file(tmp_path, dispersion):
    fit = fitted(dispersion)
    fit.save(tmp_path / "fit")
    again = me.load(tmp_path / "fit")
    assert again.scale == fit.scale
    assert again.params.equals(fit.params)
    assert again.design.overdispersed == fit.design.overdispersed
    np.testing.assert_allclose(again.predict(), fit.predict())


def test_a_refit_keeps_phi():
    fit = fitted()
    again = fit.refit(fit.design.y)
    assert again.scale == pytest.approx(fit.scale, rel=1e-6)


def test_without_a_distribution_nothing_is_drawn():
    with pytest.raises(NotAvailableError, match="no distribution"):
        fitted().simulate(1)
    with pytest.raises(NotAvailableError, match="no distribution"):
        fitted().predict(interval="prediction")
    assert fitted(None).simulate(1, seed=1).shape == (160, 1)
    assert fitted().predict(interval="confidence").notna().all(axis=None)
