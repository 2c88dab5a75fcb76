"""Adjusted closes beside quoted ones: what they lack is found, in both ways of adjusting; sound ones are not named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hedgebook.universes.calendar import trading_calendar
from hedgebook.universes.prices.check import check_prices

DRIFT = ("adjusted_drift", "dividend_missing", "dividend_overdue", "two_conventions")
BEFORE, ON = "before", "on"


def table(seed: int, way: str, *, decimals: int | None = None, every: int = 63, lacking: int = 0) -> pd.DataFrame:
    """Two tickers with a dividend every so many sessions; the newest `lacking` are not in the adjusted close."""
    draw, parts = np.random.default_rng(seed), []
    days = trading_calendar(2022, 2024).sessions[:600]
    for ticker, share in (("PAYS", 0.008), ("LESS", 0.004)):
        close = 80.0 * np.exp(np.cumsum(draw.normal(0.0, 0.012, len(days))))
        paid = np.zeros(len(days))
        paid[40 : len(days) - 5 : every] = share * 80.0
        adjusted, at = close.copy(), np.flatnonzero(paid)
        for t in at[: len(at) - lacking] if lacking else at:
            before, after = (close[t - 1] - paid[t]) / close[t - 1], close[t] / (close[t] + paid[t])
            adjusted[:t] *= before if way == BEFORE else after
        if decimals is not None:
            close, adjusted = close.round(decimals), adjusted.round(decimals)
        fields = {"open": close, "high": close, "low": close, "close": close, "Adj Close": adjusted}
        parts.append(pd.DataFrame({"date": days, "ticker": ticker, **fields, "volume": 1e6, "Dividends": paid}))
    return pd.concat(parts, ignore_index=True)


def told(frame: pd.DataFrame) -> list[tuple[str, str, int, str]]:
    faults = check_prices(frame, "all").faults
    return [(one.rule, one.ticker, one.count, one.last) for one in faults if one.rule in DRIFT]


@pytest.mark.parametrize("way", [BEFORE, ON])
@pytest.mark.parametrize("decimals", [None, 2, 4])
def test_sound_adjusted_closes_are_not_named(way: str, decimals: int | None) -> None:
    frame = table(1, way, decimals=decimals)
    assert told(frame) == []
    assert told(frame.drop(columns="Dividends")) == []
    weekly = table(2, way, every=5)
    assert told(weekly) == []


@pytest.mark.parametrize("way", [BEFORE, ON])
def test_the_newest_dividend_is_missing(way: str) -> None:
    frame = table(3, way, decimals=2, lacking=1)
    last = str(frame.loc[frame["Dividends"] > 0, "date"].max().date())
    assert told(frame) == [("dividend_missing", ticker, 1, last) for ticker in ("PAYS", "LESS")]


def test_a_dividend_that_is_overdue_is_asked_about() -> None:
    frame = table(4, BEFORE, lacking=1).drop(columns="Dividends")
    days = frame["date"].drop_duplicates()
    assert {one[:2] for one in told(frame[frame["date"] <= days.iloc[560]])} == {
        ("dividend_overdue", "PAYS"), ("dividend_overdue", "LESS"),
    }  # fmt: skip


def test_two_ways_in_one_series_and_a_factor_that_falls() -> None:
    one, other = table(5, BEFORE), table(5, ON)
    step = (other["Adj Close"] / other["Adj Close"].shift(-1)) / (one["Adj Close"] / one["Adj Close"].shift(-1))
    mixed = one.copy()
    rows = mixed.index[mixed["ticker"] == "PAYS"][:200]
    # The older part is adjusted in the other way, joined at one of its days.
    joint = other.loc[rows[-1], "Adj Close"] / one.loc[rows[-1], "Adj Close"]
    mixed.loc[rows, "Adj Close"] = other.loc[rows, "Adj Close"] / joint
    assert step.notna().any()
    assert {one[:2] for one in told(mixed)} == {("two_conventions", "PAYS")}
    falls = table(6, BEFORE).drop(columns="Dividends")
    falls.loc[falls.index[300:], "Adj Close"] *= 0.97
    assert ("adjusted_drift", "PAYS") in {one[:2] for one in told(falls)}


def test_the_newest_dividends_of_real_files(shared: Path) -> None:
    path = shared / "data" / "actions" / "raw_vs_adjusted_close.parquet"
    if not path.is_file():
        pytest.skip("needs ../shared/data/actions")
    frame = pd.read_parquet(path)
    frame = frame[frame["ticker"].isin(["IBM", "KO", "JNJ", "SCHD"])]
    assert told(frame) == [("dividend_missing", "IBM", 1, "2026-08-10")]


def test_every_file_of_a_folder_and_every_sheet_is_compared(tmp_path: Path) -> None:
    """An adjusted close that moves otherwise than the quoted one, without any dividend, in two files and two sheets."""
    days = trading_calendar(2024, 2024).sessions[:120]
    folder, workbook = tmp_path / "both", tmp_path / "both.xlsx"
    folder.mkdir()
    with pd.ExcelWriter(workbook) as book:
        for seed, ticker in enumerate(("META", "MU")):
            close = 100.0 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0.0, 0.01, len(days))))
            adjusted = close * np.concatenate([np.linspace(0.8, 1.0, 60), np.ones(60)])
            rows = pd.DataFrame({"Date": days, "Open": close, "Close": close, "Adj Close": adjusted})
            rows.to_csv(folder / f"{ticker}.csv", index=False)
            rows.to_excel(book, sheet_name=ticker, index=False)
    for path in (folder, workbook):
        faults = check_prices(path, "all").faults
        assert {"META", "MU"} <= {fault.text.split(":")[0] for fault in faults if "drift" in fault.rule}
