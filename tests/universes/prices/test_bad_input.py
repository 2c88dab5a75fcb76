"""Files that must be refused: the error names file, row, value and remedy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from hedgebook.errors import ParameterError, PriceDataError, UniverseError
from hedgebook.universes.prices import check_prices, load_market

from .tables import long_frame, put, small_universe, wide_frame

LONG = "date,ticker,open,high,low,close,volume\n2025-07-01,META,1,2,1,2,9\n"


@dataclass(frozen=True)
class Bad:
    """A CSV text and what its refusal must say."""

    text: str
    says: tuple[str, ...]


def after(line: str) -> str:
    return LONG + line + "\n"


BAD_TEXT = {
    "duplicate": Bad(
        after("2025-07-02,META,1,2,1,2,9\n2025-07-01,META,1,2,1,2,9"),
        ("line 4", "'2025-07-01'", "META stands twice", "line 2", "Keep one"),
    ),
    "duplicate in another form of the date": Bad(
        after("20250701,META,1,2,1,2,9"), ("line 3", "stands twice", "line 2")
    ),
    "duplicate in wide": Bad(
        "date,META,NVDA\n2025-07-01,5,6\n2025-07-02,5,6\n2025-07-01,5,6\n",
        ("line 4", "stands twice", "line 2", "'2025-07-01'", "Keep one"),
    ),
    "day and month": Bad(
        after("03/07/2025,META,1,2,1,2,9"), ("line 3", "'date'", "'03/07/2025'", "day", "month", "2026-07-01")
    ),
    "dots in a date": Bad(after("3.7.2025,META,1,2,1,2,9"), ("line 3", "'3.7.2025'", "year-month-day")),
    "no such day": Bad(after("2025-02-30,META,1,2,1,2,9"), ("line 3", "no such date", "'2025-02-30'")),
    "a word for a date": Bad(after("today,META,1,2,1,2,9"), ("line 3", "not a date", "'today'")),
    "missing date": Bad(after(",META,1,2,1,2,9"), ("line 3", "date is missing", "year-month-day")),
    "time of day": Bad(after("2025-07-02 16:00:00,META,1,2,1,2,9"), ("line 3", "time of day", "'2025-07-02 16:00:00'")),
    "time zone": Bad(
        after("2025-07-02T16:00:00-04:00,META,1,2,1,2,9"), ("line 3", "time zone", "'2025-07-02T16:00:00-04:00'")
    ),
    "UTC": Bad(after("2025-07-02T20:00:00Z,META,1,2,1,2,9"), ("line 3", "time zone")),
    "a year of two digits": Bad(after("0025-07-02,META,1,2,1,2,9"), ("line 3", "year", "'0025-07-02'")),
    "holiday": Bad(
        after("2026-07-03,META,1,2,1,2,9"),
        ("line 3", "2026-07-03", "not a session of XNYS", "Friday", "closed", "July 4th", "Remove the row"),
    ),
    "saturday": Bad(after("2025-07-05,META,1,2,1,2,9"), ("line 3", "2025-07-05", "a Saturday", "Remove")),
    "day of mourning": Bad(
        after("2025-01-09,META,1,2,1,2,9"), ("line 3", "a Thursday on which XNYS is closed", "2025-01-09")
    ),
    "negative price": Bad(
        after("2025-07-02,META,1,2,1,-2,9"), ("line 3", "'close'", "above zero", "META", "'-2'", "Correct")
    ),
    "zero price": Bad(after("2025-07-02,META,0,2,1,2,9"), ("line 3", "'open'", "above zero", "'0'", "Correct")),
    "infinite": Bad(after("2025-07-02,META,1,inf,1,2,9"), ("line 3", "'high'", "infinite", "'inf'", "empty")),
    "infinite volume": Bad(after("2025-07-02,META,1,2,1,2,-inf"), ("line 3", "'volume'", "infinite")),
    "a word": Bad(after("2025-07-02,META,1,2,1,abc,9"), ("line 3", "'close'", "not a number", "'abc'", "empty")),
    "thousands": Bad(
        after('2025-07-02,META,1,2,1,2,"1,000"'),
        ("line 3", "'volume'", "not a number", "'1,000'", "Did you mean 1000?", "without signs"),
    ),
    "underscore": Bad(after("2025-07-02,META,1,2,1,1_0,9"), ("line 3", "not a number", "'1_0'")),
    "low above high": Bad(
        after("2025-07-02,META,3,2,4,3,9"), ("line 3", "low lies above high", "low 4, high 2", "Correct")
    ),
    "open outside": Bad(
        after("2025-07-02,META,2.1,2,1,2,9"), ("line 3", "'open'", "outside", "open 2.1, low 1, high 2", "factor")
    ),
    "close outside": Bad(after("2025-07-02,META,2,2,1,0.9,9"), ("line 3", "'close'", "close 0.9, low 1", "factor")),
    "negative volume": Bad(after("2025-07-02,META,1,2,1,2,-9"), ("line 3", "'volume'", "negative", "'-9'", "Correct")),
    "missing ticker": Bad(after("2025-07-02,,1,2,1,2,9"), ("line 3", "'ticker'", "missing", "Name the ticker")),
    "short line": Bad(after("2025-07-02,META,1"), ("line 3", "3 cells", "header has 7", "2025-07-02,META,1")),
    "line after an empty one": Bad(after("\n\n2025-07-02,META,1,2,1,x,9"), ("line 5", "'x'", "not a number")),
    "header below empty lines": Bad("\n\n" + after("2025-07-02,META,1,2,1,x,9"), ("line 5", "'x'")),
    "wide cell": Bad(
        "date,AAPL,NVDA,META\n2025-07-01,x,5,6\n2025-07-02,x,y,0\n",
        ("line 3", "'NVDA'", "not a number", "'y'", "1 more problem"),
    ),
    "wide cells of one row": Bad(
        "date,MARA,NVDA,META\n2025-07-01,1,x,y\n", ("line 2, column 'NVDA'", "'x'", "1 more problem")
    ),
    "below a cell of two lines": Bad(
        'date,ticker,name,close\n2025-07-01,META,"two\nlines",5\n2025-07-02,META,one,0\n',
        ("line 4", "'close'", "above zero"),
    ),
    "wide zero": Bad("date,META\n2025-07-01,0\n", ("line 2", "'META'", "above zero", "'0'", "Correct")),
    "wide holiday": Bad("date,META,NVDA\n2025-07-01,1,2\n2025-07-04,1,2\n", ("line 3", "Friday", "July 4th")),
    "close is misspelt": Bad("date,ticker,clsoe\n2025-07-01,META,1\n", ("'close' is missing", "mean 'clsoe'?")),
    "date is misspelt": Bad("dtae,ticker,close\n2025-07-01,META,1\n", ("'date' is missing", "mean 'dtae'?")),
    "ticker is misspelt": Bad("date,tikcer,close\n2025-07-01,META,1\n", ("'ticker' is missing", "mean 'tikcer'?")),
    "wide without dates": Bad("META,NVDA\n1,2\n", ("'date' is missing", "META, NVDA", "Add it")),
    "column twice": Bad(
        "date,ticker,close,CLOSE\n2025-07-01,META,1,2\n", ("'close' stands more than once", "close, CLOSE", "Keep one")
    ),
    "ticker twice": Bad("date,META,META\n2025-07-01,1,2\n", ("'META' stands more than once", "Keep one")),
    "ticker and symbol": Bad(
        "date,ticker,symbol,close\n2025-07-01,META,META,2\n", ("stands more than once", "ticker, symbol")
    ),
    "semicolons": Bad("date;ticker;close\n2025-07-01;META;1,5\n", ("line 1", "by semicolons, not by", "date;ticker")),
    "empty": Bad("", ("empty", "Export")),
    "empty lines": Bad("\n\n", ("empty", "Export")),
    "header alone": Bad("date,ticker,close\n", ("no row", "one row per date and ticker")),
    "no member": Bad("date,ticker,close\n2025-07-01,AAPL,1\n", ("no ticker of the universe small", "'AAPL'", "META")),
    "other case": Bad("date,ticker,close\n2025-07-01,meta,1\n", ("'meta'", "did you mean 'META'?")),
    "no close": Bad("date,ticker,close\n2025-07-01,META,\n", ("no close", "'META'", "Fill in")),
    "only before the listing": Bad(
        "date,ticker,close\n2025-07-01,CRWV,5\n", ("no close", "'CRWV'", "CRWV from 2025-07-02", "leave")
    ),
}


# A check lists rows that contradict themselves beside its other findings.
LISTED = ("low above high", "open outside", "close outside")


@pytest.mark.parametrize("case", BAD_TEXT)
@pytest.mark.parametrize("call", [load_market, check_prices])
def test_bad_text_is_refused(case: str, call: object, tmp_path: Path) -> None:
    bad = BAD_TEXT[case]
    if call is check_prices and case in LISTED:
        found = check_prices(put(tmp_path, bad.text, "bad.csv"), small_universe()).refused
        assert [(one.rule, one.ticker, one.first) for one in found] == [("range", "META", "2025-07-02")]
        return
    path = put(tmp_path, bad.text, "bad.csv")
    with pytest.raises(PriceDataError) as caught:
        call(path, small_universe())
    message = str(caught.value)
    assert "bad.csv" in message
    for part in bad.says:
        assert part in message, message


def test_first_bad_cell_in_the_order_of_the_file_is_named(tmp_path: Path) -> None:
    text = LONG + (
        "2025-07-02,AAPL,x,x,x,x,x\n"
        "2025-07-03,META,1,2,1,2,-1\n"  # line 4: negative volume
        "2025-07-02,NVDA,1,2,1,-2,9\n"  # line 5: negative close
        "2025-07-05,NVDA,1,2,1,2,9\n"  # line 6: a Saturday
        "2025-07-01,META,1,2,1,2,9\n"  # line 7: a duplicate
    )
    with pytest.raises(PriceDataError, match=r"bad.csv, line 4, column 'volume'.*There are 3 more problems"):
        load_market(put(tmp_path, text, "bad.csv"), small_universe())


def test_several_bad_cells_of_one_row_are_named_from_the_left(tmp_path: Path) -> None:
    text = "close,date,ticker,open\n0,2025-07-01,META,word\n"
    with pytest.raises(PriceDataError, match=r"line 2, column 'close'.*above zero.*1 more problem"):
        load_market(put(tmp_path, text), small_universe())


def test_rows_of_parquet_and_frames_are_counted_from_one(tmp_path: Path) -> None:
    frame = long_frame()
    frame.loc[4, "close"] = -1.0
    frame.to_parquet(tmp_path / "bad.parquet")
    with pytest.raises(PriceDataError, match=r"bad.parquet, row 5 \(counted from 1\), column 'close'.*-1"):
        load_market(tmp_path / "bad.parquet", small_universe())
    with pytest.raises(PriceDataError, match=r"<DataFrame>, row 5 \(counted from 1\), column 'close'.*-1"):
        load_market(frame, small_universe())


def test_numbers_of_another_type_are_refused() -> None:
    mixed = wide_frame().astype({"META": object})
    mixed.loc[2, "META"] = "n.a."
    with pytest.raises(PriceDataError, match=r"row 3 .*'META'.*not a number.*'n.a.'"):
        load_market(mixed, small_universe())
    with pytest.raises(PriceDataError, match=r"row 1 .*'META'.*not a number.*'True'"):
        load_market(wide_frame().assign(META=True), small_universe())
    with pytest.raises(PriceDataError, match=r"row 1 .*'META'.*not a number.*2025-01-01"):
        load_market(wide_frame().assign(META=pd.Timestamp("2025-01-01")), small_universe())


def test_stamps_that_are_no_days_are_refused() -> None:
    frame = wide_frame()
    stamps = pd.to_datetime(frame["date"])
    closes = (stamps + pd.Timedelta(hours=16)).dt.tz_localize("America/New_York")
    with pytest.raises(PriceDataError, match=r"row 1 .*time zone.*2025-06-30"):
        load_market(frame.assign(date=closes), small_universe())
    with pytest.raises(PriceDataError, match=r"row 1 .*time of day.*16:00"):
        load_market(frame.assign(date=stamps + pd.Timedelta(hours=16)), small_universe())
    late = stamps.astype("datetime64[ns]") + pd.Timedelta(1, "ns")
    with pytest.raises(PriceDataError, match=r"row 1 .*time of day"):
        load_market(frame.assign(date=late), small_universe())
    with pytest.raises(PriceDataError, match=r"row 1 .*not a date.*'0'"):
        load_market(frame.assign(date=range(len(frame))), small_universe())
    with pytest.raises(PriceDataError, match=r"row 1 .*not a date"):
        load_market(frame.assign(date=pd.period_range("2025-07-01", periods=6)), small_universe())
    with pytest.raises(PriceDataError, match=r"row 1 .*date is missing"):
        load_market(frame.assign(date=pd.Series(pd.NaT, index=frame.index)), small_universe())


def test_a_frame_without_dates_is_refused() -> None:
    with pytest.raises(PriceDataError, match=r"<DataFrame>: the column 'date' is missing"):
        load_market(wide_frame().drop(columns="date"), small_universe())


def test_columns_with_three_levels_are_refused() -> None:
    frame = wide_frame().set_index("date")
    frame.columns = pd.MultiIndex.from_product([["Close"], ["usd"], frame.columns])
    with pytest.raises(PriceDataError, match=r"more than two levels.*field and ticker as yfinance"):
        load_market(frame, small_universe())


def test_what_is_neither_a_path_nor_a_frame_is_refused() -> None:
    with pytest.raises(PriceDataError, match=r"path of a file or as a DataFrame.*'list'"):
        load_market([1.0], small_universe())


def test_cells_that_are_lists_are_refused() -> None:
    frame = wide_frame().assign(META=pd.Series([[1.0]] * 6, dtype=object))
    with pytest.raises(PriceDataError, match=r"row 1 .*'META'.*not a number.*'\[1.0\]'.*5 more"):
        load_market(frame, small_universe())


def test_an_empty_frame_is_refused() -> None:
    for frame in (pd.DataFrame(), long_frame().iloc[:0]):
        with pytest.raises(PriceDataError, match="no row of prices"):
            load_market(frame, small_universe())


def test_tickers_that_cannot_be_had() -> None:
    universe = small_universe()
    with pytest.raises(PriceDataError, match=r"'METAA'.*Did you mean 'META'\?"):
        load_market(long_frame(), universe, tickers=["METAA"])
    with pytest.raises(PriceDataError, match=r"'MARA'"):
        load_market(long_frame(), universe, tickers=["META", "MARA"])
    with pytest.raises(PriceDataError, match=r"^AAPL is in .* but not in universe small\..*--universe FILE"):
        load_market(long_frame(), universe, tickers=["AAPL"])
    with pytest.raises(ParameterError, match="no ticker is asked for"):
        load_market(long_frame(), universe, tickers=[])
    lower = long_frame().replace({"ticker": {"META": "meta"}})
    with pytest.raises(PriceDataError, match=r"'META'.*Did you mean 'meta'\?.*capitals"):
        load_market(lower, universe, tickers=["META"])
    empty = wide_frame().assign(MARA=float("nan"))
    with pytest.raises(PriceDataError, match=r"no close.*'MARA'"):
        load_market(empty, universe, tickers=["META", "MARA"])


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    universe = small_universe()
    put(tmp_path, LONG, "prices.csv")
    with pytest.raises(PriceDataError, match=r"price.csv: there is no such file.*Did you mean 'prices.csv'"):
        load_market(tmp_path / "price.csv", universe)
    with pytest.raises(PriceDataError, match=r"no such file.*has no price file"):
        load_market(tmp_path / "nowhere" / "price.csv", universe)
    with pytest.raises(PriceDataError, match=r"p.ods.*not known.*'.ods'.*\.parquet.*DataFrame"):
        load_market(put(tmp_path, "x", "p.ods"), universe)
    with pytest.raises(PriceDataError, match=r"p.gz.*not known"):
        load_market(put(tmp_path, "x", "p.gz"), universe)
    for name in ("p.parquet", "p.csv.gz", "p.zip", "p.xlsx"):
        with pytest.raises(PriceDataError, match=rf"{name}: the file is damaged.*Export"):
            load_market(put(tmp_path, "no such thing", name), universe)
    (tmp_path / "latin.csv").write_bytes("date,ticker,close\n2025-07-01,MÉTA,5\n".encode("latin-1"))
    with pytest.raises(PriceDataError, match=r"latin.csv: byte 30 is not UTF-8.*Save"):
        load_market(tmp_path / "latin.csv", universe)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(PriceDataError, match=r"folder.csv: there is no price file in it.*META.csv"):
        load_market(tmp_path / "folder.csv", universe)


def test_a_universe_that_cannot_be_had_is_its_own_error() -> None:
    with pytest.raises(UniverseError):
        load_market(long_frame(), "ai_infrastrukture")
