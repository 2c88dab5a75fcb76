"""Dirt that real files have, from the file to the market: nothing is filled, nothing is taken for a split."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hedgebook.errors import PriceDataError
from hedgebook.universes.calendar import trading_calendar
from hedgebook.universes.market import FIELDS, Market
from hedgebook.universes.prices import Coverage, check_prices, load_market
from hedgebook.universes.universe import Universe
from tests.markets import universe_of

from .tables import write

OTHER_COMPANY_UNTIL = 40
LISTED_AT = 60
HALTED = range(70, 90)
LAST = 100
SESSIONS = trading_calendar(2021, 2022).sessions[200:330]
DAYS = [str(day) for day in SESSIONS]


def dirty_universe() -> Universe:
    listed = {"WULF": date.fromisoformat(DAYS[OTHER_COMPANY_UNTIL]), "NEW": date.fromisoformat(DAYS[LISTED_AT])}
    return universe_of({"all": ("PLAIN", "WULF", "NEW", "HALT", "GONE")}, "PLAIN", listed=listed)


def close_of(ticker: str, i: int) -> float | None:
    """The close that the file has, or None. WULF's first forty are another company's, at a tenth of the price."""
    wave = 1.0 + 0.01 * ((i * 7) % 5 - 2)
    if ticker == "WULF":
        return (2.0 if i < OTHER_COMPANY_UNTIL else 20.0) * wave
    if ticker == "NEW":
        return 30.0 * wave if i >= LISTED_AT else None
    if ticker == "HALT":
        return None if i in HALTED else (80.0 if i < HALTED[0] else 40.0) * wave
    if ticker == "GONE":
        return 50.0 * wave if i <= LAST else None
    return 100.0 * wave


@pytest.fixture(scope="module", params=["rows left out", "empty cells", "wide"])
def dirty_file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file in three forms. In a long one PLAIN's opens are missing every ninth session."""
    rows: list[list[object]] = []
    for i, day in enumerate(DAYS):
        for ticker in ("PLAIN", "WULF", "NEW", "HALT", "GONE"):
            close = close_of(ticker, i)
            if close is None and request.param == "rows left out":
                continue
            opened = None if close is None or (ticker == "PLAIN" and i % 9 == 0) else close * 1.002
            rows.append([day, ticker, opened, close, None if close is None else 1e6 + i])
    frame = pd.DataFrame(rows, columns=["date", "ticker", "open", "close", "volume"])
    if request.param == "wide":
        frame = frame.pivot(index="date", columns="ticker", values="close").reset_index()
    return write(frame, tmp_path_factory.mktemp("dirt") / "p.csv")


@pytest.fixture(scope="module")
def market(dirty_file: Path) -> Market:
    return load_market(dirty_file, dirty_universe())


def test_every_cell_is_the_file_s_or_nothing(market: Market) -> None:
    assert [str(day) for day in market.sessions] == DAYS
    for j, ticker in enumerate(market.tickers):
        for i in range(len(DAYS)):
            close = close_of(ticker, i)
            masked = ticker == "WULF" and i < OTHER_COMPANY_UNTIL
            if close is None or masked:
                assert all(np.isnan(getattr(market, field)[i, j]) for field in FIELDS), (ticker, i)
            else:
                assert market.close[i, j] == close, (ticker, i)


def test_the_other_company_and_the_halt_are_said_and_the_jump_is_no_split(market: Market) -> None:
    day, halt = DAYS[OTHER_COMPANY_UNTIL], f"{len(HALTED)} sessions from {DAYS[HALTED[0]]} to {DAYS[HALTED[-1]]}"
    assert market.warnings == (
        f"closes before a member's first session not used: WULF 40 before {day}",
        f"long gap in the prices: HALT: no close on {halt} (hedgebook check has all of it)",
    )
    assert close_of("WULF", OTHER_COMPANY_UNTIL) == pytest.approx(20.0, rel=0.03)


def test_the_jump_of_the_other_company_would_be_refused_without_membership(dirty_file: Path) -> None:
    raw = dirty_universe().model_dump()
    raw["buckets"][0]["members"][1]["earlier"] = True
    with pytest.raises(PriceDataError, match=rf"WULF moves .* on {DAYS[OTHER_COMPANY_UNTIL]}.*1:10"):
        load_market(dirty_file, Universe.model_validate(raw))


def test_a_halt_of_twenty_sessions_is_not_one_move(market: Market) -> None:
    """HALT comes back at half its price a month later: no move between two sessions that could be a split."""
    column = market.close[:, market.column("HALT")]
    assert column[HALTED[0] - 1] / column[HALTED[-1] + 1] == pytest.approx(2.0, rel=0.05)
    assert np.isnan(column[HALTED.start : HALTED.stop]).all()


def test_coverage_of_dirt(dirty_file: Path) -> None:
    found = check_prices(dirty_file, dirty_universe())
    by_ticker = {row.ticker: row for row in found.coverage}
    opens = found.has_opens
    count = len(DAYS)

    def row(ticker: str, first: int, last: int, gaps: int = 0, no_open: int = 0, masked: int = 0) -> Coverage:
        closes = last - first + 1 - gaps
        return Coverage(
            ticker,
            "all",
            DAYS[first],
            DAYS[last],
            closes,
            gaps,
            no_open if opens else closes,
            0 if opens else closes,
            masked,
        )

    assert by_ticker["PLAIN"] == row("PLAIN", 0, count - 1, no_open=len(range(0, count, 9)))
    assert by_ticker["WULF"] == row("WULF", OTHER_COMPANY_UNTIL, count - 1, masked=OTHER_COMPANY_UNTIL)
    assert by_ticker["NEW"] == row("NEW", LISTED_AT, count - 1)
    assert by_ticker["HALT"] == row("HALT", 0, count - 1, gaps=len(HALTED))
    assert by_ticker["GONE"] == row("GONE", 0, LAST)
    assert (found.stale_runs, found.confirmed_moves) == ((), ())
    assert found.lacking == ()


def test_a_delisted_ticker_alone_ends_the_market_with_it(dirty_file: Path) -> None:
    market = load_market(dirty_file, dirty_universe(), tickers=["GONE"])
    assert str(market.sessions[-1]) == DAYS[LAST]
    assert np.isfinite(market.close).all()


def test_a_late_ticker_alone_starts_the_market_with_it(dirty_file: Path) -> None:
    market = load_market(dirty_file, dirty_universe(), tickers=["NEW"])
    assert str(market.sessions[0]) == DAYS[LISTED_AT]


def test_a_split_of_a_dirty_ticker_is_still_found(dirty_file: Path) -> None:
    frame = pd.read_csv(dirty_file)
    day = DAYS[LAST - 20]
    if "ticker" in frame:
        early = (frame["ticker"] == "GONE") & (frame["date"] < day)
        frame.loc[early, ["open", "close"]] *= 3.0
    else:
        frame.loc[frame["date"] < day, "GONE"] *= 3.0
    with pytest.raises(PriceDataError, match=rf"GONE moves .* on {day}.*3:1"):
        load_market(frame, dirty_universe())
