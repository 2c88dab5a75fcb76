"""The journal of trades that are on, from a script: open it once, mark it every session, show and close it.

`hb.journal.open("long-meta-short-neocloud", market)`, `hb.journal.mark("long-meta-short-neocloud", market)`. A journal
is a file that is appended to and never changed; what was fixed at its opening, prices as they were first seen and own
fills give its rows again, byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgebook.universes.checks import ACCOUNT, COSTS, DAY, EVENTS, MARKET, PATH, TEXT, maybe, takes

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from hedgebook.engine.account import Account
    from hedgebook.engine.frictions.costs import Costs
    from hedgebook.engine.live.fills import OwnFill
    from hedgebook.front.journal.keep import Marked, Verified
    from hedgebook.front.journal.view import Journal
    from hedgebook.strategies.journal.opening import AsTicket
    from hedgebook.strategies.strategy.strategy import Strategy
    from hedgebook.universes.event import Events
    from hedgebook.universes.market import Market

__all__ = ["close", "mark", "open", "path", "show", "table", "verify"]


def path() -> Path:
    """The file that is used where none is named: HEDGEBOOK_JOURNAL, else the workspace's, else the user's."""
    from hedgebook.front.journal.store import journal_path

    return journal_path()


@takes(market=MARKET, name=maybe(TEXT), costs=COSTS, account=ACCOUNT, events=EVENTS, as_of=maybe(DAY), file=maybe(PATH))
def open(
    subject: str | Strategy | AsTicket | None,
    market: Market,
    *,
    fills: str | Path | Sequence[OwnFill] | None = None,
    name: str | None = None,
    limits: Mapping[str, float] | None = None,
    costs: Costs | str | Path = "default",
    account: Account | str | Path = "plain",
    events: Events = "events",
    as_of: str | np.datetime64 | None = None,
    file: str | Path | None = None,
) -> Marked:
    """Open a journal, and mark every session that the prices have of it.

    subject: an event trade by name, file or value, on paper: its orders are filled by the model; with fills, a CSV file
    of date, ticker, shares, price and commission, both in the currency that the ticker is quoted in, or OwnFill values
    in USD, it is what these are fills of, or None; a ticket, or the folder of one, is followed with its own shares,
    costs, account, forecast and limits. name: of the journal (None: the trade's); limits: gross_frac, net_frac,
    name_frac, borrow_annual, loss_frac and margin_used_frac, at most so much; market, events: prices of its tickers and
    the library of its event; as_of: the last session that is marked (None: the prices' last); file: another journal
    file. What the trade wants, its forecast and its costs are fixed here. Raises an InputError that says what cannot be
    used, all problems of a file of fills at once.
    """
    from hedgebook.front.journal.keep import open_journal, strategy_in, subject_of
    from hedgebook.strategies.strategy.setting import RunSetting

    found = subject_of(subject, market)
    setting = RunSetting.named(market, costs, account, events, about=strategy_in(found))
    return open_journal(found, market, fills=fills, name=name, limits=limits, as_of=as_of, path=file, setting=setting)


@takes(name=TEXT, market=MARKET, as_of=maybe(DAY), file=maybe(PATH))
def mark(
    name: str,
    market: Market,
    *,
    as_of: str | np.datetime64 | None = None,
    fills: str | Path | Sequence[OwnFill] | None = None,
    file: str | Path | None = None,
) -> Marked:
    """Add a row for each session since the last one, in order; marked again with the same prices, nothing is added.

    name: of the journal; file: another journal file; market: prices of its tickers; each cell that differs from the
    price first seen is named in `revisions`, and the first one stays in the rows; as_of: the last session that is
    marked; fills: own fills of the new sessions. Raises an InputError for an unknown or closed journal and for what
    cannot be used.
    """
    from hedgebook.front.journal.keep import mark_journal

    return mark_journal(name, market, as_of=as_of, fills=fills, path=file)


@takes(name=TEXT, note=TEXT, file=maybe(PATH))
def close(name: str, *, note: str = "", file: str | Path | None = None) -> Journal:
    """End a journal, after which nothing can be marked; name: of it; note: why; file: another journal file.

    Raises an InputError for one that has ended.
    """
    from datetime import UTC, datetime

    from hedgebook.front.journal.keep import close_journal
    from hedgebook.front.journal.view import shown

    moment = datetime.now(UTC).isoformat(timespec="seconds")
    return shown(close_journal(name, note=note, path=file, moment=moment))


@takes(name=TEXT, events=maybe(EVENTS), file=maybe(PATH))
def show(name: str, *, events: Events | None = None, file: str | Path | None = None) -> Journal:
    """A journal as it stands: its rows, its figures, its page.

    name: of the journal; file: another journal file; events: a library beside the shipped one and the user's own, for
    what came of the indicators. Raises an InputError for a journal that there is not.
    """
    from hedgebook.front.journal.keep import read_journal
    from hedgebook.front.journal.view import shown

    return shown(read_journal(name, file), events)


@takes(file=maybe(PATH))
def table(file: str | Path | None = None) -> pd.DataFrame:
    """Every journal of the file: kind, state, last session, number of sessions, P&L in USD and alerts of its last row.

    One row a journal, NaN where it has no session yet. file: another journal file. Raises an
    InputError where it cannot be read.
    """
    import pandas as pd

    from hedgebook.front.journal.keep import opened_file, read_state
    from hedgebook.reports.journal.words import state_word

    found, journals = [], opened_file(file)
    for name in journals.names():
        state = read_state(journals.entries(name), journals.path, name)
        row: Mapping[str, Any] = state.rows[-1] if state.rows else {}
        found.append(
            {
                "journal": name,
                "kind": state.trade.kind,
                "state": state_word(state),
                "last_session": row.get("session"),
                "sessions": len(state.rows),
                "total_usd": row.get("total_usd"),
                "alerts": len(row.get("alerts", ())),
            }
        )
    names = ["journal", "kind", "state", "last_session", "sessions", "total_usd", "alerts"]
    return pd.DataFrame(found, columns=names).set_index("journal")


@takes(name=maybe(TEXT), file=maybe(PATH))
def verify(name: str | None = None, *, file: str | Path | None = None) -> Verified:
    """Follow the chain of all entries, and make every row again from its prices: which ones are not as they were.

    name: one journal alone (None: all of the file); file: another journal file. Raises an InputError for a name that
    there is not.
    """
    from hedgebook.front.journal.keep import verify_journals

    return verify_journals(file, name)
