"""Baskets against plain loops: shares, sizes, dates, and the NAV that a drift band leaves."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hedgebook as hb
from hedgebook.errors import ParameterError, UniverseError
from hedgebook.strategies.kinds.basket import RebalancedBasket
from hedgebook.strategies.strategy.plan import Plan
from hedgebook.universes.market import Market
from tests import markets
from tests.oracle import basket as oracle
from tests.oracle.rank import daily, period_ends
from tests.strategies.kinds.test_rank import BUCKETS, DELISTED, MARKET, TICKERS, market_with, universe

DAYS = [day.item() for day in MARKET.sessions]
BACK = 30


def by_session(plan: Plan) -> dict[str, dict[str, float]]:
    """The weights that are wanted, by the session that they are filled in."""
    schedule = plan.schedule
    return {
        str(day): {t: float(w) for t, w in zip(schedule.tickers, row, strict=True) if w}
        for day, row in zip(schedule.session, schedule.weights, strict=True)
    }


def clean_market(seed: int = 3) -> Market:
    """The same tickers without gaps, with correlations."""
    draw = np.random.default_rng(seed)
    common = draw.normal(0.0, 0.008, (260, 1))
    scale = draw.uniform(0.5, 2.0, len(TICKERS))
    marks = 60.0 * np.exp(np.cumsum((common + draw.normal(0.0, 0.01, (260, len(TICKERS)))) * scale, axis=0))
    return markets.market_of(
        {"open": marks[0::2], "close": marks[1::2]}, TICKERS, first="2026-01-05", universe=universe()
    )


CLEAN = clean_market()


def shares_by_hand(market: Market, weighting: str, tickers: tuple[str, ...], t: int) -> dict[str, float]:
    """Shares of a side at the close of session t, sample covariance; empty where nothing can be held."""
    there = [k for k in tickers if math.isfinite(market.close[t, market.column(k)])]
    there = [k for k in there if not (k == "OLD" and market.sessions[t].item() >= DELISTED)]
    if weighting == "equal":
        return {k: 1.0 / len(there) for k in there}
    returns = {}
    for ticker in sorted(there):
        prices = market.close[:, market.column(ticker)].tolist()
        series = [daily(prices, d) if d > 0 else math.nan for d in range(t - BACK + 1, t + 1)]
        if sum(map(math.isfinite, series)) >= math.ceil(0.8 * BACK):
            returns[ticker] = series
    if not returns or weighting == "inverse_volatility":
        return oracle.inverse_volatility(returns) if returns else {}
    covariance = oracle.sample_covariance(returns)
    solve = oracle.risk_parity if weighting == "risk_parity" else oracle.minimum_variance
    return dict(zip(returns, solve(covariance), strict=True))


def expected(market: Market, strategy: RebalancedBasket, long: float, short: float) -> dict[str, dict[str, float]]:
    """Weights by the session of the fill, for chips against clouds and grid."""
    days = [day.item() for day in market.sessions]
    following = market.next_session(market.sessions[-1]).item()
    sides = ((long, BUCKETS["chips"]), (-short, BUCKETS["clouds"] + BUCKETS["grid"]))
    shares = {}
    first = None
    for t in range(len(days) - 1):
        on_date = t in period_ends(days, following, strategy.every) if strategy.every != "never" else False
        if strategy.every_sessions is not None and first is not None:
            on_date = (t - first) % strategy.every_sessions == 0
        if first is not None and not on_date:
            continue
        if first is None and t < math.ceil(0.8 * BACK) and strategy.weighting != "equal":
            continue
        found = [(size, shares_by_hand(market, strategy.weighting, names, t)) for size, names in sides]
        if all(part for _, part in found):
            first = t if first is None else first
            shares[str(days[t + 1])] = {k: size * w for size, part in found for k, w in part.items()}
        elif first is not None:
            shares[str(days[t + 1])] = {}
    return shares


SIZES: list[tuple[dict[str, Any], float, float]] = [
    ({}, 0.5, 0.5),
    ({"gross": 1.6, "net": 0.4}, 1.0, 0.6),
    ({"long_frac": 0.9, "short_frac": 0.3}, 0.9, 0.3),
]


@pytest.mark.parametrize("market", [MARKET, CLEAN], ids=["dirty", "clean"])
@pytest.mark.parametrize("weighting", ["equal", "inverse_volatility"])
@pytest.mark.parametrize("rhythm", [{"every": "month"}, {"every": "week"}, {"every": "quarter"}, {"every_sessions": 9}])
@pytest.mark.parametrize(("sizes", "long", "short"), SIZES)
def test_it_holds_what_the_loop_holds(
    market: Market, weighting: Any, rhythm: dict[str, Any], sizes: dict[str, Any], long: float, short: float
) -> None:
    strategy = RebalancedBasket(
        long="chips", short="clouds,grid", weighting=weighting, lookback_sessions=BACK, **rhythm, **sizes
    )
    found, wanted = by_session(strategy.plan(market)), expected(market, strategy, long, short)
    assert list(found) == list(wanted)
    for day, weights in wanted.items():
        assert found[day] == pytest.approx(weights, rel=1e-12), day


@pytest.mark.parametrize("weighting", ["risk_parity", "minimum_variance"])
def test_shares_of_a_covariance_are_those_of_the_loop(weighting: Any) -> None:
    strategy = RebalancedBasket(
        long="chips", short="clouds,grid", weighting=weighting, lookback_sessions=BACK, covariance="sample"
    )
    found, wanted = by_session(strategy.plan(CLEAN)), expected(CLEAN, strategy, 0.5, 0.5)
    assert list(found) == list(wanted)
    for day, weights in wanted.items():
        assert found[day] == pytest.approx({k: w for k, w in weights.items() if w}, rel=1e-8), day


@pytest.mark.parametrize("weighting", ["inverse_volatility", "risk_parity", "minimum_variance"])
@pytest.mark.parametrize("covariance", ["ledoit_wolf", "sample"])
def test_gaps_leave_whole_sides(weighting: Any, covariance: Any) -> None:
    """Every side adds up to its size, or nothing is held, whatever is missing."""
    strategy = RebalancedBasket(
        long="chips",
        short="clouds,grid",
        weighting=weighting,
        covariance=covariance,
        lookback_sessions=BACK,
        every="week",
    )
    plan = strategy.plan(MARKET)
    assert len(plan.schedule.session) > 15
    for day, weights in by_session(plan).items():
        row = MARKET.session_index(day) - 1
        assert sum(w for t, w in weights.items() if t in BUCKETS["chips"]) == pytest.approx(0.5)
        assert sum(w for t, w in weights.items() if t not in BUCKETS["chips"]) == pytest.approx(-0.5)
        assert all(np.isfinite(MARKET.close[row, MARKET.column(ticker)]) for ticker in weights)
        assert not (DAYS[row] >= DELISTED and "OLD" in weights)


def test_given_weights_are_parts_of_each_side() -> None:
    parts = {"AAB": 3, "CCC": 1, "DDD": 2.0, "EEE": 2.0}
    plan = RebalancedBasket(long="AAB,CCC", short="DDD,EEE", weighting="given", weights=parts, every="week").plan(
        MARKET
    )
    for day, weights in by_session(plan).items():
        row = MARKET.session_index(day) - 1
        there = {t: p for t, p in parts.items() if np.isfinite(MARKET.close[row, MARKET.column(t)])}
        for sign, side in ((0.5, ("AAB", "CCC")), (-0.5, ("DDD", "EEE"))):
            total = sum(there.get(t, 0.0) for t in side)
            for ticker in side:
                assert weights.get(ticker, 0.0) == pytest.approx(sign * there.get(ticker, 0.0) / total)


def test_market_values_are_those_known_at_the_decision(tmp_path: Path) -> None:
    file = tmp_path / "values.csv"
    file.write_text(
        "date,ticker,market_value_usd\n2026-01-30,AAB,100\n2026-01-30,KLM,300\n2026-02-27,AAB,500\n"
        "2026-02-28,KLM,500\n2026-03-02,DDD,7\n2026-01-02,DDD,5\n2026-01-02,ELSEWHERE,5\n"
    )
    plan = RebalancedBasket(long="AAB,KLM", short="DDD", weighting="market_value", market_values=str(file)).plan(CLEAN)
    found = by_session(plan)
    assert list(found)[:3] == ["2026-02-02", "2026-03-02", "2026-04-01"]
    assert found["2026-02-02"] == pytest.approx({"AAB": 0.125, "KLM": 0.375, "DDD": -0.5})
    # The value of KLM that is dated on Saturday was not known at Friday's close.
    assert found["2026-03-02"] == pytest.approx({"AAB": 0.3125, "KLM": 0.1875, "DDD": -0.5})
    assert found["2026-04-01"] == pytest.approx({"AAB": 0.25, "KLM": 0.25, "DDD": -0.5})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("date,ticker,value\n2026-01-02,A,1\n", r"there is no column market_value_usd"),
        ("date,ticker,market_value_usd\n", r"there is no row in it"),
        ("date,ticker,market_value_usd\n02.01.2026,A,1\n", r"line 2: this date cannot be used \(got '02.01.2026'\)"),
        ("date,ticker,market_value_usd\n2026-01-02,A,1\n2026-01-02,B,-1\n", r"line 3: this market_value_usd cannot be"),
        (
            "date,ticker,market_value_usd\n2026-01-02,A,1\n2026-01-02,A,2\n",
            r"line 3: .*one row for each date and ticker",
        ),
        ("date,ticker,market_value_usd\n2026-01-02,,1\n", r"line 2: this ticker cannot be used"),
        ("\0\0", r"values.csv"),
    ],
)
def test_bad_files_of_market_values(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "values.csv"
    file.write_text(text)
    with pytest.raises(ParameterError, match=message):
        RebalancedBasket(long="AAB", weighting="market_value", market_values=str(file)).plan(CLEAN)


def nav_by_hand(market: Market, weights: dict[str, float], every: int | None, band: float | None) -> list[float]:
    """NAV at closes of 1 USD filled at opens, back to the weights every so many sessions or after a drift."""
    at = {ticker: market.column(ticker) for ticker in weights}
    cash, shares, due, out = 1.0, dict.fromkeys(weights, 0.0), True, []
    for t in range(1, len(market.sessions)):
        if due:
            worth = cash + sum(shares[k] * market.open[t, at[k]] for k in weights)
            shares = {k: w * worth / market.open[t, at[k]] for k, w in weights.items()}
            cash = worth - sum(shares[k] * market.open[t, at[k]] for k in weights)
        nav = cash + sum(shares[k] * market.close[t, at[k]] for k in weights)
        out.append(nav)
        drift = max(abs(shares[k] * market.close[t, at[k]] / nav - w) / abs(w) for k, w in weights.items())
        # The first decision is at the close of session 0.
        due = (every is not None and t % every == 0) or (band is not None and drift > band)
    return out


@pytest.mark.parametrize(
    ("every", "band"), [(None, None), (5, None), (None, 0.05), (None, 0.15), (20, 0.1)], ids=str
)  # fmt: skip
def test_the_band_and_the_calendar_bring_it_back(every: int | None, band: float | None) -> None:
    strategy = RebalancedBasket(long="chips", short="DDD,EEE", every="never", every_sessions=every).replaced(band=band)
    found = hb.backtest(strategy, CLEAN, costs="none", account="none")
    weights = dict.fromkeys(BUCKETS["chips"], 0.1) | {"DDD": -0.25, "EEE": -0.25}
    np.testing.assert_allclose(
        found.nav["nav_close"] / found.capital, nav_by_hand(CLEAN, weights, every, band), rtol=1e-11
    )


def test_later_prices_change_no_decision() -> None:
    for weighting in ("equal", "inverse_volatility", "risk_parity", "minimum_variance"):
        strategy = RebalancedBasket(
            long="chips", short="clouds,grid", weighting=weighting, lookback_sessions=BACK, every_sessions=6
        )
        whole = by_session(strategy.plan(MARKET))
        for row in (50, 77, 100):
            day = str(MARKET.sessions[row + 1])
            early = {d: w for d, w in whole.items() if d <= day}
            other = by_session(strategy.plan(markets.changed_after(MARKET, row, seed=row)))
            assert early == {d: w for d, w in other.items() if d <= day}
            assert early == by_session(strategy.plan(MARKET.rows(0, row + 2)))


def test_the_order_of_columns_and_the_scale_of_a_price_do_not_matter() -> None:
    scale = np.ones(len(TICKERS))
    scale[2] = 8.0
    scaled = dataclasses.replace(MARKET, open=MARKET.open * scale, close=MARKET.close * scale)
    order = np.random.default_rng(2).permutation(len(TICKERS)).tolist()
    for weighting in ("equal", "inverse_volatility", "risk_parity", "minimum_variance"):
        strategy = RebalancedBasket(long="chips", short="clouds,grid", weighting=weighting, lookback_sessions=BACK)
        base = by_session(strategy.plan(MARKET))
        assert by_session(strategy.plan(scaled)) == base
        assert by_session(strategy.plan(markets.permuted(MARKET, order))) == base


def test_profit_adds_up_by_leg() -> None:
    found = hb.backtest(RebalancedBasket(long="chips", short="grid", every="week").replaced(band=0.1), MARKET)
    legs = found.pnl("leg")
    assert set(legs.index) == {"long", "short"}
    earned = legs["total"].sum() + found.nav["interest"].sum()
    assert earned == pytest.approx(found.final_nav - found.capital, rel=1e-9)
    assert found.plan.sides()["DDD"] == "short"


def test_a_side_that_is_gone_leaves_nothing_held() -> None:
    plan = RebalancedBasket(long="OLD", short="grid", every="week").plan(MARKET)
    found = by_session(plan)
    empty = [day for day, weights in found.items() if not weights]
    assert min(empty) <= "2026-06-16"
    assert all(not found[day] for day in found if day > str(DELISTED))
    assert any(
        f"first on {MARKET.sessions[MARKET.session_index(min(empty)) - 1]}: nothing is held" in n for n in plan.notes
    )


def test_closes_alone_and_parameters_without_a_part_are_told() -> None:
    plan = RebalancedBasket(long="grid", lookback_sessions=50).plan(market_with(opens=False))
    assert plan.notes == (
        "lookback_sessions has no part in weighting equal",
        "these prices have closes only, so orders are filled at the next close",
    )


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, r"a basket needs a long or a short side"),
        ({"long": "grid", "weighting": "given"}, r"weighting=given and weights go together"),
        ({"long": "grid", "weights": {"DDD": 1}}, r"weighting=given and weights go together"),
        ({"long": "grid", "weighting": "market_value"}, r"market_value and the file market_values go together"),
        ({"long": "grid", "gross": 1, "long_frac": 1}, r"leave one pair out"),
        ({"long": "grid", "short_frac": 1}, r"short_frac is given, but there is no short side"),
        ({"long": "grid", "short": "DDD", "long_frac": 1}, r"long_frac and short_frac go together"),
        ({"long": "grid", "net": 0.5}, r"net has no meaning for one side alone"),
        ({"long": "grid", "short": "AAB", "net": 1.0}, r"net must lie between -gross and gross"),
        ({"long": "grid", "weighting": "zzz"}, r"weighting: .*equal.*inverse_volatility"),
        ({"long": "grid", "lookback_sessions": 1}, r"lookback_sessions: out of range \(got 1\)"),
        ({"long": "grid", "every": "year"}, r"every: .*week.*month.*quarter.*never"),
        ({"long": "grid", "band": 2}, r"band: out of range \(got 2\)"),
        ({"long": "grid", "weighting": "given", "weights": {"DDD": 0}}, r"weights\.DDD: out of range \(got 0"),
        ({"longs": "grid"}, r"a rebalanced basket has no parameter 'longs'\. Did you mean 'long'\?"),
    ],
)
def test_bad_parameters(parameters: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        RebalancedBasket(**parameters)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"long": "grid", "short": "DDD"}, r"DDD stands on both sides"),
        ({"long": "DDD,EEE", "weighting": "given", "weights": {"DDD": 1}}, r"weights: EEE has no weight"),
        ({"long": "DDD", "weighting": "given", "weights": {"DDD": 1, "DDE": 1}}, r"DDE has a weight but is on no side"),
        (
            {"long": "grid", "weighting": "risk_parity", "lookback_sessions": 252},
            r"too few sessions.*got '130 sessions'",
        ),
        ({"long": "NEW", "weighting": "inverse_volatility"}, r"long: this side can never be held \(got 'NEW'\)"),
        (
            {
                "long": "chips,clouds,grid",
                "weighting": "minimum_variance",
                "covariance": "sample",
                "lookback_sessions": 8,
            },
            r"covariance: a sample covariance needs more sessions than tickers",
        ),
        ({"long": "grid", "weighting": "market_value", "market_values": "nowhere.csv"}, r"there is no such file"),
    ],
)
def test_baskets_that_cannot_be_held(parameters: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        RebalancedBasket(**parameters).plan(MARKET)


def test_an_unknown_bucket() -> None:
    with pytest.raises(UniverseError, match=r"'gird' is neither a bucket nor a ticker.*Did you mean 'grid'\?"):
        RebalancedBasket(long="gird").plan(MARKET)
