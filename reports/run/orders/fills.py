"""Fills of a run, and its orders that waited or were dropped."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from hedgebook.engine.backtest import Booked, Reason, causes
from hedgebook.strategies.run.run import StrategyRun

from ...page.numbers import day, number
from ...page.table import Table, columns

MAX_FILLS = 200
FILL_COLUMNS = ("Session", "Mark", "Ticker", "Shares", "Reference", "Fill")


def fills_table(run: StrategyRun, *, detailed: bool = False) -> Table:
    """Every fill with its price and cost in USD; detailed: with each cost in a column of its own."""
    fills = run.fills
    kinds = causes(Booked.TRADING) if detailed else ()
    basis = "total-return adjusted" if run.market.quotes is None else "as quoted"
    shown, cut = ends_of(fills, MAX_FILLS)
    rows = []
    for fill in shown.to_dict("records"):
        rows.append(
            (
                day(fill["session"]),
                str(fill["mark"]),
                str(fill["ticker"]),
                number(fill["shares"]),
                number(fill["reference"]),
                number(fill["price"]),
                *(number(fill[kind.column]) for kind in kinds),
                number(fill["cost"]),
            )
        )
    if cut:
        rows.insert(MAX_FILLS // 2, ("...", "", f"{len(fills) - MAX_FILLS:,} more", *[""] * (len(kinds) + 4)))
        cut = f" {cut} All of them stand in fills.parquet of the run's folder, and in run.fills."
    total = ("Total", *[""] * 5, *(number(fills[kind.column].sum()) for kind in kinds), number(fills["cost"].sum()))
    return Table(
        "Fills",
        columns(*FILL_COLUMNS, *(kind.label for kind in kinds), "Cost", left=3, keep=("Shares", "Fill", "Cost")),
        (*rows, total),
        f"Prices in USD a share, {basis}; cost in USD. Negative shares: sold." + _written_off(fills) + cut,
        totals=1,
    )


def ends_of(frame: pd.DataFrame, most: int) -> tuple[pd.DataFrame, str]:
    """At most so many rows of a table, the first and the last ones, and what is said where some are left out."""
    if len(frame) <= most:
        return frame, ""
    half = most // 2
    return pd.concat([frame.head(half), frame.tail(half)]), f"The first and the last {half} of {len(frame):,}."


def _written_off(fills: pd.DataFrame) -> str:
    parts = []
    for reason, words in (("delisted", "at its delisting"), ("stale", "at the end, without a price")):
        gone = sorted(set(fills.loc[fills["reason"] == reason, "ticker"]))
        parts += [f" Written off {words}, at the recovery that was stated: {', '.join(gone)}."] if gone else []
    return "".join(parts)


def rejected_table(run: StrategyRun, *, limit: int = MAX_FILLS) -> Table:
    """Orders that waited or were dropped, and why; of more than `limit` the first and the last ones."""
    found = run.rejected
    shown, cut = ends_of(found, limit)
    rows = [
        (day(r["session"]), str(r["mark"]), str(r["ticker"]), str(r["status"]), Reason[str(r["reason"]).upper()].label)
        for r in shown.to_dict("records")
    ]
    names = ("Session", "Mark", "Ticker", "Status", "Reason")
    note = "Deferred orders wait for the next mark; rejected ones are dropped." if rows else "None."
    if cut:
        rows.insert(limit // 2, ("...", "", f"{len(found) - limit:,} more", "", ""))
        pairs = zip(found["status"].astype(str), found["reason"].astype(str), strict=True)
        kinds = "; ".join(
            f"{status}, {Reason[why.upper()].label}: {many:,}" for (status, why), many in Counter(pairs).most_common()
        )
        note = f"{note} {cut} {kinds[:1].upper()}{kinds[1:]}. All of them: run.rejected."
    return Table("Rejected and deferred orders", columns(*names, left=5), tuple(rows), note)
