"""Books over several exchanges against the plain simulator, with marks laid out here by the clock."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.engine.account import Account
from hedgebook.engine.backtest.result import Backtest, identity_gap
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.kernels.book.records import CLOSE, OPEN
from hedgebook.engine.verify.vectorbt import verify_backtest
from hedgebook.errors import LookAheadError, PriceDataError
from hedgebook.universes.calendar import Mark, trading_calendar
from hedgebook.universes.market import Market
from hedgebook.universes.universe import Universe
from tests import markets
from tests.oracle.by_hand import by_hand
from tests.oracle.inputs import OracleRow
from tests.oracle.simulator import simulate

NAN = float("nan")
HOMES = {"HOME": "XNYS", "SEOUL": "XKRX", "DAM": "XAMS"}
# In June and July 2026: Seoul 00:00 to 06:30, Amsterdam 07:00 to 15:30, New York 13:30 to 20:00 UTC.
SLOTS = {"HOME": (OPEN, CLOSE), "SEOUL": (2, 3), "DAM": (4, 5)}
ORDER = (2, 3, 4, OPEN, 5, CLOSE)


def universe(**currencies: str) -> Universe:
    return markets.abroad_universe(HOMES, currencies)


def sessions_of(ticker: str) -> np.ndarray:
    days = trading_calendar(2026, 2026, HOMES[ticker]).sessions
    return days[(days >= np.datetime64("2026-06-08")) & (days <= np.datetime64("2026-07-24"))]


def prices(seed: int) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    parts = []
    for ticker in HOMES:
        days = sessions_of(ticker)
        marks = 100.0 * np.exp(np.cumsum(draw.normal(0.0, 0.02, 2 * len(days))))
        parts.append(pd.DataFrame({"date": days, "ticker": ticker, "open": marks[0::2], "close": marks[1::2]}))
    return pd.concat(parts)


def market_of(seed: int = 1) -> Market:
    return hb.load_market(prices(seed), universe())


def test_days_are_those_on_which_any_exchange_trades() -> None:
    market = market_of()
    every = np.unique(np.concatenate([sessions_of(t) for t in HOMES]))
    assert market.sessions.tolist() == every.tolist()
    # New York is closed on 2026-06-19 and 2026-07-03, Seoul on 2026-07-17 (Constitution Day) where it is a holiday.
    shut = ~np.isin(market.sessions, sessions_of("HOME"))
    assert np.isnan(market.close[shut, market.column("HOME")]).all()
    assert shut.sum() == 2


def drawn(seed: int, market: Market) -> tuple[Any, list[OracleRow]]:
    """A schedule, and the same orders at the marks of the plain simulator, worked out from the calendars."""
    draw = np.random.default_rng([seed, 2])
    rows, oracle = [], []
    days = {ticker: sessions_of(ticker) for ticker in HOMES}
    for t in range(len(market.sessions) - 5):
        for mark in Mark:
            if draw.random() < 0.3:
                weights = np.where(draw.random(3) < 0.3, NAN, draw.uniform(-0.5, 0.5, 3))
                rows.append((t, mark, weights.tolist()))
                for i, ticker in enumerate(HOMES):
                    if np.isnan(weights[i]):
                        continue
                    open_there = market.sessions[t] in days[ticker]
                    later = days[ticker][days[ticker] >= market.sessions[t]][0]
                    row = t if open_there else market.session_index(later)
                    line = [NAN, NAN, NAN]
                    line[i] = float(weights[i])
                    oracle.append(OracleRow(row, SLOTS[ticker][mark if open_there else 0], line))
    first = rows[0][0]
    oracle = [OracleRow(o.session - first, o.mark, o.weights) for o in oracle]
    oracle.sort(key=lambda o: (o.session, ORDER.index(o.mark)))
    schedule = hb.Schedule(
        tickers=tuple(HOMES),
        decided_at=np.full(len(rows), np.datetime64("2026-06-01", "ns")),
        session=np.array([market.sessions[t] for t, _, _ in rows]),
        mark=np.array([int(mark) for _, mark, _ in rows]),
        weights=np.array([weights for _, _, weights in rows]),
    )
    return schedule, oracle


@pytest.mark.parametrize("seed", range(8))
def test_runs_agree_with_the_plain_simulator(seed: int) -> None:
    market = market_of(seed)
    schedule, rows = drawn(seed, market)
    costs = markets.random_costs(seed, impact=False)
    costs = costs.model_copy(update={"half_spread": costs.half_spread.model_copy(update={"by_bucket_bps": {}})})
    costs = costs.model_copy(update={"slippage": costs.slippage.model_copy(update={"by_ticker_bps": {}})})
    costs = costs.model_copy(update={"borrow": costs.borrow.model_copy(update={"by_ticker_annual": {}})})
    done = run_schedule(market, schedule, costs, Account(capital_usd=1e6, name="none"))
    start = done.start
    marks = np.full((6, len(market.sessions) - start, 3), NAN)
    for i, ticker in enumerate(market.tickers):
        for mark, table in ((0, market.open), (1, market.close)):
            marks[SLOTS[ticker][mark], :, i] = table[start:, i]
    table = [m.tolist() for m in marks]
    case = by_hand(
        table[CLOSE],
        rows,
        opens=table[OPEN],
        others=table[2:],
        order=ORDER,
        dates=[day.item() for day in market.sessions[start:]],
        capital=1e6,
        commission=costs.commission.frac,
        half_spread=costs.half_spread.frac(market).tolist(),
        slippage=costs.slippage.frac(market).tolist(),
        borrow=[costs.borrow.rates(market, 0, 1)[0].tolist()] * (len(market.sessions) - start),
        cash_rate=costs.cash.rate_annual,
        margin_rate=costs.cash.margin_rate_annual,
    )
    expected = simulate(case)
    np.testing.assert_allclose(done.record.days["nav_close"], expected.nav_close, rtol=1e-10)
    np.testing.assert_allclose(done.record.days["nav_open"], expected.nav_open, rtol=1e-10)
    np.testing.assert_allclose(done.record.shares, np.array(expected.shares), rtol=1e-9, atol=1e-7)
    assert identity_gap(done.record, done.capital) <= 1e-9
    assert set(done.fills["mark"]) == {"open", "close"}
    assert verify_backtest(done).passed


def plan_of(moment: str, timing: str, **changes: Any) -> Backtest:
    event = hb.Event(
        id="abroad", announced_on=date.fromisoformat(moment), timing=timing, headline="News", sources=("nowhere",)
    )
    from hedgebook.engine.frictions.costs import load_costs
    from hedgebook.strategies.run.run import run_trade
    from hedgebook.strategies.strategy.setting import RunSetting

    trade = hb.EventTrade(
        name="t", title="T", event="abroad", long=("HOME",), short=("SEOUL", "DAM"), hedge="dollar", hold=3, **changes
    )
    return run_trade(trade, event, RunSetting(market_of(), load_costs("none"))).backtest


def test_news_of_a_morning_reaches_amsterdam_in_the_afternoon_and_seoul_the_next_day() -> None:
    found = plan_of("2026-07-01", "pre-open").fills
    entered = {row.ticker: (str(row.session.date()), row.mark) for row in found.iloc[:3].itertuples()}
    assert entered == {
        "HOME": ("2026-07-01", "open"), "DAM": ("2026-07-01", "close"), "SEOUL": ("2026-07-02", "open"),
    }  # fmt: skip
    # Three sessions of New York from 07-01 are 07-02, 07-06, 07-07: 07-03 is its holiday.
    left = {row.ticker: (str(row.session.date()), row.mark) for row in found.iloc[3:].itertuples()}
    assert left == dict.fromkeys(HOMES, ("2026-07-07", "close"))


def test_news_of_an_evening_without_a_time_may_come_after_the_open_of_seoul() -> None:
    # After the close of 2026-07-01 is up to midnight in New York, 04:00 UTC: Seoul is open from 00:00 to 06:30.
    found = plan_of("2026-07-01", "after-close").fills
    entered = {row.ticker: (str(row.session.date()), row.mark) for row in found.iloc[:3].itertuples()}
    assert entered == {
        "SEOUL": ("2026-07-02", "close"), "DAM": ("2026-07-02", "open"), "HOME": ("2026-07-02", "open"),
    }  # fmt: skip


def test_nothing_fills_before_its_decision_on_its_own_exchange() -> None:
    market = market_of()
    moment = np.datetime64("2026-07-01T12:00:00", "ns")
    for ticker, mark, late in (("SEOUL", 0, True), ("SEOUL", 1, True), ("DAM", 0, True), ("DAM", 1, False)):
        schedule = hb.Schedule(
            tickers=(ticker,), decided_at=np.array([moment]), session=np.array(["2026-07-01"], dtype="datetime64[D]"),
            mark=np.array([mark]), weights=np.array([[0.5]]),
        )  # fmt: skip
        if late:
            with pytest.raises(LookAheadError, match="is not after the decision"):
                run_schedule(market, schedule, "none")
        else:
            run_schedule(market, schedule, "none")


def test_a_price_on_a_day_without_a_session_is_refused() -> None:
    frame = prices(1).replace({"date": {pd.Timestamp("2026-07-06"): pd.Timestamp("2026-07-05")}})
    with pytest.raises(PriceDataError, match="not a session of XKRX"):
        hb.load_market(frame[frame["ticker"] == "SEOUL"], universe())


def test_one_exchange_stays_as_it_was() -> None:
    frame = prices(1)
    home = frame[frame["ticker"] == "HOME"]
    assert hb.load_market(home, universe()).venues is None
