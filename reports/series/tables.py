"""The tables of a trade over many events, as finished text for the terminal and for the HTML report."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from hedgebook.strategies.series.choice import Overlap
from hedgebook.strategies.series.run import EventSeries
from hedgebook.strategies.series.statistics import ClusteredMean

from ..page.numbers import UNDEFINED, count, number, percent, pnl_decimals, setting
from ..page.table import Table, columns
from ..study.tables import p_text

WHY = {"legs": "not set up", "overlap": "overlaps", "fills": "not traded"}
HITS = {True: "hit", False: "miss", None: UNDEFINED}


def series_statistics_table(series: EventSeries) -> Table:
    """What all events say together."""
    mean, hits, out = series.mean, series.hits, series.without_one
    worst, lost = series.worst
    rows = [
        ("Events traded", f"{len(series.runs)} of {len(series.asked)}"),
        ("Clusters", count(mean.clusters)),
        ("Mean return an event", percent(mean.mean)),
        ("Mean of the clusters' means", percent(mean.mean_of_clusters)),
        ("Error by clusters, as independent", f"{percent(mean.standard_error)}, {percent(mean.naive_error)}"),
        ("95% interval by clusters", interval(mean.low, mean.high)),
        ("t, p-value by clusters", t_text(mean)),
        ("Hit rate", f"{percent(hits.rate, 0)} ({hits.hits} of {hits.events})"),
        ("Exact 95% interval of it", interval(hits.low, hits.high, 0)),
        ("Worst event", f"{worst} {percent(lost)}".strip()),
        *_without(out.low, out.low_without, out.high, out.high_without),
    ]
    note = (
        "Events whose windows share a session are one cluster: they are no independent evidence. The exact interval "
        "of the hit rate takes events as independent."
    )
    return Table("All events together", columns("Figure", "Value", left=2), tuple(rows), note)


def _without(low: float, low_name: str, high: float, high_name: str) -> tuple[tuple[str, str], ...]:
    if math.isnan(low):
        return ()
    return (
        ("Lowest mean without one", f"{percent(low)}, without {low_name}"),
        ("Highest mean without one", f"{percent(high)}, without {high_name}"),
    )


def interval(low: float, high: float, decimals: int = 2) -> str:
    """Two fractions as a percentage interval, a dash where there is none."""
    if math.isnan(low):
        return UNDEFINED
    return f"{percent(low, decimals)} to {percent(high, decimals)}"


def t_text(mean: ClusteredMean) -> str:
    """t and p-value, a dash where there is one cluster."""
    return UNDEFINED if math.isnan(mean.t) else f"{number(mean.t)}, {p_text(mean.p_value)}"


def series_book_table(series: EventSeries) -> Table:
    """All events in one account."""
    book = series.book
    cents = pnl_decimals(book.capital)
    levels = [book.capital, *book.record.days["nav_close"].tolist()]
    high, fall = levels[0], 0.0
    for level in levels:
        high = max(high, level)
        fall = min(fall, level / high - 1.0)
    rows = (
        ("Overlapping events", overlap_words(series)),
        ("From, to", f"{book.market.sessions[0]}, {book.market.sessions[-1]}"),
        ("P&L", f"{number(book.final_nav - book.capital, cents)} USD on {number(book.capital, cents)} USD"),
        ("Total return", percent(book.final_nav / book.capital - 1.0)),
        ("Largest drawdown", percent(fall)),
        ("Largest gross asked for", f"{percent(series.largest_gross)} of NAV"),
        ("Costs and interest", f"{number(sum(book.costs_paid.values()), cents)} USD"),
    )
    note = "One simulation: each entry takes its weights of the NAV that the events before it have left."
    return Table("All events in one account", columns("Figure", "Value", left=2), rows, note)


def overlap_words(series: EventSeries) -> str:
    """How overlapping events were treated."""
    if series.choice.overlap is Overlap.SKIP:
        return "skipped"
    if series.choice.overlap is Overlap.STACK:
        return "stacked"
    return f"stacked, scaled to a gross of at most {setting(series.choice.max_gross or series.trade.gross)}"


def series_events_table(series: EventSeries, *, detailed: bool = False) -> Table:
    """One row a traded event; detailed: with its exit, beta, drawdown and legs."""
    cents = pnl_decimals(series.book.capital)
    rows = []
    for name, line in zip(series.table.index, series.table.to_dict("records"), strict=True):
        more = (
            (str(line["exit"]), number(line["beta"]), percent(line["max_drawdown"]), _sides(line)) if detailed else ()
        )
        rows.append(
            (
                str(name),
                percent(line["return"]),
                percent(line["abnormal"]),
                number(line["pnl"], cents),
                str(line["cluster"] + 1),
                str(line["entry"]),
                *more,
            )
        )
    made = columns("Event", "Return", "Adjusted", "P&L USD", "Cl.", "Entry")
    if detailed:
        text = columns("Legs", left=1)
        made = (*made, *columns("Exit", "Beta", "Drawdown", left=0), *text)
    note = (
        f"Each on its own, with the full capital, net of costs. Adjusted: less beta times {series.benchmark}. "
        "Cl.: cluster."
        if series.benchmark
        else "Each on its own, with the full capital, net of costs. Cl.: cluster."
    )
    return Table("Events traded", made, tuple(rows), note)


def _sides(line: Mapping[Any, Any]) -> str:
    parts = [f"{side} {line[side]}" for side in ("long", "short") if line[side]]
    return "; ".join(parts)


def left_out_table(series: EventSeries) -> Table:
    """Events that were asked for and not traded, and why."""
    rows = tuple((one.event, WHY[one.why], one.reason) for one in series.left_out)
    return Table("Events not traded", columns("Event", "Why", "Reason", left=3), rows, "" if rows else "None.")


def expectations_table(series: EventSeries) -> Table:
    """Hits and misses of the expected sides, one row each."""
    found = series.expectations
    rows = tuple(
        (
            str(line["event"]),
            str(line["name"]),
            str(line["expected"]),
            percent(line["first_session"], 1),
            HITS[line["first_hit"]],
            percent(line["window"], 1),
            HITS[line["window_hit"]],
        )
        for line in found.to_dict("records")
    )
    measured = f"over {series.benchmark}" if series.benchmark else "raw"
    names = ("Event", "Name", "Exp.", "Session 0", "", "Window", "")
    made = columns(*names, left=3)
    aligned = tuple(type(c)(c.name, right=c.right and j not in (4, 6)) for j, c in enumerate(made))
    note = f"Returns {measured}. Session 0: close to close, gap included. Window: from the trade's entry to its exit."
    return Table("Expected sides", aligned, rows, note)


def expectation_counts_table(series: EventSeries) -> Table:
    """How many of the expected sides came true, by side."""
    found = series.expectations
    rows = [_counted(found[found["expected"] == side], side) for side in ("up", "down")]
    total = _counted(found, "both")
    note = (
        "Expectations decide nothing here. They may have been set down with the first reaction known, so hits of "
        "session 0 prove little, and names of one event move together, so no interval is given."
    )
    names = ("Expected", "Sides", "Session 0 hits", "misses", "Window hits", "misses", "Not known")
    return Table("Expected sides: hits and misses", columns(*names), (*rows, total), note, totals=1)


def _counted(rows: pd.DataFrame, name: str) -> tuple[str, ...]:
    cells = []
    for column in ("first_hit", "window_hit"):
        values = rows[column].tolist()
        cells += [count(sum(v is True for v in values)), count(sum(v is False for v in values))]
    unknown = sum(v is None for v in rows["window_hit"].tolist())
    return name, count(len(rows)), *cells, count(unknown)


def path_table(series: EventSeries) -> Table:
    """Mean cumulative returns by session with 95 % bands."""
    rows = tuple(
        (
            str(offset),
            percent(line["mean"]),
            interval(line["low"], line["high"]),
            percent(line["caar"]),
            interval(line["caar_low"], line["caar_high"]),
        )
        for offset, line in zip(series.path.index, series.path.to_dict("records"), strict=True)
    )
    names = ("Session", "Net", "95%", "CAAR", "95%")
    note = "From the entry to each close. CAAR: the sum of daily returns less beta times the benchmark's."
    return Table("Mean path", columns(*names), rows, note)
