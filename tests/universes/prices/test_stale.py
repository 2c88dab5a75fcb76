"""Closes that repeat: every run for the check, one line for recent ones when a market is loaded."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pandas as pd
import pytest

from hedgebook.universes.calendar import trading_calendar
from hedgebook.universes.market import Market
from hedgebook.universes.prices import check_prices, load_market, stale_runs
from tests.markets import universe_of

from .tables import small_universe

CALENDAR = trading_calendar(2022, 2025)


def closes_of(**columns: list[float | None]) -> pd.DataFrame:
    """A wide table from the first session of 2022 on."""
    length = len(next(iter(columns.values())))
    return pd.DataFrame({"date": CALENDAR.sessions[:length], **columns})


def walk(sessions: int, start: float = 100.0) -> list[float | None]:
    """Closes of which none repeats."""
    return [start + (0.5 if i % 2 else 0.0) + i / 1000 for i in range(sessions)]


def said(frame: pd.DataFrame) -> list[str]:
    return [line for line in load_market(frame, small_universe()).warnings if "repeat" in line]


def test_a_recent_run_is_one_line() -> None:
    meta, nvda = walk(300), walk(300)
    meta[290:295] = [99.5] * 5
    nvda[280:287] = [101.25] * 7
    day, other = CALENDAR.sessions[290], CALENDAR.sessions[280]
    assert said(closes_of(META=meta, NVDA=nvda)) == [
        f"closes repeat, which may be stale prices: META 99.5 for 5 sessions from {day}, "
        f"NVDA 101.25 for 7 sessions from {other}"
    ]


def test_four_equal_closes_and_a_gap_are_nothing_to_say() -> None:
    four, gap = walk(300), walk(300)
    four[290:294] = [99.5] * 4
    gap[280:290] = [99.5, 99.5, 99.5, None, None, None, 99.5, 99.5, 99.5, 99.5]
    assert said(closes_of(META=four, NVDA=gap)) == []
    assert check_prices(closes_of(META=four, NVDA=gap), small_universe()).stale_runs == ()


@pytest.mark.parametrize(("last", "expected"), [(48, 0), (49, 0), (50, 1), (51, 1), (299, 1)])
def test_recent_means_the_last_250_sessions(last: int, expected: int) -> None:
    """Of 300 closes the last 250 are those from number 50 on, counted from nought."""
    meta = walk(300)
    meta[last - 4 : last + 1] = [99.5] * 5
    frame = closes_of(META=meta, NVDA=walk(300))
    assert len(said(frame)) == expected
    assert len(check_prices(frame, small_universe()).stale_runs) == 1


def test_recent_counts_from_the_last_close_of_the_ticker() -> None:
    """META is delisted early, and before that it was stale: old for the market, recent for the ticker."""
    meta: list[float | None] = [*walk(100), *[99.5] * 6, *[None] * 400]
    assert len(said(closes_of(META=meta, NVDA=walk(506)))) == 1


def test_many_tickers_are_cut_short() -> None:
    names = [f"T{i}" for i in range(11)]
    market = load_market(closes_of(**{n: [50.0] * 6 for n in names}), universe_of({"all": names}, "T0"))
    assert market.warnings[-1].count(" for 6 sessions") == 8
    assert market.warnings[-1].endswith("and 3 more")


@pytest.mark.parametrize("least", [2, 3, 5, 8])
@pytest.mark.parametrize("seed", range(10))
def test_runs_against_a_plain_count(seed: int, least: int) -> None:
    draw = random.Random(seed)
    columns: dict[str, list[float | None]] = {}
    for name in ("META", "NVDA", "MARA"):
        levels = [None if draw.random() < 0.1 else 100.0 + draw.randrange(4) for _ in range(60)]
        repeated = [[level] * draw.choice([1, 1, 2, 4, 5, 9]) for level in levels]
        columns[name] = list(itertools.chain.from_iterable(repeated))[:120]
        columns[name][0] = columns[name][-1] = 100.0
    frame = closes_of(**columns)
    expected = []
    for name, closes in columns.items():
        at = 0
        for level, run in itertools.groupby(closes):
            length = len(list(run))
            if level is not None and length >= least:
                days = CALENDAR.sessions
                expected.append((name, str(days[at]), str(days[at + length - 1]), length, level))
            at += length
    market: Market = load_market(frame, small_universe())
    found = [(r.ticker, r.first, r.last, r.sessions, r.close) for r in stale_runs(market, least)]
    order = {name: i for i, name in enumerate(market.tickers)}
    assert found == sorted(expected, key=lambda run: (order[run[0]], run[1]))
    if least == 5:
        assert check_prices(frame, small_universe()).stale_runs == stale_runs(market)


def test_prices_of_one_session_have_no_run() -> None:
    market = load_market(closes_of(META=[5.0]), small_universe())
    assert stale_runs(market) == ()
    assert np.isfinite(market.close).all()
