"""Numbers of nodes by grouping factor, from the command line to a saved fit."""

import click
import pytest
from tests.results.made import pupils

import mixeff as me
from mixeff.cli.options import as_nodes

NODES = {"school": 5, "school:klass": 9}


@pytest.fixture(scope="module")
def fit():
    formula = "binary ~ x + (1 | school / klass)"
    return me.fit(formula, pupils(), family="bernoulli", method="agq", nodes=NODES)


def test_numbers_that_differ_are_told_by_name(fit):
    assert fit.nodes == NODES
    assert fit.estimate.nodes == (5, 9)
    assert "nodes per random effect: school 5, school:klass 9" in " ".join(
        str(fit.summary()).split()
    )
    assert fit.glance()["nodes"].iloc[0] == 9.0


def test_numbers_that_are_the_same_are_one():
    model = me.Model("binary ~ x + (1 | school / klass)", pupils(), "bernoulli")
    assert model.fit("agq", nodes=[5, 5]).nodes == 5
    assert model.fit("agq", nodes=1).nodes == 1


def test_a_saved_fit_and_a_refit_keep_them(fit, tmp_path):
    fit.save(tmp_path / "pupils.fit")
    again = me.load(tmp_path / "pupils.fit")
    assert again.nodes == NODES
    assert again.estimate.nodes == fit.estimate.nodes
    refit = fit.refit(fit.simulate(1, seed=1)[:, 0])
    assert (refit.method, refit.nodes) == ("agq", NODES)


def test_the_log_likelihood_takes_what_a_fit_has(fit):
    model = me.Model("binary ~ x + (1 | school / klass)", pupils(), "bernoulli")
    parameters = fit.estimate.beta, fit.estimate.theta
    value = model.loglik(*parameters, method=fit.method, nodes=fit.nodes)
    assert value == pytest.approx(fit.llf, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        (None, None),
        ("15", 15),
        ("5,9", (5, 9)),
        ("school=5,school:klass=9", NODES),
        ("school=5, school:klass=9", NODES),
    ],
)
def test_on_the_command_line(text, nodes):
    assert as_nodes(text) == nodes


@pytest.mark.parametrize("text", ["many", "5,x", "school=5,9", "school=", "1.5"])
def test_what_the_command_line_does_not_take(text):
    with pytest.raises(click.BadParameter, match="school=9,class=15"):
        as_nodes(text)
