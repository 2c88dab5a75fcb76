"""Splits put into eleven years of real prices: how many are found, and how often real moves are taken for one."""

from __future__ import annotations

import itertools
import math
import random
import statistics
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hedgebook.errors import PriceDataError
from hedgebook.universes.market import Field, Market
from hedgebook.universes.prices import check_prices, find_splits, load_market

WHOLE = (2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 25, 50)
BIG = [Fraction(n) for n in WHOLE] + [Fraction(1, n) for n in WHOLE]
SMALL = [Fraction(a, b) for a, b in ((3, 2), (4, 3), (5, 4), (2, 3), (3, 4), (4, 5))]
PRICES: tuple[Field, ...] = ("open", "high", "low", "close")
DATES = 12
# Several splits of a ticker go into one history where they are so far apart that none is in sight of another.
APART = 61

# The fully adjusted file has two moves that nothing in it tells from a split: thin trades of CleanSpark.
IN_THE_FILE = {("CLSK", "2017-11-02", "2:1"), ("CLSK", "2018-05-23", "2:1")}
# Without opens and volumes there are these as well; each is confirmed in the universe, with the evidence.
IN_CLOSES_ALONE = IN_THE_FILE | {
    ("MARA", "2017-06-21", "1:2"),
    ("MARA", "2017-11-24", "1:3"),
    ("CLSK", "2018-02-16", "2:1"),
    ("CLSK", "2018-02-20", "1:2"),
    ("CLSK", "2018-09-19", "1:5"),
    ("CLSK", "2018-09-20", "2:1"),
    ("CLSK", "2020-05-05", "1:2"),
    ("MARA", "2020-08-03", "1:2"),
    ("CIFR", "2022-05-10", "2:1"),
    ("APLD", "2022-06-13", "2:1"),
    ("APLD", "2022-07-19", "1:2"),
    ("APLD", "2023-05-16", "1:2"),
}


@pytest.fixture(scope="module")
def market(real_prices: Path) -> Market:
    return load_market(real_prices)


def without(market: Market, *fields: Field) -> Market:
    nothing = np.full_like(market.close, np.nan)
    return replace(market, **dict.fromkeys(fields, nothing))


def named(market: Market) -> set[tuple[str, str, str]]:
    return {(s.ticker, s.session, s.ratio) for s in find_splits(market)}


def test_suspects_of_the_adjusted_file(market: Market) -> None:
    assert named(market) == IN_THE_FILE
    assert named(without(market, "volume")) == IN_THE_FILE
    assert named(without(market, "open", "volume")) == IN_CLOSES_ALONE


def test_the_shipped_universe_confirms_them_with_and_without_opens(real_prices: Path) -> None:
    found = check_prices(real_prices)
    assert {(s.ticker, s.session, s.ratio) for s in found.confirmed_moves} == IN_THE_FILE
    assert not any("confirm" in line or "repeat" in line for line in found.warnings)
    table = pd.read_parquet(real_prices)
    wide = table.pivot(index="date", columns="ticker", values="close")
    closes = check_prices(wide)
    assert {(s.ticker, s.session, s.ratio) for s in closes.confirmed_moves} == IN_CLOSES_ALONE
    assert load_market(table.drop(columns="open")).tickers == found.tickers


# What happened, not what the detector says: the largest jumps of the file that are no splits.
GENUINE = {
    ("ORCL", "2025-09-10"): 0.36,
    ("NBIS", "2025-09-09"): 0.49,
    ("META", "2022-02-03"): -0.26,
    ("META", "2022-10-27"): -0.25,
    ("META", "2018-07-26"): -0.19,
    ("NVDA", "2023-05-25"): 0.24,
    ("NVDA", "2018-11-16"): -0.19,
    ("INTC", "2024-08-02"): -0.26,
    ("ARM", "2024-02-08"): 0.48,
    ("AMD", "2016-04-22"): 0.52,
    ("COHR", "2023-08-16"): -0.30,
    ("TER", "2022-01-27"): -0.22,
    ("APLD", "2024-09-05"): 0.66,
    ("WULF", "2025-08-14"): 0.59,
    ("APLD", "2022-07-19"): 1.00,
    ("MARA", "2017-06-21"): 1.00,
}


def test_genuine_jumps_are_told_apart(market: Market) -> None:
    suspected = {(ticker, day) for ticker, day, _ in named(market)}
    for (ticker, day), move in GENUINE.items():
        row, column = market.session_index(day), market.column(ticker)
        assert market.close[row, column] / market.close[row - 1, column] - 1 == pytest.approx(move, abs=0.006)
        assert (ticker, day) not in suspected


def is_ordinary(market: Market, row: int, column: int) -> bool | None:
    """Whether a session's move, gap and volume are within twice what is usual; None without the history."""
    closes = market.close[row - 61 : row + 1, column].tolist()
    if row < 61 or any(close != close for close in closes):
        return None
    moves = [math.log(b / a) for a, b in itertools.pairwise(closes)]
    spread = statistics.stdev(moves[:-1])
    gap = math.log(market.open[row, column] / closes[-2])
    known = [v for v in market.volume[row - 20 : row, column].tolist() if v == v]
    volume = float(market.volume[row, column])
    loud = bool(known) and volume > 2.0 * statistics.median(known)
    return abs(moves[-1]) <= 2.0 * spread and not abs(gap) > 2.0 * spread and not loud


def drawn_days(market: Market) -> list[list[list[int]]]:
    """Twelve priced sessions of every ticker whose session before is priced too: histories of the days by ticker."""
    draw = random.Random(20260701)
    priced = np.isfinite(market.close[1:]) & np.isfinite(market.close[:-1])
    choices = [np.flatnonzero(priced[:, column]).tolist() for column in range(len(market.tickers))]
    drawn = [[int(draw.choice(rows)) + 1 for rows in choices] for _ in range(DATES)]
    histories: list[list[list[int]]] = []
    for column, days in enumerate(zip(*drawn, strict=True)):
        for day in sorted(days):
            free = (one[column] for one in histories if not one[column] or day - one[column][-1] >= APART)
            found = next(free, None)
            if found is None:
                histories.append([[] for _ in choices])
                found = histories[-1][column]
            found.append(day)
    return histories


def unadjusted(market: Market, drawn: list[list[int]], ratio: Fraction, *, volume: bool) -> Market:
    """The market with splits of `ratio` left in every ticker, on its own days."""
    times = np.ones_like(market.close)
    for column, days in enumerate(drawn):
        for row in days:
            times[:row, column] *= float(ratio)
    fields = {field: getattr(market, field) * times for field in PRICES}
    return replace(market, **fields, volume=market.volume / times if volume else market.volume)


@pytest.mark.parametrize("form", ["volume as traded", "volume adjusted", "no open", "closes alone"])
def test_injected_splits_are_found(market: Market, form: str) -> None:
    """Every ticker x twelve sessions x thirty ratios: all of 2:1 and larger on ordinary
    sessions, few elsewhere missed, and no alarm at a ticker or session that was left alone."""
    gone: dict[str, tuple[Field, ...]] = {"no open": ("open",), "closes alone": ("open", "volume")}
    base = without(market, *gone.get(form, ()))
    known_places = {(ticker, day) for ticker, day, _ in named(base)}
    hits: Counter[tuple[str, bool | None]] = Counter()
    tries: Counter[tuple[str, bool | None]] = Counter()
    right = strange = 0
    for drawn in drawn_days(market):
        places = [(column, row) for column, days in enumerate(drawn) for row in days]
        kinds = [is_ordinary(market, row, column) for column, row in places]
        for ratio in BIG + SMALL:
            size = "big" if ratio in BIG else "small"
            found = find_splits(unadjusted(base, drawn, ratio, volume=form != "volume adjusted"))
            by_place = {(s.ticker, s.session): s for s in found}
            for (column, row), kind in zip(places, kinds, strict=True):
                tries[size, kind] += 1
                suspect = by_place.pop((market.tickers[column], str(market.sessions[row])), None)
                if suspect is not None:
                    hits[size, kind] += 1
                    right += suspect.factor == ratio
            strange += len(set(by_place) - known_places)
    assert tries["big", True] > 10_000
    assert hits["big", True] == tries["big", True]
    assert hits["big", False] >= 0.9 * tries["big", False]
    assert hits["big", None] >= 0.99 * tries["big", None]
    assert strange <= 0.001 * sum(tries.values())
    # Without an open the session's own move blurs 7:1 and 8:1.
    assert right >= (0.99 if form.startswith("volume") else 0.97) * sum(hits.values())
    if form.startswith("volume"):
        # A quarter of a volatile ticker's price is no more than news moves it: two in three are found.
        assert hits["small", True] >= 0.6 * tries["small", True]


@pytest.mark.parametrize(
    ("ticker", "day", "ratio"),
    [("NVDA", "2024-06-10", 10), ("AVGO", "2024-07-15", 10), ("KLAC", "2026-06-12", 10), ("GOOGL", "2022-07-18", 20)],
)
def test_a_historical_split_left_in_the_file_is_refused(
    real_prices: Path, tmp_path: Path, ticker: str, day: str, ratio: int
) -> None:
    """Splits that took place, put back into a copy of the file with the prices and volumes as they traded."""
    table = pd.read_parquet(real_prices)
    early = (table["ticker"] == ticker) & (table["date"] < day)
    table.loc[early, list(PRICES)] *= ratio
    table.loc[early, "volume"] /= ratio
    path = tmp_path / "unadjusted.parquet"
    table.to_parquet(path)
    row = int(np.flatnonzero((table["ticker"] == ticker) & (table["date"] == day))[0]) + 1
    with pytest.raises(PriceDataError) as caught:
        load_market(path)
    message = str(caught.value)
    assert f"unadjusted.parquet, row {row} (counted from 1), column 'close': {ticker} moves to" in message
    assert f"split of {ratio}:1" in message
    assert f"Divide its prices before {day} by {ratio}," in message
    assert load_market(path, confirmed_moves=[(ticker, day)]).warnings[-1].startswith("confirmed as real")
