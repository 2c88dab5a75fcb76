"""The flagship with everything on, worked out in plain Python from the files of prices, costs and the account."""

from __future__ import annotations

import csv
import dataclasses
import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.kernels.book.records import Status
from tests.oracle.inputs import Action, OracleLimits, OracleMargin, OracleOrder, OracleResult, OracleRules, Reason
from tests.oracle.simulator import OracleInput, OracleShorting

from .conftest import PlainPrices
from .trade.test_real_trades import written_out

ACCOUNT_FILE = Path(__file__).parents[2] / "engine" / "data" / "account_strict.toml"
AMOUNTS = ("shares", "reference", "price", "commission", "spread", "slippage", "impact")
# 2026-07-01 is a Wednesday and 07-03 a holiday, so the first week ends on a Thursday; the last one is cut short.
LAST_OF_WEEK = {date(2026, 7, 2), date(2026, 7, 10), date(2026, 7, 17), date(2026, 7, 24)}


@dataclass(frozen=True)
class Wanted:
    """A trade to be written out: its weights in the order of the market's columns, its span, and its capital."""

    weights: dict[str, float]
    first: int
    hold: int
    capital: float = 1e6

    @property
    def span(self) -> range:
        return range(self.first, self.first + self.hold + 1)


def plain_bars(opens: Sequence[float], lows: Sequence[float], closes: Sequence[float]) -> list[tuple[bool, bool]]:
    """Whether rule 201 bars the open and the close of each session of one ticker."""
    bars: list[tuple[bool, bool]] = []
    known, triggered = math.nan, False
    for opened, low, closed in zip(opens, lows, closes, strict=True):
        before, limit = triggered, 0.9 * known * (1 + 1e-9)
        lowest = low if math.isfinite(low) else min([p for p in (opened, closed) if math.isfinite(p)], default=math.nan)
        triggered = lowest <= limit
        bars.append((before or opened <= limit, before or triggered))
        known = closed if math.isfinite(closed) else known
    return bars


def plain_volatility(returns: Sequence[float], halflife: float) -> float:
    """Annual, of daily returns up to the last one known: the mean square of the first 20, then weighted."""
    if len(returns) < 20:
        return math.nan
    variance = math.fsum(r * r for r in returns[:20]) / 20
    for r in returns[20:]:
        variance += (1 - 0.5 ** (1 / halflife)) * (r * r - variance)
    return math.sqrt(variance * 252)


def strict_case(
    shared: Path, prices: PlainPrices, lows: dict[str, list[float]], wanted: Wanted, rules: dict[str, Any]
) -> OracleInput:
    """Default costs, the strict account and some rules of the trade."""
    account = tomllib.loads(ACCOUNT_FILE.read_text(encoding="utf-8"))
    tickers, hold = list(wanted.weights), wanted.hold
    case = written_out(shared, prices, wanted.weights, wanted.first, hold)
    house = house_of(shared, tickers, account["margin"]["house_by_bucket"])
    bars = [barred(prices, lows, ticker, wanted.span) for ticker in tickers]
    share, window = account["orders"]["participation_frac"], account["orders"]["adv_window_sessions"]
    return dataclasses.replace(
        case,
        capital=wanted.capital,
        limits=OracleLimits(
            lot=int(account["orders"]["whole_shares"]),
            min_order_usd=account["orders"]["min_order_usd"],
            cap=[[share * daily_value(prices, x, t, window) for x in tickers] for t in wanted.span],
            recovery=[account["delisting"]["recovery_frac"]] * len(tickers),
        ),
        shorting=OracleShorting(
            barred=[[[bar[k][mark] for bar in bars] for k in range(hold + 1)] for mark in (0, 1)],
            defer_201=account["shorts"]["rule_201"] == "defer",
        ),
        margin=OracleMargin(action=Action[account["margin"]["on_call"].upper()], house=house),
        rules=plain_rules(prices, wanted, rules),
    )


def house_of(shared: Path, tickers: list[str], by_bucket: dict[str, float]) -> list[float]:
    with (shared / "facts" / "sample_market.csv").open(encoding="utf-8") as file:
        bucket = {row["ticker"]: row["bucket"] for row in csv.DictReader(file)}
    return [by_bucket.get(bucket[ticker], 1.0) for ticker in tickers]


def barred(prices: PlainPrices, lows: dict[str, list[float]], ticker: str, span: range) -> list[tuple[int, int]]:
    whole = plain_bars(prices.open[ticker], lows[ticker], prices.close[ticker])
    return [(int(Reason.RULE_201) * whole[t][0], int(Reason.RULE_201) * whole[t][1]) for t in span]


def daily_value(prices: PlainPrices, ticker: str, t: int, window: int) -> float:
    """Mean USD traded a day over the sessions before session t."""
    values = [prices.close[ticker][s] * prices.volume[ticker][s] for s in range(t - window, t)]
    known = [value for value in values if math.isfinite(value)]
    return math.fsum(known) / len(known) if len(known) >= 5 else math.inf


def plain_rules(prices: PlainPrices, wanted: Wanted, rules: dict[str, Any]) -> OracleRules:
    given = dict(rules)
    weekly = given.pop("rebalance", "none") == "weekly"
    legs = (given.pop("long_stop", math.nan), given.pop("short_stop", math.nan))
    halflife = given.pop("vol_halflife", 20.0)
    return OracleRules(
        leg_stop=legs,
        rebalance=[weekly and prices.dates[t] in LAST_OF_WEEK for t in wanted.span],
        leg=[0 if weight > 0 else 1 for weight in wanted.weights.values()],
        vol=volatilities(prices, wanted, halflife),
        **{"derisk_to": 0.5, **given},
    )


def volatilities(prices: PlainPrices, wanted: Wanted, halflife: float) -> list[list[float]]:
    """Of the entry's weights and of the exit's, before each session and after the last, from 250 sessions back."""
    daily = []
    for s in range(wanted.first - 250, wanted.span.stop):
        moves = {x: prices.close[x][s] / prices.close[x][s - 1] - 1 for x in wanted.weights}
        daily.append(math.fsum(w * moves[x] for x, w in wanted.weights.items() if math.isfinite(moves[x])))
    known = [plain_volatility(daily[: 250 + k], halflife) for k in range(wanted.hold + 2)]
    return [known, [0.0] * len(known)]


def assert_equal(run: Backtest, plain: OracleResult, tickers: list[str]) -> None:
    """The same NAV at both marks, interest and requirement, and the same log, line by line."""
    usd = 1e-12 * run.capital
    for name in ("nav_open", "nav_close", "cash", "interest", "requirement"):
        np.testing.assert_allclose(run.nav[name], getattr(plain, name), rtol=1e-12, atol=usd, err_msg=name)
    orders = run.orders
    keys = ["session", "mark", "ticker", "status", "reason"]
    found = [(str(row[0])[:10], *row[1:]) for row in orders[keys].itertuples(index=False)]
    assert found == [_key(run, tickers, order) for order in plain.orders]
    filled = [order for order in plain.orders if order.status is Status.FILLED]
    for name in AMOUNTS:
        wanted = [getattr(order, name) for order in filled]
        np.testing.assert_allclose(run.fills[name], wanted, rtol=1e-9, atol=1e-3 * usd, err_msg=name)


def _key(run: Backtest, tickers: list[str], order: OracleOrder) -> tuple[str, ...]:
    day = str(run.sessions[order.session])[:10]
    mark = ("open", "close")[order.mark]
    return day, mark, tickers[order.ticker], order.status.name.lower(), order.reason.name.lower()
