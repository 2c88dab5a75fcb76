"""Folders, partitioned sets, workbooks and packed files give the market that one long table gives."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.errors import PriceDataError
from hedgebook.universes.market import FIELDS, Market
from hedgebook.universes.price_files import parquet
from tests.universes.layouts import shapes

NAMES = ["Date", "Open", "High", "Low", "Close", "Volume"]


def own(ticker: str) -> pd.DataFrame:
    """One ticker's table without a column that names it."""
    return shapes.prices()[ticker].rename_axis("Date").rename(columns=str.capitalize).reset_index()


def market(given: object, **more: Any) -> Market:
    return hb.load_market(given, shapes.universe(), **more)


def same(found: Market, rel: float = 0.0) -> None:
    wanted = market(shapes.long_frame())
    assert found.tickers == wanted.tickers
    assert (found.sessions == wanted.sessions).all()
    for name in FIELDS:
        np.testing.assert_allclose(getattr(found, name), getattr(wanted, name), rtol=rel, atol=0.0)


def each(folder: Path, ending: str = ".csv", case: Callable[[str], str] = str) -> Path:
    folder.mkdir()
    for ticker in shapes.TICKERS:
        path = folder / f"{case(ticker)}{ending}"
        own(ticker).to_parquet(path) if ending == ".parquet" else own(ticker).to_csv(path, index=False)
    return folder


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".parquet", ".us.txt"])
@pytest.mark.parametrize("case", [str, str.lower])
def test_a_folder_of_one_file_a_ticker(tmp_path: Path, ending: str, case: Callable[[str], str]) -> None:
    folder = each(tmp_path / "prices", ending, case)
    found = market(folder)
    same(found)
    assert found.provenance.source == "prices/"
    assert any("prices/ is read as a folder" in line and "3 files read" in line for line in found.warnings)
    same(market(str(folder / f"*{ending}")))
    assert market(folder).provenance.sha256 == found.provenance.sha256


def test_only_files_of_wanted_tickers_are_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = each(tmp_path / "prices")
    for i in range(300):
        (folder / f"ZZ{i}.csv").write_text("broken")
    (folder / "README.md").write_text("about")
    (folder / ".ALFA.csv").write_text("hidden")
    (folder / ".git").mkdir()
    (folder / ".git" / "BETA.csv").write_text("hidden")
    opened: list[str] = []
    real = Path.read_bytes

    def noted(path: Path) -> bytes:
        opened.append(path.name)
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", noted)
    found = market(folder)
    same(found)
    assert opened == ["ALFA.csv", "BETA.csv", "GAMA.csv"]
    text = " ".join(found.warnings)
    assert "300 files of other tickers not opened: ZZ0 and 299 more tickers" in text
    assert "README.md" in text
    assert ".ALFA" not in text
    assert "ZZ7" in found.outside
    opened.clear()
    assert market(folder, tickers=["BETA"]).tickers == ("BETA",)
    assert opened == ["BETA.csv"]


def test_layouts_may_be_mixed_and_lie_in_sub_folders(tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    (folder / "a" / "b").mkdir(parents=True)
    own("ALFA").to_csv(folder / "a" / "ALFA.csv", index=False)
    own("BETA").assign(Ticker="BETA").to_parquet(folder / "a" / "b" / "part-0.parquet")
    raw = own("GAMA").assign(**{"Adj Close": lambda t: t["Close"]})
    raw[["Open", "High", "Low", "Close"]] *= 2.0
    raw.to_csv(folder / "GAMA.csv", index=False)
    found = market(folder)
    same(found, rel=1e-12)
    text = " ".join(found.warnings)
    assert "GAMA.csv read as yfinance: the adjusted close is read" in text
    assert "a/ALFA.csv read as one-ticker" in text


def test_closes_alone_and_years_apart(tmp_path: Path) -> None:
    folder = tmp_path / "closes"
    folder.mkdir()
    for ticker in shapes.TICKERS:
        own(ticker)[["Date", "Close"]].to_csv(folder / f"{ticker}.csv", index=False)
    found = market(folder)
    np.testing.assert_array_equal(found.close, market(shapes.long_frame()).close)
    whole = shapes.long_frame()
    years = tmp_path / "years"
    years.mkdir()
    whole[whole["date"] < "2025-07-03"].to_csv(years / "2024.csv", index=False)
    whole[whole["date"] >= "2025-07-03"].to_csv(years / "2025.csv", index=False)
    same(market(years))


def test_all_problems_of_a_folder_at_once(tmp_path: Path) -> None:
    folder = each(tmp_path / "prices")
    bad = own("ALFA").astype({"Close": object})
    bad.loc[2, "Close"] = "abc"
    bad.to_csv(folder / "ALFA.csv", index=False)
    (folder / "BETA.csv").write_text("")
    with pytest.raises(PriceDataError) as caught:
        market(folder)
    text = str(caught.value)
    assert "ALFA.csv, line 4, column 'close'" in text
    assert "'abc'" in text
    assert "BETA.csv: the file is empty" in text


def test_a_day_in_two_files_is_refused(tmp_path: Path) -> None:
    folder = each(tmp_path / "prices")
    (folder / "old").mkdir()
    own("ALFA").head(2).to_csv(folder / "old" / "alfa.csv", index=False)
    with pytest.raises(PriceDataError, match=r"ALFA.csv and old/alfa.csv: ALFA stands in two files for 2 days"):
        market(folder)


def test_a_split_in_a_folder_names_the_file(tmp_path: Path) -> None:
    folder = each(tmp_path / "prices")
    cut = own("BETA")
    cut.loc[4:, ["Open", "High", "Low", "Close"]] /= 10.0
    cut.to_csv(folder / "BETA.csv", index=False)
    with pytest.raises(PriceDataError, match=r"prices/, BETA.csv, line 6"):
        market(folder)


def test_folders_without_prices(tmp_path: Path) -> None:
    with pytest.raises(PriceDataError, match="there is no price file in it"):
        market(tmp_path)
    with pytest.raises(PriceDataError, match="no price file has such a name"):
        market(str(tmp_path / "*.csv"))
    (tmp_path / "ZZ.csv").write_text("x")
    with pytest.raises(PriceDataError):
        market(tmp_path)


@pytest.mark.parametrize("key", ["ticker", "Symbol"])
def test_partitioned_parquet(tmp_path: Path, key: str) -> None:
    frame = shapes.long_frame()
    other = frame[frame["ticker"] == "ALFA"].assign(ticker="OTHER")
    for ticker, rows in pd.concat([frame, other]).groupby("ticker"):
        for half in range(2):
            path = tmp_path / "set" / f"{key}={ticker}" / f"part-{half}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            rows.drop(columns="ticker").iloc[half::2].to_parquet(path)
    (tmp_path / "set" / "_SUCCESS").write_text("")
    broken = tmp_path / "set" / f"{key}=OTHER" / "part-0.parquet"
    broken.write_text("not opened")
    found = market(tmp_path / "set")
    same(found)
    assert found.outside == ("OTHER",)


@pytest.mark.parametrize("order", [["ticker", "date"], ["date", "ticker"]])
def test_a_large_parquet_file_is_read_in_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: list[str]
) -> None:
    frame = shapes.long_frame()
    extra = [frame[frame["ticker"] == "ALFA"].assign(ticker=f"X{i}") for i in range(20)]
    whole = pd.concat([*extra[:10], frame, *extra[10:]]).sort_values(order, kind="stable").reset_index(drop=True)
    path = tmp_path / "large.parquet"
    whole.to_parquet(path, row_group_size=13)
    read_whole = market(path)
    monkeypatch.setattr(parquet, "LARGE_BYTES", 0)
    monkeypatch.setattr(parquet, "ROWS_AT_ONCE", 5)
    found = market(path)
    same(found)
    assert found.outside == read_whole.outside
    assert found.warnings == read_whole.warnings
    assert found.provenance == read_whole.provenance
    check, check_whole = hb.check_prices(path, shapes.universe()), len(whole)
    assert check.rows == check_whole
    at = int(np.flatnonzero((whole["ticker"] == "BETA").to_numpy())[3])
    whole.loc[at, "close"] = -1.0
    whole.to_parquet(path, row_group_size=13)
    with pytest.raises(PriceDataError, match=rf"row {at + 1} \(counted from 1\), column 'close'"):
        market(path)
    whole.loc[at, "ticker"] = None
    whole.to_parquet(path, row_group_size=13)
    with pytest.raises(PriceDataError, match=r"the ticker is missing"):
        market(path)


def test_workbooks(tmp_path: Path) -> None:
    path = tmp_path / "prices.xlsx"
    shapes.long_frame().to_excel(path, index=False)
    same(market(path))
    with pd.ExcelWriter(path) as book:
        for ticker in shapes.TICKERS:
            own(ticker).to_excel(book, sheet_name=ticker, index=False)
        pd.DataFrame().to_excel(book, sheet_name="Notes")
    found = market(path)
    same(found)
    assert any("prices.xlsx is read as a workbook" in line for line in found.warnings)
    closes = shapes.long_frame().pivot(index="date", columns="ticker", values="close")
    closes.to_excel(path)
    np.testing.assert_array_equal(market(path).close, market(shapes.long_frame()).close)
    with pd.ExcelWriter(path) as book:
        for name in FIELDS:
            shapes.long_frame().pivot(index="date", columns="ticker", values=name).to_excel(book, sheet_name=name)
    same(market(path))
    for by in ("field", "ticker"):
        shapes.yfinance_frame(by=by).to_excel(path)
        same(market(path))
    bad = own("ALFA").astype({"Low": object})
    bad.loc[1, "Low"] = "low"
    with pd.ExcelWriter(path) as book:
        bad.to_excel(book, sheet_name="ALFA", index=False)
        own("BETA").to_excel(book, sheet_name="BETA", index=False)
    with pytest.raises(PriceDataError, match=r"prices.xlsx, sheet ALFA, row 3.*'low'"):
        market(path)


def test_packed_files(tmp_path: Path) -> None:
    text = shapes.text(shapes.long_frame(), index=False)
    with zipfile.ZipFile(tmp_path / "prices.csv.zip", "w") as archive:
        archive.writestr("prices.csv", text)
    same(market(tmp_path / "prices.csv.zip"))
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.csv", text)
        archive.writestr("b.csv", text)
    with pytest.raises(PriceDataError, match=r"2 files in it, and one is read.*Unpack"):
        market(tmp_path / "two.zip")


def test_frames_of_every_shape() -> None:
    frame = shapes.long_frame()
    same(market(frame))
    same(market(frame.set_index(["date", "ticker"])))
    same(market(frame.set_index("date")))
    same(market(shapes.yfinance_frame(by="field")))
    same(market(shapes.yfinance_frame(by="ticker")))
    closes = frame.pivot(index="date", columns="ticker", values="close")
    np.testing.assert_array_equal(market(closes).close, market(frame).close)
    stacked = shapes.yfinance_frame(by="field").stack(level=1, future_stack=True)
    same(market(stacked))


def test_numbers_read_as_numbers_or_as_text_are_the_same(tmp_path: Path) -> None:
    frame = shapes.long_frame()
    path = tmp_path / "prices.csv"
    frame.to_csv(path, index=False)
    same(market(path))
    with path.open("a") as file:
        file.write("2025-07-15,ALFA,1,2,0.5,oops,5\n")
    with pytest.raises(PriceDataError, match=rf"line {len(frame) + 2}, column 'close'.*'oops'"):
        market(path)
    frame.loc[frame.index[0], "close"] = np.nan
    path.write_text(shapes.text(frame, index=False).replace(",ALFA,", ", ALFA ,", 1) + "\n,,,,,,\n")
    assert np.isnan(market(path).close[0, 0])
