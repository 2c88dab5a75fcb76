"""What a tear sheet is made of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.risk.rolling import rolling_risk
from hedgebook.strategies.tearsheet.sheet import sheet_of
from hedgebook.strategies.tearsheet.track import track_of_levels, track_of_returns


def series(count: int = 700, seed: int = 1) -> pd.Series[float]:
    values = np.random.default_rng(seed).normal(0.0004, 0.01, count)
    return pd.Series(values, index=pd.bdate_range("2020-01-01", periods=count), name="mine")


def test_moving_figures_are_those_of_the_window_and_lie_in_their_bands() -> None:
    benchmark = (0.6 * series() + series(seed=2)).rename("SPY")
    sheet = sheet_of(track_of_returns(series(), "mine"), benchmark)
    assert sheet.window == 126
    expected = rolling_risk(series(), benchmark, window_sessions=126)
    np.testing.assert_allclose(sheet.rolling["sharpe"], expected["sharpe"])
    np.testing.assert_allclose(sheet.rolling["beta"], expected["beta"])
    assert len(sheet.bands) <= 80
    for name in ("sharpe", "volatility_annual", "beta"):
        edges, line = sheet.bands[name], sheet.rolling[name].reindex(sheet.bands.index)
        inside = (edges["low"] <= line) & (line <= edges["high"])
        assert inside.mean() > 0.9, name
        last = series().iloc[-126:]
        assert sheet.rolling["volatility_annual"].iloc[-1] == pytest.approx(last.std() * np.sqrt(252), rel=1e-9)


def test_few_returns_have_a_shorter_window_and_fewer_none() -> None:
    assert sheet_of(track_of_returns(series(150), "mine")).window == 63
    short = sheet_of(track_of_returns(series(40), "mine"))
    assert short.window == 0
    assert short.rolling.empty
    assert any("too few for moving figures" in note for note in short.notes)


def test_a_benchmark_stands_beside_on_the_dates_that_both_have() -> None:
    benchmark = series(seed=2).rename("SPY").iloc[100:]
    sheet = sheet_of(track_of_returns(series(), "mine"), benchmark)
    assert len(sheet.common) == 600
    expected = np.prod(1.0 + benchmark) - 1.0
    assert sheet.benchmark_measures["total_return"].value == pytest.approx(expected, rel=1e-12)
    assert any("600 of 700 dates" in note for note in sheet.notes)


def test_levels_make_returns() -> None:
    levels = pd.Series([10.0, 11.0, 9.9], index=pd.bdate_range("2024-01-01", periods=3))
    assert track_of_levels(levels, "a", "file").returns.tolist() == pytest.approx([0.1, -0.1])


def test_the_fit_finds_heavy_tails() -> None:
    values = np.random.default_rng(5).standard_t(3.0, 4000) * 0.01
    found = sheet_of(track_of_returns(pd.Series(values, index=pd.bdate_range("2005-01-03", periods=4000)), "t")).student
    assert found is not None
    assert found.nu == pytest.approx(3.0, abs=0.4)
