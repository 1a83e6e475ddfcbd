"""Censored responses: what becomes of columns and limits, and what is refused."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from mixeff import errors
from mixeff.model import build
from mixeff.model.families import FAMILIES, Parameters

N = 12
DATA: Any = pd.DataFrame(
    {
        "y": np.linspace(0.5, 6.0, N),
        "low": np.linspace(0.5, 6.0, N),
        "high": np.linspace(0.5, 6.0, N) + np.arange(N) % 2,
        "event": np.arange(N) % 3 > 0,
        "x": np.cos(np.arange(N)),
        "g": np.arange(N) % 4,
        "word": np.resize(["a", "b"], N),
    }
)


def changed(**columns):
    data = DATA.copy()
    for name, values in columns.items():
        for row, value in values.items():
            data.loc[row, name] = value
    return data


def design(response: str, data: Any = DATA, family: str = "gaussian", **arguments: Any) -> Any:
    return build(f"{response} ~ x + (1 | g)", data, family, **arguments)[1]


def ends(found: Any) -> tuple[list[float], list[float]]:
    return found.y.tolist(), found.extra.tolist()


# What is read ---------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [pd.DataFrame, pl.from_pandas, lambda d: d.to_dict("list")])
def test_missing_and_infinite_ends_are_open_and_lose_no_row(make):
    data = changed(low={1: np.nan, 2: -np.inf}, high={3: np.nan, 4: np.inf})
    found = design("cens(low, high)", make(data))
    assert found.family == "censored_gaussian"
    assert (found.n, found.rows, found.limits) == (N, None, None)
    lower, upper = DATA["low"].to_numpy().copy(), DATA["high"].to_numpy().copy()
    lower[[1, 2]], upper[[3, 4]] = -np.inf, np.inf
    assert ends(found) == (lower.tolist(), upper.tolist())


def test_columns_without_any_end_on_one_side():
    data = DATA.assign(high=DATA["y"].where(DATA["event"]).astype(object), none=None)
    assert np.isinf(design("cens(y, high)", data).extra).sum() == 4
    assert design("cens(y, none, 5)", data).limits[0].tolist() == [-np.inf] * N


def test_limits_are_numbers_columns_or_left_out():
    data = DATA.assign(cap=np.where(DATA["g"] == 0, np.nan, 4.0))
    y = DATA["y"].to_numpy()
    both = design("cens(y, 1, cap)", data)
    right = (y >= 4) & (DATA["g"] > 0).to_numpy()
    assert both.y.tolist() == np.where(y <= 1, -np.inf, np.where(right, 4.0, y)).tolist()
    assert both.extra.tolist() == np.where(y <= 1, 1.0, np.where(right, np.inf, y)).tolist()
    for text in ("cens(y, 1, inf)", "cens(y, lower=1)", "cens(y, 1, None)"):
        assert ends(design(text)) == ends(design("cens(y, 1, 100)"))
    assert ends(design("cens(y, upper=4)")) == ends(design("cens(y, -9, 4)"))


def test_ends_are_expressions_and_zero_is_an_open_end_of_positive_responses():
    data = changed(low={2: 0.0})
    logs = design("cens(log(low), log(high))", data)
    assert logs.y[2] == -np.inf
    assert logs.y[3] == np.log(DATA["low"][3])
    assert design("cens(low, high)", data, "weibull").y[2] == -np.inf
    assert design("cens(low, high)", data, "gaussian").y[2] == 0.0


def test_times_with_an_event():
    found = design("survival(y, event)", family="weibull")
    assert found.family == "censored_weibull"
    assert np.isinf(found.extra).tolist() == (~DATA["event"]).tolist()
    assert found.y.tolist() == DATA["y"].tolist()
    assert found.notes == ("12 responses: 8 observed, 4 censored from the right",)


def test_the_family_may_be_named():
    named = design("cens(low, high)", family="censored_lognormal")
    assert named.family == design("cens(low, high)", family="lognormal").family


def test_a_missing_response_with_limits_loses_its_row():
    with pytest.warns(errors.MissingRowsWarning, match="'y' 1"):
        assert design("cens(y, lower=1)", changed(y={5: np.nan})).n == N - 1


def test_an_end_that_is_a_covariate_too_must_be_there():
    data = changed(high={3: np.nan})
    with pytest.warns(errors.MissingRowsWarning, match="'high' 1"):
        spec, made = build("cens(low, high) ~ high + (1 | g)", data)
    assert made.n == spec.n_rows == N - 1


def test_values_are_the_middles_of_the_ends():
    data = changed(low={1: np.nan}, high={2: np.nan, 3: 8.0})
    values = design("cens(low, high)", data).values
    assert values[[1, 2]].tolist() == [DATA["high"][1], DATA["low"][2]]
    assert values[3] == (DATA["low"][3] + 8.0) / 2


# What is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "response", "family", "data", "match"),
    [
        (
            errors.CensoringError,
            "cens(low, high)",
            "gaussian",
            changed(low={3: 9.0}, high={3: 4.0}),
            "in row 3 .* lower end 9 and the upper end 4.*smaller one first",
        ),
        (errors.CensoringError, "cens(y, 1)", "gaussian", DATA, r"cens\(y, lower=0\)"),
        (
            errors.CensoringError,
            "cens(low, high)",
            "gaussian",
            changed(low={3: np.nan}, high={3: np.inf}),
            "in row 3 .* neither a lower nor an upper end.*drop such rows",
        ),
        (
            errors.CensoringError,
            "cens(y, high, 3)",
            "gaussian",
            DATA,
            "in row 3 .* lower detection limit of 'y' is 3 and the upper one 3",
        ),
        (
            errors.ResponseSupportError,
            "cens(low, high)",
            "lognormal",
            changed(low={3: -1.0}),
            "in row 3 .*the end -1, where family 'censored_lognormal' takes numbers above 0",
        ),
        (
            errors.ResponseSupportError,
            "cens(low, high)",
            "weibull",
            changed(low={3: -np.inf}, high={3: 0.0}),
            "in row 3 .*the end 0,",
        ),
        (
            errors.UndefinedValueError,
            "cens(log(low), high)",
            "gaussian",
            changed(low={3: -1.0}),
            r"'log\(low\)' is no number in row 3",
        ),
        (errors.ResponseSupportError, "cens(low, high)", "poisson", DATA, "use family 'gaussian'"),
        (errors.ResponseSupportError, "y", "censored_weibull", DATA, "leave out 'censored_'"),
        (errors.ResponseSupportError, "survival(y, x)", "weibull", DATA, "'x' is 0.5.* in row 1"),
        (errors.ResponseSupportError, "survival(y, event)", "poisson", DATA, "'weibull'"),
        (
            errors.ResponseSupportError,
            "survival(y, event)",
            "weibull",
            changed(y={3: 0.0}),
            "'y' is 0 in row 3 .*numbers above 0; correct them, or drop",
        ),
        (errors.ColumnTypeError, "cens(low, word)", "gaussian", DATA, "'word'"),
        (errors.InfiniteValueError, "cens(y, 0, 9)", "gaussian", changed(y={3: np.inf}), "row 3"),
        (errors.UnknownColumnError, "cens(low, hihg)", "gaussian", DATA, "did you mean 'high'"),
        (errors.ConstantResponseError, "cens(y, inf)", "gaussian", DATA, "from the right in all"),
        (errors.ConstantResponseError, "cens(y, lower=9)", "gaussian", DATA, "from the left in"),
    ],
)
def test_what_no_response_can_be(error, response, family, data, match):
    with pytest.raises(error, match=match):
        design(response, data, family)


def test_one_threshold_says_nothing_of_the_spread():
    data = DATA.assign(
        low=np.where(DATA["y"] > 2, 2.0, -np.inf), high=np.where(DATA["y"] > 2, np.inf, 2.0)
    )
    with pytest.raises(errors.ConstantResponseError, match=r"which side of 2.*link='probit'"):
        design("cens(low, high)", data)
    assert design("cens(2 * (y > 2), 0.5, 1.5)").n == N  # two limits do


def test_other_arguments_of_a_censored_family():
    with pytest.raises(errors.UnknownLinkError, match="'censored_gaussian' has no link 'log'"):
        design("cens(low, high)", link="log")
    with pytest.raises(errors.FormulaError, match="no probability of zero"):
        design("cens(low, high)", family="lognormal", zero_inflation="~ 1")
    assert len(design("cens(low, high)", dispersion="~ x").x_names[1]) == 2


# The density ----------------------------------------------------------------------------------

SCIPY = ("gaussian", "lognormal", "weibull")
ENDS = [
    (0.2, 0.2), (-np.inf, 1.0), (1.0, np.inf), (1.5, 1.6), (0.4, 30.0), (1e-3, 2e-3), (0.5, 0.51),
    (4.0, 4.5),
]  # fmt: skip


def in_scipy(name: str, p: Parameters) -> Any:
    from scipy import stats

    return {
        "gaussian": lambda: stats.norm(p.mu, p.dispersion),
        "lognormal": lambda: stats.lognorm(p.dispersion, scale=np.exp(p.mu)),
        "weibull": lambda: stats.weibull_min(1 / p.dispersion, scale=p.mu),
    }[name]()


@pytest.mark.parametrize("name", SCIPY)
def test_the_density_of_an_interval_is_its_probability(name):
    low, high = np.array(ENDS).T
    p = Parameters(np.full(len(low), 0.7), (np.full(len(low), 0.6),), high)
    law = in_scipy(name, p)
    with np.errstate(divide="ignore"):
        expected = np.where(low == high, law.logpdf(low), np.log(law.cdf(high) - law.cdf(low)))
    found = FAMILIES[f"censored_{name}"].log_density(low, p)
    assert np.allclose(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", SCIPY)
def test_the_response_is_its_expectation_between_the_ends(name):
    from scipy.integrate import quad

    law = in_scipy(name, Parameters(np.array(0.7), (np.array(0.6),)))
    for low, high in ENDS:
        p = Parameters(np.array([0.7]), (np.array([0.6]),), np.array([high]))
        found = FAMILIES[f"censored_{name}"].response(np.array([low]), p)[0]
        if low == high:
            assert found == low
            continue
        a = max(low, law.support()[0])
        moment = quad(lambda t: t * law.pdf(t), a, high, epsabs=1e-13, limit=200)[0]
        assert found == pytest.approx(moment / (law.cdf(high) - law.cdf(a)), rel=1e-6)


@pytest.mark.parametrize("name", SCIPY)
def test_far_tails_have_finite_densities_and_expectations(name):
    kind = FAMILIES[f"censored_{name}"]
    near_zero = [(-61.0, -60.0), (-np.inf, -500.0)]
    if kind.positive:
        near_zero = [(1e-50, 2e-50), (-np.inf, 1e-60)]
    for low, high in [(60.0, 61.0), (500.0, np.inf), *near_zero]:
        p = Parameters(np.array([0.7]), (np.array([0.3]),), np.array([high]))
        assert np.isfinite(kind.log_density(np.array([low]), p))
        assert low <= kind.response(np.array([low]), p)[0] <= high
