"""What a ticket beside a book with options says besides: greeks, and how options count in its other tables."""

from __future__ import annotations

from typing import Any

from hedgebook.strategies.ticket.greeks import BUCKET, TICKER
from hedgebook.strategies.ticket.ticket import Ticket

from ..page.numbers import count, number
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


def option_orders_table(ticket: Ticket) -> Table:
    """The orders in options, empty without any."""
    rows = tuple(
        (
            str(r["contract"]), str(r["side"]), count(abs(r["contracts"])),
            *((count(r["before_contracts"]), count(r["after_contracts"])) if ticket.book else ()),
            number(r["limit_usd"]), count(r["premium_usd"]), number(r["cost_usd"]), count(r["margin_usd"]),
            count(abs(r["replaced_shares"])), "model" if r["modelled"] else "quote",
        )
        for r in ticket.option_orders.to_dict("records")
    )  # fmt: skip
    names = (
        Column("Contract", right=False), Column("Side", right=False), Column("Contracts"),
        *((Column("Before", rank=1), Column("After", rank=1)) if ticket.book else ()), Column("Limit"),
        Column("Premium"), Column("Cost"), Column("Margin", rank=1),
        Column("Of shares", rank=2), Column("Price by", right=False, rank=2),
    )  # fmt: skip
    limit, cost = (
        (f"the middle of the quote at the close of {ticket.as_of}, of a share", "nothing, as costs are none")
        if ticket.terms.nothing
        else (
            f"the ask at the close of {ticket.as_of}, the bid of what is sold, of a share",
            "the half-width of the quote and the commission",
        )
    )
    note = (
        f"USD. Filled with the orders in shares. Limit: {limit}. Premium: at mid. Cost: {cost}. Margin: by how much "
        "the order raises what NAV must be. Of shares: those that it stands for."
    )
    return Table("Orders in options", names, rows, note)


def premium_usd(ticket: Ticket) -> float:
    """What the orders in options are worth at mid, without sign, USD."""
    return float(ticket.option_orders["premium_usd"].abs().sum())


def greeks_table(ticket: Ticket) -> Table:
    """Greeks by ticker and bucket and of all; empty without options."""
    ordered = len(ticket.option_orders) > 0
    shown = ("before", "after") if ordered else ("after",)
    rows = tuple(
        (
            _name(str(r["kind"]), str(r["of"])), count(r["delta_usd_before"]), count(r["delta_usd_after"]),
            *(count(r[f"{name}_{at}"]) for name in ("gamma_usd", "vega_usd", "theta_usd") for at in shown),
        )
        for r in ticket.greeks.to_dict("records")
    )  # fmt: skip
    note = (
        "USD, shares and options together. Delta: value of as many shares. Gamma: change of delta for a rise of 1%. "
        "Vega: for one point of volatility. Theta: a calendar day."
    )
    note += "" if ordered else " Orders are of shares, which change delta alone."
    names = [Column("Of", right=False), Column("Delta before"), Column("Delta after" if ordered else "After")]
    for greek in ("Gamma", "Vega", "Theta"):
        names += [Column(f"{greek} before", rank=1), Column(f"{greek} after")] if ordered else [Column(greek)]
    return Table("Greeks by ticker and bucket", tuple(names), rows, note, 1 if rows else 0)


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
    if len(ticket.option_orders):
        found["option_orders"] = [{str(k): v for k, v in r.items()} for r in ticket.option_orders.to_dict("records")]
    if held is not None:
        found["options"] = {"quotes": held.label, "modelled": bool(held.modelled), "contracts": held_rows(held)}
    return found
