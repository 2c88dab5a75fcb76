"""Unadjusted splits in files: refused with the place and the way out, and let through once confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hedgebook.errors import ParameterError, PriceDataError, UniverseError
from hedgebook.universes.prices import check_prices, load_market
from hedgebook.universes.universe import Universe, load_universe

from .tables import SESSIONS, small_universe, write

META_OPEN = [700.0, 702.0, 350.5, 351.0, 352.0, 353.0]
META_CLOSE = [701.0, 703.0, 352.0, 350.0, 353.0, 354.0]
NVDA_CLOSE = [150.0, 151.0, 151.5, 15.2, 15.1, 15.3]
DAYS = {"META": "2025-07-02", "NVDA": "2025-07-03"}


def frame(*, nvda_split: bool = True) -> pd.DataFrame:
    """META with a 2:1 split on 2025-07-02 and NVDA with one of 10:1 on 07-03, both left unadjusted."""
    rows: list[list[object]] = []
    for i, day in enumerate(SESSIONS):
        nvda = NVDA_CLOSE[i] * (10.0 if i >= 3 and not nvda_split else 1.0)
        rows.append([day, "META", META_OPEN[i], META_CLOSE[i]])
        rows.append([day, "NVDA", None, nvda])
        rows.append([day, "MARA", 15.0 + i / 50, 15.1 + i / 50])
    return pd.DataFrame(rows, columns=["date", "ticker", "open", "close"])


def confirming(ticker: str, *days: str) -> Universe:
    """The small universe, in which a member confirms moves."""
    raw = small_universe().model_dump()
    for bucket in raw["buckets"]:
        for member in bucket["members"]:
            if member["ticker"] == ticker:
                member["confirmed_moves"] = [date.fromisoformat(day) for day in days]
    return Universe.model_validate(raw)


def test_the_error_names_file_row_ticker_session_ratio_and_remedy(tmp_path: Path) -> None:
    path = write(frame(), tmp_path / "p.parquet")
    with pytest.raises(PriceDataError) as caught:
        load_market(path, small_universe())
    message = str(caught.value)
    # Seven rows of three tickers come before that of META on the third session.
    for part in (
        "p.parquet, row 7 (counted from 1), column 'close'",
        "META moves to 0.5007 of the close before on 2025-07-02",
        "a split of 2:1",
        "703 to 352",
        "the open stands at 0.4986 of",
        "its neighbours moved +0.2%",
        "Divide its prices before 2025-07-02 by 2",
        "--confirm-move META:2025-07-02",
        'confirmed_moves=[("META", "2025-07-02")]',
        "There is 1 more such move: NVDA:2025-07-03 10:1.",
    ):
        assert part in message, part


def test_a_check_lists_splits_and_contradictions_beside_the_rest() -> None:
    bad = frame()
    row = int(np.flatnonzero(bad["ticker"] == "META")[0])
    bad.loc[row, "high"] = bad.loc[row, "close"] / 2.0
    for ticker in ("META", "NVDA"):
        with pytest.raises(PriceDataError):
            load_market(bad[bad["ticker"] == ticker], small_universe())
    found = check_prices(bad, small_universe())
    assert [(one.rule, one.ticker, one.count) for one in found.refused] == [
        ("range", "META", 1),
        ("split", "META", 1),
        ("split", "NVDA", 1),
    ]
    assert [one.first for one in found.refused] == ["2025-06-30", "2025-07-02", "2025-07-03"]
    assert "-49.9% on 2025-07-02, as a split of 2:1 does" in found.refused[1].text
    assert not found.passed
    assert found.confirmed_moves == ()
    moves = [("META", "2025-07-02"), ("NVDA", "2025-07-03")]
    confirmed = check_prices(frame(), small_universe(), confirmed_moves=moves)
    assert confirmed.refused == ()
    assert [(one.ticker, one.session) for one in confirmed.confirmed_moves] == moves


def test_a_confirmed_move_of_a_ticker_outside_the_universe_is_passed_over_and_said() -> None:
    other = frame().replace({"ticker": {"NVDA": "ZZZZ"}})
    moves = [("META", "2025-07-02"), ("ZZZZ", "2025-07-03")]
    market = load_market(other, small_universe(), confirmed_moves=moves)
    said = [line for line in market.warnings if "are not looked at" in line]
    assert said == ["confirmed moves of tickers outside universe small are not looked at: ZZZZ 2025-07-03"]
    # Taken in later the move counts as confirmed; without it the ticker is refused.
    assert "ZZZZ" in market.including(["ZZZZ"]).tickers
    with pytest.raises(PriceDataError, match="ZZZZ moves to"):
        load_market(other, small_universe(), confirmed_moves=moves[:1]).including(["ZZZZ"])
    with pytest.raises(ParameterError, match="YYYY"):
        load_market(other, small_universe(), confirmed_moves=[("YYYY", "2025-07-03")])


def test_csv_and_wide_files_name_line_and_column(tmp_path: Path) -> None:
    with pytest.raises(PriceDataError, match=r"p\.csv, line 8, column 'close': META"):
        load_market(write(frame(), tmp_path / "p.csv"), small_universe())
    wide = frame().pivot(index="date", columns="ticker", values="close").reset_index()
    with pytest.raises(PriceDataError, match=r"w\.csv, line 4, column 'META': META .*2:1.*NVDA:2025-07-03 10:1"):
        load_market(write(wide, tmp_path / "w.csv"), small_universe())


def test_rows_in_any_order_keep_their_place() -> None:
    shuffled = frame().iloc[::-1].reset_index(drop=True)
    with pytest.raises(PriceDataError, match=r"row 12 \(counted from 1\).*META"):
        load_market(shuffled, small_universe())


@pytest.mark.parametrize(
    ("scale", "says"),
    [
        (0.1, "1:10 does that was left unadjusted (it would leave 10; "),
        (0.1, "Multiply its prices before 2025-08-20 by 10,"),
        (2 / 3, "Multiply its prices before 2025-08-20 by 3/2 (1.5),"),
        (1.5, "Divide its prices before 2025-08-20 by 3/2 (1.5),"),
        (1.5, "volume is 0.997 times its usual"),
    ],
)
def test_the_remedy_has_the_right_factor(scale: float, says: str) -> None:
    """A calm quarter of META, whose prices before 2025-08-20 are `scale` of what they should be."""
    days = pd.bdate_range("2025-06-30", "2025-09-30").difference(pd.to_datetime(["2025-07-04", "2025-09-01"]))
    wobble = np.where(np.arange(len(days)) % 2, 1.004, 0.997)
    price = 700.0 * wobble * np.where(days < "2025-08-20", scale, 1.0)
    columns = {"date": days, "ticker": "META", "open": price, "close": price, "volume": 1e6 * wobble}
    with pytest.raises(PriceDataError) as caught:
        load_market(pd.DataFrame(columns), small_universe())
    assert says in str(caught.value)


def test_confirmed_moves_let_the_file_through() -> None:
    both = list(DAYS.items())
    market = load_market(frame(), small_universe(), confirmed_moves=both)
    assert market.close[:, 0].tolist() == META_CLOSE
    assert "META -49.9% on 2025-07-02, NVDA -90.0% on 2025-07-03" in market.warnings[-1]
    with pytest.raises(PriceDataError, match=r"NVDA moves to 0\.1003.*10:1"):
        load_market(frame(), small_universe(), confirmed_moves=both[:1])
    found = check_prices(frame(), small_universe(), confirmed_moves=both)
    assert [(s.ticker, s.session, s.ratio) for s in found.confirmed_moves] == [
        ("META", "2025-07-02", "2:1"),
        ("NVDA", "2025-07-03", "10:1"),
    ]
    listed: Any = found.to_dict()["confirmed_moves"]
    assert listed[1]["gap_frac"] is None
    assert listed[0]["move_frac"] == pytest.approx(352 / 703 - 1, rel=1e-12)


@pytest.mark.parametrize(
    "day", ["2025-07-02", date(2025, 7, 2), pd.Timestamp("2025-07-02"), np.datetime64("2025-07-02")], ids=repr
)
def test_days_of_any_kind(day: Any) -> None:
    market = load_market(frame(nvda_split=False), small_universe(), confirmed_moves=[("META", day)])
    assert market.sessions[0] == np.datetime64("2025-06-30")


def test_the_universe_may_confirm_a_move() -> None:
    market = load_market(frame(nvda_split=False), confirming("META", "2025-07-02"))
    assert not any("confirm" in line for line in market.warnings)
    found = check_prices(frame(nvda_split=False), confirming("META", "2025-07-02"))
    assert [s.session for s in found.confirmed_moves] == ["2025-07-02"]
    with pytest.raises(PriceDataError, match="NVDA:2025-07-03"):
        load_market(frame(), confirming("META", "2025-07-02"))


def test_a_universe_that_confirms_what_is_not_there_is_told_so() -> None:
    """Another file may begin later or not have the move; only prices that contradict it are worth a line."""
    universe = confirming("META", "2025-07-02", "2020-03-16", "2025-07-07")
    market = load_market(frame(nvda_split=False), universe)
    assert market.warnings[-1] == "moves that the universe confirms are not in these prices: META 2025-07-07"


@dataclass(frozen=True)
class Bad:
    """A confirmation and what its refusal must say."""

    given: Any
    says: tuple[str, ...]


BAD = {
    "ticker without prices": Bad([("METAA", "2025-07-02")], ("METAA has no prices in", "Did you mean 'META'?")),
    "member without prices": Bad([("CRWV", "2025-07-02")], ("CRWV is in universe", "has no prices in")),
    "a day too late": Bad(
        [("META", "2025-07-03")],
        ("META did not move on 2025-07-03", "-16.5% or +19.7%", "Did you mean 2025-07-02, when it moved -49.9%?"),
    ),
    "a holiday": Bad([("META", "2025-07-04")], ("2025-07-04 is not a session", "Did you mean 2025-07-02")),
    "a year too early": Bad([("META", "2024-07-02")], ("not a session of these", "Did you mean 2025-07-02")),
    "after the file": Bad([("META", "2030-07-02")], ("not a session of these", "Did you mean 2025-07-02")),
    "first session": Bad([("META", "2025-06-30")], ("did not move", "Did you mean 2025-07-02")),
    "ticker without a move": Bad([("MARA", "2025-07-02")], ("MARA did not move", "MARA has no move of that size")),
    "no day": Bad([("META", "July 2nd")], ("not a ticker and a session", "META, July 2nd", "APLD:2022-07-19")),
    "missing day": Bad([("META", None)], ("not a ticker and a session", "META, None")),
    "NaT": Bad([("META", pd.NaT)], ("not a ticker and a session", "META, NaT")),
    "a number": Bad([("META", 20250702)], ("not a ticker and a session", "20250702")),
    "no ticker": Bad([(None, "2025-07-02")], ("not a ticker and a session", "None, 2025-07-02")),
    "the pair alone": Bad(("META", "2025-07-02"), ("not a ticker and a session", "'META'")),
    "text alone": Bad("META:2025-07-02", ("not a ticker and a session", "'META:2025-07-02'")),
    "three parts": Bad([("META", "2025-07-02", "2:1")], ("not a ticker and a session", "2:1")),
    "one good, one bad": Bad([("META", "2025-07-02"), ("META", "2025-07-08")], ("2025-07-08", "did not move")),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("call", [load_market, check_prices])
def test_a_confirmation_of_what_is_not_there_is_refused(case: str, call: Any) -> None:
    bad = BAD[case]
    with pytest.raises(ParameterError) as caught:
        call(frame(), small_universe(), confirmed_moves=bad.given)
    message = str(caught.value)
    assert "confirmed_moves (--confirm-move)" in message
    for part in bad.says:
        assert part in message, message


def test_a_large_move_that_the_opens_clear_may_be_confirmed_all_the_same() -> None:
    """The same list of confirmations serves a file with opens and one without."""
    table = frame(nvda_split=False)
    table.loc[(table["ticker"] == "META") & (table["date"] == "2025-07-02"), "open"] = 690.0
    assert not any("confirmed" in line for line in load_market(table, small_universe()).warnings)
    assert check_prices(table, small_universe()).confirmed_moves == ()
    market = load_market(table, small_universe(), confirmed_moves=[("META", "2025-07-02")])
    assert "META -49.9% on 2025-07-02" in market.warnings[-1]


UNIVERSE = """\
title = "One"
[[buckets]]
name = "long"
role = "bought"
members = [{ ticker = "META", company = "Meta", first_session = 2020-01-02, confirmed_moves = [%s] }]
"""
BAD_FILES = {
    "2025-07-02, 2025-07-02": ("confirmed_moves[1]", "stands twice", "2025-07-02", "Remove one"),
    "2019-07-02": ("confirmed_moves[0]", "before the listing", "META is listed from 2020-01-02"),
    '"yesterday"': ("confirmed_moves[0]", "'yesterday'", "Write a date as in 2026-07-01, without quotes"),
    "true": ("confirmed_moves[0]", "True", "Write a date"),
}


@pytest.mark.parametrize("moves", BAD_FILES)
def test_bad_confirmations_in_a_universe_file(moves: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(UNIVERSE % moves, encoding="utf-8")
    with pytest.raises(UniverseError) as caught:
        load_universe(path)
    for part in ("mine.toml", *BAD_FILES[moves]):
        assert part in str(caught.value), str(caught.value)


def test_a_universe_file_confirms_moves(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(UNIVERSE % "2025-07-02", encoding="utf-8")
    assert load_universe(path).by_ticker["META"][1].confirmed_moves == (date(2025, 7, 2),)
    assert load_market(frame(), path).tickers == ("META",)
