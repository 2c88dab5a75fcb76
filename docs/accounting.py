"""`python docs/accounting.py > docs/accounting.md`: four days of the flagship worked by hand, and held against a run.

The arithmetic below is plain Python over prices, volumes and rates. It raises where a line is not the run's to a
millionth of a dollar.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import hedgebook as hb

TRADE = "long-meta-short-neocloud"
DAYS = ("2026-07-01", "2026-07-02", "2026-07-06", "2026-07-07")
CALENDAR_DAYS = (0, 1, 4, 1)
WEIGHTS = {"META": 0.5, "CRWV": -0.5 / 3, "NBIS": -0.5 / 3, "APLD": -0.5 / 3}
# engine/data/costs.toml: basis points of META and of the neoclouds, rates a year.
CAPITAL, COMMISSION_BPS, IMPACT_Y, IMPACT_SESSIONS = 1e6, 0.5, 0.7, 20
SPREAD_BPS, SLIPPAGE_BPS = {True: 0.5, False: 4.0}, {True: 2.0, False: 6.0}
# Fees from May 2026 on: of the two whose options imply one, and of the third's group.
BORROW_ANNUAL = {"CRWV": 0.003, "NBIS": 0.003, "APLD": 0.06}
CASH_ANNUAL, YEAR_DAYS = 0.03, 360
MOST_GAP_USD = 1e-6
HEAD = """# The accounting, by hand

Four days of the flagship trade on the sample market: long META for half of the capital, short the three neoclouds for
the other half, bought and sold at the open of 2026-07-01. Every number here is worked out by
`python docs/accounting.py` in plain Python from prices, volumes and the rates of the default costs, and held against
`hb.backtest` to a millionth of a dollar. The sample market is simulated; the arithmetic is the same on your prices.
"""


@dataclass(frozen=True)
class Fill:
    """An order of the first open: shares, price before and after concessions, what it cost (USD)."""

    ticker: str
    shares: float
    reference: float
    sigma: float
    traded_usd: float
    impact_bps: float
    price: float
    commission: float


@dataclass(frozen=True)
class Day:
    """A session's closes, value of the positions, borrow fee, interest, cash and NAV (USD)."""

    session: str
    closes: Mapping[str, float]
    days: int
    borrow: float
    interest: float
    cash: float
    nav: float


def entry(market: hb.Market, ticker: str, weight: float) -> Fill:
    """Shares from NAV before costs; price from half-spread, slippage and impact."""
    opens, closes, volumes = (market.frame(name)[ticker] for name in ("open", "close", "volume"))
    at = market.sessions.tolist().index(opens.loc[DAYS[0] :].index[0].date())
    before = closes.iloc[at - IMPACT_SESSIONS - 1 : at].tolist()
    returns = [after / first - 1.0 for first, after in pairwise(before)]
    sigma = statistics.stdev(returns)
    dollars = closes.iloc[at - IMPACT_SESSIONS : at] * volumes.iloc[at - IMPACT_SESSIONS : at]
    traded = statistics.fmean(dollars.tolist())
    reference = float(opens.iloc[at])
    shares = weight * CAPITAL / reference
    notional = abs(weight) * CAPITAL
    impact = IMPACT_Y * sigma * math.sqrt(notional / traded)
    concession = (SPREAD_BPS[weight > 0] + SLIPPAGE_BPS[weight > 0]) / 1e4 + impact
    price = reference * (1.0 + math.copysign(concession, shares))
    commission = abs(shares) * price * COMMISSION_BPS / 1e4
    return Fill(ticker, shares, reference, sigma, traded, impact * 1e4, price, commission)


def shorts_usd(fills: list[Fill], day: Day) -> dict[str, float]:
    """What was sold short is worth at a close, by ticker."""
    return {one.ticker: -one.shares * day.closes[one.ticker] for one in fills if one.shares < 0}


def worked(market: hb.Market) -> tuple[list[Fill], list[Day]]:
    """The fills and the days."""
    fills = [entry(market, ticker, weight) for ticker, weight in WEIGHTS.items()]
    cash = CAPITAL - sum(one.shares * one.price + one.commission for one in fills)
    days: list[Day] = []
    for session, nights in zip(DAYS, CALENDAR_DAYS, strict=True):
        closes = {one.ticker: float(market.frame("close")[one.ticker].loc[session]) for one in fills}
        borrow = interest = 0.0
        if nights:
            fees = [fee * shorts_usd(fills, days[-1])[ticker] for ticker, fee in BORROW_ANNUAL.items()]
            borrow = sum(fees) * nights / YEAR_DAYS
            interest = cash * CASH_ANNUAL * nights / YEAR_DAYS
        cash += interest - borrow
        nav = cash + sum(one.shares * closes[one.ticker] for one in fills)
        days.append(Day(session, closes, nights, borrow, interest, cash, nav))
    return fills, days


def check(market: hb.Market, fills: list[Fill], days: list[Day]) -> None:
    """Raise AssertionError where a number is not the run's."""
    run = hb.backtest(TRADE, market)
    rows = run.fills.iloc[: len(fills)].set_index("ticker")
    for one in fills:
        row = rows.loc[one.ticker]
        pairs = {"shares": one.shares, "reference": one.reference, "price": one.price, "commission": one.commission}
        for name, value in pairs.items():
            assert abs(row[name] - value) < MOST_GAP_USD, (one.ticker, name, row[name], value)
    for day in days:
        booked = run.nav.loc[day.session]
        pairs = {"cash": day.cash, "interest": day.interest, "borrow": day.borrow, "nav_close": day.nav}
        for name, value in pairs.items():
            assert abs(booked[name] - value) < MOST_GAP_USD, (day.session, name, booked[name], value)


def accounting_markdown() -> str:
    """The page as Markdown."""
    market = hb.sample_market()
    fills, days = worked(market)
    check(market, fills, days)
    return "".join([HEAD, _entry(fills), *(_day(fills, days, i) for i in range(len(days)))])


def _entry(fills: list[Fill]) -> str:
    first = fills[0]
    out = sum(one.shares * one.price for one in fills)
    paid = sum(one.commission for one in fills)
    spread, slippage = SPREAD_BPS[True], SLIPPAGE_BPS[True]
    concession = f"{spread + slippage + first.impact_bps:.3f}"
    rows = "".join(
        f"| {one.ticker} | {WEIGHTS[one.ticker]:.2%} | {one.reference:,.4f} | {one.shares:,.4f} | "
        f"{one.impact_bps:.3f} | {one.price:,.4f} | {one.commission:,.2f} |\n"
        for one in fills
    )
    return f"""
## The open of {DAYS[0]}

Shares are sized on NAV before costs: `shares = weight x NAV / open`. For META
{WEIGHTS["META"]} x {CAPITAL:,.0f} / {first.reference:,.4f} = {first.shares:,.4f}.

The price that is paid is the open plus half-spread, slippage and impact, less for what is sold. Impact is
`0.7 x sigma x sqrt(order / ADV)`: sigma is the deviation of the last 20 daily returns, ADV the mean of the last 20
sessions' close times volume, both up to the close before. For META sigma is {first.sigma:.4%} and ADV
{first.traded_usd:,.0f} USD, so impact is {first.impact_bps:.3f} bps; with a half-spread of {spread} bps and
slippage of {slippage} bps the price is {first.reference:,.4f} x (1 + {concession} / 10,000) = {first.price:,.4f}.
Commission is {COMMISSION_BPS} bps of what was traded.

| Ticker | Weight | Open | Shares | Impact, bps | Price paid | Commission |
|---|---|---|---|---|---|---|
{rows}
Longs less shorts cost {out:,.2f} USD (the shorts pay for the long, but for the concessions), commissions
{paid:,.2f}. Cash: {CAPITAL:,.2f} - ({out:,.2f}) - {paid:,.2f} = {CAPITAL - out - paid:,.2f}.
"""


def _day(fills: list[Fill], days: list[Day], i: int) -> str:
    day = days[i]
    rows = "".join(
        f"| {one.ticker} | {one.shares:,.4f} | {day.closes[one.ticker]:,.4f} | "
        f"{one.shares * day.closes[one.ticker]:,.2f} |\n"
        for one in fills
    )
    value = day.nav - day.cash
    before = days[i - 1].nav if i else CAPITAL
    night = "No night has passed: no fee, no interest."
    if i:
        shorts = shorts_usd(fills, days[i - 1])
        fees = " + ".join(f"{usd:,.2f} x {BORROW_ANNUAL[ticker]}" for ticker, usd in shorts.items())
        names = ", ".join(shorts)
        nights = "One calendar day" if day.days == 1 else f"{day.days} calendar days (a holiday and a weekend)"
        night = (
            f"{nights} since the last session. The fee on the shorts' value at that close is, for {names},\n"
            f"({fees}) x {day.days} / {YEAR_DAYS} = {day.borrow:,.2f}; cash earns\n"
            f"{days[i - 1].cash:,.2f} x {CASH_ANNUAL} x {day.days} / {YEAR_DAYS} = {day.interest:,.2f}.\n"
            f"Cash: {days[i - 1].cash:,.2f} + {day.interest:,.2f} - {day.borrow:,.2f} = {day.cash:,.2f}."
        )
    return f"""
## The close of {day.session}

{night}

| Ticker | Shares | Close | Value |
|---|---|---|---|
{rows}
NAV = cash + positions = {day.cash:,.2f} + ({value:,.2f}) = {day.nav:,.2f}. Return: {day.nav:,.2f} / {before:,.2f} - 1 =
{day.nav / before - 1:.4%}.
"""


if __name__ == "__main__":
    print(accounting_markdown(), end="")
