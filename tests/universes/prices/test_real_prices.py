"""The file of real prices against a plain pivot of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import exchange_calendars
import numpy as np
import pandas as pd
import pytest

from hedgebook.universes.market import FIELDS, Market
from hedgebook.universes.prices import check_prices, load_market
from hedgebook.universes.universe import load_universe


@pytest.fixture(scope="module")
def market(real_prices: Path) -> Market:
    return load_market(real_prices)


@pytest.fixture(scope="module")
def raw(real_prices: Path) -> pd.DataFrame:
    return pd.read_parquet(real_prices)


# exchange_calendars 4.13 itself uses what pandas 3.1 will change.
@pytest.mark.filterwarnings("ignore:Series.values returning an ndarray that drops timezone")
def test_sessions_are_those_of_the_exchange(market: Market) -> None:
    calendar = exchange_calendars.get_calendar("XNYS", start="2015-01-01", end="2026-12-31")
    expected = calendar.sessions_in_range("2015-01-02", "2026-07-31")
    np.testing.assert_array_equal(market.sessions, expected.values.astype("datetime64[D]"))
    assert np.datetime64("2026-07-03") not in market.sessions


def test_equals_a_plain_pivot(market: Market, raw: pd.DataFrame) -> None:
    universe = load_universe()
    assert market.tickers == tuple(t for t in universe.tickers if t in set(raw["ticker"]))
    index = pd.DatetimeIndex(market.sessions)
    for field in FIELDS:
        pivot = raw.pivot(index="date", columns="ticker", values=field)
        pivot = pivot.reindex(index=index, columns=list(market.tickers))
        pivot.loc[: pd.Timestamp("2021-12-13"), "WULF"] = np.nan
        np.testing.assert_array_equal(getattr(market, field), pivot.to_numpy(), err_msg=field)


def test_known_prices_and_listings(market: Market) -> None:
    def close(ticker: str, day: str) -> float:
        return float(market.close[market.session_index(day), market.column(ticker)])

    assert (close("META", "2026-06-30"), close("META", "2026-07-01")) == (563.29, 612.91)
    for ticker, first in (("CRWV", "2025-03-28"), ("WULF", "2021-12-14"), ("SNDK", "2025-02-13")):
        at = market.session_index(first)
        column = market.close[:, market.column(ticker)]
        assert np.isnan(column[:at]).all(), ticker
        assert np.isfinite(column[at:]).all(), ticker
    assert np.isnan(market.open[market.session_index("2026-07-01"), market.column("MARA")])
    assert np.isfinite(close("MARA", "2026-07-01"))


def test_check_counts_what_a_plain_count_counts(real_prices: Path, raw: pd.DataFrame) -> None:
    found = check_prices(real_prices)
    universe = load_universe()
    wulf = raw[(raw["ticker"] == "WULF") & (raw["date"] < "2021-12-14")]
    assert found.masked["WULF"] == len(wulf) > 0
    assert found.rows == len(raw)
    assert set(found.ignored) == set(raw["ticker"]) - set(universe.tickers)
    by_ticker = {row.ticker: row for row in found.coverage}
    mara = raw[raw["ticker"] == "MARA"]
    assert by_ticker["MARA"].missing_opens == int(mara["open"].isna().sum()) > 0
    assert by_ticker["CRWV"].first == "2025-03-28"
    for ticker, row in by_ticker.items():
        listed = np.datetime64(universe.by_ticker[ticker][1].first_session)
        if universe.by_ticker[ticker][1].earlier:
            listed = np.datetime64(date(1990, 1, 1))
        part = raw[(raw["ticker"] == ticker) & (raw["date"] >= listed)]
        assert row.closes == int(part["close"].notna().sum()), ticker


def test_real_prices_stay_inside_low_and_high(raw: pd.DataFrame) -> None:
    """The measurement behind the tolerance of the range check: real data needs none."""
    full = raw.dropna(subset=["open", "high", "low", "close"])
    assert len(full) > 200_000
    for field in ("open", "close"):
        assert ((full[field] >= full["low"]) & (full[field] <= full["high"])).all()
