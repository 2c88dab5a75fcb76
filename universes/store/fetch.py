"""Fetching prices from a source into the price store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError, PriceDataError

from ..calendar import trading_calendar
from ..checks import DAY, FLAG, TEXT, UNIVERSE, Kind, either, maybe, takes
from ..counted import counted
from ..layouts.price_layout import PriceLayout
from ..price_files.file_source import FileSource, source_of
from ..prices.cells import parse_day
from ..prices.fields import PriceFields, read_fields
from ..prices.load import LAYOUT
from ..sources.open import read_table
from ..sources.source import Needed
from ..sources.url import source_url
from ..sources.yfinance_web import YFinanceSource, whole_in_parts
from ..universe import Universe, load_universe
from .batch import Asked, Batch
from .lock import one_writer
from .moments import moment_text
from .rebased import rebased
from .store import PriceStore
from .write import write

# Days before the last stored session that are asked for again, to see whether the scale of the prices has changed.
OVERLAP_DAYS = 21
STORE = Kind("an hb.PriceStore", lambda value: isinstance(value, PriceStore))
Plan = dict[date | None, list[str]]


@dataclass(frozen=True)
class Fetched:
    """What a fetch did. added, revised, unchanged: sessions of tickers; absent: tickers that the source has not.

    notes: what a user must know of it; first, last: the sessions that the source gave.
    """

    store: str
    source: str
    universe: str
    retrieved_at: str
    tickers: int
    absent: tuple[str, ...]
    first: str
    last: str
    added: int
    revised: int
    unchanged: int
    actions: int
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {**vars(self), "absent": list(self.absent), "notes": list(self.notes)}


@takes(
    universe=UNIVERSE,
    start=maybe(either(TEXT, DAY)),
    until=maybe(either(TEXT, DAY)),
    store=maybe(STORE),
    full=FLAG,
    layout=maybe(LAYOUT),
)
def fetch(
    universe: str | Path | Universe = "ai_infrastructure",
    source: str | Path | pd.DataFrame = "yfinance:",
    *,
    start: str | date | None = None,
    until: str | date | None = None,
    store: PriceStore | None = None,
    full: bool = False,
    layout: str | PriceLayout | None = None,
    tell: Callable[[str], None] | None = None,
) -> Fetched:
    """Bring the prices of a universe from a source into the price store, as one whole or not at all.

    source: a URL ("yfinance:", "duckdb:///FILE?table=prices", ...), a file of prices, or a DataFrame; start, until:
    days, None = all; store: another than that of the user's data folder; full: ask Yahoo for everything again, and
    not only for what is newer than the store; layout: as in `load_market`; tell: is told what happens. Only what is new
    or has changed is written; what it replaces is kept as an older revision. Raises PriceDataError for a source that
    cannot be used, and where another fetch is writing.
    """
    names = universe if isinstance(universe, Universe) else load_universe(universe)
    store, tell = store or PriceStore(), tell or (lambda _: None)
    first, last = _day(start, "start"), _day(until, "until")
    if first is not None and last is not None and first > last:
        raise ParameterError("the last day lies before the first", where="until", value=str(last), bound=str(first))
    wanted = tuple(dict.fromkeys((*names.tickers, names.benchmark)))
    with one_writer(store.path):
        batch, notes = _read(source, wanted, (first, last), store, full, layout, tell)
        tell("Writing to the price store")
        written = write(store.path, replace(batch, universe=names.name))
    absent = tuple(one.ticker for one in batch.asked if not one.priced)
    return Fetched(
        store=str(store.path), source=batch.source, universe=names.name,
        retrieved_at=moment_text(written.retrieved_at), tickers=len(batch.adjusted.tickers), absent=absent,
        first=str(batch.adjusted.sessions[0]), last=str(batch.adjusted.sessions[-1]), added=written.added,
        revised=written.revised, unchanged=written.unchanged, actions=len(batch.actions), notes=notes,
    )  # fmt: skip


def _day(given: str | date | None, where: str) -> date | None:
    found = None if given is None else parse_day(str(given).strip())
    if isinstance(found, str):
        raise ParameterError(found, where=where, value=given, bound="a day, as in 2026-07-01")
    return found


def _read(
    source: str | Path | pd.DataFrame, wanted: tuple[str, ...], span: tuple[date | None, date | None],
    store: PriceStore, full: bool, layout: str | PriceLayout | None, tell: Callable[[str], None],
) -> tuple[Batch, tuple[str, ...]]:  # fmt: skip
    """What a source has of the wanted tickers and days, on the scale of what the store has of it."""
    found = source_of(source)
    url = source_url(source)
    if url is not None and url.scheme == "store":
        raise PriceDataError("the price store is where prices are fetched to", where="source", value="store:")
    if isinstance(found, YFinanceSource):
        assert url is not None
        starts = [day for day in (span[0], url.day("start")) if day is not None]
        ends = [day for day in (span[1], url.day("until")) if day is not None]
        return _from_yahoo(found, wanted, (max(starts, default=None), min(ends, default=None)), store, full, tell)
    tell(f"Reading {found.label}")
    given = source if url is None else read_table(str(source), Needed(wanted, *span))
    fields = _within(read_fields(given, wanted, layout=layout), span)
    asked = tuple(Asked(ticker, *span, ticker in fields.tickers) for ticker in wanted)
    partial = rebased(store, found.name, fields)
    if partial:
        raise PriceDataError(
            "these prices are on another scale than the earlier ones in the store, as after a dividend or a split, and "
            "do not replace all of them",
            where=found.label,
            value=", ".join(f"{ticker} x {ratio:.6g}" for ticker, ratio in list(partial.items())[:8]),
            remedy="Fetch their whole history from this source.",
        )
    name = found.name if not isinstance(found, FileSource) else "file"
    return Batch(name, found.label, "", fields, asked=asked), ()


def _within(fields: PriceFields, span: tuple[date | None, date | None]) -> PriceFields:
    """The sessions of a span. Raises PriceDataError where there is none."""
    keep = np.ones(len(fields.sessions), dtype=np.bool_)
    if span[0] is not None:
        keep &= fields.sessions >= np.datetime64(span[0])
    if span[1] is not None:
        keep &= fields.sessions <= np.datetime64(span[1])
    if not keep.any():
        raise PriceDataError("there is no row of prices on these days", where=fields.source)
    cut = {field: values[keep] for field, values in fields.fields.items()}
    return replace(fields, sessions=fields.sessions[keep], fields=cut)


def _from_yahoo(
    source: YFinanceSource, wanted: tuple[str, ...], span: tuple[date | None, date | None], store: PriceStore,
    full: bool, tell: Callable[[str], None],
) -> tuple[Batch, tuple[str, ...]]:  # fmt: skip
    """Only what is newer than the store, and whole histories where there is none or its scale has changed."""
    last = span[1]
    plan = {span[0]: list(wanted)} if full else _plan(store, source.name, wanted, span[0])
    pieces, notes = [], []
    anew: set[str] = set()
    while plan:
        first, tickers = plan.popitem()
        newer = f" from {first}" if first is not None else ""
        tell(f"Asking Yahoo for {counted(len(tickers), 'ticker')}{newer}")
        piece = _piece(source, tuple(tickers), first, last)
        if piece is None:
            continue
        again = [one for one in rebased(store, source.name, piece.adjusted) if one not in anew]
        if again:
            anew |= set(again)
            since = _first_stored(store, source.name, again)
            plan[since] = [*plan.get(since, []), *again]
            notes.append(f"adjusted anew since the last fetch, whole history read again: {', '.join(again)}")
            piece = _without(piece, again)
        if piece is not None:
            pieces.append(piece)
    if not pieces:
        raise PriceDataError("Yahoo gave no prices of these tickers", where=source.label, remedy="Try again later.")
    whole = _together(pieces)
    priced = set(whole.adjusted.tickers)
    asked = tuple(Asked(ticker, span[0], last, ticker in priced) for ticker in wanted)
    return replace(whole, asked=asked), tuple(notes)


def _plan(store: PriceStore, origin: str, wanted: Sequence[str], first: date | None) -> Plan:
    """From which day on each ticker is asked for: from a little before its last session where the rest is there."""
    if not store.exists:
        return {first: list(wanted)}
    with store.opened() as opened:
        rows = opened.execute(
            "SELECT a.ticker, max(p.session), bool_or(a.first_day IS NULL), min(a.first_day) FROM asked a "
            "JOIN fetches f ON f.fetch_no = a.fetch_no AND f.origin = ? "
            "JOIN (SELECT ticker, max(session) AS session FROM prices WHERE origin = ? GROUP BY ticker) p "
            "ON p.ticker = a.ticker GROUP BY a.ticker",
            [origin, origin],
        ).fetchall()
    known = {
        ticker: newest
        for ticker, newest, open_start, since in rows
        if open_start or (first is not None and since is not None and since <= first)
    }
    plan: Plan = {}
    for ticker in wanted:
        if ticker not in known:
            plan.setdefault(first, []).append(ticker)
    old = [ticker for ticker in wanted if ticker in known]
    if old:
        since = min(known[ticker] for ticker in old) - timedelta(days=OVERLAP_DAYS)
        plan.setdefault(since if first is None else max(since, first), []).extend(old)
    return plan


def _first_stored(store: PriceStore, origin: str, tickers: Sequence[str]) -> date:
    """The first session that the store has of any of some tickers."""
    with store.opened() as opened:
        question = "SELECT min(session) FROM prices WHERE origin = ? AND list_contains(?, ticker)"
        found: date = opened.execute(question, [origin, list(tickers)]).fetchall()[0][0]
    return found


def _piece(source: YFinanceSource, tickers: tuple[str, ...], first: date | None, last: date | None) -> Batch | None:
    """What Yahoo has of some tickers; None for nothing. A session that has not closed yet is left out."""
    try:
        table = source.read_whole(Needed(tickers, first, last))
    except PriceDataError as problem:
        if "no prices" in problem.what:
            return None
        raise
    adjusted, raw, actions = whole_in_parts(table)
    fields, quoted = read_fields(adjusted, tickers), read_fields(raw, tickers)
    fields, quoted = _closed(fields), _closed(quoted)
    if not len(fields.sessions):
        return None
    return Batch(source.name, source.label, "", fields, quoted, tuple(actions))


def _closed(fields: PriceFields) -> PriceFields:
    """The sessions that have closed by now."""
    now = np.datetime64(datetime.now(UTC).replace(tzinfo=None), "ns")
    year = int(str(fields.sessions[-1])[:4])
    calendar = trading_calendar(year, year)
    at = int(np.searchsorted(calendar.sessions, fields.sessions[-1]))
    open_still = at < len(calendar.sessions) and calendar.close_at[at] > now
    keep = len(fields.sessions) - int(open_still)
    cut = {field: values[:keep] for field, values in fields.fields.items()}
    return replace(fields, sessions=fields.sessions[:keep], fields=cut)


def _without(piece: Batch, tickers: Sequence[str]) -> Batch | None:
    kept = [ticker for ticker in piece.adjusted.tickers if ticker not in tickers]
    if not kept:
        return None
    raw = None if piece.raw is None else _only(piece.raw, kept)
    actions = tuple(one for one in piece.actions if one[0] in kept)
    return replace(piece, adjusted=_only(piece.adjusted, kept), raw=raw, actions=actions)


def _only(fields: PriceFields, tickers: Sequence[str]) -> PriceFields:
    kept = [ticker for ticker in fields.tickers if ticker in tickers]
    at = [fields.tickers.index(ticker) for ticker in kept]
    return replace(fields, tickers=tuple(kept), fields={f: values[:, at] for f, values in fields.fields.items()})


def _together(pieces: Sequence[Batch]) -> Batch:
    """Pieces of other tickers each as one."""
    actions = tuple(one for piece in pieces for one in piece.actions)
    raws = [piece.raw for piece in pieces if piece.raw is not None]
    raw = _side_by_side(raws) if raws else None
    return replace(pieces[0], adjusted=_side_by_side([p.adjusted for p in pieces]), raw=raw, actions=actions)


def _side_by_side(parts: Sequence[PriceFields]) -> PriceFields:
    sessions = np.unique(np.concatenate([part.sessions for part in parts]))
    fields = {}
    for field in parts[0].fields:
        blocks = []
        for part in parts:
            block = np.full((len(sessions), len(part.tickers)), np.nan)
            block[np.searchsorted(sessions, part.sessions)] = part.fields[field]
            blocks.append(block)
        fields[field] = np.hstack(blocks)
    tickers = tuple(ticker for part in parts for ticker in part.tickers)
    return replace(parts[0], sessions=sessions, tickers=tickers, fields=fields)
