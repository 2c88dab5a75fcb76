"""What rule 201 would have stopped of the flagship on 2026-07-01, with the numbers, and where it stops nothing."""

from __future__ import annotations

import dataclasses
import math
from datetime import date
from typing import Any

import numpy as np
import pytest

from hedgebook.engine.account import Account
from hedgebook.engine.frictions.costs import load_costs
from hedgebook.strategies.catalogue.read import FLAGSHIP, find_trade
from hedgebook.strategies.run.run import TradeRun, run_trade
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.universes.event import load_events
from hedgebook.universes.market import Market

from ..conftest import PlainPrices


def run(market: Market, on_rule_201: str = "ignore", costs: str = "none", **changes: Any) -> TradeRun:
    trade = find_trade(FLAGSHIP, **changes)
    account = Account(shorts={"rule_201": on_rule_201})
    return run_trade(trade, load_events().get(trade.event), RunSetting(market, load_costs(costs), account))


@pytest.mark.parametrize("on_rule_201", ["ignore", "defer", "reject"])
def test_the_shorts_that_were_barred(real_market: Market, plain_prices: PlainPrices, on_rule_201: str) -> None:
    """The gap at the open alone bars CRWV and NBIS that day and the next; 07-03 is a holiday."""
    day = plain_prices.dates.index(date(2026, 7, 1))
    gaps = {t: plain_prices.open[t][day] / plain_prices.close[t][day - 1] - 1 for t in ("CRWV", "NBIS", "APLD")}
    assert {t: round(100 * gap, 2) for t, gap in gaps.items()} == {"CRWV": -10.72, "NBIS": -13.00, "APLD": -3.77}
    bars = run(real_market, on_rule_201).short_sale_bars
    assert [(b.ticker, str(b.session), b.mark, b.barred_until) for b in bars] == [
        ("CRWV", "2026-07-01", "open", "2026-07-06 open"),
        ("NBIS", "2026-07-01", "open", "2026-07-06 open"),
    ]
    for bar in bars:
        assert bar.gap_frac == pytest.approx(gaps[bar.ticker], rel=1e-12)


@pytest.mark.parametrize(
    ("costs", "hold", "ignored", "deferred", "rejected"),
    [
        ("none", 1, 0.0230, -0.0074, -0.0074),
        ("none", 19, 0.1570, 0.1371, 0.0405),
        ("none", 20, 0.0442, 0.0197, -0.0199),
        ("flat", 20, 0.0429, 0.0184, -0.0198),
    ],
)
def test_what_it_costs_the_flagship(
    real_market: Market, costs: str, hold: int, ignored: float, deferred: float, rejected: float
) -> None:
    for rule, expected in (("ignore", ignored), ("defer", deferred), ("reject", rejected)):
        found = run(real_market, rule, costs, hold=hold).backtest
        assert found.final_nav / found.capital - 1 == pytest.approx(expected, abs=5e-5)
        assert (("rule_201" in set(found.rejected["reason"])) is False) == (rule == "ignore")


def test_the_deferred_shorts_written_out(real_market: Market, plain_prices: PlainPrices) -> None:
    """META and APLD at the open of 07-01, CRWV and NBIS at that of 07-06 on the NAV of that moment; no costs."""
    at = plain_prices.dates.index
    first, again, last = at(date(2026, 7, 1)), at(date(2026, 7, 6)), at(date(2026, 7, 30))
    opened, closed = plain_prices.open, plain_prices.close
    early = {"META": 0.5e6 / opened["META"][first], "APLD": -1e6 / 6 / opened["APLD"][first]}
    nav = 1e6 + math.fsum(q * (opened[t][again] - opened[t][first]) for t, q in early.items())
    late = {t: -nav / 6 / opened[t][again] for t in ("CRWV", "NBIS")}
    earned = [q * (closed[t][last] - opened[t][first]) for t, q in early.items()]
    earned += [q * (closed[t][last] - opened[t][again]) for t, q in late.items()]
    found = run(real_market, "defer").backtest
    assert found.final_nav == pytest.approx(1e6 + math.fsum(earned), abs=1e-6)
    waits = found.rejected[["session", "mark", "ticker", "status", "reason"]].astype(str).to_numpy().tolist()
    assert waits == [["2026-07-01", "open", t, "deferred", "rule_201"] for t in ("CRWV", "NBIS")]
    short = run(real_market, "reject").backtest
    assert short.final_nav == pytest.approx(1e6 + math.fsum(earned[:2]), abs=1e-6)
    assert short.warnings[-1] == "ordered but never filled: CRWV, NBIS"


def test_a_long_leg_is_never_barred_and_a_calm_entry_neither(real_market: Market) -> None:
    assert run(real_market, long="NBIS", short="META").short_sale_bars == ()
    assert run(real_market, delay=3, hold=10).short_sale_bars == ()
    assert run(real_market, hindsight=True).short_sale_bars == ()


def test_a_bar_that_outlasts_the_trade_has_no_end_in_it(real_market: Market) -> None:
    bars = run(real_market, hold=1).short_sale_bars
    assert [(bar.ticker, bar.barred_until) for bar in bars] == [("CRWV", None), ("NBIS", None)]


@pytest.mark.parametrize(("factor", "barred"), [(1.0, False), (1.1, True)])
def test_the_gap_is_told_from_the_last_close_that_there_was(real_market: Market, factor: float, barred: bool) -> None:
    """Without its close of the day before NBIS fell by 8 % from the one before that, or by more from a higher one."""
    i, t = real_market.column("NBIS"), real_market.session_index("2026-07-01")
    close, low = real_market.close.copy(), real_market.low.copy()
    close[t - 1, i] = low[t - 1, i] = np.nan
    close[t - 2, i] *= factor
    found = {bar.ticker: bar for bar in run(dataclasses.replace(real_market, close=close, low=low)).short_sale_bars}
    assert ("NBIS" in found) is barred
    if barred:
        gap = real_market.open[t, i] / (real_market.close[t - 2, i] * factor) - 1
        assert found["NBIS"].gap_frac == pytest.approx(gap, rel=1e-12)
