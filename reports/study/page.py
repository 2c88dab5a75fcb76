"""The report of an event study: what was abnormal, how surely, what could be traded, and what else happened."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any

from hedgebook.engine.event_study.definitions import HEADLINES
from hedgebook.engine.event_study.panel import PORTFOLIO
from hedgebook.engine.event_study.result import EventStudy
from hedgebook.engine.event_study.settings import StudyModel
from hedgebook.universes.event import Event, event_calendar

from ..page.json import versions
from ..page.kind import ReportKind
from ..page.made import made_section
from ..page.numbers import count, percent
from ..page.section import SIMULATED_BADGE, Header, Section
from ..page.table import Table, columns
from ..page.undefined import reasoned
from .figures import car_figure, split_figure
from .tables import (
    definitions_table,
    diagnostics_table,
    excluded_table,
    groups_table,
    headline_tests_table,
    implied_table,
    models_table,
    p_text,
    split_table,
    study_windows,
    tickers_table,
    window_words,
)

LEVEL = 0.05
NOTHING = ("Nothing is on record.",)


def study_header(study: EventStudy) -> Header:
    """Title, event, verdict and badges of a study."""
    event = study.event
    return Header(
        title=f"Event study: {event.headline}",
        name=event.id,
        event=f"{event.announced_on}, {event.timing.value}; first tradable session {study.first_fill}",
        verdict=study_verdict(study),
        badges=(SIMULATED_BADGE,) if study.simulated else (),
        warnings=len(study.warnings),
        figures=_first(study),
        picture=split_figure(study) or car_figure(study),
    )


def _first(study: EventStudy) -> Table | None:
    """What was abnormal, how much of it could be traded, and how many tests say so."""
    found = _portfolio(study)
    if found is None:
        return None
    line, known = found
    rows = [
        (f"Abnormal, {window_words(study_windows(study)[0])}", percent(line["caar"])),
        ("Headline tests that reject at 5%", f"{sum(value < LEVEL for value in known.values())} of {len(known)}"),
    ]
    if PORTFOLIO in study.split.index:
        gap = study.split.to_dict("index")[PORTFOLIO]
        rows.append(("Opening gap: not tradable", percent(float(gap["gap_abnormal"]))))
        rows.append(("After the open: tradable", percent(float(gap["tradable_abnormal"]))))
    return Table("", columns("Figure", "Value"), tuple(rows))


def _portfolio(study: EventStudy) -> tuple[dict[str, Any], dict[str, float]] | None:
    """The line of all tickers in the first window and the p-values that are known; None without a ticker."""
    window = study_windows(study)[0]
    groups = study.groups[(study.groups["window"] == window) & (study.groups["group"] == PORTFOLIO)]
    line = {str(key): value for key, value in groups.to_dict("records")[0].items()}
    if not int(line["tickers"]):
        return None
    found = study.tests_of(PORTFOLIO, window)["p_value"]
    p = {name: float(found[name]) for name in HEADLINES}
    return line, {name: value for name, value in p.items() if value == value}


def study_verdict(study: EventStudy) -> str:
    """The outcome for the first window in two sentences."""
    window = study_windows(study)[0]
    found = _portfolio(study)
    if found is None:
        return f"No ticker has every return of {window_words(window)}, so there is nothing to test."
    line, known = found
    tickers = int(line["tickers"])
    rejecting = sum(value < LEVEL for value in known.values())
    who = f"The {tickers} tickers" if tickers > 1 else f"{_only(study, window)} alone"
    text = (
        f"{who} returned {percent(line['caar'])} beyond what the model explains in {window_words(window)}; "
        f"{rejecting} of {len(known)} headline tests reject at 5% "
        f"({', '.join(f'{name} p {p_text(value)}' for name, value in known.items())})."
    )
    return f"{text}{_gap_sentence(study, window)}"


def _only(study: EventStudy, window: str) -> str:
    return str(study.windows.loc[study.windows["window"] == window, "ticker"].iloc[0])


def _gap_sentence(study: EventStudy, window: str) -> str:
    """Gap and rest of session 0; where they rest on other tickers than the sentence before, with their own move."""
    if PORTFOLIO not in study.split.index:
        return ""
    line = study.split.to_dict("index")[PORTFOLIO]
    move, gap, rest = (float(line[name]) for name in ("abnormal", "gap_abnormal", "tradable_abnormal"))
    untradable = f"{percent(gap)} was the opening gap, which nobody could trade on the news"
    split = set(study.split.index[study.split["kind"] == "ticker"])
    of = "Of session 0"
    if split != set(study.windows.loc[study.windows["window"] == window, "ticker"]):
        of = f"Of session 0, {percent(move)} over the {len(split)} that have both parts of it"
    return f" {of}, {untradable}, {percent(rest)} the rest."


def study_sections(study: EventStudy, neighbours: Sequence[Event] = ()) -> tuple[Section, ...]:
    """Every section of a study's report, in reading order."""
    windows = study_windows(study)
    gap = split_figure(study)
    many = len(study.tickers) > 1
    return (
        Section(
            "headline",
            "Headline tests",
            text=(
                "All names share one date, so their returns are not independent pieces of evidence. These four tests "
                "allow for that.",
            ),
            tables=tuple(table for w in windows for table in (headline_tests_table(study, w), groups_table(study, w))),
        ),
        Section("car", "Cumulative abnormal returns", figures=(car_figure(study),)),
        Section(
            "gap",
            "What could be traded",
            text=() if gap else (_why_no_split(study),),
            figures=(gap,) if gap else (),
            tables=(split_table(study, tickers=True),) if gap else (),
        ),
        *_implied(study),
        Section("confounders", "What else happened", items=confounders(study, neighbours) or NOTHING),
        Section("tickers", "By ticker", tables=tuple(tickers_table(study, w) for w in windows)),
        Section(
            "diagnostics",
            "Diagnostics, not evidence",
            tables=tuple(diagnostics_table(study, w) for w in windows) if many else (),
            text=_diagnosed(study) if many else ("One ticker alone has no cross-section to test.",),
        ),
        Section("excluded", "Left out", tables=(excluded_table(study),)),
        Section("models", "Models", tables=(models_table(study),)),
        Section("question", "What was measured", facts=_facts(study), end=True),
        Section("tests", "The tests", facts=_definitions(), end=True),
        Section("warnings", "Warnings", text=() if study.warnings else ("None.",), items=study.warnings, end=True),
        made_section(),
    )


def _implied(study: EventStudy) -> tuple[Section, ...]:
    """What options expected, nothing where no chain was given."""
    return (
        () if study.implied is None else (Section("implied", "What options expected", tables=(implied_table(study),)),)
    )


def _diagnosed(study: EventStudy) -> tuple[str, ...]:
    return tuple(line for line in (stress_line(study),) if line)


def _why_no_split(study: EventStudy) -> str:
    reason = study.why_no_split or "no ticker has both parts of session 0"
    return f"{reason[0].upper()}{reason[1:]}."


def _definitions() -> tuple[tuple[str, str], ...]:
    return tuple((f"{name} ({use})", text) for name, use, text in definitions_table().rows)


def _facts(study: EventStudy) -> tuple[tuple[str, str], ...]:
    explained = {
        StudyModel.MARKET: f"market model: alpha + beta × {study.benchmark}",
        StudyModel.MARKET_ADJUSTED: f"return of {study.benchmark}",
        StudyModel.MEAN_ADJUSTED: "mean of the estimation window",
        StudyModel.MULTI_FACTOR: f"alpha + betas × {', '.join(study.factors)}",
    }
    return (
        ("Session 0", f"{study.first_fill}, the first that could be traded after the news"),
        ("Expected return", explained[study.model]),
        (
            "Estimation window",
            f"{count(study.estimation_sessions)} sessions, {study.estimation_first} to {study.estimation_last}"
            if study.days is None
            else f"{study.days.text}, {study.days.first} to {study.days.last}",
        ),
        ("Windows", "; ".join(window_words(w) for w in study_windows(study))),
        ("Tickers", f"{len(study.tickers)} with a model, equal weights inside each group"),
        ("Prices", study.source),
    )


def confounders(study: EventStudy, neighbours: Sequence[Event] = ()) -> tuple[str, ...]:
    """What the event's notes say, sentence by sentence, and other events of the library inside the windows."""
    notes = [part.strip() for part in re.split(r"(?<=[.;])\s+(?=[A-Z])", study.event.notes) if part.strip()]
    first, last = study.path["session"].min(), study.path["session"].max()
    for event in neighbours:
        session = event.first_fill(event_calendar(event)).session
        if event.id != study.event.id and first.to_datetime64() <= session <= last.to_datetime64():
            notes.append(f"Other news inside the windows, first tradable on {session}: {event.headline} ({event.id}).")
    return tuple(notes)


def study_dict(study: EventStudy, neighbours: Sequence[Event] = ()) -> dict[str, Any]:
    """Everything that study.json holds, JSON-ready."""
    values = {
        **EventStudy.to_dict(study),
        "verdict": study_verdict(study),
        "confounders": list(confounders(study, neighbours)),
        "versions": versions(),
    }
    return reasoned(values)


def facts_line(study: EventStudy) -> str:
    """The model and its window in one line, for a terminal."""
    facts = dict(_facts(study))
    return f"Expected: {facts['Expected return']}; estimated on {facts['Estimation window']}."


def stress_line(study: EventStudy) -> str:
    """How unusual the move was among the benchmark's roughest sessions, "" where that is not known."""
    window = study_windows(study)[0]
    line = study.groups[(study.groups["window"] == window) & (study.groups["group"] == PORTFOLIO)].iloc[0]
    share = float(line["stress_frac"])
    if share != share:
        return ""
    return (
        f"Of the estimation window's 5% of sessions with the largest moves of {study.benchmark}, "
        f"{percent(share, 0)} had a portfolio move as large."
    )


@lru_cache(maxsize=16)
def study_report(neighbours: tuple[Event, ...] = ()) -> ReportKind[EventStudy]:
    """What is written of an event study; neighbours: events that may be responsible for the same moves."""
    return ReportKind(
        "study.json",
        partial(study_dict, neighbours=neighbours),
        study_header,
        partial(study_sections, neighbours=neighbours),
    )
