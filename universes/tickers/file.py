"""A list of tickers in a file: one a line, or a table with a column of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hedgebook.errors import InputError, UniverseError, together

from ..raw_file import read_bytes, says_separator
from ..toml_file import name_of
from .given import BUCKET

LISTS = (".txt", ".csv", ".tsv", ".lst")
MOST_BYTES, MOST_TICKERS = 16_000_000, 20_000
TICKER = ("ticker", "symbol", "tickers", "symbols")
# Columns of a table that say more of a ticker, by the names that people give them.
MORE = {
    "bucket": ("bucket", "group", "sector"),
    "company": ("company", "name", "security", "description"),
    "first_session": ("first_session", "first", "listed"),
}
FORM = "Write one ticker a line, or a header with a column ticker."


def read_tickers(path: Path) -> dict[str, Any]:
    """The universe of a file as tables, named as the file; # begins a comment, a line may say benchmark = QQQ.

    Raises UniverseError with every problem of the file, each with its line.
    """
    lines, benchmark = _lines(path)
    if not lines:
        raise UniverseError("there is no ticker in it", where=path.name, remedy=FORM)
    if len(lines) > MOST_TICKERS:
        raise UniverseError(
            "there are too many lines", where=path.name, value=len(lines), bound=f"at most {MOST_TICKERS:,}"
        )
    header = [cell.strip().lower() for cell in lines[0][1]]
    at = next((header.index(name) for name in TICKER if name in header), None)
    if at is None and len(lines) > 1 and len(header) > 1 and all(len(cells) == len(header) for _, cells in lines):
        where, shown = f"{path.name}, line {lines[0][0]}", ", ".join(lines[0][1])
        raise UniverseError("no column is called ticker", where=where, value=shown, remedy=FORM)
    rows = _table(lines[1:], header, at) if at is not None else _plain(lines)
    _check(rows, path.name)
    name = name_of(path, stem=True) or BUCKET
    return {"name": name, "benchmark": benchmark or "SPY", "buckets": _grouped(rows)}


def _lines(path: Path) -> tuple[list[tuple[int, list[str]]], str]:
    """The cells of each line that says something, with its number, and the benchmark where one is named."""
    data = read_bytes(path, error=UniverseError, most_bytes=MOST_BYTES)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise UniverseError(
            f"byte {problem.start} is not UTF-8", where=path.name, remedy="Save the file as UTF-8."
        ) from None
    if "\0" in text:
        raise UniverseError("this is not text", where=path.name, remedy=FORM)
    found, benchmark = list[tuple[int, list[str]]](), ""
    for number, line in enumerate(text.splitlines(), start=1):
        told = line.split("#", 1)[0].strip()
        if not found and says_separator(told):
            continue
        key, equals, value = told.partition("=")
        if equals and key.strip().lower() == "benchmark":
            benchmark = value.strip().strip("\"'")
            continue
        if told:
            separator = next((one for one in ("\t", ";", ",") if one in told), ",")
            found.append((number, [cell.strip() for cell in next(csv.reader(io.StringIO(told), delimiter=separator))]))
    return found, benchmark


def _plain(lines: list[tuple[int, list[str]]]) -> list[tuple[int, dict[str, str]]]:
    return [(number, {"ticker": cell}) for number, cells in lines for cell in cells if cell]


def _table(lines: list[tuple[int, list[str]]], header: list[str], at: int) -> list[tuple[int, dict[str, str]]]:
    places = {"ticker": at}
    for key, names in MORE.items():
        place = next((header.index(name) for name in names if name in header), None)
        if place is not None:
            places[key] = place
    rows = []
    for number, cells in lines:
        row = {key: cells[place] if place < len(cells) else "" for key, place in places.items()}
        rows.append((number, {key: value for key, value in row.items() if value or key == "ticker"}))
    return rows


def _is_ticker(cell: str) -> bool:
    return 0 < len(cell) <= 24 and not any(c.isspace() for c in cell)


def _check(rows: Sequence[tuple[int, Mapping[str, str]]], source: str) -> None:
    problems: list[InputError] = []
    seen: dict[str, int] = {}
    for number, row in rows:
        ticker, where = row["ticker"], f"{source}, line {number}"
        if not ticker:
            problems.append(UniverseError("the ticker is missing", where=where, remedy="Name it, or remove the line."))
        elif not _is_ticker(ticker):
            what, bound = "this is no ticker", "at most 24 characters without a space"
            problems.append(UniverseError(what, where=where, value=ticker, bound=bound, remedy=FORM))
        elif ticker in seen:
            what, remedy = f"this ticker stood already in line {seen[ticker]}", "Remove one of the two."
            problems.append(UniverseError(what, where=where, value=ticker, remedy=remedy))
        seen.setdefault(ticker, number)
    if problems:
        raise together(problems)


def _grouped(rows: list[tuple[int, dict[str, str]]]) -> list[dict[str, Any]]:
    buckets: dict[str, list[dict[str, str]]] = {}
    for _, row in rows:
        member = {key: value for key, value in row.items() if key != "bucket"}
        buckets.setdefault(_bucket_name(row.get("bucket", "")), []).append(member)
    return [{"name": name, "members": members} for name, members in buckets.items()]


def _bucket_name(text: str) -> str:
    """A group's name as a bucket's: "Communication Services" is communication-services."""
    plain = "".join(c if (c.isascii() and c.isalnum()) or c in "_-" else "-" for c in text.strip().lower())
    plain = "-".join(part for part in plain.split("-") if part)
    return plain if plain[:1].isalpha() else f"b-{plain}" if plain else BUCKET
