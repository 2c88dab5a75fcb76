"""Ranks against a plain loop, on prices with gaps, late listings, a halt and a delisting."""

from __future__ import annotations

import dataclasses
import re
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.errors import LookAheadError, ParameterError, PriceDataError, StrategyError, UniverseError
from hedgebook.strategies.kinds.rank import CrossSectionalRank
from hedgebook.strategies.strategy.members import members_of
from hedgebook.strategies.strategy.plan import Plan
from hedgebook.universes.calendar import Mark
from hedgebook.universes.market import Market
from hedgebook.universes.universe import Universe
from tests import markets
from tests.oracle import rank as oracle

LISTED, DELISTED = date(2026, 3, 16), date(2026, 6, 10)
BUCKETS = {
    "chips": ("KLM", "AAB", "ZED", "MNO", "CCC"),
    "clouds": ("NEW", "BBB", "YAK", "OLD"),
    "grid": ("DDD", "XYZ", "EEE"),
    "benchmark": ("BENCH", "FUND"),
}
TICKERS = tuple(ticker for names in BUCKETS.values() for ticker in names)
BUCKET_OF = {ticker: bucket for bucket, names in BUCKETS.items() for ticker in names}
SESSIONS = 130


def universe() -> Universe:
    return markets.universe_of(BUCKETS, "BENCH", listed={"NEW": LISTED}, delisted={"OLD": DELISTED})


def market_with(seed: int = 11, *, opens: bool = True) -> Market:
    """Random walks; CCC is halted on sessions 60 to 70, OLD ends where it is delisted, prints are missing at random."""
    draw = np.random.default_rng(seed)
    marks = 80.0 * np.exp(np.cumsum(draw.normal(0.0, 0.013, (2 * SESSIONS, len(TICKERS))), axis=0))
    marks[draw.random(marks.shape) < 0.02] = np.nan
    first = "2026-01-05"
    days = markets.session_days(SESSIONS, first)
    marks[120:141, TICKERS.index("CCC")] = np.nan
    marks[2 * int(np.searchsorted(days, np.datetime64(DELISTED))) :, TICKERS.index("OLD")] = np.nan
    fields: dict[Any, Any] = {"close": marks[1::2]} | ({"open": marks[0::2]} if opens else {})
    return markets.market_of(fields, TICKERS, first=first, universe=universe())


MARKET = market_with()


def by_session(plan: Plan) -> dict[str, dict[str, float]]:
    """The weights that are wanted, by the session that they are filled in."""
    schedule = plan.schedule
    return {
        str(day): {t: float(w) for t, w in zip(schedule.tickers, row, strict=True) if w}
        for day, row in zip(schedule.session, schedule.weights, strict=True)
    }


def expected(market: Market, strategy: CrossSectionalRank, among: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """The same by the loop of the oracle."""
    days = [day.item() for day in market.sessions]
    close = {ticker: market.close[:, market.column(ticker)].tolist() for ticker in market.tickers}
    back, skip = strategy.lookback_sessions, strategy.skip_sessions
    if strategy.every_sessions is None:
        following = market.next_session(market.sessions[-1]).item()
        decisions = [t for t in oracle.period_ends(days, following, strategy.every) if t >= back + skip]
    else:
        decisions = list(range(back + skip, len(days), strategy.every_sessions))
    found: dict[str, dict[str, float]] = {}
    frac = 0.2 if strategy.names is None and strategy.frac is None else strategy.frac
    for t in decisions:
        if t + 1 == len(days):
            continue
        scores = {}
        for ticker in among:
            gone = ticker == "OLD" and days[t] >= DELISTED
            score = oracle.score_of(strategy.score, close[ticker], close["BENCH"], t, back, skip)
            if np.isfinite(score) and np.isfinite(close[ticker][t]) and not gone:
                scores[ticker] = score
        found[str(days[t + 1])] = oracle.weights_by_rank(
            scores, BUCKET_OF, names=strategy.names, frac=frac, sides=strategy.sides, gross=strategy.gross,
            by_bucket=strategy.within == "bucket", neutral=strategy.bucket_neutral,
        )  # fmt: skip
    start = next(k for k, weights in enumerate(found.values()) if weights)
    return dict(list(found.items())[start:])


STOCKS = tuple(ticker for ticker in TICKERS if BUCKET_OF[ticker] != "benchmark")
CHOICES: list[dict[str, Any]] = [
    {"names": 3},
    {"frac": 0.25, "sides": "long"},
    {"sides": "short", "names": 100},
    {"within": "bucket", "names": 1},
    {"within": "bucket", "frac": 0.5, "gross": 2.0},
    {"within": "bucket", "names": 2, "bucket_neutral": True},
    {},
]


@pytest.mark.parametrize("rhythm", [{"every": "month"}, {"every": "week"}, {"every": "quarter"}, {"every_sessions": 7}])
@pytest.mark.parametrize("score", ["momentum", "reversal", "low_volatility", "beta"])
@pytest.mark.parametrize("choice", CHOICES)
def test_it_holds_what_the_loop_holds(choice: dict[str, Any], score: str, rhythm: dict[str, Any]) -> None:
    strategy = CrossSectionalRank(score=score, lookback_sessions=15, skip_sessions=3, **choice, **rhythm)
    found, wanted = by_session(strategy.plan(MARKET)), expected(MARKET, strategy, STOCKS)
    assert list(found) == list(wanted)
    for day, weights in wanted.items():
        assert found[day] == pytest.approx(weights, rel=1e-12), day


@pytest.mark.parametrize(
    ("among", "tickers"),
    [
        ("grid,CCC", ("DDD", "XYZ", "EEE", "CCC")),
        ("benchmark,DDD", ("BENCH", "FUND", "DDD")),
        (["NEW", "OLD", "AAB", "KLM"], ("NEW", "OLD", "AAB", "KLM")),
    ],
)
def test_among_some(among: Any, tickers: tuple[str, ...]) -> None:
    strategy = CrossSectionalRank(lookback_sessions=5, among=among, names=1, every_sessions=1)
    found, wanted = by_session(strategy.plan(MARKET)), expected(MARKET, strategy, tickers)
    assert found == wanted


def test_members_are_those_listed_on_each_day() -> None:
    members = members_of(MARKET, ("clouds", "grid"), "among")
    rows = np.arange(SESSIONS)
    there = members.tradable(MARKET, rows)
    for row in rows:
        day = MARKET.sessions[row].item()
        listed = {
            ticker
            for ticker in MARKET.resolve(("clouds", "grid"), day)
            if np.isfinite(MARKET.close[row, MARKET.column(ticker)]) and not (ticker == "OLD" and day >= DELISTED)
        }
        assert {t for t, one in zip(members.tickers, there[row], strict=True) if one} == listed


def test_funds_and_the_benchmark_are_no_stocks() -> None:
    assert members_of(MARKET, (), "among").tickers == tuple(sorted(STOCKS))
    sample = hb.sample_market()
    found = members_of(sample, (), "among").tickers
    assert "META" in found
    assert not {"SPY", "SMH", "IWM", "IBIT", "TLT", "MTUM"} & set(found)


@pytest.mark.parametrize("score", ["momentum", "low_volatility", "beta"])
def test_later_prices_change_no_decision(score: str) -> None:
    strategy = CrossSectionalRank(score=score, lookback_sessions=12, names=2, every_sessions=4)
    whole = by_session(strategy.plan(MARKET))
    for row in (20, 61, 99):
        day = str(MARKET.sessions[row + 1])
        other = by_session(strategy.plan(markets.changed_after(MARKET, row, seed=row)))
        assert {d: w for d, w in whole.items() if d <= day} == {d: w for d, w in other.items() if d <= day}
        shorter = by_session(strategy.plan(MARKET.rows(0, row + 2)))
        assert shorter == {d: w for d, w in whole.items() if d <= day}


def test_the_order_of_columns_does_not_matter() -> None:
    order = np.random.default_rng(2).permutation(len(TICKERS)).tolist()
    for score in ("momentum", "low_volatility", "beta"):
        strategy = CrossSectionalRank(score=score, lookback_sessions=12, names=2, every="week")
        assert by_session(strategy.plan(markets.permuted(MARKET, order))) == by_session(strategy.plan(MARKET))
        base = hb.backtest(strategy, MARKET, costs="none").nav["nav_close"]
        other = hb.backtest(strategy, markets.permuted(MARKET, order), costs="none").nav["nav_close"]
        np.testing.assert_allclose(other, base, rtol=1e-12)


def test_the_scale_of_one_price_does_not_matter() -> None:
    scale = np.ones(len(TICKERS))
    scale[2] = 8.0
    scaled = dataclasses.replace(MARKET, open=MARKET.open * scale, close=MARKET.close * scale)
    for score in ("momentum", "reversal", "low_volatility", "beta"):
        strategy = CrossSectionalRank(score=score, lookback_sessions=12, names=2, every="week")
        assert by_session(strategy.plan(scaled)) == by_session(strategy.plan(MARKET))


def test_ties_go_by_ticker_name() -> None:
    table = pd.DataFrame(1.0, index=[pd.Timestamp("2026-01-05")], columns=list(STOCKS))
    plan = CrossSectionalRank(score=table, names=2, every="week").plan(MARKET)
    first = next(iter(by_session(plan).values()))
    assert first == {"AAB": 0.25, "BBB": 0.25, "YAK": -0.25, "ZED": -0.25}


def test_each_bucket_is_neutral() -> None:
    plan = CrossSectionalRank(within="bucket", bucket_neutral=True, lookback_sessions=10, gross=1.2).plan(MARKET)
    for weights in by_session(plan).values():
        by_bucket = {b: [w for t, w in weights.items() if BUCKET_OF[t] == b] for b in BUCKETS}
        held = [parts for parts in by_bucket.values() if parts]
        assert sum(map(abs, weights.values())) == pytest.approx(1.2)
        for parts in held:
            assert sum(parts) == pytest.approx(0.0, abs=1e-15)
            assert sum(map(abs, parts)) == pytest.approx(1.2 / len(held))


def test_a_table_holds_until_its_next_row_and_from_its_own_close_on() -> None:
    dates = pd.to_datetime(["2026-01-07", "2026-01-17", "2026-01-28"])  # the second one is a Saturday
    values = [[1.0, 2.0, np.nan], [3.0, 2.0, 1.0], [np.nan, np.nan, 5.0]]
    table = pd.DataFrame(values, index=dates, columns=["AAB", "DDD", "EEE"])
    plan = CrossSectionalRank(score=table, among="AAB,DDD,EEE", names=1, sides="long", every_sessions=1).plan(MARKET)
    for day, weights in by_session(plan).items():
        row = MARKET.session_index(day) - 1
        decided = pd.Timestamp(MARKET.sessions[row])
        known = table[table.index <= decided].iloc[-1]
        there = [t for t in known.dropna().index if np.isfinite(MARKET.close[row, MARKET.column(t)])]
        assert list(weights) == ([known[there].idxmax()] if there else []), day
    assert next(iter(by_session(plan))) == "2026-01-08"
    early = table.set_axis(pd.DatetimeIndex(["2026-01-07 14:00", "2026-01-08 21:30", "2026-01-28 10:00"], tz="UTC"))
    found = by_session(CrossSectionalRank(score=early, names=1, sides="long", every_sessions=1).plan(MARKET))
    # The second row came after the close of January 8, so that the close of January 9 is the first that knows it.
    assert [list(found[day]) for day in ("2026-01-08", "2026-01-09", "2026-01-12")] == [["DDD"], ["DDD"], ["AAB"]]


def test_a_function_is_asked_for_scores() -> None:
    def turn(market: Market) -> Any:
        return -market.close_returns(market.tickers)

    found = CrossSectionalRank(score=turn, names=2, every_sessions=1).plan(MARKET)
    same = CrossSectionalRank(score="reversal", lookback_sessions=1, names=2, every_sessions=1).plan(MARKET)
    assert by_session(found) == by_session(same)

    def framed(market: Market) -> pd.DataFrame:
        return -market.frame("close").pct_change(fill_method=None)

    assert by_session(CrossSectionalRank(score=framed, names=2, every_sessions=1).plan(MARKET)) == by_session(same)


def test_a_look_back_of_one_session_with_a_table() -> None:
    table = pd.DataFrame(1.0, index=[pd.Timestamp("2026-01-05")], columns=list(STOCKS))
    assert CrossSectionalRank(score=table, lookback_sessions=1).plan(MARKET).notes == ()


def test_a_function_that_knows_the_future_is_refused() -> None:
    def tomorrow(market: Market) -> Any:
        returns = market.close_returns(market.tickers)
        return np.vstack([returns[1:], np.full((1, returns.shape[1]), np.nan)])

    with pytest.raises(LookAheadError, match=r"the score of \w+ on 2026-\S+ is another one when later prices"):
        CrossSectionalRank(score=tomorrow, names=2, every_sessions=3).plan(MARKET)


def test_functions_that_fail() -> None:
    with pytest.raises(StrategyError, match=r"score broken: ZeroDivisionError: division by zero"):
        CrossSectionalRank(score=broken).plan(MARKET)
    with pytest.raises(ParameterError, match=r"one number a session and ticker \(got 'int of shape None'\)"):
        CrossSectionalRank(score=three).plan(MARKET)


def three(market: Market) -> Any:
    """A score that is no table."""
    return 3 * min(1, len(market.sessions))


def broken(market: Market) -> Any:
    """A score that cannot be had."""
    return len(market.tickers) / 0


@pytest.mark.parametrize("fill", ["next open", "next close"])
def test_returns_are_those_of_the_weights(fill: str) -> None:
    """NAV by hand from shares that are set at each fill, prices without gaps."""
    draw = np.random.default_rng(5)
    marks = 50.0 * np.exp(np.cumsum(draw.normal(0.0, 0.01, (160, len(TICKERS))), axis=0))
    market = markets.market_of(
        {"open": marks[0::2], "close": marks[1::2]}, TICKERS, first="2026-01-05", universe=universe()
    )
    strategy = CrossSectionalRank(among="chips,grid", lookback_sessions=10, names=2, every_sessions=5, fill=fill)
    found = hb.backtest(strategy, market, costs="none", account="none")
    # Those that are not held at all may have no price.
    prices, closes = (
        np.nan_to_num(p, nan=1.0) for p in (market.open if fill == "next open" else market.close, market.close)
    )
    cash, shares, nav = 1.0, np.zeros(len(TICKERS)), []
    rows = expected(market, strategy, BUCKETS["chips"] + BUCKETS["grid"])
    for t in range(market.session_index(next(iter(rows))), len(market.sessions)):
        if str(market.sessions[t]) in rows:
            worth = cash + shares @ prices[t]
            wanted = rows[str(market.sessions[t])]
            weights = np.array([wanted.get(ticker, 0.0) for ticker in TICKERS])
            shares = weights * worth / prices[t]
            cash = worth - shares @ prices[t]
        nav.append(cash + shares @ closes[t])
    np.testing.assert_allclose(found.nav["nav_close"] / found.capital, nav, rtol=1e-12)


def test_profit_adds_up_and_nothing_is_filled_before_it_is_decided() -> None:
    for parameters in ({"names": 3}, {"sides": "long"}, {"within": "bucket"}):
        found = hb.backtest(CrossSectionalRank(lookback_sessions=20, every="week", **parameters), MARKET)
        earned = found.pnl("ticker")["total"].sum() + found.nav["interest"].sum()
        assert earned == pytest.approx(found.final_nav - found.capital, rel=1e-9)
        for k, session in enumerate(found.plan.schedule.session):
            assert found.plan.schedule.decided_at[k] < MARKET.open_at[MARKET.session_index(session)]


def test_what_is_halted_at_a_decision_is_not_ranked() -> None:
    plan = by_session(CrossSectionalRank(lookback_sessions=5, names=6, every_sessions=1).plan(MARKET))
    halted = [str(MARKET.sessions[row + 1]) for row in range(60, 70)]
    assert not any("CCC" in plan[day] for day in halted)
    assert any("CCC" in weights for weights in plan.values())


def test_closes_alone_are_filled_at_the_next_close() -> None:
    plan = CrossSectionalRank(lookback_sessions=5, names=1).plan(market_with(opens=False))
    assert set(plan.schedule.mark.tolist()) == {Mark.CLOSE}
    assert plan.notes == ("these prices have closes only, so orders are filled at the next close",)


def test_one_side_has_a_leg() -> None:
    plan = CrossSectionalRank(lookback_sessions=5, sides="short").plan(MARKET)
    assert set(plan.sides().values()) == {"short"}
    assert CrossSectionalRank(lookback_sessions=5).plan(MARKET).legs == ()
    told = CrossSectionalRank(lookback_sessions=5, benchmark="FUND").plan(MARKET).notes
    assert told == ("benchmark has no part in score momentum",)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"score": "momentun"}, r"score: there is no such score \(got 'momentun'\).*Did you mean 'momentum'\?"),
        ({"score": 3}, r"score: this is no score \(got 'int'\)"),
        ({"names": 2, "frac": 0.2}, r"names and frac both say how many are held"),
        ({"frac": 0.6}, r"frac is above 0\.5, so the two sides would overlap"),
        ({"frac": 1.5, "sides": "long"}, r"frac: out of range \(got 1\.5\)"),
        ({"names": 0}, r"names: out of range \(got 0\)"),
        ({"bucket_neutral": True}, r"bucket_neutral needs both sides in each bucket"),
        ({"lookback_sessions": 0}, r"lookback_sessions: out of range \(got 0\)"),
        ({"lookback_sessions": 1, "score": "beta"}, r"lookback_sessions is 1, and beta needs at least 2"),
        ({"skip_sessions": -1}, r"skip_sessions: out of range \(got -1\)"),
        ({"every": "day"}, r"every: .*week.*month.*quarter"),
        ({"every_sessions": 0}, r"every_sessions: out of range \(got 0\)"),
        ({"within": "sector"}, r"within: .*universe.*bucket"),
        ({"gross": 0}, r"gross: out of range \(got 0\)"),
        ({"lookback": 3}, r"a cross-sectional rank has no parameter 'lookback'\. Did you mean 'lookback_sessions'\?"),
    ],
)
def test_bad_parameters(parameters: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        CrossSectionalRank(**parameters)


def test_markets_that_cannot_be_ranked() -> None:
    with pytest.raises(ParameterError, match=r"too few sessions.*got '130 sessions'.*at least 254"):
        CrossSectionalRank().plan(MARKET)
    with pytest.raises(ParameterError, match=r"no close to decide at \(got 'quarter'\)"):
        CrossSectionalRank(lookback_sessions=100, every="quarter").plan(MARKET.rows(0, 110))
    with pytest.raises(UniverseError, match=r"'chip' is neither a bucket nor a ticker.*Did you mean 'chips'\?"):
        CrossSectionalRank(among="chip", lookback_sessions=5).plan(MARKET)
    with pytest.raises(ParameterError, match=r"at no decision could enough tickers be ranked.*two tickers"):
        CrossSectionalRank(among="DDD", lookback_sessions=5).plan(MARKET)
    with pytest.raises(PriceDataError, match=r"NOBODY"):
        CrossSectionalRank(score="beta", benchmark="NOBODY", lookback_sessions=5).plan(MARKET)


def test_it_stands_in_a_file(tmp_path: Any) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[best]\nkind = "cross-sectional-rank"\nlookback_sessions = 9\nnames = 2\namong = "chips"\n')
    found = hb.backtest(f"{file}:best", MARKET, costs="none")
    same = CrossSectionalRank(lookback_sessions=9, names=2, among="chips")
    assert by_session(found.plan) == by_session(same.plan(MARKET))
    assert found.strategy.own_parameters()["score"] == "momentum"


def test_many_sets_at_once_are_those_one_by_one() -> None:
    base = CrossSectionalRank(among="chips,clouds,grid", every="week")
    sets: list[dict[str, Any]] = [
        {"lookback_sessions": back, "skip_sessions": skip, "names": names} | more
        for back in (5, 20)
        for skip in (0, 3)
        for names in (1, 3)
        for more in ({}, {"every_sessions": 4}, {"within": "bucket"}, {"score": "beta"}, {"sides": "short"})
    ]
    sets += [
        {"lookback_sessions": 500},
        {"names": 0},
        {"name": 3, "lookback": 1},
        {"gross": 2.0, "lookback_sessions": 9},
    ]
    found = base.plan_many(MARKET, sets)
    assert len(found) == len(sets)
    for given, one in zip(sets, found, strict=True):
        if isinstance(one, ParameterError):
            with pytest.raises(ParameterError, match=re.escape(str(one))):
                base.replaced(**given).plan(MARKET)
            continue
        alone = base.replaced(**given).plan(MARKET).schedule
        assert isinstance(one, hb.Schedule)
        np.testing.assert_array_equal(one.weights, alone.weights)
        np.testing.assert_array_equal(one.session, alone.session)
        assert one.tickers == alone.tickers
    assert sum(isinstance(one, ParameterError) for one in found) == 3


def test_scores_are_asked_for_once_for_sets_that_share_them() -> None:
    asked = []

    def gains(market: Market) -> Any:
        asked.append(len(market.sessions))
        return market.close_returns(market.tickers)

    base = CrossSectionalRank(score=gains, every="week")
    alone = base.plan(MARKET)
    before = len(asked)
    found = base.plan_many(MARKET, [{"names": 1}, {"names": 2}, {"frac": 0.2}])
    assert len(asked) == 2 * before
    assert isinstance(found[2], hb.Schedule)
    np.testing.assert_array_equal(found[2].weights, alone.schedule.weights)
    # Another market is another question.
    base.plan_many(MARKET.rows(0, 100), [{"names": 1}])
    assert len(asked) == 3 * before


def test_a_sweep_gives_what_single_runs_give() -> None:
    base = CrossSectionalRank(lookback_sessions=10, every="week")
    axes: dict[str, Any] = {
        "lookback_sessions": [5, 20],
        "names": [1, 3],
        "frac": [None, 0.3],
        "sides": ["both", "long"],
    }
    table = hb.sweep(base, MARKET, **axes).table
    assert len(table) == 16
    for row in table.to_dict("records"):
        given = {name: row[name] for name in axes} | {"frac": None if pd.isna(row["frac"]) else row["frac"]}
        if given["frac"] is not None:
            assert "names and frac both say how many are held" in row["problem"]
            continue
        alone = hb.backtest(base.replaced(**given), MARKET)
        assert row["total_return"] == pytest.approx(alone.metrics.total_return, abs=1e-12)
