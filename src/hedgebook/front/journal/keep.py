"""Open, mark, close and verify journals of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np

from hedgebook.engine.live.fills import OwnFill
from hedgebook.errors import HedgebookError, ParameterError, did_you_mean
from hedgebook.reports.page.document import MANIFEST
from hedgebook.strategies.catalogue.find import find_strategy
from hedgebook.strategies.journal.fills_file import read_fills
from hedgebook.strategies.journal.opening import (
    AsTicket,
    check_limits,
    check_name,
    paper_trade,
    real_trade,
    ticket_trade,
)
from hedgebook.strategies.journal.rows import canonical
from hedgebook.strategies.journal.source import check_kind
from hedgebook.strategies.journal.state import (
    CLOSE,
    QUIET,
    Entry,
    JournalState,
    NewEntry,
    look,
    opening_entries,
    state_of,
)
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.strategies.strategy.strategy import Strategy
from hedgebook.universes.calendar import as_day
from hedgebook.universes.market import Market
from hedgebook.universes.raw_file import is_file

from .store import Broken, JournalError, JournalFile, journal_path


@dataclass(frozen=True, eq=False)
class Marked:
    """What a mark has done. state: the journal after it; new_rows: sessions that were added; revisions: cells and
    scales that were found changed and named for the first time."""

    state: JournalState
    new_rows: int
    revisions: tuple[dict[str, Any], ...]

    @property
    def alerts(self) -> tuple[str, ...]:
        """What asks for somebody: of the new sessions, of the last one, and of opens and closes that were revised."""
        rows = self.state.rows[-max(self.new_rows, 1) :]
        told = [f"{row['session']}: {one['says']}" for row in rows for one in row["alerts"]]
        cells = [cell for entry in self.revisions for cell in entry["revisions"] if cell["field"] not in QUIET]
        told += [
            f"revised: {one['ticker']} {one['field']} of {one['session']}, kept {_cell(one['kept'])}, now "
            f"{_cell(one['now'])}"
            for one in cells[:MOST_TOLD]
        ]
        if len(cells) > MOST_TOLD:
            told.append(f"revised: {len(cells) - MOST_TOLD:,} figures more, see journal show")
        return tuple(dict.fromkeys(told))


MOST_TOLD = 5
TICKET = "ticket.json"


@dataclass(frozen=True)
class Verified:
    """What a verification has found: entries of the file that are not as they were written, and rows that do not
    follow again from their prices, by journal and session."""

    broken: tuple[Broken, ...]
    differing: tuple[tuple[str, str], ...]
    rows: int
    unread: tuple[tuple[str, str], ...] = ()

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not (self.broken or self.differing or self.unread)


def opened_file(path: str | Path | None) -> JournalFile:
    """The journal's file that is named, or that counts where none is."""
    return JournalFile(Path(path) if path is not None else journal_path())


def open_journal(
    subject: str | Strategy | AsTicket | None, market: Market, *, fills: str | Path | Sequence[OwnFill] | None = None,
    name: str | None = None, limits: Mapping[str, Any] | None = None, as_of: Any = None, path: str | Path | None = None,
    setting: RunSetting | None = None,
) -> Marked:  # fmt: skip
    """Open a journal of a trade on paper, or of own fills, and mark every session that the prices have of it."""
    ticket = subject if _is_ticket(subject) else None
    strategy = strategy_in(subject)
    if strategy is None and fills is None:
        raise ParameterError("there is nothing to open a journal of", remedy="Name a trade, or give own fills.")
    called = check_name(name or (strategy.name if strategy is not None else "own-fills"))
    setting = setting or RunSetting.named(market, "default", "plain", about=strategy)
    bounds = check_limits(limits or {})
    own: tuple[OwnFill, ...] = ()
    if fills is not None:
        own = fills_given(fills, setting.market)
        trade, history = real_trade(strategy, setting, called, own, bounds)
    elif ticket is not None:
        trade, history = ticket_trade(ticket, setting.market, setting.library, called, bounds)
    else:
        assert strategy is not None
        trade, history = paper_trade(strategy, setting, called, bounds)
    made = opening_entries(trade, history, own)
    state = state_of([Entry(one.kind, one.body, one.session, one.prices) for one in made])
    found = look(state, setting.market, day_or_none(as_of))
    with opened_file(path).writing() as writing:
        if writing.entries(called):
            remedy = "Name this one differently with --name, or go on with: hedgebook journal mark " + called
            raise ParameterError("there is a journal of this name", where="name", value=called, remedy=remedy)
        writing.append(called, [*made, *found.entries])
    return Marked(found.state, found.new_rows, found.new_revisions)


def subject_of(subject: Any, market: Market) -> Any:
    """What is opened: the ticket of a folder that `hedgebook ticket --out` has written, else what was given.

    Raises RunFolderError for a folder that cannot be made again, ParameterError for one of something else and for a
    ticket that is not the same when it is made again.
    """
    folder = _folder(subject)
    if folder is None:
        return subject
    from ..replay.replay import replay

    found = replay(folder, market, recorded=True)
    if not _is_ticket(found.result):
        what = "this folder holds no ticket"
        raise ParameterError(what, where=str(folder), remedy="Write one: hedgebook ticket TRADE --out FOLDER")
    if found.number is not None:
        what = f"made again with these prices the ticket is another one: {found.number}"
        raise ParameterError(what, where=str(folder), remedy="Give the prices that it was made with.")
    return found.result


def _folder(subject: object) -> Path | None:
    """The folder of a result that a text or a path names, its ticket.json too; None for anything else."""
    if not isinstance(subject, str | Path):
        return None
    place = Path(subject).parent if Path(subject).name == TICKET else Path(subject)
    return place if is_file(place / MANIFEST) else None


def strategy_in(subject: str | Strategy | AsTicket | None) -> Strategy | None:
    """The strategy that is named, given, or that a ticket is of. Raises ParameterError for an unknown one."""
    if subject is None:
        return None
    return find_strategy(subject.strategy if _is_ticket(subject) else subject)


def _is_ticket(subject: object) -> TypeGuard[AsTicket]:
    return all(hasattr(subject, name) for name in ("strategy", "orders", "terms", "account", "as_of"))


def mark_journal(
    name: str, market: Market, *, as_of: Any = None, fills: str | Path | Sequence[OwnFill] | None = None,
    path: str | Path | None = None,
) -> Marked:  # fmt: skip
    """Add a row for each session since the last one, in order, and name what the vendor has revised since.

    Raises ParameterError for a closed journal, and for simulated prices after real ones or the reverse.
    """
    file, until = opened_file(path), day_or_none(as_of)
    known(file, name)
    with file.writing() as writing:
        state = read_state(writing.entries(name), file.path, name)
        if state.closed is not None:
            what = f"this journal was closed on {state.closed['closed_at'][:10]}"
            raise ParameterError(what, where=name, remedy=f"Look at it: hedgebook journal show {name}")
        check_kind(name, state.trade.provenance, market.provenance)
        own: tuple[OwnFill, ...] = ()
        if fills is not None:
            if state.trade.kind != "real":
                what = "own fills go into a journal that was opened with own fills"
                raise ParameterError(what, where=name, remedy="Open one: hedgebook journal open TRADE --fills FILE")
            own = fills_given(fills, market, state.kept.sessions[-1])
            _check_tickers(state, own)
        found = look(state, market, until, own)
        writing.append(name, found.entries)
    return Marked(found.state, found.new_rows, found.new_revisions)


def close_journal(name: str, *, note: str = "", path: str | Path | None = None, moment: str) -> JournalState:
    """End a journal: nothing can be marked after it. Raises ParameterError where it has ended already."""
    file = opened_file(path)
    known(file, name)
    with file.writing() as writing:
        entries = writing.entries(name)
        state = read_state(entries, file.path, name)
        if state.closed is not None:
            what = f"this journal was closed on {state.closed['closed_at'][:10]} already"
            raise ParameterError(what, where=name)
        last = state.rows[-1] if state.rows else None
        body = {
            "closed_at": moment,
            "note": note,
            "last_session": None if last is None else last["session"],
            "nav_usd": state.trade.capital_usd if last is None else last["nav_usd"],
            "held": [] if last is None else sorted(t for t, one in last.get("tickers", {}).items() if one["shares"]),
        }
        closing = NewEntry(CLOSE, canonical(body))
        writing.append(name, [closing])
        return read_state([*entries, Entry(CLOSE, closing.body)], file.path, name)


def verify_journals(path: str | Path | None = None, name: str | None = None) -> Verified:
    """Follow the chain of all entries, and make every row of one journal, or of all, again from its prices."""
    file = opened_file(path)
    if name is not None:
        known(file, name)
    differing, unread, rows = [], [], 0
    for one in file.names() if name is None else [name]:
        try:
            state = read_state(file.entries(one), file.path, one)
            for session, stands, again in state.made_again():
                rows += 1
                if stands != again:
                    differing.append((one, session))
        except HedgebookError as problem:
            unread.append((one, str(problem)))
    return Verified(tuple(file.broken()), tuple(differing), rows, tuple(unread))


def read_journal(name: str, path: str | Path | None = None) -> JournalState:
    """A journal as it stands. Raises ParameterError for a name that there is not."""
    file = opened_file(path)
    known(file, name)
    return read_state(file.entries(name), file.path, name)


def known(file: JournalFile, name: str) -> None:
    """Raise ParameterError, with the closest name, where a file has no such journal."""
    names = file.names()
    if name not in names:
        remedy = did_you_mean(name, names) if names else "Open one: hedgebook journal open TRADE"
        raise ParameterError(f"there is no journal {name!r}", where=str(file.path), remedy=remedy)


def read_state(entries: Sequence[Entry], path: Path, name: str) -> JournalState:
    """The state of entries. Raises JournalError where they cannot be what this program wrote."""
    try:
        return state_of(entries)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as problem:
        raise JournalError(
            f"journal {name} cannot be read: {type(problem).__name__} {problem}", where=str(path),
            remedy="See which entry was changed: hedgebook journal verify",
        ) from problem  # fmt: skip


def fills_given(
    fills: str | Path | Sequence[OwnFill], market: Market, after: np.datetime64 | None = None
) -> tuple[OwnFill, ...]:
    """Own fills of a file, or as given. Raises ParameterError for none."""
    found = read_fills(fills, market, after) if isinstance(fills, str | Path) else tuple(fills)
    if not found:
        raise ParameterError("there is no fill in it", where="fills")
    return found


def day_or_none(day: Any) -> np.datetime64 | None:
    """A day. Raises ParameterError for what is none."""
    if day is None:
        return None
    try:
        return as_day(day)
    except ParameterError:
        raise ParameterError("this is no day", where="as_of", value=day, bound="one as in 2026-07-31") from None


def _check_tickers(state: JournalState, fills: Sequence[OwnFill]) -> None:
    foreign = sorted({one.ticker for one in fills} - set(state.trade.tickers))
    if foreign:
        what = f"this journal keeps no prices of {', '.join(foreign)}"
        remedy = "Open a journal of its own for them, or one with all fills."
        raise ParameterError(what, where=state.name, bound=", ".join(state.trade.tickers), remedy=remedy)


def _cell(value: float | None) -> str:
    return "none" if value is None else f"{value:.10g}"
