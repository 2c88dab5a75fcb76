"""Ledgers of options against hand-worked ones, to the cent (see PROVENANCE.md)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hedgebook import options
from hedgebook.engine.account import Account
from hedgebook.engine.account.orders import OrderLimits
from hedgebook.engine.backtest.flows import CashFlows
from hedgebook.engine.backtest.holdings import Holdings
from hedgebook.engine.frictions.borrow import Borrow
from hedgebook.engine.frictions.costs import Costs
from hedgebook.universes.calendar import trading_calendar
from hedgebook.universes.market import FIELDS, Market, Provenance, build_market
from hedgebook.universes.universe import Universe

CENT = 0.005 + 1e-9
NAMES = (
    "cash_secured_put_assigned", "cash_secured_put_expires", "collar_meta_both_expire", "collar_meta_called_away",
    "collar_meta_put_exercised", "covered_call_assigned", "covered_call_assigned_early", "covered_call_expires",
    "long_put_exercised_naked", "long_put_sold_before_expiry", "protective_put_exercised", "put_spread_above",
    "put_spread_below", "put_spread_between", "short_call_assigned_early_naked", "synthetic_short_down",
    "synthetic_short_up",
)  # fmt: skip
# What the ledgers say in words.
FEES = {"long_put_exercised_naked": 0.10, "short_call_assigned_early_naked": 0.005}
OPENS = {"short_call_assigned_early_naked": ("2026-03-12", 57.20)}
DIVIDENDS = dict.fromkeys(("short_call_assigned_early_naked", "covered_call_assigned_early"), ("2026-03-12", 1.25))
AFTER = {
    "long_put_exercised_naked": "next_open",
    "short_call_assigned_early_naked": "next_open",
    "cash_secured_put_assigned": "keep",
}


def listed(name: str) -> options.Listed:
    ticker, expiry, code = name.split()
    return options.Listed(ticker, np.datetime64(expiry).item(), "put" if code[0] == "P" else "call", float(code[1:]))


def market_of(given: dict[str, Any], ticker: str, opened: tuple[str, float] | None) -> Market:
    """The days of a ledger and the one before, each at its one price, but for an open that is told."""
    calendar = trading_calendar(2025, 2027)
    days = np.array(sorted(given["prices"]), dtype="datetime64[D]")
    before = calendar.sessions[np.searchsorted(calendar.sessions, days[0]) - 1]
    closes = np.array([float(given["prices"][str(day)][ticker]) for day in days])
    close = np.concatenate([closes[:1], closes])[:, None]
    opens, days = close.copy(), np.concatenate([[before], days])
    if opened is not None:
        opens[np.searchsorted(days, np.datetime64(opened[0])), 0] = opened[1]
    tables = {field: np.full(close.shape, np.nan) for field in FIELDS} | {"open": opens, "close": close}
    said = Provenance("golden", "", str(days[0]), str(days[-1]), simulated=True)
    return build_market(calendar, days, (ticker,), tables, Universe.of([ticker], name="golden"), said)


def marks_of(given: dict[str, Any]) -> options.ArrayMarks:
    days = sorted(given["prices"])
    names = sorted({name for quotes in given["prices"].values() for name in quotes if " " in name})
    quotes = [[given["prices"][day].get(name, [np.nan, np.nan]) for name in names] for day in days]
    bid, ask = np.moveaxis(np.array(quotes, dtype=float), 2, 0)
    contracts = [listed(name) for name in names]
    return options.ArrayMarks(contracts, days, close=(bid + ask) / 2, close_half_width=(ask - bid) / 2)


def trades_of(given: dict[str, Any]) -> list[options.OptionTrade]:
    found = []
    for row in given["ledger"]:
        words = row["event"].split()
        if words[0] in ("buy", "sell"):
            count = float(words[1]) * (1 if words[0] == "buy" else -1)
            found.append(options.OptionTrade(listed(" ".join(words[2:5])), row["day"], "close", count))
    return found


def run_of(given: dict[str, Any]) -> options.OptionRun:
    name, ticker = given["name"], next(name for name in given["prices"][min(given["prices"])] if " " not in name)
    flows = None
    if name in DIVIDENDS:
        day, usd = DIVIDENDS[name]
        flows = CashFlows((ticker,), np.array([day], dtype="datetime64[D]"), np.array([0]), np.array([usd]))
    account = Account(capital_usd=float(given["opening_nav"]), orders=OrderLimits(whole_shares=True))
    terms = options.OptionTerms(0.65, AFTER.get(name, "same_close"), rate_annual=0.04)
    costs = Costs(borrow=Borrow(default_annual=FEES.get(name, 0.0)))
    held = Holdings({key: float(value) for key, value in given["opening_shares"].items()})
    market = market_of(given, ticker, OPENS.get(name))
    return options.run_options(
        market,
        trades_of(given),
        marks_of(given),
        costs,
        account,
        terms=terms,
        beside=options.StockBeside(holdings=held, flows=flows),
    )


@pytest.mark.parametrize("name", NAMES)
def test_ledgers(name: str, shared: Path) -> None:
    given = json.loads((shared / "golden" / "options" / "ledgers" / f"{name}.json").read_text())
    run = run_of(given)
    ours = run.ledger
    left = [(str(row.session.date()), row.cash_change) for row in ours.itertuples()]
    for row in given["ledger"]:
        wanted = float(row["cash_change"])
        if wanted != 0.0:
            hits = [n for n, (day, usd) in enumerate(left) if day == row["day"] and abs(usd - wanted) <= CENT]
            assert hits, f"{row['event']}: {left}"
            left.pop(hits[0])
    assert all(abs(usd) <= 1e-9 for _, usd in left), left
    for day in {row["day"] for row in given["ledger"]}:
        rows = [row for row in given["ledger"] if row["day"] == day]
        assert run.nav["cash"][day] == pytest.approx(float(rows[-1]["cash"]), abs=CENT)
        assert run.nav["nav_close"][day] == pytest.approx(float(rows[-1]["nav"]), abs=CENT)
        held = run.holdings[run.holdings["session"] == day]
        sizes = held["contracts"].fillna(held["shares"])
        assert dict(zip(held["ticker"], sizes, strict=True)) == rows[-1]["positions"]
        for mark in (row for row in rows if row["event"].startswith("mark before")):
            own = ours[(ours["session"] == day) & (ours["entry"] == "mark")]
            assert own["nav"].tolist() == pytest.approx([float(mark["nav"])], abs=CENT)
    assert run.final_nav - run.capital == pytest.approx(float(given["pnl"]), abs=CENT)
    paid = run.costs_paid
    assert paid["commission"] == pytest.approx(float(given["fees"]), abs=1e-9)
    assert paid["spread"] == pytest.approx(float(given["half_spread_paid_on_options"]), abs=1e-9)
    assert run.ledger["cash"].iloc[-1] == pytest.approx(run.nav["cash"].iloc[-1], abs=1e-9)
