"""A ticket as one JSON-ready value."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import pandas as pd

from hedgebook.strategies.ticket.ticket import Ticket

from ..page.json import plain, versions
from ..page.undefined import reasoned
from .options import summarise_greeks


def summarise_ticket(ticket: Ticket) -> dict[str, Any]:
    """Everything of a ticket: USD and fractions unrounded, None where undefined, with the reason beside it."""
    market = ticket.market
    values = {
        "trade": ticket.name,
        "title": ticket.strategy.title,
        "event": None if ticket.event is None else ticket.event.id,
        "as_of": str(ticket.as_of),
        "entry_session": str(ticket.entry_session),
        "entry_mark": ticket.entry_mark,
        "exit_session": None if ticket.exit_session is None else str(ticket.exit_session),
        "capital_usd": ticket.capital_usd,
        "nav_usd": ticket.nav_usd,
        "book": ticket.book,
        "passed": ticket.passed if ticket.limits else None,
        "limits": [
            {
                "limit": r.limit, "of": r.of, "value": _known(r.value), "bound": r.bound, "state": str(r.state),
                "reason": r.reason,
            }
            for r in ticket.limits
        ],
        "orders": _rows(ticket.orders),
        "shorts": _rows(ticket.shorts),
        **({"currency_hedge": _rows(ticket.money)} if len(ticket.money) else {}),
        "expected_costs": {
            "by_cause": _by_index(ticket.costs.table),
            "by_session_usd": ticket.costs.by_session.tolist(),
            "interest_usd": ticket.costs.interest_usd,
            "band_coverage": ticket.costs.coverage,
            "band_sessions": ticket.costs.anchors,
            "note": ticket.costs.note,
        },
        "margin": _by_index(ticket.margin),
        "sizes": _by_index(ticket.sizes),
        "factor_betas": _by_index(ticket.factors),
        "tails": _rows(ticket.tails),
        **({} if ticket.days is None else {"days": asdict(ticket.days)}),
        "risk_by_ticker": _by_index(ticket.by_ticker),
        **summarise_greeks(ticket),
        "stresses": _rows(ticket.stresses),
        "capacity": {name: _known(value) for name, value in ticket.capacity.items()},
        "exits": _rows(ticket.exits),
        "comparables": _rows(ticket.comparables),
        "compared_sessions": ticket.compared_sessions,
        "forecast": None if ticket.forecast is None else ticket.forecast.to_dict(),
        "parameters": ticket.strategy.parameters(),
        "account": ticket.account.name,
        "costs_name": ticket.terms.name,
        "notes": list(ticket.notes),
        "simulated": market.provenance.simulated,
        "source": market.provenance.source,
        "versions": versions(),
    }  # fmt: skip
    found: dict[str, Any] = reasoned(plain(values))
    return found


def _known(value: Any) -> Any:
    return value if not isinstance(value, float) or math.isfinite(value) else None


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): _known(v) for k, v in row.items()} for row in frame.to_dict("records")]


def _by_index(frame: pd.DataFrame) -> dict[str, dict[str, Any]]:
    names = [str(name) for name in frame.index]
    return dict(zip(names, _rows(frame), strict=True))
