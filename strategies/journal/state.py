"""A journal as its entries tell it, and what a look at prices adds to them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from hedgebook.engine.live.fills import OwnFill
from hedgebook.universes.market import Market

from .kept import KeptPrices
from .rows import OVER, Followed, canonical, followed
from .seen import Seen, seen_beside
from .trade import PAPER, JournalTrade

OPEN, FILLS, MARK, REVISION, CLOSE = "open", "fills", "mark", "revision", "close"
# A revision of these fields is noted and moves no value in a row; all others do.
QUIET = ("high", "low", "volume")


@dataclass(frozen=True)
class NewEntry:
    """What is to be appended: its kind, its session where it has one, its body as text, and prices where it has any."""

    kind: str
    body: str
    session: str | None = None
    prices: bytes | None = None


@dataclass(frozen=True)
class Entry(NewEntry):
    """An entry as it stands in the file, with its number and the moment it was made, UTC."""

    number: int = 0
    made_at: str = ""

    @cached_property
    def told(self) -> dict[str, Any]:
        """Its body as values."""
        return dict(json.loads(self.body))


@dataclass(frozen=True, eq=False)
class JournalState:
    """A journal so far.

    trade: what was fixed; opened_at: when, UTC; history: prices before its first row; kept: all prices, rows included;
    fills: own ones, at the scale of the kept prices; rows: bodies by session; noted: what has been said of each revised
    cell; scale: of the vendor's prices by ticker; revisions: entries of revisions; closed: the body of its end.
    """

    trade: JournalTrade
    opened_at: str
    history: KeptPrices
    kept: KeptPrices
    fills: tuple[OwnFill, ...] = ()
    rows: tuple[dict[str, Any], ...] = ()
    texts: tuple[str, ...] = ()
    noted: Mapping[tuple[str, str, str], float | None] = field(default_factory=dict)
    scale: Mapping[str, float] = field(default_factory=dict)
    revisions: tuple[dict[str, Any], ...] = ()
    closed: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        """What the journal is called."""
        return self.trade.name

    @cached_property
    def followed(self) -> Followed:
        """The trade followed through the kept sessions."""
        return followed(self.trade, self.kept, self.fills)

    def made_again(self) -> Iterator[tuple[str, str, str]]:
        """Session, text as it stands and text as it follows again, of each row."""
        first = len(self.history.sessions)
        for k, text in enumerate(self.texts):
            yield str(self.kept.sessions[first + k]), text, canonical(self.followed.row(first + k, self.kept))


def state_of(entries: Sequence[Entry]) -> JournalState:
    """The state that entries lead to, the opening first. Raises ValueError for entries that lead to none."""
    opening = entries[0]
    if opening.kind != OPEN or opening.prices is None:
        raise ValueError("the first entry opens nothing")
    kept = history = KeptPrices.from_bytes(opening.prices)
    fills: list[OwnFill] = []
    rows, texts, revisions = [], [], []
    noted: dict[tuple[str, str, str], float | None] = {}
    scale: dict[str, float] = {}
    closed = None
    for entry in entries[1:]:
        told = entry.told
        if entry.kind == MARK:
            kept = kept.followed_by(told)
            rows.append(told)
            texts.append(entry.body)
        elif entry.kind == FILLS:
            fills += [fill_from(one) for one in told["fills"]]
        elif entry.kind == REVISION:
            revisions.append({**told, "noticed_at": entry.made_at})
            noted |= {(one["ticker"], one["session"], one["field"]): one["now"] for one in told["revisions"]}
            scale = dict(told["scale"])
        else:
            closed = told
    return JournalState(
        trade=JournalTrade.from_json(opening.told),
        opened_at=opening.made_at,
        history=history,
        kept=kept,
        fills=tuple(fills),
        rows=tuple(rows),
        texts=tuple(texts),
        noted=noted,
        scale=scale,
        revisions=tuple(revisions),
        closed=closed,
    )


def opening_entries(trade: JournalTrade, history: KeptPrices, fills: Sequence[OwnFill]) -> list[NewEntry]:
    """What opens a journal: what was fixed with the prices before it, and own fills where there are any."""
    found = [NewEntry(OPEN, canonical(trade.to_json()), prices=history.to_bytes())]
    return [*found, fills_entry(fills, {})] if fills else found


def fills_entry(fills: Sequence[OwnFill], scale: Mapping[str, float]) -> NewEntry:
    """Own fills as an entry; scale: what the vendor's prices of a ticker are divided by to be as the kept ones."""
    told = [
        {
            "session": str(one.session),
            "ticker": one.ticker,
            "shares": one.shares,
            "price_usd": one.price_usd,
            "commission_usd": one.commission_usd,
            "scale": scale.get(one.ticker, 1.0),
        }
        for one in fills
    ]
    return NewEntry(FILLS, canonical({"fills": told}))


def fill_from(told: Mapping[str, Any]) -> OwnFill:
    """A fill of an entry, on the scale of the kept prices."""
    price = told["price_usd"] / told["scale"]
    day = np.datetime64(told["session"], "D")
    return OwnFill(day, told["ticker"], told["shares"], price, told["commission_usd"])


@dataclass(frozen=True, eq=False)
class Looked:
    """What a look at prices adds: entries, the state with them, and how many rows of it are new."""

    entries: tuple[NewEntry, ...]
    state: JournalState
    new_rows: int
    new_revisions: tuple[dict[str, Any], ...]


def look(state: JournalState, market: Market, as_of: np.datetime64 | None, fills: Sequence[OwnFill] = ()) -> Looked:
    """Compare a market with what is kept, and make a row for each later session up to `as_of`, in order.

    fills: own ones of those sessions. Raises ParameterError for prices that are of something else.
    """
    seen = seen_beside(state.kept, market, as_of)
    entries: list[Entry] = []
    if noticed := _noticed(state, seen):
        entries.append(Entry(REVISION, canonical(noticed)))
    if fills:
        told = fills_entry(fills, seen.scale)
        entries.append(Entry(told.kind, told.body))
    made = list(_rows(state, seen, entries))
    entries += made
    revisions = () if not noticed else (noticed,)
    return Looked(tuple(entries), _with(state, entries), len(made), revisions)


def _rows(state: JournalState, seen: Seen, entries: Sequence[Entry]) -> Iterator[Entry]:
    """A row for each later session; none after a trade on paper is over, which enters once."""
    over = state.trade.kind == PAPER and bool(state.rows) and state.rows[-1]["state"] == OVER
    if over or not len(seen.new.sessions):
        return
    kept = state.kept
    for t in range(len(seen.new.sessions)):
        kept = kept.followed_by(seen.new.day(t))
    new = (fill_from(one) for entry in entries if entry.kind == FILLS for one in entry.told["fills"])
    now = followed(state.trade, kept, (*state.fills, *new))
    for row in range(len(state.kept.sessions), len(kept.sessions)):
        body = now.row(row, kept)
        yield Entry(MARK, canonical(body), session=body["session"])
        if state.trade.kind == PAPER and body["state"] == OVER:
            return


def _noticed(state: JournalState, seen: Seen) -> dict[str, Any]:
    """What has not been said of revised prices yet, empty for nothing."""
    new = [one for one in seen.revisions if not _is_noted(state, one.ticker, one.session, one.field, one.now)]
    late = [day for day in seen.late if not any(day in told["late"] for told in state.revisions)]
    known = state.revisions[-1] if state.revisions else {"rescaled": [], "absent": []}
    rescaled = [asdict(one) for one in seen.rescaled]
    absent = list(seen.absent)
    if not new and not late and rescaled == known["rescaled"] and absent == known["absent"]:
        return {}
    return {
        "after": str(state.kept.sessions[-1]),
        "revisions": [asdict(one) for one in new],
        "rescaled": rescaled,
        "absent": absent,
        "late": late,
        "scale": seen.scale,
    }


def _is_noted(state: JournalState, ticker: str, session: str, name: str, now: float | None) -> bool:
    key = (ticker, session, name)
    return key in state.noted and state.noted[key] == now


def _with(state: JournalState, entries: Sequence[Entry]) -> JournalState:
    """A state with entries more."""
    opening = Entry(OPEN, canonical(state.trade.to_json()), prices=state.history.to_bytes(), made_at=state.opened_at)
    before = [Entry(MARK, text) for text in state.texts]
    earlier: list[Entry] = [opening]
    if state.fills:
        earlier.append(Entry(FILLS, fills_entry(state.fills, {}).body))
    told = [Entry(REVISION, canonical(one), made_at=one["noticed_at"]) for one in state.revisions]
    return state_of([*earlier, *told, *before, *entries])
