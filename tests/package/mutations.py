"""Mutated inputs for every reader: each is read, or refused with an error of hedgebook.errors, and nothing else.

Run it by hand for longer than the tests do: python -m tests.package.mutations 5000 [seed]
"""

from __future__ import annotations

import gzip
import io
import json
import random
import re
import sys
import tempfile
import traceback
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import hedgebook as hb
from hedgebook.engine.account import load_account
from hedgebook.engine.exposure.factor_file import load_factors, load_loadings
from hedgebook.engine.exposure.fama_french import load_fama_french
from hedgebook.engine.frictions.borrow import Borrow
from hedgebook.engine.frictions.costs import load_costs
from hedgebook.engine.stress.scenario import load_scenarios
from hedgebook.engine.sweep.draw import parse_draw
from hedgebook.engine.sweep.out_of_sample.validation import parse_validation
from hedgebook.engine.sweep.space import parse_axes
from hedgebook.engine.verify.vectorbt import verify_frames
from hedgebook.errors import HedgebookError, InputError
from hedgebook.front.risk import subject_of
from hedgebook.reports.run.folder import read_run
from hedgebook.strategies.book.file import holds_positions, read_book
from hedgebook.strategies.book.request import parse_rehedge
from hedgebook.strategies.catalogue.read import find_trade, load_trades
from hedgebook.strategies.risk.return_series import header_of, read_returns
from hedgebook.strategies.series.choice import parse_choice
from hedgebook.strategies.trade.trade import PARAMETERS
from hedgebook.universes.chains.read import read_chain
from hedgebook.universes.claims.claim import load_claims
from hedgebook.universes.event import load_events
from hedgebook.universes.prices import check_prices, load_market
from hedgebook.universes.universe import load_universe

ROOT = Path(hb.__file__).resolve().parents[2]
# What breaks readers: line ends, quotes, numbers that are none or too large, other scripts' digits, other encodings.
ODD = (
    "", "\0", "\r", "\r\n", '"', '""', "'", ",", ";", "\t", "\ufeff", "²", "１２", "٣", "∞", "−5", "inf", "-inf", "nan",
    "NaN", "1e999", "-1e308", "1e-320", "0x10", "1_000", "1,234", "9" * 40, "9" * 5000, "-0", "true", "null", "none",
    "9999-12-31", "0001-01-01", "2026-02-30", "2026-07-01T25:00", "2026-07-01 10:00", "20260701", "1/2/2026", "<b>",
    "\x1b[31m", "../../x", "a" * 200_000, "é", "=1+1", "[", "]", "{", "}", "[[", "=", "#", "name", "self", "__class__",
    "{0}", "%s", "😀",
)  # fmt: skip
TOML_ODD = (
    "[" * 1500 + "]" * 1500, "9" * 5000, "9" * 4000, "9" * 25, "inf", "-inf", "nan", "1e400", "true", '""', "[]", "{}",
    '"' + "a" * 100_000 + '"', "2026-07-01", "2026-07-01T10:00:00", "2026-07-01T10:00:00Z", "10:00:00", "[1, [2, [3]]]",
    '{ a = { b = { c = 1 } } }', "-1", "0", "1.5", "[1]", '["x"]', '"²"', '"9999-12-31"', "0001-01-01", "'\\'",
    "1e-320",     "{" + ".".join("a" * 1500) + " = 1}",
)  # fmt: skip
TYPES = (
    pa.string_view(), pa.large_string(), pa.string(), pa.binary(), pa.binary_view(), pa.date32(), pa.date64(),
    pa.timestamp("s"), pa.timestamp("ms"), pa.timestamp("us"), pa.timestamp("ns"), pa.timestamp("ns", "UTC"), pa.int8(),
    pa.int64(), pa.uint64(), pa.float16(), pa.float32(), pa.float64(), pa.decimal128(38, 6), pa.bool_(), pa.null(),
    pa.list_(pa.float64()), pa.struct([("a", pa.int64())]), pa.dictionary(pa.int32(), pa.string()), pa.duration("s"),
    pa.time64("us"), pa.dictionary(pa.int8(), pa.float64()), pa.map_(pa.string(), pa.int64()),
)  # fmt: skip
FAR = (-719163, -(10**7), 10**7, 2932897, 2**31 - 1, -(2**31))
JSON_ODD: tuple[Any, ...] = (None, [], {}, "", "x", 0, -1, 1e300, True, [[[1]]], {"a": {"b": 1}}, "9999-99-99", 10**400)


@dataclass(frozen=True)
class Reader:
    """A kind of input: the file's name, a good example, how it is mutated, and who reads it."""

    name: str
    file: str
    good: Callable[[], bytes]
    mutate: Callable[[random.Random, bytes], bytes]
    reads: tuple[Callable[[Path], object], ...]


@cache
def market() -> Any:
    return hb.sample_market()


@cache
def frame() -> pd.DataFrame:
    """Thirty sessions of three tickers, a row a date and ticker."""
    part = market().frame("close")[["META", "CRWV", "SPY"]].tail(30)
    long = part.melt(ignore_index=False, var_name="ticker", value_name="close").reset_index()
    made: pd.DataFrame = long.rename(columns={long.columns[0]: "date"})
    return made.assign(open=made["close"] * 0.99, volume=1e6)


def long_csv() -> bytes:
    return frame().to_csv(index=False, date_format="%Y-%m-%d").encode()


def wide_csv() -> bytes:
    wide = frame().pivot(index="date", columns="ticker", values="close")
    return wide.to_csv(date_format="%Y-%m-%d").encode()


def long_parquet() -> bytes:
    return _parquet(pa.Table.from_pandas(frame(), preserve_index=False))


def returns_csv() -> bytes:
    days = pd.bdate_range("2024-01-02", periods=300)
    values = np.random.default_rng(1).normal(0, 0.01, 300)
    return pd.DataFrame({"date": days.strftime("%Y-%m-%d"), "return": values}).to_csv(index=False).encode()


def factors_csv() -> bytes:
    days = pd.bdate_range("2024-01-02", periods=60)
    names = ("Mkt-RF", "SMB", "HML", "RMW", "CMA", "RF", "Mom")
    draws = np.random.default_rng(2).normal(0, 1, (60, 7))
    return pd.DataFrame(draws, columns=list(names)).assign(date=days.strftime("%Y%m%d")).to_csv(index=False).encode()


def one_ticker() -> bytes:
    rows = frame()[frame()["ticker"] == "META"].drop(columns="ticker")
    return rows.assign(high=rows["close"] * 1.01, low=rows["close"] * 0.98).to_csv(index=False).encode()


def percent_csv() -> bytes:
    days = pd.date_range("2015-01-31", periods=90, freq="ME").strftime("%b %Y")
    draws = np.random.default_rng(4).normal(0, 3, (90, 2))
    made = pd.DataFrame({"Month": days, "A": draws[:, 0], "B": draws[:, 1]})
    return made.to_csv(index=False, float_format="%.2f%%").encode()


def workbook() -> bytes:
    out = io.BytesIO()
    with pd.ExcelWriter(out) as book:
        for ticker, rows in frame().groupby("ticker"):
            rows.drop(columns="ticker").to_excel(book, sheet_name=str(ticker), index=False)
    return out.getvalue()


@cache
def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("prices.csv", long_csv())
    return out.getvalue()


def loadings_csv() -> bytes:
    made = frame()[["date", "ticker"]].assign(Value=0.5, Growth=np.arange(len(frame())) / 7.0)
    return made.to_csv(index=False, date_format="%Y-%m-%d").encode()


@cache
def chain() -> pd.DataFrame:
    """Two moments of invented option quotes, a row a contract."""
    expiries, strikes = ("2026-06-05", "2026-07-17", "2026-11-20"), range(70, 135, 10)
    rows = [
        (moment, expiry, right, float(strike), 100.0, intrinsic + 4.9, intrinsic + 5.1, 10, 500, 0.5)
        for moment in ("2026-05-26T20:00:00Z", "2026-05-27T20:00:00Z")
        for expiry in expiries
        for right, sign in (("C", 1.0), ("P", -1.0))
        for strike in strikes
        for intrinsic in (max(sign * (100.0 - strike), 0.0),)
    ]
    names = "snapshot_utc expiry right strike spot_vendor bid ask volume open_interest iv_vendor"
    return pd.DataFrame(rows, columns=names.split())


def chain_csv() -> bytes:
    return chain().to_csv(index=False).encode()


def chain_parquet() -> bytes:
    times = {column: pd.to_datetime(chain()[column]) for column in ("snapshot_utc", "expiry")}
    return _parquet(pa.Table.from_pandas(chain().assign(**times), preserve_index=False))


def fees_list() -> bytes:
    return (b"#BOF|2026.07.01|16:15:03\n#SYM|CUR|NAME|CON|ISIN|REBATERATE|FEERATE|AVAILABLE|\n"
            b"META|USD|META|1|US1|3.1|0.25|900|\nCRWV|USD|CRWV|2|US2|-30|36.0|5|\n#EOF|2\n")  # fmt: skip


def _fees(path: Path) -> object:
    return Borrow(file=path, file_in="percent").rates(market(), 0, 5)


EXPORTS: tuple[Callable[[], bytes], ...] = (
    lambda: (b"Account Number,Account Name,Symbol,Description,Quantity,Last Price,Current Value,Type\n"
             b'Z1,Own,SPAXX**,MONEY,,,"$1,234.50",Cash,\nZ1,Own,META,META,"1,250",$10.00,"$12,500.00",Margin,\n'
             b'Z1,Own,CRWV,X,-40,$5,-$200.00,Short,\n\n"The data in this file is for your use."\n'),
    lambda: (b'"Positions for account ...1 as of 2026/07/01"\n\n"Symbol","Qty (Quantity)","Mkt Val (Market Value)"\n'
             b'"META","1,300","$13,000.00"\n"CRWV","-40","-$200.00"\n"Cash & Cash Investments","--","$1,200.00"\n'),
    lambda: (b"Account Information,Data,Base Currency,USD\nCash Report,Data,Ending Cash,Base Currency Summary,1200\n"
             b"Open Positions,Header,DataDiscriminator,Asset Category,Currency,Symbol,Quantity,Mult\n"
             b'Open Positions,Data,Summary,Stocks,USD,META,"1,300",1\nOpen Positions,Total,,Stocks,USD,,,\n'),
    lambda: b"Symbol,Market Value,Currency,FXRateToBase\nMETA,100,EUR,1.25\nCRWV,(50),USD,1\nCash,10,USD,1\n",
    lambda: b"Symbol,Weight\nMETA,60%\nCRWV,-10%\nCash,50%\n",
)  # fmt: skip


def shipped(path: str) -> Callable[[], bytes]:
    return lambda: (ROOT / path).read_bytes()


def _parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def mutate_bytes(draw: random.Random, good: bytes) -> bytes:
    """Some bytes changed, moved, lost or in another encoding."""
    data = bytearray(good)
    for _ in range(draw.choice((1, 1, 1, 2, 5))):
        at = draw.randrange(len(data) + 1)
        to = min(len(data), at + draw.choice((1, 2, 8, 100)))
        kind = draw.randrange(6)
        if kind == 0 and at < len(data):
            data[at] = draw.randrange(256)
        elif kind == 1:
            del data[at:to]
        elif kind == 2:
            data[at:at] = data[at:to]
        elif kind == 3:
            del data[at:]
        else:
            data[at : to if kind == 5 else at] = draw.choice(ODD).encode("utf-8", "surrogatepass")
    return bytes(data)


def mutate_csv(draw: random.Random, good: bytes) -> bytes:
    """A cell replaced, a line changed, or the whole in other line ends or another encoding."""
    kind = draw.randrange(12)
    text = good.decode()
    whole: dict[int, Callable[[], bytes]] = {
        0: lambda: text.replace("\n", "\r").encode(),
        1: lambda: text.encode(draw.choice(("utf-16", "utf-16-le", "utf-32", "utf-8-sig"))),
        2: lambda: b"",
        3: lambda: text.partition("\n")[0].encode() + draw.choice((b"", b"\n", b"\r\n\r\n")),
        4: lambda: mutate_bytes(draw, good),
    }
    if kind in whole:
        return whole[kind]()
    lines = text.split("\n")
    for _ in range(draw.choice((1, 1, 3))):
        row = draw.choice((0, 1, 2, draw.randrange(len(lines))))
        cells = lines[row].split(",")
        at = draw.randrange(len(cells))
        if kind == 5:
            cells.insert(at, draw.choice(ODD))
        elif kind == 6:
            cells.pop(at)
        elif kind == 7:
            lines.insert(row, lines[draw.randrange(len(lines))])
            continue
        else:
            cells[at] = draw.choice(ODD)
        lines[row] = ",".join(cells)
    return draw.choice(("\n", "\n", "\r\n")).join(lines).encode("utf-8", "surrogatepass")


def mutate_gzip(draw: random.Random, good: bytes) -> bytes:
    if draw.random() < 0.5:
        return mutate_bytes(draw, gzip.compress(good, mtime=0))
    return gzip.compress(mutate_csv(draw, good), mtime=0)


def mutate_toml(draw: random.Random, good: bytes) -> bytes:
    """A value replaced by one of another kind, a key renamed, or bytes changed."""
    if draw.random() < 0.25:
        return mutate_bytes(draw, good)
    lines = good.decode().split("\n")
    places = [k for k, line in enumerate(lines) if re.match(r"\s*[\w.\"-]+\s*=", line)]
    at = draw.choice(places)
    key, _, value = lines[at].partition("=")
    kind = draw.randrange(8)
    if kind == 0:
        lines[at] = f"{draw.choice(('self', 'name', key.strip() + 'x', 'a.' * 1500 + 'b', 'é'))} = {value}"
    elif kind == 1:
        lines.insert(at, lines[at])
    elif kind == 2:
        lines[at] = f"{key}= {draw.choice(ODD)}"
    else:
        lines[at] = f"{key}= {draw.choice(TOML_ODD)}"
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def mutate_parquet(draw: random.Random, good: bytes) -> bytes:
    """A column in another type, far dates, no rows, other columns, or bytes changed."""
    kind = draw.randrange(6)
    if kind == 0:
        return mutate_bytes(draw, good)
    table = pq.read_table(io.BytesIO(good))
    if kind == 1:
        return _parquet(table.slice(0, draw.choice((0, 0, 1))))
    if kind == 2:
        return _parquet(table.select(draw.sample(table.column_names, draw.randrange(table.num_columns))))
    name = draw.choice(table.column_names)
    column = table.column(name).combine_chunks()
    try:
        made = _retyped(draw, column, kind)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        made = pa.array([None] * table.num_rows, pa.string())
    try:
        return _parquet(table.set_column(table.column_names.index(name), name, made))
    except pa.ArrowException:
        return good


def _retyped(draw: random.Random, column: Any, kind: int) -> Any:
    if kind == 3:
        unit = draw.choice((pa.date32(), pa.date64(), pa.timestamp("s"), pa.timestamp("ms"), pa.timestamp("us")))
        days = pa.array([draw.choice((*FAR, 20000, None)) for _ in column], pa.int64())
        return days.cast(pa.int32()).cast(pa.date32()).cast(unit, safe=False)
    if kind == 4:
        values = column.to_pylist()
        for _ in range(3):
            values[draw.randrange(len(values))] = draw.choice((None, np.inf, np.nan, -1.0, 0.0, 1e308, "²", 7))
        return pa.array(values, column.type)
    wanted = draw.choice(TYPES)
    if pa.types.is_nested(wanted):
        return pa.array([None] * len(column), wanted)
    if pa.types.is_dictionary(wanted):
        return column.cast(wanted.value_type).dictionary_encode()
    return column.cast(pa.string()).cast(wanted) if draw.random() < 0.3 else column.cast(wanted, safe=False)


def mutate_json(draw: random.Random, good: bytes) -> bytes:
    """A value somewhere replaced by one of another type, or bytes changed."""
    if draw.random() < 0.2:
        return mutate_bytes(draw, good)
    value = json.loads(good)
    place, key = draw.choice([p for p in _places(value) if draw.random() < 0.9 or isinstance(p[0], dict)])
    if draw.random() < 0.15:
        del place[key]
    else:
        place[key] = draw.choice(JSON_ODD)
    text = json.dumps(value)
    return (("[" * 100_000) if draw.random() < 0.02 else text).encode()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(pairs):
        yield value, key
        yield from _places(inner)


def _verify(folder: Path) -> object:
    saved = read_run(folder)
    return verify_frames(saved.nav, saved.fills, saved.positions, float(saved.summary["capital"]), saved.pnl)


def _risk(folder: Path) -> object:
    return subject_of(folder, market(), as_of=None, cash=None, missing="common")


UNIVERSE = "ai_infrastructure"
PRICES = (lambda path: load_market(path, UNIVERSE), lambda path: check_prices(path, UNIVERSE))
READERS = (
    Reader("long csv", "p.csv", long_csv, mutate_csv, PRICES),
    Reader("wide csv", "w.csv", wide_csv, mutate_csv, PRICES[:1]),
    Reader("gzip", "p.csv.gz", long_csv, mutate_gzip, PRICES[:1]),
    Reader("parquet", "p.parquet", long_parquet, mutate_parquet, PRICES),
    Reader("book", "b.csv", lambda: b"ticker,shares,note\nMETA,100,x\nCRWV,-50.5,\nCASH,1000,\n", mutate_csv,
           (lambda path: read_book(path, market()), header_of)),
    Reader("returns", "r.csv", returns_csv, mutate_csv, (read_returns, header_of)),
    *(Reader(f"export {k}", "x.csv", export, mutate_csv, (lambda path: read_book(path, market()), holds_positions))
      for k, export in enumerate(EXPORTS)),
    Reader("percent", "q.csv", percent_csv, mutate_csv, (read_returns, lambda path: read_returns(f"{path}:B"))),
    Reader("workbook", "p.xlsx", workbook, mutate_bytes, PRICES[:1]),
    Reader("zip", "p.zip", zipped, mutate_bytes, PRICES[:1]),
    Reader("one of a folder", "one/META.csv", one_ticker, mutate_csv,
           (lambda path: load_market(path.parent, UNIVERSE),)),
    Reader("factor returns", "r.csv", factors_csv, mutate_csv, (load_factors,)),
    Reader("loadings", "l.csv", loadings_csv, mutate_csv, (load_loadings,)),
    Reader("loadings in parquet", "l.parquet", long_parquet, mutate_parquet, (load_loadings, load_factors)),
    Reader("chain", "CRWV_2026.csv", chain_csv, mutate_csv, (read_chain,)),
    Reader("chain in gzip", "CRWV_2026.csv.gz", chain_csv, mutate_gzip, (read_chain,)),
    Reader("chain in parquet", "CRWV_2026.parquet", chain_parquet, mutate_parquet, (read_chain,)),
    Reader("fees", "b.txt", fees_list, mutate_csv, (_fees,)),
    Reader("factors", "f.csv", factors_csv, mutate_csv, (load_fama_french,)),
    Reader("universe", "u.toml", shipped("universes/data/ai_infrastructure.toml"), mutate_toml, (load_universe,)),
    Reader("events", "e.toml", shipped("universes/data/events.toml"), mutate_toml, (load_events,)),
    Reader("claims", "c.toml", shipped("universes/data/claims.toml"), mutate_toml, (load_claims,)),
    Reader("trades", "t.toml", shipped("strategies/data/trades.toml"), mutate_toml, (load_trades,)),
    Reader("costs", "k.toml", shipped("engine/data/costs.toml"), mutate_toml, (load_costs,)),
    Reader("account", "a.toml", shipped("engine/data/account_strict.toml"), mutate_toml, (load_account,)),
    Reader("scenarios", "s.toml", shipped("engine/data/scenarios.toml"), mutate_toml, (load_scenarios,)),
)  # fmt: skip


FOLDER_FILES = ("summary.json", "nav.parquet", "fills.parquet", "pnl.parquet", "positions.parquet")
WORDS: tuple[tuple[str, Callable[[str], object]], ...] = (
    *((f"{kind}:", parse_draw) for kind in ("random", "lhs", "sobol", "grid", "optuna")),
    *((f"{kind}=", parse_validation) for kind in ("cpcv:folds", "cpcv:purge", "walk-forward:train", "cscv:blocks")),
    *((f"{kind}=", lambda text: parse_axes([text])) for kind in ("hold", "gross", "hold=1:", "hold=1:9:", "x")),
    *((f"{kind}:", parse_rehedge) for kind in ("every", "band", "weekly")),
    *((f"{kind}:", lambda text: parse_choice(overlap=text)) for kind in ("cap", "skip")),
)  # fmt: skip


def odd_words(draw: random.Random) -> tuple[str, Callable[[], object]]:
    """A text that a command line could hold, and what reads it."""
    word = draw.choice((*ODD, "5", "-3", "0", "1.5", f"{draw.randrange(10**6)}{draw.choice(ODD)}"))
    if draw.random() < 0.5:
        name = draw.choice((*PARAMETERS, "self", "x"))
        return f"{name}={word[:60]}", lambda: find_trade(**{name: word}) if name != "name" else None
    start, read = draw.choice(WORDS)
    return f"{start}{word[:60]}", lambda: read(f"{start}{word}")


@dataclass(frozen=True)
class Fault:
    """An input that ended in something else than an answer or an error of ours."""

    what: str
    problem: BaseException
    data: bytes

    def __str__(self) -> str:
        return f"{self.what}: {''.join(traceback.format_exception(self.problem)[-4:])}"


def attempt(what: str, read: Callable[[], object], data: bytes = b"") -> Fault | None:
    """None where an input was read or refused well."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            read()
        except (HedgebookError, InputError) as problem:
            if len(str(problem)) > 20_000:
                return Fault(f"{what}: a message of {len(str(problem))} characters", problem, data)
        except BaseException as problem:
            return Fault(what, problem, data)
    return None


def faults(count: int, seed: int, folder: Path) -> Iterator[Fault | None]:
    """Whether each of `count` mutated inputs was read or refused; the same seed makes the same inputs."""
    draw = random.Random(seed)
    good = {reader.name: reader.good() for reader in READERS}
    run = folder / "run"
    parts = _run_parts(run)
    for k in range(count):
        kind = k % (len(READERS) + 3)
        if kind < len(READERS):
            reader = READERS[kind]
            data = reader.mutate(draw, good[reader.name])
            path = folder / reader.file
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
            for read in reader.reads:
                yield attempt(f"{k} {reader.name}", lambda read=read, path=path: read(path), data)  # type: ignore[misc]
        elif kind == len(READERS):
            what, act = odd_words(draw)
            yield attempt(f"{k} {what!r}", act)
        else:
            name = FOLDER_FILES[0] if kind == len(READERS) + 1 else draw.choice(FOLDER_FILES[1:])
            data = (mutate_json if name == FOLDER_FILES[0] else mutate_parquet)(draw, parts[name])
            (run / name).write_bytes(data)
            yield attempt(f"{k} verify {name}", lambda: _verify(run), data)
            yield attempt(f"{k} risk {name}", lambda: _risk(run), data)
            (run / name).write_bytes(parts[name])


def _run_parts(run: Path) -> dict[str, bytes]:
    hb.backtest(find_trade(hold="3"), market()).save(run)
    return {name: (run / name).read_bytes() for name in FOLDER_FILES}


def main() -> None:
    """Try as many inputs as are asked for and print what fell."""
    count, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    seen: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        tried = 0
        for found in faults(count, seed, Path(folder)):
            tried += 1
            if found is not None:
                frames = traceback.extract_tb(found.problem.__traceback__)
                own = [f for f in frames if "/site-packages/" not in f.filename and "mutations" not in f.filename]
                at = f"{type(found.problem).__name__} at {own[-1].filename}:{own[-1].lineno}" if own else found.what
                seen[at] = seen.get(at, 0) + 1
                if seen[at] == 1:
                    print(f"{at}\n{str(found)[:1500]}\n{found.data[:200]!r}\n")
    print(f"{tried} reads of {count} inputs, {sum(seen.values())} faults of {len(seen)} kinds: {seen}")
    sys.exit(1 if seen else 0)


if __name__ == "__main__":
    main()
