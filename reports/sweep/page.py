"""The report of a sweep: its words, its sections, its JSON form and its page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hedgebook.engine.sweep.analysis.luck_verdict import DOUBTFUL, LUCK, STANDS_OUT
from hedgebook.engine.sweep.result import SweepResult
from hedgebook.strategies.trade.trade import EventTrade
from hedgebook.universes.counted import counted

from ..page.document import Document, remembered
from ..page.figure import Figure
from ..page.html import render_document, write_page
from ..page.json import plain, versions
from ..page.made import made_section
from ..page.numbers import UNDEFINED, count, number, pnl_decimals, setting
from ..page.section import HINDSIGHT_BADGE, SIMULATED_BADGE, Header, Section
from ..page.table import Table, columns
from ..page.undefined import reasoned
from .command import run_command
from .cscv import degradation_figure, ranks_figure
from .effects import ParameterEffect, effects
from .figures import distribution_figure, marginal_figure, paths_figure
from .luck import best_table, haircut_table, luck_table
from .maps import heat_map_figure, parallel_figure
from .out_of_sample import choices_table, out_of_sample_figure, splits_table, summary_table
from .tables import best_records, best_sets_table, problems_table, spread_table, values_table
from .words import (
    CONVENTIONS,
    axis_words,
    drawn_words,
    fate_words,
    luck_words,
    measure_name,
    measure_text,
    pbo_name,
    probability,
    ranked,
    swept_words,
    trials_and_spread,
    value_text,
    varying,
)

MOST_WARNINGS = 50
LUCK_BADGES = {STANDS_OUT: "Stands out from luck", DOUBTFUL: "Doubtful: luck not ruled out", LUCK: "Not told from luck"}
ALONE = (
    "Only one set can be ranked: there was nothing to choose from, so luck cannot have chosen it, and there is no "
    "picture of the others. Its figures are those of a single run."
)


def sweep_header(result: SweepResult) -> Header:
    """Title, what was swept, verdict and badges."""
    trade = trade_of(result)
    name = result.job.strategy.name
    badges = [SIMULATED_BADGE] if result.job.setting.market.provenance.simulated else []
    if any_hindsight(result):
        badges.append(HINDSIGHT_BADGE)
    return Header(
        title=f"Sweep: {(trade.title or name) if trade else name}",
        name=name,
        event=swept_words(result),
        verdict=result.luck.verdict,
        badges=tuple(badges),
        warnings=len(sweep_warnings(result)),
        figures=_first(result),
        picture=distribution_figure(result) if ranked(result) > 1 else paths_figure(result),
        doubts=(LUCK_BADGES[result.luck.finding],) if result.luck.finding in (LUCK, DOUBTFUL) else (),
        good=(LUCK_BADGES[result.luck.finding],) if result.luck.finding == STANDS_OUT else (),
    )


def _first(result: SweepResult) -> Table:
    """The best set's measure, and what luck can do."""
    luck, name = result.luck, result.metric
    pbo = UNDEFINED if luck.overfitting is None else probability(luck.overfitting.result.pbo)
    deflated = [probability(luck.deflated.get("all sets", {}).get(one)) for one in CONVENTIONS]
    shown = deflated[0] if len(set(deflated)) == 1 else " / ".join(deflated)
    rows = (
        (
            f"{measure_name(name)[:1].upper()}{measure_name(name)[1:]} of the best set",
            measure_text(name, float(result.values[result.top[0]])),
        ),
        (f"{pbo_name(luck.overfitting)}: chance of overfitting", pbo),
        ("Deflated Sharpe, all sets as trials", shown),
        ("Sets compared", count(ranked(result))),
    )
    return Table("", columns("Figure", "Value"), rows)


def trade_of(result: SweepResult) -> EventTrade | None:
    """The event trade that was swept; None for a strategy that is none."""
    trade = getattr(result.job.strategy, "trade", None)
    return trade if isinstance(trade, EventTrade) else None


def any_hindsight(result: SweepResult) -> bool:
    """Whether any set may trade before it could have known: the trade does, or a value of the sweep makes it."""
    swept = result.sets.space.by_name.get("hindsight")
    trade = trade_of(result)
    return True in swept.levels if swept is not None else trade is not None and trade.hindsight


def sweep_warnings(result: SweepResult) -> tuple[str, ...]:
    """What limits the figures: of the sweep, of its luck, and of its splits."""
    found = [*result.warnings, *result.luck.notes]
    if result.out_of_sample is not None:
        found += result.out_of_sample.notes
    swept = result.sets.space.by_name.get("hindsight")
    if swept is not None and True in swept.levels:
        found.append("Sets with hindsight enter before the news: nobody could have traded them.")
    if result.sets.refused:
        found.append(f"{counted(result.sets.refused, 'set was', 'sets were')} left out by the constraints")
    return tuple(dict.fromkeys(found))


def sweep_sections(result: SweepResult) -> tuple[Section, ...]:
    """Every section, in reading order."""
    found = effects(result)
    warnings = sweep_warnings(result)
    several = ranked(result) > 1
    return (
        Section(
            "best",
            "The best set and its luck" if several else "The only set that can be ranked",
            text=(*(() if several else (ALONE,)), *_run_it(result)),
            tables=(best_table(result),),
        ),
        *(_compared(result, found) if several else (Section("paths", "Return", figures=(paths_figure(result),)),)),
        *(() if result.out_of_sample is None else (_out_of_sample(result),)),
        Section("problems", "Sets that could not be run or ranked", tables=(problems_table(result),)),
        Section("settings", "Settings", facts=_settings(result), end=True),
        Section("warnings", "Warnings", text=() if warnings else ("None.",), items=warnings[:MOST_WARNINGS], end=True),
        made_section(),
    )


def _run_it(result: SweepResult) -> tuple[str, ...]:
    command = run_command(result)
    return (f"Run it: {command}",) if command else ()


def _compared(result: SweepResult, found: tuple[ParameterEffect, ...]) -> tuple[Section, ...]:
    """What needs more than one set."""
    luck = result.luck
    cross = _figures(ranks_figure(result), degradation_figure(result))
    told = f"No cross-validation: {luck.reasons.get('overfitting', 'not known').rstrip('.')}." if not cross else ""
    haircut = haircut_table(result)
    heat = heat_map_figure(result, found)
    parts = [
        Section("sets", "The best sets", tables=(best_sets_table(result),)),
        Section("distribution", "All sets", figures=(distribution_figure(result),)),
        Section(
            "luck",
            "How much of it is luck",
            text=tuple(filter(None, (told,))),
            figures=cross,
            tables=(luck_table(result), haircut),
        ),
        Section("paths", "Return of the best sets", figures=(paths_figure(result),)),
    ]
    if found:
        parts.append(
            Section(
                "marginal",
                "What each parameter does",
                figures=_figures(marginal_figure(result, found)),
                tables=(spread_table(result, found),),
            )
        )
    parts.append(Section("together", "Parameters together", figures=_figures(heat, parallel_figure(result))))
    if found:
        parts.append(Section("values", "By value", tables=_value_tables(result, found)))
    return tuple(parts)


def _value_tables(result: SweepResult, found: tuple[ParameterEffect, ...]) -> tuple[Table, ...]:
    return tuple(values_table(result, one) for one in found)


def _figures(*found: Figure | None) -> tuple[Figure, ...]:
    return tuple(one for one in found if one is not None)


def _out_of_sample(result: SweepResult) -> Section:
    return Section(
        "out-of-sample",
        "Out of sample",
        figures=_figures(out_of_sample_figure(result)),
        tables=(summary_table(result), splits_table(result), choices_table(result)),
    )


def _settings(result: SweepResult) -> tuple[tuple[str, str], ...]:
    setting = result.job.setting
    best = ", ".join(f"{name}={value_text(value)}" for name, value in result.best.parameters.items())
    source = setting.market.provenance
    constraints = "; ".join(_constraint(one.describe()) for one in result.sets.space.constraints)
    counts = result.layout.block_counts
    blocks = f"{len(counts)} of {counts.min():g} to {counts.max():g} sessions" if len(counts) else UNDEFINED
    rows = result.calendar.rows
    days = setting.market.sessions[rows]
    varied = {one.name for one in varying(result)}
    fixed = [axis_words(one) for one in result.axes if one.name not in varied]
    seeds = f"bootstrap of SPA, Reality Check, Romano-Wolf and the interval: {_seeds(result)}"
    facts = [
        ("Strategy", _strategy(result)),
        *_trade_facts(result),
        ("Parameters", "; ".join(axis_words(one) for one in varying(result))),
        *((("Not varied", "; ".join(fixed)),) if fixed else ()),
        ("Constraints", constraints or "none"),
        ("Sets", _drawn(result)),
        ("Compared by", _compared_by(result)),
        ("Best set", f"{best}. {luck_words(result.luck)}"),
        ("Costs", setting.costs.name),
        ("Account", setting.account.name),
        ("Benchmark", setting.benchmark or "none: betas are not known"),
        ("Sessions", f"{len(rows):,} on which any set is on, {days[0]} to {days[-1]}"),
        ("Cross-validation", f"{result.layout.validation.scheme.value}; CSCV blocks: {blocks}"),
        ("Random numbers", seeds),
        ("Prices", f"{source.source}, {source.first} to {source.last}{': ' if source.note else ''}{source.note}"),
        ("SHA-256 of the prices", source.sha256),
    ]
    return tuple(facts)


def _compared_by(result: SweepResult) -> str:
    least = f"{result.min_sessions} session{'s' if result.min_sessions > 1 else ''}"
    return (
        f"{measure_name(result.metric)} ({result.metric}); annual figures only of sets that are on for {least} or more"
    )


def _constraint(told: dict[str, Any]) -> str:
    return str(told.get("text", told.get("function")))


def _seeds(result: SweepResult) -> str:
    tests, interval = result.luck.superiority, result.luck.interval
    parts = []
    if tests is not None:
        parts.append(f"{tests.draws:,} draws, seed {tests.seed}, blocks of {number(tests.block_length, 1)} sessions")
    if interval is not None:
        parts.append(f"interval {interval.draws:,} draws, {interval.kind.upper()}")
    return "; ".join(parts) or "none was drawn"


def _strategy(result: SweepResult) -> str:
    told: dict[str, Any] = result.job.strategy.describe()
    kind, file = told.get("strategy", "strategy"), told.get("file")
    sha = told.get("file_sha256")
    return f"{kind} {result.job.strategy.name}{f', {file}' if file else ''}{f' (SHA-256 {sha})' if sha else ''}"


def _trade_facts(result: SweepResult) -> tuple[tuple[str, str], ...]:
    trade = trade_of(result)
    if trade is None:
        return ()
    swept = set(result.sets.space.names)
    held = (
        ("event", "Event", trade.event),
        ("long", "Long", ", ".join(trade.long)),
        ("short", "Short", ", ".join(trade.short) or "nothing"),
        ("hold", "Hold", f"{counted(trade.hold, 'session')} after the entry session"),
        ("gross", "Gross", f"{setting(trade.gross)} of NAV"),
        ("hedge", "Hedge", getattr(trade.hedge, "value", str(trade.hedge))),
        ("capital", "Capital", f"{number(trade.capital, pnl_decimals(trade.capital))} USD"),
    )
    return tuple((title, text) for name, title, text in held if name not in swept)


def _drawn(result: SweepResult) -> str:
    sets = result.sets
    again = f"; {sets.duplicates:,} drawn again and left out" if sets.duplicates else ""
    refused = f"; {sets.refused:,} left out by constraints" if sets.refused else ""
    short = f"; {result.short:,} too short to be ranked" if result.short else ""
    fate = fate_words(result)
    ran = f"{drawn_words(result)}: {counted(result.count, 'set')}, of which {count(result.ran)} ran{fate}"
    return f"{ran}; deflated Sharpe: {trials_and_spread(result.luck)}{short}{again}{refused}"


def summarise_sweep(result: SweepResult) -> dict[str, Any]:
    """The sweep as one JSON-ready value; fractions and USD unrounded, None where a figure is undefined."""
    setting, trade = result.job.setting, trade_of(result)
    source = setting.market.provenance
    days = setting.market.sessions[result.calendar.rows]
    values = {
        **SweepResult.to_dict(result),
        "trade": None if trade is None else trade.name,
        "strategy": result.job.strategy.describe(),
        "space": result.sets.describe(),
        "verdict": result.luck.verdict,
        "best_sets": best_records(result),
        "effects": [_effect(one) for one in effects(result)],
        "min_sessions": result.min_sessions,
        "too_short": result.short,
        "sessions": {"count": len(days), "first": str(days[0]), "last": str(days[-1])},
        "validation": {**vars(result.layout.validation), "cscv_blocks": result.layout.block_counts.tolist()},
        "simulated": source.simulated,
        "hindsight": any_hindsight(result),
        "warnings": list(sweep_warnings(result)),
        "costs": setting.costs.name,
        "account": setting.account.name,
        "benchmark": setting.benchmark,
        "data": {"source": source.source, "sha256": source.sha256, "first": source.first, "last": source.last},
        "versions": versions(),
    }
    return reasoned(plain(values))


def _effect(one: ParameterEffect) -> dict[str, Any]:
    """How much a parameter matters, without its values one by one, which can be thousands."""
    return {"parameter": one.axis, "values": len(one.values), "spread": one.spread, "best_set": one.values[one.chosen]}


@remembered
def sweep_document(result: SweepResult) -> Document:
    """What every document says of a sweep."""
    return Document(sweep_header(result), sweep_sections(result))


def render_sweep(result: SweepResult) -> str:
    """The report as HTML text."""
    return render_document(sweep_document(result))


def write_sweep_report(result: SweepResult, path: str | Path) -> Path:
    """Write the report to a file and return its path. Raises RunFolderError where that fails."""
    return write_page(render_sweep(result), path)
