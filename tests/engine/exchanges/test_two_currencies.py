"""NAV of random books in two currencies against a ledger kept here: actions, holidays, holes in prices and in rates."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.engine.account import Account
from hedgebook.engine.backtest.result import identity_gap
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.frictions.costs import Costs
from hedgebook.universes.calendar import trading_calendar
from hedgebook.universes.exchanges.currencies import FxSeries
from hedgebook.universes.market import Market
from hedgebook.universes.universe import Bucket, Member, Universe
from tests.oracle.money import Rate

from .test_currencies import RATE, in_won
from .test_timeline import prices, sessions_of

CAPITAL = 1e6
# Cash and debt a year; dollars, won.
USD, WON = (0.03, 0.055), (0.02, 0.045)
COMMISSION, EXCHANGE, BORROW = 0.5e-4, 3e-4, 0.02
# In summer, UTC: Seoul 0:00 to 6:30, New York 13:30 to 20:00, the rate of a day at 21:00.
HOURS = {("SEOUL", 0): 0.0, ("SEOUL", 1): 6.5, ("HOME", 0): 13.5, ("HOME", 1): 20.0}
SPLIT, RATIO = {"SEOUL": "2026-06-25", "HOME": "2026-07-08"}, {"SEOUL": 5.0, "HOME": 0.5}
DIVIDENDS = {("SEOUL", "2026-06-18"): 2.5, ("SEOUL", "2026-07-10"): 0.4, ("HOME", "2026-06-30"): 1.5}
# New York rests on both, and the rate moves.
HOLIDAYS = ("2026-06-19", "2026-07-03")
COSTS = Costs(
    name="own",
    cash={
        "rate_annual": USD[0], "margin_rate_annual": USD[1], "exchange_bps": 1e4 * EXCHANGE,
        "by_currency": {"KRW": {"rate_annual": WON[0], "margin_rate_annual": WON[1]}},
    },
    commission={"rate_bps": 1e4 * COMMISSION},
    borrow={"default_annual": BORROW},
)  # fmt: skip


def frame_of(seed: int) -> pd.DataFrame:
    """Quotes that fall or rise with each split; a tenth of the rates and some opens and closes are missing."""
    draw = np.random.default_rng([seed, 21])
    found = prices(seed)
    found = found[found["ticker"] != "DAM"].reset_index(drop=True)
    acted = {(t, pd.Timestamp(day)) for t, day in [*SPLIT.items(), *DIVIDENDS]}
    for ticker, day in SPLIT.items():
        early = (found["ticker"] == ticker) & (found["date"] < pd.Timestamp(day))
        found.loc[early, ["open", "close"]] *= RATIO[ticker]
    eve = found["date"].shift(-1)
    for i in found.index:
        key = (found.loc[i, "ticker"], found.loc[i, "date"])
        whole = key in acted or (key[0], eve[i]) in acted or found.loc[i, "date"] < pd.Timestamp("2026-06-11")
        for name in ("open", "close"):
            if not whole and draw.random() < 0.06:
                found.loc[i, name] = np.nan
    days = pd.bdate_range("2026-06-01", "2026-07-24")
    rate = 0.0007 * np.exp(np.cumsum(draw.normal(0.0, 0.012, len(days))))
    kept = (draw.random(len(days)) > 0.1) | np.isin(days, pd.DatetimeIndex([*HOLIDAYS, "2026-06-01"]))
    return pd.concat([found, pd.DataFrame({"date": days[kept], "ticker": RATE, "close": rate[kept]})])


def actions() -> pd.DataFrame:
    rows = [(day, t, "split", RATIO[t]) for t, day in SPLIT.items()]
    rows += [(day, t, "dividend", value) for (t, day), value in DIVIDENDS.items()]
    return pd.DataFrame(rows, columns=["date", "ticker", "kind", "value"])


def market_of(seed: int) -> Market:
    universe = in_won()
    kept = tuple(bucket for bucket in universe.buckets if bucket.name != "dam")
    return hb.load_market(frame_of(seed), universe.model_copy(update={"buckets": kept}), actions=actions())


def rows_of(seed: int, market: Market) -> dict[tuple[date, int], dict[str, float]]:
    """What is asked of each ticker, and of won themselves, by day and mark; all exchanges have a session then."""
    draw = np.random.default_rng([seed, 22])
    both = np.isin(market.sessions, sessions_of("HOME")) & np.isin(market.sessions, sessions_of("SEOUL"))
    asked: dict[tuple[date, int], dict[str, float]] = {}
    for t in np.flatnonzero(both)[1:-1].tolist():
        if draw.random() < 0.3 or not asked:
            names = [name for name in ("HOME", "SEOUL", "KRW") if draw.random() < 0.6 or not asked]
            if names:
                low = {"HOME": -0.8, "SEOUL": -0.8, "KRW": -0.4}
                asked[market.sessions[t].item(), int(draw.integers(2))] = {
                    name: float(draw.uniform(low[name], -low[name])) for name in names
                }
    return asked


def by_hand(seed: int, market: Market, asked: dict[tuple[date, int], dict[str, float]], local: float) -> list[float]:
    """NAV at the end of each day from the first order on."""
    frame = frame_of(seed)
    day0: date = market.sessions[0].item()

    def hour(day: date, clock: float) -> float:
        return (day - day0).days * 24 + clock

    fx = frame[frame["ticker"] == RATE].sort_values("date")
    rates = Rate([hour(day.date(), 21.0) for day in fx["date"]], fx["close"].tolist())
    quotes = {
        (str(r.ticker), r.date.date()): (float(r.open), float(r.close)) for r in frame.itertuples() if r.ticker != RATE
    }
    usd, won = CAPITAL, 0.0
    held, last, wanted = {"HOME": 0.0, "SEOUL": 0.0}, {"HOME": np.nan, "SEOUL": np.nan}, {"SEOUL": 0.0}
    waiting: dict[str, float] = {}
    value = dict(last)

    def rate_of(ticker: str, now: float) -> float:
        return 1.0 if ticker == "HOME" else rates.at(now)

    def see(now: float, printing: str, *, printed: bool) -> None:
        """A share that does not print at a mark of its own keeps the dollars that it was worth."""
        for name in held:
            if name != printing or printed:
                value[name] = last[name] * rate_of(name, now)

    def worth(now: float) -> float:
        return float(usd) + won * rates.at(now) + sum(n * value[t] for t, n in held.items() if n)

    days = [day.item() for day in market.sessions]
    first = next(t for t, day in enumerate(days) if day == min(asked)[0])
    navs: list[float] = []
    end = 0.0
    short_fee = 0.0
    for t in range(len(days)):
        day = days[t]
        if t > first:
            years = (day - days[t - 1]).days / 360.0
            usd += usd * USD[usd < 0.0] * years + won * WON[won < 0.0] * years * rates.at(end) - short_fee * years
        for (ticker, mark), clock in HOURS.items():
            if (ticker, day) not in quotes:
                continue
            now = hour(day, clock)
            if mark == 0:
                if SPLIT[ticker] == str(day):
                    held[ticker] *= RATIO[ticker]
                    last[ticker] /= RATIO[ticker]
                    value[ticker] /= RATIO[ticker]
                usd += held[ticker] * DIVIDENDS.get((ticker, str(day)), 0.0) * rate_of(ticker, now)
            printed = bool(np.isfinite(quotes[ticker, day][mark]))
            if printed:
                last[ticker] = quotes[ticker, day][mark]
            see(now, ticker, printed=printed)
            if t < first:
                continue
            row = asked.get((day, mark), {})
            if ticker in row:
                waiting[ticker] = row[ticker]
            orders: list[tuple[str, float]] = []
            nav = worth(now)
            if ticker in waiting and printed:
                orders.append((ticker, waiting.pop(ticker)))
            elif ticker in waiting and (ticker, mark) == ("HOME", 1) and waiting[ticker] != 0.0:
                waiting.pop(ticker)  # nothing comes after the last close of a day: an entry is rejected there
            if ticker == "SEOUL" and ("SEOUL" in row or "KRW" in row):
                wanted["SEOUL"] = row.get("SEOUL", wanted["SEOUL"])
                money = row.get("KRW", 0.0) - local * wanted["SEOUL"]
                if "KRW" in row or local:
                    orders.append(("KRW", money))
            for name, weight in orders:
                price = rates.at(now) if name == "KRW" else value[name]
                more = weight * nav / price - (won if name == "KRW" else held[name])
                side = EXCHANGE * (1.0 if more > 0.0 else -1.0) if name == "KRW" else 0.0
                paid = more * price * (1.0 + side)
                usd -= paid + abs(paid) * COMMISSION
                if name == "KRW":
                    won += more
                else:
                    held[name] += more
        if t >= first:
            clocks = [clock for (ticker, mark), clock in HOURS.items() if mark == 1 and (ticker, day) in quotes]
            end = hour(day, max(clocks))
            short_fee = BORROW * sum(-n * value[x] for x, n in held.items() if n < 0.0)
            navs.append(worth(end))
    return navs


def schedule_of(asked: dict[tuple[date, int], dict[str, float]]) -> Any:
    names = ("HOME", "SEOUL", "KRW")
    return hb.Schedule(
        tickers=names, decided_at=np.full(len(asked), np.datetime64("2026-06-01", "ns")),
        session=np.array([day for day, _ in asked], dtype="datetime64[D]"), mark=np.array([mark for _, mark in asked]),
        weights=np.array([[row.get(name, np.nan) for name in names] for row in asked.values()]),
    )  # fmt: skip


@pytest.mark.parametrize("local", [0.0, 0.7])
@pytest.mark.parametrize("seed", range(10))
def test_nav_is_that_of_a_ledger_of_dollars_won_and_shares(seed: int, local: float) -> None:
    market = market_of(seed)
    asked = rows_of(seed, market)
    account = Account(capital_usd=CAPITAL, name="own", currency_hedge_frac=local)
    done = run_schedule(market, schedule_of(asked), COSTS, account)
    slow = by_hand(seed, market, asked, local)
    np.testing.assert_allclose(done.record.days["nav_close"], slow, rtol=1e-9)
    assert identity_gap(done.record, done.capital) <= 1e-9
    money = done.money()
    assert money["usd"].sum() + sum(
        shares * price
        for name, shares, price in zip(done.market.tickers, done.record.shares[-1], done.record.price[-1], strict=True)
        if name in ("HOME", "SEOUL") and shares
    ) == pytest.approx(done.final_nav, rel=1e-9)  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_adjusted_closes_do_not_drift_from_what_a_holder_earned_in_dollars(seed: int) -> None:
    """From close to close an adjusted price earns what a share did, with its dividend in dollars of that open."""
    market, frame = market_of(seed), frame_of(seed)
    day0 = market.sessions[0].item()
    fx = frame[frame["ticker"] == RATE].sort_values("date")
    rates = Rate([(day.date() - day0).days * 24 + 21.0 for day in fx["date"]], fx["close"].tolist())
    for ticker in ("HOME", "SEOUL"):
        rows = frame[(frame["ticker"] == ticker) & frame["close"].notna()]
        closes = dict(zip([day.date() for day in rows["date"]], rows["close"].tolist(), strict=True))
        days = list(closes)
        grown = market.close[[market.session_index(np.datetime64(day)) for day in days], market.column(ticker)]
        for n in range(1, len(days)):
            ends = []
            for day in days[n - 1 : n + 1]:
                hour = (day - day0).days * 24 + HOURS[ticker, 1]
                ends.append(closes[day] * (rates.at(hour) if ticker == "SEOUL" else 1.0))
            between = [str(d.date()) for d in pd.date_range(days[n - 1], days[n])][1:]
            split = RATIO[ticker] if SPLIT[ticker] in between else 1.0
            paid = 0.0
            for day in between:
                opened = (date.fromisoformat(day) - day0).days * 24 + HOURS[ticker, 0]
                paid += DIVIDENDS.get((ticker, day), 0.0) * (rates.at(opened) if ticker == "SEOUL" else 1.0)
            assert grown[n] / grown[n - 1] == pytest.approx((ends[1] * split + paid) / ends[0], rel=1e-11)


@pytest.mark.parametrize("local", [0.0, 1.0])
def test_a_halted_share_goes_by_the_rate_of_a_last_close_that_is_its_own(local: float) -> None:
    """Toronto closes with New York, and a day's rate is of its afternoon: without a print no mark comes after it."""
    days = [day.date() for day in pd.DatetimeIndex(sessions_of("HOME"))]
    draw = np.random.default_rng(5)
    marks = {
        day: float(value) for day, value in zip(days, 50.0 * np.exp(draw.normal(0.0, 0.02, len(days))), strict=True)
    }
    halted = set(days[10:16])
    toronto = {day.date() for day in pd.DatetimeIndex(trading_calendar(2026, 2026, "XTSE").sessions)}
    shares = pd.DataFrame(
        [{"date": day, "ticker": "MAPLE", "open": v, "close": v} for day, v in marks.items() if day in toronto - halted]
    )
    home = pd.DataFrame([{"date": day, "ticker": "HOME", "open": 10.0, "close": 10.0} for day in days])
    every = [day.date() for day in pd.bdate_range("2026-06-01", "2026-07-24")]
    rate = dict(zip(every, 0.73 * np.exp(np.cumsum(draw.normal(0.0, 0.01, len(every)))), strict=True))
    fx = pd.DataFrame([{"date": day, "ticker": "CADUSD=X", "close": value} for day, value in rate.items()])
    members = {"HOME": ("XNYS", "USD"), "MAPLE": ("XTSE", "CAD")}
    made = [
        Member(ticker=t, company=t, first_session=date(2020, 1, 2), calendar=code, currency=money)
        for t, (code, money) in members.items()
    ]
    buckets = tuple(Bucket(name=m.ticker.lower(), role="made up", members=(m,)) for m in made)
    universe = Universe(name="two", title="Two", benchmark="HOME", buckets=buckets)
    universe = universe.model_copy(
        update={"currencies": {"CAD": FxSeries(ticker="CADUSD=X", close="16:00 Europe/London")}}
    )
    market = hb.load_market(pd.concat([shares, home, fx]), universe)
    schedule = hb.Schedule(
        tickers=("MAPLE",), decided_at=np.array(["2026-06-08T12:00"], dtype="datetime64[ns]"),
        session=np.array([days[1]], dtype="datetime64[D]"), mark=np.array([1]), weights=np.array([[0.5]]),
    )  # fmt: skip
    account = Account(capital_usd=CAPITAL, name="none", currency_hedge_frac=local)
    done = run_schedule(market, schedule, "none", account)
    held = 0.5 * CAPITAL / (marks[days[1]] * rate[days[1]])
    cash, owed, last = CAPITAL * (0.5 + 0.5 * local), 0.5 * CAPITAL * local / rate[days[1]], marks[days[1]]
    nav = {pd.Timestamp(str(day)).date(): value for day, value in done.nav["nav_close"].items()}
    for day in days[1:]:
        last = marks[day] if day in toronto and day not in halted else last
        assert nav[day] == pytest.approx(cash + (held * last - owed) * rate[day], rel=1e-9), day
    assert identity_gap(done.record, done.capital) <= 1e-9
    assert halted & toronto
