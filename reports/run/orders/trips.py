"""The table of round trips: how many, how often they gained, how much, and how long they were held."""

from __future__ import annotations

import pandas as pd

from hedgebook.strategies.run.tables import RunTables
from hedgebook.universes.counted import counted

from ...page.numbers import UNDEFINED, count, day, number, percent, pnl_decimals
from ...page.table import Table, columns


def round_trips_table(run: RunTables) -> Table:
    """Figures of the closed round trips, all and by side, and what is still open."""
    trips, cents = run.round_trips, pnl_decimals(run.capital)
    sides = {"All": trips, **{side.capitalize(): trips[trips["side"] == side] for side in ("long", "short")}}
    if trips.empty:
        return Table("Round trips", columns("Figure", *sides), (), "None: no order was filled.")
    shown = {name: part for name, part in sides.items() if len(part)}
    if len(shown) == 2:
        shown.pop("All")
    figures = [_figures(part, cents) for part in shown.values()]
    rows = tuple((name, *(one[name] for one in figures)) for name in figures[0])
    note = "A round trip: from the fill that began a position to the one that ended it. P&L in USD, net of its costs; "
    note += "hit rate: of those with a gain or a loss." + _extremes(trips, cents)
    if trips["open"].all():
        still = counted(len(trips), "round trip is", "round trips are")
        note = f"No position was ever closed: {still} still open. {note}"
    return Table("Round trips", columns("Figure", *shown), rows, note)


def _figures(trips: pd.DataFrame, cents: int) -> dict[str, str]:
    closed = trips[~trips["open"]]
    pnl = closed["pnl_usd"]
    won, lost = pnl[pnl > 0], pnl[pnl < 0]
    return {
        "Closed": count(len(closed)),
        "Hit rate": percent(len(won) / (len(won) + len(lost))) if len(won) + len(lost) else UNDEFINED,
        "Average P&L": _mean(pnl, cents),
        "Average gain": _mean(won, cents),
        "Average loss": _mean(lost, cents),
        "Gains over losses": number(won.sum() / -lost.sum()) if len(lost) else UNDEFINED,
        "Sessions held, mean": number(closed["holding_sessions"].mean(), 1) if len(closed) else UNDEFINED,
        "Sessions held, median": number(closed["holding_sessions"].median(), 1) if len(closed) else UNDEFINED,
        "Best": number(pnl.max(), cents) if len(closed) else UNDEFINED,
        "Worst": number(pnl.min(), cents) if len(closed) else UNDEFINED,
        "P&L, closed": number(pnl.sum(), cents),
        "Still open": count(int(trips["open"].sum())),
        "P&L, still open": number(trips.loc[trips["open"], "pnl_usd"].sum(), cents),
    }


def _mean(amounts: pd.Series[float], cents: int) -> str:
    return number(amounts.mean(), cents) if len(amounts) else UNDEFINED


def _extremes(trips: pd.DataFrame, cents: int) -> str:
    """Which trips were the best and the worst."""
    closed = trips[~trips["open"]]
    if closed.empty:
        return ""
    told = []
    amounts = closed["pnl_usd"].to_numpy()
    for name, k in (("Best", int(amounts.argmax())), ("Worst", int(amounts.argmin()))):
        one = closed.iloc[k]
        when = f"{day(one['entry_session'])} to {day(one['exit_session'])}"
        told.append(f" {name}: {one['ticker']} {one['side']}, {when}, {number(one['pnl_usd'], cents)} USD.")
    return "".join(told)
