"""The forecast: its fan against plain Python, its round trip, and what it refuses."""

from __future__ import annotations

import json

import numpy as np
import pytest

from hedgebook.engine.stress.history import History
from hedgebook.errors import ParameterError
from hedgebook.strategies.ticket.forecast import LEVELS, PATHS, Forecast, forecast_of, pnl_paths, robust_scale_usd


def history_of(count: int, tickers: int = 2, seed: int = 5) -> History:
    draw = np.random.default_rng(seed)
    returns = draw.standard_t(4, (count, tickers)) * 0.01
    days = np.datetime64("2024-01-01") + np.arange(count)
    names = tuple(f"T{i}" for i in range(tickers))
    return History(names, days, returns, np.full(returns.shape, np.nan), {}, "common")


def made(count: int = 300, sessions: int = 15, costs: float = 0.0) -> Forecast:
    return forecast_of(
        "one", np.array([1e6, -1e6]), history_of(count), np.full(sessions, costs), as_of=np.datetime64("2026-06-30"),
        first_session=np.datetime64("2026-07-01"), capital_usd=2e6, seed=3,
    )  # fmt: skip


def test_round_trip_through_json() -> None:
    found = made()
    assert Forecast.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_the_fan_is_as_wide_as_independent_sessions_make_it() -> None:
    # Closed form: sums of independent returns have the deviation of one times the root of their number.
    values, history = np.array([1e6, -1e6]), history_of(2000)
    paths, _ = pnl_paths(values, history, 10, seed=1)
    one = (history.returns @ values).std()
    assert paths.shape == (PATHS, 10)
    assert paths[:, 9].std() == pytest.approx(one * np.sqrt(10), rel=0.1)
    assert abs(paths[:, 9].mean()) < 4 * one * np.sqrt(10) / np.sqrt(PATHS)


def test_costs_lower_every_level_by_as_much() -> None:
    free, paid = np.array(made().fan_usd), np.array(made(costs=1234.5).fan_usd)
    np.testing.assert_allclose(free - paid, 1234.5, atol=1e-6)
    assert (np.diff(free, axis=1) >= 0).all()


def test_a_life_longer_than_the_history() -> None:
    assert len(made(count=60, sessions=60).fan_usd) == 60


def test_the_scale_is_that_of_a_normal_session() -> None:
    draw = np.random.default_rng(0).normal(0.0, 0.02, (20_000, 1))
    history = History(("A",), np.arange(20_000), draw, draw, {}, "common")
    assert robust_scale_usd(np.array([1e6]), history) == pytest.approx(20_000, rel=0.03)


def test_place_in_the_fan() -> None:
    found = made()
    assert found.place(5, found.fan_usd[4][2]) == pytest.approx(LEVELS[2])
    assert found.place(5, -1e12) == 0.0
    assert found.place(5, 1e12) == 1.0
    with pytest.raises(ParameterError, match="planned life"):
        found.place(16, 0.0)


def test_what_it_refuses() -> None:
    with pytest.raises(ParameterError, match="too few returns"):
        made(count=59)
    with pytest.raises(ParameterError, match=r"lacks figures.*fan_usd"):
        Forecast.from_dict({k: v for k, v in made().to_dict().items() if k != "fan_usd"})
    with pytest.raises(ParameterError, match="planned life is out of range"):
        made(sessions=61)
