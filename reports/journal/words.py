"""A journal in sentences, and in the one line of a mark."""

from __future__ import annotations

from typing import Any

from hedgebook.strategies.journal.state import JournalState
from hedgebook.universes.counted import counted

from ..page.numbers import MINUS, UNDEFINED, number, percent

STATES = {"waits": "waits for its entry", "on": "is on", "over": "is over"}


def signed(fraction: float, decimals: int = 2) -> str:
    """A fraction as a percentage with its sign."""
    text = percent(fraction, decimals)
    return text if text.startswith((MINUS, UNDEFINED)) else f"+{text}"


def state_word(state: JournalState) -> str:
    """What a journal is at: closed, or what its last row says."""
    if state.closed is not None:
        return "closed"
    return str(state.rows[-1]["state"]) if state.rows else "waits"


def place_text(fraction: float | None) -> str:
    """A place in the forecast as a percentile, as in p38, or that it is below or above all of its levels."""
    if fraction is None:
        return UNDEFINED
    return {0.0: "below", 1.0: "above"}.get(fraction, f"p{100 * fraction:.0f}")


def mark_line(state: JournalState, new_rows: int, alerts: int) -> str:
    """One line of a mark: name, last session, day, total, place in the forecast, and whether somebody is asked for."""
    asked = f"ALERT {alerts}" if alerts else "ok"
    if not state.rows:
        return f"{state.name}  no session yet  {asked}"
    row, capital = state.rows[-1], state.trade.capital_usd
    parts = [
        state.name,
        row["session"],
        f"day {signed(_day(row))}",
        f"total {signed(row['total_usd'] / capital)}",
        place_text(row.get("percentile")),
        state_word(state),
        f"+{new_rows}",
        asked,
    ]
    return "  ".join(parts)


def verdict(state: JournalState) -> str:
    """Where a trade stands, in two sentences."""
    if not state.rows:
        return "No session has been marked yet."
    row, fan = state.rows[-1], state.trade.fan
    if row["state"] == "waits":
        return f"After {row['session']} the trade waits for its entry."
    made = "made" if row["total_usd"] >= 0.0 else "lost"
    text = f"After {_sessions_on(state)} the trade has {made} {number(abs(row['total_usd']), 0)} USD, "
    text += f"{signed(row['total_usd'] / state.trade.capital_usd)} of its capital, and {STATES[row['state']]}."
    if row["percentile"] is not None and fan is not None:
        text += f" It stands {_place(row['percentile'], fan.levels)} of its forecast."
    return text


def _sessions_on(state: JournalState) -> str:
    """How many rows there are since the entry, as a run counts sessions; of several exchanges also what the forecast
    goes by."""
    on = sum(one["state"] != "waits" for one in state.rows)
    by_forecast = state.rows[-1]["since_entry"]
    more = "" if on == by_forecast else f" ({by_forecast} of the first exchange, which the forecast counts)"
    return counted(on, "session") + more


def _place(fraction: float, levels: tuple[float, ...]) -> str:
    if fraction in (0.0, 1.0):
        side, level = ("below", levels[0]) if fraction == 0.0 else ("above", levels[-1])
        return f"{side} the {percent(level, 0)} line"
    return f"at the {percent(fraction, 0)} line"


def _day(row: dict[str, Any]) -> float:
    before = row["nav_usd"] - row["pnl_usd"]
    return float(row["pnl_usd"] / before) if before > 0.0 else float("nan")
