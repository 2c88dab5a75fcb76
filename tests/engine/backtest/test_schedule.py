"""Schedules that cannot be run are refused, naming what is wrong with them."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.account import Account
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.backtest.schedule import Schedule, in_force
from hedgebook.errors import ParameterError, PriceDataError
from hedgebook.universes.calendar import Mark
from tests import markets

MARKET = markets.dirty_market()
FINE = markets.schedule_of(
    MARKET,
    [(3, Mark.OPEN, [0.2, 0.0]), (3, Mark.CLOSE, [0.1, 0.1]), (9, Mark.OPEN, [0.0, 0.0])],
    tickers=["ACME", "BOLT"],
)
DAYS = FINE.session


def test_the_schedule_that_the_bad_ones_come_from_runs() -> None:
    assert len(run_schedule(MARKET, FINE, "none").fills) == 5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"session": DAYS[:0], "mark": FINE.mark[:0]}, "rows of equal number"),
        ({"mark": FINE.mark[:2]}, "rows of equal number"),
        ({"decided_at": FINE.decided_at[:1]}, "rows of equal number"),
        ({"weights": FINE.weights[:, :1]}, r"a weight for each ticker \(got \(3, 1\)\)\. Accepted: \(3, 2\)"),
        ({"weights": FINE.weights[:, 0]}, "a weight for each ticker"),
        ({"weights": FINE.weights * 1e308}, r"a weight is a fraction of NAV .got 2.*e\+307.. Accepted: up to 1000"),
        ({"weights": pd.DataFrame({"a": ["x"]})}, "weights: a DataFrame cannot be used here.*an array of numbers"),
        ({"session": [1, 2, 3]}, "session: .*an array of moments"),
        ({"mark": [0.5, 1.0, 1.0]}, "mark: .*an array of whole numbers"),
        ({"tickers": "AB"}, "tickers: .*a list of names"),
        ({"hindsight": 1}, "hindsight: .*True or False"),
        ({"weights": FINE.weights - np.inf}, "a weight is infinite"),
        ({"tickers": ("ACME", "ACME")}, "a ticker stands twice .got 'ACME'"),
        ({"mark": np.array([0, 1, 2])}, "there is no such mark .got 2.. Accepted: 0 = open, 1 = close"),
        ({"session": DAYS[[0, 2, 1]]}, "schedule row 2: rows must ascend"),
        ({"mark": np.array([1, 1, 0])}, "schedule row 1: rows must ascend"),
        ({"mark": np.array([1, 0, 0])}, "schedule row 1: rows must ascend"),
        ({"decided_at": np.array([*FINE.decided_at[:2], "NaT"], "datetime64[ns]")}, "schedule row 2: it is not known"),
    ],
)
def test_bad_rows(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        dataclasses.replace(FINE, **change)


def test_a_session_that_the_prices_do_not_have() -> None:
    holiday = dataclasses.replace(FINE, session=np.array(["2026-06-04", "2026-06-19", "2026-07-01"], "datetime64[D]"))
    with pytest.raises(ParameterError, match="2026-06-19 is not a session of these prices"):
        run_schedule(MARKET, holiday, "none")


def test_a_ticker_that_the_prices_do_not_have() -> None:
    with pytest.raises(PriceDataError, match=r"BOLTT has no prices in .*Did you mean 'BOLT'"):
        run_schedule(MARKET, dataclasses.replace(FINE, tickers=("ACME", "BOLTT")), "none")


def test_closes_alone_refuse_a_fill_at_the_open_and_take_one_at_the_close() -> None:
    closes = dataclasses.replace(MARKET, open=np.full_like(MARKET.open, np.nan))
    with pytest.raises(ParameterError, match=r"closes only, so nothing can be filled at an open. Add an open column"):
        run_schedule(closes, FINE, "none")
    rows = [(3, Mark.CLOSE, [0.2, -0.2])]
    assert len(run_schedule(closes, markets.schedule_of(MARKET, rows, tickers=["ACME", "BOLT"]), "none").fills) == 2


def test_weights_reach_the_columns_of_their_tickers_and_no_other() -> None:
    orders = dataclasses.replace(FINE, tickers=("DRIFT", "ACME")).orders(MARKET, 2)
    assert orders.rows["session"].tolist() == [1, 1, 7]
    assert orders.rows["mark"].tolist() == [0, 1, 0]
    weights = orders.bank[orders.rows["row"]] * orders.rows["scale"][:, None]
    assert weights[:, MARKET.column("DRIFT")].tolist() == [0.2, 0.1, 0.0]
    assert weights[:, MARKET.column("ACME")].tolist() == [0.0, 0.1, 0.0]
    others = [i for i, t in enumerate(MARKET.tickers) if t not in ("DRIFT", "ACME")]
    assert np.isnan(weights[:, others]).all()


@pytest.mark.parametrize("capital", [0.0, -1.0, float("nan"), float("inf"), 1e15])
def test_capital_that_cannot_be_used(capital: float) -> None:
    with pytest.raises(ParameterError, match=r"capital_usd: out of range"):
        Account(capital_usd=capital)


def test_a_position_is_stale_after_one_session_at_the_earliest() -> None:
    with pytest.raises(ParameterError, match=r"max_stale_sessions: out of range .got 0.* 1 to 2520"):
        Account(max_stale_sessions=0)


def test_a_simulation_does_not_stop_before_the_last_row() -> None:
    with pytest.raises(ParameterError, match=r"until: .*got '2026-06-11'.*from 2026-06-12"):
        run_schedule(MARKET, FINE, "none", until="2026-06-11")
    assert len(run_schedule(MARKET, FINE, "none", until="2026-06-12").sessions) == 7


def test_schedules_are_equal_only_to_themselves() -> None:
    """Arrays have no truth value, so comparing by value would fail; identity is what there is."""
    assert FINE == FINE
    assert dataclasses.replace(FINE) != FINE
    assert isinstance(FINE, Schedule)


@pytest.mark.parametrize("seed", range(8))
def test_what_is_in_force_is_read_row_by_row(seed: int) -> None:
    draw = np.random.default_rng(seed)
    weights = np.where(draw.random((12, 4)) < 0.5, np.nan, draw.normal(0.0, 1.0, (12, 4)))
    weights[3, 1] = 0.0
    standing = [math.nan] * 4
    for row, found in zip(weights.tolist(), in_force(weights), strict=True):
        standing = [now if math.isnan(asked) else asked for asked, now in zip(row, standing, strict=True)]
        np.testing.assert_array_equal(found, standing)
