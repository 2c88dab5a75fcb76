"""The report of a trade over many events: does it work on events of its kind, or only on one?"""

from __future__ import annotations

from typing import Any

import pandas as pd

from hedgebook.strategies.series.choice import Sides
from hedgebook.strategies.series.run import EventSeries
from hedgebook.universes.counted import counted

from ..page.json import plain, versions
from ..page.kind import ReportKind
from ..page.made import made_section
from ..page.numbers import number, percent, pnl_decimals, setting
from ..page.section import HINDSIGHT_BADGE, SIMULATED_BADGE, Header, Section, cards_from
from ..page.undefined import reasoned
from ..study.tables import p_text
from .figures import account_figure, events_figure, path_figure
from .tables import (
    expectation_counts_table,
    expectations_table,
    interval,
    left_out_table,
    overlap_words,
    path_table,
    series_book_table,
    series_events_table,
    series_statistics_table,
)

FIRST = ("Mean return an event", "95% interval by clusters", "Hit rate", "Exact 95% interval of it")


def series_header(series: EventSeries) -> Header:
    """Title, choice, verdict and badges of a series."""
    badges = [SIMULATED_BADGE] if series.market.provenance.simulated else []
    if series.trade.hindsight:
        badges.append(HINDSIGHT_BADGE)
    return Header(
        title=f"Over events: {series.trade.title or series.trade.name}",
        name=series.trade.name,
        event=choice_words(series),
        verdict=series_verdict(series),
        badges=tuple(badges),
        warnings=len(series.warnings),
        figures=cards_from(series_statistics_table(series), *FIRST) if series.runs else None,
        picture=path_figure(series) if series.runs else None,
    )


def choice_words(series: EventSeries) -> str:
    """Which events were asked for, in one line."""
    choice = series.choice
    tags = f"tagged {' or '.join(choice.tags)}" if choice.tags else "of any kind"
    days = ""
    if choice.first or choice.last:
        days = f", {f'from {choice.first}' if choice.first else ''}{f' to {choice.last}' if choice.last else ''}"
        days = days.replace(",  to", ", to")
    return f"{counted(len(series.asked), 'event')} {tags}{days}; overlaps {overlap_words(series)}"


def series_verdict(series: EventSeries) -> str:
    """The outcome in three sentences."""
    mean, hits = series.mean, series.hits
    worst, lost = series.worst
    if not series.runs:
        rest = len(series.asked) - len(series.untraded)
        others = f", and {rest} could not be set up" if rest else ""
        return (
            f"None of {counted(len(series.asked), 'event')} was traded: no order was filled on "
            f"{len(series.untraded)}{others}. "
            "There is nothing to average; what idle cash earns is no result of the trade."
        )
    if len(series.runs) == 1:
        first = f"One event was traded, with a return of {percent(mean.mean)}: that says nothing about others."
    elif mean.clusters == 1:
        first = (
            f"The mean return over {counted(hits.events, 'event')} was {percent(mean.mean)}; they are one cluster, so "
            "its error is not known."
        )
    else:
        first = (
            f"The mean return over {counted(hits.events, 'event')} in {counted(mean.clusters, 'cluster')} was "
            f"{percent(mean.mean)}, 95% interval {interval(mean.low, mean.high)} (p {p_text(mean.p_value)})."
        )
    second = (
        f"{hits.hits} of {hits.events} made money, exact interval of the rate {interval(hits.low, hits.high, 0)}; the "
        f"worst was {worst} with {percent(lost)}."
    )
    cents = pnl_decimals(series.book.capital)
    gain = series.book.final_nav - series.book.capital
    third = f"One account that traded them all {'gained' if gain >= 0 else 'lost'} {number(abs(gain), cents)} USD."
    return f"{first} {second} {third}"


def series_sections(series: EventSeries) -> tuple[Section, ...]:
    """Every section of a series' report, in reading order."""
    return (
        Section("statistics", "All events together", tables=(series_statistics_table(series),)),
        Section("path", "Mean path", figures=(path_figure(series),), tables=(path_table(series),)),
        Section(
            "events", "Events", figures=(events_figure(series),), tables=(series_events_table(series, detailed=True),)
        ),
        Section("left-out", "Events not traded", tables=(left_out_table(series),)),
        Section(
            "account",
            "All events in one account",
            figures=(account_figure(series),),
            tables=(series_book_table(series),),
        ),
        Section(
            "expectations", "Hits and misses", tables=(expectation_counts_table(series), expectations_table(series))
        ),
        Section("choice", "What was run", facts=_facts(series), end=True),
        Section("warnings", "Warnings", text=() if series.warnings else ("None.",), items=series.warnings, end=True),
        made_section(),
    )


def _facts(series: EventSeries) -> tuple[tuple[str, str], ...]:
    trade = series.trade
    sides = (("long", trade.long), ("short", trade.short))
    own = "; ".join(f"{name} {', '.join(legs)}" for name, legs in sides if legs)
    expected = "long what each event was expected to favour, short what it was expected to hurt"
    prices = series.market.provenance
    entry = "the close before the news" if trade.hindsight else "the first open after the news"
    late = f", {counted(trade.delay, 'session')} later" if trade.delay else ""
    return (
        ("Events", choice_words(series)),
        ("Legs", expected if series.choice.sides is Sides.EXPECTED else own),
        ("Entry", f"{entry}{late}"),
        ("Exit", f"close, {counted(trade.hold, 'session')} after the session of the entry"),
        ("Sizes", f"gross {setting(trade.gross)} of NAV, hedge {trade.hedge.value}"),
        ("Capital", f"{number(trade.capital, pnl_decimals(trade.capital))} USD, costs {series.book.costs.name}"),
        ("Benchmark", series.benchmark or "none has prices"),
        ("Prices", f"{prices.source}, {prices.first} to {prices.last}"),
    )


def series_dict(series: EventSeries) -> dict[str, Any]:
    """Everything that series.json holds, JSON-ready; fractions and USD, not rounded."""
    choice = series.choice
    values = {
        "trade": series.trade.name,
        "parameters": series.trade.parameters(),
        "tags": list(choice.tags),
        "sides": choice.sides.value,
        "from": choice.first,
        "to": choice.last,
        "overlap": choice.overlap.value,
        "max_gross": (choice.max_gross or series.trade.gross) if choice.overlap.value == "cap" else None,
        "verdict": series_verdict(series),
        "simulated": series.market.provenance.simulated,
        "tradable": not series.trade.hindsight,
        "source": series.market.provenance.source,
        "benchmark": series.benchmark,
        "statistics": series.statistics(),
        "events": _rows(series.table),
        "left_out": [vars(one) for one in series.left_out],
        "path": _rows(series.path),
        "expectations": _rows(series.expectations),
        "account": [
            {"session": str(day), "nav": float(nav)}
            for day, nav in zip(series.book.market.sessions, series.book.record.days["nav_close"], strict=True)
        ],
        "warnings": list(series.warnings),
        "versions": versions(),
    }
    return reasoned(plain(values))


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    flat = frame.reset_index() if frame.index.name else frame
    return [{str(name): value for name, value in row.items()} for row in flat.to_dict("records")]


SERIES_REPORT: ReportKind[EventSeries] = ReportKind("series.json", series_dict, series_header, series_sections)
