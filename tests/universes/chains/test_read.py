"""Files of quotes: what is kept, what is left out with its count, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hedgebook import options
from hedgebook.errors import PriceDataError

from .made_up import made_up_chain


@pytest.fixture(scope="module")
def clean() -> pd.DataFrame:
    return made_up_chain(strikes=(80.0, 90.0, 100.0, 110.0, 120.0))


def at(table: pd.DataFrame, right: str, strike: float, nth: int = 0) -> Any:
    return table.index[(table["right"] == right) & (table["strike"] == strike)][nth]


def test_clean_quotes_are_kept_as_they_are(clean: pd.DataFrame, tmp_path: Path) -> None:
    frame = options.read_chain(clean, "CLOUD")
    assert frame.dropped == {}
    one = frame.snapshots[0]
    assert len(one) == len(clean)
    assert (one.session, one.spot, one.american) == (np.datetime64("2026-05-27"), 100.0, True)
    for name, write in (("CLOUD_a.csv", "csv"), ("CLOUD_b.csv.gz", "csv"), ("CLOUD_c.parquet", "parquet")):
        path = tmp_path / name
        clean.to_csv(path, index=False) if write == "csv" else clean.to_parquet(path)
        read = options.read_chain(path)
        assert read.ticker == "CLOUD"
        for column in ("strike", "bid", "ask", "expiry", "calls", "open_interest"):
            np.testing.assert_array_equal(getattr(read.snapshots[0], column), getattr(one, column))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"bid": 0.0, "ask": 0.0}, "neither bid nor ask"),
        ({"bid": np.nan, "ask": np.nan}, "neither bid nor ask"),
        ({"bid": 0.0}, "no bid"),
        ({"ask": np.nan}, "no ask"),
        ({"bid": 99.0, "ask": 98.0}, "bid above ask"),
        ({"bid": 98.0, "ask": 98.0}, "bid equals ask"),
        ({"bid": 5.0, "ask": 5.2}, "ask below what exercise gives: stale against the spot"),
        ({"bid": 140.0, "ask": 141.0}, "bid above what the contract could be worth at most"),
        ({"expiry": "2026-05-22"}, "expired before that session"),
    ],
)
def test_a_row_that_is_no_quote_is_left_out_and_counted(clean: pd.DataFrame, change: dict[str, Any], why: str) -> None:
    dirty = clean.copy()
    row = at(dirty, "C", 80.0, 2)
    for column, value in change.items():
        dirty.loc[row, column] = value
    found = options.read_chain(dirty, "CLOUD")
    assert found.dropped == {why: 1}
    assert len(found.snapshots[0]) == len(clean) - 1
    assert found.snapshots[0].dropped == {why: 1}


def test_rows_that_repeat_count_once_and_those_that_contradict_one_another_not_at_all(clean: pd.DataFrame) -> None:
    again = clean.iloc[[3]]
    other = clean.iloc[[7]].assign(bid=clean["bid"].iloc[7] + 0.01)
    found = options.read_chain(pd.concat([clean, again, other]), "CLOUD")
    assert found.dropped == {"the same row again": 1, "the same contract quoted in two ways": 2}
    assert len(found.snapshots[0]) == len(clean) - 1


def test_a_spot_out_of_step_drops_no_quote_and_old_contracts_beside_new_ones_are(clean: pd.DataFrame) -> None:
    late = clean.assign(spot_vendor=94.0)
    assert options.read_chain(late, "CLOUD").dropped == {}
    # Contracts from before a split of 10 for 1 that nobody took off the list.
    old = clean[(clean["right"] == "P") & (clean["strike"] < 95.0)]
    old = old.assign(strike=10.0 * old["strike"], bid=10.0 * old["bid"], ask=10.0 * old["ask"])
    found = options.read_chain(pd.concat([clean, old]), "CLOUD")
    assert found.dropped == {"ask below what exercise gives: stale against the spot": len(old)}


def test_snapshots_are_in_order_and_one_that_is_not_quoted_is_left_out_whole(clean: pd.DataFrame) -> None:
    before = clean.assign(snapshot_utc="2026-05-27T12:11:00Z", bid=0.0, ask=0.0)
    after = clean.assign(snapshot_utc="2026-05-28T01:53:00Z")
    found = options.read_chain(pd.concat([after, before, clean]), "CLOUD")
    assert [str(one.moment) for one in found.snapshots] == ["2026-05-27T20:00:00", "2026-05-28T01:53:00"]
    assert {str(one.session) for one in found.snapshots} == {"2026-05-27"}, "at night the last session is meant"
    assert "left out whole" in found.notes[0]
    assert found.at("2026-05-27") is found.snapshots[1]
    assert found.at("2026-05-27", "open") is None
    assert found.at("2026-05-26") is None
    with pytest.raises(PriceDataError, match="not quotes of an open market"):
        options.read_chain(before, "CLOUD")


def test_a_day_alone_is_no_moment_of_the_evening_before(clean: pd.DataFrame) -> None:
    """Midnight in UTC of the 27th would be the close of the 26th, which did not know these quotes."""
    for day in ("2026-05-27", pd.Timestamp("2026-05-27"), pd.Timestamp("2026-05-27").date()):
        with pytest.raises(PriceDataError, match="a day and its time"):
            options.read_chain(clean.assign(snapshot_utc=day), "CLOUD")
    timed = options.read_chain(clean.assign(snapshot_utc=pd.Timestamp("2026-05-27 20:00")), "CLOUD")
    assert timed.snapshots[0].session == np.datetime64("2026-05-27")


def test_a_column_that_stands_twice_is_refused(clean: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "CLOUD.csv"
    pd.concat([clean, clean[["bid"]] + 1.0], axis=1).to_csv(path, index=False)
    with pytest.raises(PriceDataError, match="a column twice"):
        options.read_chain(path)


def test_nonsense_of_a_vendor_is_counted_and_not_read(clean: pd.DataFrame) -> None:
    dirty = clean.copy()
    dirty.loc[dirty.index[:9], "iv_vendor"] = 1e-5
    found = options.read_chain(dirty, "CLOUD")
    assert len(found.snapshots[0]) == len(clean)
    assert found.notes[0].startswith("9 volatilities of the vendor are nonsense")


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("right", "X", "C, P, call or put"),
        ("strike", "-5", "above 0"),
        ("strike", "", "above 0"),
        ("bid", "-1", "from 0"),
        ("ask", "about 3", "a number"),
        ("ask", "inf", "finite"),
        ("expiry", "08/21/2026x", "a day as in"),
        ("snapshot_utc", "noon", "a moment as in"),
        ("snapshot_utc", "2026-05-27", "a day and its time"),
        ("volume", "-10", "from 0"),
        ("open_interest", "-1", "from 0"),
    ],
)
def test_a_cell_that_is_nothing_is_refused_with_its_line(
    clean: pd.DataFrame, tmp_path: Path, column: str, value: str, said: str
) -> None:
    dirty = clean.astype(object)
    dirty.loc[dirty.index[4], column] = value
    path = tmp_path / "CLOUD.csv"
    dirty.to_csv(path, index=False)
    with pytest.raises(PriceDataError, match=said) as refused:
        options.read_chain(path)
    assert "line 6" in str(refused.value)


def test_a_file_without_a_column_or_a_ticker_is_refused(clean: pd.DataFrame) -> None:
    with pytest.raises(PriceDataError, match="'strike' is missing"):
        options.read_chain(clean.rename(columns={"strike": "strke"}), "CLOUD")
    with pytest.raises(PriceDataError, match="whose options"):
        options.read_chain(clean)
    with pytest.raises(PriceDataError, match="one underlying"):
        options.read_chain(clean.assign(ticker=["A", "B"] * (len(clean) // 2)))


def test_index_options_are_european() -> None:
    table = made_up_chain(american=False, strikes=(90.0, 100.0, 110.0))
    assert not options.read_chain(table, "SPX").snapshots[0].american
    assert options.read_chain(table, "SPX", american=True).snapshots[0].american


def test_what_is_no_file_of_quotes_says_what_it_is(clean: pd.DataFrame, tmp_path: Path) -> None:
    empty, header = tmp_path / "CLOUD.csv", tmp_path / "CLOUD_header.csv"
    empty.touch()
    clean.iloc[:0].to_csv(header, index=False)
    for path, message in (
        (empty, "the file is empty. Export the quotes again"),
        (header, "there is no row in it. Give one row per contract and moment"),
        (tmp_path, "this is a folder"),
        (tmp_path / "elsewhere", "there is no such file"),
    ):
        with pytest.raises(PriceDataError, match=message):
            options.read_chain(path)
