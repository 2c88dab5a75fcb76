"""Prices through yfinance, at its boundary: what is asked of it, and what its documented answers become."""

from __future__ import annotations

import inspect
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.errors import InputError

from . import fake_yfinance

DAYS = pd.DatetimeIndex(hb.sample_market().sessions[:40].astype("datetime64[ns]"), name="Date")
SMALL = hb.Universe.model_validate(
    {
        "name": "small", "title": "Small", "benchmark": "SPY",
        "buckets": [
            {"name": "one", "role": "r", "members": [
                {"ticker": name, "company": name, "first_session": "2020-01-02", "earlier": True}
                for name in ("SPY", "BRK.B", "RR.L", "GONE")
            ]}
        ],
    }
)  # fmt: skip


def quoted(seed: int, days: pd.DatetimeIndex = DAYS) -> pd.DataFrame:
    """Quoted prices of a ticker with a dividend of 1 USD on day 30 and a split on day 20."""
    draws = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(draws.normal(0.0, 0.01, len(days))))
    open_ = close * (1.0 + draws.normal(0.0, 0.004, len(days)))
    frame = pd.DataFrame(
        {
            "Open": open_, "High": np.maximum(open_, close) * 1.004, "Low": np.minimum(open_, close) * 0.996,
            "Close": close, "Volume": 1000.0 + np.arange(len(days)), "Dividends": 0.0, "Stock Splits": 0.0,
        },
        index=days,
    )  # fmt: skip
    if len(days) > 30:
        frame.iloc[30, frame.columns.get_loc("Dividends")] = 1.0
        frame.iloc[20, frame.columns.get_loc("Stock Splits")] = 2.0
    return fake_yfinance.adjusted(frame)


@pytest.fixture
def yahoo(monkeypatch: pytest.MonkeyPatch) -> Any:
    module = fake_yfinance.made({"SPY": quoted(1), "BRK-B": quoted(2), "RR.L": quoted(3)})
    monkeypatch.setitem(sys.modules, "yfinance", module)
    return module


def test_prices_are_total_returns_and_what_is_asked_is_said(yahoo: Any, capsys: pytest.CaptureFixture[str]) -> None:
    market = hb.load_market("yfinance:?start=2024-01-02&until=2024-02-20", SMALL)
    asked = yahoo.calls[0]
    # Classes of shares have a dash at Yahoo; exchanges have a point, which stays.
    assert asked["tickers"] == ["SPY", "BRK-B", "RR.L", "GONE"]
    assert (asked["start"], asked["end"], asked["period"]) == ("2024-01-02", "2024-02-21", None)
    assert (asked["auto_adjust"], asked["actions"]) == (False, True)
    assert market.tickers == ("SPY", "BRK.B", "RR.L")
    assert any("GONE" in warning for warning in market.warnings)
    # Held from before the dividend to after it: closes over closes plus the dividend, reinvested at the close before.
    raw, close = quoted(2)["Close"].to_numpy(), market.close[:, 1]
    expected = raw[30] / (raw[29] - 1.0)
    assert close[30] / close[29] == pytest.approx(expected, rel=1e-12)
    assert close[10] / close[9] == pytest.approx(raw[10] / raw[9], rel=1e-12)
    before = quoted(2)
    assert market.open[5, 1] / close[5] == pytest.approx(before["Open"].iloc[5] / before["Close"].iloc[5], rel=1e-12)
    assert capsys.readouterr().out == ""


def test_without_days_everything_is_asked_for(yahoo: Any) -> None:
    hb.load_market("yfinance:", SMALL)
    assert yahoo.calls[0]["period"] == "max"


def test_no_answer_is_one_error(yahoo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="Yahoo gave no prices"):
        hb.load_market("yfinance:", SMALL, tickers=["GONE"])

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("https://user:secret@proxy")

    monkeypatch.setattr(yahoo, "download", broken)
    with pytest.raises(InputError) as problem:
        hb.load_market("yfinance:", SMALL)
    assert "RuntimeError" in str(problem.value)
    assert "secret" not in str(problem.value)


def test_the_real_package_takes_what_is_asked(yahoo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    hb.load_market("yfinance:?start=2024-01-02", SMALL)
    monkeypatch.delitem(sys.modules, "yfinance")
    real = pytest.importorskip("yfinance")
    taken = inspect.signature(real.download).parameters
    assert set(yahoo.calls[0]) <= set(taken)


@pytest.mark.live
def test_yahoo_answers() -> None:
    market = hb.load_market("yfinance:?start=2024-01-02&until=2024-01-31", tickers=["META", "SPY"])
    assert len(market.sessions) == 21
