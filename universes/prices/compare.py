"""Two price files held against each other: what differs, and which known mistake it looks like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..arrays import Floats
from ..counted import counted
from ..market import FIELDS, Field
from ..universe import Universe, load_universe
from .differences import cell_findings
from .fields import PriceFields, read_fields
from .findings import SEVERITIES, Pair, PriceFinding, Severity, span


@dataclass(frozen=True)
class FileFacts:
    """What one of the two files holds, of the tickers that are compared."""

    source: str
    sha256: str
    layout: str
    tickers: int
    sessions: int
    first: str
    last: str


@dataclass(frozen=True)
class Comparison:
    """Two price files held against each other; compared: cells that both have, by field; findings: worst first."""

    a: FileFacts
    b: FileFacts
    tickers: int
    sessions: int
    compared: dict[str, int]
    findings: tuple[PriceFinding, ...]

    @property
    def agree(self) -> bool:
        """Whether nothing differs."""
        return not self.findings

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values; tuples become lists."""
        found = [{**asdict(each), "examples": [asdict(one) for one in each.examples]} for each in self.findings]
        return {**asdict(self), "agree": self.agree, "findings": found}


def compare_prices(
    a: str | Path | pd.DataFrame, b: str | Path | pd.DataFrame, universe: str | Path | Universe | None = None
) -> Comparison:
    """Hold two price files against each other, ticker by ticker and session by session.

    universe: only its members are compared, None = every ticker of the files. Prices differ that are more than a
    millionth of their size apart. Differences of closes are told as what they look like where most of a ticker's fit:
    a ticker that comes sessions late or early, two tickers swapped, a constant factor; an open that repeats a close
    is told as well. Nothing is judged: which of the two is right, the files do not say. Raises PriceDataError for a
    file that cannot be used, UniverseError for a universe.
    """
    members = None if universe is None else _members(universe)
    one, two = read_fields(a, members), read_fields(b, members)
    both = [ticker for ticker in one.tickers if ticker in set(two.tickers)]
    sessions = np.union1d(one.sessions, two.sessions)
    names = _names(one.source, two.source)
    pair = Pair(sessions, tuple(both), _on(one, sessions, both), _on(two, sessions, both), names)
    found = [*_alone(one, two, names), *_sessions(pair), *cell_findings(pair)]
    order = {severity: k for k, severity in enumerate(SEVERITIES)}
    found.sort(key=lambda each: (order[each.severity], -each.count))
    compared = {str(name): int((np.isfinite(pair.a[name]) & np.isfinite(pair.b[name])).sum()) for name in FIELDS}
    shared = int((_priced(pair.a) & _priced(pair.b)).sum())
    return Comparison(_facts(one), _facts(two), len(both), shared, compared, tuple(found))


def _names(a: str, b: str) -> tuple[str, str]:
    """What the two are called in sentences: their names, where those tell them apart."""
    return (a, b) if a != b else ("the first file", "the second file")


def _members(universe: str | Path | Universe) -> tuple[str, ...]:
    return (universe if isinstance(universe, Universe) else load_universe(universe)).tickers


def _facts(given: PriceFields) -> FileFacts:
    return FileFacts(
        source=given.source,
        sha256=given.sha256,
        layout=given.layout,
        tickers=len(given.tickers),
        sessions=len(given.sessions),
        first=str(given.sessions[0]),
        last=str(given.sessions[-1]),
    )


def _on(given: PriceFields, sessions: NDArray[np.datetime64], tickers: Sequence[str]) -> dict[Field, Floats]:
    """The fields of some tickers on sessions that hold all of the file's."""
    columns = [given.tickers.index(ticker) for ticker in tickers]
    rows = np.searchsorted(sessions, given.sessions)
    made: dict[Field, Floats] = {}
    for field in FIELDS:
        made[field] = np.full((len(sessions), len(tickers)), np.nan)
        made[field][rows] = given.fields[field][:, columns]
    return made


def _priced(fields: dict[Field, Floats]) -> NDArray[np.bool_]:
    """(T,): the sessions that have a close."""
    return np.asarray(np.isfinite(fields["close"]).any(axis=1), dtype=np.bool_)


def _alone(one: PriceFields, two: PriceFields, names: tuple[str, str]) -> list[PriceFinding]:
    """Tickers that only one of the files has."""
    found = []
    for mine, other, name in ((one, two, names[0]), (two, one, names[1])):
        for ticker in mine.tickers:
            if ticker not in other.tickers:
                at = np.flatnonzero(np.isfinite(mine.fields["close"][:, mine.tickers.index(ticker)]))
                first, last = (str(mine.sessions[at[k]]) if len(at) else "" for k in (0, -1))
                text = f"{ticker} is in {name} only"
                found.append(PriceFinding("note", "ticker", ticker, "", 1, first, last, text))
    return found


def _sessions(pair: Pair) -> list[PriceFinding]:
    """Sessions at which only one file has closes, before, after and within those of the other."""
    if not pair.tickers:
        return []
    found = []
    in_a, in_b = _priced(pair.a), _priced(pair.b)
    for mine, other, name in ((in_a, in_b, pair.names[0]), (in_b, in_a, pair.names[1])):
        at = np.flatnonzero(mine & ~other)
        if not at.size or not other.any():
            continue
        inner = np.flatnonzero(other)
        outside = (at < inner[0]) | (at > inner[-1])
        kinds: tuple[tuple[NDArray[np.int64], Severity], ...] = ((at[~outside], "warning"), (at[outside], "note"))
        for rows, severity in kinds:
            if rows.size:
                first, last = pair.day(int(rows[0])), pair.day(int(rows[-1]))
                where = "between the sessions of the other" if severity == "warning" else "before or after the other's"
                text = (
                    f"{counted(rows.size, 'session is', 'sessions are')} in {name} only, {where}: {span(first, last)}"
                )
                text = text.replace("1 sessions are", "1 session is") if rows.size == 1 else text
                found.append(PriceFinding(severity, "sessions", "", "", int(rows.size), first, last, text))
    return found
