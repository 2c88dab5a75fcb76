"""A journal as a result: its figures, its page, its folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgebook.engine.one_thread import figures_on_one_thread
from hedgebook.strategies.journal.state import JournalState
from hedgebook.strategies.journal.view import JournalView, view_of
from hedgebook.universes.counted import counted
from hedgebook.universes.event import Event, Events, load_events

from ..ledger.workspace import data_folder
from ..result import Result

if TYPE_CHECKING:
    import pandas as pd

    from hedgebook.reports.page.kind import ReportKind

LIBRARY = "events.toml"


@figures_on_one_thread
@dataclass(frozen=True, eq=False)
class Journal(Result, JournalView):
    """A journal as it stands, with everything that can be asked of it and written about it.

    `rows` has one row a session from the entry on: NAV and P&L in USD, its place in the forecast as a fraction, NaN
    where undefined. Each row follows from prices up to its close and from nothing later.
    """

    _label = ("journal",)
    _main = ("sessions",)

    def _writers(self) -> ReportKind[Any]:
        from hedgebook.reports.journal.page import JOURNAL_REPORT

        return JOURNAL_REPORT

    @property
    def rows(self) -> pd.DataFrame:
        """One row a session: NAV, P&L of the session and since entry in USD, place in the forecast, alerts."""
        import pandas as pd

        names = ("state", "nav_usd", "pnl_usd", "total_usd", "headroom_usd", "percentile")
        table = [{name: row.get(name) for name in names} for row in self.state.rows]
        days = pd.DatetimeIndex([row["session"] for row in self.state.rows], name="session")
        frame = pd.DataFrame(table, index=days, columns=list(names))
        frame["alerts"] = ["; ".join(one["says"] for one in row["alerts"]) for row in self.state.rows]
        return frame

    def __repr__(self) -> str:
        from hedgebook.reports.journal.words import state_word

        last = f", last session {self.state.rows[-1]['session']}" if self.state.rows else ""
        return f"<Journal {self.name}: {state_word(self.state)}, {counted(len(self.state.rows), 'session')}{last}>"


def user_library() -> Path:
    """The file of the user's own events, which need not be there."""
    return data_folder() / LIBRARY


def watched_events(events: Events | None) -> Sequence[Event]:
    """The shipped events, those of the user's own file, and those of a library that is given."""
    own = user_library()
    found: dict[str, Event] = {event.id: event for event in load_events().events}
    for library in (*((own,) if own.is_file() else ()), *((events,) if events is not None else ())):
        found |= {event.id: event for event in load_events(library).events}
    return tuple(found.values())


def shown(state: JournalState, events: Events | None = None) -> Journal:
    """A journal with what came of the indicators since, by the shipped events, the user's own and `events`."""
    made = view_of(state, watched_events(events))
    return Journal(made.state, made.fills, made.watched)
