"""A risk report as a page and as a folder."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pandas as pd

from hedgebook.engine.risk.drawdowns import compounded
from hedgebook.engine.risk.var.methods import method_of
from hedgebook.engine.stress.scenario import Scenario
from hedgebook.engine.tearsheet.counting import floats
from hedgebook.strategies.risk.report import RiskReport
from hedgebook.strategies.tearsheet.sheet import sheet_of
from hedgebook.strategies.tearsheet.track import Track

from ..page.figure import Figure
from ..page.kind import ReportKind
from ..page.made import made_section
from ..page.numbers import count, number, percent, setting
from ..page.section import SIMULATED_BADGE, Header, Section
from ..page.table import Table, columns
from ..tearsheet.page import shared_sections
from . import stress_tables, tables
from .figures import rolling_figure, scenarios_figure, simulation_figure
from .options import held_badges, options_sections, options_tables
from .summary import summarise_risk


def risk_header(report: RiskReport) -> Header:
    """Title and verdict."""
    market = report.subject.market
    return Header(
        title=f"Risk of {report.subject.name}",
        name=report.subject.name,
        event=f"From {report.subject.basis}.",
        verdict=risk_verdict(report),
        badges=(
            *((SIMULATED_BADGE,) if market is not None and market.provenance.simulated else ()),
            *held_badges(report.subject.options),
        ),
        warnings=len(_warnings(report)),
        figures=_first(report),
        picture=_picture(report),
    )


def _picture(report: RiskReport) -> Figure | None:
    """Scenarios where there are any, else the simulation, else volatility through time."""
    simulation = simulation_figure(report) if report.simulations else None
    return scenarios_figure(report) or simulation or rolling_figure(report)


def _first(report: RiskReport) -> Table | None:
    """VaR and ES of the model that is believed first, the worst scenario and the largest drawdown."""
    _, _, row = _believed(report)
    confidence, digits = tables.level(report.options.confidences[0]), tables.loss_decimals(report)
    rows = [
        (f"VaR {confidence}, of NAV", percent(row["var_frac"], digits)),
        (f"ES {confidence}, of NAV", percent(row["es_frac"], digits)),
    ]
    if report.scenarios:
        name, frac = _worst_scenario(report)
        rows.append((f"Worst scenario: {name}", percent(frac, 1)))
    own = report.own_figures or report.measures
    rows.append((f"Largest drawdown{', own NAV' if report.own_figures else ''}", percent(own["max_drawdown"])))
    return Table("", columns("Figure", "Value"), tuple(rows))


def _worst_scenario(report: RiskReport) -> tuple[str, float]:
    """Name and P&L, of NAV, of the scenario that ends lowest."""
    return min(((r.name, r.pnl_frac) for r in report.scenarios), key=lambda one: one[1])


def _believed(report: RiskReport) -> tuple[str, str, pd.Series[Any]]:
    """The model that is believed first, why, and its line in the table of VaR."""
    confidence = report.options.confidences[0]
    frame = report.verdicts.get(confidence)
    chosen, why = "historical", "no model could be tested"
    if frame is not None:
        # A model that has no forecast somewhere was not tested there.
        judged = frame[(frame["verdict"] == "not rejected") & frame["complete"]]
        if len(judged):
            chosen, why = str(judged.index[0]), "the smallest quantile loss among the models that no test rejects"
        elif (frame["verdict"] == "too few sessions").all():
            why = "too few returns to tell the models apart"
        else:
            why = "no model passes every test"
    row = report.var[(report.var["method"] == chosen) & (report.var["confidence"] == confidence)].iloc[0]
    return chosen, why, row


def risk_verdict(report: RiskReport) -> str:
    """The outcome in some sentences: the model that is believed first."""
    confidence = report.options.confidences[0]
    chosen, why, row = _believed(report)
    digits = tables.loss_decimals(report)
    over = report.subject.frequency.count(report.options.horizon_sessions)
    text = (
        f"{method_of(chosen).label} VaR at {tables.level(confidence)} over {over} is "
        f"{percent(row['var_frac'], digits)} of NAV, ES {percent(row['es_frac'], digits)} "
        f"({why}; {count(len(report.subject.history))} observations)."
    )
    if not math.isfinite(row["var_frac"]):
        text = f"No VaR at {tables.level(confidence)} over {over}: {row['note']}."
    if report.scenarios:
        name, frac = _worst_scenario(report)
        text += f" Worst scenario: {name}, {percent(frac, 1)}."
    return text


def risk_sections(report: RiskReport, scenarios: tuple[Scenario, ...] = ()) -> tuple[Section, ...]:
    """Every section in reading order; scenarios: for the grounds of their numbers."""
    figure, rolling = scenarios_figure(report), rolling_figure(report)
    warnings, gaps = _warnings(report), stress_tables.gaps_table(report)
    found = [
        Section("figures", "Headline figures", cards=tables.figures_table(report)),
        *_tear_sheet(report),
        Section("var", "Value at risk", tables=(tables.var_table(report), tables.var_notes_table(report))),
        Section("verdicts", "Which model to believe", tables=tables.verdict_tables(report)),
        Section("drawdowns", "Drawdowns", tables=(tables.drawdowns_table(report),)),
        Section(
            "rolling", "Rolling risk", figures=(rolling,) if rolling else (), tables=(tables.rolling_table(report),)
        ),
        Section("positions", "Risk by position", tables=(tables.position_table(report),)),
        *options_sections(report),
        *_factors(report),
        Section(
            "scenarios",
            "Scenarios",
            figures=(figure,) if figure else (),
            tables=(
                stress_tables.scenarios_table(report),
                *(stress_tables.scenario_tickers_table(r) for r in report.scenarios),
            ),
        ),
        Section("grounds", "What the scenarios stand on", tables=(grounds_table(scenarios),)),
        Section(
            "replays",
            "Replay of past events",
            tables=(stress_tables.replays_table(report), stress_tables.stand_ins_table(report)),
        ),
        Section("reverse", "Reverse stress", tables=(stress_tables.reverse_table(report),)),
        Section(
            "simulation",
            "Simulation",
            figures=(simulation_figure(report),) if report.simulations else (),
            tables=(stress_tables.simulation_table(report), *((gaps,) if gaps.rows else ())),
        ),
        Section("warnings", "Warnings", text=() if warnings else ("None.",), items=warnings, end=True),
        made_section(),
    ]
    return tuple(s for s in found if s.cards or s.figures or s.items or s.text or any(t.rows for t in s.tables))


def terminal_tables(report: RiskReport) -> tuple[Table, ...]:
    """What a terminal shows."""
    return (
        tables.var_table(report), *options_tables(report), *tables.verdict_tables(report), tables.figures_table(report),
        tables.drawdowns_table(report), tables.rolling_table(report), tables.position_table(report),
        *(() if report.factors is None else (tables.factor_table(report),)), stress_tables.scenarios_table(report),
        stress_tables.replays_table(report), stress_tables.reverse_table(report),
        stress_tables.simulation_table(report), stress_tables.gaps_table(report),
    )  # fmt: skip


def _factors(report: RiskReport) -> tuple[Section, ...]:
    if report.factors is None:
        return ()
    return (Section("factors", "Exposure to factors", tables=(tables.factor_table(report),)),)


def _tear_sheet(report: RiskReport) -> tuple[Section, ...]:
    """The tear sheet of a series of returns, without what the risk report says itself of drawdowns and moving risk."""
    subject = report.subject
    if subject.kind != "returns" or subject.levels is None:
        return ()
    levels = pd.Series(compounded(floats(subject.history)), index=subject.levels.index)
    sheet = sheet_of(Track(subject.name, subject.history, levels, subject.frequency, subject.basis), report.against)
    found = {section.name: section for section in shared_sections(sheet) if section.name != "moving"}
    if "underwater" in found:
        found["underwater"] = replace(found["underwater"], tables=())
    return tuple(found.values())


def grounds_table(scenarios: tuple[Scenario, ...]) -> Table:
    """Each number of the scenarios, whether it is a fact or an assumption, and why."""
    rows = [
        (s.name, f"{m.kind} {m.of}", percent(m.path[-1], 1), m.basis, m.reason or "no reason given")
        for s in scenarios
        for m in s.moves
    ]
    rows += [
        (s.name, f"shorts {t.of}", f"{setting(t.borrow_annual)} a year", t.basis, t.reason or "no reason given")
        for s in scenarios
        for t in s.shorts
    ]
    rows += [
        (s.name, f"volatility {v.of}", f"{number(100.0 * v.points, 0)} points", v.basis, v.reason or "no reason given")
        for s in scenarios
        for v in s.volatility
    ]
    return Table("Grounds", columns("Scenario", "What", "Move", "Basis", "Reason", left=5), tuple(rows))


def _warnings(report: RiskReport) -> tuple[str, ...]:
    market = report.subject.market
    return (*report.notes, *(market.warnings if market is not None else ()))


RISK_REPORT: ReportKind[RiskReport] = ReportKind(
    "risk.json", summarise_risk, risk_header, lambda report: risk_sections(report, report.library)
)
