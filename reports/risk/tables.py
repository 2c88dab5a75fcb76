"""The tables of a risk report, as finished text for the terminal and for HTML; tails and stress have files beside."""

from __future__ import annotations

from collections.abc import Sequence

from hedgebook.engine.risk.frequency import FEWEST_FOR_ANNUAL
from hedgebook.engine.risk.var.value_at_risk import value_at_risk
from hedgebook.strategies.risk.report import RiskReport

from ..page.numbers import UNDEFINED, count, day, number, percent
from ..page.table import Table, columns
from .stress import replays_table, reverse_table, scenarios_table
from .tails import gaps_table, level, simulation_table, var_table, verdict_tables

MAX_DRAWDOWNS = 5


def figures_table(report: RiskReport) -> Table:
    """A run's own drawdown first, then figures of the history, each with what it is of.

    The volatility of a year is no headline where fewer than 60 returns stand behind it.
    """
    f, unit = report.measures, report.subject.frequency
    enough = f["sessions"] >= FEWEST_FOR_ANNUAL
    annual = ("Volatility a year", percent(f["volatility_annual"]))
    rows = [annual] if enough else [(f"Volatility a {unit.unit}", percent(f["volatility"]))]
    rows += [
        (f"Worst {unit.unit}", percent(f["worst_session"])),
        ("Largest drawdown", percent(f["max_drawdown"])),
        (f"CDaR {level(report.options.confidences[0])}", percent(f["cdar"])),
        ("Ulcer index", percent(f["ulcer_index"])),
        ("Pain index", percent(f["pain_index"])),
        ("Longest underwater", unit.count(f["longest_underwater_sessions"])),
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
        note = f"Own NAV: the run itself, {unit.count(own['sessions'])}. {note}"
    return Table(title, columns("Figure", "Value"), (*_own_rows(report), *labelled), f"{note} {unit.basis}")


def _own_rows(report: RiskReport) -> tuple[tuple[str, str], ...]:
    """The figures of a run's own NAV, none for a book or a series."""
    own, unit = report.own_figures, report.subject.frequency
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
    names = ("Ticker", "Weight", f"VaR {confidence}", f"ES {confidence}", "Share of ES", "ES without it: less")
    if not rows:
        return Table("Risk by position", columns(*names), ())
    # Of one session, as the parts are, whatever horizon the table above is of.
    plain = value_at_risk(report.subject.history, "historical", confidence=report.options.confidences[0]).var_frac
    note = (
        "Historical, one session. Parts add up to the book's figure; the last column is what closing it saves. VaR: a "
        f"mean of all sessions with Harrell-Davis weights around the quantile; the quantile alone is {percent(plain)}."
    )
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


def terminal_tables(report: RiskReport) -> Sequence[Table]:
    """What a terminal shows."""
    from .options import options_tables

    return (
        var_table(report), *options_tables(report), *verdict_tables(report), figures_table(report),
        drawdowns_table(report), rolling_table(report), position_table(report),
        *(() if report.factors is None else (factor_table(report),)), scenarios_table(report), replays_table(report),
        reverse_table(report), simulation_table(report), gaps_table(report),
    )  # fmt: skip
