"""Loading good files: layouts, formats, alignment, and what is left out."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.errors import PriceDataError
from hedgebook.universes.market import FIELDS, Market
from hedgebook.universes.prices import load_market

from .tables import SESSIONS, long_frame, put, small_universe, wide_frame, write

NAN = float("nan")


def cells_of(market: Market, field: str = "close") -> dict[tuple[str, str], float]:
    """Every finite cell of a market by session and ticker."""
    values = getattr(market, field)
    return {
        (str(day), ticker): float(values[i, j])
        for i, day in enumerate(market.sessions)
        for j, ticker in enumerate(market.tickers)
        if values[i, j] == values[i, j]
    }


def assert_same(a: Market, b: Market, fields: tuple[str, ...] = FIELDS) -> None:
    assert a.tickers == b.tickers
    np.testing.assert_array_equal(a.sessions, b.sessions)
    for field in fields:
        np.testing.assert_array_equal(getattr(a, field), getattr(b, field), err_msg=field)


def test_long_table_is_aligned_to_sessions_without_filling() -> None:
    market = load_market(long_frame(), small_universe())
    assert market.tickers == ("META", "NVDA", "CRWV")
    assert [str(day) for day in market.sessions] == list(SESSIONS)
    meta, nvda, crwv = (market.close[:, market.column(t)].tolist() for t in ("META", "NVDA", "CRWV"))
    assert meta == [700.0 + i / 3 for i in range(6)]
    np.testing.assert_array_equal(nvda, [150.0, 150 - 1 / 7, 150 - 2 / 7, NAN, NAN, 150 - 5 / 7])
    np.testing.assert_array_equal(crwv, [NAN, NAN, *(160.0 * (1 - 0.07 * i) for i in range(2, 6))])
    assert np.isnan(market.open[1, 0])
    assert market.open[2, 0] == 700.0 + 2 / 3 - 1
    # The row without a close keeps its other fields; the absent row has none.
    assert market.high[4, 1] == 150.0 - 4 / 7 + 1
    assert np.isnan(market.high[3, 1])
    assert np.isnan(market.volume[:, 2]).all()
    assert market.has_opens
    for field in FIELDS:
        assert getattr(market, field).dtype == np.float64
        assert not getattr(market, field).flags.writeable


def test_moments_of_the_marks_know_the_half_day() -> None:
    market = load_market(long_frame(), small_universe())
    # 2025-07-03 closes at 13:00 in New York, which is 17:00 UTC; other summer sessions at 20:00.
    assert str(market.close_at[3]) == "2025-07-03T17:00:00.000000000"
    assert str(market.close_at[2]) == "2025-07-02T20:00:00.000000000"


def test_provenance_names_the_file_alone(tmp_path: Path) -> None:
    path = write(long_frame(), tmp_path / "prices.csv")
    found = load_market(path, small_universe()).provenance
    assert found.source == "prices.csv"
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (found.first, found.last, found.simulated) == ("2025-06-30", "2025-07-08", False)


def test_hash_of_a_frame_follows_its_content() -> None:
    universe, frame = small_universe(), long_frame()
    first = load_market(frame, universe).provenance
    assert first.source == "<DataFrame>"
    assert len(first.sha256) == 64
    assert load_market(frame.copy(), universe).provenance.sha256 == first.sha256
    frame.loc[0, "close"] = 700.5
    assert load_market(frame, universe).provenance.sha256 != first.sha256


FORMS: dict[str, Callable[[Path], Path | pd.DataFrame]] = {
    "long csv": lambda folder: write(long_frame(), folder / "p.csv"),
    "long csv.gz": lambda folder: write(long_frame(), folder / "p.csv.gz"),
    "long CSV in capitals": lambda folder: write(long_frame(), folder / "P.CSV"),
    "long parquet": lambda folder: write(long_frame(), folder / "p.parquet"),
    "long pq": lambda folder: write(long_frame(), folder / "p.pq"),
    "long frame": lambda _: long_frame(),
    "long frame, two index levels": lambda _: long_frame().set_index(["date", "ticker"]),
    "long parquet, two index levels": lambda f: write(long_frame().set_index(["date", "ticker"]), f / "p.parquet"),
    "long parquet, categories": lambda f: write(
        long_frame().assign(ticker=lambda x: x["ticker"].astype("category")), f / "p.parquet"
    ),
    "wide csv": lambda folder: write(wide_frame(), folder / "p.csv"),
    "wide csv, index without a name": lambda f: write(wide_frame().set_index("date").rename_axis(None), f / "p.csv"),
    "wide parquet": lambda folder: write(wide_frame(), folder / "p.parquet"),
    "wide parquet, dates as index": lambda f: write(
        wide_frame().assign(date=lambda x: pd.to_datetime(x["date"])).set_index("date"), f / "p.parquet"
    ),
    "wide parquet, index without a name": lambda f: write(
        wide_frame().assign(date=lambda x: pd.to_datetime(x["date"])).set_index("date").rename_axis(None),
        f / "p.parquet",
    ),
    "wide frame": lambda _: wide_frame(),
    "wide frame, dates as index": lambda _: wide_frame().set_index("date"),
    "wide frame, objects": lambda _: wide_frame().astype(object),
    "wide frame, text": lambda _: wide_frame().astype(str),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_closes(form: str, tmp_path: Path) -> None:
    expected = {
        (day, ticker): close
        for day, ticker, close in long_frame()[["date", "ticker", "close"]].itertuples(index=False)
        if ticker != "AAPL" and close == close
    }
    market = load_market(FORMS[form](tmp_path), small_universe())
    assert cells_of(market) == expected
    assert market.tickers == ("META", "NVDA", "CRWV")
    assert [str(day) for day in market.sessions] == list(SESSIONS)
    assert market.has_opens == form.startswith("long")


def test_frame_of_a_market_makes_the_same_market() -> None:
    market = load_market(long_frame(), small_universe())
    assert_same(load_market(market.frame(), small_universe()), market, ("close",))


DATES: dict[str, Callable[[pd.Series], pd.Series]] = {
    "datetime64[s]": lambda s: pd.to_datetime(s).astype("datetime64[s]"),
    "datetime64[ns]": lambda s: pd.to_datetime(s).astype("datetime64[ns]"),
    "date objects": lambda s: s.map(date.fromisoformat),
    "integers": lambda s: s.str.replace("-", "").astype(int),
    "compact text": lambda s: s.str.replace("-", ""),
    "midnight text": lambda s: s + " 00:00:00",
    "midnight ISO text": lambda s: s + "T00:00:00",
    "categories": lambda s: s.astype("category"),
}


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ""])
@pytest.mark.parametrize("form", DATES)
def test_forms_of_dates(form: str, suffix: str, tmp_path: Path) -> None:
    frame = long_frame().assign(date=lambda x: DATES[form](x["date"]))
    given = write(frame, tmp_path / f"p{suffix}") if suffix else frame
    assert_same(load_market(given, small_universe()), load_market(long_frame(), small_universe()))


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_order_of_rows_and_columns_and_case_of_names_do_not_matter(data: st.DataObject) -> None:
    frame = long_frame()
    rows = data.draw(st.permutations(range(len(frame))))
    columns = data.draw(st.permutations(list(frame.columns)))
    recase = data.draw(st.lists(st.sampled_from([str.upper, str.title, str.lower]), min_size=7, max_size=7))
    mixed = frame.iloc[rows][columns]
    mixed.columns = pd.Index([f(name) for f, name in zip(recase, columns, strict=True)])
    a, b = load_market(mixed, small_universe()), load_market(frame, small_universe())
    assert_same(a, b)


def test_symbol_is_another_name_for_ticker() -> None:
    frame = long_frame().rename(columns={"ticker": "Symbol"})
    assert_same(load_market(frame, small_universe()), load_market(long_frame(), small_universe()))


@settings(max_examples=60, deadline=None)
@given(
    cells=st.dictionaries(
        st.tuples(st.sampled_from(SESSIONS), st.sampled_from(["META", "NVDA", "CRWV", "AAPL"])),
        st.one_of(st.none(), st.floats(min_value=100.0, max_value=110.0)),
        min_size=1,
    ),
    wide=st.booleans(),
)
def test_nothing_is_filled(cells: dict[tuple[str, str], float | None], wide: bool) -> None:
    universe = small_universe()
    expected = {
        (day, t): close
        for (day, t), close in cells.items()
        if close is not None and t != "AAPL" and (t != "CRWV" or day >= "2025-07-02")
    }
    if not expected:
        return
    if wide:
        names = sorted({t for _, t in cells})
        frame = pd.DataFrame(
            [[day, *(cells.get((day, t)) for t in names)] for day in sorted({day for day, _ in cells})],
            columns=["date", *names],
        )
    else:
        rows = [[*key, close] for key, close in cells.items()]
        frame = pd.DataFrame(rows, columns=["date", "ticker", "close"])
    market = load_market(frame, universe)
    assert cells_of(market) == expected
    assert set(market.tickers) == {t for _, t in expected}
    filled = sorted(day for (day, t), close in cells.items() if close is not None and t in market.tickers)
    first, last = SESSIONS.index(filled[0]), SESSIONS.index(filled[-1])
    assert [str(day) for day in market.sessions] == list(SESSIONS[first : last + 1])
    for field in ("open", "high", "low", "volume"):
        assert cells_of(market, field) == {}
    assert not market.has_opens


@pytest.mark.parametrize(
    "cells",
    [
        ["0.1", "0.1089999999999999636", "1.05e-1", "+.11", " 0.105 ", "0.1050"],
        ["9007199254740993", "9.1e15", "+9250000000000001", " 9.3e15 ", "9.28999999999999636E15", "93e14"],
    ],
)
def test_text_is_parsed_to_the_nearest_float(cells: list[str], tmp_path: Path) -> None:
    lines = [f"{day},META,{cell}" for day, cell in zip(SESSIONS, cells, strict=True)]
    market = load_market(put(tmp_path, "date,ticker,close\n" + "\n".join(lines)), small_universe())
    assert market.close[:, 0].tolist() == [float(cell) for cell in cells]


@pytest.mark.parametrize("word", ["", "NA", "N/A", "#N/A", "NaN", "nan", "null", "None"])
def test_words_for_an_empty_cell(word: str, tmp_path: Path) -> None:
    rows = f"2025-07-01,META,5,{word}\n2025-07-02,META,{word},7\n2025-07-03,META,6,8\n"
    text = f"date,ticker,close,volume\n{rows}"
    market = load_market(put(tmp_path, text), small_universe())
    np.testing.assert_array_equal(market.close[:, 0], [5, NAN, 6])
    np.testing.assert_array_equal(market.volume[:, 0], [NAN, 7, 8])


def test_a_member_called_na_is_a_ticker(tmp_path: Path) -> None:
    raw = small_universe().model_dump()
    raw["buckets"][0]["members"] += ({**raw["buckets"][0]["members"][0], "ticker": "NA"},)
    universe = type(small_universe()).model_validate(raw)
    market = load_market(put(tmp_path, "date,ticker,close\n2025-07-01,NA,5\n2025-07-01,META,6\n"), universe)
    assert cells_of(market) == {("2025-07-01", "NA"): 5.0, ("2025-07-01", "META"): 6.0}


def test_bom_line_ends_and_empty_lines_of_spreadsheets(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes(b"\xef\xbb\xbfDate,Ticker,Close\r\n2025-07-01,META,5\r\n\r\n2025-07-02,META,6\r\n,,\r\n\r\n")
    market = load_market(path, small_universe())
    assert cells_of(market) == {("2025-07-01", "META"): 5.0, ("2025-07-02", "META"): 6.0}


@pytest.mark.parametrize("line", ["sep=,", "SEP=;", '"sep=,"', "sep=,,,,,,,", "\ufeffsep=\t"])
def test_a_first_line_for_spreadsheets_is_no_header(line: str, tmp_path: Path) -> None:
    text = long_frame().to_csv(index=False)
    for ends in ("\n", "\r\n"):
        file = tmp_path / "prices.csv"
        file.write_bytes(f"{line}\n{text}".replace("\n", ends).encode())
        assert_same(load_market(file, small_universe()), load_market(long_frame(), small_universe()))
    # Lines are those of the file, that one counted.
    (tmp_path / "bad.csv").write_text("sep=,\ndate,ticker,close\n2025-07-01,META,x\n")
    with pytest.raises(PriceDataError, match="line 3, column 'close'"):
        load_market(tmp_path / "bad.csv", small_universe())
    (tmp_path / "semi.csv").write_text("sep=;\ndate;ticker;close\n2025-07-01;META;5,5\n")
    with pytest.raises(PriceDataError, match="line 2: the columns are separated by semicolons"):
        load_market(tmp_path / "semi.csv", small_universe())


def test_wide_files_may_have_tickers_called_like_fields_and_with_dots() -> None:
    frame = wide_frame().assign(OPEN=1.0, LOW=-1.0, **{"BRK.B": 400.0})
    assert_same(load_market(frame, small_universe()), load_market(wide_frame(), small_universe()))


def test_rows_outside_the_universe_are_not_judged() -> None:
    good = long_frame()
    bad = pd.DataFrame(
        {
            "date": ["2025-07-04", "yesterday", "2025-07-01", "2025-07-01"],
            "ticker": ["VIX", "VIX", "VIX", "VIX"],
            "close": ["-5", "word", "inf", "1"],
        }
    )
    mixed = pd.concat([bad, good.astype(object)], ignore_index=True)
    assert_same(load_market(mixed, small_universe()), load_market(good, small_universe()))


def test_span_is_that_of_the_kept_tickers() -> None:
    market = load_market(long_frame(), small_universe(), tickers=["CRWV"])
    assert market.tickers == ("CRWV",)
    assert (market.provenance.first, market.provenance.last) == ("2025-07-02", "2025-07-08")


def test_tickers_restrict_in_the_order_of_the_universe() -> None:
    whole = load_market(long_frame(), small_universe())
    part = load_market(long_frame(), small_universe(), tickers=["NVDA", "META", "NVDA"])
    assert part.tickers == ("META", "NVDA")
    np.testing.assert_array_equal(part.close, whole.close[:, :2])
    assert not any("member" in line for line in part.warnings)
    assert load_market(long_frame(), small_universe(), tickers="META").tickers == ("META",)


def test_warnings_say_what_was_left_out_in_one_line_each() -> None:
    frame = long_frame().assign(note="x")
    early = pd.DataFrame({"date": ["2025-06-30"], "ticker": ["CRWV"], "close": [150.0]})
    other = pd.DataFrame({"date": ["2025-06-30"], "ticker": ["mara"], "close": [15.0]})
    market = load_market(pd.concat([frame, early, other], ignore_index=True), small_universe())
    assert market.warnings == (
        "2 tickers outside the universe small, read where one is named: AAPL, mara",
        "no usable closes for 1 member of the universe: MARA ('mara' is not 'MARA')",
        "closes before a member's first session not used: CRWV 1 before 2025-07-02",
        "rows were not in the order of their dates and have been sorted",
        "1 column not read: note",
    )
    assert np.isnan(market.close[0, market.column("CRWV")])


def test_a_tidy_file_gives_no_warning() -> None:
    frame = long_frame()
    extra = pd.DataFrame({"date": ["2025-07-01"], "ticker": ["MARA"], "close": [15.0]})
    tidy = pd.concat([frame[frame["ticker"] != "AAPL"], extra], ignore_index=True)
    assert load_market(tidy, small_universe()).warnings == ()


def test_reversed_wide_file_is_sorted_and_says_so() -> None:
    market = load_market(wide_frame().iloc[::-1], small_universe())
    assert_same(market, load_market(wide_frame(), small_universe()))
    assert any("sorted" in line for line in market.warnings)


def test_a_member_with_prices_of_another_company_alone_is_left_out() -> None:
    early = pd.DataFrame({"date": ["2020-03-02", "2025-07-01"], "ticker": ["CRWV", "META"], "close": [1.0, 700.0]})
    market = load_market(early, small_universe())
    assert cells_of(market) == {("2025-07-01", "META"): 700.0}
    assert market.sessions.astype(str).tolist() == ["2025-07-01"]
    assert "closes before a member's first session not used: CRWV 1 before 2025-07-02" in market.warnings


def test_the_given_frame_is_not_changed() -> None:
    for frame in (long_frame(), wide_frame(), wide_frame().set_index("date"), wide_frame().astype(object)):
        before = frame.copy(deep=True)
        market = load_market(frame, small_universe())
        pd.testing.assert_frame_equal(frame, before)
        kept = market.close.copy()
        frame.loc[:, "META" if "META" in frame else "close"] = 1.0
        np.testing.assert_array_equal(market.close, kept)


def test_tolerance_of_open_and_close_outside_the_range() -> None:
    frame = pd.DataFrame(
        {"date": ["2025-07-01"], "ticker": ["META"], "close": [100.00005], "high": [100.0], "low": [99.0]}
    )
    assert load_market(frame, small_universe()).close[0, 0] == 100.00005


def test_gzip_and_plain_hash_their_own_bytes(tmp_path: Path) -> None:
    plain = write(long_frame(), tmp_path / "p.csv")
    packed = tmp_path / "p.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    found = load_market(packed, small_universe()).provenance
    assert found.sha256 == hashlib.sha256(packed.read_bytes()).hexdigest()
    assert json.dumps(found.source) == '"p.csv.gz"'
