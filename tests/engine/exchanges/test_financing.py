"""Money in other currencies: held and owed, its interest, and shares abroad that are paid with it."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.engine.account import Account
from hedgebook.engine.backtest.result import Backtest, identity_gap
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.kernels.book.records import Booked
from hedgebook.errors import CostsError, ParameterError, PriceDataError
from hedgebook.universes.market import Market
from tests.oracle.money import Ledger, Rate

from .test_currencies import RATE, in_won, market_of, with_rates
from .test_timeline import prices, sessions_of

CAPITAL = 1e6
USD, WON = (0.03, 0.055), (0.02, 0.045)
HOURS = {("SEOUL", 0): 0.0, ("SEOUL", 1): 6.5, ("HOME", 0): 13.5, ("HOME", 1): 20.0}
BOOKS = {"home": "HOME", "abroad": "SEOUL"}


def costs(**changed: Any) -> Costs:
    won = {"KRW": {"rate_annual": WON[0], "margin_rate_annual": WON[1]}}
    cash = {"rate_annual": USD[0], "margin_rate_annual": USD[1], "by_currency": won, "exchange_bps": 3.0}
    return Costs(name="own", cash={**cash, **changed}, commission={"rate_bps": 0.5})


def rows_of(seed: int, market: Market) -> tuple[Any, dict[tuple[int, int], tuple[float, float]]]:
    """A schedule of HOME and SEOUL on days on which both are open, and its weights by row and mark."""
    draw = np.random.default_rng([seed, 7])
    asked: dict[tuple[int, int], tuple[float, float]] = {}
    both = np.isin(market.sessions, sessions_of("HOME")) & np.isin(market.sessions, sessions_of("SEOUL"))
    for t in np.flatnonzero(both)[1:-1].tolist():
        if draw.random() < 0.3 or not asked:
            asked[t, int(draw.integers(2))] = tuple(draw.uniform(-0.8, 0.8, 2).tolist())
    schedule = hb.Schedule(
        tickers=("HOME", "SEOUL"), decided_at=np.full(len(asked), np.datetime64("2026-06-01", "ns")),
        session=np.array([market.sessions[t] for t, _ in asked]), mark=np.array([mark for _, mark in asked]),
        weights=np.array(list(asked.values())),
    )  # fmt: skip
    return schedule, asked


def by_hand(seed: int, market: Market, asked: dict[tuple[int, int], tuple[float, float]], local: float) -> list[float]:
    """NAV at the end of each day from the first order on, from local prices and the dated rates of the frame."""
    frame = with_rates(prices(seed))
    fx = frame[frame["ticker"] == RATE]
    day0 = market.sessions[0].item()
    known = [(d.date() - day0).days * 24 + 21.0 for d in fx["date"]]  # 17:00 in New York is 21:00 UTC in summer
    book = Ledger(CAPITAL, Rate(known, fx["close"].tolist()), 0.5e-4, 3e-4)
    at = {(str(r.ticker), r.date.date()): (r.open, r.close) for r in frame.itertuples() if r.ticker != RATE}
    first, navs, worth, days = min(asked)[0], [], 0.0, [day.item() for day in market.sessions]
    for t in range(first, len(days)):
        if t > first:
            book.night((days[t] - days[t - 1]).days, worth, USD, WON)
        ends = [20.0 if ("HOME", days[t]) in at else 15.5 if ("DAM", days[t]) in at else 6.5]
        for (ticker, mark), hour in HOURS.items():
            if (ticker, days[t]) not in at:
                continue
            name = "home" if ticker == "HOME" else "abroad"
            book.price[name] = at[ticker, days[t]][mark]
            if (t, mark) in asked:
                when = (days[t] - day0).days * 24 + hour
                book.trade(when, name, asked[t, mark][0 if name == "home" else 1], local)
        end = (days[t] - day0).days * 24 + ends[0]
        worth = book.rate.at(end)
        navs.append(book.nav(end))
    return navs


def run(market: Market, schedule: Any, local: float, **changed: Any) -> Backtest:
    account = Account(capital_usd=CAPITAL, name="own", currency_hedge_frac=local)
    return run_schedule(market, schedule, costs(**changed), account)


@pytest.mark.parametrize("local", [1.0, 0.4])
@pytest.mark.parametrize("seed", range(4))
def test_shares_abroad_that_are_paid_with_won_agree_with_a_ledger_of_two_currencies(seed: int, local: float) -> None:
    market = market_of(seed)
    schedule, asked = rows_of(seed, market)
    done = run(market, schedule, local)
    np.testing.assert_allclose(done.record.days["nav_close"], by_hand(seed, market, asked, local), rtol=1e-10)
    assert identity_gap(done.record, done.capital) <= 1e-9
    split = done.currency_pnl()
    assert split["total"].sum() == pytest.approx(done.record.of(Booked.MOVE).sum(), abs=1e-9 * CAPITAL)
    assert split.loc["KRW", "price"] == pytest.approx(0.0, abs=1e-9 * CAPITAL)


def one_row(weights: dict[str, float]) -> Any:
    return hb.Schedule(
        tickers=tuple(weights), decided_at=np.array(["2026-06-08T12:00"], dtype="datetime64[ns]"),
        session=np.array(["2026-06-09"], dtype="datetime64[D]"), mark=np.array([0]),
        weights=np.array([list(weights.values())]),
    )  # fmt: skip


@pytest.mark.parametrize("weight", [0.5, -0.5])
def test_money_earns_its_rate_and_debt_pays_its_own(weight: float) -> None:
    market = market_of(2)
    done = run(market, one_row({"KRW": weight}), 0.0, exchange_bps=0.0)
    units = done.record.shares[0, market.column("KRW")]
    frame = with_rates(prices(2))
    fx = frame[frame["ticker"] == RATE]
    moments = [day.to_pydatetime().replace(tzinfo=UTC) + timedelta(hours=21) for day in fx["date"]]
    owed, days = 0.0, done.market.sessions
    for t in range(1, len(days)):
        close = done.market.close_at[t - 1].astype("datetime64[s]").item().replace(tzinfo=UTC)
        worth = fx["close"].iloc[sum(moment <= close for moment in moments) - 1]
        owed += units * worth * (WON[0] if weight > 0 else WON[1]) * (days[t] - days[t - 1]).astype(int) / 360.0
    money = done.money()
    assert money.loc["KRW", "interest"] == pytest.approx(owed, rel=1e-12)
    assert money["interest"].sum() + money["rate"].sum() - money["costs"].sum() == pytest.approx(
        done.final_nav - CAPITAL, abs=1e-6
    )
    assert money["usd"].sum() == pytest.approx(done.final_nav, rel=1e-12)
    assert done.balances()["KRW"].tolist() == [units] * len(days)


def test_a_currency_that_is_not_named_has_the_rates_of_usd() -> None:
    market = market_of(2)
    done = run(market, one_row({"KRW": 0.5}), 0.0, by_currency={})
    named = {"KRW": {"rate_annual": USD[0], "margin_rate_annual": USD[1]}}
    assert done.final_nav == run(market, one_row({"KRW": 0.5}), 0.0, by_currency=named).final_nav
    assert done.money().loc["KRW", "interest"] > 0.0


def test_no_fee_by_the_share_and_no_margin_on_money() -> None:
    market, schedule = market_of(2), one_row({"KRW": -0.5})
    by_share = Costs(name="own", commission={"per_share_usd": 0.01})
    done = run_schedule(market, schedule, by_share, "strict")
    assert done.pnl("cause").loc["commission", "total"] == 0.0
    assert (done.margin["requirement"] == 0.0).all()
    assert not [line for line in done.warnings if "volume" in line]


def test_a_sweep_with_money_abroad_is_its_single_runs() -> None:
    market = market_of(4)
    trade = hb.EventTrade(
        name="t", title="T", event="2026-07-01:pre-open", long=("HOME",), short=("SEOUL", "DAM"), hedge="dollar",
    )  # fmt: skip
    account = Account(name="own", currency_hedge_frac=1.0)
    found = hb.sweep(trade, market, costs(), account=account, hold=[2, 5], take_profit=[None, 0.02]).table
    plain = hb.sweep(trade, market, costs(), hold=[2, 5], take_profit=[None, 0.02]).table
    for k, row in found.iterrows():
        profit = None if pd.isna(row["take_profit"]) else float(row["take_profit"])
        alone = hb.backtest(trade.replaced(hold=int(row["hold"]), take_profit=profit), market, costs(), account=account)
        assert row["final_nav"] == alone.final_nav
        went_abroad = "SEOUL" in set(alone.fills["ticker"])
        assert (row["final_nav"] != plain.loc[k, "final_nav"]) == went_abroad
        assert (alone.backtest.record.shares[:, market.column("KRW")] > 0.0).any() == went_abroad
    assert alone.open_positions() == ()


def test_what_cannot_be_held_is_said() -> None:
    market = market_of(1)
    for pair in ("USDKRW", "KRW/USD", RATE):
        with pytest.raises(PriceDataError, match="Hold KRW, of which a share is one unit"):
            run(market, one_row({pair: -0.5}), 0.0)
    with pytest.raises(ParameterError, match="a stop of one leg would leave the money"):
        run_schedule(
            market, one_row({"SEOUL": 0.5}), "none", Account(name="own", currency_hedge_frac=1.0),
            rules=hb.Rules(long_stop=0.05), legs={"SEOUL": "long"},
        )  # fmt: skip
    with pytest.raises(CostsError, match="must not cost less"):
        costs(by_currency={"KRW": {"rate_annual": 0.05, "margin_rate_annual": 0.01}})
    with pytest.raises(ParameterError, match="currency_hedge_frac"):
        Account(name="own", currency_hedge_frac=1.5)
    assert hb.load_market(with_rates(prices(1)), in_won(), tickers=["HOME", "KRW"]).tickers == ("HOME", "KRW")
