"""Nothing on a ticket changes when a later price does: `python -m tests.laws.test_ticket 1000` tries more markets."""

from __future__ import annotations

import dataclasses
import json
import sys
from datetime import date
from typing import Any

import numpy as np

import hedgebook as hb
from hedgebook.errors import InputError
from hedgebook.universes.event import Event, Timing
from hedgebook.universes.market import Market
from tests.markets import changed_after, random_market

SESSIONS, TICKERS = 150, 6
HALF = ("gross", "net", "position", "bucket", "factor_beta", "var", "es", "adv", "borrow", "stress")
LIMITS = hb.Limits.model_validate(
    {
        **{kind: {"max": 0.5} for kind in HALF},
        "headroom": {"min": 0.2},
        "concentration": {"max": 0.5},
    }
)  # fmt: skip


def a_case(seed: int) -> tuple[Market, int, dict[str, Any]]:
    """A random market, the row that a ticket is made at, and what is asked."""
    draw = np.random.default_rng(seed)
    market = random_market(seed, SESSIONS, TICKERS, missing_frac=float(draw.choice([0.0, 0.02])))
    row = int(draw.integers(90, SESSIONS - 30))
    book = hb.Book({"T2": float(draw.integers(-500, 500) or 1), "T3": 100.0}, cash_usd=500_000.0)
    asked: dict[str, Any] = {
        "account": str(draw.choice(["plain", "none"])),
        "book": book if draw.random() < 0.5 else None,
        "limits": LIMITS,
        "capital": float(draw.choice([50_000.0, 1e6])),
    }
    if seed % 3 == 0:
        asked |= {
            "trade": hb.RebalancedBasket(long=("T2", "T4"), short=("T5",), every="week"),
            "as_of": market.sessions[row],
        }
        return market, row, asked
    timing = Timing.PRE_OPEN if draw.random() < 0.5 else Timing.INTRADAY
    told = market.sessions[row + 1].item()
    assert isinstance(told, date)
    event = Event(id="e", announced_on=told, timing=timing, headline="h", sources=("s",), tags=("own",))
    trade = hb.EventTrade(
        name="one", event="e", long=("T2",), short=("T3", "T4"), hold=int(draw.integers(1, 15)),
        delay=int(draw.integers(0, 3)),
        hedge=str(draw.choice(["dollar", "volatility_parity"])), lookback=40,
        rules=hb.Rules(stop_loss=0.1, short_stop=0.05),
    )  # fmt: skip
    return market, row, {**asked, "trade": trade, "event": event}


def ticket_text(market: Market, asked: dict[str, Any]) -> str:
    """Everything that a ticket says, or why there is none."""
    rest = {name: value for name, value in asked.items() if name != "trade"}
    try:
        return json.dumps(hb.ticket(asked["trade"], market, **rest).to_dict(), sort_keys=True)
    except InputError as problem:
        return str(problem)


def is_same(seed: int) -> bool:
    """Whether a ticket says the same on prices that are others after its close; raises where it says otherwise."""
    market, row, asked = a_case(seed)
    told = ticket_text(market, asked)
    assert told == ticket_text(changed_after(market, row, seed + 1), asked), seed
    if seed % 5 == 0:  # and not a word of sessions that have not come
        cut = market.rows(0, row + 1 if "as_of" in asked else row + 2)
        assert told == ticket_text(cut, asked), seed
    return told.startswith("{")


def test_no_later_price_matters() -> None:
    made = sum(is_same(seed) for seed in range(25))
    assert made >= 20


def test_a_price_at_its_close_does() -> None:
    market, row, asked = a_case(1)
    close = market.close.copy()
    close[row] *= 1.05
    assert ticket_text(market, asked) != ticket_text(dataclasses.replace(market, close=close), asked)


if __name__ == "__main__":
    count = int(sys.argv[1])
    print(f"{sum(is_same(seed) for seed in range(count))} tickets of {count} markets, none changed by a later price")
