"""Prices of New York and Seoul with dirt in them, and an account over both that is kept in plain Python."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

import hedgebook as hb
from hedgebook.universes.calendar import trading_calendar
from hedgebook.universes.event import Event
from hedgebook.universes.exchanges.currencies import FxSeries
from hedgebook.universes.universe import Universe
from tests.markets import abroad_universe, news

NAN = float("nan")
RATE = "KRWUSD=X"
HOMES = {"HOME": ("XNYS", "USD"), "OTHER": ("XNYS", "USD"), "SEOUL": ("XKRX", "KRW")}
# From April to July 2026, UTC.
HOURS = {"XNYS": (13.5, 20.0), "XKRX": (0.0, 6.5)}
FX_HOUR = 21.0
FIRST, LAST = date(2026, 3, 30), date(2026, 7, 24)
NEWS = date(2026, 6, 17)


def universe() -> Universe:
    homes, currencies = ({t: of[k] for t, of in HOMES.items()} for k in range(2))
    return abroad_universe(homes, currencies).model_copy(update={"currencies": {"KRW": FxSeries(ticker=RATE)}})


def days_of(exchange: str) -> list[date]:
    days = trading_calendar(2026, 2026, exchange).sessions
    return [day for day in days.astype(object).tolist() if FIRST <= day <= LAST]


def prices(seed: int, missing_frac: float = 0.06) -> pd.DataFrame:
    """Both exchanges keep their holidays; cells are missing, SEOUL is halted for three of its sessions in July."""
    draw = np.random.default_rng([seed, 9])
    parts = []
    for ticker, (exchange, currency) in HOMES.items():
        days = days_of(exchange)
        start = 90_000.0 if currency == "KRW" else 120.0
        marks = start * np.exp(np.cumsum(draw.normal(0.0, 0.02, 2 * len(days))))
        volume = np.rint(draw.lognormal(13.0, 0.4, len(days)))
        frame = pd.DataFrame(
            {"date": pd.to_datetime(days), "ticker": ticker, "open": marks[0::2], "close": marks[1::2]}
        )
        frame["high"] = frame[["open", "close"]].max(axis=1) * 1.01
        frame["low"] = frame[["open", "close"]].min(axis=1) * 0.99
        frame["volume"] = volume
        holes = draw.random((2, len(days))) < missing_frac
        if ticker == "SEOUL":
            at = [n for n, day in enumerate(days) if day >= date(2026, 7, 6)][:3]
            holes[:, at] = True
        frame.loc[holes[0], "open"] = NAN
        frame.loc[holes[1], "close"] = NAN
        parts.append(frame)
    days = pd.bdate_range(FIRST, LAST)
    rate = 0.0007 * np.exp(np.cumsum(draw.normal(0.0, 0.008, len(days))))
    return pd.concat([*parts, pd.DataFrame({"date": days, "ticker": RATE, "close": rate})], ignore_index=True)


def market_of(frame: pd.DataFrame, until: date | None = None, actions: pd.DataFrame | None = None) -> hb.Market:
    rows = frame if until is None else frame[frame["date"] <= pd.Timestamp(until)]
    market: hb.Market = hb.load_market(rows, universe(), actions=actions)
    return market


Action = tuple[str, date, str, float]


def raw(frame: pd.DataFrame, actions: Sequence[Action]) -> pd.DataFrame:
    """The prices as they would have been quoted with splits among the actions."""
    out = frame.copy()
    for ticker, day, kind, value in actions:
        if kind == "split":
            later = (out["ticker"] == ticker) & (out["date"] >= pd.Timestamp(day))
            out.loc[later, ["open", "high", "low", "close"]] /= value
            out.loc[later, "volume"] *= value
    return out


def as_table(actions: Sequence[Action]) -> pd.DataFrame:
    return pd.DataFrame(actions, columns=["ticker", "date", "kind", "value"])


def event() -> Event:
    """Before the open in New York: Seoul has closed by then, and opens on the day after."""
    return news(NEWS)


@dataclass
class Account:
    """Cash, shares and what each ticker last cost in its own currency."""

    frame: pd.DataFrame
    cash: float = 1e6
    held: dict[str, float] = field(default_factory=dict)
    last: dict[str, float] = field(default_factory=dict)
    fees: float = 0.0

    def __post_init__(self) -> None:
        rates = self.frame[self.frame["ticker"] == RATE]
        self._moments = [_moment(day.date(), FX_HOUR) for day in rates["date"]]
        self._rates = rates["close"].tolist()

    def rate(self, ticker: str, now: datetime) -> float:
        return 1.0 if HOMES[ticker][1] == "USD" else float(self._rates[bisect_right(self._moments, now) - 1])

    def nav(self, now: datetime) -> float:
        return self.cash + sum(q * self.last[t] * self.rate(t, now) for t, q in self.held.items() if q)

    def trade(self, ticker: str, shares: float, price: float, now: datetime) -> None:
        self.cash -= shares * price * self.rate(ticker, now)
        self.held[ticker] = self.held.get(ticker, 0.0) + shares
        self.last[ticker] = price


def _moment(day: date, hour: float) -> datetime:
    return datetime.combine(day, datetime.min.time()) + timedelta(hours=hour)


def nav_by_hand(
    frame: pd.DataFrame, entries: Mapping[str, tuple[date, float]], exits: Mapping[str, date],
    actions: Sequence[Action] = (),
) -> dict[str, float]:  # fmt: skip
    """NAV at the last close of each day from the first entry on: no costs, no interest, orders wait for a price.

    entries: the day of the open at which each ticker is bought for a part of NAV; exits: of the close of its sale;
    actions: before the open of their day; cash of a share is that after a split of the same day.
    """
    account = Account(frame)
    cells = {(row.ticker, row.date.date()): (row.open, row.close) for row in frame.itertuples()}
    marks = sorted(
        (_moment(day, hour), k, exchange, day)
        for exchange, hours in HOURS.items()
        for day in days_of(exchange)
        for k, hour in enumerate(hours)
    )
    waiting: dict[str, float] = {}
    done: dict[str, float] = {}
    first = min(day for day, _ in entries.values())
    for now, k, exchange, day in marks:
        here = [t for t, (home, _) in HOMES.items() if home == exchange]
        printed = {t: cells.get((t, day), (NAN, NAN))[k] for t in here}
        for ticker, _, kind, value in [one for one in actions if k == 0 and one[0] in here and one[1] == day]:
            held = account.held.get(ticker, 0.0)
            if kind == "split" and ticker in account.last:
                account.held[ticker], account.last[ticker] = held * value, account.last[ticker] / value
            elif kind == "dividend":
                account.cash += held * value * account.rate(ticker, now)
        for ticker, price in printed.items():
            if not math.isnan(price):
                account.last[ticker] = price
            if ticker in entries and (day, k) == (entries[ticker][0], 0):
                waiting[ticker] = entries[ticker][1]
            if ticker in exits and (day, k) == (exits[ticker], 1):
                waiting[ticker] = 0.0
        nav = account.nav(now)
        for ticker, price in printed.items():
            if ticker in waiting and not math.isnan(price):
                wanted = waiting.pop(ticker) * nav / (price * account.rate(ticker, now))
                account.trade(ticker, wanted - account.held.get(ticker, 0.0), price, now)
        if k == 1 and day >= first:
            done[str(day)] = account.nav(now)  # the later close of a day comes last
    return done
