"""hedgebook trades, events, universes: what there is to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hedgebook.errors import ParameterError

from ..deliver import MaybeFolder, print_page
from ..options import SIMULATING, ConfirmMoves, Events, Json, MarketOptions, Prices, RunOptions, grouped
from ..output import console, print_json, print_tables, progress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hedgebook.errors import InputError
    from hedgebook.strategies.strategy.strategy import Strategy
    from hedgebook.universes.event import Event
    from hedgebook.universes.market import Market
    from hedgebook.universes.universe import Universe

EVENT_TRADE = "event-trade"
TradeOrFile = Annotated[
    str | None,
    typer.Argument(
        metavar="[NAME]",
        help="Show this one in full: a trade, FILE.toml:NAME or FILE.py:NAME; FILE.toml lists its trades.",
    ),
]
Name = Annotated[str | None, typer.Argument(metavar="[NAME]", help="Show this one in full.")]


@grouped
def trades(
    asked: RunOptions,
    to: MaybeFolder,
    name: TradeOrFile = None,
    results: Annotated[
        bool, typer.Option("--results", help="Run every trade as it stands, losers too, and judge their luck.")
    ] = False,
) -> None:
    """List the trades, or show one with all its parameters; with --results also what each of them earned."""
    if results:
        _print_results(asked, name, to)
        return
    if to.out is not None:
        raise ParameterError(
            "a list has no report", where="--out", remedy="Add --results, which runs every trade and has one."
        )
    json = to.json
    # Not by way of the front door, which loads the kernels: a list must not wait for them, nor fail with them.
    from hedgebook.strategies.catalogue.find import find_strategy
    from hedgebook.strategies.catalogue.kinds import kind_of
    from hedgebook.strategies.catalogue.read import load_trades, sound_trades
    from hedgebook.universes.event import load_events

    market, known = _market_if(asked), load_events(asked.events).events
    listed = load_trades() if name is None else {}
    wrong: tuple[InputError, ...] = ()
    found = []
    if name is not None and name.endswith(".toml"):
        # A file of one trade shows it; one of several lists those that can be used.
        sound, told = sound_trades(name)
        listed, wrong, name = (sound, told, None) if len(sound) > 1 or (sound and told) else (listed, wrong, name)
    for label, trade in ({"": find_strategy(name)} if name else listed).items():
        covered = _covered(known, trade.parameters()["event"], market) if kind_of(trade) == EVENT_TRADE else {}
        if name:
            print_strategy(trade, covered, as_json=json)
            return
        found.append({**trade.parameters(), "name": label, "kind": kind_of(trade), **trade.idea, **covered})
    if json:
        print_json({"trades": found, **({"not_usable": [str(one) for one in wrong]} if wrong else {})})
        return
    _print_list("Trades", found, ("name", "kind", "title"))
    for problem in wrong:
        console().print(f"Cannot be used: {problem}", soft_wrap=True)


def print_strategy(strategy: Strategy, more: Mapping[str, Any] | None = None, *, as_json: bool) -> None:
    """Show a strategy with what it is for and each of its parameters; more: what else is known of it."""
    from dataclasses import asdict

    from hedgebook.reports.catalogue.tables import parameter_lines
    from hedgebook.reports.page.json import plain
    from hedgebook.strategies.catalogue.kinds import kind_of
    from hedgebook.strategies.strategy.described import described

    parameters = described(strategy)
    told = {**strategy.parameters(), "kind": kind_of(strategy), **strategy.idea, **(more or {})}
    if as_json:
        print_json({"trades": [{**told, "described": plain([asdict(one) for one in parameters])}]})
        return
    head = ("name", "kind", "title", *strategy.idea, "covered")
    _print_fields({key: told[key] for key in head if key in told})
    out = console()
    for rule, title in ((False, "Parameters"), (True, "Rules")):
        out.print()
        out.print(title, style="bold")
        for line in parameter_lines([one for one in parameters if one.rule == rule], out.width):
            out.print(line, soft_wrap=True)


def _print_results(asked: RunOptions, name: str | None, to: MaybeFolder) -> None:
    """What every trade of the catalogue earned, or of a TOML file that is named."""
    from hedgebook.front.catalogue import catalogue_results

    if name is not None and not name.endswith(".toml"):
        raise ParameterError(
            "--results shows all trades together, because luck is judged by how many there are",
            where="--results",
            value=name,
            remedy=f"Leave the name out, name a TOML file, or run the trade: hedgebook run {name}",
        )
    market = asked.market()
    with progress(SIMULATING):
        found = catalogue_results(market, trades=name, **asked.terms)
        found.luck  # noqa: B018
    if to.deliver(found):
        from hedgebook.reports.catalogue.document import catalogue_header
        from hedgebook.reports.catalogue.tables import results_table

        top, tables = catalogue_header(found), (results_table(found),)
        print_page(top, tables, found.notes, to.out, not_run=found.problems)


@grouped
def events(asked: MarketOptions, name: Name = None, library: Events = "events", json: Json = False) -> None:
    """List the events, or show one in full; with --prices also whether those prices cover each."""
    from hedgebook.universes.event import load_events

    market, known = _market_if(asked), load_events(library)
    chosen = (known.get(name),) if name else known.events
    found = [_event_fields(event, market) for event in chosen]
    if json:
        print_json({"events": found})
    elif name:
        _print_fields(found[0])
    else:
        shown = ("id", "timing", "first_session", "headline")
        _print_list("Events", found, (*shown, "covered") if market else shown)


def universes(name: Name = None, prices: Prices = None, confirm: ConfirmMoves = None, json: Json = False) -> None:
    """List the universes, or show one bucket by bucket; with --prices also which members those prices have."""
    from hedgebook.universes.universe import ALL, load_universe, shipped_universes

    if name is None:
        shipped = [load_universe(key) for key in shipped_universes()]
        found = [
            {"name": u.name, "title": u.title, "buckets": len(u.buckets), "tickers": len(u.tickers)} for u in shipped
        ]
        if json:
            print_json({"universes": found})
        else:
            _print_list("Universes", found, ("name", "buckets", "tickers", "title"))
        return
    market = _market_if(MarketOptions(prices, name, confirm))
    universe = market.universe if name == ALL and market is not None else load_universe(name)
    if json:
        print_json(_universe_fields(universe, market))
    else:
        _print_universe(universe, market)


def _universe_fields(universe: Universe, market: Market | None) -> dict[str, Any]:
    priced = {"priced": [t for t in universe.tickers if t in market.columns]} if market else {}
    return {**universe.model_dump(mode="json"), **priced}


def _print_universe(universe: Universe, market: Market | None) -> None:
    rows = [
        {
            "bucket": bucket.name,
            "ticker": member.ticker,
            "company": member.company,
            "since": f"{'before ' if member.earlier else ''}{member.first_session}",
            "prices": "" if market is None else "yes" if member.ticker in market.columns else "no",
        }
        for bucket in universe.buckets
        for member in bucket.members
    ]
    shown = ("bucket", "ticker", "company", "since")
    _print_list(f"{universe.title} ({universe.name})", rows, (*shown, "prices") if market else shown)
    for bucket in universe.buckets:
        console().print(f"{bucket.name}: {bucket.role}")


def _market_if(asked: MarketOptions) -> Market | None:
    return asked.market() if asked.prices is not None or asked.confirm else None


def _event_fields(event: Event, market: Market | None) -> dict[str, Any]:
    from hedgebook.universes.event import event_calendar

    calendar = event_calendar(event)
    first = event.first_fill(calendar)
    return {
        **event.model_dump(mode="json"),
        "known_by": event.known_by(calendar).isoformat(),
        "first_session": str(first.session),
        "first_mark": first.mark.label,
        **_covered((event,), event.id, market),
    }


def _covered(library: tuple[Event, ...], event_id: str, market: Market | None) -> dict[str, Any]:
    """Whether a market has a session before an event's first fill, and the fill's own."""
    if market is None:
        return {}
    from hedgebook.universes.event import event_calendar

    for event in library:
        if event.id == event_id:
            session = event.first_fill(event_calendar(event)).session
            return {"covered": bool(market.sessions[0] < session <= market.sessions[-1])}
    return {"covered": False}


def _print_list(title: str, rows: list[dict[str, Any]], names: tuple[str, ...]) -> None:
    from hedgebook.reports.page.table import Column, Table

    columns = tuple(Column(name.replace("_", " ").capitalize(), right=False) for name in names)
    print_tables(Table(title, columns, tuple(tuple(_text(row[name]) for name in names) for row in rows), ""))


def _print_fields(values: dict[str, Any]) -> None:
    out = console()
    width = max(len(key) for key in values)
    for key, value in values.items():
        if value not in (None, "", [], ()):
            out.print(f"{key:<{width}}  {_text(value)}")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(str(part) for part in value)
    return str(value)
