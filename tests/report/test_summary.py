"""The summary, as text and as HTML."""

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from tests.results.made import MODELS, cbpp, fitted, pupils

import mixeff as me
from mixeff.report.numbers import decimals_for, fixed, p_value, short_time
from mixeff.report.text import LONGEST, WIDTH, shorten


def words_of(fit, **options) -> str:
    """Return the summary's text with all its white space made single blanks."""
    return " ".join(str(fit.summary(**options)).split())


def changed(fit, **options):
    return replace(fit, estimate=replace(fit.estimate, **options))


@pytest.mark.parametrize("name", MODELS)
def test_no_line_is_too_wide(name):
    lines = str(fitted(name).summary()).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert not any(line != line.rstrip() for line in lines)


def test_it_says_what_was_fitted_and_how():
    words = words_of(cbpp())
    assert "binomial response, logit link" in words
    assert "cbind(incidence, size - incidence) ~ C(period) + (1 | herd)" in words
    assert "adaptive Gauss-Hermite quadrature, 9 nodes" in words
    assert "56 used" in words
    assert "herd 15" in words
    assert "-91.983" in words


def test_tables_hold_the_estimates():
    lines = {line.split()[0]: line.split() for line in str(cbpp().summary()).splitlines() if line}
    assert lines["Intercept"] == [
        "Intercept",
        "-1.399",
        "0.234",
        "-5.99",
        "<0.001",
        "-1.857",
        "-0.942",
    ]
    assert lines["herd"] == ["herd", "Intercept", "0.419", "0.234", "0.648"]


def test_the_level_is_in_the_heading():
    assert "5 % 95 %" in words_of(cbpp(), level=0.9)


def test_auto_says_what_it_chose_and_the_error_left():
    fit = me.fit("count ~ x + (1 | klass)", pupils(), family="poisson")
    assert fit.estimate.requested == "auto"
    known = changed(fit, integration_error=0.0042)
    assert "chosen by auto; more nodes move no estimate by more than 0.42 % of its SE" in words_of(
        known
    )


def test_dropped_rows_are_counted_by_column():
    data = pupils()
    data["x"][[3, 4]] = np.nan
    with pytest.warns(me.errors.MissingRowsWarning):
        fit = me.fit("count ~ x + (1 | klass)", data, family="poisson")
    assert "286 used, 2 dropped for missing values (x 2)" in words_of(fit)


def test_convergence_is_said_in_words():
    fit = cbpp()
    assert "Converged: " in words_of(fit)
    failed = changed(fit, converged=False, reason="not converged: no step was found")
    assert "NOT CONVERGED: no step was found" in words_of(failed)


def test_a_singular_fit_names_what_is_singular():
    data = pupils()
    data["noise"] = np.tile([-1.0, 1.0], 144) + data["x"]
    with pytest.warns(me.errors.SingularFitWarning):
        fit = me.fit("noise ~ x + (1 | klass)", data)
    assert "Singular fit: zero variance or perfect correlation of Intercept in (1 | klass)" in (
        words_of(fit)
    )
    assert "Singular" not in words_of(cbpp())


def test_notes_close_the_summary():
    assert "Note: a variance is zero" in words_of(changed(cbpp(), notes=("a variance is zero",)))


def test_a_residual_variance_stands_with_the_random_effects():
    words = words_of(fitted("slopes"))
    assert "Residual" in words
    assert "dispersion" not in words


def test_a_dispersion_has_its_own_table():
    assert "Fixed effects of the dispersion (log scale)" in words_of(fitted("gamma"))


def test_reml_is_not_called_a_log_likelihood():
    fit = me.fit("score ~ x + (1 | klass)", pupils(), method="reml")
    assert "REML criterion / -2" in words_of(fit)
    assert "Log-likelihood" not in words_of(fit)


def test_correlations_are_shown_where_there_are_any():
    assert "Corr" in words_of(fitted("slopes"))
    assert "Corr" not in words_of(fitted("nested"))


@pytest.mark.parametrize("name", MODELS)
def test_html_is_well_formed_and_says_the_same(name):
    summary = fitted(name).summary()
    root = ElementTree.fromstring(summary._repr_html_().replace("<br>", "<br/>"))
    cells = [cell.text or "" for cell in root.iter() if cell.tag in ("td", "th")]
    expected = [c for t in summary.content.tables for r in (t.header, *t.rows) for c in r]
    assert cells == expected


def test_html_escapes_names():
    data = pupils()
    data["a<b"] = data.pop("x")
    fit = me.fit("count ~ `a<b` + (1 | klass)", data, family="poisson")
    assert "a&lt;b" in fit.summary()._repr_html_()


def test_long_names_are_shortened_in_the_middle():
    name = "a" * 50 + "z" * 50
    assert len(shorten(name)) <= LONGEST
    assert shorten(name).startswith("aaa")
    assert shorten(name).endswith("zzz")
    assert shorten("x") == "x"


@pytest.mark.parametrize(
    ("scale", "decimals"),
    [([0.23, 1.4], 3), ([0.0079, 0.15], 4), ([0.00074], 5), ([1e-7, 1.0], None), ([1e7], None)],
)
def test_decimals_follow_the_smallest_standard_error(scale, decimals):
    assert decimals_for(np.array(scale)) == decimals


def test_numbers():
    assert fixed([1.23456, np.nan], 3) == ["1.235", ""]
    assert fixed([1.23456e-8], None) == ["1.235e-08"]
    assert [p_value(p) for p in (1e-9, 0.0004, 0.0213, 0.5)] == [
        "<0.001",
        "<0.001",
        "0.021",
        "0.500",
    ]
    assert [short_time(t) for t in (2e-5, 0.0037, 12.0, 300.0)] == [
        "20 us",
        "3.7 ms",
        "12 s",
        "5 min",
    ]
