"""A search for a hedge as one JSON-ready value, and its best baskets as a table for a file."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import pandas as pd

from hedgebook.strategies.finder.result import Basket, HedgeFound

from ..page.json import SIMULATED_NOTE, plain, versions
from ..page.undefined import reasoned
from .options import options_summary


def summarise_found(found: HedgeFound) -> dict[str, Any]:
    """Everything about a search that fits in one JSON object: USD and fractions, not rounded, None where undefined.

    Positions are negative for shorts; effectiveness is a share of variance.
    """
    sample = found.sample
    values = {
        "book": {"source": found.subject.name, "values": dict(found.subject.values_usd)},
        "note": SIMULATED_NOTE if sample.market.provenance.simulated else None,
        "parameters": found.asked.parameters(),
        "costs_name": found.costs_name,
        "as_of": sample.market.sessions[-1],
        "headline": {
            "names": ", ".join(found.winner.names),
            "effectiveness": found.winner.effectiveness,
            "net_effectiveness": found.winner.net,
            "expected_shortfall_taken": found.winner.shortfall,
            "cost": found.winner.cost_usd,
            "gross": found.winner.gross_usd,
            "p_value": found.p_value,
            "best_by_luck_95": found.luck_95,
            "left_out_effectiveness": found.out_of_sample,
            "left_out_effectiveness_names_anew": found.searched_out_of_sample,
        },
        "winner": _basket(found.winner),
        "frontier": [
            {
                "names": step.count,
                "best": None if step.best is None else _basket(step.best),
                "luck_mean": step.luck_mean,
                "luck_95": step.luck_95,
                "after_luck": step.after_luck,
                "left_out_effectiveness": step.out_of_sample,
                "placebo_books": list(step.luck),
            }
            for step in found.steps
        ],
        "plain": {
            name: {**_basket(one), "left_out_effectiveness": found.plain_out_of_sample(name)}
            for name, one in found.plain.items()
        },
        "events_left_out": [
            {
                "event": one.event,
                "sessions": one.sessions,
                "book_squares": one.book,
                "winner_squares": one.winner,
                "anew_squares": one.searched.get(len(found.winner.names), math.nan),
                "plain_squares": dict(one.plain),
                "names_anew": list(one.names),
            }
            for one in found.left_out
        ],
        "top": [_basket(one) for one in found.top[:20]],
        "counts": asdict(found.counts),
        **({"options": options_summary(found)} if found.sample.options else {}),
        "sample": {
            "sessions": len(sample.rows),
            "first": sample.sessions[0],
            "last": sample.sessions[-1],
            "names": list(sample.problem.names),
            "left_out": dict(sample.left_out),
            "factors": list(sample.definitions),
            "deviation_over_horizon": found.horizon_usd,
            "price_of_risk": found.risk_price,
        },
        "data": asdict(sample.market.provenance),
        "warnings": list(found.warnings),
        "versions": versions(),
    }
    return reasoned(plain(values))


def _basket(one: Basket) -> dict[str, Any]:
    return {
        "positions": dict(one.weights_usd),
        "effectiveness": one.effectiveness,
        "net_effectiveness": one.net,
        "cost": one.cost_usd,
        "expected_shortfall_taken": one.shortfall,
        "at_limit": list(one.at_limit),
    }


def baskets_frame(found: HedgeFound) -> pd.DataFrame:
    """One row for each of the best baskets: rank, names, what it takes away, its cost, and USD of each name."""
    rows = [
        {
            "rank": k + 1,
            "names": ", ".join(one.names),
            "effectiveness": one.effectiveness,
            "net_effectiveness": one.net,
            "cost": one.cost_usd,
            **one.weights_usd,
        }
        for k, one in enumerate(found.top)
    ]
    first = ["rank", "names", "effectiveness", "net_effectiveness", "cost"]
    frame = pd.DataFrame(rows)
    return frame[[*first, *(name for name in found.sample.problem.names if name in frame.columns)]]
