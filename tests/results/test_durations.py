"""Durations drawn from a model are censored as those of the data, and can be fitted again."""

from functools import cache

import numpy as np
import pytest

import mixeff as me
from mixeff.errors import LengthError, NotAvailableError, ResponseSupportError
from mixeff.model.families import family

PERIODS = 5


def drawn(rng, eta):
    """Periods of the event, 0 for none, by a fair number for each period at risk."""
    time = np.zeros(len(eta))
    for period in range(1, PERIODS + 1):
        hazard = 1 / (1 + np.exp(-(-1.5 + 0.1 * period + eta)))
        time = np.where((time == 0) & (rng.random(len(eta)) < hazard), period, time)
    return time


@cache
def durations():
    """A fit to durations of which a third is censored before the last period."""
    rng, g = np.random.default_rng(3), np.repeat(np.arange(50), 10)
    x = rng.normal(size=g.size)
    event = drawn(rng, 0.5 * x + rng.normal(0, 0.7, 50)[g])
    end = np.where(rng.random(g.size) < 0.4, rng.integers(1, PERIODS + 1, g.size), PERIODS)
    seen = (event > 0) & (event <= end)
    data = {"time": np.where(seen, event, end), "event": seen * 1, "x": x, "g": g}
    return me.fit("survival(time, event) ~ x + (1 | g)", data, family="duration", method="laplace")


def test_a_censored_row_is_censored_again_in_its_period():
    fit = durations()
    y = fit.simulate(50, seed=1)
    time, event = y[..., 0], y[..., 1]
    censored = fit.design.extra == 0
    assert y.shape == (500, 50, 2)
    assert (time[censored] <= fit.design.y[censored, None]).all()
    ends = np.where(event == 0, time, np.nan)[censored]
    assert (ends[~np.isnan(ends)] == np.broadcast_to(
        fit.design.y[censored, None], ends.shape)[~np.isnan(ends)]).all()  # fmt: skip


def test_simulations_have_as_many_events_and_times_as_the_data():
    fit = durations()
    y = fit.simulate(300, seed=2)
    assert fit.design.extra is not None
    assert y[..., 1].mean() == pytest.approx(np.mean(fit.design.extra), abs=0.015)
    for period in range(1, PERIODS + 1):
        at = (fit.design.y == period).mean()
        assert (y[..., 0] == period).mean() == pytest.approx(at, abs=0.02)


def test_periods_of_censoring_follow_kaplan_and_meier():
    kind = family("duration").observation
    assert kind is not None
    time = np.array([1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 3.0])
    event = np.array([1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0])
    never = np.full(time.shape, 9.0)
    rng = np.random.default_rng(1)
    ends = np.array([kind.draw(rng, never, time, event)[:, 0] for _ in range(20_000)])
    # At risk of censoring in period 1: the censored and the later, six; in period 2: one and three.
    stays = np.array([5 / 6, 5 / 6 * 3 / 4])
    chances = [np.mean(ends[:, 0] == k) for k in (1, 2, 3)]
    np.testing.assert_allclose(chances, [1 - stays[0], stays[0] - stays[1], stays[1]], atol=0.012)
    np.testing.assert_allclose(np.mean(ends[:, 2] == 2), 1 / 4, atol=0.012)
    assert (ends[:, [1, 3, 5, 6]] == time[[1, 3, 5, 6]]).all()


def test_a_refit_to_a_simulated_data_set_finds_the_parameters(tmp_path):
    fit = durations()
    y = fit.simulate(30, seed=3)
    again = [fit.refit(y[:, k]) for k in range(30)]
    mean = np.mean([one.estimate.beta for one in again], axis=0)
    spread = np.std([one.estimate.beta for one in again], axis=0) / np.sqrt(30)
    assert (np.abs(mean - fit.estimate.beta) < 4 * spread + 0.02).all()
    again[0].save(tmp_path / "fit.zip")
    assert me.load(tmp_path / "fit.zip").llf == pytest.approx(again[0].llf)


def test_a_refit_wants_times_and_events():
    fit = durations()
    with pytest.raises(LengthError, match="time and event"):
        fit.refit(fit.design.y)
    assert fit.design.extra is not None
    late = np.column_stack([fit.design.y, fit.design.extra])
    late[4, 0] = PERIODS + 1
    with pytest.raises(ResponseSupportError, match=r"y\[4\] = 6 and"):
        fit.refit(late)


def test_a_censored_response_has_no_residual_but_a_simulated_one():
    with pytest.raises(NotAvailableError, match="simulated_residuals"):
        durations().resid()
    assert np.isnan(durations().augment()[".resid"]).all()
