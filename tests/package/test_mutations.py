"""Bad input of every kind is read or refused, and nothing else: no traceback, no warning, no endless wait."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hedgebook as hb
from hedgebook.cli.app import main
from hedgebook.errors import MOST_TEXT, InputError, ParameterError, PriceDataError, shortened, value_text
from hedgebook.strategies.book.file import read_book
from hedgebook.strategies.catalogue.read import load_trades
from hedgebook.strategies.risk.return_series import read_returns
from hedgebook.universes.prices import load_market
from hedgebook.universes.raw_file import whole_number

from .mutations import faults, frame, long_csv, market, returns_csv

UNIVERSE = "ai_infrastructure"


def test_mutated_inputs_are_read_or_refused(tmp_path: Path) -> None:
    found = [str(fault) for fault in faults(480, 20260701, tmp_path) if fault is not None]
    assert found == []


def command(*arguments: str | Path) -> tuple[int, str]:
    """Exit code of a command run here, and what it says of its failure."""
    with pytest.raises(SystemExit) as end:
        main([str(part) for part in arguments])
    return int(end.value.code or 0), str(end.value)


@pytest.mark.parametrize("ends", ["\r", "\r\n", "\n"])
def test_lines_end_as_on_any_system(tmp_path: Path, ends: str) -> None:
    prices, returns, book = tmp_path / "p.csv", tmp_path / "r.csv", tmp_path / "b.csv"
    prices.write_bytes(long_csv().replace(b"\n", ends.encode()))
    returns.write_bytes(returns_csv().replace(b"\n", ends.encode()))
    book.write_bytes(f"ticker,shares{ends}META,100{ends}CRWV,-5{ends}".encode())
    made = load_market(prices, UNIVERSE)
    closes = frame().pivot(index="date", columns="ticker", values="close")
    assert made.frame("close")["META"].to_list() == pytest.approx(closes["META"].to_list(), rel=1e-12)
    assert len(read_returns(returns)) == 300
    assert read_book(book, market()).amounts == {"META": 100.0, "CRWV": -5.0}
    # The place of a bad cell is its line whatever ends the lines.
    lines = long_csv().decode().split("\n")
    lines[7] = lines[7].replace(lines[7].split(",")[2], "x", 1)
    prices.write_bytes(ends.join(lines).encode())
    with pytest.raises(PriceDataError, match=r"line 8, column 'close': this is not a number"):
        load_market(prices, UNIVERSE)


@pytest.mark.parametrize("kind", ["string_view", "large_string", "dictionary", "binary", "runs"])
def test_tickers_of_every_text_type_that_parquet_has(tmp_path: Path, kind: str) -> None:
    import pyarrow.compute as pc

    table = pa.Table.from_pandas(frame(), preserve_index=False)
    tickers = table.column("ticker").combine_chunks().cast(pa.string())
    made = {
        "string_view": lambda: tickers.cast(pa.string_view()),
        "large_string": lambda: tickers.cast(pa.large_string()),
        "dictionary": tickers.dictionary_encode,
        "binary": lambda: tickers.cast(pa.binary()),
        "runs": lambda: pc.run_end_decode(pc.run_end_encode(tickers)),
    }[kind]()
    path = tmp_path / "p.parquet"
    pq.write_table(table.set_column(1, "ticker", made), path)
    assert set(load_market(path, UNIVERSE).tickers) == {"META", "CRWV", "SPY"}


@pytest.mark.parametrize("unit", ["date32", "date64", "s", "ms", "us"])
@pytest.mark.parametrize("days", [-719162 + 365, 2932896, 2932897, 10_000_000, -10_000_000])
def test_days_beyond_what_numpy_or_python_hold_are_refused_with_their_row(tmp_path: Path, unit: str, days: int) -> None:
    kinds = {"date32": pa.date32(), "date64": pa.date64()}
    moments = [20_000, days]
    column = pa.array(moments, pa.int32()).cast(pa.date32()).cast(kinds.get(unit) or pa.timestamp(unit), safe=False)
    path = tmp_path / "p.parquet"
    pq.write_table(pa.table({"date": column, "ticker": ["META", "META"], "close": [1.0, 2.0]}), path)
    with pytest.raises(PriceDataError, match=r"row 2 .*column 'date': the year lies outside 1950 to 2100"):
        load_market(path, UNIVERSE)


def test_what_is_no_file_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    device = tmp_path / "null.csv"
    device.symlink_to(os.devnull)
    long = tmp_path / ("a" * 300 + ".csv")
    neither = "device or a pipe"
    for odd, words in ((pipe, neither), (device, neither), (tmp_path, "folder"), (long, "too long")):
        for read in (read_returns, lambda path: read_book(path, market())):
            with pytest.raises(ParameterError, match=words):
                read(odd)
        if odd != tmp_path:
            with pytest.raises(PriceDataError, match=words):
                load_market(odd, UNIVERSE)
    for name in ("a\0b.csv", "a\0b/c.csv"):
        with pytest.raises(ParameterError, match="cannot be the name of a file"):
            read_returns(name)
    for name in (f"{'t' * 300}.toml:x", "t\0.toml"):
        with pytest.raises(InputError):
            hb.trade(name)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("[" * 1500 + "]" * 1500, "nested too deeply"),
        (".".join(["{a"] * 1) + " = " + "{a = " * 400 + "1" + "}" * 401, "nested too deeply"),
        ("9" * 5000, "beyond what can be read"),
        ("9" * 30, "whole number is too large"),
    ],
)
def test_toml_that_python_cannot_hold_is_refused(tmp_path: Path, value: str, words: str) -> None:
    path = tmp_path / "t.toml"
    path.write_text(f"[mine]\nhold = {value}\n")
    with pytest.raises(ParameterError, match=words):
        load_trades(path)


def test_a_dotted_key_of_a_thousand_parts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.toml"
    path.write_text(f"[mine]\n{'a.' * 1000}b = 1\n")
    with pytest.raises(ParameterError, match="nested too deeply"):
        load_trades(path)


def test_only_plain_digits_are_a_whole_number() -> None:
    assert [whole_number(text) for text in ("5", " 12 ", "0")] == [5, 12, 0]
    assert {whole_number(text) for text in ("²", "１２", "٣", "-1", "1_0", "", "1.0", "9" * 5000)} == {None}


@pytest.mark.parametrize(
    "arguments",
    [
        ("sweep", "--grid", "hold=1:3", "--sample", "random:²"),
        ("sweep", "--grid", "hold=1:3", "--sample", f"random:{'9' * 5000}"),
        ("sweep", "--grid", "hold=1:3", "--cv", "cpcv:folds=²"),
        ("sweep", "--grid", "hold=1:3", "--cv", "cpcv:folds=１２"),
        ("sweep", "--grid", "market=1,2"),
        ("study", "--window", "²:3"),
        ("study", "--window", "9" * 5000),
        *((name, "--set", "name=x") for name in ("run", "capacity", "hedges", "events-backtest")),
        ("sweep", "--grid", "hold=1:3", "--set", "name=x"),
        *((name, "--set", "self=x") for name in ("run", "capacity", "hedges", "events-backtest")),
        ("sweep", "--grid", "hold=1:3", "--set", "self=x"),
        ("run", "--set", "rebalance=every:²"),
        ("run", "x" * 100_000),
        ("run", "--set", f"hold={'x' * 100_000}"),
        ("risk", "a\0b"),
        ("risk", "r" * 300),
        ("verify", "v" * 300),
        ("check", f"{'c' * 300}.csv"),
        ("claims", "--claims", f"{'c' * 300}.toml"),
    ],
)
def test_commands_refuse_with_one_short_message(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _ = command(*arguments)
    told = capfd.readouterr().err
    assert code == 2, told
    assert told.startswith("hedgebook: ")
    assert "Traceback" not in told
    assert len(told) < 2_000
    assert list(tmp_path.iterdir()) == []


def test_a_long_value_is_cut_in_the_middle_with_its_length() -> None:
    told = str(ParameterError("this is not a number", where="hold", value="head" + "x" * 100_000 + "tail"))
    assert re.fullmatch(r"hold: this is not a number \(got 'headx+ \.\.\. x+tail' \(100,010 characters\)\)\.", told)
    assert len(told) < 600
    assert value_text(10**5000) == "a int too large to print"
    sentence = "no such thing; " * 20
    assert shortened(sentence, MOST_TEXT) == sentence
    assert len(ParameterError("x", value="y" * 100_000).to_dict()["value"]) < 600
