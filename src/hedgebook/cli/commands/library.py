"""hedgebook trades, events, universes: what there is to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..options import ConfirmMoves, Events, Json, MarketOptions, Prices, grouped
from ..output import console, print_json, print_tables

if TYPE_CHECKING:
    from hedgebook.universes.event import Event
    from hedgebook.universes.market import Market
    from hedgebook.universes.universe import Universe

Name = Annotated[str | None, typer.Argument(metavar="[NAME]", help="Show this one in full.")]


@grouped
def trades(asked: MarketOptions, name: Name = None, json: Json = False) -> None:
    """List the trades, or show one with all its parameters."""
    # Not by way of the front door, which loads the kernels: a list must not wait for them, nor fail with them.
    from hedgebook.strategies.catalogue.kinds import kind_of
    from hedgebook.strategies.catalogue.read import find_named, load_trades
    from hedgebook.universes.event import load_events

    market, library = _market_if(asked), load_events().events
    chosen = {name: find_named(name)} if name else load_trades()
    found = []
    for label, trade in chosen.items():
        values = trade.parameters()
        covered = _covered(library, values["event"], market) if "event" in values else {}
        found.append({**values, "name": label, "kind": kind_of(trade), **covered})
    if json:
        print_json({"trades": found})
    elif name:
        _print_fields(found[0])
    else:
        _print_list("Trades", found, ("name", "event", "title"))


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
    from hedgebook.universes.universe import load_universe, shipped_universes

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
    universe = load_universe(name)
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
