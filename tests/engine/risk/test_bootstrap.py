"""The bootstrap: every draw replayed in plain Python, and its law compared with arch."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.risk.bootstrap import bootstrap_metrics, optimal_block_length, resampled_sessions
from hedgebook.engine.risk.rolling import rolling_risk, rolling_risk_bands
from hedgebook.errors import ParameterError
from tests.oracle import risk as oracle

RETURNS = np.random.default_rng(3).standard_t(4, 400) * 0.01 + 0.0004


def test_every_draw_can_be_replayed() -> None:
    found = bootstrap_metrics(RETURNS, draws=40, block_length=7.0, seed=11)
    sessions = resampled_sessions(len(RETURNS), draws=40, block_length=7.0, seed=11)
    for draw, row in zip(sessions.tolist(), found.table.to_dict("records"), strict=True):
        values = [float(RETURNS[i]) for i in draw]
        expected = oracle.metric_row(values)
        for name in found.names:
            assert row[name] == pytest.approx(expected[name], rel=1e-9), name


def test_threads_and_seeds() -> None:
    one = bootstrap_metrics(RETURNS, draws=101, seed=1, threads=1).values
    assert np.array_equal(one, bootstrap_metrics(RETURNS, draws=101, seed=1, threads=2).values)
    assert np.array_equal(one[:50], bootstrap_metrics(RETURNS, draws=50, seed=1).values)
    assert not np.array_equal(one, bootstrap_metrics(RETURNS, draws=101, seed=2).values)
    assert len(np.unique(one[:, 2])) == 101


def test_blocks_are_geometric_and_sessions_equally_likely() -> None:
    n, draws, length = 200, 3000, 5.0
    sessions = resampled_sessions(n, draws=draws, block_length=length, seed=4)
    assert sessions.min() == 0
    assert sessions.max() == n - 1
    counts = np.bincount(sessions.ravel(), minlength=n)
    # Variance of a count under blocks is about 2 length - 1 times that of independent draws.
    assert np.abs(counts - draws).max() < 6 * math.sqrt(draws * (2 * length - 1))
    follows = (sessions[:, 1:] == (sessions[:, :-1] + 1) % n).mean()
    # A new block begins at the following session by chance, too.
    assert follows == pytest.approx(1 - 1 / length + 1 / length / n, abs=0.002)
    starts = ~(sessions[:, 1:] == (sessions[:, :-1] + 1) % n)
    runs = np.diff(np.flatnonzero(starts[:, :-1].ravel()))
    assert (runs == 1).mean() == pytest.approx(1 / length, abs=0.01)


def test_law_of_the_figures_is_that_of_arch() -> None:
    """Mean and spread of bootstrapped Sharpe ratios, within four standard errors of arch's."""
    from arch.bootstrap import StationaryBootstrap

    def sharpe(x: np.ndarray) -> float:
        return float(x.mean() / x.std(ddof=1) * math.sqrt(252))

    peer = StationaryBootstrap(12, RETURNS, seed=7).apply(sharpe, 2000).ravel()
    ours = bootstrap_metrics(RETURNS, draws=20_000, block_length=12, seed=7).table["sharpe"]
    assert ours.mean() == pytest.approx(peer.mean(), abs=4 * peer.std() / math.sqrt(2000))
    assert ours.std() == pytest.approx(peer.std(), rel=4 / math.sqrt(2 * 2000) + 0.01)
    bands = bootstrap_metrics(RETURNS, draws=20_000, block_length=12, seed=7).bands(0.9)
    assert bands.loc["sharpe", "low"] == pytest.approx(np.quantile(peer, 0.05), abs=0.12)
    assert bands.loc["sharpe", "high"] == pytest.approx(np.quantile(peer, 0.95), abs=0.12)


def test_block_length_grows_with_dependence() -> None:
    """Patton, Politis and White: about 13.6 and 15.6 for an autoregression of 0.3 over 10,000 points."""
    noise = np.random.default_rng(0).normal(size=10_100)
    values = np.zeros(10_100)
    for t in range(1, len(values)):
        values[t] = 0.3 * values[t - 1] + noise[t]
    found = optimal_block_length(values[100:])
    assert 9 < found.stationary < 18
    assert found.circular / found.stationary == pytest.approx(1.5 ** (1 / 3), rel=1e-12)
    assert optimal_block_length(noise).stationary < found.stationary
    assert math.isnan(optimal_block_length(np.full(50, 0.1)).stationary)


def test_block_lengths_equal_arch() -> None:
    from arch.bootstrap import optimal_block_length as peer

    rng = np.random.default_rng(12)
    for n in (30, 101, 999):
        values = rng.normal(size=n).cumsum() * 0.1 + rng.normal(size=n)
        expected = peer(values).iloc[0]
        found = optimal_block_length(values)
        assert found.stationary == pytest.approx(expected["stationary"], rel=1e-9)
        assert found.circular == pytest.approx(expected["circular"], rel=1e-9)


def test_golden_block_lengths(shared) -> None:  # type: ignore[no-untyped-def]
    import json

    golden = json.loads((shared / "golden/overfit/arch_bootstrap_golden.json").read_text())
    table = pd.read_csv(shared / "golden/overfit/dji30ret_last2528.csv", index_col=0)
    for key, power in (("optimal_block_length", 1), ("optimal_block_length_squared", 2)):
        assert len(golden[key]) == 30
        for name, (stationary, circular) in golden[key].items():
            found = optimal_block_length(table[name] ** power)
            assert (found.stationary, found.circular) == pytest.approx((stationary, circular), rel=1e-10), name


def test_bad_input() -> None:
    with pytest.raises(ParameterError, match="block_length"):
        bootstrap_metrics(RETURNS, block_length=0.5)
    with pytest.raises(ParameterError, match="too few"):
        bootstrap_metrics([0.01] * 5)
    with pytest.raises(ParameterError, match="draws"):
        bootstrap_metrics(RETURNS, draws=0)


def pair() -> tuple[pd.Series[float], pd.Series[float]]:
    index = pd.bdate_range("2026-01-01", periods=90)
    rng = np.random.default_rng(9)
    market = pd.Series(rng.normal(0, 0.01, 90), index=index)
    share = 1.4 * market + pd.Series(rng.normal(0, 0.01, 90), index=index)
    share.iloc[[10, 40]] = np.nan
    market.iloc[41] = np.nan
    return share, market


def test_rolling_figures_equal_the_oracle() -> None:
    share, market = pair()
    found = rolling_risk(share, market, window_sessions=21, least_sessions=19)
    for t in range(len(share)):
        window = slice(max(t - 20, 0), t + 1)
        pairs = [(x, y) for x, y in zip(share.iloc[window], market.iloc[window], strict=True) if x == x and y == y]
        if t < 20 or len(pairs) < 19:
            assert found.iloc[t].isna().all()
            continue
        r, m = [x for x, _ in pairs], [y for _, y in pairs]
        row = oracle.metric_row(r)
        for name in ("volatility_annual", "sharpe", "max_drawdown"):
            assert found.iloc[t][name] == pytest.approx(row[name], rel=1e-9)
        assert found.iloc[t]["beta"] == pytest.approx(oracle.covariance(r, m) / oracle.central_moment(m, 2))
        assert found.iloc[t]["correlation"] == pytest.approx(oracle.correlation(r, m))
    assert found.notna().all(axis=1).sum() > 50


def test_bands_hold_the_figure_and_shrink_with_confidence() -> None:
    share, market = pair()
    figures = rolling_risk(share, market, window_sessions=42, least_sessions=39)
    wide = rolling_risk_bands(share, market, window_sessions=42, least_sessions=39, confidence=0.95, draws=400)
    narrow = rolling_risk_bands(share, market, window_sessions=42, least_sessions=39, confidence=0.5, draws=400)
    known = figures["beta"].notna()
    for name in ("beta", "correlation", "sharpe", "volatility_annual"):
        inside = (figures[name] >= wide[name]["low"]) & (figures[name] <= wide[name]["high"])
        assert inside[known].mean() > 0.95, name
        assert ((wide[name]["high"] - wide[name]["low"]) > (narrow[name]["high"] - narrow[name]["low"]))[known].all()
    assert wide[~known].isna().all(axis=None)
    again = rolling_risk_bands(
        share, market, window_sessions=42, least_sessions=39, confidence=0.95, draws=400, threads=1
    )
    pd.testing.assert_frame_equal(wide, again)


def test_band_of_the_mean_has_the_textbook_width() -> None:
    """Independent draws from normal returns: the deviation of an annual Sharpe ratio is near sqrt(252 / n)."""
    returns = pd.Series(np.random.default_rng(5).normal(0, 0.01, 250))
    bands = rolling_risk_bands(returns, window_sessions=250, confidence=0.9, draws=4000, block_length=1).iloc[-1]
    width = bands["sharpe", "high"] - bands["sharpe", "low"]
    assert width == pytest.approx(2 * 1.645 * math.sqrt(252 / 250), rel=0.08)
    assert [name for name, _ in bands.index[::2]] == ["volatility_annual", "sharpe", "max_drawdown"]
