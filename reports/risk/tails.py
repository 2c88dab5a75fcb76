"""Tables of the tail of a risk report: VaR and ES, which model to believe, simulations and nights of shorts."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from hedgebook.engine.risk.var.methods import method_of
from hedgebook.strategies.risk.report import RiskReport
from hedgebook.strategies.risk.tails import EXTRAPOLATION

from ..page.numbers import UNDEFINED, count, number, percent
from ..page.table import Table, columns

EXTRAPOLATED, REFUSED, ODD = "*", "†", "‡"
SMALL_LOSS, SMALL_DECIMALS = 0.001, 4
TESTS = (
    "kupiec", "christoffersen_independence", "christoffersen_coverage", "time_between_failures", "duration",
    "dynamic_quantile", "acerbi_szekely_z1", "acerbi_szekely_z2",
)  # fmt: skip


def level(confidence: float) -> str:
    """A confidence as 95% or 97.5%."""
    return f"{100 * confidence:g}%"


def var_table(report: RiskReport) -> Table:
    """VaR and ES by method, one pair of columns a confidence."""
    confidences, frame = report.options.confidences, report.var
    rows, digits = [], loss_decimals(report)
    marks: set[str] = set()
    for method in dict.fromkeys(frame["method"]):
        cells = [method_of(str(method)).label]
        for confidence in confidences:
            row = frame[(frame["method"] == method) & (frame["confidence"] == confidence)].iloc[0]
            found = _marks(row)
            marks.update(found)
            cells += [percent(row["var_frac"], digits) + found[0], percent(row["es_frac"], digits) + found[1]]
        rows.append(tuple(cells))
    names = [name for c in confidences for name in (f"VaR {level(c)}", f"ES {level(c)}")]
    horizon = report.options.horizon_sessions
    note = (
        f"Losses of NAV over {report.subject.frequency.count(horizon)}, a gain where negative; from "
        f"{report.subject.basis}. "
        f"Observations beyond the quantile: {_beyond(report)}."
    )
    if EXTRAPOLATED in marks:
        note += f" {EXTRAPOLATED} fewer than five of them: an extrapolation."
    if ODD in marks:
        note += f" {ODD} to be read with care; the report says why."
    if REFUSED in marks:
        note += f" {REFUSED} not defined for this history; the report says why."
    return Table("Value at risk and expected shortfall", columns("Method", *names), tuple(rows), note)


def loss_decimals(report: RiskReport) -> int:
    """Decimals of a loss in percent: more where all of them are below a tenth of a percent, as of T-bills."""
    largest = max(float(report.var[name].abs().max()) for name in ("var_frac", "es_frac"))
    return SMALL_DECIMALS if largest < SMALL_LOSS else 2


def _marks(row: pd.Series[Any]) -> tuple[str, str]:
    """What follows the VaR and the ES of a row with a note."""
    if not row["note"]:
        return "", ""
    if not math.isfinite(row["var_frac"]):
        return REFUSED, ""
    if not math.isfinite(row["es_frac"]):
        return "", REFUSED
    return (EXTRAPOLATED if str(row["note"]).endswith(EXTRAPOLATION) else ODD), ""


def _beyond(report: RiskReport) -> str:
    first = report.var.drop_duplicates("confidence")
    pairs = zip(first["confidence"].tolist(), first["tail_sessions"].tolist(), strict=True)
    return ", ".join(f"{number(beyond, 1)} at {level(confidence)}" for confidence, beyond in pairs)


def var_notes_table(report: RiskReport) -> Table:
    """Why a figure of the VaR table is missing or odd; that it is an extrapolation its mark says alone."""
    notes = report.var["note"].astype(str)
    marked = report.var[(notes != "") & ~notes.str.endswith(EXTRAPOLATION)]
    cells = zip(*(marked[name].tolist() for name in ("method", "confidence", "note")), strict=True)
    rows = tuple((method_of(method).label, level(confidence), note) for method, confidence, note in cells)
    return Table("Marked figures", columns("Method", "Confidence", "Why", left=3), rows)


def verdict_tables(report: RiskReport) -> tuple[Table, ...]:
    """Which models the tests reject, one table a confidence."""
    tables, unit = [], report.subject.frequency
    for confidence, frame in report.verdicts.items():
        rows = []
        for model, row in frame.iterrows():
            smallest = min((float(row[n]) for n in TESTS if n in frame.columns and row[n] == row[n]), default=math.nan)
            rows.append(
                (
                    method_of(str(model)).label, f"{row['hits']} of {row['sessions']}",
                    number(row["expected_hits"], 1), number(1e4 * row["quantile_loss"], 1),
                    str(row["basel_zone"]), number(smallest, 3), str(row["verdict"]).removesuffix(" sessions"),
                )
            )  # fmt: skip
        note = (
            f"One {unit.unit} ahead, each forecast from the {report.verdict_window} {unit.units} before it, fits "
            f"renewed every {report.refit_sessions}; smallest quantile loss first. Due: hits to expect, of which five "
            "are needed for a verdict. p: the smallest of eight tests, as it is. The verdict: Holm's correction over "
            "five of them (Kupiec, conditional coverage, dynamic quantile, Z1, Z2)."
        )
        if not frame["complete"].all():
            note += " Models without a forecast somewhere come last: they were not tested there."
        if (frame["es_sessions"] < frame["sessions"]).any():
            fewer = ", ".join(
                f"{method_of(str(m)).label} {r['es_sessions']} of {r['sessions']}"
                for m, r in frame.iterrows()
                if r["es_sessions"] < r["sessions"]
            )
            note += f" Tests of ES only where an ES is finite and a loss: {fewer}."
        names = ("Model", "Hits", "Due", "Loss bp", "Zone", "p", "Verdict")
        tables.append(Table(f"Which VaR to believe at {level(confidence)}", columns(*names), tuple(rows), note))
    return tuple(tables)


def simulation_table(report: RiskReport) -> Table:
    """What the simulations say, side by side."""
    confidence = report.options.confidences[0]
    if not report.simulations:
        return Table("Simulation", columns("Figure"), ())
    figures = [(s.figures(confidence), s.errors(confidence)) for s in report.simulations]
    shown = {
        "mean": "Mean P&L", "median": "Median P&L", "loss_chance": "Chance of a loss",
        "var": f"VaR {level(confidence)}", "es": f"ES {level(confidence)}",
        "drawdown_median": "Median drawdown", "drawdown_tail": f"Drawdown {level(confidence)}",
        "call_chance": "Chance of a margin call", "ruin_chance": "Chance that NAV is gone",
        "gap_var": f"Worst night of shorts {level(confidence)}",
    }  # fmt: skip
    rows = tuple((label, *(_simulated(f[name], e[name]) for f, e in figures)) for name, label in shown.items())
    first, unit = report.simulations[0], report.subject.frequency
    note = (
        f"{count(len(first.values))} paths of {unit.count(first.sessions)}, seed {first.seed}, of NAV; shares held. "
        "±: one standard error of the simulation. "
    )
    note += " ".join(f"{s.method.capitalize()}: {s.description}." for s in report.simulations)
    names = ("Figure", *(s.method.capitalize() for s in report.simulations))
    return Table("Simulation", columns(*names), rows, note)


def _simulated(value: float, error: float) -> str:
    """A figure with the error that its paths leave."""
    return f"{percent(value)} ± {percent(error)}" if math.isfinite(value) else UNDEFINED


def gaps_table(report: RiskReport) -> Table:
    """Losses of the short leg from close to open."""
    rows = tuple(
        (level(c), percent(g["var"]), percent(g["es"]), percent(g["worst"]), count(g["nights"]))
        for c, g in report.gaps.items()
        if g["nights"]
    )
    note = f"Past nights at these weights, of NAV. {UNDEFINED}: fewer nights than the quantile needs."
    return Table("Gap risk of the short leg", columns("Confidence", "VaR", "ES", "Worst", "Nights"), rows, note)
