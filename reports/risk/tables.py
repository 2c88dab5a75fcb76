"""The tables of a risk report, as finished text for the terminal and for HTML."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from hedgebook.engine.risk.frequency import FEWEST_FOR_ANNUAL
from hedgebook.engine.risk.var.methods import method_of
from hedgebook.engine.risk.var.value_at_risk import value_at_risk
from hedgebook.strategies.risk.report import RiskReport
from hedgebook.strategies.risk.tails import EXTRAPOLATION

from ..page.numbers import UNDEFINED, count, day, number, percent
from ..page.table import Table, columns

EXTRAPOLATED, REFUSED, ODD = "*", "†", "‡"
MAX_DRAWDOWNS = 5
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


def figures_table(report: RiskReport) -> Table:
    """A run's own drawdown first, then figures of the history, each with what it is of.

    The volatility of a year is no headline where fewer than 60 returns stand behind it.
    """
    f, unit, by = report.measures, report.subject.frequency, report.subject.of_sessions
    enough = f["sessions"] >= FEWEST_FOR_ANNUAL
    annual = ("Volatility a year", percent(f["volatility_annual"]))
    rows = [annual] if enough else [(f"Volatility a {unit.unit}", percent(f["volatility"]))]
    rows += [
        (f"Worst {by.unit}", percent(f["worst_session"])),
        ("Largest drawdown", percent(f["max_drawdown"])),
        (f"CDaR {level(report.options.confidences[0])}", percent(f["cdar"])),
        ("Ulcer index", percent(f["ulcer_index"])),
        ("Pain index", percent(f["pain_index"])),
        ("Longest underwater", by.count(f["longest_underwater_sessions"])),
        ("Observations", unit.count(f["sessions"])),
    ]
    if not enough and unit.regular:
        rows.append((f"Volatility annualised from {unit.count(f['sessions'])}", annual[1]))
    whose = report.subject.history_of
    labelled = [(f"{label}, {whose}" if whose else label, value) for label, value in rows]
    note = f"From {report.subject.basis}."
    if whose:
        # Constant weights compound other returns than shares that drift, and over years rather than weeks.
        note = f"{whose.capitalize()}: {report.subject.basis}; set back every session, unlike shares that are kept."
    title = "Figures of the history"
    if own := report.own_figures:
        title = "Figures of the run and of the history"
        note = f"Own NAV: the run itself, {by.count(own['sessions'])}. {note}"
    if (days := report.subject.days) is not None:
        note += (
            f" Drawdowns and the worst session rest on {by.count(len(report.subject.by_session))} of "
            f"{days.exchanges[0]}, what is traded elsewhere at its last close."
        )
    return Table(title, columns("Figure", "Value"), (*_own_rows(report), *labelled), f"{note} {unit.basis}")


def _own_rows(report: RiskReport) -> tuple[tuple[str, str], ...]:
    """The figures of a run's own NAV, none for a book or a series."""
    own, unit = report.own_figures, report.subject.of_sessions
    if not own:
        return ()
    return (
        ("Largest drawdown, own NAV", percent(own["max_drawdown"])),
        (f"Worst {unit.unit}, own NAV", percent(own["worst_session"])),
        ("Total return, own NAV", percent(own["total_return"])),
    )


def drawdowns_table(report: RiskReport) -> Table:
    """The deepest drawdowns."""
    rows = tuple(
        (
            percent(r["depth"]), day(r["peak"]), day(r["valley"]), day(r["recovery"]),
            count(r["sessions_to_valley"]), count(r["sessions_to_recovery"]), count(r["calendar_days"]),
        )
        for _, r in report.drawdowns.head(MAX_DRAWDOWNS).iterrows()
    )  # fmt: skip
    note = f"Of {report.drawdowns_of}; {UNDEFINED} in recovery: not yet. Days: from the peak, or to the last date."
    names = ("Depth", "Peak", "Valley", "Recovery", "To valley", "To recovery", "Days")
    return Table("Drawdowns", columns(*names, left=0), rows, note)


def rolling_table(report: RiskReport) -> Table:
    """The last rolling figures with their bands."""
    if report.rolling.empty:
        return Table("Rolling risk", columns("Figure", "Last", "Low", "High"), ())
    last, bands = report.rolling.iloc[-1], report.bands.iloc[-1]
    shown = {
        "volatility_annual": ("Volatility a year", percent), "sharpe": ("Sharpe", number),
        "max_drawdown": ("Drawdown in the window", percent), "beta": ("Beta", number),
        "correlation": ("Correlation", number),
    }  # fmt: skip
    rows = tuple(
        (label, form(last[name]), form(bands[(name, "low")]), form(bands[(name, "high")]))
        for name, (label, form) in shown.items()
        if name in report.rolling.columns
    )
    against = ""
    if report.benchmark and "beta" in report.rolling.columns:
        both = f"the last 63 of {report.benchmark_dates} common dates"
        against = f"; beta and correlation to {report.benchmark} on {both}"
    unit = report.subject.frequency
    whose = f" of {report.subject.history_of}" if report.subject.history_of else ""
    note = f"The last 63 {unit.units}{whose}; low and high: 90% band of a stationary block bootstrap{against}."
    return Table("Rolling risk", columns("Figure", "Last", "Low", "High"), rows, note)


def position_table(report: RiskReport) -> Table:
    """Which position carries the risk."""
    confidence = level(report.options.confidences[0])
    rows = tuple(
        (
            str(name), percent(r["weight"], 1), percent(r["component_var"]), percent(r["component_es"]),
            percent(r["share_es"], 0), percent(r["incremental_es"]),
        )
        for name, r in report.by_position.iterrows()
    )  # fmt: skip
    options = report.subject.options is not None
    names = (
        "Line" if options else "Ticker",
        "Weight",
        f"VaR {confidence}",
        f"ES {confidence}",
        "Share of ES",
        "ES without it: less",
    )
    if not rows:
        return Table("Risk by position", columns(*names), ())
    # Of one session, as the parts are, whatever horizon the table above is of.
    plain = value_at_risk(report.subject.history, "historical", confidence=report.options.confidences[0]).var_frac
    note = (
        "Historical, one session. Parts add up to the book's figure; the last column is what closing it saves. VaR: a "
        f"mean of all sessions with Harrell-Davis weights around the quantile; the quantile alone is {percent(plain)}."
    )
    if options:
        note += " Each line's part is of its own P&L, options revalued; weights are what lines are worth."
    return Table("Risk by position", columns(*names), rows, note, totals=1)


def factor_table(report: RiskReport) -> Table:
    """Exposure to the factors of a file: betas with their errors, and by the vendor's loadings."""
    found = report.factors
    assert found is not None
    rows = []
    for name in found.definitions:
        betas = ("-", "-", "-")
        if found.fitted is not None:
            table = found.fitted.table
            beta, stderr, tstat = (number(float(table[column][name])) for column in ("beta", "stderr", "tstat"))
            betas = (beta, stderr, tstat)
        loaded = "-" if found.loaded is None else number(float(found.loaded[name])).replace("nan", "-")
        rows.append((name, *betas, loaded))
    said = [f"{note[0].upper()}{note[1:]}." for note in found.notes]
    if found.fitted is not None:
        fitted = found.fitted
        span, fit = f"{fitted.first} to {fitted.last}", number(fitted.r_squared)
        said.insert(0, f"Betas of {fitted.sessions} returns, {span}, R² {fit}.")
    names = ("Factor", "Beta", "Standard error", "t", "By loadings")
    return Table("Exposure to the factors of the file", columns(*names), tuple(rows), " ".join(said))
