"""Calls before an ex-dividend date: exercised where what exercise gives is more than the call is worth after it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook import options
from hedgebook.universes.actions.quotes import Quotes
from tests.markets import market_of, session_days
from tests.oracle.option_tree import tree_price

FIRST, SESSIONS, EX, SPOT, RATE = "2026-05-18", 24, 8, 100.0, 0.0375


@pytest.mark.parametrize("usd", [0.4, 2.0, 5.0])
def test_modelled_calls_are_exercised_where_a_tree_says_so(usd: float) -> None:
    days = session_days(SESSIONS, FIRST)
    prices = np.full((SESSIONS, 1), SPOT)
    prices[EX:] -= usd
    plain = market_of({"open": prices, "close": prices}, ("ACME",), first=FIRST)
    paid = pd.DataFrame([(days[EX], "ACME", "dividend", usd, "")], columns=["date", "ticker", "kind", "value", "into"])
    market = dataclasses.replace(plain, quotes=Quotes(prices, prices, hb.load_actions(paid)))
    marks = options.ModelMarks(market)
    calls = [options.Listed("ACME", "2026-06-18", "call", float(k)) for k in range(70, 101, 2)]
    trades = [options.OptionTrade(one, days[EX - 4], "close", -1) for one in calls]
    terms = options.OptionTerms(rate_annual=RATE)
    run = options.run_options(market, trades, marks, "none", "plain", terms=terms)
    quoted = marks.marks(calls, [days[EX - 1]], "close")
    orders = run.orders[(run.orders["reason"] == "assigned") & (run.orders["session"] == pd.Timestamp(days[EX - 1]))]
    assigned = set(orders["ticker"])
    seen = []
    for k, one in enumerate(calls):
        years = float((np.datetime64(one.expiry) - days[EX - 1]).astype(int)) / 365.0
        after = tree_price(
            True, (SPOT - usd, one.strike, years, RATE, 0.0, float(quoted.vol_annual[0, k])), american=True
        )
        gain = SPOT - one.strike - after
        early = f"ACME 2026-06-18 C{one.strike:g}" in assigned
        if abs(gain) > 0.03:  # the put's own early exercise is worth a cent or two
            assert early == (gain > 0.0), (one, gain)
            seen.append(early)
    assert True in seen or usd < 1.0
    assert False in seen
