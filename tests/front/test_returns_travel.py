"""Returns of a run go into other packages as they are: the same total return, Sharpe ratio and drawdown."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import empyrical
import pandas as pd
import pytest

import hedgebook as hb


@pytest.fixture(scope="module")
def run() -> hb.Run:
    market = hb.sample_market()
    closes = market.frame("close")[["META", "NVDA", "CRWV"]]
    return hb.backtest(closes.iloc[::30] * 0.0 + [0.4, 0.3, -0.3], market)


def test_they_are_a_series_by_day(run: hb.Run) -> None:
    assert isinstance(run.returns, pd.Series)
    assert isinstance(run.returns.index, pd.DatetimeIndex)
    assert run.returns.index.is_monotonic_increasing
    assert run.returns.index.tz is None


def test_empyrical_takes_them(run: hb.Run) -> None:
    assert empyrical.cum_returns_final(run.returns) == pytest.approx(run.final_nav / run.capital - 1.0, abs=1e-12)
    assert empyrical.max_drawdown(run.returns) == pytest.approx(run.metrics.max_drawdown, abs=1e-12)


@pytest.mark.skipif(find_spec("quantstats") is None, reason="quantstats is not installed")
def test_quantstats_takes_them(run: hb.Run) -> None:
    stats = import_module("quantstats").stats
    assert stats.comp(run.returns) == pytest.approx(run.final_nav / run.capital - 1.0, abs=1e-12)
    assert stats.sharpe(run.returns) == pytest.approx(run.metrics.sharpe, abs=1e-12)
