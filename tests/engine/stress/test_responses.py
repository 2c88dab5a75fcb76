"""Betas against ordinary least squares, what is not known yet, and replays against an event study."""

from __future__ import annotations

import numpy as np
import pytest

from hedgebook.engine.account import Account
from hedgebook.engine.event_study.study import event_study
from hedgebook.engine.exposure.factor_sets import etf_factors
from hedgebook.engine.stress.evaluate import Setting
from hedgebook.engine.stress.positions import margin_terms, positions_of_weights
from hedgebook.engine.stress.replay import replay
from hedgebook.engine.stress.responses import fit_responses
from hedgebook.errors import ParameterError
from hedgebook.universes.event import load_events
from hedgebook.universes.sample import sample_market
from tests.markets import changed_after, dirty_market


def test_betas_are_least_squares_of_the_last_250_sessions() -> None:
    market = sample_market()
    row = market.session_index("2026-06-30")
    found = fit_responses(market, ("MU", "CRWV"), row)
    factors = etf_factors(market.rows(0, row + 1), found.names).returns[-250:]
    closes = market.frame()["MU"].iloc[: row + 1]
    y = closes.pct_change(fill_method=None).to_numpy()[-250:]
    slopes = np.linalg.lstsq(np.column_stack([np.ones(250), factors]), y, rcond=None)[0]
    np.testing.assert_allclose(found.betas[0], slopes[1:], rtol=1e-8)
    np.testing.assert_allclose(found.covariance, np.cov(factors.T), rtol=1e-10)
    assert found.sessions.tolist() == [250, 250]


def test_later_prices_change_nothing() -> None:
    market = sample_market()
    row = market.session_index("2026-06-30")
    first = fit_responses(market, ("MU", "META"), row)
    second = fit_responses(changed_after(market, row, 3), ("MU", "META"), row)
    np.testing.assert_array_equal(first.betas, second.betas)
    np.testing.assert_array_equal(first.stress_betas, second.stress_betas)


def test_a_young_listing_takes_the_mean_of_its_bucket() -> None:
    market = sample_market()
    row = market.session_index("2025-05-15")
    found = fit_responses(market, ("CRWV", "NBIS", "APLD"), row)
    assert found.sessions[0] == 0
    assert "2 others of its bucket" in found.notes["CRWV"]
    np.testing.assert_allclose(found.betas[0], found.betas[1:].mean(axis=0), rtol=1e-12)


def test_a_market_without_factors() -> None:
    with pytest.raises(ParameterError, match="no factor proxy"):
        fit_responses(dirty_market(100), ("ACME",), 99)


def setting(weights: dict[str, float], day: str = "2026-06-30") -> Setting:
    market = sample_market()
    positions = positions_of_weights(market, market.session_index(day), weights, 1e6)
    return Setting(positions, margin_terms(positions, Account(), market), None, market)


def test_a_replay_is_the_abnormal_path_of_the_event() -> None:
    where = setting({"META": 0.5, "NBIS": -0.3, "CRWV": -0.2, "SPY": 0.1})
    event = load_events().get("deepseek-2025")
    found = replay(where, event, 3)
    assert found.result is not None
    assert not found.later
    market = sample_market()
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


def test_replays_that_end_early_come_later_or_cannot_be() -> None:
    where = setting({"META": 1.0})
    assert replay(where, load_events().get("meta-q2-2026")).later
    first = where.market
    assert first is not None
    short = first.rows(0, first.session_index("2026-07-31") + 1)
    cut = replay(Setting(where.positions, where.margin, None, short), load_events().get("meta-q2-2026"))
    assert cut.result is not None
    assert len(cut.result.path) == 2
    assert "end after 2 of 5" in cut.reason
    late = Setting(where.positions, where.margin, None, first.rows(300, 623))
    gone = replay(late, load_events().get("deepseek-2025"))
    assert gone.result is None
    assert gone.reason
