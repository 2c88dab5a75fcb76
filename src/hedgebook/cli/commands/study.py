"""hedgebook study: what was abnormal about an event, how surely, and what of it could be traded."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hedgebook.errors import ParameterError
from hedgebook.universes.names import listed

from ..deliver import ToFolder, print_report_path
from ..options import Events, MarketOptions, grouped
from ..output import console, print_tables, progress

if TYPE_CHECKING:
    from hedgebook.front.events import Study

# A session before or after the event.
WINDOW_END = re.compile(r"[+-]?[0-9]{1,6}")


@grouped
def study(
    asked: MarketOptions,
    to: ToFolder,
    event: Annotated[str, typer.Argument(metavar="EVENT", help="An event of the library.")] = "meta-compute-2026",
    model: Annotated[
        str, typer.Option("--model", help="market, market-adjusted, mean-adjusted or multi-factor.")
    ] = "market",
    estimation: Annotated[int, typer.Option("--estimation", help="Sessions that the model is estimated on.")] = 250,
    gap: Annotated[int, typer.Option("--gap", help="Sessions between those and the event.")] = 10,
    window: Annotated[
        list[str] | None,
        typer.Option("--window", help="0:0, 0:5, open-to-close or gap. May be repeated.", metavar="FROM:TO"),
    ] = None,
    benchmark: Annotated[str | None, typer.Option("--benchmark", help="A ticker. Default: the universe's.")] = None,
    names: Annotated[
        str | None, typer.Option("--names", help="Buckets and tickers, as in META,neocloud. Default: all.")
    ] = None,
    events: Events = "events",
    chain: Annotated[
        str | None,
        typer.Option("--chain", help="Option quotes from before the event: its expected move beside the real one."),
    ] = None,
) -> None:
    """Study an event: abnormal returns by bucket, tests, the gap that nobody could trade, and a report."""
    from hedgebook.front import events as front_events
    from hedgebook.universes.event import load_events

    found_event = load_events(events).get(event)
    windows = [parse_window(text) for text in window] if window else None
    chosen = _names(names)
    market = asked.market()
    with progress("Estimating (the first study after installing compiles the kernels)"):
        found = front_events.event_study(
            found_event,
            market,
            model=model,
            window=windows,
            benchmark=benchmark,
            names=chosen,
            estimation_sessions=estimation,
            gap_sessions=gap,
            chain=chain,
        )
    to = to.named(f"study-{event}")
    if to.deliver(found):
        _print(found, to.out)


def parse_window(text: str) -> Any:
    """A window from FROM:TO, one session, or a name. Raises ParameterError for anything else."""
    given = text.strip()
    if given in ("open-to-close", "gap"):
        return given
    first, colon, last = given.partition(":")
    found = [WINDOW_END.fullmatch(part.strip()) for part in (first, last if colon else first)]
    if not all(found):
        raise ParameterError(
            "this is no window", where="--window", value=text, bound="0:0, 0:5, -1:1, open-to-close or gap"
        )
    return tuple(int(part[0]) for part in found if part)


def _names(names: str | None) -> tuple[str, ...] | None:
    if names is None:
        return None
    found = listed(names)
    if not found:
        raise ParameterError("there is no name in it", where="--names", remedy="Leave --names out to study all.")
    return found


def _print(found: Study, folder: Path | None) -> None:
    from hedgebook.reports.study import tables
    from hedgebook.reports.study.page import NOTHING, confounders, facts_line, stress_line, study_header

    out = console()
    top = study_header(found)
    out.print(top.title, style="bold")
    for badge in top.badges:
        out.print(badge, style="bold red")
    out.print(top.verdict)
    out.print(facts_line(found), style="dim")
    out.print()
    windows = tables.study_windows(found)
    print_tables(
        tables.headline_tests_table(found, windows[0]),
        *(tables.groups_table(found, window) for window in windows),
        tables.split_table(found),
        tables.implied_table(found),
    )
    if len(found.tickers) > 1:
        print_tables(tables.diagnostics_table(found, windows[0]))
    if stress := stress_line(found):
        out.print(stress)
        out.print()
    out.print("What else happened", style="bold")
    for line in confounders(found, found.neighbours) or NOTHING:
        out.print(f"- {line}")
    out.print()
    print_tables(tables.excluded_table(found))
    for warning in found.warnings:
        out.print(f"Note: {warning}")
    print_report_path(folder)
