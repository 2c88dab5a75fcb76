"""Capacity: the capital at which costs eat a share of the P&L, held against runs with that capital."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.engine.account import Account, load_account
from hedgebook.engine.frictions.costs import Costs, load_costs
from hedgebook.errors import ParameterError
from hedgebook.strategies.catalogue.read import FLAGSHIP, find_trade
from hedgebook.strategies.run.capacity import StrategyCapacity, strategy_capacity
from hedgebook.strategies.run.run import run_strategy, run_trade
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.strategies.strategy.weights import TargetWeights
from hedgebook.universes.event import load_events
from hedgebook.universes.market import Market
from hedgebook.universes.sample import sample_market


def capacity(
    market: Market,
    costs: Costs,
    account: Account | None = None,
    share: float = 0.5,
    participation: float = 0.1,
    **changes: Any,
) -> StrategyCapacity:
    trade, events = find_trade(FLAGSHIP, **changes), load_events()
    return strategy_capacity(
        trade, RunSetting(market, costs, account or Account(), events=events), participation=participation, share=share
    )


def multiples_of(market: Market, capital: float, window: int = 20, **changes: Any) -> dict[tuple[str, str, str], float]:
    """Each order of the trade without costs, over the mean of the daily values before it; plain Python."""
    trade = find_trade(FLAGSHIP, capital=capital, **changes)
    found = {}
    for fill in run_trade(trade, load_events().get(trade.event), RunSetting(market, Costs())).fills.itertuples():
        t, i = market.session_index(str(fill.session)[:10]), market.column(str(fill.ticker))
        traded = [market.close[s, i] * market.volume[s, i] for s in range(t - window, t)]
        of_adv = abs(float(fill.shares)) * float(fill.reference) / (math.fsum(traded) / window)
        found[(str(fill.ticker), str(fill.session)[:10], str(fill.mark))] = of_adv
    return found


@pytest.mark.parametrize("participation", [0.1, 0.02])
def test_the_headline_is_the_capital_whose_largest_order_is_that_share_of_volume(
    real_market: Market, participation: float
) -> None:
    found = capacity(real_market, load_costs("default"), participation=participation)
    multiples = multiples_of(real_market, found.capital_usd)
    largest = max(multiples, key=lambda order: multiples[order])
    assert multiples[largest] == pytest.approx(participation, rel=1e-9)
    assert found.largest is not None
    assert (found.largest.ticker, found.largest.session, found.largest.mark) == largest
    to_dict = found.to_dict()
    assert (to_dict["capacity_usd"], to_dict["participation"]) == (found.capital_usd, participation)
    assert f"{found.capital_usd:,.0f} USD" in found.note
    assert f"is {100 * participation:g}% of its average daily value" in found.note
    assert found.participation == found.asked_participation == participation
    # What costs and other limits do to a run does not change what the trade would order.
    strict = load_account("strict")
    uncapped = strict.model_copy(update={"orders": strict.orders.model_copy(update={"participation_frac": None})})
    for account in (uncapped, capped_at(participation)):
        again = capacity(real_market, Costs(), account, participation=participation)
        assert again.capital_usd == pytest.approx(found.capital_usd, rel=1e-12)
        assert again.note == found.note


def capped_at(frac: float, **orders: Any) -> Account:
    return Account.model_validate({"name": "mine", "orders": {"participation_frac": frac, **orders}})


@pytest.mark.parametrize(("cap", "window"), [(0.03, 20), (0.07, 10)])
def test_an_account_that_caps_orders_gives_the_headline(real_market: Market, cap: float, window: int) -> None:
    found = capacity(real_market, load_costs("default"), capped_at(cap, adv_window_sessions=window))
    multiples = multiples_of(real_market, found.capital_usd, window=window)
    largest = max(multiples, key=lambda order: multiples[order])
    assert multiples[largest] == pytest.approx(cap, rel=1e-9)
    assert found.largest is not None
    assert (found.largest.ticker, found.largest.session, found.largest.mark) == largest
    assert (found.participation, found.asked_participation, found.to_dict()["participation"]) == (cap, 0.1, cap)
    assert f"is {100 * cap:g}% of its average daily value, the most that account mine trades" in found.note
    assert "(10% was asked for)" in found.note
    # Just below it nothing waits, above it an order does.
    for factor, waits in ((0.999, False), (1.001, True)):
        trade = find_trade(FLAGSHIP, capital=found.capital_usd * factor)
        account = capped_at(cap, adv_window_sessions=window)
        run = run_trade(trade, load_events().get(trade.event), RunSetting(real_market, Costs(), account)).backtest
        assert ("cap" in set(run.rejected["reason"])) == waits


def test_a_cap_holds_for_the_orders_of_a_session_together(real_market: Market) -> None:
    """In at the open and out at the close of one session: both orders share what may be traded that day."""
    found = capacity(real_market, Costs(), capped_at(0.05), hold=0)
    together: dict[tuple[str, str], float] = {}
    for (ticker, session, _), multiple in multiples_of(real_market, found.capital_usd, hold=0).items():
        together[ticker, session] = together.get((ticker, session), 0.0) + multiple
    largest = max(together, key=lambda order: together[order])
    assert together[largest] == pytest.approx(0.05, rel=1e-9)
    assert found.largest is not None
    assert (found.largest.ticker, found.largest.session) == largest
    assert found.largest.mark == "open and close"
    assert "are together 5% of its average daily value" in found.note


def test_without_volume_no_capital_follows_from_it(real_market: Market) -> None:
    unknown = real_market.column("APLD")
    volume = real_market.volume.copy()
    volume[:, unknown] = math.nan
    found = capacity(dataclasses.replace(real_market, volume=volume), IMPACT)
    assert found.unknown == ("APLD",)
    assert "without APLD, whose volume before the order is unknown" in found.note
    assert found.largest is not None
    assert found.largest.ticker != "APLD"
    volume[:] = math.nan
    nothing = capacity(dataclasses.replace(real_market, volume=volume), IMPACT)
    assert math.isnan(nothing.capital_usd)
    assert nothing.to_dict()["capacity_usd"] is None
    assert "no volume is known before any order" in nothing.note


@pytest.mark.parametrize("participation", [0.0, -0.1, 10.0, math.nan])
def test_a_participation_that_is_none(participation: float) -> None:
    with pytest.raises(ParameterError, match=r"participation: this is not a share of a day's volume .*0.1 is ten per"):
        capacity(sample_market(), load_costs("default"), participation=participation)


def net_return(market: Market, costs: Costs, capital: float, account: Account | None = None, **changes: Any) -> float:
    trade = find_trade(FLAGSHIP, capital=capital, **changes)
    found = run_trade(trade, load_events().get(trade.event), RunSetting(market, costs, account or Account())).backtest
    return found.final_nav / capital - 1.0


def eaten(market: Market, costs: Costs, capital: float, **changes: Any) -> float:
    gross = net_return(market, Costs(), 1e6, **changes)
    return (gross - net_return(market, costs, capital, **changes)) / gross


IMPACT = Costs.model_validate({"impact": {"y": 0.7}})


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_at_the_capital_found_costs_eat_that_share(real_market: Market, share: float) -> None:
    costs = load_costs("default")
    found = capacity(real_market, costs, share=share, hold=19)
    assert 1e4 < found.costs_usd < 1e13
    assert eaten(real_market, costs, found.costs_usd, hold=19) == pytest.approx(share, abs=1e-6)
    assert eaten(real_market, costs, found.costs_usd * 0.9, hold=19) < share
    assert f"costs eat {share:.0%} of the P&L" in found.costs_note
    assert found.gross_return == pytest.approx(0.1570, abs=5e-5)


def test_the_capacity_of_the_flagship(real_market: Market) -> None:
    """Its largest order is then half a day of volume, beyond what the impact law was measured on: an upper bound."""
    found = capacity(real_market, load_costs("flat"))
    assert found.gross_return == pytest.approx(0.0442, abs=5e-5)
    assert found.costs_usd == pytest.approx(2.1798e9, rel=1e-4)
    assert "upper bound" in found.costs_note


def test_the_share_eaten_grows_with_capital_and_by_the_square_root_law(real_market: Market) -> None:
    shares = [eaten(real_market, IMPACT, 10.0**k, hold=19) for k in range(4, 10)]
    assert all(small < large for small, large in itertools.pairwise(shares))
    # A hundred times the capital pays ten times the impact, as long as that changes the sizes little.
    assert shares[2] / shares[0] == pytest.approx(10.0, rel=2e-3)
    curve = capacity(real_market, IMPACT, hold=19).curve
    assert curve["share_eaten"].iloc[:20].is_monotonic_increasing
    assert curve["share_eaten"].iloc[8] == pytest.approx(eaten(real_market, IMPACT, curve.index[8], hold=19), rel=1e-9)


def test_the_largest_order_over_its_daily_volume(real_market: Market) -> None:
    curve = capacity(real_market, IMPACT).curve
    multiples = multiples_of(real_market, 1e6).values()
    assert curve["largest_order_adv"].iloc[0] == pytest.approx(max(multiples) * 1e4 / 1e6, rel=1e-2)


def test_a_trade_that_loses_has_nothing_to_eat(real_market: Market) -> None:
    found = capacity(real_market, load_costs("default"), long="neocloud", short="META")
    assert found.gross_return < 0
    assert math.isnan(found.costs_usd)
    assert found.costs_note == "it earns nothing before costs, so there is nothing for them to eat"
    assert found.to_dict()["costs_capacity_usd"] is None
    assert found.curve["share_eaten"].isna().all()
    # What it loses to costs, less the interest that it gets, stands in the curve all the same.
    net = net_return(market=real_market, costs=load_costs("default"), capital=1e4, long="neocloud", short="META")
    assert found.curve["lost_to_costs"].iloc[0] == pytest.approx(found.gross_return - net, rel=1e-9)


def test_without_impact_capital_does_not_matter(real_market: Market) -> None:
    cheap = capacity(real_market, Costs.model_validate({"commission": {"rate_bps": 0.5}}))
    assert cheap.costs_usd == math.inf
    assert "costs eat less than 50% of the P&L at any capital" in cheap.costs_note
    assert cheap.to_dict()["costs_capacity_usd"] is None
    dear = capacity(real_market, Costs.model_validate({"half_spread": {"default_bps": 200}}))
    assert dear.costs_usd == 0.0
    assert "already at 10,000 USD" in dear.costs_note
    assert capacity(real_market, Costs()).costs_usd == math.inf


@pytest.mark.parametrize("share", [0.0, -0.1, 1.01, math.nan, math.inf])
def test_a_share_that_is_none(share: float) -> None:
    with pytest.raises(ParameterError, match=r"share: this is not a share of the P&L .*above 0, up to 1"):
        capacity(sample_market(), load_costs("default"), share=share)


def test_caps_leave_part_of_the_trade_undone_which_is_no_cost(real_market: Market) -> None:
    """Without any cost a cap alone takes the P&L of what is bought late, and costs eat none of it.

    What a cap leaves over is sized on the next day's NAV and price, so the share jumps where an order needs one
    session more: at the capital found it is above what was asked for, just below it is not.
    """
    account = Account(orders=load_account("strict").orders)
    found = capacity(real_market, Costs(), account, hold=19)
    assert (found.costs_usd, found.to_dict()["costs_capacity_usd"]) == (math.inf, None)
    assert (found.curve["lost_to_costs"] == 0.0).all()
    assert 1e7 < found.limits_usd < 1e12
    assert found.limits_note.startswith(f"from {found.limits_usd:,.0f} USD on the account's limits take 50% or more")
    gross = net_return(real_market, Costs(), 1e6, hold=19)
    at, below = (net_return(real_market, Costs(), found.limits_usd * k, account, hold=19) for k in (1.0, 1 - 1e-6))
    assert (gross - below) / gross < 0.5 <= (gross - at) / gross


@pytest.mark.parametrize("hold", [8, 19])
def test_what_limits_and_costs_take_adds_up(real_market: Market, hold: int) -> None:
    """Each part from runs of its own: without either, without costs in the account, and with both."""
    costs, account = load_costs("default"), load_account("strict")
    found = capacity(real_market, costs, account, hold=hold)
    # The recovery of a delisting is no limit: both runs without costs have it.
    gross = net_return(real_market, Costs(), 1e6, Account(delisting=account.delisting), hold=hold)
    assert found.gross_return == pytest.approx(gross, rel=1e-12)
    for capital in found.curve.index[[0, 8, 16, 22]]:
        row = found.curve.loc[capital]
        kept = net_return(real_market, Costs(), capital, account, hold=hold)
        net = net_return(real_market, costs, capital, account, hold=hold)
        parts = {"net_return": net, "lost_to_limits": gross - kept, "lost_to_costs": kept - net}
        assert {name: row[name] for name in parts} == pytest.approx(parts, rel=1e-9, abs=1e-12)
        assert row["limits_share"] == pytest.approx((gross - kept) / gross, rel=1e-9)
        if kept > 0.0:
            assert row["share_eaten"] == pytest.approx((kept - net) / kept, rel=1e-9)
    left = found.gross_return - found.curve["lost_to_limits"] - found.curve["lost_to_costs"] - found.curve["net_return"]
    assert left.abs().max() < 1e-15
    plain = capacity(real_market, costs, hold=hold)
    assert (plain.curve["lost_to_limits"] == 0.0).all()
    assert (plain.limits_usd, plain.limits_note) == (math.inf, "")


def test_an_account_that_leaves_nothing_to_earn_says_so(real_market: Market) -> None:
    """Without any share to borrow the flagship is long META alone, which fell until the end of the month."""
    account = Account.model_validate(
        {"shorts": {"no_locate": [{"names": ["neocloud"], "first": "2026-01-01", "last": "2026-12-31"}]}}
    )
    assert net_return(real_market, Costs(), 1e6, account) < 0.0
    found = capacity(real_market, load_costs("default"), account)
    assert math.isnan(found.costs_usd)
    assert "earns nothing before costs in this account" in found.costs_note
    assert found.limits_usd == 0.0
    assert "the account's limits take 50% or more" in found.limits_note


def test_the_sample_market_has_a_capacity_too() -> None:
    found = capacity(sample_market(), load_costs("default"))
    rows = found.to_dict()["curve"]
    assert [row["capital_usd"] for row in rows] == pytest.approx([10 ** (4 + k / 4) for k in range(37)])
    assert found.trade.name == FLAGSHIP


def test_a_share_that_is_jumped_over_is_not_said_to_be_reached(real_market: Market) -> None:
    """Under a cap on volume an order takes more sessions from some capital on: below half there, above half here."""
    trade, event = find_trade(FLAGSHIP), load_events().get("microsoft-leases-2025-02")
    costs, strict = load_costs("default"), load_account("strict")
    free = Costs(impact=costs.impact.model_copy(update={"y": 0.0}))
    found = strategy_capacity(
        trade.replaced(event=event.id), RunSetting(real_market, costs, strict, events=load_events())
    )
    eaten, fills = [], []
    for capital in (found.costs_usd * (1.0 - 1e-9), found.costs_usd):
        kept, net = (
            run_trade(trade.replaced(capital=capital), event, RunSetting(real_market, one, strict)).backtest
            for one in (free, costs)
        )
        eaten.append(1.0 - (net.final_nav / capital - 1.0) / (kept.final_nav / capital - 1.0))
        fills.append(len(net.fills))
    assert eaten[0] < 0.5
    assert eaten[1] > 0.51
    assert fills[0] != fills[1]
    assert f"there {eaten[1]:.1%} at once" in found.costs_note
    assert "costs eat 50% of the P&L" not in found.costs_note


def turns(market: Market, every: int = 5) -> pd.DataFrame:
    """META against CRWV, NBIS by turns, as a table of weights."""
    days = pd.DatetimeIndex(market.sessions[-80:-4:every].astype("datetime64[ns]"))
    side = np.where(np.arange(len(days)) % 2, 1.0, 0.4)
    return pd.DataFrame({"META": 0.5 * side, "CRWV": -0.3 * side, "NBIS": -0.2 * side[::-1]}, index=days)


def test_a_table_of_weights_has_a_capacity_that_its_own_orders_confirm(market: hb.Market) -> None:
    impact = Costs.model_validate({"impact": {"y": 0.7}, "half_spread": {"default_bps": 3}})
    strategy = TargetWeights(frame=turns(market))
    found = strategy_capacity(strategy, RunSetting(market, impact), participation=0.05)
    assert found.largest is not None
    # An order of that share of the average daily value before it, at the capital that was found and without costs.
    run = run_strategy(strategy.replaced(capital=found.capital_usd), RunSetting(market, Costs(), Account()))
    orders = {(o.ticker, f"{o.session:%Y-%m-%d}", o.mark): o for o in run.fills.itertuples()}
    fill = orders[found.largest.ticker, found.largest.session, found.largest.mark]
    at, column = market.session_index(found.largest.session), market.column(found.largest.ticker)
    window = impact.impact.window_sessions
    values = (market.close * market.volume)[at - window : at, column]
    assert abs(fill.shares) * fill.reference / np.nanmean(values) == pytest.approx(0.05, rel=1e-9)
    for capital in found.curve.index[[0, 14, 20]]:
        asked = strategy.replaced(capital=float(capital))
        alone = run_strategy(asked, RunSetting(market, impact, Account())).backtest
        assert found.curve["net_return"][capital] == pytest.approx(alone.final_nav / capital - 1.0, rel=1e-12)
    assert found.to_dict()["trade"] == "weights"


def test_signals_and_functions_and_schedules_have_one_too(market: hb.Market) -> None:
    held = turns(market) > 0
    signals = hb.signals(held, ~held, size=0.2)
    for given in (signals, lambda market: turns(market, 10), hb.backtest(turns(market), market).plan.schedule):
        found = hb.capacity(given, market, participation=0.02)
        assert 0.0 < found.capital_usd < 1e13
        assert "its average daily value" in found.note


def test_hedges_are_for_event_trades(market: hb.Market) -> None:
    with pytest.raises(ParameterError, match="event trade"):
        hb.hedges(TargetWeights(frame=turns(market)), market)


def test_a_ruin_is_marked_by_capital(real_market: Market) -> None:
    """Nine times the capital against neoclouds on the day that they rose: nothing is left at any size."""
    costs, changes = load_costs("default"), {"event": "oracle-rpo-2025", "gross": 9.0, "hold": 10}
    found = capacity(real_market, costs, **changes)
    for capital in (found.curve.index[0], found.curve.index[8]):
        trade = find_trade(FLAGSHIP, capital=float(capital), **changes)
        run = run_trade(trade, load_events().get(trade.event), RunSetting(real_market, costs))
        lost = bool((run.nav[["nav_open", "nav_close"]] <= 0.0).any(axis=None))
        assert bool(found.curve.loc[capital, "ruined"]) == lost
    assert found.curve["ruined"].any()
    calm = capacity(real_market, costs, event="oracle-rpo-2025", gross=0.5)
    assert not calm.curve["ruined"].any()


def test_it_says_which_costs_were_inherited(real_market: Market, tmp_path: Any) -> None:
    tables = "[slippage]\ndefault_bps = 3.0\n[cash]\nrate_annual = 0.01\nmargin_rate_annual = 0.03\n"
    (tmp_path / "own.toml").write_text(tables)
    found = hb.capacity("long-meta-short-neocloud", real_market, costs=tmp_path / "own.toml")
    told = [line for line in found.warnings if line.startswith("costs own.toml")]
    assert told == ["costs own.toml: as in the default costs: commission, half_spread, impact, borrow, liquidity"]
    assert found.to_dict()["warnings"] == list(found.warnings)
    assert set(real_market.warnings) <= set(found.warnings)
