"""P&L by factor and exposure through time, against plain Python on markets with gaps."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.backtest.flows import CashFlows
from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.exposure.attribution import attribute_pnl, attribute_with
from hedgebook.engine.exposure.factor_sets import FactorSet
from hedgebook.engine.exposure.holdings import exposure_of_holdings, exposure_path, known_betas
from hedgebook.engine.recorded import COST_CAUSES
from hedgebook.errors import ParameterError
from hedgebook.universes.calendar import Mark
from hedgebook.universes.market import Market
from tests import markets
from tests.oracle.attribution import factor_pnl
from tests.oracle.ols import multiple_ols


def factors_of(market: Market, seed: int = 1, *, gap: int | None = None) -> FactorSet:
    draw = np.random.default_rng(seed)
    night, day = draw.normal(0.0, 0.01, (2, len(market.sessions), 2))
    whole = (1 + night) * (1 + day) - 1
    if gap is not None:
        night[gap, 0] = np.nan
    return FactorSet(("one", "two"), ("first", "second"), market.sessions, whole, night, day)


def shares_after_open(backtest: Backtest) -> list[list[float]]:
    """Replays the fills of the opens on the shares of the close before."""
    fills = backtest.fills
    shares = dict.fromkeys(backtest.market.tickers, 0.0)
    out = []
    for session in backtest.sessions:
        of_day = fills[fills["session"] == session]
        for ticker, change in zip(
            *(of_day.loc[of_day["mark"] == "open", k] for k in ("ticker", "shares")), strict=True
        ):
            shares[ticker] += change
        out.append(list(shares.values()))
        for ticker, change in zip(
            *(of_day.loc[of_day["mark"] == "close", k] for k in ("ticker", "shares")), strict=True
        ):
            shares[ticker] += change
    return out


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_pnl_by_factor_against_plain_python(seed: int) -> None:
    market = markets.random_market(seed, sessions=25)
    backtest = run_schedule(market, markets.random_schedule(seed, market), markets.random_costs(seed))
    first = market.session_index(backtest.market.sessions[0])
    sessions, count = len(backtest.market.sessions), len(market.tickers)
    factors = factors_of(backtest.market, seed, gap=min(5, sessions - 1))
    betas = np.random.default_rng(seed).normal(1.0, 0.5, (sessions, count, 2))
    betas[:, 2, 1] = np.nan
    found = attribute_with(backtest, factors, betas)
    total = found.by_session["total"]
    before = np.concatenate([[backtest.capital], backtest.record.nav[:-1, Mark.CLOSE]])
    np.testing.assert_allclose(total, backtest.record.nav[:, Mark.CLOSE] - before, atol=1e-9 * backtest.capital)
    assert found.cumulated["total"].iloc[-1] == pytest.approx(backtest.final_nav - backtest.capital, abs=1e-3)
    after_open = shares_after_open(backtest)
    record = backtest.record
    for t in range(sessions):
        for i in range(count):
            known = np.isfinite(betas[t, i]).all()
            nights, days = factors.overnight[t].tolist(), factors.intraday[t].tolist()
            for k in range(2):
                if math.isnan(nights[k]):
                    # Its whole return, close to close, on what was held at the close before.
                    nights[k], days[k] = float(factors.returns[t, k]), 0.0
            held, price = (record.shares[t - 1, i], record.price[t - 1, i]) if t else (0.0, 0.0)
            opened = market.open[first + t, i]
            expected = [0.0, 0.0]
            if known:
                expected = factor_pnl(
                    held, price, after_open[t][i], opened if math.isfinite(opened) else price,
                    betas[t, i].tolist(), nights, days,
                )  # fmt: skip
            np.testing.assert_allclose(found.factor[t, i], expected, atol=1e-5)
            gross = record.pnl[t, i, :2].sum()
            assert found.specific[t, i] == pytest.approx(gross - sum(expected), abs=1e-5)
    by_cause = found.by_session[list(COST_CAUSES)].sum()
    np.testing.assert_allclose(by_cause, backtest.pnl("cause").loc[list(COST_CAUSES), "total"], atol=1e-6)
    by_ticker = backtest.pnl("ticker")["total"]
    np.testing.assert_allclose(found.by("ticker")["total"], by_ticker, atol=1e-6)
    np.testing.assert_allclose(found.by("bucket")["total"].sum(), by_ticker.sum(), atol=1e-6)


def test_cash_beside_the_prices_is_specific() -> None:
    market = markets.random_market(4, sessions=25)
    schedule, costs = markets.random_schedule(4, market), markets.random_costs(4)
    bare = run_schedule(market, schedule, costs)
    days = bare.market.sessions[[6, 11, 11]]
    paid = CashFlows(("T0", "T1", "T3"), days, np.array([0, 0, 1]), np.array([3.0, 2.0, 5.0]))
    backtest = run_schedule(market, schedule, costs, flows=paid)
    flowed = backtest.pnl("ticker")["cash_flow"]
    assert flowed.abs().sum() > 1.0
    shape = (len(bare.market.sessions), len(market.tickers), 2)
    found = attribute_with(backtest, factors_of(backtest.market), np.zeros(shape))
    before = np.concatenate([[backtest.capital], backtest.record.nav[:-1, Mark.CLOSE]])
    change = backtest.record.nav[:, Mark.CLOSE] - before
    np.testing.assert_allclose(found.by_session["total"], change, atol=1e-9 * backtest.capital)
    moved = backtest.pnl("ticker")[["overnight", "intraday"]].sum(axis=1)
    np.testing.assert_allclose(found.by("ticker")["specific"], moved + flowed, atol=1e-6)


def pure_market() -> tuple[Market, FactorSet]:
    """Three tickers that are nothing but multiples of one factor, by night and by day."""
    draw = np.random.default_rng(3)
    night, day = draw.normal(0.0, 0.01, (2, 80))
    opens, closes, level = np.empty((80, 3)), np.empty((80, 3)), np.array([50.0, 20.0, 80.0])
    slopes = np.array([1.0, 2.0, -0.5])
    for t in range(80):
        opens[t] = level * (1.0 + slopes * night[t])
        closes[t] = opens[t] * (1.0 + slopes * day[t])
        level = closes[t]
    market = markets.market_of(
        {"open": opens, "close": closes}, ("X", "Y", "Z"), universe=markets.numbered_universe(("X", "Y", "Z"))
    )
    whole = (1 + night) * (1 + day) - 1
    return market, FactorSet(("one",), ("the only one",), market.sessions, whole[:, None], night[:, None], day[:, None])


def test_what_follows_the_factor_is_not_specific() -> None:
    market, factors = pure_market()
    rows = [(60, Mark.OPEN, (0.5, -0.5, 0.2)), (70, Mark.CLOSE, (0.0, 0.0, 0.0))]
    backtest = run_schedule(market, markets.schedule_of(market, rows), "none")
    true = np.broadcast_to(np.array([[1.0], [2.0], [-0.5]]), (20, 3, 1))
    exact = attribute_with(backtest, factors.on(backtest.market.sessions), true)
    assert np.abs(exact.specific).max() < 1e-6
    assert exact.by_session["one"].sum() == pytest.approx(backtest.final_nav - backtest.capital, abs=1e-5)
    # Estimated betas of close-to-close returns differ a little, because nights and days compound.
    found = attribute_pnl(market, backtest, factors, 50)
    assert found.by_session["specific"].abs().sum() < 0.02 * found.by_session["one"].abs().sum()
    assert found.without_beta == ()
    assert found.exposure[0, 0] == 0.0
    held = backtest.record.shares[4] * backtest.record.price[4]
    # Five sessions in: what was held at the close, times betas of the 50 sessions before.
    betas = known_betas(market, ("X", "Y", "Z"), factors, 50)[64, :, 0]
    assert found.exposure[5, 0] == pytest.approx(float(held @ betas), rel=1e-12)
    frozen = attribute_pnl(market, backtest, factors, 50, frozen=True)
    at_entry = known_betas(market, ("X", "Y", "Z"), factors, 50)[59, :, 0]
    assert frozen.exposure[5, 0] == pytest.approx(float(held @ at_entry), rel=1e-12)


def test_without_the_split_a_position_counts_from_the_next_session() -> None:
    market, factors = pure_market()
    rows = [(60, Mark.OPEN, (0.5, 0.0, 0.0)), (70, Mark.CLOSE, (0.0, 0.0, 0.0))]
    backtest = run_schedule(market, markets.schedule_of(market, rows), "none")
    bare = FactorSet(factors.names, factors.definitions, factors.sessions, factors.returns)
    found = attribute_with(backtest, bare.on(backtest.market.sessions), np.ones((20, 3, 1)))
    assert found.by_session["one"].iloc[0] == 0.0
    np.testing.assert_allclose(found.by_session["specific"].iloc[1:], 0.0, atol=1e-6)
    assert found.by_session["specific"].iloc[0] == pytest.approx(backtest.record.pnl[0].sum(), rel=1e-12)


def test_known_betas_are_rolling_least_squares_of_the_past() -> None:
    market = markets.dirty_market(60)
    factors = factors_of(market)
    found = known_betas(market, ("ACME", "LATE"), factors, 30, min_sessions=12)
    for t in (15, 30, 45, 59):
        for i, ticker in enumerate(("ACME", "LATE")):
            close = market.close[:, market.column(ticker)]
            moves = [math.nan, *(close[1:] / close[:-1] - 1.0)]
            rows = [r for r in range(max(0, t - 29), t + 1) if math.isfinite(moves[r])]
            if len(rows) < 12:
                assert np.isnan(found[t, i]).all()
                continue
            exact = multiple_ols([moves[r] for r in rows], [factors.returns[rows, k].tolist() for k in range(2)])
            np.testing.assert_allclose(found[t, i], exact.coefficients[1:], rtol=1e-9)
    later = markets.changed_after(market, 40, 3)
    np.testing.assert_array_equal(known_betas(later, ("ACME",), factors, 30, min_sessions=12)[:41], found[:41, :1])


def test_exposure_of_holdings() -> None:
    weights = np.array([[0.5, -0.5, 0.0], [0.2, 0.0, 0.1]])
    betas = np.array([[1.0], [2.0], [np.nan]])
    found = exposure_of_holdings(weights, betas)
    assert found[0, 0] == pytest.approx(-0.5)
    assert math.isnan(found[1, 0])
    with pytest.raises(ParameterError, match="do not fit together"):
        exposure_of_holdings(weights, betas[:2])


def test_exposure_path() -> None:
    market = markets.dirty_market(60)
    factors = factors_of(market)
    names = market.tickers
    weights = [0.5 if n == "ACME" else -0.5 if n == "LATE" else 0.0 for n in names]
    rows = [(35, Mark.OPEN, weights), (58, Mark.CLOSE, [0.0] * len(names))]
    backtest = run_schedule(market, markets.schedule_of(market, rows), "none")
    path = exposure_path(market, backtest, factors, 30, returns_window=15)
    betas = known_betas(market, ("ACME", "LATE"), factors, 30)
    for t in (5, 15, 22):
        value = backtest.record.shares[t] * backtest.record.price[t] / backtest.record.nav[t, Mark.CLOSE]
        held = [value[market.column(n)] for n in ("ACME", "LATE")]
        expected = held[0] * betas[35 + t, 0] + held[1] * betas[35 + t, 1]
        np.testing.assert_allclose(path.holdings.iloc[t], expected, rtol=1e-12)
    y = backtest.returns.tolist()[8:23]
    exact = multiple_ols(y, [factors.returns[43:58, k].tolist() for k in range(2)])
    np.testing.assert_allclose(path.returns.iloc[22], exact.coefficients[1:], rtol=1e-9)
    assert path.returns.iloc[:14].isna().all(axis=None)
    assert (path.stderrs.iloc[14:] > 0).all(axis=None)
    assert path.without_beta == ()
    late = exposure_path(market, backtest, factors, 60, returns_window=15)
    assert late.without_beta == ()


def test_a_ticker_without_a_beta_is_named_and_specific() -> None:
    market = markets.dirty_market(60)
    factors = factors_of(market)
    names = market.tickers
    weights = [0.5 if n == "ACME" else -0.5 if n == "LATE" else 0.0 for n in names]
    rows = [(18, Mark.OPEN, weights), (30, Mark.CLOSE, [0.0] * len(names))]
    backtest = run_schedule(market, markets.schedule_of(market, rows), "none")
    found = attribute_pnl(market, backtest, factors, 30, min_sessions=12)
    assert found.without_beta == ("LATE",)
    column = market.column("LATE")
    assert np.abs(found.factor[:10, column]).max() == 0.0
    assert np.abs(found.specific[:10, column]).max() > 0.0
    path = exposure_path(market, backtest, factors, 30)
    assert path.without_beta == ("LATE",)
    with pytest.raises(ParameterError, match="other sessions"):
        attribute_pnl(market, backtest, factors.on(market.sessions[1:]), 30)
    with pytest.raises(ParameterError, match="cannot be split"):
        found.by("cause")
