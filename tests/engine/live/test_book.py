"""A book through its sessions: as a backtest that goes on, and own fills against an account in plain Python."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hedgebook.engine.account import Account
from hedgebook.engine.backtest.run import SimulationTerms, run_schedule
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.live.book import live_book
from hedgebook.engine.live.fills import OwnFill, filled_book
from hedgebook.engine.rules import Rules
from hedgebook.errors import AccountingError, ParameterError
from hedgebook.universes.calendar import Mark
from tests import markets


@pytest.mark.parametrize("seed", range(6))
def test_every_session_is_as_in_a_backtest_that_goes_on(seed: int) -> None:
    market = markets.random_market(seed, sessions=26, tickers=4)
    schedule = markets.random_schedule(seed, market, until=18)
    rules, costs = Rules(stop_loss=0.05, trailing_stop=0.08), markets.random_costs(seed, largest=0.2)
    terms = SimulationTerms(costs, Account(), rules, {})
    whole = run_schedule(market, schedule, costs, Account(), rules=rules).record
    first = market.session_index(schedule.session[0])
    for stop in (first + 1, 15, 22, 25):
        found = live_book(market.rows(0, stop), schedule, terms)
        assert found is not None
        count = stop - first
        assert found.record.days.tobytes() == whole.days[:count].tobytes()
        assert found.record.shares.tobytes() == whole.shares[:count].tobytes()
        assert found.record.pnl.tobytes() == whole.pnl[:count].tobytes()
        kept = whole.lines[whole.lines["session"] < count]
        assert found.record.lines[["session", "mark", "ticker", "status", "reason"]].tolist() == (
            kept[["session", "mark", "ticker", "status", "reason"]].tolist()
        )


def test_nothing_is_written_off_because_today_is_the_last_session() -> None:
    market = markets.market_of({name: [[10.0], [11.0], *[[np.nan]] * 8] for name in ("open", "close")}, ["ACME"])
    schedule = markets.schedule_of(market, [(0, Mark.OPEN, [1.0])])
    terms = SimulationTerms(Costs(), Account(max_stale_sessions=2, delisting={"recovery_frac": 0.5}))
    assert run_schedule(market, schedule, Costs(), terms.account).final_nav == pytest.approx(550_000.0)
    found = live_book(market, schedule, terms)
    assert found is not None
    assert found.record.days["nav_close"].tolist() == pytest.approx([1e6, *[1.1e6] * 9])


def test_before_the_first_fill_there_is_no_book() -> None:
    market = markets.random_market(1, sessions=12, tickers=2, missing_frac=0.0)
    schedule = markets.schedule_of(market, [(8, Mark.OPEN, [0.5, -0.5])])
    assert live_book(market.rows(0, 8), schedule, SimulationTerms()) is None


def test_the_account_after_each_session_knows_its_entry_and_its_best() -> None:
    closes = [[10.0], [12.0], [11.0], [9.0]]
    market = markets.market_of({"open": [[10.0], [10.0], [12.0], [11.0]], "close": closes}, ["ACME"])
    terms = SimulationTerms(Costs(), Account(capital_usd=1000.0), Rules(trailing_stop=0.5))
    found = live_book(market, markets.schedule_of(market, [(1, Mark.OPEN, [1.0])]), terms)
    assert found is not None
    assert found.accounts["entry_nav"].tolist() == [1000.0] * 3
    assert found.accounts["peak_pnl"].tolist() == pytest.approx([0.2, 0.2, 0.2])


def account_by_hand(
    opens: list[list[float]], closes: list[list[float]], fills: list[tuple[int, int, float, float, float]],
    capital: float, days: list[int], borrow: float, interest: float,
) -> list[float]:  # fmt: skip
    """NAV at each close: cash and shares as a bookkeeper has them; a missing price leaves the last one."""
    cash, held, price, navs = capital, [0.0] * len(closes[0]), [math.nan] * len(closes[0]), []
    for t, row in enumerate(closes):
        if t:
            fees = sum(-q * p * borrow * days[t] / 360.0 for q, p in zip(held, price, strict=True) if q < 0.0)
            cash += cash * interest * days[t] / 360.0 - fees
        price = [new if new == new else old for old, new in zip(price, opens[t], strict=True)]
        for session, i, shares, paid, commission in fills:
            if session == t:
                cash -= shares * paid + commission
                held[i] += shares
                price[i] = paid
        price = [new if new == new else old for old, new in zip(price, row, strict=True)]
        navs.append(cash + sum(q * p for q, p in zip(held, price, strict=True) if q))
    return navs


@pytest.mark.parametrize("seed", range(8))
def test_own_fills_are_booked_as_a_bookkeeper_would(seed: int) -> None:
    draw = np.random.default_rng(seed)
    market = markets.random_market(seed + 50, sessions=16, tickers=3, missing_frac=0.0)
    closes = market.close.copy()
    closes[7, 1] = np.nan
    market = markets.market_of(
        {"open": market.open, "close": closes, "volume": market.volume}, market.tickers, universe=market.universe
    )
    fills = []
    for _ in range(9):
        t, i = int(draw.integers(0, 14)), int(draw.integers(0, 3))
        shares = float(draw.integers(-400, 400) or 7) / (1 if seed % 2 else 8)
        paid = float(market.open[t, i] * draw.uniform(0.97, 1.03))
        fills.append((t, i, shares, paid, float(draw.uniform(0.0, 9.0))))
    fills.sort(key=lambda one: one[0])
    own = [OwnFill(market.sessions[t], market.tickers[i], q, p, fee) for t, i, q, p, fee in fills]
    costs = Costs(
        borrow={"default_annual": 0.3}, cash={"rate_annual": 0.04, "margin_rate_annual": 0.04},
        commission={"rate_bps": 50.0}, half_spread={"default_bps": 40.0},
    )  # fmt: skip
    account = Account(capital_usd=400_000.0, orders={"whole_shares": True, "participation_frac": 0.001})
    found = filled_book(market, own, SimulationTerms(costs, account))
    first = fills[0][0]
    gaps = np.diff(market.sessions[first:]).astype(int).tolist()
    rates = (costs.borrow_rates(market, 0, 1)[0, 0], float(costs.cash.rate_annual))
    wanted = account_by_hand(
        market.open[first:].tolist(),
        closes[first:].tolist(),
        [(t - first, i, q, p, fee) for t, i, q, p, fee in fills],
        400_000.0,
        [0, *gaps],
        *rates,
    )
    assert found.record.days["nav_close"] == pytest.approx(wanted, rel=1e-10)
    gains = found.record.pnl.sum(axis=(1, 2)) + found.record.interest
    assert np.cumsum(gains) + 400_000.0 == pytest.approx(wanted, rel=1e-10)
    filled = found.record.filled
    assert filled["shares"].sum() == pytest.approx(sum(one.shares for one in own))
    assert filled["commission"].sum() == pytest.approx(sum(one.commission_usd for one in own))


def test_fills_of_one_ticker_and_session_come_in_their_order() -> None:
    market = markets.market_of({"open": [[10.0], [10.0]], "close": [[12.0], [12.0]]}, ["ACME"])
    day = market.sessions[0]
    own = [OwnFill(day, "ACME", 10.0, 10.0, 1.0), OwnFill(day, "ACME", -10.0, 11.0, 2.0)]
    found = filled_book(market, own, SimulationTerms(Costs(), Account(capital_usd=1000.0)))
    assert found.record.days["nav_close"].tolist() == pytest.approx([1007.0, 1007.0])
    assert found.record.lines["price"].tolist() == [10.0, 11.0]
    assert found.record.lines["commission"].tolist() == [1.0, 2.0]


def test_fills_beyond_all_capital_are_refused() -> None:
    market = markets.market_of({"open": [[10.0], [1.0]], "close": [[10.0], [1.0]]}, ["ACME"])
    own = [OwnFill(market.sessions[0], "ACME", 1000.0, 10.0), OwnFill(market.sessions[1], "ACME", 5.0, 1.0)]
    with pytest.raises(AccountingError, match="is NAV above zero"):
        filled_book(market, own, SimulationTerms(Costs(), Account(capital_usd=100.0)))


def test_a_day_without_a_session_is_refused() -> None:
    market = markets.market_of({"open": [[10.0]], "close": [[10.0]]}, ["ACME"])
    with pytest.raises(ParameterError, match="not a session"):
        filled_book(market, [OwnFill(np.datetime64("2026-06-06"), "ACME", 1.0, 10.0)], SimulationTerms())
