"""Capacity: the capital at which costs eat a share of the P&L, held against runs with that capital."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest

from hedgebook.engine.account import Account, load_account
from hedgebook.engine.costs import Costs, load_costs
from hedgebook.errors import ParameterError
from hedgebook.strategies.capacity import Capacity, trade_capacity
from hedgebook.strategies.catalogue import FLAGSHIP, find_trade
from hedgebook.strategies.run import run_trade
from hedgebook.universes.event import load_events
from hedgebook.universes.market import Market
from hedgebook.universes.sample import sample_market


def capacity(
    market: Market, costs: Costs, account: Account | None = None, share: float = 0.5, **changes: Any
) -> Capacity:
    trade = find_trade(FLAGSHIP, **changes)
    return trade_capacity(trade, load_events().get(trade.event), market, costs, account, share=share)


def net_return(market: Market, costs: Costs, capital: float, account: Account | None = None, **changes: Any) -> float:
    trade = find_trade(FLAGSHIP, capital=capital, **changes)
    found = run_trade(trade, load_events().get(trade.event), market, costs, account).backtest
    return found.final_nav / capital - 1.0


def eaten(market: Market, costs: Costs, capital: float, **changes: Any) -> float:
    gross = net_return(market, Costs(), 1e6, **changes)
    return (gross - net_return(market, costs, capital, **changes)) / gross


IMPACT = Costs.model_validate({"impact": {"y": 0.7}})


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_at_the_capital_found_costs_eat_that_share(real_market: Market, share: float) -> None:
    costs = load_costs("default")
    found = capacity(real_market, costs, share=share, hold=19)
    assert 1e4 < found.capital_usd < 1e13
    assert eaten(real_market, costs, found.capital_usd, hold=19) == pytest.approx(share, abs=1e-6)
    assert eaten(real_market, costs, found.capital_usd * 0.9, hold=19) < share
    assert f"costs eat {share:.0%} of the P&L" in found.note
    assert found.gross_return == pytest.approx(0.1570, abs=5e-5)


def test_the_capacity_of_the_flagship(real_market: Market) -> None:
    """Its largest order is then half a day of volume, beyond what the impact law was measured on: an upper bound."""
    found = capacity(real_market, load_costs("default"))
    assert found.gross_return == pytest.approx(0.0442, abs=5e-5)
    assert found.capital_usd == pytest.approx(2.1798e9, rel=1e-4)
    assert "upper bound" in found.note


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
    trade = find_trade(FLAGSHIP)
    fills = run_trade(trade, load_events().get(trade.event), real_market, Costs()).fills
    multiples = []
    for fill in fills.itertuples():
        t = real_market.session_index(str(fill.session)[:10])
        i = real_market.column(str(fill.ticker))
        traded = [real_market.close[s, i] * real_market.volume[s, i] for s in range(t - 20, t)]
        multiples.append(abs(float(fill.shares)) * float(fill.reference) / (math.fsum(traded) / 20))
    assert curve["largest_order_adv"].iloc[0] == pytest.approx(max(multiples) * 1e4 / 1e6, rel=1e-2)


def test_a_trade_that_loses_has_nothing_to_eat(real_market: Market) -> None:
    found = capacity(real_market, load_costs("default"), long="neocloud", short="META")
    assert found.gross_return < 0
    assert math.isnan(found.capital_usd)
    assert found.note == "the trade earns nothing before costs, so there is nothing for them to eat"
    assert found.as_dict()["capacity_usd"] is None


def test_without_impact_capital_does_not_matter(real_market: Market) -> None:
    cheap = capacity(real_market, Costs.model_validate({"commission": {"rate_bps": 0.5}}))
    assert cheap.capital_usd == math.inf
    assert "costs eat less than 50% of the P&L at any capital" in cheap.note
    assert cheap.as_dict()["capacity_usd"] is None
    dear = capacity(real_market, Costs.model_validate({"half_spread": {"default_bps": 200}}))
    assert dear.capital_usd == 0.0
    assert "already at 10,000 USD" in dear.note
    assert capacity(real_market, Costs()).capital_usd == math.inf


@pytest.mark.parametrize("share", [0.0, -0.1, 1.01, math.nan, math.inf])
def test_a_share_that_is_none(share: float) -> None:
    with pytest.raises(ParameterError, match=r"share: this is not a share of the P&L .*above 0, up to 1"):
        capacity(sample_market(), load_costs("default"), share=share)


def test_caps_leave_part_of_the_trade_undone(real_market: Market) -> None:
    """Without any cost a cap alone eats the P&L of what is bought late.

    What a cap leaves over is sized on the next day's NAV and price, so the share jumps where an order needs one
    session more: at the capital found it is above what was asked for, just below it is not.
    """
    account = Account(orders=load_account("strict").orders)
    found = capacity(real_market, Costs(), account, hold=19)
    assert 1e7 < found.capital_usd < 1e12
    gross = net_return(real_market, Costs(), 1e6, hold=19)
    at, below = (net_return(real_market, Costs(), found.capital_usd * k, account, hold=19) for k in (1.0, 1 - 1e-6))
    assert (gross - below) / gross < 0.5 <= (gross - at) / gross


def test_the_sample_market_has_a_capacity_too() -> None:
    found = capacity(sample_market(), load_costs("default"))
    rows = found.as_dict()["curve"]
    assert [row["capital_usd"] for row in rows] == pytest.approx([10 ** (4 + k / 4) for k in range(37)])
    assert found.trade.name == FLAGSHIP
