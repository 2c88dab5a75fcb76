"""The tables of a ticket, as finished text for the terminal and every document."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any

from hedgebook.engine.recorded import CAUSE_LABELS
from hedgebook.strategies.ticket.limits import GREEK_KINDS, State
from hedgebook.strategies.ticket.ticket import Ticket
from hedgebook.universes.counted import counted

from ..page.numbers import UNDEFINED, count, number, percent, setting
from ..page.table import Column, Table, columns
from .options import BY_DELTA, REVALUED, has_options, premium_usd

MOST_STRESSES, MONEY_DECIMALS = 12, 6
LABELS = {**CAUSE_LABELS, "total": "Total"}
LIMIT_LABELS = {
    "gross": "Gross", "net": "Net", "position": "Name", "bucket": "Bucket", "factor_beta": "Factor beta",
    "var": "VaR", "es": "ES", "adv": "Share of ADV", "borrow": "Borrow fee", "headroom": "Margin headroom",
    "stress": "Stress loss", "concentration": "Concentration", "delta_usd": "Delta USD", "gamma_usd": "Gamma USD",
    "vega_usd": "Vega USD", "theta_usd_day": "Theta USD a day",
}  # fmt: skip
PLAIN = ("factor_beta", "concentration", "gross", "net")


def orders_table(ticket: Ticket) -> Table:
    """The orders, in whole shares; beside a book with what the account has before and after."""
    orders = ticket.orders
    rows = [
        (
            str(row["ticker"]), _side(ticket, row), count(abs(row["shares"])), *_beside(ticket, row),
            number(row["reference_usd"], MONEY_DECIMALS if _is_money(ticket, row) else 2),
            count(row["notional_usd"]), percent(row["adv_frac"], 3), number(row["cost_usd"]), _status(ticket, row),
        )
        for row in orders.to_dict("records")
    ]  # fmt: skip
    names = (
        Column("Ticker", right=False), Column("Side", right=False), Column("Shares"),
        *((Column("Before"), Column("After")) if ticket.book else ()), Column("Reference"),
        Column("Notional USD"), Column("Of ADV"), Column("Cost USD", rank=1), Column("Status", right=False, rank=2),
    )  # fmt: skip
    note = (
        f"Orders: {entered(ticket)}. Reference: the close of {ticket.as_of}, the last price known. Of ADV: of the "
        "average daily value before it."
    )
    note += " Before and after: shares in the account, negative for shorts." if ticket.book else ""
    return Table("Orders", names, tuple(rows), note)


def entered(ticket: Ticket) -> str:
    """When the orders are filled: at one mark, or over several exchanges at those of each."""
    marks: dict[tuple[str, str], list[str]] = {}
    for row in ticket.orders.to_dict("records"):
        marks.setdefault((str(row["mark"]), str(row["session"])), []).append(str(row["ticker"]))
    if len(marks) < 2:
        return f"at the {ticket.entry_mark} of {ticket.entry_session}"
    return ", ".join(f"{', '.join(names)} at the {mark} of {day}" for (mark, day), names in marks.items())


def _beside(ticket: Ticket, row: Mapping[Hashable, Any]) -> tuple[str, ...]:
    return (count(row["before_shares"]), count(row["after_shares"])) if ticket.book else ()


def _is_money(ticket: Ticket, row: Mapping[Hashable, Any]) -> bool:
    return str(row["ticker"]) in ticket.market.currency_columns


def _side(ticket: Ticket, row: Mapping[Hashable, Any]) -> str:
    """Buy, sell or sell short, and both where an order is a bit of each, as an order has to be marked; money is bought
    and sold."""
    if _is_money(ticket, row):
        return str(row["side"])
    short, shares = float(row["sold_short_shares"]), float(row["shares"])
    if row["side"] == "buy":
        covers = min(-min(float(row["before_shares"]), 0.0), shares)
        return "buy" if not covers > 0.0 else "buy to cover" if covers == shares else f"buy, {count(covers)} to cover"
    if not short > 0.0:
        return str(row["side"])
    return "sell short" if short == -shares else f"sell, {count(short)} short"


def _status(ticket: Ticket, row: Mapping[Hashable, Any]) -> str:
    if row["status"] == "held" and str(row["ticker"]) in set(ticket.option_orders["ticker"]):
        return "kept; the rest in options"
    if row["status"] in ("filled", "held"):
        return "to be sent" if row["status"] == "filled" else "held already"
    return f"{row['status']}: {str(row['reason']).replace('_', ' ')}"


def limits_table(ticket: Ticket) -> Table:
    """Every limit with its result, figure and bound; the note says why one could not be evaluated."""
    rows = tuple(
        (LIMIT_LABELS[r.limit], str(r.state), r.of, figure(r.limit, r.value), figure(r.limit, r.bound))
        for r in ticket.limits
    )
    unknown = [
        f"{LIMIT_LABELS[r.limit]} of {r.of}: {r.reason}" for r in ticket.limits if r.state is State.NOT_EVALUATED
    ]
    note = "Of the account with the orders in it. A figure that is exactly its bound passes."
    note += BY_DELTA[:-1] + " in sizes and betas." if has_options(ticket) else ""
    note += f" Not evaluated, which does not pass: {'; '.join(unknown)}." if unknown else ""
    return Table("Limits", columns("Limit", "Result", "Of", "Figure", "Bound", left=3), rows, note)


def figure(kind: str, value: float) -> str:
    """A figure of a limit as it is read: betas and leverage as numbers, greeks in USD, all others in percent."""
    if kind in GREEK_KINDS:
        return number(value, 0 if abs(value) >= 100.0 else 2)
    return number(value) if kind in PLAIN else percent(value)


def costs_table(ticket: Ticket) -> Table:
    """Expected costs by cause, with their band."""
    rows = [
        (
            LABELS[str(cause)],
            *(number(row[name]) for name in ("entry_usd", "later_usd", "total_usd", "low_usd", "high_usd")),
        )
        for cause, row in ticket.costs.table.iterrows()
    ]
    note = (
        f"USD. Later: borrow, and the orders that end the plan. Low and high: {ticket.costs.note}. The account's cash "
        f"is expected to earn {number(ticket.costs.interest_usd)} meanwhile, which is not in it."
    )
    return Table("Expected costs", columns("Cause", "Entry", "Later", "Total", "Low", "High"), tuple(rows), note, 1)


def shorts_table(ticket: Ticket) -> Table:
    """Each short: fee, locate and rule 201."""
    rows = tuple(
        (str(r["ticker"]), count(abs(r["shares"])), percent(r["borrow_annual"]), str(r["locate"]), str(r["rule_201"]))
        for r in ticket.shorts.to_dict("records")
    )
    names = (
        Column("Ticker", right=False), Column("Shares"), Column("Fee a year"), Column("Locate", right=False),
        Column("Rule 201", right=False),
    )  # fmt: skip
    note = (
        "Rule 201 by the last known session: free until a fall of 10% triggers it, which the entry itself still may. "
        "Locates are the broker's to confirm."
    )
    return Table("Short sales", names, rows, note)


def margin_table(ticket: Ticket) -> Table:
    """Requirement, headroom and the moves that bring a call, before and after."""
    rows_of = ticket.margin.to_dict(orient="index")
    before, after = ({str(k): float(v) for k, v in rows_of[at].items()} for at in ("before", "after"))
    rows: list[tuple[str, ...]] = [
        (label, count(before[name]), count(after[name]))
        for label, name in (
            ("NAV USD", "nav_usd"), ("Initial requirement USD", "initial_usd"),
            ("Headroom over it USD", "initial_headroom_usd"), ("Maintenance requirement USD", "requirement_usd"),
            ("Headroom over it USD", "headroom_usd"),
        )
    ]  # fmt: skip
    rows.insert(3, _of_nav("initial_headroom_frac", before, after))
    rows.append(_of_nav("headroom_frac", before, after))
    rows += [
        (label, _move(before[name]), _move(after[name]))
        for label, name in (
            ("Call: all against by", "call_move"), ("Call: longs alone fall by", "call_move_longs"),
            ("Call: shorts alone rise by", "call_move_shorts"),
        )
    ]  # fmt: skip
    for label, name in (
        ("Gross, of NAV", "gross"), ("Net without sign, of NAV", "net"), ("Largest name, of NAV", "position"),
        ("Largest bucket, of NAV", "bucket"),
    ):  # fmt: skip
        rows.append((label, *(percent(_size(ticket, name, at), 1) for at in ("before", "after"))))
    whose = f"the book {ticket.book}" if ticket.book else "cash alone before the trade"
    note = (
        f"The account: {whose}; rules of {ticket.account.name}. Before and after the orders, at the last known closes. "
        "Initial: what all positions together require to be opened now, Regulation T where the rules say nothing else; "
        "maintenance: to be kept."
    )
    if has_options(ticket):
        note += (
            " With options: what NAV has to be by FINRA rule 4210 and Regulation T on shares and options together, and "
            "calls by moves against each ticker's delta. Sizes are by delta."
        )
    return Table("Margin and size", columns("Figure", "Before", "After"), tuple(rows), note)


def _of_nav(name: str, before: Mapping[str, float], after: Mapping[str, float]) -> tuple[str, ...]:
    return ("Headroom over it, of NAV", percent(before[name]), percent(after[name]))


def _size(ticket: Ticket, name: str, at: str) -> float:
    return float(ticket.sizes[name][at]) if name in ticket.sizes else 0.0


def _move(value: float) -> str:
    return "none does" if math.isinf(value) else percent(value, 1)


def tails_table(ticket: Ticket) -> Table:
    """VaR and ES before, after and incremental."""
    rows = tuple(
        (
            f"{r['figure']} {setting(r['confidence'])}",
            *(percent(r[n]) for n in ("before_frac", "after_frac", "incremental_frac")),
        )
        for r in ticket.tails.to_dict("records")
    )
    note = "Losses of NAV in one session: historical, over the sessions that all tickers share."
    if ticket.days is not None:
        note = f"Losses of NAV from one common session to the next: historical, over {ticket.days.text}."
    note += REVALUED if has_options(ticket) else ""
    return Table("VaR and ES", columns("Figure", "Before", "After", "Incremental"), rows, note)


def components_table(ticket: Ticket) -> Table:
    """What each ticker adds to VaR and ES."""
    frame = ticket.by_ticker
    parts = ("component_var", "component_es", "incremental_var")
    rows = [(str(t), percent(r["weight"], 1), *(percent(r[part]) for part in parts)) for t, r in frame.iterrows()]
    confidence = setting(float(ticket.tails["confidence"].iloc[0])) if len(ticket.tails) else UNDEFINED
    note = f"At {confidence}; components add up to the book's. Incremental: what the book's VaR would lack without it."
    line = "Line" if has_options(ticket) else "Ticker"
    names = columns(line, "Weight", "VaR part", "ES part", "Incremental")
    return Table(f"Risk by {line.lower()}", names, tuple(rows), note, 1 if rows else 0)


def factors_table(ticket: Ticket) -> Table:
    """Betas before, after and incremental."""
    rows = tuple(
        (str(name), *(number(row[n]) for n in ("before", "after", "incremental")))
        for name, row in ticket.factors.iterrows()
    )
    note = "Betas of NAV to the factors together, over the 250 sessions up to the last known close."
    note += BY_DELTA if has_options(ticket) else ""
    return Table("Factor exposure", columns("Factor", "Before", "After", "Incremental"), rows, note)


def stresses_table(ticket: Ticket) -> Table:
    """The worst scenarios and replays."""
    shown = ticket.stresses.head(MOST_STRESSES)
    rows = tuple(
        (
            str(r["name"]),
            str(r["kind"]),
            percent(r["before_frac"], 1),
            percent(r["after_frac"], 1),
            "call" if r["called_after"] else "",
        )
        for r in shown.to_dict("records")
    )
    left = len(ticket.stresses) - len(shown)
    revalued = REVALUED if has_options(ticket) else ""
    note = "Of NAV, the lowest on the way; replays are of events known by then, by abnormal returns over 5 sessions."
    note += revalued
    note += f" {left} milder ones are in the JSON file." if left > 0 else ""
    names = (
        Column("Scenario or replay", right=False), Column("Kind", right=False, rank=1), Column("Before"),
        Column("After"), Column("Margin", right=False),
    )  # fmt: skip
    return Table("Worst scenarios and replays", names, rows, note)


def exits_table(ticket: Ticket) -> Table:
    """Levels at which rules end the plan."""
    rows = tuple(
        (
            str(r["rule"]).replace("_", " "),
            str(r["of"]),
            r["level"] if isinstance(r["level"], str) else number(r["level"]),
            r["meaning"],
        )
        for r in ticket.exits.to_dict("records")
    )
    names = (
        Column("Rule", right=False), Column("Of", right=False), Column("Level"),
        Column("Which is", right=False, rank=1),
    )  # fmt: skip
    return Table("Exits", names, rows, "NAV and P&L of the trade alone, prices in USD.")


def comparables_table(ticket: Ticket) -> Table:
    """What the orders would have earned in events like this one."""
    frame = ticket.comparables
    rows = [(r["event"], r["announced_on"], r["tags"], count(r["pnl_usd"])) for r in frame.to_dict("records")]
    if len(frame) > 1:
        values = frame["pnl_usd"]
        rows += [("Mean", "", "", count(values.mean())), ("Lowest", "", "", count(values.min()))]
    names = (
        Column("Event", right=False), Column("Announced", right=False), Column("Tags", right=False, rank=1),
        Column("P&L USD"),
    )  # fmt: skip
    note = (
        f"Earlier events that share a tag, their abnormal returns over "
        f"{counted(ticket.compared_sessions, 'session')} on these orders, before costs. "
        "So few events are no distribution: see them as cases."
    )
    return Table("Comparable events", names, tuple(rows), note, 2 if len(frame) > 1 else 0)


def forecast_table(ticket: Ticket) -> Table:
    """The fan of the forecast at some sessions."""
    found = ticket.forecast
    if found is None:
        return Table("Forecast", columns("Session"), ())
    shown = sorted({1, 2, 5, 10, 20, 40, found.sessions} & set(range(1, found.sessions + 1)))
    rows = tuple((str(s), *(count(x) for x in found.fan_usd[s - 1]), count(found.mean_usd[s - 1])) for s in shown)
    names = columns("Session", *(setting(level) for level in found.levels), "Mean", left=0)
    note = f"Cumulative P&L after costs, USD, by share of paths below it: {found.method}."
    return Table("Forecast", names, rows, note)


def headline_table(ticket: Ticket) -> Table:
    """The few figures that answer most."""
    tail = ticket.tails.iloc[0]
    gross = float(ticket.orders["notional_usd"].abs().sum())
    total = {name: float(ticket.costs.table[name]["total"]) for name in ("total_usd", "low_usd", "high_usd")}
    worst = ticket.stresses.iloc[0] if len(ticket.stresses) else None
    rows = [
        *([("Orders, USD", count(gross))] if len(ticket.orders) or not len(ticket.option_orders) else []),
        *([("Orders in options, premium USD", count(premium_usd(ticket)))] if len(ticket.option_orders) else []),
        ("Expected cost, USD", count(total["total_usd"])),
        (f"VaR {setting(tail['confidence'])} after, of NAV", percent(tail["after_frac"])),
        ("Margin headroom after, of NAV", percent(float(ticket.margin["headroom_frac"]["after"]), 1)),
    ]
    if math.isfinite(total["low_usd"]):
        low, high = count(total["low_usd"]), count(total["high_usd"])
        rows.append((f"Band of the cost, {ticket.costs.coverage:.0%} of the time, USD", f"{low} to {high}"))
    if worst is not None:
        rows.append((f"Worst: {worst['name']}, of NAV", percent(worst["after_frac"], 1)))
    if not math.isnan(ticket.capacity["capital_usd"]):
        rows.append((f"Capital at 10% of ADV of {ticket.capacity['ticker']}", count(ticket.capacity["capital_usd"])))
    return Table("Headline", columns("Figure", "Value"), tuple(rows))
