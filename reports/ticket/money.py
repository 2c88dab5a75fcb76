"""What a ticket says of the money abroad that its shares are paid with."""

from __future__ import annotations

from hedgebook.strategies.ticket.ticket import Ticket

from ..page.numbers import count, percent
from ..page.table import Column, Table


def money_table(ticket: Ticket) -> Table:
    """The currency hedge by currency; empty where the account asks for none, or nothing is held abroad."""
    rows = tuple(
        (
            str(r["ticker"]), percent(r["hedge_frac"], 0), "owed" if r["units"] < 0.0 else "owned",
            count(abs(r["units"])), count(r["usd"]), f"{r['mark']} of {r['session']}",
        )
        for r in ticket.money.to_dict("records")
    )  # fmt: skip
    names = (
        Column("Currency", right=False), Column("Hedged"), Column("Side", right=False), Column("Units"), Column("USD"),
        Column("When", right=False, rank=1),
    )  # fmt: skip
    note = (
        "Money in the currency of what is held abroad: owed for what is bought there, owned for what is sold short, "
        f"the part that currency_hedge_frac of the account says. It is among the orders, at the rate of {ticket.as_of}."
    )
    return Table("Currency hedge", names, rows, note)
