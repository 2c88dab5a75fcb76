"""One view in every instrument as one JSON-ready value, and as tables of numbers."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from hedgebook.strategies.express.result import FIGURES, Expressed, SweptLuck

from ..page.json import plain, versions
from ..page.undefined import reasoned
from .swept import MOST_TOLD, best_sets

RANGE = ("low", "high")


def figures_frame(found: Expressed) -> pd.DataFrame:
    """A row an expression, indexed by its name: leg, equal, then its figures in USD."""
    rows = [
        {"leg": one.structure.leg, "equal": one.equal, **{name: one.figures[name] for name in FIGURES}}
        for one in found.expressions
    ]
    return pd.DataFrame(rows, index=pd.Index([one.name for one in found.expressions], name="expression"))


def frames_of(found: Expressed) -> dict[str, pd.DataFrame]:
    """Tables of numbers for a workbook."""
    sessions = pd.Index([str(day) for day in found.sessions], name="session")
    frames = {
        "figures": figures_frame(found).reset_index(),
        "pnl": pd.DataFrame({one.name: one.pnl for one in found.expressions}, index=sessions).reset_index(),
        "at expiry": pd.DataFrame({"move": found.moves, **{one.name: one.at_expiry for one in found.expressions}}),
    }
    if found.borrow:
        names = ["by costs" if one.by_costs else f"{100.0 * max(one.fees_annual.values()):g}%" for one in found.borrow]
        columns = {name: dict(one.pnl_usd) for name, one in zip(names, found.borrow, strict=True)}
        frames["borrow"] = pd.DataFrame(columns).rename_axis("expression").reset_index()
    if found.swept is not None:
        frames["sweep"] = found.swept.table
    return frames


def summarise_express(found: Expressed) -> dict[str, Any]:
    """Everything of a comparison: USD and fractions unrounded, None where undefined, with the reason beside it."""
    swept = found.swept
    values = {
        "trade": found.trade.name,
        "title": found.trade.title,
        "event": found.event.id,
        "quotes": found.label,
        "modelled": found.modelled,
        "chain": found.chain,
        "entry_session": str(found.entry),
        "entry_mark": found.entry_mark,
        "exit_session": str(found.exit_session),
        "capital_usd": found.capital_usd,
        "asked": found.asked.parameters(),
        "underlyings": [
            {"ticker": one.ticker, "leg": one.leg, "shares": one.shares, "spot_usd": one.spot_usd}
            for one in found.underlyings
        ],
        "expressions": [
            {
                "name": one.name, "title": one.structure.title, "leg": one.structure.leg, "equal": one.equal,
                **{name: one.figures[name] for name in FIGURES},
                "expires_before_exit": found.expires_before_exit(one),
                "explained_usd": dict(one.explained),
                "shares": dict(one.shares),
                "options": [
                    {
                        "ticker": contract.ticker, "expiry": f"{contract.expiry:%Y-%m-%d}", "right": contract.right,
                        "strike": contract.strike, "contracts": size,
                    }
                    for contract, size in one.positions.items()
                ],
                "pnl_usd_by_session": one.pnl.tolist(),
                "at_expiry_usd": one.at_expiry.tolist(),
                "at_exit_usd": one.at_exit.tolist(),
            }
            for one in found.expressions
        ],
        "sessions": [str(day) for day in found.sessions],
        "moves": found.moves.tolist(),
        "borrow": [
            {"by_costs": one.by_costs, "fees_annual": dict(one.fees_annual), "pnl_usd": dict(one.pnl_usd)}
            for one in found.borrow
        ],
        "sweep": None if swept is None else {
            "count": len(swept.table), "sets": _sets(swept), "best": swept.best, "distinct": swept.distinct,
            "left_out": swept.left_out,
            "spa_p": _known(swept.spa_p), "deflated_sharpe": _known(swept.deflated), "sessions": swept.sessions,
            "why": swept.why,
        },
        "parameters": dict(found.parameters),
        "costs_name": found.costs_name,
        "notes": list(found.notes),
        "simulated": found.market.provenance.simulated,
        "source": found.market.provenance.source,
        "versions": versions(),
    }  # fmt: skip
    made: dict[str, Any] = reasoned(plain(values))
    return made


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _sets(swept: SweptLuck) -> list[dict[str, Any]]:
    """The best sets, best first, those that hold the same as the first of them; all stand in the table."""
    return [
        {name: _known(value) if isinstance(value, float) else value for name, value in one.items() if name not in RANGE}
        for one in best_sets(swept, MOST_TOLD)
    ]
