"""The tables of a journal."""

from __future__ import annotations

from typing import Any

from hedgebook.engine.rules.levels import LABELS
from hedgebook.strategies.journal.state import JournalState
from hedgebook.strategies.journal.view import JournalView

from ..page.numbers import UNDEFINED, count, number, percent
from ..page.table import Column, Table, columns
from .words import place_text, signed

LIMITS = {
    "gross_frac": "Gross", "net_frac": "Net", "name_frac": "Largest name", "borrow_annual": "Highest borrow fee",
    "loss_frac": "Loss", "margin_used_frac": "Margin used",
}  # fmt: skip
MOST_ROWS = 100


def sessions_table(state: JournalState) -> Table:
    """A row a session, the last first."""
    rows = []
    for row in reversed(state.rows[-MOST_ROWS:]):
        on = row["state"] != "waits"
        rows.append(
            (
                row["session"],
                number(row["nav_usd"], 0),
                number(row["pnl_usd"], 0),
                number(row["total_usd"], 0),
                number(sum(row["costs_usd"].values()), 0) if on else UNDEFINED,
                number(row["headroom_usd"], 0) if on else UNDEFINED,
                place_text(row.get("percentile")),
                _alarm(row.get("alarm")),
                "; ".join(sorted({one["kind"] for one in row["alerts"]})) or "none",
            )
        )
    shown = (
        Column("Session", right=False, rank=-1), Column("NAV", rank=-1), Column("Day", rank=-1),
        Column("Total", rank=-1), Column("Costs", rank=3), Column("Headroom", rank=2), Column("Place", rank=-1),
        Column("Drift", rank=4), Column("Alerts", right=False, rank=1),
    )  # fmt: skip
    note = (
        "USD. Costs: of trading and borrow in that session. Headroom: NAV less what margin requires. Place: percentile "
        "of the forecast by that session. Drift: score of the alarm, and the bound that raises it."
    )
    cut = f" The last {MOST_ROWS} of {len(state.rows)} sessions." if len(state.rows) > MOST_ROWS else ""
    return Table("Sessions", shown, tuple(rows), note + cut)


def _alarm(told: dict[str, Any] | None) -> str:
    if told is None or told["score"] is None:
        return UNDEFINED
    bound = UNDEFINED if told["bound"] is None else number(told["bound"])
    return f"{number(told['score'])} of {bound}"


def positions_table(state: JournalState) -> Table | None:
    """What is held after the last session and what each ticker has earned; None before anything was held."""
    if not state.rows or not state.rows[-1].get("tickers"):
        return None
    last = state.rows[-1]
    rows = []
    for ticker, one in sorted(last["tickers"].items(), key=lambda pair: -abs(pair[1]["shares"] * _price(pair[1]))):
        value = one["shares"] * _price(one)
        rows.append(
            (
                ticker,
                number(one["shares"], 2 if one["shares"] % 1 else 0),
                UNDEFINED if one["price_usd"] is None else number(one["price_usd"]),
                percent(value / last["nav_usd"], 1) if last["nav_usd"] > 0.0 else UNDEFINED,
                number(one["pnl_usd"], 0),
                number(one["total_usd"], 0),
                percent(last["borrow_annual"][ticker], 1) if ticker in last["borrow_annual"] else UNDEFINED,
                count(one["stale_sessions"]) if one["stale_sessions"] else UNDEFINED,
            )
        )
    note = (
        "Prices in USD a share. P&L in USD, net of each ticker's own costs. Borrow: annual fee of a short. Stale: "
        "sessions without a price."
    )
    names = columns("Ticker", "Shares", "Price", "Of NAV", "Day", "Total", "Borrow", "Stale")
    return Table(f"Positions after {last['session']}", names, tuple(rows), note)


def _price(one: dict[str, Any]) -> float:
    return float(one["price_usd"] or 0.0)


def stops_table(state: JournalState) -> Table | None:
    """How far each rule is; None where there is none."""
    if not state.rows or not state.rows[-1].get("stops"):
        return None
    rows = tuple(
        (
            LABELS[name],
            percent(one["now_frac"]),
            percent(one["at_frac"]),
            percent(one["left_frac"]),
            number(one["left_usd"], 0),
        )
        for name, one in state.rows[-1]["stops"].items()
    )
    note = "P&L since entry as a fraction of the NAV at entry; a rule looks at closes. Left: until it acts."
    return Table("Distance to the rules", columns("Rule", "Now", "Acts at", "Left", "Left, USD"), rows, note)


def limits_table(state: JournalState) -> Table | None:
    """Value and bound of each limit; None where there is none."""
    if not state.rows or not state.rows[-1].get("limits"):
        return None
    rows = tuple(
        (
            LIMITS.get(name, name[:1].upper() + name[1:]),
            percent(one["value"], 1),
            percent(one["bound"], 1),
            "PASS" if one["holds"] else "FAIL",
        )
        for name, one in state.rows[-1]["limits"].items()
    )
    note = "Fractions of NAV; borrow fees are annual, and headroom is a bound from below."
    return Table("Limits", columns("Limit", "Value", "Bound", "Verdict"), rows, note)


def fills_table(view: JournalView) -> Table | None:
    """Own fills against the model, cause by cause; None without own fills."""
    if not view.fills:
        return None
    rows: list[tuple[str, ...]] = [
        (
            str(one.fill.session),
            one.fill.ticker,
            number(one.fill.shares, 0 if one.fill.shares % 1 == 0 else 2),
            number(one.fill.price_usd),
            number(one.reference_usd),
            number(one.paid_usd, 0),
            number(one.spread_usd, 0),
            number(one.slippage_usd, 0),
            number(one.impact_usd, 0),
            number(one.beyond_usd, 0),
            number(one.fill.commission_usd - one.commission_usd, 0),
        )
        for one in view.fills
    ]
    sums = [
        sum(one.paid_usd for one in view.fills),
        sum(one.spread_usd for one in view.fills),
        sum(one.slippage_usd for one in view.fills),
        sum(one.impact_usd for one in view.fills),
        sum(one.beyond_usd for one in view.fills),
        sum(one.fill.commission_usd - one.commission_usd for one in view.fills),
    ]
    rows.append(("All", "", "", "", "", *(number(one, 0) for one in sums)))
    names = ("Session", "Ticker", "Shares", "Price", "Reference", "Paid", "Spread", "Slippage", "Impact", "Beyond",
             "Commission")  # fmt: skip
    ranks = (-1, -1, 0, 3, 4, -1, 2, 2, 2, -1, 1)
    shown = tuple(Column(name, right=k > 1, rank=ranks[k]) for k, name in enumerate(names))
    note = (
        "USD. Reference: the open of the session, or its close. Paid: shares times price less reference, below zero "
        "where the fill was better. Spread, slippage and impact: what the model expects of it; beyond: the rest, the "
        "time of the fill above all. Commission: paid beyond the model's."
    )
    return Table("Own fills against the model", shown, tuple(rows), note, totals=1)


def revisions_table(state: JournalState) -> Table | None:
    """Prices that the vendor has changed; None for none."""
    rows = [
        (one["ticker"], one["session"], one["field"], _cell(one["kept"]), _cell(one["now"]), told["after"])
        for told in state.revisions
        for one in told["revisions"]
    ]
    if not rows:
        return None
    note = "The kept price stays in the rows. Noticed after: the last session that was marked by then."
    cut = f" The first {MOST_ROWS} of {len(rows):,}; all of them are in journal.json." if len(rows) > MOST_ROWS else ""
    names = columns("Ticker", "Session", "Field", "Kept", "Now", "Noticed after", left=3)
    return Table("Revised prices", names, tuple(rows[:MOST_ROWS]), note + cut)


def _cell(value: float | None) -> str:
    return UNDEFINED if value is None else f"{value:,.10g}"


def watch_table(view: JournalView) -> Table | None:
    """Events of the four indicators since the entry; None for none."""
    if not view.watched:
        return None
    rows = tuple(
        (
            one.first_session,
            ", ".join(each.title for each in one.indicators),
            one.event.headline,
            one.stands,
            UNDEFINED if one.pnl_usd is None else number(one.pnl_usd, 0),
            "; ".join(one.event.sources),
        )
        for one in view.watched
    )
    shown = (
        Column("First session", right=False, rank=-1), Column("Indicator", right=False, rank=1),
        Column("News", right=False, rank=-1), Column("Stands", right=False, rank=-1), Column("P&L since", rank=2),
        Column("Sources", right=False, rank=3),
    )  # fmt: skip
    note = (
        "Stands: by the sides that the event was expected to favour and to hurt, a hypothesis, and the legs of the "
        "trade. P&L since: USD from the close before its first session to the last row."
    )
    return Table("News of the indicators", shown, rows, note)


def journals_table(states: list[JournalState]) -> Table:
    """A line for each journal of a file."""
    rows = []
    for state in states:
        row = state.rows[-1] if state.rows else None
        rows.append(
            (
                state.name,
                state.trade.kind,
                state.closed["closed_at"][:10] if state.closed else row["state"] if row else "waits",
                row["session"] if row else UNDEFINED,
                count(len(state.rows)),
                signed(row["total_usd"] / state.trade.capital_usd) if row else UNDEFINED,
                place_text(row.get("percentile")) if row else UNDEFINED,
                count(len(row["alerts"])) if row else UNDEFINED,
            )
        )
    shown = (
        Column("Journal", right=False, rank=-1), Column("Kind", right=False, rank=3), Column("State", right=False),
        Column("Last session", right=False), Column("Sessions", rank=2), Column("Total", rank=-1),
        Column("Place", rank=1), Column("Alerts", rank=-1),
    )  # fmt: skip
    note = "State: waits for its entry, on, over, or the day on which it was closed. Total: P&L of its capital."
    return Table("Journals", shown, tuple(rows), note)
