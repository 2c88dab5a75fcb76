"""A batch, simulated: the same final NAV as the single run of each set, rules, costs and limits on."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from hedgebook.engine.account import Account, load_account
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.engine.frictions.costs import Costs, load_costs
from hedgebook.engine.kernels.sets.tally import MEASURES
from hedgebook.engine.rules import Rules
from hedgebook.engine.sweep.batch.run import run_batch
from hedgebook.engine.sweep.batch.stage import SweepSetting
from hedgebook.engine.sweep.job import SweepJob
from hedgebook.engine.sweep.space import space_of
from hedgebook.engine.sweep.space.column import ChunkSets, ParameterColumn
from hedgebook.strategies.catalogue.read import find_trade
from hedgebook.strategies.run.run import run_trade
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.strategies.sweeping import FunctionSweep, TradeSweep
from hedgebook.universes.calendar import Mark
from hedgebook.universes.event import load_events
from hedgebook.universes.market import Market
from hedgebook.universes.sample import sample_market
from tests import markets

from .pools import EVENTS, SHIPPED, TRADE, related_market
from .single import drawn, given, sets_of

MARKET = related_market()
FINAL = MEASURES.index("final_nav")
COSTS = Costs.model_validate(
    {
        "name": "made up",
        "commission": {"rate_bps": 5},
        "half_spread": {"default_bps": 10},
        "impact": {"y": 0.5, "window_sessions": 10},
        "borrow": {"default_annual": 0.1},
        "cash": {"rate_annual": 0.04},
    }
)


def test_trades() -> None:
    market, events, trade = sample_market(), load_events(), find_trade()
    sweep, costs, account = TradeSweep(trade, events), load_costs("default"), load_account("strict")
    pools = {**SHIPPED, "target_vol": [None, 0.1, 0.4], "short_cap_frac": [None]}
    codes = drawn(pools, 150, 11)
    batch = sweep.batch(market, sets_of(sweep, pools, codes))
    blocks = np.zeros(len(market.sessions), dtype=np.int64)
    found = run_batch(SweepSetting(market, costs, account), batch, blocks).measures[:, FINAL]
    compared = 0
    for s in np.flatnonzero(batch.runs):
        changed = trade.replaced(**given(pools, codes, int(s)))
        run = run_trade(changed, events.get(changed.event), RunSetting(market, costs, account))
        np.testing.assert_allclose(found[s], run.backtest.final_nav, rtol=1e-10)
        compared += changed.rules.target_vol is not None and changed.gross != 1
    assert compared > 20
    assert np.isnan(found[~batch.runs]).all()


def rotation(market: Market, every: int, size: float) -> Schedule:
    """Each ticker in turn."""
    rows: list[tuple[int, Mark, list[float]]] = []
    for k, t in enumerate(range(22, len(market.sessions), every)):
        rows.append((t, Mark(k % 2), [size if i == k % 4 else 0.0 for i in range(len(market.tickers))]))
    return markets.schedule_of(market, rows)


def test_a_function() -> None:
    levels: dict[str, list[Any]] = {"every": [3, 10], "size": [-0.5, 0.9], "target_vol": [None, 0.1]}
    levels["band"] = [None, 0.1]
    sweep, costs = FunctionSweep(rotation), COSTS
    codes = np.indices([2, 2, 2, 2]).reshape(4, -1)
    sets = ChunkSets(
        0, {n: ParameterColumn(sweep.typed(n, v), code) for (n, v), code in zip(levels.items(), codes, strict=True)}
    )
    account, blocks = load_account("plain"), np.zeros(len(MARKET.sessions), dtype=np.int64)
    found = run_batch(SweepSetting(MARKET, costs, account), sweep.batch(MARKET, sets), blocks).measures[:, FINAL]
    for s, one in enumerate(sets):
        rules = Rules(target_vol=one.pop("target_vol"), band=one.pop("band"))
        run = run_schedule(MARKET, rotation(MARKET, **one), costs, account, rules=rules)
        np.testing.assert_allclose(found[s], run.final_nav, rtol=1e-10)


def test_a_set_tells_what_its_single_run_tells_of_halts_and_volume() -> None:
    """DRIFT stops printing in the trade: the best set says so as the run of its parameters does."""
    market = MARKET
    trade = TRADE.replaced(long="ACME", short="CLOUD", capital=1e9)
    event = EVENTS.get(trade.event)
    halted = {name: getattr(market, name).copy() for name in ("open", "close")}
    entry = market.session_index(str(run_trade(trade, event, RunSetting(market, COSTS)).plan.entry_session))
    for table in halted.values():
        table[entry + 1 :, market.column("ACME")] = np.nan
    market = dataclasses.replace(market, **halted)
    strategy = TradeSweep(trade, EVENTS)
    sets = space_of({"hold": "2:8:3"}).retyped(strategy.typed).grid()
    job = SweepJob(
        SweepSetting(market, COSTS, Account()), strategy, sets, np.zeros(len(market.sessions), dtype=np.int64)
    )
    for k, hold in enumerate((2, 5, 8)):
        single = run_trade(trade.replaced(hold=hold), event, RunSetting(market, COSTS)).backtest.warnings
        wanted = [note for note in single if "stale" in note or "of a day's volume" in note]
        assert [note for note in job.notes_of(k) if "stale" in note or "of a day's volume" in note] == wanted
        assert any("ACME is stale" in note for note in wanted)
        assert any("above 10%" in note for note in wanted)
