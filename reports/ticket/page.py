"""A ticket as a page and as a folder."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from hedgebook.strategies.ticket.limits import State
from hedgebook.strategies.ticket.orders import HELD
from hedgebook.strategies.ticket.ticket import Ticket
from hedgebook.universes.counted import counted

from ..page.kind import ReportKind
from ..page.made import made_section
from ..page.numbers import count
from ..page.section import SIMULATED_BADGE, Header, Section
from ..page.table import Table, filled
from . import tables
from .figures import fan_figure
from .money import money_table
from .options import badges, greeks_sections, greeks_table, option_orders_table, options_table, premium_usd
from .summary import summarise_ticket


def ticket_header(ticket: Ticket) -> Header:
    """Title, verdict and badges."""
    kept = ticket.passed and bool(ticket.limits)
    cards = tables.headline_table(ticket)
    event = "" if ticket.event is None else f" on {ticket.event.id}: {ticket.event.headline}"
    return Header(
        title=f"Ticket of {ticket.name}",
        name=ticket.name,
        event=f"As of the close of {ticket.as_of}{event}",
        verdict=verdict(ticket),
        badges=(*((SIMULATED_BADGE,) if ticket.market.provenance.simulated else ()), *badges(ticket)),
        warnings=len(ticket.notes),
        figures=Table("", cards.columns, cards.rows[:4]),
        picture=fan_figure(ticket),
        good=("Within every limit",) if kept else (),
        doubts=() if kept or not ticket.limits else ("Limits broken",),
    )


def verdict(ticket: Ticket) -> str:
    """What is to be done, and whether it may be, in a few sentences."""
    sent = ticket.orders[ticket.orders["status"] == "filled"]
    gross = float(sent["notional_usd"].abs().sum())
    options = len(ticket.option_orders)
    told = [f"{counted(len(sent), 'order')} of {count(gross)} USD together"] if len(sent) or not options else []
    told += [f"{counted(options, 'order')} in options of {count(premium_usd(ticket))} USD"] if options else []
    text = f"{' and '.join(told)}, {tables.entered(ticket)}, on a capital of {count(ticket.capital_usd)} USD."
    missing = int((~ticket.orders["status"].isin(["filled", HELD])).sum())
    if missing:
        text += f" {count(missing)} more cannot be filled then."
    if not ticket.limits:
        return f"{text} No limits were given."
    failed = [r for r in ticket.limits if r.state is State.FAIL]
    unknown = [r for r in ticket.limits if r.state is State.NOT_EVALUATED]
    if failed:
        named = ", ".join(dict.fromkeys(tables.LIMIT_LABELS[r.limit] for r in failed))
        text += f" FAIL: {named}."
    if unknown:
        named = ", ".join(dict.fromkeys(tables.LIMIT_LABELS[r.limit] for r in unknown))
        text += f" Not evaluated, which does not pass: {named}."
    return text if failed or unknown else f"{text} PASS: every limit is kept."


def ticket_tables(ticket: Ticket) -> tuple[Table, ...]:
    """What the terminal shows, in reading order; empty ones left out."""
    found = (
        tables.orders_table(ticket),
        option_orders_table(ticket),
        money_table(ticket),
        tables.limits_table(ticket),
        tables.headline_table(ticket),
        tables.costs_table(ticket),
        tables.shorts_table(ticket),
        tables.margin_table(ticket),
        options_table(ticket),
        greeks_table(ticket),
        tables.tails_table(ticket),
        tables.components_table(ticket),
        tables.factors_table(ticket),
        tables.stresses_table(ticket),
        tables.exits_table(ticket),
        tables.comparables_table(ticket),
        tables.forecast_table(ticket),
    )
    return tuple(filled(table) for table in found if table.rows)


def ticket_sections(ticket: Ticket) -> tuple[Section, ...]:
    """Every section in reading order."""
    picture = fan_figure(ticket)
    found = (
        Section("figures", "Headline figures", cards=tables.headline_table(ticket)),
        Section(
            "orders", "Orders", tables=(tables.orders_table(ticket), option_orders_table(ticket), money_table(ticket))
        ),
        Section("limits", "Limits", tables=(tables.limits_table(ticket),)),
        Section("costs", "Expected costs", tables=(tables.costs_table(ticket), tables.shorts_table(ticket))),
        Section("margin", "Margin", tables=(tables.margin_table(ticket),)),
        Section(
            "risk",
            "Risk before and after",
            tables=(tables.tails_table(ticket), tables.components_table(ticket), tables.factors_table(ticket)),
        ),
        *greeks_sections(ticket),
        Section("stress", "Stress", tables=(tables.stresses_table(ticket),)),
        Section("exits", "Exits", tables=(tables.exits_table(ticket),)),
        Section(
            "forecast",
            "What it may earn",
            figures=() if picture is None else (picture,),
            tables=(tables.forecast_table(ticket), tables.comparables_table(ticket)),
        ),
        Section("warnings", "Warnings", text=() if ticket.notes else ("None.",), items=ticket.notes, end=True),
        made_section(),
    )
    kept = []
    for part in found:
        shown = tuple(filled(table) for table in part.tables if table.rows)
        if part.cards or part.figures or part.items or part.text or shown or part.facts:
            kept.append(part if shown == part.tables else _with(part, shown))
    return tuple(kept)


def _with(part: Section, shown: tuple[Table, ...]) -> Section:
    return Section(
        part.name, part.title, part.text, part.facts, part.cards, part.figures, shown, part.items, end=part.end
    )


def _write_orders(ticket: Ticket, path: Path) -> None:
    """The orders in shares, and those in options as further rows with columns of their own."""
    sent = ticket.orders[ticket.orders["status"] != HELD]
    options = ticket.option_orders.rename(columns={"mid_usd": "reference_usd", "premium_usd": "notional_usd"})
    if len(options):
        sent = pd.concat([sent, options], ignore_index=True) if len(sent) else options
    path.write_text(sent.to_csv(index=False, lineterminator="\n"), encoding="utf-8")


TICKET_REPORT: ReportKind[Ticket] = ReportKind(
    "ticket.json", summarise_ticket, ticket_header, ticket_sections, {"orders.csv": _write_orders}
)
