"""Random books of stock and options, for the ledger and for the plain-Python oracle alike."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

import hedgebook as hb
from hedgebook import options
from hedgebook.engine.account import Account
from hedgebook.engine.account.margin import MarginRules, OnMarginCall
from hedgebook.engine.account.orders import OrderLimits
from hedgebook.engine.frictions.borrow import Borrow
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.frictions.financing import CashInterest
from hedgebook.engine.frictions.price_concession import PriceConcession
from hedgebook.universes.actions.quotes import Quotes
from hedgebook.universes.market import Market
from tests.markets import market_of, session_days
from tests.oracle.option_book import Contract, OptionInput, Trade

SESSIONS, STOCKS = 26, 3
TICKERS = ("ACME", "BOLT", "CLOUD")
# From mid May to late June 2026: two holidays, one of them the third Friday of June.
FIRST = "2026-05-18"
EXPIRIES = ("2026-05-29", "2026-06-12", "2026-06-19", "2026-06-20", "2026-08-21")
CAPITAL = 1_000_000.0
FEE, HALF_SPREAD, BORROW, CASH_RATE, MARGIN_RATE, INTEREST = 0.65, 7e-4, 0.3, 0.04, 0.07, 0.05


@dataclass(frozen=True)
class Case:
    """The same case for both."""

    market: Market
    trades: list[options.OptionTrade]
    marks: options.ArrayMarks
    costs: Costs
    account: Account
    terms: options.OptionTerms
    oracle: OptionInput

    def run(self, **more: Any) -> options.OptionRun:
        return options.run_options(
            self.market, self.trades, self.marks, self.costs, self.account, terms=self.terms, **more
        )


def made_up(seed: int, *, after: str = "", scale: float = 1.0) -> Case:
    """A random case full of missing marks, splits, dividends and holidays; scale: of all quantities and the capital."""
    draw = np.random.default_rng(seed)
    days = session_days(SESSIONS, FIRST)
    walk = 100.0 * np.exp(np.cumsum(draw.normal(0.0, 0.03, (2 * SESSIONS, STOCKS)), axis=0))
    splits = [(int(draw.integers(6, 20)), s, float(draw.choice([2.0, 1.5, 0.1]))) for s in range(2)]
    paid = [(int(draw.integers(5, 22)), s, float(np.round(draw.uniform(0.5, 4.0), 2))) for s in range(STOCKS)]
    for t, s, ratio in splits:
        walk[2 * t :, s] /= ratio
    walk = np.round(walk, 2)
    walk[draw.random(walk.shape) < 0.06] = np.nan
    walk[1] = np.where(np.isnan(walk[1]), 100.0, walk[1])
    opens, closes = walk[0::2], walk[1::2]
    contracts, oracle_trades, first = _positions(draw, scale)
    mids, halves, puts, strikes = _marks(draw, walk, contracts, first, splits)
    prices = [np.hstack([x, y]).tolist() for x, y in zip((opens, closes), mids, strict=True)]
    after = after or str(draw.choice(["next_open", "same_close", "keep"]))
    given = OptionInput(
        [day.item() for day in days], STOCKS, contracts, prices, [x.tolist() for x in halves], puts.tolist(),
        oracle_trades, splits, paid, HALF_SPREAD, FEE, BORROW, CASH_RATE, MARGIN_RATE, INTEREST, after, CAPITAL * scale,
    )  # fmt: skip
    names = [listed(one) for one in contracts]
    trades = [
        options.OptionTrade(
            TICKERS[x.column] if x.column < STOCKS else names[x.column - STOCKS], days[x.session],
            "open" if x.mark == 0 else "close", x.quantity,
        )
        for x in oracle_trades
    ]  # fmt: skip
    costs = Costs(
        half_spread=PriceConcession(default_bps=HALF_SPREAD * 1e4),
        borrow=Borrow(default_annual=BORROW),
        cash=CashInterest(rate_annual=CASH_RATE, margin_rate_annual=MARGIN_RATE),
    )
    account = Account(
        capital_usd=CAPITAL * scale,
        orders=OrderLimits(whole_shares=True),
        margin=MarginRules(on_call=OnMarginCall.REPORT),
    )
    market = _market(opens, closes, splits, paid, days)
    marks = _array_marks(days, contracts, (mids, halves, puts), strikes)
    terms = options.OptionTerms(FEE, after, INTEREST)
    return Case(market, trades, marks, costs, account, terms, given)


def listed(one: Contract, strike: float | None = None, right: str = "") -> options.Listed:
    kind: Any = right or ("call" if one.call else "put")
    return options.Listed(TICKERS[one.stock], one.expiry, kind, one.strike if strike is None else strike)


def _positions(draw: Any, scale: float) -> tuple[list[Contract], list[Trade], list[int]]:
    contracts, trades, first = [], [], []
    for k in range(7):
        expiry = np.datetime64(str(draw.choice(EXPIRIES)))
        strike = float(draw.integers(80, 120)) + 0.25 * k
        contracts.append(Contract(k % STOCKS, bool(draw.random() < 0.5), strike, expiry.item()))
        last = int(np.sum(session_days(SESSIONS, FIRST) <= expiry)) - 1
        begin = int(draw.integers(0, 5))
        first.append(begin)
        trades.append(Trade(begin, int(draw.integers(0, 2)), STOCKS + k, _contracts(draw, scale)))
        for _ in range(int(draw.integers(0, 3))):
            t = int(draw.integers(begin, last + 1))
            quantity = None if draw.random() < 0.5 else _contracts(draw, scale)
            trades.append(Trade(t, int(draw.integers(0, 2)), STOCKS + k, quantity))
    for s in range(STOCKS):
        t = int(draw.integers(0, 4))
        trades.append(Trade(t, int(draw.integers(0, 2)), s, float(draw.choice([-1000, 400, 1200])) * scale))
        trades.append(Trade(int(draw.integers(t, SESSIONS)), int(draw.integers(0, 2)), s, None))
    return contracts, sorted(trades, key=lambda x: (x.session, x.mark)), first


def _contracts(draw: Any, scale: float) -> float:
    return float(draw.choice([-20, -8, 4, 12, 20])) * scale


def _marks(draw: Any, walk: Any, contracts: list[Contract], first: list[int], splits: Any) -> tuple[Any, ...]:
    """Mids and halves (2, T, K), put worth (T, K), strikes (T, K): made up, but never below what exercise gives."""
    strikes = np.array([[one.strike for one in contracts]] * SESSIONS)
    for t, s, ratio in splits:
        for k, one in enumerate(contracts):
            if one.stock == s and first[k] < t:
                strikes[t:, k] /= ratio
    spot = np.stack([walk[0::2], walk[1::2]])[:, :, [one.stock for one in contracts]]
    sign = np.array([1.0 if one.call else -1.0 for one in contracts])
    inside = np.maximum(sign * (spot - strikes), 0.0)
    mids = np.round(inside + draw.uniform(0.0, 3.0, inside.shape), 3)
    mids[draw.random(mids.shape) < 0.15] = np.nan
    halves = np.round(draw.uniform(0.0, 0.8, mids.shape), 2)
    puts = np.round(draw.uniform(0.0, 1.5, strikes.shape), 2)
    rows, t = np.array(first), np.arange(SESSIONS)[:, None]
    ends = np.array([int(np.sum(session_days(SESSIONS, FIRST) <= np.datetime64(x.expiry))) - 1 for x in contracts])
    beyond = np.array([np.datetime64(x.expiry) > session_days(SESSIONS, FIRST)[-1] for x in contracts])
    mids[:, (t < rows) | ((t > ends) & ~beyond)] = np.nan
    return mids, halves, puts, strikes


def _array_marks(days: Any, contracts: list[Contract], tables: Any, strikes: Any) -> options.ArrayMarks:
    """Every contract at every strike that splits give it, and its put of the same strike."""
    mids, halves, puts = tables
    names, columns = [], []
    for k, one in enumerate(contracts):
        for strike in dict.fromkeys(strikes[:, k].tolist()):
            here = strikes[:, k] == strike
            names.append(listed(one, strike))
            columns.append([np.where(here, table, np.nan) for table in (*mids[:, :, k], *halves[:, :, k])])
            if one.call:
                names.append(listed(one, strike, "put"))
                columns.append(
                    [np.full(SESSIONS, np.nan), np.where(here, puts[:, k], np.nan), *np.zeros((2, SESSIONS))]
                )
    opened, closed, half_open, half_close = np.moveaxis(np.array(columns), 0, 2)
    return options.ArrayMarks(names, days, closed, opened, half_close, half_open)


def _market(opens: Any, closes: Any, splits: Any, paid: Any, days: Any) -> Market:
    rows = [(days[t], TICKERS[s], "split", ratio) for t, s, ratio in splits]
    rows += [(days[t], TICKERS[s], "dividend", usd) for t, s, usd in paid]
    table = pd.DataFrame(rows, columns=["date", "ticker", "kind", "value"]).assign(into="")
    plain = market_of({"open": opens, "close": closes}, TICKERS, first=FIRST)
    return dataclasses.replace(plain, quotes=Quotes(opens, closes, hb.load_actions(table)))
