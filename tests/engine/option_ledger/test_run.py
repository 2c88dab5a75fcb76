"""What a run with options refuses, and how it goes with schedules, rules and takeovers."""

from __future__ import annotations

import dataclasses
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook import options
from hedgebook.engine.account import Account
from hedgebook.engine.account.margin import MarginRules, OnMarginCall
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.engine.frictions.borrow import Borrow
from hedgebook.engine.frictions.costs import load_costs
from hedgebook.engine.frictions.financing import CashInterest
from hedgebook.engine.options.marks import marks_under
from hedgebook.engine.rules import Rules
from hedgebook.errors import InputError
from hedgebook.universes.actions.quotes import Quotes
from hedgebook.universes.market import Market
from tests.markets import market_of

FLAT = np.full((12, 2), 100.0)


def market(closes: Any = FLAT, actions: list[tuple[Any, ...]] | None = None) -> Market:
    found = market_of({"open": closes, "close": closes}, ("ACME", "BOLT"))
    if actions is None:
        return found
    rows = [(found.sessions[t], *rest) for t, *rest in actions]
    table = pd.DataFrame(rows, columns=["date", "ticker", "kind", "value", "into"])
    return dataclasses.replace(found, quotes=Quotes(closes, closes, hb.load_actions(table)))


def put(on: Market, t: int, strike: float = 90.0) -> options.Listed:
    return options.Listed("ACME", on.sessions[t].item(), "put", strike)


def flat_marks(on: Market, contract: options.Listed, mid: float = 5.0) -> options.ArrayMarks:
    table = np.full((len(on.sessions), 1), mid)
    return options.ArrayMarks([contract], on.sessions, table, table, table * 0.1, table * 0.1)


def test_without_contracts_it_is_the_ordinary_run() -> None:
    on = hb.sample_market().rows(500, 560)
    weights = np.array([[np.nan] * len(on.tickers), [np.nan] * len(on.tickers)])
    weights[:, on.column("META")], weights[:, on.column("CRWV")] = [0.5, 0.0], [-0.3, 0.0]
    plan = Schedule(on.tickers, on.close_at[[0, 20]], on.sessions[[1, 21]], np.array([0, 0]), weights)
    contract = options.Listed("META", on.sessions[40].item(), "call", 700.0)
    waits = [options.OptionTrade(contract, on.sessions[1], "open", 3)]
    none = options.ArrayMarks([contract], on.sessions, np.full((len(on.sessions), 1), np.nan))
    mixed = options.run_options(on, waits, none, "default", "plain", beside=options.StockBeside(plan))
    plain = run_schedule(on, plan, "default", "plain")
    for name in ("nav_open", "nav_close", "cash", "interest", "requirement"):
        np.testing.assert_array_equal(mixed.nav[name], plain.nav[name])
    assert (mixed.orders["reason"] == "no_price").sum() == 1


def test_a_stop_of_the_trade_closes_its_contracts() -> None:
    closes = FLAT.copy()
    closes[4:, 1] = 70.0
    on = market(closes)
    contract = put(on, 10)
    weights = np.array([[np.nan, 0.5]])
    plan = Schedule(on.tickers, on.close_at[[0]], on.sessions[[1]], np.array([0]), weights)
    trade = options.OptionTrade(contract, on.sessions[1], "open", 2)
    beside = options.StockBeside(plan, Rules(stop_loss=0.1))
    run = options.run_options(on, [trade], flat_marks(on, contract), "none", beside=beside)
    sold = run.fills[run.fills["ticker"] == run.names[-1]].iloc[-1]
    assert (sold["reason"], sold["contracts"], sold["mark"]) == ("stop_loss", -2.0, "open")
    assert sold["session"] == run.sessions[4]
    assert not len(run.holdings[run.holdings["session"] == run.sessions[-1]])


def test_a_takeover_for_cash_settles_contracts() -> None:
    closes = FLAT.copy()
    closes[6:, 0] = np.nan
    on = market(closes, [(6, "ACME", "delisting", 62.0, "")])
    contract = put(on, 10)
    run = options.run_options(
        on, [options.OptionTrade(contract, on.sessions[0], "open", 1)], flat_marks(on, contract), "none"
    )
    end = run.fills.iloc[-1]
    assert (end["reason"], end["price"], end["session"]) == ("exercised", 28.0, run.sessions[6])
    assert run.final_nav - run.capital == pytest.approx(100 * (28.0 - 5.5) - 0.65)


@pytest.mark.parametrize("cash", [0.0, 0.05])
@pytest.mark.parametrize(("per_contract", "count"), [(0.65, 2), (3.0, -4)])
def test_options_cost_what_marks_and_terms_say_and_nothing_under_costs_of_none(
    cash: float, per_contract: float, count: int
) -> None:
    """Bought and sold at mid: what it earns is contracts of 100 shares times the change of the mid."""
    on = market()
    contract = put(on, 10)
    mids = np.linspace(5.0, 9.0, 12)[:, None]
    marks = options.ArrayMarks([contract], on.sessions, mids, mids, mids * 0.1, mids * 0.2)
    trades = [
        options.OptionTrade(contract, on.sessions[1], "open", count),
        options.OptionTrade(contract, on.sessions[8], "close", None),
    ]
    terms = options.OptionTerms(per_contract_usd=per_contract)
    none = load_costs("none").model_copy(update={"cash": CashInterest(rate_annual=cash)})
    moved = 100.0 * count * (mids[8, 0] - mids[1, 0])
    run = options.run_options(on, trades, marks_under(marks, none), none, terms=terms.under(none))
    assert float(run.record.pnl.sum()) == pytest.approx(moved, abs=1e-9)
    assert sum(usd for name, usd in run.costs_paid.items() if name != "interest") == 0.0
    # Marks and terms that are given by hand are what somebody means, whatever shares cost.
    charged = options.run_options(on, trades, marks, none, terms=terms)
    fees = 2 * abs(count) * per_contract + 100 * abs(count) * (0.1 * mids[8, 0] + 0.2 * mids[1, 0])
    assert float(charged.record.pnl.sum()) == pytest.approx(moved - fees)
    lending = none.model_copy(update={"borrow": Borrow(default_annual=0.01)})
    assert marks_under(marks, lending) is marks
    assert terms.under(lending) == terms


@pytest.mark.parametrize("keep", [2.0, 0.1, 1.5])
def test_a_split_changes_no_worth(keep: float) -> None:
    closes = FLAT.copy()
    closes[5:, 0] /= keep
    on = market(closes, [(5, "ACME", "split", keep, "")])
    contract = put(on, 10)
    after = options.Listed("ACME", contract.expiry, "put", 90.0 / keep)
    mids = np.stack([np.full(12, 5.0), np.full(12, 5.0 / keep)], axis=1)
    marks = options.ArrayMarks([contract, after], on.sessions, mids, mids)
    trades = [
        options.OptionTrade(contract, on.sessions[0], "open", 10),
        options.OptionTrade(contract, on.sessions[8], "close", None),
    ]
    run = options.run_options(on, trades, marks, "none")
    fees = 0.65 * 10 * (1 + (keep if keep == round(keep) else 1))
    assert run.final_nav - run.capital == pytest.approx(-fees)
    np.testing.assert_allclose(run.nav["nav_close"].iloc[:8], run.capital - 6.5)


def test_what_it_refuses() -> None:
    on = market()
    contract = put(on, 3)
    marks, day = flat_marks(on, contract), on.sessions[0]
    good = options.OptionTrade(contract, day, "open", 1)
    cut = Account(margin=MarginRules(on_call=OnMarginCall.REDUCE))
    bought = market(FLAT, [(2, "ACME", "merger", 1.0, "BOLT")])
    for call, told in (
        (lambda: options.run_options(on, [], marks), "trades"),
        (lambda: options.run_options(on, [1], marks), "trades"),
        (lambda: options.run_options(on, [], marks), "there is no trade in it"),
        (lambda: options.run_options(on, [good], None), "marks"),
        (lambda: options.run_options(on, [good], marks, beside={}), "StockBeside"),
        (lambda: options.StockBeside(schedule=[good]), "schedule"),
        (lambda: options.StockBeside(legs={"AAA": 1}), "legs"),  # type: ignore[dict-item]
        (lambda: options.run_options(on, [good], marks, account=cut), "cuts positions"),
        (lambda: options.run_options(on, [options.OptionTrade(contract, on.sessions[5], "open", 1)], marks), "expired"),
        (lambda: options.run_options(on, [options.OptionTrade("NONE", day, "open", 1)], marks), "NONE"),
        (lambda: options.run_options(bought, [good], marks), "other shares"),
        (lambda: options.OptionTrade(contract, day, "open", 0.5), "whole"),
        (lambda: options.OptionTrade(contract, day, "noon", 1), "mark"),
        (lambda: options.option_requirement(90.0, 0.0, cast(Any, [1])), "no leg"),
    ):
        with pytest.raises(InputError, match=told):
            call()
