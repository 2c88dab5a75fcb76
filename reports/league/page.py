"""The report of a league of hedges: its words, its sections, its JSON form and its folder."""

from __future__ import annotations

from typing import Any

import pandas as pd

from hedgebook.strategies.league.run import HedgeLeague
from hedgebook.universes.counted import counted

from ..page.figure import Figure
from ..page.files import write_frame
from ..page.json import plain, versions
from ..page.kind import ReportKind
from ..page.made import made_section
from ..page.numbers import count, percent
from ..page.section import HINDSIGHT_BADGE, SIMULATED_BADGE, Header, Section
from ..page.table import Table, columns
from ..page.undefined import reasoned
from .figures import events_figure, league_pnl_figure, paths_figure, rolling_figure
from .tables import effectiveness_table, events_table, league_pnl_table, league_table, residual_table, stress_table

HOW = (
    "Each method sizes and weighs the short leg from closes before the news; long plus short is the same fraction of "
    "NAV under each, what is bought inside the short leg counted as well. Events, entry, exit, costs and account are "
    "the same."
)


def league_header(league: HedgeLeague) -> Header:
    """Title, events, verdict and badges."""
    badges = [SIMULATED_BADGE] if league.market.provenance.simulated else []
    if league.trade.hindsight:
        badges.append(HINDSIGHT_BADGE)
    events = league.events
    when = f"{counted(len(events), 'event')}, {events[0].announced_on} to {events[-1].announced_on}"
    if len(events) == 1:
        when = f"{events[0].headline} ({events[0].announced_on}, {events[0].timing.value})"
    return Header(
        title=f"{league.trade.title or league.trade.name}: which hedge",
        name=league.trade.name,
        event=when,
        verdict=league_verdict(league),
        badges=tuple(badges),
        warnings=len(league.warnings),
        figures=_first(league),
        picture=events_figure(league) if len(events) > 1 else paths_figure(league),
    )


def _returns(league: HedgeLeague) -> dict[str, float]:
    """The return of each method, the mean of several events where it ran on as many as any."""
    table = league.table
    if "events" in table:
        table = table[table["events"] == table["events"].max()]
    name = "mean_return" if len(league.events) > 1 else "total_return"
    return {str(method): float(value) for method, value in table[name].dropna().items()}


def _first(league: HedgeLeague) -> Table:
    """The span of outcomes, and over how much it is."""
    returns, mean = _returns(league), "mean return" if len(league.events) > 1 else "return"
    low, high = min(returns, key=lambda m: returns[m]), max(returns, key=lambda m: returns[m])
    rows = (
        (f"Highest {mean}: {high}", percent(returns[high])),
        (f"Lowest {mean}: {low}", percent(returns[low])),
        ("Methods compared", count(len(returns))),
        ("Events", count(len(league.events))),
    )
    return Table("", columns("Figure", "Value"), rows)


def league_verdict(league: HedgeLeague) -> str:
    """The span of outcomes in one sentence, and how little it says."""
    returns = _returns(league)
    low, high = min(returns, key=lambda m: returns[m]), max(returns, key=lambda m: returns[m])
    mean = "mean return" if len(league.events) > 1 else "return"
    if low == high:
        return f"{high}: {mean} {percent(returns[high])}. {league.caveat}"
    return (
        f"The {mean} runs from {percent(returns[low])} ({low}) to {percent(returns[high])} ({high}) "
        f"over {len(returns)} methods. {league.caveat}"
    )


def league_sections(league: HedgeLeague) -> tuple[Section, ...]:
    """Every section, in reading order."""
    several = len(league.events) > 1
    figure = league_pnl_figure(league)
    return (
        Section("league", "The league", text=(HOW,), tables=league_tables(league)),
        Section(
            "outcomes",
            "Event by event" if several else "Return so far",
            figures=(events_figure(league) if several else paths_figure(league),),
            tables=(events_table(league),) if several else (),
        ),
        *(() if several else (_residuals(league),)),
        Section("pnl", "Where the P&L came from", figures=_if_any(figure), tables=(league_pnl_table(league),)),
        Section("problems", "Could not be run", text=() if league.problems else ("None.",), items=league.problems),
        Section("settings", "Settings", facts=_settings(league), end=True),
        Section("warnings", "Warnings", text=() if league.warnings else ("None.",), items=league.warnings, end=True),
        made_section(),
    )


def league_tables(league: HedgeLeague) -> tuple[Table, ...]:
    """The tables that a reader asks for first."""
    return league_table(league), effectiveness_table(league)


def _residuals(league: HedgeLeague) -> Section:
    tables = [residual_table(league, "before"), residual_table(league, "during"), stress_table(league)]
    return Section(
        "exposures",
        "Exposure that was left",
        text=tuple(table.note for table in tables if not table.rows and table.note),
        figures=_if_any(rolling_figure(league)),
        tables=tuple(table for table in tables if table.rows),
    )


def _if_any(figure: Figure | None) -> tuple[Figure, ...]:
    return () if figure is None else (figure,)


def _settings(league: HedgeLeague) -> tuple[tuple[str, str], ...]:
    trade, source = league.trade, league.market.provenance
    return (
        ("Long", ", ".join(trade.long)),
        ("Short", ", ".join(trade.short)),
        ("Events", ", ".join(event.id for event in league.events)),
        ("Hold", f"{counted(trade.hold, 'session')} after the entry session"),
        ("Lookback", f"{trade.lookback} sessions before the news"),
        ("Costs", league.costs.name),
        ("Account", league.account.name),
        ("Prices", f"{source.source}, {source.first} to {source.last}{': ' if source.note else ''}{source.note}"),
        ("SHA-256 of the prices", source.sha256),
    )


def summarise_league(league: HedgeLeague) -> dict[str, Any]:
    """The league as one JSON-ready value; fractions and USD unrounded, None where a figure is undefined."""
    pooled = league.pooled.reset_index().to_dict("records") if len(league.events) > 1 else []
    values = {
        "trade": league.trade.name,
        "parameters": league.trade.parameters(),
        "events": [event.id for event in league.events],
        "methods": [method.value for method in league.methods],
        "runs": [_entry(league, row) for row in league.by_event.to_dict("records")],
        "pooled": pooled,
        "best": {name: list(methods) for name, methods in league.best.items()},
        "caveat": league.caveat,
        "problems": list(league.problems),
        "warnings": list(league.warnings),
        "simulated": league.market.provenance.simulated,
        "hindsight": league.trade.hindsight,
        "costs": league.costs.name,
        "account": league.account.name,
        "data": {"source": league.market.provenance.source, "sha256": league.market.provenance.sha256},
        "versions": versions(),
    }
    return reasoned(plain(values))


def _entry(league: HedgeLeague, row: dict[Any, Any]) -> dict[str, Any]:
    def of(table: pd.DataFrame) -> pd.DataFrame:
        part: pd.DataFrame = table.loc[(table["event"] == row["event"]) & (table["method"] == row["method"])]
        return part

    weights = of(league.weights)
    parts = of(league.factor_pnl).drop(columns=["event", "method"]).to_dict("records")
    return {
        **{str(name): value for name, value in row.items()},
        "short_per_long": dict(zip(weights["ticker"], weights["weight"], strict=True)),
        "pnl_by_factor": parts[0] if parts else {},
    }


LEAGUE_REPORT: ReportKind[HedgeLeague] = ReportKind(
    "league.json",
    summarise_league,
    league_header,
    league_sections,
    {"league.parquet": lambda league, path: write_frame(league.by_event, path)},
)
