"""Betas against ordinary least squares, what is not known yet, and replays against an event study."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.account import Account
from hedgebook.engine.event_study.abnormal import abnormal_returns
from hedgebook.engine.event_study.study import event_study
from hedgebook.engine.exposure.conditional import conditional_betas
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.stress.evaluate import StressSetting
from hedgebook.engine.stress.positions import margin_terms, positions_of_weights
from hedgebook.engine.stress.replay import replay
from hedgebook.engine.stress.responses import fit_responses
from hedgebook.errors import ParameterError
from hedgebook.strategies.catalogue.read import find_trade
from hedgebook.strategies.run.run import run_trade
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.universes.event import load_events
from hedgebook.universes.market import Market
from hedgebook.universes.sample import sample_market
from tests import markets
from tests.markets import changed_after, dirty_market
from tests.oracle.ols import multiple_ols


def plain_moves(closes: pd.DataFrame) -> list[list[float]]:
    """The factors in plain Python: SPY; SMH, IBIT and MTUM net of those before them, means kept; TLT as it is."""
    moves = closes.pct_change(fill_method=None).iloc[-250:]
    residuals: list[list[float]] = []
    out: list[list[float]] = []
    for ticker in ("SPY", "SMH", "IBIT", "MTUM"):
        own = moves[ticker].tolist()
        if out:
            fit = multiple_ols(own, residuals)
            slopes = fit.coefficients[1:]
            out.append([y - sum(b * f[t] for b, f in zip(slopes, out, strict=True)) for t, y in enumerate(own)])
        else:
            out.append(own)
        residuals.append(out[-1])
    return [*out, moves["TLT"].tolist()]


def test_betas_are_least_squares_of_the_last_250_sessions(market: Market) -> None:
    row = market.session_index("2026-06-30")
    found = fit_responses(market, ("MU", "CRWV"), row)
    assert found.names == ("market", "semis", "bitcoin", "momentum", "rates")
    closes = market.frame().iloc[: row + 1]
    factors = plain_moves(closes)
    y = closes["MU"].pct_change(fill_method=None).iloc[-250:].tolist()
    np.testing.assert_allclose(found.betas[0], multiple_ols(y, factors).coefficients[1:], rtol=1e-7)
    np.testing.assert_allclose(found.covariance, np.cov(np.array(factors)), rtol=1e-9, atol=1e-12)
    assert found.sessions.tolist() == [250, 250]


def test_stress_betas_are_those_of_the_worst_sessions_where_they_differ(market: Market) -> None:
    row = market.session_index("2026-06-30")
    tickers = tuple(t for t in market.tickers if t != "SPY")
    found = fit_responses(market, tickers, row)
    closes = market.frame().iloc[: row + 1].pct_change(fill_method=None)
    changed = 0
    for i, ticker in enumerate(tickers):
        if found.sessions[i] == 0:
            continue
        expected = conditional_betas(closes[ticker].to_numpy(), closes["SPY"].to_numpy(), stress_fracs=(0.05,))
        tail = expected.iloc[-1]
        change = float(tail["beta"] - expected.loc["all", "beta"])
        believed = tail["sessions"] >= 20 and abs(change) > 2.0 * tail["stderr"]
        changed += believed
        assert found.stress_betas[i, 0] - found.betas[i, 0] == pytest.approx(change if believed else 0.0, abs=1e-9)
        assert (ticker in found.stress_notes) == (not believed)
    assert changed < len(tickers)


def test_risk_and_runs_mean_the_same_by_every_factor(market: Market) -> None:
    """One definition: the moves of a factor on any session are the same, whoever asks at the same close."""
    event = load_events().get("meta-compute-2026")
    run = run_trade(find_trade("long-meta-short-neocloud"), event, RunSetting(market, Costs()))
    assert run.entry_model is not None
    shared = run.entry_model.factors
    found = fit_responses(market, ("META",), market.session_index(run.plan.known_at))
    assert found.names[:4] == shared.names
    assert found.definitions[:4] == shared.definitions
    rows = slice(market.session_index(run.plan.known_at) - 249, market.session_index(run.plan.known_at) + 1)
    np.testing.assert_array_equal(found.factor_returns[:, :4], shared.returns[rows])
    # Also where a proxy is missing: both leave it out, and the others are net of what remains.
    bare = markets.permuted(market, [i for i, t in enumerate(market.tickers) if t not in ("SMH", "TLT")])
    run = run_trade(find_trade("long-meta-short-neocloud"), event, RunSetting(bare, Costs()))
    assert run.entry_model is not None
    found = fit_responses(bare, ("META",), bare.session_index(run.plan.known_at))
    assert found.names == run.entry_model.factors.names == ("market", "bitcoin", "momentum")
    assert found.definitions == run.entry_model.factors.definitions
    assert found.left_out == {"semis": "SMH has no prices", "rates": "TLT has no prices"}


def test_a_ticker_that_halted_takes_the_mean_of_its_bucket(market: Market) -> None:
    row = market.session_index("2026-06-30")
    close = market.close.copy()
    close[row - 29 : row + 1, market.column("CRWV")] = np.nan
    found = fit_responses(dataclasses.replace(market, close=close), ("CRWV", "NBIS", "APLD"), row)
    assert found.sessions[0] == 0
    assert "the prices of CRWV end on" in found.notes["CRWV"]
    np.testing.assert_allclose(found.betas[0], found.betas[1:].mean(axis=0), rtol=1e-12)


def test_later_prices_change_nothing(market: Market) -> None:
    row = market.session_index("2026-06-30")
    first = fit_responses(market, ("MU", "META"), row)
    second = fit_responses(changed_after(market, row, 3), ("MU", "META"), row)
    np.testing.assert_array_equal(first.betas, second.betas)
    np.testing.assert_array_equal(first.stress_betas, second.stress_betas)


def test_a_young_listing_takes_the_mean_of_its_bucket(market: Market) -> None:
    row = market.session_index("2025-05-15")
    found = fit_responses(market, ("CRWV", "NBIS", "APLD"), row)
    assert found.sessions[0] == 0
    assert "2 others of its bucket" in found.notes["CRWV"]
    np.testing.assert_allclose(found.betas[0], found.betas[1:].mean(axis=0), rtol=1e-12)


def test_a_market_without_factors() -> None:
    with pytest.raises(ParameterError, match="no factor proxy"):
        fit_responses(dirty_market(100), ("ACME",), 99)


def setting(weights: dict[str, float], day: str = "2026-06-30") -> StressSetting:
    market = sample_market()
    positions = positions_of_weights(market, market.session_index(day), weights, 1e6)
    return StressSetting(positions, margin_terms(positions, Account(), market), None, market)


def test_a_replay_is_the_abnormal_path_of_the_event(market: Market) -> None:
    where = setting({"META": 0.5, "NBIS": -0.3, "CRWV": -0.2, "SPY": 0.1})
    event = load_events().get("deepseek-2025")
    found = replay(where, event, 3)
    assert found.result is not None
    assert not found.later
    abnormal = event_study(market, event, window=(0, 2)).abnormal.loc[0:2]
    meta = np.prod(1 + abnormal["META"].to_numpy()) - 1
    moves = found.result.tickers["move_frac"]
    assert moves["META"] == pytest.approx(meta, rel=1e-12)
    assert moves["SPY"] == 0.0
    # NBIS had too few sessions to estimate from, CRWV was not listed: both take what their bucket has.
    others = [t for t in ("APLD", "NBIS") if t in abnormal and np.isfinite(abnormal[t]).all()]
    mean = np.mean([np.prod(1 + abnormal[t].to_numpy()) - 1 for t in others])
    assert moves["CRWV"] == pytest.approx(mean, rel=1e-12)
    assert found.result.tickers.loc["CRWV", "how"] == f"mean path of neocloud ({', '.join(others)})" or len(others) > 1
    by_hand = 1e6 * (0.5 * moves["META"] - 0.3 * moves["NBIS"] - 0.2 * moves["CRWV"])
    assert found.result.pnl_usd == pytest.approx(by_hand, rel=1e-9)


def test_a_replay_stops_at_the_positions_close(market: Market) -> None:
    """What came after the positions' date was not known there: neither in the path nor in its length."""
    event = load_events().get("deepseek-2025")
    fill = market.session_index("2025-01-27")
    for known in range(5):
        where = setting({"META": 0.5, "NVDA": -0.5}, str(market.sessions[fill + known]))
        found = replay(where, event)
        assert not found.later
        assert found.result is not None
        assert len(found.result.path) == known + 1
        abnormal = event_study(market, event, window=(0, known)).abnormal.loc[0:known]
        by_hand = sum(1e6 * w * (np.prod(1 + abnormal[t].to_numpy()) - 1) for t, w in (("META", 0.5), ("NVDA", -0.5)))
        assert found.result.pnl_usd == pytest.approx(by_hand, rel=1e-9)
        assert (f"after {known + 1} of 5 sessions" in found.reason) == (known < 4)
        other = changed_after(market, fill + known, 11)
        again = replay(StressSetting(where.positions, where.margin, None, other), event)
        assert again.result is not None
        assert again.result.tickers.equals(found.result.tickers)
        short = replay(StressSetting(where.positions, where.margin, None, market.rows(0, fill + known + 1)), event)
        assert short.result is not None
        assert short.reason == found.reason
        assert short.result.tickers.equals(found.result.tickers)
    before = setting({"META": 1.0}, str(market.sessions[fill - 1]))
    assert replay(before, event).later
    gone = StressSetting(before.positions, before.margin, None, market.rows(0, fill))
    assert replay(gone, event).later
    assert replay(gone, event).result is None


@pytest.mark.parametrize("name", ["deepseek-2025", "meta-compute-2026", "microsoft-leases-2025-02"])
def test_abnormal_returns_are_those_of_an_event_study(name: str) -> None:
    market, event = sample_market(), load_events().get(name)
    study = event_study(market, event, window=(0, 4))
    tickers = [t for t in market.tickers if t != "SPY"]
    found = abnormal_returns(market, event, tickers, 5)
    assert found.first_fill == study.first_fill
    expected = study.abnormal.loc[0:4].reindex(columns=tickers).to_numpy()
    known = [i for i, t in enumerate(tickers) if t in study.abnormal and np.isfinite(study.abnormal[t]).any()]
    assert len(known) > 10
    np.testing.assert_allclose(found.returns[:, known], expected[:, known], rtol=0, atol=1e-13)
    for i, ticker in enumerate(tickers):
        if ticker in set(study.excluded["ticker"]):
            assert np.isnan(found.returns[:, i]).all()


def test_replays_that_end_early_come_later_or_cannot_be() -> None:
    where = setting({"META": 1.0})
    assert replay(where, load_events().get("meta-q2-2026")).later
    first = where.market
    assert first is not None
    short = first.rows(0, first.session_index("2026-07-31") + 1)
    cut = replay(StressSetting(where.positions, where.margin, None, short), load_events().get("meta-q2-2026"))
    assert cut.result is not None
    assert len(cut.result.path) == 2
    assert "end after 2 of 5" in cut.reason
    late = StressSetting(where.positions, where.margin, None, first.rows(300, 623))
    gone = replay(late, load_events().get("deepseek-2025"))
    assert gone.result is None
    assert gone.reason
