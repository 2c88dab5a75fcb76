"""A small market with a split, a halt, missing opens and holidays, and books on it that options hedge."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.engine.account import Account
from hedgebook.engine.account.margin import MarginRules, OnMarginCall
from hedgebook.engine.frictions.borrow import Borrow
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.frictions.financing import CashInterest
from hedgebook.engine.frictions.price_concession import PriceConcession
from hedgebook.front.book import HedgedBook
from hedgebook.strategies.book.file import Book
from hedgebook.universes.actions.quotes import Quotes
from hedgebook.universes.chains.chain import Listed
from hedgebook.universes.market import Market
from tests.markets import market_of, session_days
from tests.oracle.hedged_book import multi_hedge
from tests.oracle.option_book import Contract
from tests.oracle.option_hedge import HedgeCase, Hedged
from tests.strategies.express.flat import FlatMarks

TICKERS = ("ACME", "BOLT", "CLOUD", "DRIFT", "BENCH")
ACME, BOLT, CLOUD, DRIFT, BENCH = range(5)
PAST, SESSIONS, LOOKBACK = 50, 48, 40
FIRST = "2026-04-01"
SPLIT, HALT, NO_OPEN = PAST + 21, PAST + 10, PAST
HOLIDAYS = [date(2026, 5, 25), date(2026, 6, 19), date(2026, 7, 3)]
SPREAD, FEE, BORROW, CASH, VOL, HALF = 4e-4, 0.65, 0.03, 0.04, 0.8, 0.06
HELD = {"ACME": 900.0, "BOLT": 400.0}
COSTS = Costs(
    half_spread=PriceConcession(default_bps=SPREAD * 1e4),
    borrow=Borrow(default_annual=BORROW),
    cash=CashInterest(rate_annual=CASH, margin_rate_annual=CASH),
)
ACCOUNT = Account(margin=MarginRules(on_call=OnMarginCall.REPORT))


@dataclass(frozen=True)
class Prices:
    """As adjusted and as quoted, opens and closes, (T, N)."""

    opens: Any
    closes: Any
    quoted_opens: Any
    quoted_closes: Any


def prices(seed: int = 3) -> Prices:
    draw = np.random.default_rng(seed)
    common = draw.normal(0.0, 0.025, (2 * (PAST + SESSIONS), 1))
    walk = 90.0 * np.exp(np.cumsum(common + draw.normal(0.0, 0.012, (len(common), len(TICKERS))), axis=0))
    opens, closes = walk[0::2].copy(), walk[1::2].copy()
    opens[NO_OPEN, CLOUD] = opens[NO_OPEN + 1, DRIFT] = np.nan
    opens[HALT : HALT + 2, CLOUD] = closes[HALT : HALT + 2, CLOUD] = np.nan
    closes[PAST - 7, DRIFT] = np.nan
    ratio = np.where(np.arange(len(opens)) < SPLIT, 2.0, 1.0)[:, None] * (np.arange(len(TICKERS)) == CLOUD)
    scale = np.where(ratio > 0.0, ratio, 1.0)
    return Prices(opens, closes, opens * scale, closes * scale)


def market(given: Prices | None = None) -> Market:
    found = prices() if given is None else given
    made = market_of({"open": found.opens, "close": found.closes}, TICKERS, first=FIRST)
    rows = [(made.sessions[SPLIT], "CLOUD", "split", 2.0)]
    table = pd.DataFrame(rows, columns=["date", "ticker", "kind", "value"]).assign(into="")
    quotes = Quotes(found.quoted_opens, found.quoted_closes, hb.load_actions(table))
    return dataclasses.replace(made, quotes=quotes)


def flat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Quotes of one volatility in place of the modelled ones."""

    def marks(market: Market, costs: Costs) -> FlatMarks:
        assert costs.borrow.default_annual == BORROW
        return FlatMarks(market, vol=VOL, half_usd=HALF)

    monkeypatch.setattr("hedgebook.strategies.book.with_options.ModelMarks", marks)


def hedged(on: Market, text: str, book: Book | None = None, **asked: Any) -> HedgedBook:
    fields = {"method": "multi_min_variance", "lookback": LOOKBACK, "ragged": "common", "rehedge": "every:10"} | asked
    held = Book(dict(HELD), "shares", 20_000.0) if book is None else book
    days = on.sessions[PAST], on.sessions[PAST + SESSIONS - 1]
    period = hb.Period(str(days[0]), str(days[1]))
    return hb.hedge_book(hb.HedgeBook(held, text, **fields), on, period, COSTS, ACCOUNT)


def oracle(
    found: Prices, names: list[str], option: int | None, kind: tuple[bool, float, int], left_days: int = 0,
    held: dict[str, float] | None = None, every: int = 10,
    contracts: dict[Listed, float] | None = None, cash: float = 20_000.0,
) -> Hedged:  # fmt: skip
    own = HELD if held is None else held
    written = contracts or {}
    adjusted = {name: found.closes[:, i].tolist() for i, name in enumerate(TICKERS)}

    def method(t: int, values: list[float]) -> dict[int, float]:
        on = dict.fromkeys((*own, *(one.ticker for one in written)))
        worth = {name: values[TICKERS.index(name)] for name in on if values[TICKERS.index(name)]}
        asked = multi_hedge(adjusted, worth, names, PAST + t, LOOKBACK)
        return {TICKERS.index(name): usd for name, usd in asked.items()}

    quoted = found.quoted_closes[:PAST]
    last = [next(p for p in reversed(quoted[:, i].tolist()) if not math.isnan(p)) for i in range(len(TICKERS))]
    days = [day.item() for day in session_days(PAST + SESSIONS, FIRST)]
    case = HedgeCase(
        dates=days[PAST:],
        today=days[PAST - 1],
        holidays=HOLIDAYS,
        opens=found.quoted_opens[PAST:].tolist(),
        closes=found.quoted_closes[PAST:].tolist(),
        before=last,
        held=[own.get(name, 0.0) for name in TICKERS],
        cash=cash,
        method=method,
        option=option,
        call=kind[0],
        delta=kind[1],
        days=kind[2],
        left_days=left_days,
        at=list(range(every, SESSIONS, every)),
        splits=[(SPLIT - PAST, CLOUD, 2.0)],
        vol=VOL,
        half=HALF,
        half_spread=SPREAD,
        fee=FEE,
        borrow=BORROW,
        cash_rate=CASH,
        own=[
            (Contract(TICKERS.index(one.ticker), one.right == "call", one.strike, one.expiry), count)
            for one, count in written.items()
        ],
    )
    return Hedged(case)
