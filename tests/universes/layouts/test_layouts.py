"""Every layout of a vendor gives the market that this project's own long table gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.cli import main
from hedgebook.errors import ParameterError, PriceDataError
from hedgebook.universes.layouts.price_layout import parse_layout
from hedgebook.universes.market import FIELDS, Market

from . import shapes

PLAIN = {"date": "Date", "open": "Open", "high": "High", "low": "Low", "close": "Close", "volume": "Volume"}
NEW_YORK = ZoneInfo("America/New_York")


def market(given: object, **more: object) -> Market:
    return hb.load_market(given, shapes.universe(), **more)


def check(found: Market, tickers: tuple[str, ...] = shapes.TICKERS, *, rel: float = 0.0) -> None:
    """All fields of these tickers are those of the long table."""
    wanted = market(shapes.long_frame(), tickers=tickers)
    kept = [int(np.searchsorted(wanted.sessions, day)) for day in found.sessions]
    assert set(found.tickers) == set(tickers)
    for name in FIELDS:
        for ticker in tickers:
            mine = getattr(found, name)[:, found.column(ticker)]
            theirs = getattr(wanted, name)[kept, wanted.column(ticker)]
            np.testing.assert_allclose(mine, theirs, rtol=rel, atol=0.0, err_msg=f"{name} {ticker}")


def said(found: Market, layout: str) -> str:
    lines = [line for line in found.warnings if f"is read as {layout}:" in line]
    assert len(lines) == 1, found.warnings
    return lines[0]


@pytest.mark.parametrize("by", ["field", "ticker"])
@pytest.mark.parametrize("zone", [None, "America/New_York", "UTC"])
def test_yfinance_frames_and_their_files(by: str, zone: str | None, tmp_path: Path) -> None:
    frame = shapes.yfinance_frame(by=by, zone=zone)
    found = market(frame)
    check(found)
    assert "auto_adjust" in said(found, "yfinance")
    csv = tmp_path / "prices.csv"
    csv.write_text(shapes.text(frame))
    check(market(csv))
    assert csv.read_text().splitlines()[2].startswith("Date,")
    parquet = tmp_path / "prices.parquet"
    frame.to_parquet(parquet)
    check(market(parquet))


@pytest.mark.parametrize("by", ["field", "ticker"])
def test_yfinance_without_adjustment_is_put_on_the_adjusted_scale(by: str, tmp_path: Path) -> None:
    frame = shapes.yfinance_frame(by=by, adjusted=0.25)
    for given in (frame, tmp_path / "raw.csv"):
        if isinstance(given, Path):
            given.write_text(shapes.text(frame))
        found = market(given)
        check(found, rel=1e-12)
        assert "scaled by adjusted close over close" in said(found, "yfinance")


def test_yfinance_of_one_ticker(tmp_path: Path) -> None:
    frame = shapes.yfinance_frame().loc[:, (slice(None), ["BETA"])]
    path = tmp_path / "any.csv"
    path.write_text(shapes.text(frame))
    check(market(path), ("BETA",))
    check(market(frame), ("BETA",))


def test_a_history_of_yfinance_has_midnights_of_new_york(tmp_path: Path) -> None:
    table = shapes.prices()["BETA"].rename(columns=str.capitalize).tz_localize(NEW_YORK).rename_axis("Date")
    table = table.assign(Dividends=0.0, **{"Stock Splits": 0.0})
    path = tmp_path / "BETA.csv"
    path.write_text(shapes.text(table))
    assert "-04:00" in path.read_text()
    found = market(path)
    check(found, ("BETA",))
    said(found, "yfinance")
    check(market(table, layout=hb.PriceLayout(ticker="BETA")), ("BETA",))


TIINGO = {
    "date": "date", "close": "adjClose", "high": "adjHigh", "low": "adjLow", "open": "adjOpen", "volume": "adjVolume",
}  # fmt: skip
VENDORS: dict[str, tuple[str, Callable[[], pd.DataFrame]]] = {
    "stooq": (
        "x.csv",
        lambda: shapes.one(
            "BETA",
            {
                "date": "<DATE>", "open": "<OPEN>", "high": "<HIGH>", "low": "<LOW>", "close": "<CLOSE>",
                "volume": "<VOL>",
            },
            dates="%Y%m%d",
        ).assign(**{"<TICKER>": "BETA.US", "<PER>": "D", "<TIME>": "000000", "<OPENINT>": 0}),
    ),
    "one-ticker": ("beta_us_d.csv", lambda: shapes.one("BETA", PLAIN)),
    "tiingo": (
        "BETA.csv",
        lambda: shapes.one("BETA", TIINGO).assign(
            close=1.0, high=1.0, low=1.0, open=1.0, volume=1, divCash=0.0, splitFactor=1.0
        ),
    ),
    "polygon": (
        "BETA-2025.csv",
        lambda: shapes.one(
            "BETA", {"date": "t", "open": "o", "high": "h", "low": "l", "close": "c", "volume": "v"}
        ).assign(
            t=lambda f: [int(pd.Timestamp(day, tz=NEW_YORK).timestamp() * 1000) for day in f["t"]], vw=1.0, n=5
        ),
    ),
    "nasdaq": (
        "HistoricalData_BETA.csv",
        lambda: shapes.one(
            "BETA", {**PLAIN, "close": "Close/Last"}, dates="%m/%d/%Y", newest_first=True
        ).assign(
            **{
                name: (lambda f, name=name: [f"${x:.2f}" for x in f[name]])
                for name in ("Close/Last", "Open", "High", "Low")
            }
        ),
    ),
    "investing": (
        "BETA Historical Data.csv",
        lambda: shapes.one(
            "BETA", {**PLAIN, "close": "Price", "volume": "Vol."}, dates="%m/%d/%Y", newest_first=True
        ).assign(**{"Vol.": lambda f: [f"{x / 1e6:.2f}M" for x in f["Vol."]], "Change %": "0.10%"}),
    ),
    "alphavantage": ("daily_BETA.csv", lambda: shapes.one("BETA", {**{n: n for n in PLAIN}, "date": "timestamp"})),
}  # fmt: skip


@pytest.mark.parametrize("vendor", VENDORS)
def test_files_of_vendors_are_recognised_and_named(vendor: str, tmp_path: Path) -> None:
    name, make = VENDORS[vendor]
    path = tmp_path / name
    make().to_csv(path, index=False)
    found = market(path)
    check(found, ("BETA",), rel=1e-12 if vendor == "investing" else 0.0)
    said(found, vendor)
    check(market(path, layout=vendor), ("BETA",), rel=1e-12)


def test_an_adjusted_close_beside_the_close_scales_the_other_prices(tmp_path: Path) -> None:
    long = shapes.long_frame()
    raw = long.assign(**{name: long[name] * 4 for name in ("open", "high", "low", "close")}, adj_close=long["close"])
    check(market(raw), rel=1e-12)
    path = tmp_path / "mine.csv"
    raw.to_csv(path, index=False)
    assert "the adjusted close is read" in said(market(path), "adjusted-close")


def test_an_adjusted_close_alone_leaves_out_prices_on_another_scale() -> None:
    long = shapes.long_frame().rename(columns={"close": "Adj Close"})
    found = market(long)
    assert np.isnan(found.open).all()
    assert "left out" in said(found, "adjusted-close")


def test_dates_in_two_orders_are_asked_for_where_they_do_not_say_it(tmp_path: Path) -> None:
    path = tmp_path / "BETA Historical Data.csv"
    table = VENDORS["investing"][1]()
    table[table["Date"].str[3:5].astype(int) <= 12].to_csv(path, index=False)
    with pytest.raises(PriceDataError, match=r"which part is the day.*--dates day-first"):
        market(path)
    found = market(path, layout=hb.PriceLayout(dates="month-first"))
    assert str(found.sessions[0]) == "2025-07-01"
    assert "dates are read month-first" in said(found, "investing")
    table.to_csv(path, index=False)
    with pytest.raises(PriceDataError, match=r"not in the order.*'day-first'.*month-first"):
        market(path, layout=hb.PriceLayout(dates="day-first"))


def test_columns_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "BETA.csv"
    shapes.one("BETA", {"date": "Tag", "close": "Schluss", "open": "Start"}, dates="%d.%m.%Y").to_csv(path, index=False)
    layout = hb.PriceLayout(columns={"date": "tag", "close": "Schluss", "open": "Start"}, dates="day-first")
    with pytest.raises(PriceDataError, match=r"mean 'Schluss'"):
        market(path, layout=hb.PriceLayout(columns={"date": "Tag", "close": "Schlus"}, dates="day-first"))
    found = market(path, layout=layout)
    wanted = market(shapes.long_frame(), tickers=["BETA"])
    np.testing.assert_array_equal(found.close, wanted.close)
    assert "close=Schluss" in said(found, "columns")


@pytest.mark.parametrize(
    ("layout", "match"),
    [
        ("yahoo", r"no such layout.*'yahoo'"),
        ("tiinga", r"mean 'tiingo'"),
        ("polygon", r"does not have the columns of the layout 'polygon'"),
        (hb.PriceLayout(columns={"clsoe": "x"}), r"no field of prices.*mean 'close'"),
        (hb.PriceLayout(columns={"open": "open"}, name=None), None),
    ],
)
def test_what_is_asked_and_not_there_is_said(layout: object, match: str | None) -> None:
    if match is None:
        check(market(shapes.long_frame(), layout=layout))
        return
    with pytest.raises(PriceDataError, match=match):
        market(shapes.long_frame(), layout=layout)


def test_a_file_that_is_named_after_nothing_asks_for_its_ticker(tmp_path: Path) -> None:
    path = tmp_path / "my prices.csv"
    shapes.one("BETA", PLAIN).to_csv(path, index=False)
    with pytest.raises(PriceDataError, match=r"whose prices these are.*--ticker"):
        market(path)
    check(market(path, layout=hb.PriceLayout(ticker="BETA")), ("BETA",))
    both = tmp_path / "ALFA-BETA.csv"
    both.write_text(path.read_text())
    with pytest.raises(PriceDataError, match=r"ALFA, BETA"):
        market(both)


def test_bars_within_a_day_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "BETA.csv"
    table = VENDORS["polygon"][1]()
    table["t"] += 9 * 3_600_000
    table.to_csv(path, index=False)
    with pytest.raises(PriceDataError, match=r"bars within a day.*13:00 UTC"):
        market(path)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_counts_since_1970_are_told_by_their_size(unit: str, tmp_path: Path) -> None:
    path = tmp_path / "BETA.csv"
    table = VENDORS["polygon"][1]()
    scale = {"s": 1e-3, "ms": 1, "us": 1_000, "ns": 1_000_000}[unit]
    table["t"] = (table["t"] * scale).astype(np.int64)
    table.to_csv(path, index=False)
    check(market(path), ("BETA",))


def test_single_letters_are_tickers_of_a_wide_file_that_has_dates() -> None:
    days = [str(day.date()) for day in shapes.DAYS]
    frame = pd.DataFrame({"date": days, **{letter: np.linspace(10.0, 11.0, 8) for letter in "TOHLCV"}})
    names = hb.Universe.model_validate(
        {
            "name": "letters",
            "title": "Letters",
            "buckets": [
                {
                    "name": "all",
                    "role": "all",
                    "members": [
                        {"ticker": letter, "company": "A", "first_session": "2015-01-02"} for letter in "TOHLCV"
                    ],
                }
            ],
        }
    )
    assert hb.load_market(frame, names).tickers == tuple("TOHLCV")


def test_a_layout_is_read_from_text() -> None:
    assert parse_layout(None, None) is None
    assert parse_layout("tiingo", None) == hb.PriceLayout("tiingo")
    both = parse_layout("ticker=META, dates=day-first", "close=Adj Close, Date=Tag")
    assert both == hb.PriceLayout(None, {"close": "Adj Close", "date": "Tag"}, "META", "day-first")


@pytest.mark.parametrize(
    ("layout", "columns", "match"),
    [
        ("", None, "how a price file is read"),
        ("tiingo,nasdaq", None, "how a price file is read"),
        ("tickers=META", None, "how a price file is read"),
        ("dates=us", None, "no such order.*'us'.*day-first, month-first"),
        (None, "close", "not a field and its column"),
        (None, "close=", "not a field and its column"),
    ],
)
def test_text_that_is_no_layout_is_refused(layout: str | None, columns: str | None, match: str) -> None:
    with pytest.raises(ParameterError, match=match):
        parse_layout(layout, columns)


def test_the_command_line_takes_layout_and_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "my meta.csv"
    shapes.one("BETA", PLAIN).rename(columns={"Close": "Last"}).to_csv(path, index=False)
    text = 'name = "shapes"\ntitle = "Shapes"\n[[buckets]]\nname = "all"\nrole = "all"\nmembers = [\n'
    text += '{ticker = "BETA", company = "Beta", first_session = 2015-01-02},\n]\n'
    names = tmp_path / "names.toml"
    names.write_text(text)
    given = ["check", str(path), "--universe", str(names), "--json"]
    with pytest.raises(SystemExit) as ended:
        main([*given, "--columns", "close=Last", "--layout", "ticker=BETA"])
    assert ended.value.code == 0, capsys.readouterr()
    assert json.loads(capsys.readouterr().out)["sessions"] == 10
    with pytest.raises(SystemExit) as ended:
        main([*given, "--columns", "close=Lost", "--layout", "ticker=BETA"])
    assert ended.value.code == 2
    assert "did you mean" in capsys.readouterr().out.lower()
