"""Hedges over exchanges with holidays of their own, against plain sums over the days on which all of them trade."""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.engine.exposure.factor_sets import FactorSet
from hedgebook.engine.exposure.freshness import is_fresh
from hedgebook.engine.hedging.estimate import estimate_hedge
from hedgebook.engine.hedging.legs import HedgeLegs
from hedgebook.engine.hedging.ratio import beta_ratio
from hedgebook.engine.hedging.request import HedgeRequest, Method
from hedgebook.strategies.book.ask import ask_hedge
from hedgebook.universes.exchanges.common import at_common
from hedgebook.universes.market import Market
from tests.markets import abroad_universe

from .published import published_days

# TWIN is the share HOME itself, listed in Seoul too, and never differs from it; the others move on their own as well.
HOMES = {"HOME": "XNYS", "MATE": "XNYS", "TWIN": "XKRX", "SEOUL": "XKRX", "TOKYO": "XTKS"}
FIRST, LAST = "2025-03-03", "2025-12-30"
# Seoul rests from 10-03 to 10-09, which is longer than five sessions of the others.
CHUSEOK = np.datetime64("2025-10-09")


def days_of(code: str) -> tuple[date, ...]:
    return published_days(code, FIRST, LAST)


@cache
def closes() -> dict[str, dict[date, float]]:
    """What each share closes at on each day of its exchange; worth goes on while an exchange rests."""
    draw = np.random.default_rng(4)
    every = [day.date() for day in pd.date_range(FIRST, LAST)]
    common = draw.normal(0.0, 0.01, len(every))
    worth = {
        "HOME": common, "TWIN": common, "MATE": 0.5 * common + draw.normal(0.0, 0.008, len(every)),
        "SEOUL": 1.2 * common + draw.normal(0.0, 0.01, len(every)),
        "TOKYO": 0.7 * common + draw.normal(0.0, 0.006, len(every)),
    }  # fmt: skip
    out = {}
    for ticker, moves in worth.items():
        levels = dict(zip(every, (100.0 * np.exp(np.cumsum(moves))).tolist(), strict=True))
        out[ticker] = {day: levels[day] for day in days_of(HOMES[ticker])}
    return out


@cache
def market_of() -> Market:
    parts = [
        pd.DataFrame({"date": list(own), "ticker": ticker, "open": list(own.values()), "close": list(own.values())})
        for ticker, own in closes().items()
    ]
    return hb.load_market(pd.concat(parts), abroad_universe(HOMES))


def together(tickers: tuple[str, ...], until: date, lookback: int) -> np.ndarray:
    """(n, K) returns between the days on which each of some tickers has a close, the last `lookback` up to a day."""
    shared = sorted(set.intersection(*(set(closes()[ticker]) for ticker in tickers)))
    shared = [day for day in shared if day <= until]
    table = np.array([[closes()[ticker][day] for ticker in tickers] for day in shared])
    return np.asarray((table[1:] / table[:-1] - 1.0)[-lookback:])


def moment_after(day: str) -> np.datetime64:
    return np.datetime64(f"{day}T23:59", "ns")


@pytest.mark.parametrize("day", ["2025-10-09", "2025-10-17", "2025-12-01"])
def test_a_share_of_two_exchanges_hedges_itself_one_to_one(day: str) -> None:
    market = market_of()
    for method in (Method.BETA, Method.MIN_VARIANCE, Method.RIDGE):
        penalty = {"ridge_penalty": 1e-9} if method is Method.RIDGE else {}
        request = HedgeRequest(method=method, lookback=100, benchmark="HOME", **penalty)
        found = estimate_hedge(market, HedgeLegs(("HOME",), ("TWIN",)), request, moment_after(day))
        assert found.ratio == pytest.approx(1.0, abs=1e-6)
        assert found.effectiveness == pytest.approx(1.0, abs=1e-9)
    row = market.session_index(np.datetime64(day))
    assert beta_ratio(market, ("HOME",), ("TWIN",), "HOME", row, 100).ratio == pytest.approx(1.0, abs=1e-12)
    asked = ask_hedge(market, row, {"HOME": -5e4}, ("TWIN",), HedgeRequest(method=Method.MIN_VARIANCE, lookback=100))
    assert asked.short_usd["TWIN"] == pytest.approx(-5e4, rel=1e-9)


@pytest.mark.parametrize("day", ["2025-08-15", "2025-10-10", "2025-11-28", "2025-12-30"])
def test_estimates_are_those_of_the_days_that_all_exchanges_share(day: str) -> None:
    market, until = market_of(), date.fromisoformat(day)
    returns = together(("MATE", "SEOUL", "TOKYO"), until, 90)
    covariance = np.cov(returns.T)
    legs = HedgeLegs(("MATE",), ("SEOUL", "TOKYO"))
    least = HedgeRequest(method=Method.MULTI_MIN_VARIANCE, lookback=90)
    found = estimate_hedge(market, legs, least, moment_after(day))
    weights = np.linalg.solve(covariance[1:, 1:], covariance[1:, 0])
    assert [found.weights[t] for t in legs.short] == pytest.approx(weights.tolist(), rel=1e-8)
    assert found.shared == len(returns) == 90
    shared = set(days_of("XNYS")) & set(days_of("XKRX")) & set(days_of("XTKS"))
    inside = [one for one in days_of("XNYS") if min(shared) <= one <= max(shared)]
    left = np.std(returns[:, 0] - returns[:, 1:] @ weights, ddof=1)
    assert found.residual_volatility == pytest.approx(left * (252.0 * len(shared) / len(inside)) ** 0.5, rel=1e-8)
    # Betas to HOME rest on the days that HOME shares with all of them.
    slopes = {}
    seen = together(("MATE", "SEOUL", "TOKYO", "HOME"), until, 90)
    for i, ticker in enumerate(("MATE", "SEOUL", "TOKYO")):
        slopes[ticker] = np.polyfit(seen[:, 3], seen[:, i], 1)[0]
    ratio = slopes["MATE"] / np.mean([slopes["SEOUL"], slopes["TOKYO"]])
    row = market.session_index(np.datetime64(day))
    assert beta_ratio(market, ("MATE",), legs.short, "HOME", row, 90).ratio == pytest.approx(ratio, rel=1e-9)
    by_engine = estimate_hedge(
        market, legs, HedgeRequest(method=Method.BETA, lookback=90, benchmark="HOME"), moment_after(day)
    )
    assert by_engine.ratio == pytest.approx(ratio, rel=1e-8)
    # A book of two exchanges is one series of those days.
    held = {"MATE": 3e4, "TOKYO": -1e4}
    asked = ask_hedge(market, row, held, ("SEOUL",), HedgeRequest(method=Method.MIN_VARIANCE, lookback=90))
    book = returns[:, 0] * 0.75 - returns[:, 2] * 0.25
    slope = np.cov(book, returns[:, 1])[0, 1] / np.var(returns[:, 1], ddof=1)
    assert asked.short_usd["SEOUL"] == pytest.approx(slope * 4e4, rel=1e-8)


def test_a_holiday_of_a_week_makes_no_price_stale_and_the_effect_goes_by_new_york() -> None:
    market = market_of()
    row = market.session_index(CHUSEOK)
    assert not np.isfinite(market.close[row - 4 : row + 1, market.column("TWIN")]).any()
    assert is_fresh(market, "TWIN", row)
    book = hb.HedgeBook(
        book=hb.Book({"HOME": 100.0, "SEOUL": 50.0}), instruments=("TWIN",), method="min_variance", lookback=90
    )
    run = hb.hedge_book(book, market, hb.Period(first="2025-10-10", last="2025-12-30"), costs="none")
    window = run.windows[0]
    assert window.decisions[0].session == CHUSEOK
    days = [day for day in days_of("XNYS") if date(2025, 10, 10) <= day <= date(2025, 12, 30)]
    assert [day.date() for day in window.returns.index] == days
    levels = window.levels.loc[[pd.Timestamp(CHUSEOK), *map(pd.Timestamp, days)]]
    before = levels["book"].to_numpy()[:-1]
    alone, hedged = (np.diff(levels[name].to_numpy()) / before for name in ("book", "hedged"))
    bench = np.array([closes()["HOME"][day] for day in [date(2025, 10, 9), *days]])
    moves = bench[1:] / bench[:-1] - 1.0
    assert run.effect.sessions == len(days) - 1
    assert run.effect.effectiveness == pytest.approx(1.0 - np.var(hedged[1:]) / np.var(alone[1:]), rel=1e-9)
    assert run.effect.beta_hedged == pytest.approx(np.polyfit(moves[1:], hedged[1:], 1)[0], abs=1e-9)
    worst = run.worst_days(3)
    assert worst["book_return"].tolist() == pytest.approx(np.sort(alone)[:3].tolist(), rel=1e-9)
    assert worst["together"].tolist() == pytest.approx(
        [np.diff(levels["hedged"].to_numpy())[days.index(day.date())] for day in worst["session"]], rel=1e-9
    )


def test_a_search_finds_the_same_share_abroad() -> None:
    book = hb.Book({"HOME": 1e5}, "dollars", source="mine.csv")
    asked = {
        "names": 1,
        "among": "twin,seoul",
        "placebos": 19,
        "lookback": 100,
        "adv_frac": None,
        "hurdle_sharpe": 0.01,
    }
    found = hb.find_hedge(book, market_of(), "none", as_of="2025-10-17", budget_frac=1.5, **asked)
    assert found.winner.effectiveness == pytest.approx(1.0, abs=1e-6)
    assert found.winner.weights_usd["TWIN"] == pytest.approx(-1e5, rel=1e-4)
    shared = sorted(set(days_of("XNYS")) & set(days_of("XKRX")))
    shared = [day for day in shared if day <= date(2025, 10, 17)][-100:]
    assert [day.item() for day in found.sample.sessions] == shared


def test_factors_over_fewer_sessions_lose_no_move() -> None:
    days = np.arange("2025-01-01", "2025-01-09", dtype="datetime64[D]")
    draw = np.random.default_rng(1).normal(0.0, 0.02, (8, 2))
    draw[3, 0] = draw[6, 1] = np.nan
    kept = FactorSet(("a", "b"), ("", ""), days, draw).over(days[[2, 5, 6]])
    for k in range(2):
        filled = [0.0 if np.isnan(x) else x for x in draw[:, k]]
        spans = [filled[:3], filled[3:6], filled[6:7]]
        expect = [np.prod([1.0 + x for x in span]) - 1.0 for span in spans]
        if k == 1:
            expect[2] = np.nan
        np.testing.assert_allclose(kept.returns[:, k], expect, rtol=1e-12)


def test_one_exchange_and_its_tickers_alone() -> None:
    market = market_of()
    found = at_common(market, ("SEOUL", "TWIN"))
    assert [day.item() for day in found.sessions] == list(days_of("XKRX"))
    assert found.venues is None
    assert at_common(found, ("SEOUL",)) is found
