"""Hedge methods inside a trade: real prices against plain Python, the other sign, bounds, and no look-ahead."""

from __future__ import annotations

import dataclasses
import math
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.frictions.costs import load_costs
from hedgebook.engine.hedging.estimate import estimate_hedge
from hedgebook.engine.hedging.legs import HedgeLegs
from hedgebook.engine.hedging.request import HEDGE_PARAMETERS, HedgeRequest, Method
from hedgebook.errors import ParameterError, PriceDataError
from hedgebook.reports.run.orders.weights import weights_table
from hedgebook.strategies.catalogue.read import find_trade
from hedgebook.strategies.run.run import run_trade
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.strategies.trade.plan import TradePlan, plan_trade
from hedgebook.universes.event import load_events
from hedgebook.universes.market import Market
from hedgebook.universes.sample import sample_market
from tests import markets
from tests.oracle import trade_hedge as oracle

from ..conftest import PlainPrices

NEOCLOUD = ["CRWV", "NBIS", "APLD"]
ALL = [method.value for method in Method]
# Method, USD short per USD long, return of the flagship over 20 sessions without costs: from the plain Python of
# tests/oracle/trade_hedge.py on the file of real prices.
FLAGSHIP = [
    ("dollar", 1.0000, 0.0442),
    ("beta", 0.4306, -0.0185),
    ("min_variance", 0.1070, -0.0829),
    ("min_variance_each", 0.0824, -0.0893),
    ("multi_min_variance", 0.1035, -0.0824),
    ("factor_neutral", 0.3953, -0.0208),
    ("volatility_parity", 0.4550, -0.0153),
    ("equal_risk", 0.4546, -0.0152),
    ("total_least_squares", 0.1323, -0.0765),
    ("kalman", 0.1368, -0.0754),
    ("ridge", 0.1000, -0.0836),
]


def plan(market: Market, **changes: Any) -> TradePlan:
    trade = find_trade(**changes)
    return plan_trade(trade, load_events().get(trade.event), market)


def test_every_method_is_in_the_table() -> None:
    assert [name for name, _, _ in FLAGSHIP] == ALL == list(oracle.METHODS)


@pytest.mark.parametrize(("method", "ratio", "earned"), FLAGSHIP)
def test_the_flagship_under_every_method(
    real_market: Market, plain_prices: PlainPrices, method: str, ratio: float, earned: float
) -> None:
    trade = find_trade(hedge=method)
    found = run_trade(trade, load_events().get(trade.event), RunSetting(real_market, load_costs("none")))
    first = plain_prices.dates.index(date(2026, 7, 1))
    hedge = oracle.short_per_long(method, plain_prices.close, ["META"], NEOCLOUD, first - 1, 120)
    long, short = oracle.entry_weights(hedge, 1, 1.0)
    tickers, weights = ["META", *NEOCLOUD], [*long, *short]
    assert found.plan.weights() == pytest.approx(dict(zip(tickers, weights, strict=True)), rel=1e-7)
    assert found.plan.hedge.ratio == pytest.approx(math.fsum(hedge), rel=1e-7)
    plain = oracle.held_return(
        weights,
        [plain_prices.open[ticker][first] for ticker in tickers],
        [plain_prices.close[ticker][first + 20] for ticker in tickers],
    )
    whole = found.backtest.final_nav / found.backtest.capital - 1.0
    assert whole == pytest.approx(plain, abs=1e-8)
    assert (round(math.fsum(hedge), 4), round(plain, 4)) == (ratio, earned)
    assert found.plan.hedge.known_at in (None, np.datetime64("2026-06-30"))
    assert found.plan.warnings == ()


@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize("gross", [0.5, 2.0])
def test_gross_is_what_was_asked_for(method: str, gross: float) -> None:
    found = plan(sample_market(), hedge=method, gross=gross, short="memory,neocloud")
    assert math.fsum(abs(w) for w in found.weights().values()) == pytest.approx(gross, rel=1e-12)
    long, short = found.legs
    assert short.weight == pytest.approx(-long.weight * found.hedge.ratio, rel=1e-12)
    assert math.fsum(short.weights().values()) == pytest.approx(short.weight, rel=1e-12)
    row = found.schedule.weights[0]
    assert dict(zip(found.schedule.tickers, row.tolist(), strict=True)) == found.weights()


def test_a_ticker_may_be_bought_inside_the_short_leg_and_a_run_says_so(market: Market) -> None:
    found = plan(market, hedge="factor_neutral", neutral_to="market,bitcoin")
    assert found.hedge.weights is not None
    bought = [t for t, w in zip(found.legs[1].tickers, found.hedge.weights, strict=True) if w < 0]
    assert bought
    assert all(found.weights()[ticker] > 0 for ticker in bought)
    assert found.warnings == (f"hedge factor_neutral buys {', '.join(bought)} inside the short leg",)
    assert found.hedge.gross_ratio > found.hedge.ratio > 0
    trade = find_trade(hedge="factor_neutral", neutral_to="market,bitcoin")
    done = run_trade(trade, load_events().get(trade.event), RunSetting(market, load_costs("default")))
    assert found.warnings[0] in done.warnings
    legs = done.pnl("leg")["total"]
    assert legs.sum() + done.backtest.record.interest.sum() == pytest.approx(
        done.backtest.final_nav - done.backtest.capital, abs=1e-6
    )


def test_a_short_leg_to_be_bought_on_balance_is_refused(market: Market) -> None:
    """Closes of the short leg that mirror those of the long one: the least variance wants both held long."""
    close = market.close.copy()
    meta = close[:, market.column("META")]
    for ticker in NEOCLOUD:
        i = market.column(ticker)
        noise = 1.0 + np.random.default_rng(i).normal(0.0, 0.001, len(meta))
        close[:, i] = np.where(np.isfinite(close[:, i]), 1e6 / meta * noise, np.nan)
    mirrored = dataclasses.replace(market, close=close)
    for method in ("min_variance", "kalman", "ridge", "min_variance_each"):
        with pytest.raises(ParameterError, match=rf"hedge={method}: this method asks to buy the short leg.*got -"):
            plan(mirrored, hedge=method)
    assert plan(mirrored, hedge="dollar").hedge.ratio == 1.0


@pytest.mark.parametrize("lookback", [60, 120, 250])
def test_beta_agrees_with_the_estimators(market: Market, lookback: int) -> None:
    found = plan(market, hedge="beta", lookback=lookback)
    moment = market.close_at[market.session_index(found.known_at)] + np.timedelta64(1, "s")
    other = estimate_hedge(market, HedgeLegs(("META",), tuple(NEOCLOUD)), HedgeRequest("beta", lookback), moment)
    assert found.hedge.ratio == pytest.approx(other.ratio, rel=1e-12)
    assert {b.ticker: b.beta for b in found.hedge.betas} == pytest.approx(
        {ticker: betas["SPY"] for ticker, betas in other.betas.items()}, rel=1e-12
    )


def test_a_half_life_changes_beta_and_keeps_what_it_rests_on(market: Market) -> None:
    plain, aged = plan(market, hedge="beta"), plan(market, hedge="beta", half_life_sessions=20)
    assert aged.hedge.ratio != pytest.approx(plain.hedge.ratio, rel=1e-4)
    assert [b.ticker for b in aged.hedge.betas] == ["META", *NEOCLOUD]
    assert aged.hedge.benchmark == plain.hedge.benchmark == "SPY"
    betas = [b.beta for b in aged.hedge.betas]
    assert aged.hedge.ratio == pytest.approx(betas[0] / (math.fsum(betas[1:]) / 3), rel=1e-12)
    endless = plan(market, hedge="beta", half_life_sessions=2520, lookback=60)
    assert endless.hedge.ratio == pytest.approx(plan(market, hedge="beta", lookback=60).hedge.ratio, rel=1e-2)


def test_a_cap_bounds_every_ticker_and_buys_none(market: Market) -> None:
    free = plan(market, hedge="factor_neutral", neutral_to="dollar")
    assert free.hedge.weights is not None
    cap = 0.5 * (max(free.hedge.weights) + 1 / 3)
    found = plan(market, hedge="factor_neutral", neutral_to="dollar", short_cap_frac=cap)
    assert found.hedge.weights is not None
    assert max(found.hedge.weights) == pytest.approx(cap, abs=1e-9)
    assert min(found.hedge.weights) >= 0.0
    assert found.hedge.ratio == pytest.approx(1.0, abs=1e-9)
    assert found.hedge.factors == ("dollar",)
    with pytest.raises(ParameterError, match="hedge=factor_neutral: no hedge exists"):
        plan(market, hedge="factor_neutral", neutral_to="dollar", short_cap_frac=0.3)


def test_a_ticker_that_the_cap_leaves_out_is_not_traded_and_no_gap_in_the_report(market: Market) -> None:
    trade = find_trade(hedge="multi_min_variance", short_cap_frac=2)
    done = run_trade(trade, load_events().get(trade.event), RunSetting(market, load_costs("default")))
    out = [ticker for ticker, weight in done.plan.weights().items() if weight == 0.0]
    assert out
    assert not set(out) & set(done.fills["ticker"])
    assert done.warnings == done.market.warnings
    table = weights_table(done)
    assert "–" not in {cell for row in table.rows for cell in row}
    assert done.backtest.open_positions() == ()


def test_more_penalty_means_less_hedge(market: Market) -> None:
    ratios = [plan(market, hedge="ridge", ridge_penalty=penalty).hedge.gross_ratio for penalty in (0.01, 1.0, 100.0)]
    assert ratios[0] > ratios[1] > ratios[2] > 0
    assert plan(market, hedge="ridge").hedge == plan(market, hedge="ridge", ridge_penalty=0.1).hedge


@pytest.mark.parametrize(
    ("method", "given_", "unused"),
    [
        ("dollar", {"half_life_sessions": 30}, ("half_life_sessions",)),
        ("kalman", {"half_life_sessions": 30}, ("half_life_sessions",)),
        ("beta", {"half_life_sessions": 30}, ()),
        ("beta", {"ridge_penalty": 2, "neutral_to": "market"}, ("ridge_penalty", "neutral_to")),
        ("min_variance", {"short_cap_frac": 1}, ("short_cap_frac",)),
        ("multi_min_variance", {"short_cap_frac": 1}, ()),
    ],
)
def test_a_parameter_without_a_part_is_left_out_with_a_warning(
    method: str, given_: dict[str, Any], unused: tuple[str, ...]
) -> None:
    found = plan(sample_market(), hedge=method, **given_)
    assert found.trade.unused == unused
    assert [w for w in found.warnings if "no part" in w] == [f"{n} has no part in hedge {method}" for n in unused]
    if unused:
        assert found.weights() == plan(sample_market(), hedge=method).weights()


def test_another_method_keeps_only_its_own_parameters() -> None:
    trade = find_trade(hedge="ridge", ridge_penalty=2, half_life_sessions=30, neutral_to="market")
    for method in Method:
        other = trade.hedged(method)
        assert other.hedge is method
        assert other.unused == ()
        kept = {name for name, methods in HEDGE_PARAMETERS.items() if getattr(other, name)}
        given_ = ("ridge_penalty", "half_life_sessions", "neutral_to")
        assert kept == {name for name in given_ if method in HEDGE_PARAMETERS[name]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hedge": "min_varianse"}, r"hedge: there is no hedge 'min_varianse'\. Did you mean 'min_variance'\?"),
        ({"half_life_sessions": 0}, r"half_life_sessions: out of range \(got 0\).*above 0, at most 2520"),
        ({"half_life_sessions": 3000}, r"half_life_sessions: out of range \(got 3000\)"),
        ({"ridge_penalty": -1}, r"ridge_penalty: out of range \(got -1\)"),
        ({"short_cap_frac": 0}, r"short_cap_frac: .*above 0, at most 20"),
        ({"neutral_to": "market,market"}, r"neutral_to names market twice"),
        ({"hedge": "kalman", "short": ""}, r"one leg alone cannot be hedged"),
    ],
)
def test_bad_parameters(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        find_trade(**changes)


def test_a_factor_that_is_not_there() -> None:
    with pytest.raises(ParameterError, match=r"neutral_to: no factor is called 'semi'\. Did you mean 'semis'\?"):
        plan(sample_market(), hedge="factor_neutral", neutral_to="semi")


def test_a_ticker_listed_too_recently_is_named() -> None:
    with pytest.raises(ParameterError, match=r"hedge=equal_risk: CRWV has too few sessions.*20 or more"):
        plan(_with_late("CRWV", 12), hedge="equal_risk")


def _with_late(ticker: str, sessions: int) -> Market:
    """The sample market with a ticker's closes known for only so many sessions before the news."""
    market = sample_market()
    close = market.close.copy()
    close[: market.session_index("2026-06-30") - sessions, market.column(ticker)] = np.nan
    return dataclasses.replace(market, close=close)


@pytest.mark.parametrize("method", ALL)
@settings(deadline=None, max_examples=5)
@given(seed=st.integers(0, 10_000))
def test_later_prices_change_no_hedge(method: str, seed: int) -> None:
    market = sample_market()
    later = markets.changed_after(market, market.session_index("2026-06-30"), seed)
    changes: dict[str, Any] = {"hedge": method, "hold": 0}
    if method == "factor_neutral":
        changes["neutral_to"] = "market,semis"
    one, two = plan(market, **changes), plan(later, **changes)
    assert one.weights() == two.weights()
    assert one.hedge == two.hedge


def test_that_law_can_fail(market: Market) -> None:
    later = markets.changed_after(market, market.session_index("2026-06-25"), 1)
    assert plan(market, hedge="min_variance", hold=0).weights() != plan(later, hedge="min_variance", hold=0).weights()


@pytest.mark.parametrize("method", ["dollar", "beta", "min_variance"])
def test_a_benchmark_without_prices_is_told_under_every_method(method: str) -> None:
    with pytest.raises(PriceDataError, match=r"benchmark: QQQQ has no prices in .*Did you mean 'QQQ'"):
        plan(sample_market(), hedge=method, benchmark="QQQQ")


def test_a_benchmark_that_the_method_does_not_read_is_told() -> None:
    found = plan(sample_market(), hedge="dollar", benchmark="SMH")
    assert "benchmark has no part in hedge dollar" in found.warnings
