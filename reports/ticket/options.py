"""What a ticket beside a book with options says besides: greeks, and how options count in its other tables."""

from __future__ import annotations

from typing import Any

from hedgebook.strategies.ticket.greeks import BUCKET, TICKER
from hedgebook.strategies.ticket.ticket import Ticket

from ..page.numbers import count
from ..page.section import Section
from ..page.table import Column, Table
from ..risk.options import held_badges, held_rows, held_table

BY_DELTA = " Options count by their delta."
REVALUED = " Every option is revalued, volatilities standing still unless a scenario moves them."


def has_options(ticket: Ticket) -> bool:
    """Whether the account holds options."""
    return bool(len(ticket.greeks))


def badges(ticket: Ticket) -> tuple[str, ...]:
    """That quotes of the account's options are modelled, where any is."""
    return held_badges(ticket.held_options)


def options_table(ticket: Ticket) -> Table:
    """Every option held, as the page of a book's risk lists them; empty without options."""
    held = ticket.held_options
    return Table("Options held", (Column("Contract", right=False),), ()) if held is None else held_table(held)


def greeks_table(ticket: Ticket) -> Table:
    """Greeks by ticker and bucket and of all; empty without options."""
    rows = tuple(
        (
            _name(str(r["kind"]), str(r["of"])), count(r["delta_usd_before"]), count(r["delta_usd_after"]),
            *(count(r[f"{name}_after"]) for name in ("gamma_usd", "vega_usd", "theta_usd")),
        )
        for r in ticket.greeks.to_dict("records")
    )  # fmt: skip
    note = (
        "USD, shares and options together. Delta: value of as many shares. Gamma: change of delta for a rise of 1%. "
        "Vega: for one point of volatility. Theta: a calendar day. Orders are of shares, which change delta alone."
    )
    names = (
        Column("Of", right=False), Column("Delta before"), Column("After"), Column("Gamma"), Column("Vega"),
        Column("Theta"),
    )  # fmt: skip
    return Table("Greeks by ticker and bucket", names, rows, note, 1 if rows else 0)


def _name(kind: str, of: str) -> str:
    return of if kind == TICKER else f"bucket {of}" if kind == BUCKET else "All"


def greeks_sections(ticket: Ticket) -> tuple[Section, ...]:
    """The section of options and their greeks, none without options."""
    if not has_options(ticket):
        return ()
    return (Section("greeks", "Options and greeks", tables=(options_table(ticket), greeks_table(ticket))),)


def summarise_greeks(ticket: Ticket) -> dict[str, Any]:
    """The greeks of a ticket for JSON; nothing without options."""
    if not has_options(ticket):
        return {}
    found: dict[str, Any] = {
        "greeks": [{str(k): v for k, v in row.items()} for row in ticket.greeks.to_dict("records")]
    }
    held = ticket.held_options
    if held is not None:
        found["options"] = {"quotes": held.label, "modelled": bool(held.modelled), "contracts": held_rows(held)}
    return found
