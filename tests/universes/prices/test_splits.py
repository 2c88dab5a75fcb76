"""Moves that an unadjusted split would have made, against a slow plain-Python judge and made-up cases."""

from __future__ import annotations

import math
import random
import statistics
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from hedgebook.universes.calendar import trading_calendar
from hedgebook.universes.market import Market, Provenance, build_market
from hedgebook.universes.prices import find_splits
from tests.markets import universe_of

NAN = float("nan")
WHOLE = (2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 25, 50)
BIG = [Fraction(n) for n in WHOLE] + [Fraction(1, n) for n in WHOLE]
SMALL = [Fraction(a, b) for a, b in ((3, 2), (4, 3), (5, 4), (2, 3), (3, 4), (4, 5))]
NAMES = ("A", "B", "C", "D", "E", "F", "G")
Table = list[list[float]]


def market(opens: Table, closes: Table, volumes: Table, buckets: dict[str, tuple[str, ...]]) -> Market:
    """A market of tables by session and ticker, from 2024-01-02 on."""
    calendar = trading_calendar(2024, 2025)
    days = calendar.sessions[: len(closes)]
    close, opened = np.array(closes), np.array(opens)
    return build_market(
        calendar,
        days,
        tuple(name for names in buckets.values() for name in names),
        {"open": opened, "high": close, "low": close, "close": close, "volume": np.array(volumes)},
        universe_of(buckets, "A"),
        Provenance("test", "", str(days[0]), str(days[-1]), simulated=True),
    )


def calm(sessions: int = 150, daily_frac: float = 0.01, seed: int = 1) -> tuple[Table, Table, Table]:
    """Opens, closes and volumes of seven tickers that move by about `daily_frac` a session."""
    draw = random.Random(seed)
    last = [draw.uniform(20.0, 400.0) for _ in NAMES]
    opens, closes, volumes = [], [], []
    for _ in range(sessions):
        opened = [price * math.exp(draw.gauss(0.0, 0.6 * daily_frac)) for price in last]
        last = [price * math.exp(draw.gauss(0.0, 0.8 * daily_frac)) for price in opened]
        opens.append(opened)
        closes.append(list(last))
        volumes.append([round(1e6 * math.exp(draw.gauss(0.0, 0.25))) + 0.0 for _ in NAMES])
    return opens, closes, volumes


BUCKETS = {"first": NAMES[:4], "second": NAMES[4:]}
AT = 90


def unadjust(tables: tuple[Table, Table, Table], ticker: int, ratio: Fraction, row: int = AT) -> None:
    """What a split of `ratio` at a session leaves in a file that nobody has adjusted."""
    opens, closes, volumes = tables
    for i in range(row):
        opens[i][ticker] *= float(ratio)
        closes[i][ticker] *= float(ratio)
        volumes[i][ticker] /= float(ratio)


def found(tables: tuple[Table, Table, Table]) -> list[tuple[str, str, str]]:
    opens, closes, volumes = tables
    return [(s.ticker, s.session, s.ratio) for s in find_splits(market(opens, closes, volumes, BUCKETS))]


DAY = str(trading_calendar(2024, 2025).sessions[AT])


def test_calm_prices_have_no_suspect() -> None:
    assert found(calm()) == []


@pytest.mark.parametrize("ratio", BIG + SMALL, ids=str)
def test_every_ratio_is_found_and_named(ratio: Fraction) -> None:
    tables = calm()
    unadjust(tables, 2, ratio)
    assert found(tables) == [("C", DAY, f"{ratio.numerator}:{ratio.denominator}")]


@pytest.mark.parametrize("ratio", BIG, ids=str)
def test_whole_ratios_are_found_in_closes_alone(ratio: Fraction) -> None:
    tables = calm()
    unadjust(tables, 2, ratio)
    blank = [[NAN] * len(NAMES) for _ in tables[1]]
    assert found((blank, tables[1], blank)) == [("C", DAY, f"{ratio.numerator}:{ratio.denominator}")]


def test_what_is_said_of_a_suspect() -> None:
    tables = calm()
    unadjust(tables, 2, Fraction(10))
    opens, closes, volumes = tables
    (suspect,) = find_splits(market(opens, closes, volumes, BUCKETS))
    before = closes[AT - 1][2]
    assert (suspect.close_before, suspect.close) == (before, closes[AT][2])
    assert suspect.move_frac == pytest.approx(closes[AT][2] / before - 1, rel=1e-12)
    assert suspect.gap_frac == pytest.approx(opens[AT][2] / before - 1, rel=1e-12)
    others = statistics.median(closes[AT][k] / closes[AT - 1][k] - 1 for k in (0, 1, 3))
    assert suspect.neighbours_frac == pytest.approx(others, rel=1e-9)
    usual = statistics.median(volumes[i][2] for i in range(AT - 20, AT))
    assert suspect.volume_times == pytest.approx(volumes[AT][2] / usual, rel=1e-12)
    assert suspect.factor == 10
    assert replace(suspect, ratio="2:3").factor == Fraction(2, 3)


def test_a_crash_after_the_open_is_no_split() -> None:
    opens, closes, volumes = calm()
    for i in range(AT, len(closes)):
        closes[i][2] *= 0.5
        opens[i][2] *= 1.0 if i == AT else 0.5
    assert found((opens, closes, volumes)) == []
    opens[AT][2] = NAN  # Without the open nothing tells it from a split, and nothing clears it.
    assert found((opens, closes, volumes)) == [("C", DAY, "2:1")]


@pytest.mark.parametrize("jump", [0.5, 2.0, 0.8, 1.5])
def test_news_overnight_is_told_by_its_turnover(jump: float) -> None:
    tables = calm()
    opens, closes, volumes = tables
    for i in range(AT, len(closes)):
        opens[i][2] *= jump
        closes[i][2] *= jump
    assert len(found(tables)) == 1
    volumes[AT][2] *= 12.0 / jump
    assert found(tables) == []


def test_a_move_of_the_whole_bucket_is_no_split_below_two() -> None:
    tables = calm()
    opens, closes, _ = tables
    for i in range(AT, len(closes)):
        for k in range(len(NAMES)):
            opens[i][k] *= 0.9
            closes[i][k] *= 0.9
    assert found(tables) == []


def test_a_split_on_a_session_on_which_everything_falls() -> None:
    tables = calm()
    opens, closes, _ = tables
    for i in range(AT, len(closes)):
        for k in range(len(NAMES)):
            opens[i][k] *= 0.9
            closes[i][k] *= 0.9
    unadjust(tables, 2, Fraction(3, 2))
    assert found(tables) == [("C", DAY, "3:2")]


def test_a_split_in_a_short_halt_is_found_and_one_in_a_long_halt_is_not_a_move() -> None:
    for closed, expected in ((1, 1), (4, 1), (5, 0), (30, 0)):
        tables = calm()
        unadjust(tables, 2, Fraction(4))
        for i in range(AT - closed, AT):
            for table in tables:
                table[i][2] = NAN
        assert len(found(tables)) == expected, closed


def test_a_lone_ticker_and_a_lone_session_have_no_neighbours() -> None:
    opens, closes, volumes = calm()
    unadjust((opens, closes, volumes), 0, Fraction(2))
    first = [[row[:1] for row in table] for table in (opens, closes, volumes)]
    lone = market(first[0], first[1], first[2], {"only": ("A",)})
    (suspect,) = find_splits(lone)
    assert (suspect.ratio, suspect.neighbours_frac) == ("2:1", None)
    assert find_splits(lone.rows(0, 1)) == ()
    assert [s.ratio for s in find_splits(lone.rows(AT - 1, AT + 1))] == ["2:1"]


def judge(opens: Table, closes: Table, volumes: Table) -> set[tuple[str, int, Fraction]]:
    """The rules of `find_splits` again, a cell at a time."""
    bucket = [0 if name in BUCKETS["first"] else 1 for name in NAMES]
    out = set()
    for j, name in enumerate(NAMES):
        for i in range(1, len(closes)):
            start = next((i - k for k in range(1, 6) if i >= k and closes[i - k][j] == closes[i - k][j]), None)
            if start is None or closes[i][j] != closes[i][j]:
                continue
            move = math.log(closes[i][j] / closes[start][j])
            if abs(move) <= 0.12:
                continue
            gap = math.log(opens[i][j] / closes[start][j]) if opens[i][j] == opens[i][j] else None

            def neighbours(table: Table, i: int = i, j: int = j, start: int = start) -> float | None:
                seen = {
                    k: math.log(table[i][k] / closes[start][k])
                    for k in range(len(NAMES))
                    if k != j and table[i][k] == table[i][k] and closes[start][k] == closes[start][k]
                }
                near = [move for k, move in seen.items() if bucket[k] == bucket[j]]
                chosen = near if len(near) >= 3 else list(seen.values())
                return statistics.median(chosen) if chosen else None

            def rest(move: float, table: Table, log: float) -> float:
                others = neighbours(table)
                return min(abs(move + log), abs(move - (others or 0.0) + log))

            def total(ratio: Fraction, move: float = move, gap: float | None = gap) -> float:
                log = math.log(ratio)
                return rest(move, closes, log) + (0.0 if gap is None else rest(gap, opens, log))

            ratio = min(BIG + SMALL, key=total)
            size, log = abs(math.log(ratio)), math.log(ratio)
            around = [
                abs(math.log(closes[k][j] / closes[k - 1][j]))
                for k in range(max(i - 60, 1), min(i + 61, len(closes)))
                if k != i and closes[k][j] == closes[k][j] and closes[k - 1][j] == closes[k - 1][j]
            ]
            scale = 1.4826 * statistics.median(around) if around else 0.0
            reach = scale or 0.025
            if rest(move, closes, log) > min(max(5 * reach, 0.03), 0.4 * size):
                continue
            if gap is not None and rest(gap, opens, log) > min(max(4 * reach, 0.03), 0.25 * size):
                continue
            before = [k for k in range(max(i - 20, 0), i) if volumes[k][j] > 0]
            turnover = None
            if len(before) >= 10 and volumes[i][j] > 0:
                turnover = volumes[i][j] / statistics.median(volumes[k][j] for k in before)
                paid = [volumes[k][j] * closes[k][j] for k in before if closes[k][j] == closes[k][j]]
                turnover = min(turnover, volumes[i][j] * closes[i][j] / statistics.median(paid))
            if ratio in BIG:
                suspected = turnover is None or turnover <= 5
            else:
                known = gap is not None and turnover is not None and turnover <= 2
                suspected = known and scale > 0 and size >= 8 * scale
            if suspected:
                out.add((name, i, ratio))
    return out


@pytest.mark.parametrize("seed", range(40))
def test_agrees_with_the_plain_judge_on_dirty_prices(seed: int) -> None:
    """Wild and calm tickers with jumps of any size, splits of any ratio, missing cells and repeated closes."""
    draw = random.Random(seed)
    opens, closes, volumes = calm(160, draw.choice([0.005, 0.015, 0.03, 0.06]), seed)
    for _ in range(30):
        j, i = draw.randrange(len(NAMES)), draw.randrange(1, 159)
        if draw.random() < 0.6:
            unadjust((opens, closes, volumes), j, draw.choice(BIG + SMALL), i)
        else:
            jump, overnight = math.exp(draw.gauss(0.0, 0.5)), draw.random()
            for k in range(i, 160):
                closes[k][j] *= jump
                opens[k][j] *= jump if k > i else jump**overnight
        volumes[i][j] *= math.exp(draw.uniform(0.0, 2.5))
    for table, frac in ((opens, 0.1), (closes, 0.03), (volumes, 0.1)):
        for row in table:
            row[:] = [NAN if draw.random() < frac else cell for cell in row]
    for i in range(1, 160):  # G trades on one session in three.
        if i % 3:
            closes[i][6] = opens[i][6] = closes[i - 1][6]
    named = find_splits(market(opens, closes, volumes, BUCKETS))
    days = [str(day) for day in trading_calendar(2024, 2025).sessions[:160]]
    got = {(s.ticker, days.index(s.session), s.factor) for s in named}
    assert got == judge(opens, closes, volumes)
    assert [s.session for s in named] == sorted(s.session for s in named)


def test_the_plain_judge_has_something_to_judge() -> None:
    tables = calm()
    unadjust(tables, 2, Fraction(7))
    assert judge(*tables) == {("C", AT, Fraction(7))}
