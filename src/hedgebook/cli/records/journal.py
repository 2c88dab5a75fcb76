"""hedgebook journal: trades that are on, session by session."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hedgebook.errors import InputError, ParameterError, together
from hedgebook.universes.counted import counted

from ..deliver import MaybeFolder, print_page
from ..once import Commands
from ..options import Changes, Json, MarketOptions, RunOptions, grouped, settings, strategy_named
from ..output import console, print_json, print_tables, progress
from ..plain import plain

if TYPE_CHECKING:
    from hedgebook.front.journal.keep import Marked
    from hedgebook.universes.market import Market
    from hedgebook.universes.universe import Universe

EXIT_ALERT = 1
# Alerts that stand on a line.
MOST_SHOWN = 3
journal = Commands(
    name="journal",
    help="Trades that are on, session by session: open a journal once, mark it every day, show and close it.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
File = Annotated[
    Path | None,
    typer.Option(
        "--journal", help="Another journal file. Default: the workspace's, else the user's.", metavar="FILE",
        show_default=False,
    ),
]  # fmt: skip
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", help="The last session that is marked. Default: the prices' last.", metavar="DATE"),
]
Fills = Annotated[
    Path | None,
    typer.Option("--fills", help="Own fills, CSV: date, ticker, shares, price, commission.", metavar="FILE"),
]
Name = Annotated[str, typer.Argument(help="Of the journal.", metavar="NAME")]


@dataclass(frozen=True)
class Opened(RunOptions):
    """What is opened, and what it is run on and with."""

    trade: Annotated[
        str | None,
        typer.Argument(
            help="An event trade of the catalogue, FILE.toml:NAME or FILE.py:NAME, or the folder of a ticket; with "
            "--fills, what they are of.",
            metavar="[TRADE|TICKET]",
        ),
    ] = None
    changes: Changes = None
    fills: Fills = None
    called: Annotated[str | None, typer.Option("--name", help="Of the journal. Default: the trade's.")] = None
    limits: Annotated[
        list[str] | None,
        typer.Option(
            "--limit",
            help="A bound: gross_frac, net_frac, name_frac, borrow_annual, loss_frac or margin_used_frac, as in "
            "gross_frac=1.2. May be repeated.",
            metavar="KEY=VALUE",
        ),
    ] = None
    as_of: AsOf = None
    file: File = None


@journal.command("open")
@grouped
def open_(asked: Opened, as_json: Json = False) -> None:
    """Open a journal of a trade on paper, or of own fills, and mark the sessions that the prices have of it.

    Orders, rules, costs and the forecast are fixed by what is known now. Exits 1 where there is an alert.
    """
    from hedgebook import journal as front

    if asked.trade is None and asked.fills is None:
        what = "there is nothing to open a journal of"
        raise ParameterError(what, remedy="Name a trade, as in long-meta-short-neocloud, or give --fills FILLS.csv.")
    if asked.trade is None and asked.changes:
        raise ParameterError("there is no trade whose parameter it could be", where="--set", value=asked.changes[0])
    subject: Any = asked.trade
    if subject is not None and not _is_folder(subject):
        subject = strategy_named(subject, asked.changes)
    elif asked.changes:
        raise ParameterError("a ticket has its parameters already", where="--set", value=asked.changes[0])
    market = asked.market()
    bounds: dict[str, Any] = dict(settings(asked.limits or ()))
    with progress("Opening the journal"):
        made = front.open(
            subject, market, fills=asked.fills, name=asked.called, limits=bounds, as_of=asked.as_of, file=asked.file,
            **asked.terms,
        )  # fmt: skip
    _print_marks([made], as_json=as_json)


@journal.command("mark")
@grouped
def mark(
    asked: MarketOptions,
    name: Annotated[
        str | None, typer.Argument(help="Of the journal. Default: every one that is not closed.", metavar="[NAME]")
    ] = None,
    as_of: AsOf = None,
    fills: Fills = None,
    file: File = None,
    as_json: Json = False,
) -> None:
    """Add a row for each session since the last one, one line a journal on standard output, as for cron.

    Prices that differ from those first seen are named. Exits 0 where all is well, 1 where there is an alert, 2 where
    something cannot be used.
    """
    from hedgebook import journal as front
    from hedgebook.front.journal.keep import opened_file, read_journal

    names = [name] if name is not None else _open_names(file)
    if not names:
        what = "there is no open journal"
        remedy = "Open one: hedgebook journal open TRADE"
        raise ParameterError(what, where=str(opened_file(file).path), remedy=remedy)
    if fills is not None and len(names) > 1:
        raise ParameterError("fills are of one journal", where="--fills", remedy="Name it.")
    markets: dict[str, Market] = {}
    made, problems = [], []
    for one in names:
        try:
            universe = read_journal(one, file).trade.universe
            made.append(front.mark(one, _market(asked, universe, markets), as_of=as_of, fills=fills, file=file))
        except InputError as problem:  # of one journal: the others are marked all the same
            problems.append(problem)
    if problems and (as_json or not made):
        raise together(problems)
    try:
        _print_marks(made, as_json=as_json)
    finally:
        if problems:
            raise together(problems)


@journal.command("show")
@grouped
def show(
    to: MaybeFolder,
    name: Name,
    events: Annotated[
        str | None, typer.Option("--events", help="Events beside the shipped ones and your own.", metavar="FILE")
    ] = None,
    file: File = None,
) -> None:
    """Show a journal: where it stands in its forecast, its rules and limits, what its thesis says of the indicators."""
    from hedgebook import journal as front
    from hedgebook.reports.journal.page import journal_header, journal_tables, notes_of

    found = front.show(name, events=events, file=file)
    if not to.deliver(found):
        return
    top = journal_header(found)
    print_page(top, journal_tables(found), notes_of(found), to.out, subtitle=top.event)
    for alert in found.alerts:
        console().print(f"Alert: {alert}", style="bold red", soft_wrap=True)


@journal.command("close")
def close(
    name: Name,
    note: Annotated[str, typer.Option("--note", help="Why, in a sentence.")] = "",
    file: File = None,
    as_json: Json = False,
) -> None:
    """End a journal: nothing can be marked after it."""
    from hedgebook import journal as front

    found = front.close(name, note=note, file=file)
    closed = found.state.closed or {}
    if as_json:
        print_json({"journal": name, **closed})
        return
    held = f" It still holds {', '.join(closed['held'])}." if closed["held"] else ""
    after = f" after {closed['last_session']}" if closed["last_session"] else ""
    console().print(f"Closed {name}{after}, NAV {closed['nav_usd']:,.0f} USD.{held}", soft_wrap=True)


@journal.command("ls")
def ls(file: File = None, as_json: Json = False) -> None:
    """List the journals of the file."""
    from hedgebook import journal as front
    from hedgebook.front.journal.keep import opened_file, read_state
    from hedgebook.reports.journal.tables import journals_table

    journals = opened_file(file)
    if as_json:
        table = front.table(file)
        lines = [{"journal": str(name), **row} for name, row in zip(table.index, table.to_dict("records"), strict=True)]
        print_json({"journal_file": str(journals.path), "journals": lines})
        return
    states = [read_state(journals.entries(one), journals.path, one) for one in journals.names()]
    if states:
        print_tables(journals_table(states))
    console().print(f"{len(states)} in {journals.path}", soft_wrap=True)


@journal.command("verify")
def verify(
    name: Annotated[str | None, typer.Argument(help="Of the journal. Default: all.", metavar="[NAME]")] = None,
    file: File = None,
    as_json: Json = False,
) -> None:
    """Follow the chain of all entries, and make every row again from its prices, byte for byte.

    Exits 1 where an entry was changed, taken out or put in, or a row does not follow again.
    """
    from dataclasses import asdict

    from hedgebook import journal as front

    with progress("Making every row again"):
        found = front.verify(name, file=file)
    if as_json:
        print_json({**asdict(found), "sound": found.sound})
    else:
        out = console()
        for one in found.broken:
            out.print(f"Entry {one.number}{f' of {one.trade}' if one.trade else ''}: {one.what}.", soft_wrap=True)
        for journal_name, session in found.differing:
            out.print(f"{journal_name}, {session}: the row does not follow again from its prices.", soft_wrap=True)
        for journal_name, problem in found.unread:
            out.print(f"{journal_name}: {problem}", soft_wrap=True)
        if found.sound:
            out.print(
                f"{counted(found.rows, 'row follows', 'rows follow')} again byte for byte, and no entry was changed.",
                soft_wrap=True,
            )
    if not found.sound:
        raise typer.Exit(EXIT_ALERT)


def _is_folder(subject: str) -> bool:
    """Whether a text names the folder of a ticket, or the file ticket.json in it."""
    from hedgebook.universes.raw_file import is_file, is_folder

    return is_folder(Path(subject)) or (Path(subject).suffix == ".json" and is_file(Path(subject)))


def _open_names(file: Path | None) -> list[str]:
    from hedgebook.front.journal.keep import opened_file, read_state

    journals = opened_file(file)
    return [one for one in journals.names() if read_state(journals.entries(one), journals.path, one).closed is None]


def _market(asked: MarketOptions, universe: Universe, markets: dict[str, Market]) -> Market:
    """The market that is asked for in a journal's own universe, read once for each."""
    key = universe.model_dump_json()
    if key not in markets:
        markets[key] = replace(asked).market(universe)
    return markets[key]


def _print_marks(made: list[Marked], *, as_json: bool) -> None:
    """One line a journal with its alerts under it, or one JSON object; exits 1 where there is an alert."""
    from hedgebook.reports.journal.words import mark_line

    alerts = sum(len(one.alerts) for one in made)
    if as_json:
        lines = [
            {
                "journal": one.state.name,
                "new_sessions": one.new_rows,
                "alerts": list(one.alerts),
                "revisions": [cell for told in one.revisions for cell in told["revisions"]],
                "rescaled": [cell for told in one.revisions for cell in told["rescaled"]],
                "last": None if not one.state.rows else {k: v for k, v in one.state.rows[-1].items() if k != "prices"},
            }
            for one in made
        ]
        print_json({"journals": lines, "alerts": alerts})
    else:
        for one in made:
            told = [mark_line(one.state, one.new_rows, len(one.alerts)), *map(plain, one.alerts[:MOST_SHOWN])]
            more = len(one.alerts) - MOST_SHOWN
            print(
                "; ".join(
                    [*told, *([f"and {more} more, see hedgebook journal show {one.state.name}"] if more > 0 else [])]
                )
            )
    if alerts:
        raise typer.Exit(EXIT_ALERT)
